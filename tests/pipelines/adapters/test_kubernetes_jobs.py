"""What is asked for compiles to the Jobs in ``golden/``; FAIRLEAD_GOLDEN=1 writes them anew."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fairlead.adapters.kubernetes_jobs import Owner, runner_job, step_job
from fairlead.adapters.kubernetes_pods import read
from fairlead.adapters.kubernetes_ranks import Ranks, service
from fairlead.adapters.kubernetes_surroundings import Surroundings, surroundings
from fairlead.contracts.manifest import StackManifest
from fairlead.contracts.orchestrator import KubernetesOrchestratorContract
from fairlead.contracts.pods import Pods
from fairlead.contracts.step_operator import KubernetesStepOperatorContract
from fairlead.graph import Distributed, Resources, Retries, StepOptions
from fairlead.ports.attempt import Attempt, AttemptStatus
from fairlead.ports.orchestrator import RunReference

GOLDEN = Path(__file__).parent / "golden"
RUN = "01KAEW8J00ABCDEFGHJKMNPQRS"
URI = f"s3://ml/prod/runs/20251119/{RUN}"
DIGEST = "sha256:" + "1" * 64
IMAGE = "registry.example/fairlead@sha256:" + "2" * 64

STACK = StackManifest.build(
    "k8s",
    "kubernetes",
    {
        "artifact_store": {
            "flavor": "versitygw", "url": "s3://ml/prod", "region": "us-east-1",
            "endpoint_url": "http://store:7070", "namespace": "ml", "service": "store",
            "port": 7070, "credentials_secrets": {"step": "store-step", "runner": "store-runner"},
        },
        "secret_store": {"flavor": "kubernetes", "namespace": "ml", "prefix": "k8s-"},
        "experiment_tracker": {
            "flavor": "mlflow_server", "tracking_uri": "http://mlflow",
            "credentials_secrets": {"step": "mlflow-step"},
        },
    },
)  # fmt: skip
PODS: dict[str, Any] = {
    "namespace": "ml", "node_selector": {"pool": "steps"}, "image_pull_secrets": ("pull",),
    "tolerations": ({"key": "steps", "value": "yes", "operator": "Equal"},),
    "labels": {"team": "vision"}, "environment": {"OMP_NUM_THREADS": "1"},
    "environment_secrets": ("proxy",),
}  # fmt: skip
OPERATOR = KubernetesStepOperatorContract(pods=Pods(service_account="step", **PODS), image=IMAGE)
ORCHESTRATOR = KubernetesOrchestratorContract(
    pods=Pods(service_account="runner", **PODS), image=IMAGE
)


def attempt(**options: Any) -> Attempt:
    labels = {"fairlead/run": RUN, "fairlead/pipeline": "training", "fairlead/step": "eval/score"}
    return Attempt(URI, DIGEST, "eval/score", 2, StepOptions(**options), None, labels)


def around(identity: str = "step") -> Surroundings:
    return surroundings(OPERATOR.pods, STACK, identity)


CASES = {
    "plain": lambda: step_job(attempt(), RUN, OPERATOR, around()),
    "everything": lambda: step_job(
        attempt(
            resources=Resources(cpu=2.5, memory="8Gi", gpu=2, disk="20Gi"),
            retries=Retries(count=3, delay=5),
            timeout=90.0,
            secrets=("hub", "db"),
            environment={"FLAVOR": "vanilla"},
            settings={
                "kubernetes": {
                    "node_selector": {"gpu": "a100"},
                    "tolerations": [{"key": "gpu", "operator": "Exists"}],
                    "volumes": [{"claim": "images", "path": "/data", "read_only": True}],
                    "service_account": "trainer",
                    "priority_class": "high",
                    "labels": {"cost-centre": "42"},
                }
            },
        ),
        RUN,
        OPERATOR,
        around(),
        Owner("the-runner", "0f1e2d3c"),
    ),
    "distributed": lambda: step_job(
        attempt(distributed=Distributed(nodes=3, kind="torchrun"), secrets=("hub",)),
        RUN,
        OPERATOR,
        around(),
        Owner("the-runner", "0f1e2d3c"),
    ),
    "runner": lambda: runner_job(RunReference(URI, DIGEST), RUN, ORCHESTRATOR, around("runner"), 2),
}


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str) -> None:
    path = GOLDEN / f"kubernetes_{case}.json"
    text = json.dumps(CASES[case](), indent=1) + "\n"
    if os.environ.get("FAIRLEAD_GOLDEN"):
        path.write_text(text)
    assert json.loads(text) == json.loads(path.read_text()), "FAIRLEAD_GOLDEN=1 writes it anew"


@pytest.mark.parametrize("case", CASES)
def test_every_pod_obeys_the_restricted_standard(case: str) -> None:
    pod = CASES[case]()["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    assert {"emptyDir", "secret", "projected", "persistentVolumeClaim"} >= {
        key for volume in pod["volumes"] for key in volume if key != "name"
    }


def test_a_step_has_no_token_and_only_the_secrets_that_it_names() -> None:
    pod = step_job(attempt(secrets=("hub",)), RUN, OPERATOR, around())["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    (secrets,) = [v["projected"]["sources"] for v in pod["volumes"] if v["name"] == "secrets"]
    assert [source["secret"]["name"] for source in secrets] == ["k8s-hub"]
    mounted = [v["secret"]["secretName"] for v in pod["volumes"] if "secret" in v]
    assert mounted == ["store-step"]


def test_a_type_of_accelerator_is_a_choice_of_nodes() -> None:
    from fairlead.adapters.kubernetes.kubernetes_step_operator import KubernetesStepOperator

    nodes = {"a100": {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}}
    operator = OPERATOR.model_copy(update={"gpu_types": nodes})
    asked = attempt(resources=Resources(gpu=1, gpu_type="a100"))
    pod = step_job(asked, RUN, operator, around())["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"pool": "steps", **nodes["a100"]}
    adapter = KubernetesStepOperator(operator)
    assert adapter.capabilities.missing(asked.options) == []
    assert adapter.refuses(asked.options) is None
    other = attempt(resources=Resources(gpu=1, gpu_type="h100")).options
    assert "knows a100. Say which nodes" in (adapter.refuses(other) or "")


def test_ten_thousand_steps_compile_in_seconds() -> None:
    import time

    begun = time.process_time()
    here = around()
    for _ in range(10_000):
        step_job(attempt(), RUN, OPERATOR, here)
    assert time.process_time() - begun < 5


def test_the_service_of_ranks_goes_with_their_job() -> None:
    job = CASES["distributed"]()
    made = service(job, "4a5b")
    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["name"], owner["uid"]) == (job["metadata"]["name"], "4a5b")
    assert made["metadata"]["name"] == job["spec"]["template"]["spec"]["subdomain"]
    assert made["spec"]["clusterIP"] == "None"
    assert made["spec"]["publishNotReadyAddresses"] is True
    command = job["spec"]["template"]["spec"]["containers"][0]["command"]
    head, _, port = command[command.index("--head") + 1].partition(":")
    assert head == f"{job['metadata']['name']}-0.{made['metadata']['name']}"
    assert int(port) == made["spec"]["ports"][0]["port"]


def rank(number: int, phase: str, code: int | None = None) -> dict[str, Any]:
    """Return a rank's pod as the API server gives it."""
    index = "batch.kubernetes.io/job-completion-index"
    found: dict[str, Any] = {
        "metadata": {"name": f"pod-{number}", "labels": {index: str(number)}},
        "spec": {"nodeName": "node-1", "containers": [{}]},
        "status": {"phase": phase},
    }
    if code is not None:
        message = '{"reason": "a fault", "log_tail": "bye"}' if code else ""
        state = {"terminated": {"exitCode": code, "message": message}}
        found["status"]["containerStatuses"] = [{"state": state}]
    return found


def test_an_attempt_runs_when_all_ranks_do_and_ends_when_one_fails() -> None:
    ranks = Ranks(3)

    def hear(pod: dict[str, Any]) -> Any:
        return ranks.hear(pod, read(pod)).report

    assert hear(rank(1, "Running")).status is AttemptStatus.PENDING
    assert hear(rank(0, "Running")).status is AttemptStatus.PENDING
    assert hear(rank(2, "Pending")).status is AttemptStatus.PENDING
    assert ranks.waiting() == [2]
    assert hear(rank(2, "Running")).status is AttemptStatus.RUNNING
    assert not ranks.missing({"pod-0", "pod-1", "pod-2"})
    assert ranks.missing({"pod-0", "pod-1"})
    assert hear(rank(1, "Succeeded", 0)).status is AttemptStatus.RUNNING
    assert not ranks.missing({"pod-0", "pod-2"})
    failed = hear(rank(2, "Failed", 139))
    assert failed.status is AttemptStatus.ENDED
    assert (failed.reason, failed.log_tail) == ("rank 2 of 3: a fault", "bye")
    assert hear(rank(0, "Succeeded", 0)).reason is None


def test_a_deleted_rank_is_named_though_others_end_before_it() -> None:
    """The job's controller deletes the other pods as soon as one is marked."""
    ranks = Ranks(3)
    for number in range(3):
        ranks.hear(rank(number, "Running"), read(rank(number, "Running")))
    for number in (2, 0, 1):
        leaving = rank(number, "Running")
        leaving["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
        assert ranks.hear(leaving, read(leaving)).report.status is AttemptStatus.RUNNING
    killed = rank(1, "Failed", 137)
    killed["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
    assert (ranks.hear(killed, read(killed)).report.reason or "").startswith(
        "rank 2 of 3: the pod was deleted"
    )


def test_pods_of_one_node_would_share_its_ports() -> None:
    from fairlead.adapters.kubernetes.kubernetes_step_operator import KubernetesStepOperator

    pods = Pods(service_account="step", **PODS, host_network=True)
    operator = KubernetesStepOperator(KubernetesStepOperatorContract(pods=pods, image=IMAGE))
    asked = StepOptions(distributed=Distributed(nodes=2, kind="dask"))
    assert "host_network" in (operator.refuses(asked) or "")
    assert operator.refuses(StepOptions()) is None
