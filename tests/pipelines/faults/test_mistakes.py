"""What people get wrong: one clear paragraph, status 2, and nothing was started."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.testing.plugin import local_manifest
from fault_project import Cli

GOOD = """
from fairlead import pipeline, step

@step
def load(year: int) -> list[int]:
    return [year]

@step
def train(rows: list[int], *, depth: int = 5) -> float:
    return float(len(rows) * depth)

@pipeline
def training(year: int, depth: int = 5) -> None:
    train(load(year), depth=depth)
"""


@pytest.fixture
def nothing_ran(tmp_path: Path) -> Iterator[None]:
    """Prove afterwards that no run was recorded."""
    yield
    assert not (tmp_path / "stack" / "store" / "runs").exists()


pytestmark = pytest.mark.usefixtures("nothing_ran")
RUN = ("run", "train.py", "-p", "year=2026")


def test_a_stack_that_nobody_knows(project: Cli) -> None:
    project.write(GOOD)
    project(*RUN, "-s", "locla").refuses(2, "'locla'", "did you mean 'local'?")
    project("runs", "list", "-s", "locla").refuses(2, "'locla'")


def test_a_stack_that_is_not_provisioned(project: Cli) -> None:
    project.write(GOOD)
    project(*RUN, "-s", "local").refuses(2, "not provisioned", "`fairlead up local`")


def test_no_stacks_at_all(project: Cli, tmp_path: Path) -> None:
    alone = Cli(tmp_path / "alone", project.environment)
    alone.folder.mkdir()
    alone.write(GOOD)
    alone(*RUN).refuses(2, "fairlead init")


def test_the_engine_is_missing(project: Cli, tmp_path: Path) -> None:
    project.write(GOOD)
    state = project.folder / "stacks" / ".state" / ".pulumi" / "stacks" / "faults"
    state.mkdir(parents=True)
    (state / "local.json").write_text("{}")
    empty = tmp_path / "bin"
    empty.mkdir()
    for command in ((*RUN, "-s", "local"), ("up", "local")):
        said = project(*command, PATH=str(empty))
        said.refuses(2, "Pulumi", "fairlead engine install")


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (None, ["missing.json", "No such file"]),
        ("{", ["missing.json", "JSON"]),
        ("[]", ["missing.json", "object"]),
        ({"schema": "9.0", "stack": "s", "provider": "p", "components": {}},
         ["9.0", "upgrade", "pip install -U fairlead"]),
        ({"stack": "s", "provider": "p", "components": {}, "digest": "sha256:0"}, ["edited"]),
        ({"stack": "s", "provider": "p", "components": {"artifact_store": {"flavor": "local"}}},
         ["components.artifact_store", "url"]),
        ({"stack": "s", "provider": "p", "components": {"artifact_store": {"flavor": "tape"}}},
         ["artifact_store.tape", "install"]),
        ({"stack": "s", "provider": "p", "components": {}}, ["artifact_store"]),
    ],
)  # fmt: skip
def test_a_manifest_that_cannot_be_used(
    project: Cli, tmp_path: Path, content: object, parts: list[str]
) -> None:
    project.write(GOOD)
    path = tmp_path / "missing.json"
    if content is not None:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    project(*RUN, "--manifest", str(path)).refuses(2, *parts)


def test_a_manifest_with_a_key_from_the_future_is_read(project: Cli, tmp_path: Path) -> None:
    document = local_manifest(tmp_path / "other").document()
    del document["digest"]
    path = tmp_path / "newer.json"
    path.write_text(json.dumps({**document, "schema": "1.7", "invented": {"later": True}}))
    project.write(GOOD)
    said = project(*RUN, "--manifest", str(path))
    assert said.status == 0, said


def test_wrong_parameters(stacked: Cli) -> None:
    stacked.write(GOOD)
    stacked("run", "train.py", "-p", "yaer=2026").refuses(2, "'yaer'", "did you mean 'year'")
    stacked("run", "train.py", "-p", "year=soon").refuses(2, "year", "integer")
    stacked("run", "train.py").refuses(2, "year", "missing")
    stacked(*RUN, "-p", "depth").refuses(2, "name=value")


def test_wrong_run_configuration(stacked: Cli) -> None:
    stacked.write(GOOD)
    for text, parts in {
        "paramters: {}": ["paramters", "did you mean 'parameters'"],
        "steps: {trian: {cache: false}}": ["steps.trian", "did you mean 'train'"],
        "steps: {train: {timeout: -1}}": ["steps.train.timeout", "greater than 0"],
        "steps: [": ["is not YAML"],
    }.items():
        stacked.write(text, "run.yaml")
        stacked(*RUN, "--config", "run.yaml").refuses(2, "1 problem", *parts)
    stacked(*RUN, "--config", "absent.yaml").refuses(2, "absent.yaml")


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("def broken(:\n", ["train.py:1", "SyntaxError"]),
        ("import nothing_like_it\n", ["train.py:1", "nothing_like_it"]),
        ("x = 1\n", ["defines no pipeline", "@pipeline"]),
        (GOOD.replace("rows: list[int]", "rows"), ["train", "rows", "annotation"]),
        (GOOD.replace(") -> float:", "):"), ["train", "annotat"]),
        (GOOD.replace("rows: list[int]", "rows: str"), ["'train'", "'rows'", "str", "list[int]"]),
        (GOOD.replace("train(load(year), ", "train("), ["train", "rows"]),
        (GOOD.replace("load(year), depth", "load(year), dpeth"), ["train", "dpeth"]),
        (GOOD.replace("    train(load", "    if load(year):\n        train(load"),
         ["has no value while the pipeline is traced"]),
        (GOOD.replace("    train(load(year), depth=depth)", "    other(year)")
         + "\n@pipeline\ndef other(year: int) -> None:\n    training(year)\n",
         ["training", "circle"]),
    ],
)  # fmt: skip
def test_a_pipeline_that_cannot_be_traced(stacked: Cli, code: str, parts: list[str]) -> None:
    stacked.write(code)
    target = "train.py:training" if "def other" in code else "train.py"
    stacked("run", target, "-p", "year=1").refuses(2, *parts)


def test_a_file_or_pipeline_that_is_not_there(stacked: Cli) -> None:
    stacked("run", "trian.py").refuses(2, "trian.py")
    stacked.write(GOOD)
    stacked("run", "train.py:trainig").refuses(2, "did you mean 'training'")


def test_what_no_run_is_called(stacked: Cli) -> None:
    stacked("runs", "show", "latest").refuses(2, "no runs yet")
    stacked("runs", "resume", "01ARZ3NDEKTSV4RRFFQ69G5FAV").refuses(2, "01ARZ3NDEKTSV4RRFFQ69G5FAV")


@pytest.mark.engine
def test_an_unknown_configuration_key(project: Cli) -> None:
    (project.folder / "stacks" / "__main__.py").write_text(
        "from fairlead_components.stack import provision\n\nprovision()\n"
    )
    (project.folder / "stacks" / "Pulumi.local.yaml").write_text(
        "config:\n  fairlead:provider: local\n  fairlead:components:\n"
        "    artifact_store: {pathh: here}\n    orchestratr: {}\n"
    )
    del project.environment["FAIRLEAD_CACHE_DIR"], project.environment["XDG_CACHE_HOME"]
    said = project("preview", "local")
    everything = said.out + said.err
    assert said.status != 0
    assert "artifact_store.pathh" in everything
    assert "orchestratr" in everything
    assert "Traceback" not in everything
