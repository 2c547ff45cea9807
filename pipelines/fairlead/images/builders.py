"""Build and push with what the machine has: docker, podman or buildah."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fairlead.errors import BackendError

#: The first that works is taken, unless FAIRLEAD_BUILDER names one (with options, as words).
BUILDERS = ("docker", "podman", "buildah")


@dataclass(frozen=True, slots=True)
class Builder:
    """Call one builder.

    Attributes:
        command: The program, with options that all of its calls take.
    """

    command: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Return which of the builders it is."""
        return Path(self.command[0]).name

    def commands(self, folder: Path, name: str, *, insecure: bool) -> list[list[str]]:
        """Return the calls that build a folder's Containerfile and push the image.

        Args:
            folder: The build's context, with its Containerfile.
            name: The image's name.
            insecure: Whether the registry is reached without TLS.

        Example:
            >>> Builder(("docker",)).commands(Path("x"), "r/i:1", insecure=False)[1]
            ['docker', 'push', 'r/i:1']
        """
        call = list(self.command)
        tls = ["--tls-verify=false"] if insecure and self.kind != "docker" else []
        file = str(folder / "Containerfile")
        build = [*call, "build", *tls, "--file", file, "--tag", name, str(folder)]
        return [build, [*call, "push", *tls, name]]


def find_builder() -> Builder:
    """Return a builder that works on this machine.

    Raises:
        BackendError: There is none; says what each of them said.
    """
    if named := os.environ.get("FAIRLEAD_BUILDER"):
        return Builder(tuple(shlex.split(named)))
    said = []
    for name in BUILDERS:
        program = shutil.which(name)
        if program is None:
            said.append(f"{name} is not installed")
            continue
        done = _call([program, "info"])
        if done.returncode == 0:
            return Builder((program,))
        said.append(f"{name} does not work here: {done.stderr.strip().splitlines()[-1][:200]}")
    raise BackendError(
        f"no builder of images works on this machine: {'; '.join(said)}. Install one, or name it "
        "with its options in FAIRLEAD_BUILDER."
    )


def build_and_push(builder: Builder, folder: Path, name: str, *, insecure: bool) -> None:
    """Build the image of a folder and push it.

    Raises:
        BackendError: The builder failed, with what it said.
    """
    for command in builder.commands(folder, name, insecure=insecure):
        done = _call(command)
        if done.returncode:
            said = (done.stderr or done.stdout).strip()[-1500:]
            raise BackendError(f"{' '.join(command[:3])} … failed:\n{said}")


def _call(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(command), capture_output=True, text=True, check=False)  # noqa: S603


def credentials(host: str) -> tuple[str, str] | None:
    """Return user and password for a registry from Docker's or Podman's own configuration.

    Looks where the builders do: ``REGISTRY_AUTH_FILE``, Docker's configuration (``DOCKER_CONFIG``),
    Podman's and Buildah's login of this session.

    Args:
        host: The registry, as images name it.
    """
    import base64

    home = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nonexistent")
    named = [Path(file)] if (file := os.environ.get("REGISTRY_AUTH_FILE")) else []
    for path in (*named, home / "config.json", runtime / "containers/auth.json"):
        try:
            config = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        if helper := config.get("credHelpers", {}).get(host) or config.get("credsStore"):
            done = subprocess.run(  # noqa: S603 - named by the user's own configuration
                [f"docker-credential-{helper}", "get"],
                input=host, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode == 0:
                found = json.loads(done.stdout)
                return found["Username"], found["Secret"]
        if encoded := config.get("auths", {}).get(host, {}).get("auth"):
            user, _, password = base64.b64decode(encoded).decode().partition(":")
            return user, password
    return None
