"""Which rules ran, and with what."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_HERE = Path(__file__).parent
_TOOLS = ("fairlead", "pulumi", "pulumi-aws", "pulumi-gcp", "pulumi-azure-native",
          "pulumi-kubernetes", "pydantic", "pyyaml")  # fmt: skip


def installed(name: str) -> str | None:
    """Return the version of an installed distribution, None where it is not."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def pack_version() -> str:
    """Return the version of the distribution that the rules are part of."""
    return installed("fairlead") or "0"


def pack_digest() -> str:
    """Return a digest of every rule, control and mapping, whatever they are called a version of."""
    total = hashlib.sha256()
    for path in sorted(_HERE.rglob("*")):
        if path.suffix in {".py", ".yaml", ".html"}:
            total.update(path.relative_to(_HERE).as_posix().encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return f"sha256:{total.hexdigest()}"


def tools() -> dict[str, str]:
    """Return the versions of what can change a result."""
    found = {name: have for name in _TOOLS if (have := installed(name)) is not None}
    return {"python": platform.python_version(), **found}
