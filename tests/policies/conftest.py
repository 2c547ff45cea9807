"""What the policies' tests share is imported from their folder, as they are no package."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fairlead_components.rehearsal.sdk import Sdk, installed_sdks
from fairlead_policies.commands.pack_folder import install, is_installed

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack with its own environment, as `fairlead policies install` makes it."""
    folder = tmp_path_factory.mktemp("pack")
    for name in ("PulumiPolicy.yaml", "__main__.py", "requirements.txt"):
        shutil.copy(CHECKOUT / "policies" / name, folder / name)
    rules = CHECKOUT / "policies" / "fairlead_policies"
    shutil.copytree(rules, folder / rules.name, ignore=shutil.ignore_patterns("__pycache__"))
    install(folder)
    assert is_installed(folder)
    return folder


@pytest.fixture(scope="session")
def sdks() -> dict[str, Sdk]:
    found = installed_sdks(Path(entry) for entry in sys.path if entry)
    assert {"aws", "gcp", "azure-native", "kubernetes"} <= set(found), "install the SDKs"
    return found
