"""What goes into a stack's image, and what the image is therefore called."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.errors import CapabilityError, ConfigError

if TYPE_CHECKING:
    from fairlead.binding import Stack

#: Where packages lie in the image; the base image's own stay where they are.
PACKAGES = "/opt/fairlead/packages"

#: Who runs: no account of the machine, and not root.
USER = "65532:65532"

_NEEDS = {
    ("artifact_store", "s3"): "s3fs",
    ("artifact_store", "versitygw"): "s3fs",
    ("artifact_store", "gcs"): "gcsfs",
    ("artifact_store", "blob"): "adlfs",
    ("orchestrator", "kubernetes"): "kubernetes",
    ("experiment_tracker", "mlflow"): "mlflow",
    ("experiment_tracker", "mlflow_server"): "mlflow",
}


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """Say what an image is made of.

    Attributes:
        repository: ``host[:port]/path`` below which it is pushed.
        base: The image that it is built upon, which has this Python.
        lock: The file that pins packages.
        lock_digest: ``sha256:…`` of it.
        needs: Packages that the stack's own components need.
        python: Minor version, such as ``3.11``.
        insecure: Whether the registry is reached without TLS.
    """

    repository: str
    base: str
    lock: Path
    lock_digest: str
    needs: tuple[str, ...]
    python: str
    insecure: bool

    @property
    def tag(self) -> str:
        """Return the image's tag: the same lock, base and needs have the same image."""
        parts = [self.lock_digest, self.base, self.needs, self.python, version("fairlead")]
        return f"lock-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]}"

    @property
    def name(self) -> str:
        """Return the image's name with its tag."""
        return f"{self.repository}:{self.tag}"


def plan(stack: Stack, root: Path) -> ImagePlan:
    """Say what the image of a project is on a stack.

    Args:
        stack: The bound stack.
        root: The project's root.

    Raises:
        CapabilityError: The stack has no registry.
        ConfigError: Nothing pins the project's packages.
    """
    from fairlead.project import lock

    registry: Any = stack.contract("container_registry")
    if registry is None:
        raise CapabilityError(
            f"the stack {stack.name!r} has no container_registry to push images to: add one to its "
            "components, or name an `image` in its orchestrator and step operators"
        )
    path, digest = lock(root)
    if path is None:
        raise ConfigError(
            str(root),
            ["no lock file pins its packages: `uv lock`, or `pip freeze > requirements.lock`"],
        )
    builder: Any = stack.contract("image_builder")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    base = getattr(builder, "base_image", None) or f"docker.io/library/python:{python}-slim"
    below = getattr(builder, "repository", None) or "fairlead"
    return ImagePlan(
        repository=f"{registry.uri.rstrip('/')}/{below}",
        base=base,
        lock=root / path,
        lock_digest=digest,
        needs=needs(stack.manifest.components),
        python=python,
        insecure=registry.insecure,
    )


def needs(components: Mapping[str, Any]) -> tuple[str, ...]:
    """List the packages that a stack's components need where steps run.

    Example:
        >>> needs({"artifact_store": {"flavor": "s3"}, "orchestrator": {"flavor": "kubernetes"}})
        ('kubernetes', 's3fs')
    """
    found = {
        package
        for (kind, flavor), package in _NEEDS.items()
        if components.get(kind, {}).get("flavor") == flavor
    }
    return tuple(sorted(found))


def containerfile(base: str, tag: str) -> str:
    """Return the instructions that every builder follows: nothing is run, packages are copied.

    Args:
        base: The image to build upon.
        tag: What the image is made of, as a label.
    """
    return f"""FROM {base}
COPY packages {PACKAGES}
ENV PYTHONPATH={PACKAGES} PYTHONHASHSEED=0 PYTHONUNBUFFERED=1 DO_NOT_TRACK=1
LABEL org.opencontainers.image.title=fairlead dev.fairlead.made-of={tag}
USER {USER}
WORKDIR /tmp
"""
