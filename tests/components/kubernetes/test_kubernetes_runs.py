"""What docs/kubernetes.md walks through: a provisioned stack, and a person who runs on it.

The person has the rights of a submitter and no others, and reaches the artifact store through the
API server.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioned_stacks import STACK, Provisioned

pytestmark = [pytest.mark.cluster, pytest.mark.engine]

ROOT = Path(__file__).parents[3]
EXAMPLES = ("digits", "palette")

#: A step that tries what no step may, from inside its pod with all that it finds there.
PROBE = """
import os, ssl, urllib.error, urllib.request
from pathlib import Path
from fairlead import pipeline, step

def asked(method: str, what: str) -> str:
    place = os.environ["KUBERNETES_SERVICE_HOST"]
    url = f"https://{place}/api/v1/namespaces/{NAMESPACE}/{what}"
    request = urllib.request.Request(url, method=method, data=b"{}" if method == "POST" else None)
    try:
        urllib.request.urlopen(request, context=ssl._create_unverified_context(), timeout=10)
    except urllib.error.HTTPError as error:
        return str(error.code)
    return "allowed"

def stored(path: str) -> str:
    import s3fs
    try:
        s3fs.S3FileSystem().pipe_file(f"{BUCKET}/{path}", b"x")
    except PermissionError:
        return "refused"
    return "written"

@step
def probe() -> dict[str, str]:
    print("probing", NAMESPACE)
    found = {path: stored(path) for path in PATHS}
    found |= {"secrets": asked("GET", "secrets"), "pods": asked("POST", "pods")}
    found["token"] = str(Path("/var/run/secrets/kubernetes.io").exists())
    found["user"] = str(os.getuid())
    try:
        Path("/usr/here").write_text("")
    except OSError as error:
        found["root"] = error.strerror
    return found

@pipeline
def probing() -> None:
    probe()
"""


@pytest.fixture
def person(in_cluster: Provisioned, tmp_path: Path) -> Callable[..., Any]:
    """Return what runs a command in the project as a submitter."""

    def run(*words: str, status: int | None = 0) -> str:
        env = {
            **in_cluster.project.env,
            "KUBECONFIG": str(in_cluster.login("submitter", tmp_path)),
            "FAIRLEAD_CACHE_DIR": str(tmp_path / "cache"),
            "OMP_NUM_THREADS": "1",
        }
        done = subprocess.run(
            [sys.executable, "-m", "fairlead.cli.main", *words],
            cwd=in_cluster.project.folder.parent, env=env,
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert status in {None, done.returncode}, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    return run


def test_a_person_runs_digits_on_a_stack_that_outlives_its_resources(
    in_cluster: Provisioned,
    steps_image: str,
    mlflow_server: str,
    person: Callable[..., Any],
    tmp_path: Path,
) -> None:
    project = in_cluster.project
    # A project of the person's own beside its stacks.
    work = project.folder.parent / "work"
    work.mkdir()
    project.folder = project.folder.rename(work / "stacks")
    for example in EXAMPLES:
        shutil.copy(ROOT / f"pipelines/examples/{example}.py", work)
    mlflow = {"provider": "local", "flavor": "mlflow"}
    tracking = {
        "experiment_tracker": {**mlflow, "existing": {"tracking_uri": mlflow_server}},
        "model_registry": {**mlflow, "existing": {"registry_uri": mlflow_server}},
    }
    small = {"image": steps_image, "cpu": 0.05, "memory": 512 << 20}
    in_cluster.configure(
        orchestrator={**small, "parallelism": 4}, step_operators={"default": small}, **tracking
    )
    project.update("up", STACK)
    kinds = ("artifact_store", "orchestrator", "experiment_tracker", "model_registry")
    here: dict[str, Any] = {**{kind: {} for kind in kinds}, "step_operators": {"default": {}}}
    project.stack("local", {"provider": "local", "components": here})
    project.update("up", "local")

    # Both stacks run each example to the same; nothing but the stack's name differs.
    first = {example: verified(person, f"{example}.py") for example in EXAMPLES}["digits"]

    # What it made is read back, and is what a second run takes: that submits no step.
    on = ("-s", STACK)
    assert json.loads(person("runs", "show", first, *on, "--json"))["state"] == "succeeded"
    target = tmp_path / "accuracy.json"
    person("artifacts", "get", f"{first}/evaluate_svm/accuracy", str(target), *on)
    assert json.loads(target.read_text()) > 0.95
    jobs = ("jobs", "-l", "app.kubernetes.io/component=step", "-o", "name")
    before = in_cluster.kubectl("get", *jobs)
    again = json.loads(person("run", "digits.py", *on, "--json"))
    assert {step["state"] for step in again["steps"]} == {"cached"}
    assert in_cluster.kubectl("get", *jobs) == before

    probed(in_cluster, person, work, first)

    # Destroyed, data stays: the namespace and its volume, which the next stack takes up.
    project.pulumi("state", "unprotect", "--all", "--yes", "-s", STACK)
    project.update("destroy", STACK)
    assert project.resources(STACK) == []
    made = "services,secrets,roles,statefulsets,networkpolicies,serviceaccounts"
    found = in_cluster.cluster.get("-n", in_cluster.namespace, made)["items"]
    left = {  # but what belongs to the jobs of runs, and goes with them
        one["metadata"]["name"]
        for one in found
        if not {"deletionTimestamp", "ownerReferences"} & one["metadata"].keys()
    }
    assert left == {"default"}
    project.update("up", STACK)
    assert json.loads(person("runs", "show", first, *on, "--json"))["state"] == "succeeded"


def verified(person: Callable[..., Any], file: str) -> str:
    """Prove that a pipeline is the same on both stacks; return its run in the cluster."""
    told = person("verify", file, "--stacks", f"local,{STACK}", "--json", status=None)
    found = json.loads(told)
    assert found["equal"], [one for one in found["findings"] if one["verdict"] != "equal"]
    aspects = {finding["aspect"] for finding in found["findings"]}
    assert aspects == {"graph", "states", "artifacts", "cache keys", "lineage"}
    return str(found["runs"][STACK])


def probed(stack: Provisioned, person: Callable[..., Any], work: Path, run: str) -> None:
    """Prove that a step's pod may do nothing but its own, and that its output is streamed."""
    manifest = stack.project.manifest(STACK)
    bucket = manifest["components"]["artifact_store"]["url"].removeprefix("s3://")
    refused = [
        f"runs/20260101/{run}/{name}"
        for name in ("run.json", "end.json", "cancel.json", "runner/9.json")
    ]
    refused += ["bundles/x", "manifests/x", "steps/x"]
    values = {"NAMESPACE": stack.namespace, "BUCKET": bucket, "PATHS": refused}
    constants = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    (work / "probing.py").write_text(constants + PROBE)
    told = person("run", "probing.py", "-s", STACK)
    assert f"probe | probing {stack.namespace}" in told
    run = json.loads(person("runs", "list", "-s", STACK, "-n", "1", "--json"))[0]["id"]
    target = work.parent / "probed.json"
    person("artifacts", "get", f"{run}/probe/output", str(target), "-s", STACK)
    found = json.loads(target.read_text())
    assert [found[path] for path in refused] == ["refused"] * len(refused)
    assert {found["secrets"], found["pods"]} <= {"401", "403"}
    assert (found["token"], found["user"]) == ("False", "65532")
    assert found["root"] == "Read-only file system"
