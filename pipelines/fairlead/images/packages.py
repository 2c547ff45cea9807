"""Install what a lock pins into a folder, for the image's platform; say what is in it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import fairlead
from fairlead.errors import BackendError, ConfigError
from fairlead.images.plan import ImagePlan

_PLATFORM = "x86_64-manylinux_2_28"


def install(plan: ImagePlan, folder: Path) -> None:
    """Install the locked packages, what the stack needs, and this very Fairlead.

    Args:
        plan: What goes into the image.
        folder: Where to; made here.

    Raises:
        BackendError: The packages cannot be had, with what the installer says.
        ConfigError: The lock is of a kind that is not read.
    """
    pins = folder.with_name("requirements.txt")
    pins.write_text(_pins(plan.lock))
    constraint = folder.with_name("constraints.txt")
    constraint.write_text(pins.read_text())
    _run(
        [
            _uv(), "pip", "install", "--quiet", "--python-version", plan.python,
            "--python-platform", _PLATFORM, "--only-binary", ":all:", "--target", str(folder),
            "--python", sys.executable, "-r", str(pins), *plan.needs,
        ]
    )  # fmt: skip
    ours = Path(fairlead.__file__).parent
    shutil.rmtree(folder / "fairlead", ignore_errors=True)
    shutil.copytree(ours, folder / "fairlead", ignore=shutil.ignore_patterns("__pycache__"))
    compiled = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*compiled, str(folder)], check=False, capture_output=True)  # noqa: S603


def bill_of_materials(folder: Path, base: str) -> dict[str, Any]:
    """Return what is in a folder of packages as a CycloneDX document.

    Args:
        folder: What ``install`` made.
        base: The image below, as a component of its own.

    Source:
        https://cyclonedx.org/docs/1.6/json/
    """
    components: list[dict[str, Any]] = [{"type": "container", "name": base, "bom-ref": base}]
    seen = {(str(d.metadata["Name"]), d.version) for d in distributions(path=[str(folder)])}
    seen.add(("fairlead", _version()))
    for name, version in sorted(seen, key=lambda item: (item[0].lower(), item[1])):
        url = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
        components.append(
            {"type": "library", "name": name, "version": version, "purl": url, "bom-ref": url}
        )
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}


def _version() -> str:
    from importlib.metadata import version

    return version("fairlead")


def _pins(lock: Path) -> str:
    if lock.name == "uv.lock":
        return _run(
            [_uv(), "export", "--frozen", "--no-hashes", "--no-emit-project", "--no-dev",
             "--quiet", "--project", str(lock.parent)]
        )  # fmt: skip
    if lock.suffix in {".txt", ".lock"} and "[[package]]" not in lock.read_text():
        lines = lock.read_text().splitlines()
        return "\n".join(line for line in lines if not line.startswith(("fairlead", "-e"))) + "\n"
    raise ConfigError(
        str(lock),
        ["images are built from uv.lock or a file of pins: export this one to requirements.lock"],
    )


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = shutil.which("uv") or (str(beside) if beside.exists() else None)
    if found is None:
        raise BackendError("images are built with uv, which is not here: `pip install uv`")
    return found


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = done.stderr.strip()[-1500:]
        raise BackendError(f"packages could not be had ({Path(command[0]).name}):\n{said}")
    return done.stdout


def write_bill(folder: Path, base: str, path: Path) -> bytes:
    """Write the bill of materials and return its bytes."""
    content = json.dumps(bill_of_materials(folder, base), indent=1, sort_keys=True).encode()
    path.write_bytes(content)
    return content
