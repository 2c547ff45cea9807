"""Where the Go module that builds the engine lies, and which engine it pins."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from fairlead_components.engine.errors import EngineInstallError

#: The command line and the SDK that its parts come from, as Go modules.
COMMAND_LINE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"
HOST = "./pulumi-language-python"


@cache
def source_directory() -> Path:
    """Return the folder of the engine's Go module.

    A wheel carries it beside this module, a checkout has it in ``tools/engine``.

    Raises:
        EngineInstallError: Neither is there.

    Example:
        >>> (source_directory() / "go.mod").is_file()
        True
    """
    here = Path(__file__).resolve()
    candidates = [here.with_name("source"), here.parents[3] / "tools" / "engine"]
    for candidate in candidates:
        if (candidate / "go.mod").is_file():
            return candidate
    raise EngineInstallError(
        f"The engine's Go module is not in {candidates[0]}: reinstall fairlead, or use Pulumi's "
        "own release (https://www.pulumi.com/docs/install/)."
    )


def _go_mod(pattern: str) -> str:
    text = (source_directory() / "go.mod").read_text(encoding="utf-8")
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise EngineInstallError(f"{source_directory() / 'go.mod'} has no line {pattern!r}.")
    return match.group(1)


def engine_version() -> str:
    """Return the version of Pulumi that Fairlead builds and is tested with, such as ``3.259.0``.

    Example:
        >>> engine_version().split(".")[0]
        '3'
    """
    return _go_mod(r"^\s*github\.com/pulumi/pulumi/pkg/v3 v(\S+)$")


def required_go() -> tuple[int, ...]:
    """Return the Go release that the engine's modules ask for, such as ``(1, 25, 11)``."""
    return tuple(int(part) for part in _go_mod(r"^go (\S+)$").split("."))


def source_digest() -> str:
    """Return twelve hexadecimal digits that change with any source of the engine.

    Checkouts with the same sources share one build; a changed language host is another build.
    """
    digest = hashlib.sha256()
    root = source_directory()
    # An installer may have byte-compiled what lies in site-packages.
    host = sorted(p.name for p in (root / HOST).iterdir() if p.suffix in {".go", ".py"})
    names = ["go.mod", "go.sum", *(f"{HOST}/{name}" for name in host)]
    for name in names:
        data = (root / name).read_bytes()
        digest.update(f"{name}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()[:12]
