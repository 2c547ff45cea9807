"""Who does what where in the store: the table that every store's permissions follow from.

It is `layout` seen by identity. Records and manifests are created once and never changed; only the
maintainer deletes. ``{…}`` is any text without ``/``, ``{…*}`` may hold ``/``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from fairlead.ports.permissions import Identity

Verb = Literal["read", "create", "list", "delete"]

_MANIFESTS = "manifests/{rest*}"
_BUNDLES = "bundles/{rest*}"
_RUNS = "runs/{rest*}"
_CACHE = "cache/{pipeline}/{step}/{rest*}"
_ARTIFACTS = "artifacts/{pipeline}/{step}/{rest*}"
_EVERYTHING = (_MANIFESTS, _BUNDLES, _RUNS, _CACHE, _ARTIFACTS)
_RUN = "runs/{date}/{run}"
_STEP = f"{_RUN}/steps/{{step}}"

_TABLE: dict[Identity, dict[Verb, tuple[str, ...]]] = {
    "submitter": {
        "read": _EVERYTHING,
        # It ends a run itself whose runner died before it could.
        "create": (
            _MANIFESTS, _BUNDLES, f"{_RUN}/run.json", f"{_RUN}/cancel.json", f"{_RUN}/end.json",
        ),
    },
    "runner": {
        "read": _EVERYTHING,
        "create": (
            f"{_RUN}/runner/{{rest*}}", f"{_RUN}/expansions/{{node}}.json",
            f"{_STEP}/decision.json", f"{_STEP}/{{attempt}}/end.json", f"{_RUN}/end.json",
        ),
    },
    "step": {
        "read": _EVERYTHING,
        "create": (
            f"{_STEP}/{{attempt}}/{{rest*}}", f"{_RUN}/expansions/{{node}}.json",
            _CACHE, _ARTIFACTS,
        ),
    },
    "deployer": {"read": (_MANIFESTS, _RUNS, _ARTIFACTS)},
    "serving": {"read": (_ARTIFACTS,)},
    "reader": {"read": (_MANIFESTS, _RUNS, "artifacts/{pipeline}/{step}/figures/{sha256}")},
    "maintainer": {"read": (_MANIFESTS, _RUNS, _CACHE), "delete": _EVERYTHING},
}  # fmt: skip

#: Whoever looks for what may be absent lists its folder: stores answer "forbidden", not "absent",
#: to those who may not.
_LISTS: dict[Identity, tuple[str, ...]] = {
    "submitter": ("manifests", "bundles", "runs", "cache", "artifacts"),
    "runner": ("manifests", "bundles", "runs", "cache", "artifacts"),
    "step": ("manifests", "bundles", "runs", "cache", "artifacts"),
    "deployer": ("manifests", "runs", "artifacts"),
    "serving": ("artifacts",),
    "reader": ("manifests", "runs", "artifacts"),
    "maintainer": ("manifests", "bundles", "runs", "cache", "artifacts"),
}


@dataclass(frozen=True, slots=True)
class Access:
    """Say that an identity does something with the objects of a path.

    Attributes:
        identity: Who.
        verb: What: reading, creating what does not exist, listing, deleting.
        path: Where below the store's root; for a list, the folder.
        large: Whether the content may be so large that it is sent in parts.
    """

    identity: Identity
    verb: Verb
    path: str
    large: bool = False


def accesses() -> Iterator[Access]:
    """Return every access, by identity.

    Example:
        >>> sorted({one.identity for one in accesses() if one.verb == "delete"})
        ['maintainer']
    """
    for identity, verbs in _TABLE.items():
        for verb, paths in verbs.items():
            for path in paths:
                large = verb == "create" and path.startswith(("bundles/", "artifacts/"))
                yield Access(identity, verb, path, large)
    for identity, folders in _LISTS.items():
        for folder in folders:
            yield Access(identity, "list", f"{folder}/{{rest*}}")
