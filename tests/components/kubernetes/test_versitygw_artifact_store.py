"""The S3 server has no privilege, its keys are secret, and its policy is the run protocol's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fairlead.errors import ConfigError
from fairlead_components.config import read_config
from fairlead_components.kubernetes.defaults import cores, size
from fairlead_components.kubernetes.roles import FUNCTIONS


def pod_specs(objects: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, item in objects.items():
        if template := item.get("spec", {}).get("template"):
            yield name, template["spec"]


def test_pods_have_no_privilege_no_token_and_bounds(declared: Any) -> None:
    found = dict(pod_specs(declared.objects))
    assert found
    for pod in found.values():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert not any("hostPath" in volume for volume in pod["volumes"])
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False
            assert security["readOnlyRootFilesystem"] is True
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert set(container["resources"]["limits"]) == {"cpu", "memory"}
            assert "@sha256:" in container["image"]


def test_what_is_generated_is_secret_to_the_engine(declared: Any) -> None:
    requests = declared.requests
    made = [
        r for k, r in requests.items() if k.startswith("fairlead:index:Password artifact-store")
    ]
    assert len(made) == len(FUNCTIONS) + 1
    assert all(list(r.additionalSecretOutputs) == ["value"] for r in made)


def test_the_contract_names_a_secret_for_each_function(declared: Any) -> None:
    store = declared.contracts["artifact_store"]
    assert store["credentials_secrets"] == {f: f"artifact-store-{f}" for f in FUNCTIONS}
    assert store["allow_pickle"] is False
    assert store["endpoint_url"].endswith(":7070")


def test_a_tag_is_no_image(values: Any) -> None:
    wrong = {"artifact_store": {"image": "registry.example.org/versitygw:latest"}}
    with pytest.raises(ConfigError, match=r"artifact_store.image: .*:latest must end in the image"):
        read_config(values(wrong), "x")


@pytest.mark.parametrize(("cpu", "written"), [(1, "1"), (0.1, "100m"), (1.5, "1500m")])
def test_cores_are_written_as_the_server_keeps_them(cpu: float, written: str) -> None:
    assert cores(cpu) == written


@pytest.mark.parametrize(("count", "written"), [(1 << 40, "1Ti"), (3 << 20, "3Mi"), (1500, "1500")])
def test_sizes_are_written_as_the_server_keeps_them(count: int, written: str) -> None:
    assert size(count) == written
