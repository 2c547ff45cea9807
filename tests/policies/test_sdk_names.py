"""Types and properties that rules and cases name are those of the providers' own SDKs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import test_controls  # noqa: F401 - its imports fill the table
from engine_programs import _marked
from policy_cases.builder import CASES

from fairlead_components.rehearsal.sdk import Sdk, installed_sdks
from fairlead_components.rehearsal.validation import Validator
from fairlead_policies.rules import every_rule

pytestmark = pytest.mark.slow

#: What cases name on purpose although the current SDKs do not, and why.
NAMED_ANYWAY = {
    ("aws:rds/cluster:Cluster", "password"): "refused wherever it is written",
    ("aws:rds/cluster:Cluster", "passwordWo"): "the instance's name of it",
    ("aws:rds/cluster:Cluster", "replicateSourceDb"): "the instance's name of it",
    ("aws:rds/instance:Instance", "masterPassword"): "refused wherever it is written",
    ("azure-native:machinelearningservices:Compute", "properties.properties.sshSettings"): (
        "a compute instance's, which the first type of the union has not"
    ),
    (
        "azure-native:machinelearningservices:OnlineEndpoint",
        "onlineEndpointProperties",
    ): "version 2 of the SDK, in states",
    ("kubernetes:core/v1:Service", "location"): "shows that it is not looked at",
    ("kubernetes:helm.sh/v3:Release", "plainHttp"): "version 4 of the chart's",
}
#: Made up to stand for anything.
MADE_UP = {"x"}


@pytest.fixture(scope="module")
def sdks() -> dict[str, Sdk]:
    found = installed_sdks(Path(entry) for entry in sys.path if entry)
    assert set(found) >= {"aws", "gcp", "azure-native", "kubernetes"}, "install the SDKs"
    return found


def test_every_type_that_a_rule_looks_at_exists(sdks: dict[str, Sdk]) -> None:
    types = {one for rule in every_rule() for one in rule.types}
    looked_at = {one for one in types if "*" not in one and not one.startswith("pulumi:")}
    unknown = {one for one in looked_at if sdks[one.partition(":")[0]].resource(one) is None}
    assert len(looked_at) > 90
    assert not unknown


def test_every_property_of_a_case_exists(sdks: dict[str, Sdk]) -> None:
    unknown: set[tuple[str, str]] = set()
    for cases in CASES.values():
        for one in (resource for case in cases for resource in case.resources):
            sdk = sdks.get(one.type.partition(":")[0])
            kind = sdk.resource(one.type) if sdk is not None else None
            if kind is None or not kind.inputs:
                continue
            validator = Validator(kind.objects, bridged=kind.bridged)
            unknown |= {
                (one.type, at)
                for at, why in validator.fields(_marked(one.props), kind.inputs)
                if why.startswith("unknown property") and at.rpartition(".")[2] not in MADE_UP
            }
    assert unknown == set(NAMED_ANYWAY)
