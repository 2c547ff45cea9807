"""Where the pack lies for plain Pulumi: the checkout, or a copy made from the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from fairlead_policies.errors import PolicyError
from fairlead_policies.versions import pack_digest

_PACKAGE = Path(__file__).parents[1]
_FILES = ("PulumiPolicy.yaml", "__main__.py", "requirements.txt")
_VENV = "venv"


def pack_folder() -> Path:
    """Return the pack's folder: its own in a checkout, else a copy in the user's cache.

    A wheel is installed among other packages, where neither an environment nor a `__main__.py` can
    lie; the copy's name is a digest of what is in it.
    """
    checkout = _PACKAGE.parent
    if (checkout / _FILES[0]).is_file():
        return checkout
    from fairlead.project import cache_folder

    folder = cache_folder() / "policies" / pack_digest().partition(":")[2][:12]
    if not folder.is_dir():
        _copy(folder)
    return folder


def _copy(folder: Path) -> None:
    """Copy the pack whole or not at all, also when two do so at once."""
    source = _PACKAGE / "pack_files"
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
    try:
        for name in _FILES:
            shutil.copy(source / name, made / name)
        ignored = shutil.ignore_patterns("__pycache__", "pack_files", "commands")
        shutil.copytree(_PACKAGE, made / _PACKAGE.name, ignore=ignored)
        os.rename(made, folder)  # noqa: PTH104 - fails where another was first, as it should
    except OSError as error:
        shutil.rmtree(made, ignore_errors=True)
        if not folder.is_dir():
            raise PolicyError(
                f"The pack cannot be copied to {folder}: {error.strerror}."
            ) from error


def is_installed(folder: Path) -> bool:
    """Tell whether the pack's environment is there."""
    return any((folder / _VENV / one / "python").exists() for one in ("bin", "Scripts"))


def install(folder: Path) -> None:
    """Make the pack's own environment, with uv where it is there.

    Raises:
        PolicyError: A package could not be installed.
    """
    requirements = str(folder / "requirements.txt")
    environment = str(folder / _VENV)
    python = str(Path(environment, "bin", "python"))
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is not None:
        commands = [
            [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, environment],
            [uv, "pip", "install", "--quiet", "--python", python, "-r", requirements],
        ]
    else:
        commands = [
            [sys.executable, "-m", "venv", environment],
            [python, "-m", "pip", "install", "--quiet", "-r", requirements],
        ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode != 0:
            said = done.stderr.strip() or done.stdout.strip()
            raise PolicyError(f"The pack's environment could not be made in {environment}:\n{said}")
