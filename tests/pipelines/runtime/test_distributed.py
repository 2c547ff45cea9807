"""Distributed steps: what is asked, refused and recorded; checkpoints; one process in debuggers."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fairlead import Distributed, Resources, Retries, context, pipeline, register_model, step
from fairlead.binding import bind
from fairlead.capabilities import Capabilities
from fairlead.contracts.manifest import StackManifest
from fairlead.errors import (
    CapabilityError,
    ConfigError,
    IntegrityError,
    MissingExtraError,
    RunFailedError,
)
from fairlead.graph import StepOptions
from fairlead.readback.runs import Run
from fairlead.runtime import checkpoints
from fairlead.runtime.engines import engine
from fairlead.runtime.engines.torchrun_engine import variables
from fairlead.runtime.rank import Rank
from fairlead.runtime.session import Session
from fairlead.store.records import Checkpoint
from fairlead.store.state import State


@step(distributed=Distributed(nodes=4, kind="torchrun"))
def alone() -> dict[str, Any]:
    """Tell who this is."""
    return {
        "rank": context.rank,
        "world_size": context.world_size,
        "told": {name: os.environ[name] for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR")},
        "port": int(os.environ["MASTER_PORT"]),
    }


@pipeline
def lonely() -> None:
    """Run a distributed step."""
    alone()


def test_in_process_a_step_is_distributed_over_one_node(fairlead_stack: StackManifest) -> None:
    """A debugger sees all of it, and the environment is as before afterwards."""
    run = lonely.run(in_process=True)
    found = run["alone"].output.load()
    assert (found["rank"], found["world_size"]) == (0, 1)
    assert found["told"] == {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1"}
    assert found["port"] > 1023
    assert "MASTER_PORT" not in os.environ
    assert (context.rank, context.world_size) == (0, 1)


@step(distributed=Distributed(nodes=2, kind="dask"), resources=Resources(memory="16Mi"))
def crowded() -> int:
    """Have Dask add up in a process that holds more than the step asked for."""
    from distributed import Client

    with Client() as client:  # type: ignore[no-untyped-call]
        time.sleep(0.5)  # Dask looks at the memory five times a second
        return int(client.submit(sum, range(10)).result(timeout=30))


@pipeline
def crowding() -> None:
    """Use Dask where memory is short."""
    crowded()


def test_a_full_process_does_not_pause_dask_for_ever(fairlead_stack: StackManifest) -> None:
    pytest.importorskip("distributed")
    assert crowding.run(in_process=True)["crowded"].output.load() == 45


def test_the_number_of_nodes_is_no_part_of_the_cache_key(fairlead_stack: StackManifest) -> None:
    lonely.run(in_process=True)
    wider = {"steps": {"alone": {"distributed": {"nodes": 2, "kind": "torchrun"}}}}
    assert lonely.run(config=wider)["alone"].state is State.CACHED


def test_records_of_other_steps_are_as_they_were() -> None:
    """Readers of before refuse keys that they do not know."""
    assert "distributed" not in StepOptions().model_dump(mode="json")
    asked = StepOptions(distributed=Distributed(nodes=2, kind="ray"))
    assert StepOptions.model_validate_json(asked.model_dump_json()) == asked


def test_nodes_are_counted_and_kinds_are_known() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        Distributed(nodes=0, kind="dask")
    with pytest.raises(ValueError, match="'torchrun', 'dask' or 'ray'"):
        Distributed(nodes=2, kind="spark")  # type: ignore[arg-type]


def test_a_kind_that_is_not_declared_is_missing_by_name() -> None:
    able = Capabilities("batch", cpu=True, distributed=frozenset({"torchrun"}))
    assert able.missing(StepOptions(distributed=Distributed(nodes=2, kind="torchrun"))) == []
    asked = StepOptions(distributed=Distributed(nodes=2, kind="dask"))
    assert able.missing(asked) == ["distributed: 2 nodes of kind 'dask'"]


def test_resources_are_for_each_node(fairlead_stack: StackManifest) -> None:
    @step(resources=Resources(memory="512Gi"), distributed=Distributed(nodes=64, kind="torchrun"))
    def huge() -> None:
        """Ask for 32 TiB in all."""

    @pipeline
    def greedy() -> None:
        huge()

    with pytest.raises(CapabilityError, match=r"'huge'.*for its 64 nodes"):
        greedy.run()


def test_an_engine_that_is_not_installed_is_named(
    fairlead_stack: StackManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    @step(distributed=Distributed(nodes=2, kind="ray"))
    def scattered() -> None:
        """Need Ray."""

    @pipeline
    def scattering() -> None:
        scattered()

    found = "fairlead.adapters.local.local_step_operator.find_spec"
    monkeypatch.setattr(found, lambda _: None)
    with pytest.raises(CapabilityError, match=r"'scattered'.*fairlead\[ray\]"):
        scattering.run()


def test_ranks_on_machines_of_their_own_are_local_rank_0() -> None:
    """On one machine the local rank chooses the accelerator; on a pod's there is only one."""
    together = variables(Rank(2, 3, "127.0.0.1", 4000))
    assert (together["LOCAL_RANK"], together["LOCAL_WORLD_SIZE"]) == ("2", "3")
    assert together["GLOO_SOCKET_IFNAME"].startswith("lo")
    apart = variables(Rank(2, 3, "job-0.r-job", 29500))
    assert (apart["LOCAL_RANK"], apart["LOCAL_WORLD_SIZE"]) == ("0", "1")
    assert (apart["RANK"], apart["GROUP_RANK"], apart["WORLD_SIZE"]) == ("2", "2", "3")
    assert "GLOO_SOCKET_IFNAME" not in apart
    assert apart.keys() >= {"MASTER_ADDR", "MASTER_PORT"}


@pytest.mark.parametrize("kind", ["torchrun", "dask", "ray"])
def test_every_kind_has_an_engine(kind: str) -> None:
    assert callable(engine(kind).gathered)
    assert callable(engine(kind).serve)


@pytest.mark.parametrize(("kind", "package"), [("dask", "distributed"), ("ray", "ray")])
def test_an_image_without_the_engine_is_told_what_it_lacks(
    kind: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    wanted = rf"{package}.*fairlead\[{kind}\].*image"
    with pytest.raises(MissingExtraError, match=wanted), engine(kind).gathered(Rank(), Resources()):
        pytest.fail("there is no engine")


@step(retries=Retries(count=3), cache=False)
def count(fail_before: int) -> list[str]:
    """Add a file in each attempt."""
    folder = context.checkpoint_directory
    assert context.attempt is not None
    shutil.rmtree(folder / "gone", ignore_errors=True)
    (folder / f"attempt-{context.attempt}").write_text("done")
    if context.attempt == 2:
        (folder / "gone").mkdir()
        (folder / "gone/by").write_text("soon")
        context.save_checkpoint()
        context.save_checkpoint()  # nothing has changed: no further version
    if context.attempt < fail_before:
        raise RuntimeError("on purpose")
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pipeline
def counting(fail_before: int = 4) -> None:
    """Fail until enough was saved."""
    count(fail_before)


def versions(run: Run) -> list[str]:
    folder = run.layout.step("count")
    return [
        info.path.removeprefix(f"{folder}/")
        for info in run.stack.objects.list(folder)
        if "/checkpoints/" in info.path
    ]


@pytest.mark.parametrize("in_process", [True, False])
def test_an_attempt_begins_with_what_the_one_before_saved(
    fairlead_stack: StackManifest, in_process: bool
) -> None:
    """Also with what lay there when it raised; each version is an object of its own."""
    run = counting.run(in_process=in_process)
    assert run["count"].output.load() == [f"attempt-{number}" for number in range(1, 5)]
    assert versions(run) == [f"{number}/checkpoints/0-1.json" for number in (1, 2, 3)]
    path = f"{run.layout.step('count')}/2/checkpoints/0-1.json"
    record = Checkpoint.from_bytes(run.stack.objects.get(path), path)
    assert record.artifact.path.startswith("artifacts/counting/count/checkpoints/")


def test_a_damaged_checkpoint_is_told_and_not_loaded(fairlead_stack: StackManifest) -> None:
    run = counting.run(in_process=True, fail_before=2)
    path = f"{run.layout.step('count')}/1/checkpoints/0-1.json"
    record = Checkpoint.from_bytes(run.stack.objects.get(path), path)
    store = Path(run.stack.objects.url.removeprefix("file://"))
    for info in run.stack.objects.list("artifacts/counting/count/checkpoints"):
        if info.path != record.artifact.path:  # the manifest of the folder is as it was
            (store / info.path).chmod(0o600)
            (store / info.path).write_bytes(b"changed")
    session = Session(run.stack.objects, run.record, stack=bind(manifest=fairlead_stack))
    with pytest.raises(IntegrityError, match="damaged or replaced"):
        checkpoints.Checkpoints(session, "count", 2, 0)


def test_what_holds_still_is_published_without_being_asked(
    fairlead_stack: StackManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a trainer of somebody else's that saves into a folder survives being killed."""
    monkeypatch.setattr(checkpoints, "_LOOK", 0.05)
    run = counting.run(in_process=True, fail_before=1)
    session = Session(run.stack.objects, run.record, stack=bind(manifest=fairlead_stack))
    kept = checkpoints.Checkpoints(session, "count", 7, 0)
    for number in (1, 2):
        (kept.folder / "weights").write_text(f"of epoch {number}")
        until = time.monotonic() + 20
        while f"7/checkpoints/0-{number}.json" not in versions(run):
            assert time.monotonic() < until
            time.sleep(0.05)
    kept.close(succeeded=True)
    assert not kept.folder.exists()
    follows = checkpoints.Checkpoints(session, "count", 8, 0)
    assert (follows.folder / "weights").read_text() == "of epoch 2"
    follows.close(succeeded=True)
    assert len([name for name in versions(run) if name.startswith("8/")]) == 0


def test_outside_a_run_the_folder_is_temporary() -> None:
    folder = context.checkpoint_directory
    assert folder.is_dir()
    assert folder == context.checkpoint_directory
    context.save_checkpoint()
    folder.rmdir()


@step(distributed=Distributed(nodes=2, kind="torchrun"), cache=False)
def register_on_all() -> None:
    """Register from every rank, which would make two versions."""
    if context.rank == 1:
        register_model("digits", object())


@pipeline
def registering() -> None:
    """Register twice."""
    register_on_all()


def test_only_rank_0_registers_models(fairlead_stack: StackManifest) -> None:
    with pytest.raises(RunFailedError, match=r"rank 1 of 2: .*rank 0 alone registers"):
        registering.run()


def test_a_run_configuration_refuses_what_is_not_a_number(fairlead_stack: StackManifest) -> None:
    with pytest.raises(ConfigError, match=r"alone\.distributed"):
        lonely.run(config={"steps": {"alone": {"distributed": {"nodes": "many", "kind": "dask"}}}})
