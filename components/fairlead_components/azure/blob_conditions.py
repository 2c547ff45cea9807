"""Paths of the store as conditions on role assignments.

Source:
    https://learn.microsoft.com/azure/role-based-access-control/conditions-format
    https://learn.microsoft.com/azure/storage/blobs/storage-auth-abac-attributes
"""

import re
from collections.abc import Sequence

_FIELD = re.compile(r"\{[^}]*\}")
_REPEATED = re.compile(r"\*(?:/\*)+$")
_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
BLOBS = f"{_CONTAINERS}/blobs"
_PATH = f"@Resource[{BLOBS}:path]"
_PREFIX = f"@Request[{BLOBS}:prefix]"
_LISTING = "SubOperationMatches{'Blob.List'}"
_STEPS = "runs/*/steps/*"


def action_condition(action: str, root: str, paths: Sequence[str]) -> str:
    """Return a condition under which an action is allowed on the paths and on no others.

    Args:
        action: The data action.
        root: The store's folder in its container, empty or with a slash at its end.
        paths: Where below it, with fields in braces.

    Example:
        >>> print(action_condition("x/delete", "", ["bundles/{rest*}"]).replace(BLOBS, "b"))
        ((!(ActionMatches{'x/delete'})) OR (@Resource[b:path] StringLike 'bundles/*'))
    """
    return f"((!(ActionMatches{{'{action}'}})) OR {_paths(root, paths)})"


def read_condition(root: str, paths: Sequence[str], folders: Sequence[str]) -> str:
    """Return a condition under which paths are read and folders listed, and no others.

    Args:
        root: The store's folder in its container, empty or with a slash at its end.
        paths: What is read below it, with fields in braces.
        folders: What is listed below it.
    """
    action = f"ActionMatches{{'{BLOBS}/read'}}"
    listed = _like(_PREFIX, [_pattern(root, one) for one in folders])
    return (
        f"((!({action} AND NOT {_LISTING})) OR {_paths(root, paths)})"
        f" AND ((!({action} AND {_LISTING})) OR ({listed}))"
    )


def _paths(root: str, paths: Sequence[str]) -> str:
    # `*` stands for any text: a record of a run must not lie among those of its steps.
    records = [one for one in paths if one.startswith("runs/{date}") and "/steps/" not in one]
    others = [one for one in paths if one not in records]
    found = []
    if others:
        found.append(f"({_like(_PATH, [_pattern(root, one) for one in others])})")
    if records:
        alike = _like(_PATH, [_pattern(root, one) for one in records])
        found.append(f"({alike} AND {_PATH} StringNotLike '{root}{_STEPS}')")
    return f"({' OR '.join(found)})" if len(found) > 1 else found[0]


def _like(attribute: str, patterns: Sequence[str]) -> str:
    if len(patterns) == 1:
        return f"{attribute} StringLike '{patterns[0]}'"
    return f"{attribute} ForAnyOfAnyValues:StringLike {{{', '.join(map(repr, patterns))}}}"


def _pattern(root: str, path: str) -> str:
    return _REPEATED.sub("*", root + _FIELD.sub("*", path))
