"""Each component of a cloud works alone in anyone's Pulumi program, and holds to every control.

Those of AWS go through their whole life alone in `aws/`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from fairlead_components.engine.projects import find_project
from fairlead_components.rehearsal.cycle import rehearse
from fairlead_policies.evaluation import evaluate
from fairlead_policies.inventory import parse_inventory
from fairlead_policies.settings import parse_settings

pytestmark = [pytest.mark.engine, pytest.mark.slow]

AZURE = "/subscriptions/s/resourceGroups/ml/providers"
SUBNET = f"{AZURE}/Microsoft.Network/virtualNetworks/ml/subnets/endpoints"
KEYS = {
    "gcp": "projects/acme/locations/europe-west3/keyRings/ml/cryptoKeys/ml",
    "azure": f"{AZURE}/Microsoft.KeyVault/vaults/v/keys/k",
}
#: What a program of one's own names that a stack's other components would have told.
NEEDED: dict[str, dict[str, Any]] = {
    "gcp.KmsCryptoKey": {},
    "gcp.GcsArtifactStore": {"key": KEYS["gcp"]},
    "gcp.ArtifactRegistryContainerRegistry": {"key": KEYS["gcp"]},
    "gcp.ServiceAccountIdentity": {
        "artifact_store": "gs://ml/store",
        "container_registry": "europe-west3-docker.pkg.dev/acme/ml",
        "members": {"submitter": ["group:ml@example.org"]},
    },
    "azure.KeyVaultKey": {"resource_group": "ml"},
    "azure.BlobArtifactStore": {"resource_group": "ml", "key": KEYS["azure"]},
    "azure.AcrContainerRegistry": {"resource_group": "ml", "key": KEYS["azure"]},
    "azure.ManagedIdentity": {
        "resource_group": "ml",
        "storage_account": "mlstore",
        "artifact_store": "abfs://ml/store",
        "container_registry": f"{AZURE}/Microsoft.ContainerRegistry/registries/ml",
        "groups": {"reader": ["9d0d2a3e-8d5c-4d5e-9c0e-1f0a3c5d7b11"]},
    },
}
#: What lets requests in where nothing else may: the network of a team.
INSIDE: dict[str, dict[str, Any]] = {
    "aws.S3ArtifactStore": {
        "vpc_endpoint": "vpce-0123456789abcdef0",
        "deployer": "arn:aws:iam::123456789012:role/deploy",
    },
    "gcp.GcsArtifactStore": {"network": "projects/acme/global/networks/ml"},
    "azure.KeyVaultKey": {"subnet": SUBNET},
    "azure.BlobArtifactStore": {
        "subnet": SUBNET,
        "private_dns_zone": f"{AZURE}/Microsoft.Network/privateDnsZones/z",
    },
    "azure.AcrContainerRegistry": {"subnet": SUBNET, "log_workspace": f"{AZURE}/w"},
}
#: Controls on what lies beside a single component: a project's logs and perimeter, a network.
BESIDE = {"GCP-IAM-10", "GCP-NET-04"}


def findings(folder: Path, program: str, *, isolation: str) -> list[Any]:
    """Rehearse a program, and hold what it makes to the controls."""
    (folder / "Pulumi.yaml").write_text(
        f"name: ml\nruntime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
    )
    (folder / "Pulumi.dev.yaml").write_text(
        "config: {aws:region: eu-central-1, gcp:project: acme, gcp:region: europe-west3, "
        f"azure-native:location: westeurope, fairlead:isolation: {isolation}}}\n"
    )
    (folder / "__main__.py").write_text(program)
    result = rehearse(find_project(folder), "dev")
    assert result.ok, result.phases
    plan = json.dumps({"resources": result.plan.to_data()}).encode()
    resources = parse_inventory(plan, "plan").resources
    assert len(resources) > 2
    return evaluate(resources, parse_settings({"isolation": isolation}, "the test"))


def program(name: str, arguments: dict[str, Any]) -> str:
    """Write a program with one component and nothing else."""
    cloud, _, component = name.partition(".")
    module = "".join(f"_{c.lower()}" if c.isupper() else c for c in component).lstrip("_")
    return (
        f"import pulumi\nfrom fairlead_components.{cloud}.{module} import {component}\n"
        f"from fairlead_components.{cloud}.{module} import {component}Args\n"
        f"made = {component}('one', {component}Args(**{arguments!r}))\n"
        "pulumi.export('made', made.contract)\n"
    )


@pytest.mark.parametrize("name", NEEDED)
def test_a_program_with_one_component(name: str, tmp_path: Path) -> None:
    found = findings(tmp_path, program(name, NEEDED[name]), isolation="private")
    assert [one for one in found if one.result == "fail" and one.control not in BESIDE] == []


@pytest.mark.parametrize("name", INSIDE)
def test_requests_come_from_the_teams_network_only(name: str, tmp_path: Path) -> None:
    written = program(name, {**NEEDED.get(name, {}), **INSIDE[name]})
    found = findings(tmp_path, written, isolation="vpc")
    assert any(one.result == "pass" for one in found)
    failed = [one for one in found if one.result == "fail" and one.control not in BESIDE]
    assert failed == []
