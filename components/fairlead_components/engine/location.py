"""Find the Pulumi command line: an explicit one, one on PATH, or one in Fairlead's cache."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fairlead.errors import EngineNotFoundError
from fairlead_components.engine.errors import EngineVersionError
from fairlead_components.engine.source import engine_version, source_digest

#: The oldest release that drives Fairlead's components: policy packs and plugins through RunPlugin.
MINIMUM_VERSION = (3, 200, 0)

FIX = (
    "Install it with `fairlead engine install` (built from source, 5-10 minutes with Go), or "
    "follow https://www.pulumi.com/docs/install/, or set FAIRLEAD_ENGINE to the executable."
)


@dataclass(frozen=True, slots=True)
class Engine:
    """Describe one Pulumi command line.

    Attributes:
        path: The ``pulumi`` executable.
        version: Its release, such as ``3.259.0``.
        origin: How it was found: ``FAIRLEAD_ENGINE``, ``PATH`` or ``cache``.
    """

    path: Path
    version: str
    origin: str

    @property
    def language_host(self) -> Path | None:
        """The Python language host that this engine will use: beside it, else on PATH."""
        beside = self.path.resolve().parent / "pulumi-language-python"
        found = str(beside) if beside.is_file() else shutil.which("pulumi-language-python")
        return Path(found) if found else None


def cache_root() -> Path:
    """Return the folder that every checkout of this user shares: ``FAIRLEAD_CACHE_DIR`` or ours."""
    override = os.environ.get("FAIRLEAD_CACHE_DIR")
    if override:
        return Path(override).expanduser().absolute()
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("fairlead"))


def platform_directory() -> Path:
    """Return where the engines of this release and machine type are: ``…/v3.259.0/linux-amd64``."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    system = platform.system().lower()
    return cache_root() / "engine" / f"v{engine_version()}" / f"{system}-{machine}"


def installation_directories() -> list[Path]:
    """Return where an engine may be in the cache: built from our sources, or Pulumi's release."""
    return [platform_directory() / source_digest(), platform_directory() / "official"]


def read_version(executable: Path) -> str:
    """Ask an executable for its version.

    Raises:
        EngineNotFoundError: It does not run or does not answer as Pulumi does.
    """
    environment = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(  # noqa: S603 - the executable is what we were asked to look at
            [str(executable), "version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env=environment,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineNotFoundError(f"{executable} does not run as Pulumi: {error}. {FIX}") from error
    match = re.search(r"v?(\d+\.\d+\.\d+\S*)", answer)
    if match is None:
        raise EngineNotFoundError(f"{executable} is not Pulumi: it says {answer!r}. {FIX}")
    return match.group(1)


def _checked(executable: Path, origin: str) -> Engine:
    version = read_version(executable)
    numbers = tuple(int(part) for part in version.split("-")[0].split("+")[0].split(".")[:3])
    if numbers < MINIMUM_VERSION:
        wanted = ".".join(map(str, MINIMUM_VERSION))
        raise EngineVersionError(
            f"{executable} (from {origin}) is Pulumi {version}; Fairlead needs {wanted} or newer. "
            "Upgrade it, or set FAIRLEAD_ENGINE to a newer executable (`fairlead engine install` "
            "builds one)."
        )
    return Engine(executable, version, origin)


def _is_cached(executable: Path) -> bool:
    return executable.resolve().is_relative_to((cache_root() / "engine").resolve())


@cache
def _locate(explicit: str | None, search: str, _cache: Path) -> Engine:
    if explicit:
        path = Path(explicit).expanduser().absolute()
        path = path / "pulumi" if path.is_dir() else path
        if not path.is_file():
            raise EngineNotFoundError(f"FAIRLEAD_ENGINE is {explicit}, but {path} is not there.")
        return _checked(path, "FAIRLEAD_ENGINE")
    found = shutil.which("pulumi", path=search)
    if found:
        executable = Path(found).absolute()
        return _checked(executable, "cache" if _is_cached(executable) else "PATH")
    for directory in installation_directories():
        executable = directory / "bin" / "pulumi"
        if executable.is_file():
            return Engine(executable, engine_version(), "cache")
    raise EngineNotFoundError(
        f"The Pulumi command line is not on PATH and not in {platform_directory()}. {FIX}"
    )


def locate() -> Engine:
    """Find the engine: ``FAIRLEAD_ENGINE``, then PATH, then the cache.

    Returns:
        The first one found. One that was named or is on PATH but cannot be used is an error, not
        a reason to look further: two engines on one stack's state must not be swapped silently.

    Raises:
        EngineNotFoundError: There is none, or ``FAIRLEAD_ENGINE`` names nothing that runs.
        EngineVersionError: It is older than ``MINIMUM_VERSION``.

    Example:
        >>> locate().version  # doctest: +SKIP
        '3.259.0'
    """
    return _locate(
        os.environ.get("FAIRLEAD_ENGINE"), os.environ.get("PATH", os.defpath), cache_root()
    )


def forget() -> None:
    """Look anew at the next ``locate``, after something was installed or removed."""
    _locate.cache_clear()
