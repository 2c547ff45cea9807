"""Install Pulumi's own release with Pulumi's own installer."""

from __future__ import annotations

import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from fairlead_components.engine.errors import EngineInstallError
from fairlead_components.engine.installation import install
from fairlead_components.engine.location import Engine, installation_directories
from fairlead_components.engine.progress import Progress
from fairlead_components.engine.source import engine_version

#: Pulumi's installer script (https://www.pulumi.com/docs/install/).
INSTALLER = "https://get.pulumi.com"
_TIMEOUT_SECONDS = 30


def install_official(
    *, progress: Progress, force: bool = False, installer: str = INSTALLER
) -> Engine:
    """Run Pulumi's installer into the cache; nothing outside it is changed.

    Args:
        progress: Where progress is told.
        force: Install again.
        installer: Where the installer script is; another address is a mirror of it.

    Returns:
        The engine in the cache.

    Raises:
        EngineInstallError: The script or the release could not be downloaded.
    """
    target = installation_directories()[1]
    return install(
        target,
        lambda folder, told: _run_installer(installer, folder, told),
        progress=progress,
        force=force,
    )


def _run_installer(installer: str, folder: Path, progress: Progress) -> None:
    progress.phase(f"downloading Pulumi's installer from {installer}")
    try:
        with urllib.request.urlopen(installer, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            script = answer.read()
    except (OSError, urllib.error.URLError) as error:
        raise EngineInstallError(
            f"Pulumi's installer could not be downloaded from {installer}: {error}. Check the "
            "network, or build the engine from source with `fairlead engine install`."
        ) from error
    progress.phase(f"running Pulumi's installer for {engine_version()}")
    # The installer puts the release's files in <root>/bin and edits no shell profile.
    done = subprocess.run(  # noqa: S603 - the official installer, asked for with --official
        [
            *("/bin/sh", "-s", "--", "--version", engine_version()),
            *("--install-root", str(folder), "--no-edit-path"),
        ],
        input=script,
        env=os.environ | {"HOME": str(folder)},
        capture_output=True,
        check=False,
    )
    if done.returncode != 0 or not (folder / "bin" / "pulumi").is_file():
        said = (done.stdout + done.stderr).decode(errors="replace").strip()
        raise EngineInstallError(
            f"Pulumi's installer failed with status {done.returncode}. Build the engine from "
            f"source with `fairlead engine install`, or follow "
            f"https://www.pulumi.com/docs/install/. It said:\n{said[-2000:]}"
        )
