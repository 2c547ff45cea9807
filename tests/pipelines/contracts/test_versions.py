"""Readers go on within a major version, and say what to upgrade for another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fairlead.contracts.base import VERSION, Contract, secret_paths
from fairlead.contracts.manifest import StackManifest, manifest_digest
from fairlead.contracts.pods import Pods
from fairlead.contracts.schema import contract_classes

MAJOR = int(VERSION.partition(".")[0])
CONTRACTS = [contract for contracts in contract_classes().values() for contract in contracts]


def minimal(contract: type[Contract], **more: Any) -> dict[str, Any]:
    examples: dict[Any, Any] = {int: 1, Pods: {"namespace": "x", "service_account": "x"}}
    fields = contract.model_fields.items()
    required = {n: examples.get(f.annotation, "x") for n, f in fields if f.is_required()}
    flavor = contract.model_fields["flavor"].default
    return {**required, "flavor": flavor if isinstance(flavor, str) else "any", **more}


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.__name__)
def test_a_later_minor_version_with_keys_of_its_own_is_read(contract: type[Contract]) -> None:
    read = contract.model_validate(minimal(contract, version=f"{MAJOR}.99", added={"later": [1]}))
    assert read.version == f"{MAJOR}.99"
    assert not hasattr(read, "added")
    again = contract.model_validate(read.model_dump(mode="json", exclude_none=True))
    assert again == read


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.__name__)
@pytest.mark.parametrize("version", [f"{MAJOR + 1}.0", "0.9", f"{MAJOR}0.0", "latest"])
def test_another_major_version_is_refused_with_the_fix(
    contract: type[Contract], version: str
) -> None:
    with pytest.raises(ValidationError, match="pip install -U fairlead"):
        contract.model_validate(minimal(contract, version=version))


def test_a_manifest_of_another_major_version_is_refused_with_the_fix() -> None:
    body = {"schema": f"{MAJOR + 1}.0", "stack": "s", "provider": "p", "components": {}}
    with pytest.raises(ValidationError, match=r"reads 1\.x\): upgrade with `pip install -U"):
        StackManifest.model_validate(body)


def test_a_manifest_keeps_contracts_that_this_version_does_not_know() -> None:
    component = {"flavor": "warp", "version": "9.0", "speed": 9}
    body = {
        "schema": f"{MAJOR}.7",
        "stack": "s",
        "provider": "p",
        "components": {"engine": component},
    }
    read = StackManifest.model_validate({**body, "beside": 1})
    assert read.components["engine"] == component
    assert read.digest == manifest_digest({**body, "beside": 1})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4), st.randoms())
def test_the_digest_is_of_the_content_not_of_its_order(document: dict[str, Any], rng: Any) -> None:
    keys = list(document)
    rng.shuffle(keys)
    assert manifest_digest({key: document[key] for key in keys}) == manifest_digest(document)
    assert manifest_digest({**document, "digest": "whatever"}) == manifest_digest(
        {k: v for k, v in document.items() if k != "digest"}
    )


@given(st.lists(st.sampled_from(["components", "identity", "0", "x y"]), max_size=4))
def test_a_secret_is_found_at_any_depth_and_never_repeated(path: list[str]) -> None:
    canary = "hunter2-canary"
    document: Any = {"password": canary}
    for part in reversed(path):
        document = {part: [document] if part == "0" else document}
    found = secret_paths(document)
    assert len(found) == 1
    assert found[0].endswith("password")
    assert canary not in str(found)
    with pytest.raises(ValidationError) as caught:
        StackManifest.model_validate(
            {"schema": VERSION, "stack": "s", "provider": "p", "components": {"c": document}}
        )
    assert canary not in str(caught.value.errors(include_input=False))
