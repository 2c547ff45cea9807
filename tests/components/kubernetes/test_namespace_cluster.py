"""A namespace is restricted, closed and bounded; an existing one is left as it is."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from fairlead.adapters.kubernetes_ranks import DISTRIBUTED
from fairlead.errors import ConfigError
from fairlead_components.config import read_config
from fairlead_components.stack import build

IMAGE = f"registry.example.org/versitygw@sha256:{'0' * 64}"


def test_the_namespace_is_restricted_closed_and_bounded(declared: Any) -> None:
    objects = declared.objects
    labels = objects["cluster"]["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
        assert labels[f"pod-security.kubernetes.io/{mode}-version"].startswith("v1.")
    deny = objects["cluster-default-deny"]["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    policies = {k: v["spec"] for k, v in objects.items() if v["kind"] == "NetworkPolicy"}
    outside = {
        name: block["cidr"]
        for name, spec in policies.items()
        for rule in spec.get("egress", ())
        for target in rule["to"]
        if (block := target.get("ipBlock"))
    }
    assert outside == {
        "cluster-allow-data": "10.0.0.0/8",
        "cluster-allow-api-server": "0.0.0.0/0",
    }
    only = policies["cluster-allow-api-server"]["podSelector"]["matchExpressions"]
    assert only == [{"key": "fairlead-function", "operator": "In", "values": ["runner"]}]
    answers = {
        name: (spec["podSelector"], spec["ingress"])
        for name, spec in policies.items()
        if "ingress" in spec and name.startswith("cluster-")
    }
    but, _ = answers.pop("cluster-allow-callers")
    assert "step" in but["matchExpressions"][0]["values"], "a step answers nobody"
    ranks = {"matchLabels": {DISTRIBUTED: "true"}}
    assert answers == {"cluster-allow-ranks": (ranks, [{"from": [{"podSelector": ranks}]}])}
    hard = objects["cluster-quota"]["spec"]["hard"]
    assert hard["services.nodeports"] == hard["services.loadbalancers"] == "0"
    assert hard["requests.nvidia.com/gpu"] == "2"


def test_destinations_are_networks_with_ports(values: Any) -> None:
    wrong = {"artifact_store": {"image": "x"}, "cluster": {"egress": {"data": ["10.0.0.0"]}}}
    with pytest.raises(ConfigError, match=r"cluster.egress.data: '10.0.0.0' must be a network"):
        read_config(values(wrong), "x")


def test_without_a_context_nothing_is_declared_in_any_cluster(record: Any, values: Any) -> None:
    def program() -> None:
        with pytest.raises(pulumi.RunError, match="kubernetes:context is not configured"):
            build(read_config(values({"artifact_store": {"image": IMAGE}, "cluster": {}}), "x"))

    _, recorder = record(program)
    assert not [name for name in recorder.requests if "NetworkPolicy" in name]


def test_an_existing_namespace_is_adopted_as_it_is(record: Any, values: Any) -> None:
    components = {"artifact_store": {"image": IMAGE}, "cluster": {"existing": {"name": "theirs"}}}
    manifest, recorder = record(
        lambda: build(read_config(values(components), "x")), config={"kubernetes:context": "there"}
    )
    assert manifest["components"]["artifact_store"]["namespace"] == "theirs"
    made = "\n".join(recorder.requests)
    assert "core/v1:Namespace" not in made
    assert "NetworkPolicy" not in made
