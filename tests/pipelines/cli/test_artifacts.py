"""``fairlead artifacts`` over recorded runs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from fairlead.binding import Stack
from fairlead.readback.lineage import find_version
from fairlead.testing.recorded_run import RecordedRun


def test_list(cli: Any, training: RecordedRun, cached: RecordedRun) -> None:
    data = cli("artifacts", "list", "--json").data
    versions = [one["version"] for one in data]
    assert f"{cached.run}/publish/output" in versions
    assert f"{training.run}/split/test" in versions
    origins = {one["version"]: one["origin"] for one in data}
    assert origins[f"{cached.run}/train/output"] == f"{training.run}/train/output"
    made = cli("artifacts", "list", "--made", "--run", cached.run, "--json").data
    assert [one["version"] for one in made] == [f"{cached.run}/publish/output"]
    told = cli("artifacts", "list", "--step", "split", "--run", training.run).out
    assert f"{training.run}/split/train" in told
    assert "publish" not in told


def test_show_and_get(cli: Any, training: RecordedRun, tmp_path: Path) -> None:
    data = cli("artifacts", "show", "latest/load", "--json").data
    assert data["version"] == f"{training.run}/load/output"
    told = cli("artifacts", "show", "training/load/output").out
    assert data["digest"] in told
    target = tmp_path / "copy.json"
    assert cli("artifacts", "get", "latest/load", str(target)).status == 0
    assert "sha256:" + hashlib.sha256(target.read_bytes()).hexdigest() == data["digest"]
    again = cli("artifacts", "get", "latest/load", str(target))
    assert again.status == 2
    assert "exists already" in again.err
    assert cli("artifacts", "get", "latest/load", "-").out.encode() == target.read_bytes()


def test_put_gives_a_version_that_pipelines_find(cli: Any, stack: Stack, tmp_path: Path) -> None:
    source = tmp_path / "rows.json"
    source.write_text("[1, 2]")
    folder = tmp_path / "tree"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.txt").write_text("a")
    value = cli("artifacts", "put", "rows", str(source), "--value", "--tag", "a=b").out.strip()
    assert value.endswith("/put/output")
    assert find_version(stack, "rows").load() == [1, 2]
    assert cli("artifacts", "put", "rows", str(source)).status == 0
    assert find_version(stack, "rows").load().read_text() == "[1, 2]"
    assert find_version(stack, value).load() == [1, 2]
    assert cli("artifacts", "put", "tree", str(folder), "--json").status == 0
    assert cli("artifacts", "get", "tree", str(tmp_path / "back")).status == 0
    assert (tmp_path / "back" / "deep" / "a.txt").read_text() == "a"
    assert "is a folder" in cli("artifacts", "get", "tree", "-").err
    for wrong in (["Bad-Name", str(source)], ["rows", str(tmp_path / "none")]):
        assert cli("artifacts", "put", *wrong).status == 2
    assert "nothing was put as 'nothing'" in cli("artifacts", "show", "nothing").err


def test_lineage(cli: Any, training: RecordedRun, cached: RecordedRun) -> None:
    data = cli("artifacts", "lineage", f"{training.run}/train/output", "--json").data
    assert data["made_from"]["inputs"][0]["version"] == f"{training.run}/split/train"
    assert {use["step"] for use in data["used_by"]} == {"evaluate", "publish"}
    told = cli("artifacts", "lineage", "latest/publish").out
    assert f"{training.run}/load/output" in told
    assert "used by 0 steps" in told
    assert "made_from" not in cli("artifacts", "lineage", "latest/load", "--down").out
