"""Kubernetes: what pods are, may do and ask for."""

from __future__ import annotations

from policy_cases.builder import UNKNOWN, Ref, change, res, vary
from policy_cases.kubernetes import NAMESPACE, SAFE, binding, context, pod, pods

OF_POD = {"runAsNonRoot": True, "seccompProfile": {"type": "Localhost"}}
DROPPING = SAFE | {
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
}
vary(
    "K8S-POD-03",
    pod(SAFE),
    bad=[
        *pods(context(runAsNonRoot=False)),
        pod(context(capabilities=None)),
        pod(context(capabilities={"drop": ["NET_RAW"]})),
        pod(context(seccompProfile={"type": "Unconfined"})),
        pod(DROPPING),
        pod(SAFE, initContainers=[{"image": "x"}]),
        pod(context(runAsNonRoot=False), securityContext=OF_POD),  # the container's goes first
    ],
    good=[*pods(SAFE), pod(DROPPING, securityContext=OF_POD)],
    unknown=[pod(context(runAsNonRoot=UNKNOWN)), pod(DROPPING, securityContext=UNKNOWN)],
)


def asking(resources: object):
    return SAFE | {"resources": resources}


MEMORY = {"memory": "1Gi"}
vary(
    "K8S-POD-06",
    pod(SAFE),
    bad=[
        *pods(asking(None)),
        pod(asking({"requests": {"cpu": "1"} | MEMORY})),
        pod(asking({"limits": MEMORY})),
        pod(SAFE, initContainers=[asking({})]),
    ],
    good=[
        pod(asking({"limits": {"cpu": "1"} | MEMORY})),
        pod(asking(UNKNOWN)),
        pod(SAFE, ephemeralContainers=[asking(None)]),
    ],
)
ELSEWHERE = {"kind": "ServiceAccount", "name": "step", "namespace": "elsewhere"}
OWN = res(
    binding()[0].type,
    {
        "metadata": {"namespace": Ref("ns")},
        "roleRef": {"name": "step"},
        "subjects": [{"kind": "ServiceAccount", "name": "step", "namespace": Ref("ns")}],
    },
)
vary(
    "K8S-RBAC-04",
    binding(),
    bad=[
        binding(subject=ELSEWHERE),
        binding(subject={"kind": "ServiceAccount", "name": "step"}),
    ],
    good=[[OWN, NAMESPACE], binding(subject={"kind": "Group", "name": "acme:ml"})],
    unknown=[
        binding(subject=ELSEWHERE | {"namespace": UNKNOWN}),
        {"metadata.namespace": UNKNOWN},
        {"subjects": [UNKNOWN]},
    ],
)
vary(
    "K8S-RBAC-04",
    binding(),
    settings={"allowed_namespaces": ["else*"]},
    good=[binding(subject=ELSEWHERE)],
)
AWS, GCP, AZURE = (
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
)
ROLE = "arn:aws:iam::111111111111:role/step"


def annotated(**annotations: object):
    return {"metadata": {"annotations": annotations}}


ACCOUNT = res("kubernetes:core/v1:ServiceAccount", {"automountServiceAccountToken": False}, "sa")
MOUNTED = "automountServiceAccountToken"
vary(
    "K8S-SA-01",
    ACCOUNT,
    bad=[
        {MOUNTED: None},
        {MOUNTED: True},
        annotated(**{AWS: ROLE, AZURE: "00000000-0000-0000-0000-000000000000"}),
    ],
    good=[annotated(**{AWS: ROLE}), annotated(**{GCP: UNKNOWN})],
    unknown=[MOUNTED, "metadata"],
)
vary(
    "K8S-SA-01",
    change(ACCOUNT, MOUNTED, None),
    settings={"api_service_accounts": ["*::sa"]},
    good=[{MOUNTED: True}],
)
vary(
    "K8S-SA-01",
    ACCOUNT,
    settings={
        "environment": "prod",
        "environments": {
            "prod": {"aws_accounts": ["111111111111"], "gcp_projects": ["acme"]},
            "dev": {"aws_accounts": ["222222222222"]},
        },
    },
    bad=[
        annotated(**{AWS: ROLE.replace("1", "2")}),
        annotated(**{GCP: "step@acme-dev.iam.gserviceaccount.com"}),
    ],
    good=[
        annotated(**{AWS: ROLE}),
        annotated(**{GCP: "step@acme.iam.gserviceaccount.com"}),
        annotated(**{AZURE: "00000000-0000-0000-0000-000000000000"}),
    ],
    unknown=[annotated(**{AWS: UNKNOWN})],
)
