"""A repository of images: encrypted, scanned, and its tags stay where they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.json_format import MessageToDict

from fairlead_components.gcp.artifact_registry_container_registry import (
    ArtifactRegistryContainerRegistry,
    ArtifactRegistryContainerRegistryArgs,
    ExistingRepository,
)

Record = Callable[..., Any]
KEY = "projects/acme/locations/europe-west3/keyRings/k/cryptoKeys/k"


def registry(**args: Any) -> Any:
    return ArtifactRegistryContainerRegistry(
        "images", ArtifactRegistryContainerRegistryArgs(**args)
    )


def test_images_are_encrypted_scanned_and_immutable(record: Record) -> None:
    given = {"key": KEY, "project": "acme", "location": "europe-west3"}
    contract, recorder = record(lambda: registry(**given).contract, preview=True)
    made = recorder.requests["gcp:artifactregistry/repository:Repository images"]
    inputs = MessageToDict(made.object)
    assert inputs["kmsKeyName"] == KEY
    assert inputs["dockerConfig"] == {"immutableTags": True}
    assert inputs["vulnerabilityScanningConfig"] == {"enablementConfig": "INHERITED"}
    assert inputs["cleanupPolicies"][0]["condition"]["tagState"] == "UNTAGGED"
    assert made.protect
    assert made.retainOnDelete
    assert any("images-key" in urn for urn in made.dependencies)
    assert contract["uri"] == "europe-west3-docker.pkg.dev/acme/fairlead-unit"


def test_one_that_is_there_is_not_made(record: Record) -> None:
    there = ExistingRepository(uri="europe-docker.pkg.dev/acme/ml")
    contract, recorder = record(lambda: registry(existing=there).contract)
    assert len(recorder.made()) == 1
    assert contract["uri"] == there.uri
