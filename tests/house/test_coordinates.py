"""One coordinate everywhere: ``<provider>/<flavor>_<kind>.py`` is component, adapter and tests."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from tree import ROOT, name, sources

from fairlead.contracts.manifest import Kind
from fairlead.registry import BUILTIN
from fairlead_components.registry import BUILTIN as COMPONENTS

ADAPTERS = ROOT / "pipelines/fairlead/adapters"
PROVIDED = ROOT / "components/fairlead_components"

#: Kinds that nothing calls at run time, and why.
WITHOUT_ADAPTER = {
    "identity": "names who submits, runs and reads; whoever runs already is one of them",
    "network": "lies beneath what is called",
    "key": "the cloud's own services use it",
    "cluster": "its orchestrator and step operator are what is called",
    "container_registry": "image builders push to it and nodes pull from it, neither through us",
}


def kind_of(path: Path) -> str | None:
    """Return the kind at the end of a file's name."""
    return next((kind for kind in get_args(Kind) if path.stem.endswith(f"_{kind}")), None)


def coordinates(root: Path) -> list[Path]:
    """Return the files below a root that are at a coordinate."""
    return [p for p in sources(name(root)) if p.parent.parent == root and kind_of(p)]


def test_there_are_coordinates() -> None:
    assert len(coordinates(PROVIDED)) >= 7
    assert len(coordinates(ADAPTERS)) >= 9


@pytest.mark.parametrize("path", coordinates(PROVIDED), ids=name)
def test_a_component_has_its_adapter(path: Path) -> None:
    kind = kind_of(path)
    has = sorted(ADAPTERS.glob(f"*/{path.name}"))
    if kind in WITHOUT_ADAPTER:
        assert not has, f"{kind} has an adapter now: take it from WITHOUT_ADAPTER"
    else:
        assert has, f"{name(path)} needs pipelines/fairlead/adapters/*/{path.name}"


@pytest.mark.parametrize("path", coordinates(PROVIDED), ids=name)
def test_a_component_has_its_test(path: Path) -> None:
    assert (ROOT / f"tests/components/{path.parent.name}/test_{path.name}").is_file()


@pytest.mark.parametrize("path", coordinates(ADAPTERS), ids=name)
def test_an_adapter_has_its_test(path: Path) -> None:
    assert (ROOT / f"tests/pipelines/adapters/{path.parent.name}/test_{path.name}").is_file()


def test_every_file_at_a_coordinate_is_registered_and_the_reverse() -> None:
    def files(targets: dict[str, str], package: str, root: Path) -> set[Path]:
        modules = (target.partition(":")[0].removeprefix(package + ".") for target in targets)
        return {root / (module.replace(".", "/") + ".py") for module in modules}

    adapters = dict.fromkeys(BUILTIN["fairlead.adapters"].values(), "")
    assert files(adapters, "fairlead.adapters", ADAPTERS) == set(coordinates(ADAPTERS))
    components = dict.fromkeys(COMPONENTS.values(), "")
    assert files(components, "fairlead_components", PROVIDED) == set(coordinates(PROVIDED))


def test_a_flavor_has_a_contract_wherever_it_has_an_adapter() -> None:
    assert set(BUILTIN["fairlead.adapters"]) <= set(BUILTIN["fairlead.contracts"])
