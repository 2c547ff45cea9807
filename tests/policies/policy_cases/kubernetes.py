"""Kubernetes."""

from __future__ import annotations

from policy_cases.builder import UNKNOWN, Ref, res, vary

VPC_ONLY = {"isolation": "vpc"}
PROD = {"environment": "prod"}
LABEL = "pod-security.kubernetes.io/enforce"
NAMESPACE = res(
    "kubernetes:core/v1:Namespace", {"metadata": {"labels": {LABEL: "restricted"}}}, "ns"
)


def labelled(**metadata: object):
    return [res("kubernetes:core/v1:Namespace", {"metadata": metadata}, "ns")]


vary(
    "K8S-NS-01",
    NAMESPACE,
    bad=[labelled(), labelled(labels={LABEL: "baseline"}), labelled(labels={LABEL: "privileged"})],
    unknown=[
        {"metadata": UNKNOWN},
        {"metadata.labels": UNKNOWN},
        labelled(labels={LABEL: UNKNOWN}),
    ],
    none=[labelled(name="kube-system")],
)
vary(
    "K8S-NS-01",
    NAMESPACE,
    settings={"pod_security": "baseline"},
    good=[labelled(labels={LABEL: "baseline"})],
)
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
BOTH = ["Ingress", "Egress"]


def policy(spec: object, namespace: object = None):
    return res(POLICY, {"metadata": {"namespace": namespace or Ref("ns")}, "spec": spec}, "np")


DENY = policy({"podSelector": {}, "policyTypes": BOTH})
vary(
    "K8S-NP-01",
    [DENY, NAMESPACE],
    bad=[
        [NAMESPACE],
        [policy({"podSelector": {}, "policyTypes": ["Ingress"]}), NAMESPACE],
        [policy({"podSelector": {"matchLabels": {"a": "b"}}, "policyTypes": BOTH}), NAMESPACE],
        [policy({"podSelector": {}, "policyTypes": BOTH, "egress": [{}]}), NAMESPACE],
        [policy({"podSelector": {}, "policyTypes": BOTH}, "ns"), NAMESPACE],  # by name alone
    ],
    unknown=[[policy(UNKNOWN), NAMESPACE]],
    none=[labelled(name="kube-system")],
)


def egress(*rules: object):
    return [policy({"podSelector": {}, "policyTypes": ["Egress"], "egress": list(rules)})]


vary(
    "K8S-NP-02",
    egress({"to": [{"ipBlock": {"cidr": "10.0.0.0/16"}}]}),
    settings=VPC_ONLY,
    bad=[
        egress({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}),
        egress({"to": [{"ipBlock": {"cidr": "::/0"}}]}),
        egress({"ports": [{"port": 443}]}),
    ],
    good=[egress({"to": [{"namespaceSelector": {}}]}), egress()],
    unknown=[egress({"to": UNKNOWN}), egress({"to": [{"ipBlock": {"cidr": UNKNOWN}}]})],
)
RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"


def binding(role: object = "step", kind: str = "RoleBinding", subject: object = None):
    subject = subject or {"kind": "ServiceAccount", "name": "step", "namespace": "ml"}
    metadata = {"namespace": "ml"} if kind == "RoleBinding" else {}
    props = {"metadata": metadata, "roleRef": {"name": role}, "subjects": [subject]}
    return [res(f"{RBAC}{kind}", props)]


CLUSTER = "ClusterRoleBinding"
vary(
    "K8S-RBAC-01",
    binding(),
    bad=[
        binding("cluster-admin"),
        binding("cluster-admin", CLUSTER),
        binding("admin", CLUSTER),
        binding("edit", CLUSTER),
    ],
    good=[binding("edit"), binding("view", CLUSTER)],
    unknown=[binding(UNKNOWN)],
)


def rules(*entries: dict, kind: str = "Role"):
    return [res(f"{RBAC}{kind}", {"rules": list(entries)})]


PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "create"]}
vary(
    "K8S-RBAC-02",
    rules(PODS),
    bad=[
        rules(PODS | {"verbs": ["*"]}),
        rules(PODS | {"resources": ["*"]}),
        rules(PODS | {"apiGroups": ["*"]}),
        rules(PODS, PODS | {"verbs": ["escalate"]}),
        rules(PODS | {"resources": ["secrets"]}, kind="ClusterRole"),
        rules(PODS | {"resources": ["pods/exec"]}, kind="ClusterRole"),
    ],
    good=[rules(PODS | {"resources": ["secrets"]}), rules(PODS, kind="ClusterRole")],
    unknown=[rules(PODS | {"verbs": UNKNOWN}), rules(PODS | {"verbs": [UNKNOWN]})],
)
vary(
    "K8S-RBAC-03",
    binding(),
    bad=[
        binding(subject={"kind": "Group", "name": "system:unauthenticated"}),
        binding(kind=CLUSTER, subject={"kind": "Group", "name": "system:authenticated"}),
        binding(subject={"kind": "User", "name": "system:anonymous"}),
        binding(subject={"kind": "ServiceAccount", "name": "default"}),
    ],
    good=[binding(subject={"kind": "User", "name": "default"})],
    unknown=[binding(subject={"kind": "User", "name": UNKNOWN})],
)
DIGEST = "@sha256:" + "0" * 64
SAFE = {
    "image": f"ghcr.io/acme/step{DIGEST}",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "resources": {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}},
}


def pods(container: dict, **spec: object):
    """Return a program for each type that runs pods."""
    inner = {"containers": [container], **spec}
    template = {"spec": {"template": {"spec": inner}}}
    for kind in ("apps/v1:Deployment", "apps/v1:StatefulSet", "apps/v1:DaemonSet", "batch/v1:Job"):
        yield [res(f"kubernetes:{kind}", template)]
    yield [res("kubernetes:batch/v1:CronJob", {"spec": {"jobTemplate": template}})]
    yield [res("kubernetes:core/v1:Pod", {"spec": inner})]


def pod(container: object, **spec: object):
    return [res("kubernetes:core/v1:Pod", {"spec": {"containers": [container], **spec}})]


def context(**values: object):
    return SAFE | {"securityContext": SAFE["securityContext"] | values}


vary(
    "K8S-POD-01",
    pod(SAFE),
    bad=[
        *pods(context(privileged=True)),
        pod(SAFE, initContainers=[context(privileged=True)]),
        pod(SAFE, ephemeralContainers=[context(privileged=True)]),
        pod({"image": "x"}),
        pod(context(allowPrivilegeEscalation=True)),
    ],
    good=[*pods(SAFE), pod(context(privileged=False))],
    unknown=[pod(SAFE | {"securityContext": UNKNOWN}), pod(UNKNOWN)],
)
vary(
    "K8S-POD-02",
    pod(SAFE),
    bad=[
        *pods(SAFE, hostNetwork=True),
        pod(SAFE, hostPID=True),
        pod(SAFE, hostIPC=True),
        pod(SAFE, volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
    ],
    good=[pod(SAFE, volumes=[{"name": "v", "emptyDir": {}}], hostNetwork=False)],
    unknown=[pod(SAFE, hostNetwork=UNKNOWN), pod(SAFE, volumes=[UNKNOWN])],
)
vary(
    "K8S-POD-04",
    pod(SAFE),
    settings=PROD | {"allowed_registries": ["ghcr.io/acme"]},
    bad=[
        *pods(SAFE | {"image": "ghcr.io/acme/step:latest"}),
        pod(SAFE | {"image": "ghcr.io/acme/step:1.2"}),
        pod(SAFE | {"image": f"ghcr.io/acme-evil/step{DIGEST}"}),
        pod(SAFE | {"image": f"busybox{DIGEST}"}),
    ],
    unknown=[pod(SAFE | {"image": UNKNOWN})],
)
vary(
    "K8S-POD-04",
    pod(SAFE),
    bad=[pod(SAFE | {"image": "busybox"}), pod(SAFE | {"image": "localhost:5000/x"})],
    good=[pod(SAFE | {"image": "localhost:5000/x:1"})],
)


def env(name: str, **value: object):
    return SAFE | {"env": [{"name": name, **value}]}


SECRET = {"secretKeyRef": {"name": "db", "key": "password"}}
vary(
    "K8S-POD-05",
    pod(env("LEVEL", value="debug")),
    bad=[*pods(env("DB_PASSWORD", value="hunter2")), pod(env("API_KEY", value="hunter2"))],
    good=[pod(env("DB_PASSWORD", valueFrom=SECRET)), pod(SAFE)],
    unknown=[pod(env("TOKEN", value=UNKNOWN))],
)
NOTE = "service.beta.kubernetes.io/aws-load-balancer-scheme"


def service(annotations: object = None, **spec: object):
    props = {
        "metadata": {"annotations": annotations or {}},
        "spec": {"type": "LoadBalancer", **spec},
    }
    return [res("kubernetes:core/v1:Service", props)]


vary(
    "K8S-SVC-01",
    service({NOTE: "internal"}),
    bad=[
        service(),
        service({NOTE: "internet-facing"}),
        service(loadBalancerSourceRanges=["0.0.0.0/0"]),
    ],
    good=[
        service({"networking.gke.io/load-balancer-type": "Internal"}),
        service({"service.beta.kubernetes.io/azure-load-balancer-internal": "true"}),
        service(loadBalancerSourceRanges=["203.0.113.0/24"]),
    ],
    unknown=[service(UNKNOWN), service({NOTE: UNKNOWN}), service(type=UNKNOWN)],
    none=[service(type="ClusterIP")],
)
vary(
    "K8S-SVC-01",
    service({NOTE: "internal"}),
    settings=VPC_ONLY,
    bad=[service(loadBalancerSourceRanges=["203.0.113.0/24"])],
)
INGRESS = res("kubernetes:networking.k8s.io/v1:Ingress", {"spec": {"tls": [{"secretName": "tls"}]}})
ALB = "alb.ingress.kubernetes.io/"
vary(
    "K8S-ING-01",
    INGRESS,
    bad=[
        {"spec.tls": None},
        {"spec.tls": [], "metadata.annotations": {f"{ALB}certificate-arn": "c"}},
    ],
    good=[
        {
            "spec.tls": None,
            "metadata.annotations": {f"{ALB}certificate-arn": "c", f"{ALB}ssl-redirect": "443"},
        }
    ],
    unknown=["spec.tls", {"spec.tls": None, "metadata.annotations": UNKNOWN}],
)
RELEASE = res(
    "kubernetes:helm.sh/v3:Release",
    {
        "chart": "kserve",
        "version": "0.15.2",
        "repositoryOpts": {"repo": "https://charts.acme.org"},
        "values": {"auth": {"existingSecret": "admin"}},
    },
)
vary(
    "K8S-HELM-01",
    RELEASE,
    bad=[
        {"version": None},
        {"version": "~1.2"},
        {"version": "1.x"},
        {"repositoryOpts.repo": "http://charts.acme.org"},
        {"plainHttp": True},
        [
            res(
                "kubernetes:helm.sh/v4:Chart",
                {"chart": "http://acme.org/c.tgz", "version": "1.0.0"},
            )
        ],
    ],
    good=[
        [
            res(
                "kubernetes:helm.sh/v4:Chart",
                {"chart": "oci://acme.org/c", "version": "v1.0.0-rc.1"},
            )
        ],
        {"repositoryOpts": None, "chart": "./charts/own"},
    ],
    unknown=["version", "repositoryOpts.repo"],
)


def chart(name: str, values: object):
    return [res(RELEASE.type, {"chart": name, "values": values})]


vary(
    "K8S-HELM-02",
    RELEASE,
    bad=[
        {"values": {"auth": {"adminPassword": "hunter2"}}},
        {"values": {"users": [{"token": "hunter2"}]}},
        {"values": {"env": [{"name": "DB_PASSWORD", "value": "hunter2"}]}},
        chart("airflow", {}),
        chart("airflow", {"webserver": {"defaultUser": {"password": "admin"}}}),
        chart("community/mlflow", {"auth": {"enabled": False}}),
    ],
    good=[
        {"values": {"env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"key": "token"}}}]}},
        {
            "values": {
                "secretName": "tls",
                "existingSecretPasswordKey": "password",
                "x": {"token": ""},
            }
        },
        {"values": None},
        chart("airflow", {"webserver": {"defaultUser": {"enabled": False}}}),
        chart("mlflow", {"auth": {"enabled": True}}),
    ],
    unknown=["values", {"values": {"password": UNKNOWN}}],
)
