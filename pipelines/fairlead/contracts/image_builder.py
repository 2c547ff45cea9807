"""What builds the images that steps run in."""

from __future__ import annotations

from typing import Literal

from fairlead.contracts.base import Contract


class ImageBuilderContract(Contract):
    """Name a builder.

    Attributes:
        repository: The repository, below the stack's registry, that images are pushed to.
        base_image: A digest-pinned image to build on.
    """

    repository: str
    base_image: str | None = None


class LocalImageBuilderContract(ImageBuilderContract):
    """Build with the docker, podman or buildah of whoever builds."""

    flavor: Literal["local"] = "local"
    repository: str = "fairlead"
