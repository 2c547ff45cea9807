"""The environment in which Pulumi runs: for the CLI, tests, make and the Automation API."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from fairlead_components.engine.location import Engine, locate

_PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def engine_environment(
    project: Path | None = None,
    stack: str | None = None,
    *,
    engine: Engine | None = None,
    base: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the variables to set, on top of the process's own, for driving Pulumi.

    PATH gets this Python environment's folder of commands first (where ``python3`` and
    ``pulumi-resource-fairlead`` are), then the engine's where it is not on PATH. The passphrase
    becomes the empty one where none is set and the stack has no other secrets provider.

    Args:
        project: The folder of ``Pulumi.yaml``, to look at the stack's secrets provider.
        stack: The stack's name; without it, no stack's settings are looked at.
        engine: The engine to use; by default the one that ``locate`` finds.
        base: The environment to build on; by default the process's own.

    Returns:
        Only what is to be set: ``os.environ | engine_environment()`` for a subprocess,
        ``LocalWorkspaceOptions(env_vars=engine_environment())`` for the Automation API.

    Raises:
        EngineNotFoundError: There is no engine.

    Example:
        >>> engine = Engine(Path("/opt/pulumi/bin/pulumi"), "3.259.0", "FAIRLEAD_ENGINE")
        >>> sorted(engine_environment(engine=engine, base={"PATH": "/usr/bin"}))
        ['PATH', 'PULUMI_CONFIG_PASSPHRASE', 'PULUMI_SKIP_UPDATE_CHECK']
    """
    base = os.environ if base is None else base
    engine = engine or locate()
    search = base.get("PATH", os.defpath).split(os.pathsep)
    # Not resolved: a virtual environment's python is a link out of it.
    commands = str(Path(sys.executable).absolute().parent)
    front = [commands]
    if engine.origin != "PATH":
        front.append(str(engine.path.parent))
    variables = {
        "PATH": os.pathsep.join([*front, *(entry for entry in search if entry not in front)]),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    passphrase_given = any(name in base for name in _PASSPHRASES)
    if not passphrase_given and not _has_secrets_provider(project, stack):
        variables["PULUMI_CONFIG_PASSPHRASE"] = ""
    return variables


def _has_secrets_provider(project: Path | None, stack: str | None) -> bool:
    """Tell whether a stack's secrets are encrypted by a key service, not by a passphrase."""
    if project is None or stack is None:
        return False
    settings = project / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    if not settings.is_file():
        return False
    import yaml

    # Only these two settings matter; Pulumi itself judges the rest of the file.
    document = yaml.safe_load(settings.read_text(encoding="utf-8"))
    provider = document.get("secretsprovider") if isinstance(document, dict) else None
    return provider not in (None, "", "passphrase", "default")
