"""Runs are compared by what they are, not by when; what differs is told, what may is excluded."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead import pipeline, register_model, step
from fairlead.contracts.manifest import StackManifest
from fairlead.errors import CapabilityError
from fairlead.testing import semantics
from fairlead.verification import compare_runs, verify

PICKLED = """
from fairlead import pipeline, step

class Odd:
    def __init__(self) -> None:
        self.salt = {salt}

@step
def make() -> Odd:
    return Odd()

@step
def count(odd: Odd) -> int:
    return 1

@pipeline
def odd() -> None:
    count(make())
"""


def manifest(folder: Path, name: str, **further: dict[str, str]) -> StackManifest:
    store = {"flavor": "local", "url": (folder / name).as_uri(), "allow_pickle": True}
    components = {"artifact_store": store, "orchestrator": {"flavor": "local"}, **further}
    return StackManifest.build(name, "local", components)


def test_two_local_stacks_agree(tmp_path: Path) -> None:
    stacks = {name: {"manifest": manifest(tmp_path, name)} for name in ("one", "two")}
    found = verify(semantics.arithmetic, stacks, {"start": 4})
    assert found.equal
    assert len(found.of("artifacts", "equal")) == 7
    assert len(found.of("cache keys", "equal")) == 7
    assert found.of("lineage", "equal")
    assert set(found.runs) == {"one", "two"}


@step
def fit() -> list[float]:
    """Return a model."""
    return [1.0, 2.0]


@step
def register(model: list[float]) -> str:
    """Register it, and return the number that the registry gives it."""
    return register_model("line", model).version


@step
def announce(version: str) -> str:
    """Say something that does not depend on the number."""
    return f"version {len(version) > 0}"


@pipeline
def publishing() -> None:
    """Fit, register, announce."""
    announce(register(fit()))


@pytest.mark.slow
def test_numbers_of_model_versions_are_each_registrys_own(tmp_path: Path) -> None:
    stacks = {}
    for name in ("one", "two"):
        registry = {
            "flavor": "mlflow",
            "registry_uri": f"sqlite:///{tmp_path}/{name}.db",
            "artifact_location": (tmp_path / f"{name}-models").as_uri(),
        }
        stacks[name] = {"manifest": manifest(tmp_path, name, model_registry=registry)}
    publishing.run(manifest=stacks["one"]["manifest"])
    found = verify(publishing, stacks, {})
    assert found.equal
    (number,) = found.of("artifacts", "excluded")
    assert number.name == "register.output"
    assert "numbers itself" in number.excluded
    assert [fact.name for fact in found.of("artifacts", "equal")] == [
        "fit.output",
        "announce.output",
    ]
    assert {fact.name for fact in found.of("lineage", "excluded")} == {"announce ← register/output"}


def test_different_values_are_told_with_what_follows(tmp_path: Path) -> None:
    one = semantics.arithmetic.run(manifest=manifest(tmp_path, "one"), start=1)
    two = semantics.arithmetic.run(manifest=manifest(tmp_path, "two"), start=2)
    found = compare_runs({"one": one, "two": two})
    assert not found.equal
    different = {finding.name for finding in found.of("artifacts", "different")}
    assert {"number.output", "total.output"} <= different
    assert [f.name for f in found.of("graph", "different")] == ["number"]


def test_a_declared_indeterminacy_is_excluded_and_reported(tmp_path: Path) -> None:
    from fairlead.loading import load_pipeline

    runs = {}
    for salt, name in enumerate(("one", "two")):
        folder = tmp_path / f"project-{name}"
        folder.mkdir()
        (folder / f"odd_{name}.py").write_text(PICKLED.format(salt=salt))
        pipeline = load_pipeline(folder / f"odd_{name}.py")
        runs[name] = pipeline.run(manifest=manifest(tmp_path, name))
    found = compare_runs(runs)
    assert [f.name for f in found.of("artifacts", "excluded")] == ["make.output"]
    assert [f.name for f in found.of("artifacts", "equal")] == ["count.output"]
    assert not found.equal, "the code differs, and that is no indeterminacy"
    assert found.of("graph", "different")


def test_one_stack_is_no_comparison() -> None:
    with pytest.raises(CapabilityError, match="two or more"):
        verify(semantics.arithmetic, {"local": {}}, {})
