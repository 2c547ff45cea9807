"""What all commands share: their common options, tables for people and JSON for programs."""

from __future__ import annotations

import json
import math
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.errors import ParameterError

if TYPE_CHECKING:
    from rich.console import Console

    from fairlead.binding import Stack

StackOption = Annotated[
    str | None,
    typer.Option("--stack", "-s", help="The stack (or FAIRLEAD_STACK).", show_default=False),
]
ManifestOption = Annotated[
    str | None,
    typer.Option("--manifest", help="Path or URI of a manifest, instead of a stack's name."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, the beginning or end of one, or `latest`.")
]
TagOption = Annotated[
    list[str] | None, typer.Option("--tag", metavar="KEY=VALUE", help="A tag; may be repeated.")
]

STYLES = {
    "succeeded": "green", "cached": "cyan", "failed": "bold red", "running": "yellow",
    "retrying": "yellow", "submitted": "yellow", "skipped": "dim", "cancelled": "dim",
    "pending": "dim", "unreadable": "red", "runner died": "bold red",
}  # fmt: skip


def bound(stack: str | None, manifest: str | None, *, refresh: bool = False) -> Stack:
    """Return the stack that a command is about."""
    from fairlead.binding import bind

    return bind(stack, manifest=manifest, refresh=refresh)


def chosen(stack: str | None, manifest: str | None) -> str:
    """Return the options that choose the same stack, for a command to try next."""
    named = {"-s": stack, "--manifest": manifest}
    return "".join(f" {option} {shlex.quote(name)}" for option, name in named.items() if name)


def console() -> Console:
    """Return where tables go; it honours NO_COLOR and the terminal's width."""
    from rich.console import Console

    # A table that is piped to another program is not cut to a terminal's width.
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, soft_wrap=False)


def emit(data: Any) -> None:
    """Print JSON; numbers that it has no word for are text, as in the records."""
    plain = _finite(data)
    typer.echo(json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False, default=str))


def _finite(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return "NaN" if math.isnan(data) else "Infinity" if data > 0 else "-Infinity"
    return data


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print a table for people; one line where it would be empty.

    Args:
        columns: Headings; one that ends with ``>`` is aligned to the right.
        rows: Cells; a cell that is a state is coloured.
        empty: What to say instead of an empty table.
    """
    if not rows:
        typer.echo(empty, err=True)
        return
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        drawn.add_column(
            column.removesuffix(">"),
            justify="right" if column.endswith(">") else "left",
            overflow="fold",
        )
    for row in rows:
        drawn.add_row(*(Text(str(cell), style=STYLES.get(str(cell), "")) for cell in row))
    console().print(drawn)


def pairs(texts: Sequence[str] | None, option: str) -> dict[str, str]:
    """Return ``key=value`` texts as a mapping.

    Raises:
        ParameterError: One has no ``=``, or a key comes twice.

    Example:
        >>> pairs(["depth=5", "note=a=b"], "-p")
        {'depth': '5', 'note': 'a=b'}
    """
    found: dict[str, str] = {}
    for text in texts or ():
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise ParameterError(f"{option} {text!r}: write {option} name=value")
        if key in found:
            raise ParameterError(f"{option} {key!r} is given twice: give it once")
        found[key] = value
    return found


def duration(seconds: float | None) -> str:
    """Return a time for people.

    Example:
        >>> duration(0.0042), duration(61), duration(7260), duration(None)
        ('4 ms', '1 min 1 s', '2 h 1 min', '')
    """
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:  # noqa: PLR2004 - an hour
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def size(count: int) -> str:
    """Return bytes for people.

    Example:
        >>> size(999), size(123_456), size(5_000_000_000)
        ('999 B', '123.5 kB', '5.0 GB')
    """
    if count < 1000:  # noqa: PLR2004 - SI
        return f"{count} B"
    value, unit = count / 1000, "kB"
    for larger in ("MB", "GB", "TB", "PB"):
        if value < 1000:  # noqa: PLR2004 - SI
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}"


def when(moment: datetime | None) -> str:
    """Return a moment in local time, for people."""
    return "" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def brief(values: Mapping[str, Any], longest: int = 60) -> str:
    """Return a mapping in one line.

    Example:
        >>> brief({"depth": 5, "name": "a"})
        'depth=5 name=a'
    """
    text = " ".join(
        f"{key}={value if isinstance(value, str) else json.dumps(value, default=str)}"
        for key, value in values.items()
    )
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def parse_since(text: str) -> datetime:
    """Return the moment that a date, a time or an age (``90m``, ``12h``, ``7d``) means.

    Raises:
        ParameterError: It is none of these.
    """
    from datetime import timedelta

    unit = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}.get(text[-1:])
    if unit and text[:-1].isdigit():
        return datetime.now(UTC) - timedelta(**{unit: int(text[:-1])})
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise ParameterError(
            f"--since {text!r}: write a date (2026-01-31), a time (2026-01-31T12:00) or an age "
            "(90m, 12h, 7d)"
        ) from None
