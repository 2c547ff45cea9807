"""Paths of the store as conditions on bindings of a bucket.

Source:
    https://cloud.google.com/iam/docs/conditions-attribute-reference
    https://cloud.google.com/iam/docs/configuring-resource-based-access
"""

import json
import re
from collections.abc import Iterable, Iterator

_FIELD = re.compile(r"\{[^}]*\}")
_NAME = "resource.name"
_LISTED = 'api.getAttribute("storage.googleapis.com/objectListPrefix", "")'
#: The most ``&&``, ``||`` and ``!`` that Google Cloud takes in one condition.
_OPERATORS = 12


def object_conditions(url: str, paths: Iterable[str]) -> Iterator[str]:
    """Yield conditions that hold, one or the other, for objects of the paths and for no others.

    Args:
        url: The store: ``gs://bucket/prefix``.
        paths: Where below it, with fields in braces.

    Example:
        >>> next(object_conditions("gs://ml", ["bundles/{rest*}"]))
        'resource.name.startsWith("projects/_/buckets/ml/objects/bundles/")'
    """
    bucket, prefix = _split(url)
    base = f"projects/_/buckets/{bucket}/objects/{prefix}"
    yield from _packed(_atoms(base, path) for path in paths)


def list_conditions(url: str, paths: Iterable[str]) -> Iterator[str]:
    """Yield conditions that hold for lists of the paths' folders.

    Args:
        url: The store: ``gs://bucket/prefix``.
        paths: The folders below it, each with ``{rest*}`` at its end.

    Example:
        >>> next(list_conditions("gs://ml/prod", ["runs/{rest*}"]))
        'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("prod/runs/")'
    """
    prefix = _split(url)[1]
    heads = (prefix + _FIELD.split(path)[0] for path in paths)
    yield from _packed([f"{_LISTED}.startsWith({json.dumps(head)})"] for head in heads)


def bucket_of(url: str) -> str:
    """Return the bucket of a store's URL.

    Example:
        >>> bucket_of("gs://ml/prod")
        'ml'
    """
    return _split(url)[0]


def _split(url: str) -> tuple[str, str]:
    bucket, _, prefix = url.partition("://")[2].partition("/")
    prefix = prefix.strip("/")
    return bucket, f"{prefix}/" if prefix else ""


def _atoms(base: str, path: str) -> list[str]:
    """Return what must all be true of an object's name; there is no wildcard to write it with."""
    head, *middle, tail = _FIELD.split(path)
    found = [f"{_NAME}.startsWith({json.dumps(base + head)})"]
    inner = [text for text in middle if text != "/"]
    found += [f'{_NAME}.extract({json.dumps(text + "{rest}")}) != ""' for text in inner]
    if head == "runs/" and middle and "/steps/" not in inner:
        # Any text may stand for a field; a record of a run must not lie among those of its steps.
        found.append(f'{_NAME}.extract("/steps/{{rest}}") == ""')
    if tail:
        found.append(f"{_NAME}.endsWith({json.dumps(tail)})")
    return found


def _packed(alternatives: Iterable[list[str]]) -> Iterator[str]:
    """Yield as few expressions as hold all alternatives, each with few enough operators."""
    kept: list[str] = []
    operators = 0
    for atoms in alternatives:
        if kept and operators + len(atoms) > _OPERATORS:
            yield " || ".join(kept)
            kept, operators = [], 0
        kept.append(f"({' && '.join(atoms)})" if len(atoms) > 1 else atoms[0])
        operators += len(atoms)
    if kept:
        yield " || ".join(kept)
