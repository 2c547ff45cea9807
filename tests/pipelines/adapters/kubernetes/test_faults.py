"""Whatever is killed in the middle, the run finishes, and no finished step runs twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tools.kubernetes import processes

from fairlead.errors import BackendError, RunFailedError
from fairlead.loading import load_pipeline
from fairlead.readback.runs import Run
from fairlead.runner.lease import epochs
from fairlead.store.records import Outcome
from kubernetes_stacks import KubernetesStack

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.long]

_SECONDS = 180.0
PROJECT = """
import time
from fairlead import pipeline, step

@step
def first() -> int:
    return 1

@step(retries=1)
def middle(value: int, seconds: float) -> int:
    time.sleep(seconds)
    return value + 1

@step
def last(value: int) -> int:
    return value + 1

@pipeline
def chain(seconds: float = 20.0) -> None:
    last(middle(first(), seconds))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    file = tmp_path / f"faults_{os.urandom(4).hex()}.py"
    file.write_text(PROJECT)
    return file


def until(happened: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + _SECONDS
    while not (found := happened()):
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.3)
    return found


def submitted(stack: KubernetesStack, project: Path) -> Run:
    """Submit the chain, and return its run when its middle step runs."""
    run = load_pipeline(project, "chain").run(manifest=stack.manifest(), wait=False)
    until(lambda: run.refresh()["middle"].attempts, "the middle step")
    return run


def finished(run: Run, *, middle: int = 1) -> None:
    """Assert that the run succeeded and that every step ran as often as it had to."""
    assert run.wait(_SECONDS).state == "succeeded"
    assert run["last"].output.load() == 3
    counts = {step.id: len(step.attempts) for step in run}
    assert counts == {"first": 1, "middle": middle, "last": 1}


def pods(stack: KubernetesStack, run: Run, component: str) -> str:
    return f"fairlead/run={run.id},app.kubernetes.io/component={component}"


def process_of(run: Run, module: str) -> int:
    """Return the process on this machine's node that runs a module for a run."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().decode().split("\0")
            except (OSError, UnicodeDecodeError):
                continue
            if words[1:3] == ["-m", module] and run.id in words[3]:
                return int(folder.name)
    raise AssertionError(f"no {module} of run {run.id}")


def test_the_runners_pod_is_deleted(kubernetes_stack: KubernetesStack, project: Path) -> None:
    """The next runner takes the step up that runs, without waiting for silence."""
    run = submitted(kubernetes_stack, project)
    chosen = pods(kubernetes_stack, run, "runner")
    kubernetes_stack.kubectl("delete", "pod", "-l", chosen, "--force", "--grace-period=0")
    begun = time.monotonic()
    until(lambda: len(epochs(run.stack.objects, run.layout)) == 2, "a second runner")
    assert time.monotonic() - begun < 45
    finished(run)


def test_the_runners_process_is_killed(kubernetes_stack: KubernetesStack, project: Path) -> None:
    run = submitted(kubernetes_stack, project)
    os.kill(process_of(run, "fairlead.runner"), signal.SIGKILL)
    until(lambda: len(epochs(run.stack.objects, run.layout)) == 2, "a second runner")
    finished(run)


def test_a_steps_pod_is_deleted(kubernetes_stack: KubernetesStack, project: Path) -> None:
    run = submitted(kubernetes_stack, project)
    chosen = f"{pods(kubernetes_stack, run, 'step')},fairlead/step=middle"
    kubernetes_stack.kubectl("delete", "pod", "-l", chosen, "--force", "--grace-period=0")
    finished(run, middle=2)
    assert run["middle"].attempts[0].outcome == Outcome.CRASHED


def test_the_shim_of_a_steps_container_is_killed(
    kubernetes_stack: KubernetesStack, project: Path
) -> None:
    run = submitted(kubernetes_stack, project)
    process = process_of(run, "fairlead.runtime")
    while "containerd-shim" not in Path(f"/proc/{process}/cmdline").read_text():
        status = Path(f"/proc/{process}/status").read_text()
        process = int(status.partition("PPid:")[2].split()[0])
    os.kill(process, signal.SIGKILL)
    finished(run, middle=2)


def test_the_command_line_is_killed(kubernetes_stack: KubernetesStack, project: Path) -> None:
    manifest = project.with_name("manifest.json")
    manifest.write_text(json.dumps(kubernetes_stack.manifest().document()))
    command = [
        sys.executable, "-m", "fairlead.cli.main", "run", f"{project}:chain",
        "--manifest", str(manifest), "-p", "seconds=5",
    ]  # fmt: skip
    import fairlead

    seen = {run.id for run in fairlead.runs(manifest=str(manifest))}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as cli:

        def begun() -> Any:
            new = [r for r in fairlead.runs(manifest=str(manifest)) if r.id not in seen]
            return new[0] if new and epochs(new[0].stack.objects, new[0].layout) else None

        run = until(begun, "a run")
        cli.kill()
    finished(run)


def restarted(name: str) -> None:
    """Kill one of the cluster's programs, and start it as it was after a while."""
    number = processes.alive(name)
    assert number is not None
    words = Path(f"/proc/{number}/cmdline").read_text().rstrip("\0").split("\0")
    os.kill(number, signal.SIGKILL)
    until(lambda: not processes.alive(name), "its end")
    time.sleep(5)
    processes.start(name, *words[1:])


@pytest.mark.parametrize("program", ["kube-apiserver", "containerd", "kubelet"])
def test_a_program_of_the_cluster_is_killed(
    kubernetes_stack: KubernetesStack, project: Path, program: str
) -> None:
    run = submitted(kubernetes_stack, project)
    restarted(program)
    finished(run)


def test_a_steps_pod_is_evicted(kubernetes_stack: KubernetesStack, project: Path) -> None:
    """As `kubectl drain` does it."""
    run = submitted(kubernetes_stack, project)
    chosen = f"{pods(kubernetes_stack, run, 'step')},fairlead/step=middle"
    name = kubernetes_stack.kubectl("get", "pods", "-l", chosen, "-o", "name").strip()
    eviction = {
        "apiVersion": "policy/v1", "kind": "Eviction",
        "metadata": {"name": name.removeprefix("pod/"), "namespace": kubernetes_stack.namespace},
        "deleteOptions": {"gracePeriodSeconds": 1},
    }  # fmt: skip
    path = f"/api/v1/namespaces/{kubernetes_stack.namespace}/{name.replace('pod', 'pods')}/eviction"
    kubernetes_stack.kubectl("create", "--raw", path, "-f", "-", document=eviction)
    finished(run, middle=2)
    failure = run["middle"].attempts[0].failure
    assert failure is not None
    assert "evicted: its node was drained" in failure.message


def test_a_node_is_emptied(kubernetes_stack: KubernetesStack, project: Path) -> None:
    """Runner and step go together, and come back when the node takes pods again."""
    run = submitted(kubernetes_stack, project)
    cluster = kubernetes_stack.cluster
    node = cluster.get("nodes")["items"][0]["metadata"]["name"]
    of_run = ("pods", "-n", kubernetes_stack.namespace, "-l", f"fairlead/run={run.id}")

    def empty() -> bool:
        return all(pod["status"]["phase"] != "Running" for pod in cluster.get(*of_run)["items"])

    cluster.kubectl("taint", "node", node, "away=true:NoExecute")
    try:
        until(empty, "the pods' end")
    finally:
        cluster.kubectl("taint", "node", node, "away-")
    finished(run, middle=2)
    failure = run["middle"].attempts[0].failure
    assert failure is not None
    assert "its node was lost or drained" in failure.message


def test_a_pod_over_quota_waits_for_room(kubernetes_stack: KubernetesStack, project: Path) -> None:
    with kubernetes_stack.elsewhere() as stack:
        quota = {
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"},
            "spec": {"hard": {"pods": "1"}},
        }  # fmt: skip
        stack.kubectl("apply", "-f", "-", document=quota)
        run = load_pipeline(project, "chain").run(
            manifest=stack.manifest(), wait=False, seconds=0.0
        )
        jobs = ("get", "events", "--field-selector", "reason=FailedCreate", "-o", "name")
        until(lambda: stack.kubectl(*jobs), "a pod that is refused")
        stack.kubectl("delete", "resourcequota", "small")
        finished(run)


def test_the_namespace_is_deleted(kubernetes_stack: KubernetesStack, project: Path) -> None:
    """Whoever waits is told; what was recorded is still there."""
    with kubernetes_stack.elsewhere() as stack:
        run = submitted(stack, project)
        stack.cluster.kubectl("delete", "namespace", stack.namespace, "--wait=false")
        until(lambda: run.stack.adapter("orchestrator").problem(_reference(run)), "word of it")
        assert run.refresh()["first"].output.load() == 1


def test_quota_that_leaves_no_room(kubernetes_stack: KubernetesStack, project: Path) -> None:
    with kubernetes_stack.elsewhere() as stack:
        quota = {
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"},
            "spec": {"hard": {"count/jobs.batch": "1"}},
        }  # fmt: skip
        stack.kubectl("apply", "-f", "-", document=quota)
        with pytest.raises(RunFailedError, match="exceeded quota"):
            load_pipeline(project, "chain").run(manifest=stack.manifest(), seconds=0.0)


def _reference(run: Run) -> Any:
    from fairlead.ports.orchestrator import RunReference
    from fairlead.runtime.session import run_uri

    return RunReference(run_uri(run.stack.objects, run.id), "sha256:" + "0" * 64)


def test_a_run_whose_runner_is_gone_is_resumed(
    kubernetes_stack: KubernetesStack, project: Path
) -> None:
    """A person deletes the runner's job, and its steps' with it; resuming keeps what succeeded."""
    from fairlead.readback.ending import resume_run
    from fairlead.runner.events import ignore

    run = submitted(kubernetes_stack, project)
    chosen = pods(kubernetes_stack, run, "runner")
    kubernetes_stack.kubectl("delete", "job", "-l", chosen, "--cascade=foreground")
    told = run.stack.adapter("orchestrator").problem(_reference(run))
    assert "its job is gone" in told
    resume_run(run, ignore)
    finished(run.refresh(), middle=2)


def test_a_runner_that_cannot_start_is_told_of(
    kubernetes_stack: KubernetesStack, project: Path
) -> None:
    from dataclasses import replace

    nothing = "localhost/nothing@sha256:" + "0" * 64
    never = {"image": nothing, "pods": _never(kubernetes_stack)}
    stack = replace(kubernetes_stack, extra=never)
    with pytest.raises(BackendError, match=r"(?s)nobody walks run.*ErrImageNeverPull.*resume"):
        load_pipeline(project, "chain").run(manifest=stack.manifest())


def _never(stack: KubernetesStack) -> dict[str, Any]:
    pods: dict[str, Any] = stack.manifest().components["orchestrator"]["pods"]
    return {**pods, "pull_policy": "Never"}
