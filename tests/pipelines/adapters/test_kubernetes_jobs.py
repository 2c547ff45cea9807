"""What is asked for compiles to the Jobs in ``golden/``; FAIRLEAD_GOLDEN=1 writes them anew."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fairlead.adapters.kubernetes_jobs import Owner, runner_job, step_job
from fairlead.adapters.kubernetes_surroundings import Surroundings, surroundings
from fairlead.contracts.manifest import StackManifest
from fairlead.contracts.orchestrator import KubernetesOrchestratorContract
from fairlead.contracts.pods import Pods
from fairlead.contracts.step_operator import KubernetesStepOperatorContract
from fairlead.graph import Resources, Retries, StepOptions
from fairlead.ports.attempt import Attempt
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


def test_ten_thousand_steps_compile_in_seconds() -> None:
    import time

    begun = time.process_time()
    here = around()
    for _ in range(10_000):
        step_job(attempt(), RUN, OPERATOR, here)
    assert time.process_time() - begun < 5
