"""Programs in other languages get every component, with the schema that the host infers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from fairlead_components.hosting import PACKAGE
from fairlead_components.registry import BUILTIN

COMPONENTS = Path(__file__).parents[2] / "components"


#: In a process of its own: Pulumi's host and Google's clients each define google.rpc.Status, and
#: whichever comes second to a process cannot be imported.
INFER = """
from fairlead_components.hosting import PACKAGE, hosted_components
from pulumi.provider.experimental.component import ComponentProvider
print(ComponentProvider(hosted_components(), PACKAGE).schema)
"""


@cache
def inferred() -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", INFER], capture_output=True, check=True, text=True)
    schema: dict[str, Any] = json.loads(done.stdout)
    return schema


def test_the_host_infers_every_component() -> None:
    schema = inferred()
    classes = {target.rpartition(":")[2] for target in BUILTIN.values()}
    assert set(schema["resources"]) == {f"{PACKAGE}:index:{name}" for name in classes}
    for name, resource in schema["resources"].items():
        assert list(resource["properties"]) == ["contract"], name
        assert resource["isComponent"]
        assert resource["description"]


def test_arguments_have_the_types_that_were_written() -> None:
    schema = inferred()
    store = schema["resources"][f"{PACKAGE}:index:LocalArtifactStore"]
    assert store["inputProperties"]["path"] == {"type": "string"}
    assert store["inputProperties"]["allowPickle"] == {"type": "boolean"}
    assert store["requiredInputs"] == []
    existing = schema["types"][f"{PACKAGE}:index:ExistingFolder"]
    assert existing["properties"] == {"path": {"type": "string"}}
    assert existing["required"] == ["path"]


PROGRAM = """
import pulumi

# What a generated SDK of any language does: ask the engine to construct it in the plugin.
class LocalArtifactStore(pulumi.ComponentResource):
    contract: pulumi.Output[dict]

store = LocalArtifactStore(
    "fairlead-components:index:LocalArtifactStore",
    "store",
    {"path": "hosted-data", "allowPickle": False, "contract": None},
    None,
    True,
)
pulumi.export("contract", store.contract)
"""


@pytest.mark.engine
def test_the_engine_constructs_a_component_in_the_plugin(project: Any) -> None:
    plugin = project.folder / "plugin"
    plugin.mkdir()
    shutil.copy(COMPONENTS / "__main__.py", plugin)
    settings = yaml.safe_load((COMPONENTS / "PulumiPlugin.yaml").read_text())
    settings["runtime"]["options"]["virtualenv"] = sys.prefix
    (plugin / "PulumiPlugin.yaml").write_text(yaml.safe_dump(settings))
    program = yaml.safe_load((project.folder / "Pulumi.yaml").read_text())
    program["plugins"]["providers"].append({"name": PACKAGE, "path": str(plugin)})
    (project.folder / "Pulumi.yaml").write_text(yaml.safe_dump(program))
    (project.folder / "__main__.py").write_text(PROGRAM)

    schema = json.loads(project.pulumi("package", "get-schema", str(plugin)))
    assert f"{PACKAGE}:index:LocalArtifactStore" in schema["resources"]
    project.stack("hosted", {})
    project.update("up", "hosted")
    contract = json.loads(project.pulumi("stack", "output", "contract", "--json", "-s", "hosted"))
    folder = project.folder / "hosted-data"
    assert contract["url"] == folder.as_uri()
    assert contract["allow_pickle"] is False
    assert folder.is_dir()
    assert set(project.update("up", "hosted")) == {"same"}
