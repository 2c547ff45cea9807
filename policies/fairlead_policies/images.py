"""Container images: where they come from and how exactly they are named."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from fairlead_policies.conditions import undecided
from fairlead_policies.resource import UNKNOWN
from fairlead_policies.results import Problems, Violation
from fairlead_policies.settings import Settings


def judge_image(image: Any, path: str, settings: Settings, *, pinned: bool = False) -> Problems:
    """Return what is wrong with an image's reference.

    Args:
        image: The reference, or UNKNOWN.
        path: The property it comes from.
        settings: Which registries are allowed; production needs a digest.
        pinned: Refuse `latest` and no tag, whatever the environment.

    Example:
        >>> judge_image("busybox:latest", "image", Settings(), pinned=True)
        [Violation(message='`image` must have a tag other than latest, or a digest')]
    """
    if image is UNKNOWN:
        return [undecided(path)]
    problems: Problems = []
    reference, _, digest = str(image).partition("@")
    tag = reference.rpartition("/")[2].partition(":")[2]
    if pinned and not digest and tag in {"", "latest"}:
        problems.append(Violation(f"`{path}` must have a tag other than latest, or a digest"))
    if settings.production and not digest:
        problems.append(Violation(f"`{path}` must have a digest in production"))
    if settings.allowed_registries and not _allowed(reference, settings.allowed_registries):
        problems.append(Violation(f"`{path}` comes from a registry that is not allowed"))
    return problems


def _allowed(reference: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a reference is below an allowed registry; `busybox` is of Docker Hub."""
    host = reference.partition("/")[0]
    if "/" not in reference or not ({".", ":"} & set(host) or host == "localhost"):
        reference = f"docker.io/{reference}"
    return any(
        fnmatchcase(reference, one) or fnmatchcase(reference, f"{one.rstrip('/')}/*")
        for one in patterns
    )
