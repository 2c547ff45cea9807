"""Make a stack's image unless it is there already; find it when a run is submitted."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.errors import BackendError
from fairlead.images.oci_registry import OciRegistry
from fairlead.images.plan import ImagePlan, containerfile, plan

if TYPE_CHECKING:
    from fairlead.binding import Stack

_BILL = "application/vnd.cyclonedx+json"


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """Name an image.

    Attributes:
        pinned: ``repository@sha256:…``.
        tag: The tag that says what it is made of.
        built: Whether it was made now, or was there.
        bill: The tag of its bill of materials.
    """

    pinned: str
    tag: str
    built: bool
    bill: str


def build_image(
    stack: Stack, root: Path, *, rebuild: bool = False, tell: Callable[[str], None] = lambda _: None
) -> BuiltImage:
    """Build and push the image of a project, unless its registry has it.

    Args:
        stack: The stack that it is for.
        root: The project's root.
        rebuild: Build it although it is there.
        tell: Told what goes on.

    Raises:
        BackendError: A builder, the packages or the registry fail.
        ConfigError: Nothing pins the project's packages.
        CapabilityError: The stack has no registry.
    """
    from fairlead.images.builders import build_and_push, find_builder
    from fairlead.images.packages import install, write_bill

    wanted = plan(stack, root)
    registry = OciRegistry(wanted.repository, insecure=wanted.insecure)
    found = None if rebuild else registry.digest(wanted.tag)
    if found is not None:
        return _named(wanted, found, built=False)
    builder = find_builder()
    folder = Path(tempfile.mkdtemp(prefix="fairlead-image-"))
    try:
        tell(f"installing what {wanted.lock.name} pins")
        install(wanted, folder / "packages")
        (folder / "Containerfile").write_text(containerfile(wanted.base, wanted.tag))
        bill = write_bill(folder / "packages", wanted.base, folder / "bill.json")
        (folder / ".dockerignore").write_text("*\n!packages\n")
        tell(f"building with {builder.kind} upon {wanted.base}")
        build_and_push(builder, folder, wanted.name, insecure=wanted.insecure)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    digest = registry.digest(wanted.tag)
    if digest is None:
        raise BackendError(f"{wanted.name} was pushed, but the registry does not have it")
    registry.attach(digest, _BILL, bill)
    return _named(wanted, digest, built=True)


def find_image(stack: Stack, root: Path) -> str | None:
    """Return the pinned image that a run of a project takes; None where none is needed.

    None is needed where steps run on this machine.

    Raises:
        BackendError: It has not been built, or the registry cannot be asked.
    """
    from fairlead.ports.orchestrator import Foreground

    if isinstance(stack.adapter("orchestrator"), Foreground):
        return None
    wanted = plan(stack, root)
    digest = OciRegistry(wanted.repository, insecure=wanted.insecure).digest(wanted.tag)
    if digest is None:
        raise BackendError(
            f"there is no image for {wanted.lock.name} on the stack {stack.name!r} (looked for "
            f"{wanted.name}): `fairlead image build -s {stack.name}` makes it. Editing code needs "
            "no new image; changed dependencies do."
        )
    return f"{wanted.repository}@{digest}"


def _named(wanted: ImagePlan, digest: str, *, built: bool) -> BuiltImage:
    pinned = f"{wanted.repository}@{digest}"
    return BuiltImage(pinned, wanted.tag, built, f"{digest.replace(':', '-')}.sbom")
