"""How pages are made of templates: everything is escaped, and nothing is loaded from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markupsafe import Markup

_STYLE = Path(__file__).with_name("style.css")
_TICKED = re.compile(r"`([^`]+)`")
#: The headings of a stack's document, in their order; those without contents are left out.
DOCUMENT_PARTS = (
    "Components", "Resources", "Identities, and what each may do", "Data flows",
    "Where data can leave", "Encryption",
)  # fmt: skip


def filled(template: Path, **values: Any) -> str:
    """Return a template with its values, and with the style that all pages share.

    Args:
        template: The file.
        values: What it names.
    """
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(template.parent), autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"ticks": ticks, "slug": slug, "by_places": by_places}
    style = Markup(_STYLE.read_text(encoding="utf-8"))  # noqa: S704 - our own file
    return environment.get_template(template.name).render(style=style, **values)


def ticks(text: str) -> Markup:
    """Return text whose backticks are code, and nothing else of which is markup.

    Example:
        >>> str(ticks("`acl` is <open>"))
        '<code>acl</code> is &lt;open&gt;'
    """
    from markupsafe import Markup, escape

    return Markup(_TICKED.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped


def slug(heading: str) -> str:
    """Return what a heading is linked by.

    Example:
        >>> slug("Identities, and what each may do")
        'identities-and-what-each-may-do'
    """
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def by_places(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the actions on each set of places, of pairs of an action and its places.

    Example:
        >>> by_places([("kms:Decrypt", "key/1"), ("s3:GetObject", "a/*"), ("kms:Encrypt", "key/1")])
        [('key/1', 'kms:Decrypt, kms:Encrypt'), ('a/*', 's3:GetObject')]
    """
    found: dict[str, list[str]] = {}
    for action, places in pairs:
        found.setdefault(places, []).append(action)
    return [(places, ", ".join(actions)) for places, actions in found.items()]


def headings(page: str, more: Iterable[str]) -> list[str]:
    """Return the headings that a page with a stack's document has.

    Args:
        page: The document's part of the page.
        more: What comes after it.
    """
    return [one for one in DOCUMENT_PARTS if f'id="{slug(one)}"' in page] + list(more)
