"""Scale on Kubernetes: what a runner asks of the API server, and how much memory it takes.

What a step costs before its own code, as its container runs it, needs no cluster: it is measured
against an S3 server, which a stack in a cluster has.

For the runner: a real API server, Job controller and scheduler; pods that no node takes, which a
test controller completes as a kubelet would. Needs a cluster: ``make cluster-up``, and its
KUBECONFIG.

Targets: at most 6 calls a step with 500 steps, 50 at once; at most 200 MB; 10,000 steps compile in
seconds; a step's start takes at most 1.5 s of CPU.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fairlead import pipeline, step
from fairlead.binding import bind
from fairlead.contracts.manifest import StackManifest
from fairlead.store.records import AttemptEnd, Claim, Outcome

STEPS, AT_ONCE, GRAPH = 500, 50, 10_000
CALLS, MEGABYTES, COMPILE_SECONDS, START_SECONDS = 6.0, 200.0, 15.0, 1.5

WALK = """
import json, resource, sys
from fairlead.ports.orchestrator import RunReference
from fairlead.runner.events import ignore
from fairlead.runner.operators import Operators
from fairlead.runner.start import walk_run
from fairlead.runtime.session import Session

uri, digest = sys.argv[1:]
session = Session.open(uri, digest)
operators = Operators(session.stack)
end = walk_run(session, RunReference(uri, digest), operators, ignore)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "state": end.state, "calls": operators(None).cluster.calls, "megabytes": used.ru_maxrss / 1024,
    "cpu": used.ru_utime + used.ru_stime,
}))
"""


@step(cache=False)
def nothing(index: int) -> None:
    """Do nothing."""


@pipeline
def wide(steps: int) -> None:
    """Run steps beside each other."""
    for index in range(steps):
        nothing.named(f"nothing_{index}")(index)


def manifest(folder: Path, namespace: str) -> StackManifest:
    """Return a stack whose steps' pods no node takes."""
    pods = {"namespace": namespace, "service_account": "default", "node_selector": {"no": "node"}}
    components = {
        "artifact_store": {"flavor": "local", "url": (folder / "store").as_uri()},
        "orchestrator": {
            "flavor": "kubernetes", "pods": pods, "image": "localhost/nothing:1",
            "parallelism": AT_ONCE,
        },
        "step_operators": {
            "default": {"flavor": "kubernetes", "pods": pods, "image": "localhost/nothing:1"}
        },
    }  # fmt: skip
    return StackManifest.build("bench", "kubernetes", components)


def complete(core: Any, namespace: str, objects: Any, layout: Any, stop: threading.Event) -> None:
    """Do what the kubelet and a step's process would: record an end, and report success."""
    from kubernetes import watch

    done: set[str] = set()
    while not stop.is_set():
        made: Any = watch.Watch
        watching = made()
        for event in watching.stream(
            core.list_namespaced_pod, namespace, timeout_seconds=2, _request_timeout=10
        ):
            pod = event["object"]
            name = pod.metadata.name
            if name in done or event["type"] == "DELETED":
                continue
            done.add(name)
            node = pod.metadata.annotations["fairlead/step"]
            number = int(pod.metadata.labels["fairlead/attempt"])
            claim = Claim(host="bench", pid=1)
            objects.put_new(layout.claim(node, number), claim.to_bytes())
            end = AttemptEnd(outcome=Outcome.SUCCEEDED)
            objects.put_new(layout.attempt_end(node, number), end.to_bytes())
            state = {"terminated": {"exitCode": 0, "reason": "Completed"}}
            container = {
                "name": "step", "ready": False, "restartCount": 0, "image": "nothing",
                "imageID": "", "state": state,
            }  # fmt: skip
            status = {"phase": "Succeeded", "containerStatuses": [container]}
            core.patch_namespaced_pod_status(name, namespace, {"status": status})


def run(core: Any, folder: Path, namespace: str) -> dict[str, Any]:
    """Walk a run of no-op steps in a process of its own, and return what it took."""
    from fairlead.project import find_project
    from fairlead.runner.submit import record_run
    from fairlead.tracing import trace_pipeline

    stack = bind(manifest=manifest(folder, namespace))
    project = find_project(Path(__file__))
    traced = trace_pipeline(wide, {"steps": STEPS}, root=project.root)
    session, reference = record_run(
        traced, traced.graph, stack, project, tags={}, in_process=False, cache=False
    )
    stop = threading.Event()
    arguments = (core, namespace, stack.objects, session.layout, stop)
    controller = threading.Thread(target=complete, args=arguments, daemon=True)
    controller.start()
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", WALK, reference.run_uri, reference.run_digest],
        capture_output=True,
        text=True,
        check=False,
    )
    stop.set()
    controller.join(30)
    if done.returncode:
        sys.exit(done.stderr)
    return {**json.loads(done.stdout), "seconds": time.monotonic() - begun}


@contextmanager
def s3_server(folder: Path) -> Iterator[Path | None]:
    """Run versitygw and name it in the environment; None where it has not been built."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tools import servers

    program = servers.find("versitygw")
    if program is None:
        yield None
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    data = folder / "s3" / "steps"
    data.mkdir(parents=True)
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": secrets.token_hex(16)}
    access = ["--access", "bench", "--secret", keys["AWS_SECRET_ACCESS_KEY"], "--quiet"]
    server = subprocess.Popen(
        [program, *access, "--port", f"127.0.0.1:{port}", "posix", data.parent],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.environ |= {**keys, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    try:
        yield data
    finally:
        server.terminate()
        server.wait()
        del os.environ["AWS_ENDPOINT_URL"]


def start_of_a_step(folder: Path) -> float | None:
    """Return the CPU seconds of a container's command with a step that does nothing.

    The least of five: what a busy machine adds is not the step's.
    """
    from fairlead.project import find_project
    from fairlead.runner.submit import record_run
    from fairlead.tracing import trace_pipeline

    with s3_server(folder) as data:
        if data is None:
            return None
        store = {"flavor": "s3", "url": "s3://steps/bench", "region": "us-east-1"}
        components = {"artifact_store": store, "orchestrator": {"flavor": "local"}}
        stack = bind(manifest=StackManifest.build("bench", "local", components))
        project = find_project(Path(__file__))
        rounds = 5
        traced = trace_pipeline(wide, {"steps": rounds}, root=project.root)
        session, reference = record_run(
            traced, traced.graph, stack, project, tags={}, in_process=False, cache=False
        )
        run = f"{reference.run_uri}@{reference.run_digest}"
        took = []
        for index in range(rounds):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            node = f"nothing_{index}"
            command = [sys.executable, "-m", "fairlead.runtime", run, node]
            subprocess.run([*command, "--supervise"], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            end = AttemptEnd.from_bytes(
                stack.objects.get(session.layout.attempt_end(node, 1)), node
            )
            assert end.outcome == Outcome.SUCCEEDED, end
    return min(took)


def compile_graph() -> tuple[float, int]:
    """Return the CPU seconds and bytes of a graph of many steps."""
    from fairlead.project import find_project
    from fairlead.tracing import trace_pipeline

    begun = time.process_time()
    root = find_project(Path(__file__)).root
    graph = trace_pipeline(wide, {"steps": GRAPH}, root=root).graph
    size = len(graph.model_dump_json())
    return time.process_time() - begun, size


def main() -> int:
    """Print figures beside their targets; fail where one is missed."""
    seconds, size = compile_graph()
    print(f"{GRAPH:,} steps traced and written: {seconds:.1f} s CPU (target {COMPILE_SECONDS:g})")
    print(f"  {size / 2**20:.1f} MiB; a Job names the run and holds none of it")
    missed = seconds > COMPILE_SECONDS
    with tempfile.TemporaryDirectory() as folder:
        start = start_of_a_step(Path(folder))
    if start is None:
        print("no versitygw: a step's start is skipped (`make servers` builds it)")
    else:
        print(f"a step's start, from its container's command: {start:.2f} s CPU", end=" ")
        print(f"(target {START_SECONDS:g})")
        missed |= start > START_SECONDS
    if not os.environ.get("KUBECONFIG"):
        print("no KUBECONFIG: the API server's part is skipped (`make cluster-up` starts one)")
        return int(missed)
    from kubernetes import client, config

    load: Any = config.load_kube_config
    load()
    core: Any = client.CoreV1Api()
    namespace = f"bench-{secrets.token_hex(4)}"
    core.create_namespace({"metadata": {"name": namespace}})
    try:
        with tempfile.TemporaryDirectory() as folder:
            took = run(core, Path(folder), namespace)
    finally:
        core.delete_namespace(namespace)
    calls = took["calls"] / STEPS
    print(f"{STEPS} steps, {AT_ONCE} at once, {took['state']} in {took['seconds']:.0f} s")
    print(f"  {calls:.2f} API calls a step (target {CALLS:g})")
    print(f"  runner: {took['megabytes']:.0f} MB (target {MEGABYTES:g}), {took['cpu']:.1f} s CPU")
    missed |= took["state"] != "succeeded" or calls > CALLS or took["megabytes"] > MEGABYTES
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
