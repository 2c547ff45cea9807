"""Configurations are checked as a whole, each mistake with its path and its fix."""

# ruff: noqa: UP045 - components are written so

import json
from contextlib import suppress
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.errors import ConfigError
from fairlead_components.config import read_config

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["path", "existing", "flavor", "provider", "cpu", "tracking_uri", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


def problems(components: Any, **values: str) -> list[str]:
    given_values = {"provider": "local", "components": json.dumps(components), **values}
    with pytest.raises(ConfigError) as caught:
        read_config(given_values, "Pulumi.unit.yaml")
    assert str(caught.value).startswith("Pulumi.unit.yaml: ")
    return caught.value.problems


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ({"artifact_store": {"pathh": "/x"}}, "artifact_store.pathh: unknown key; did you mean"),
        ({"artifact_store": {"flavor": "s4"}}, "artifact_store.flavor: the provider local has no"),
        ({"artifact_store": {"provider": "locl"}}, "artifact_store.provider: unknown provider"),
        ({"artifact_store": {"flavor": 3}}, "artifact_store.flavor: must be a name"),
        ({"artifact_store": []}, "artifact_store: must be a mapping"),
        ({"artifact_store": {"allow_pickle": "true"}}, "artifact_store.allow_pickle: input should"),
        ({"artifact_store": {}, "cluster": {}}, "cluster: the provider local has no component"),
        ({"artifact_store": {}, "step_operator": {}}, "step_operator: unknown kind; did you mean"),
        ({"artifact_store": {}, "step_operators": []}, "step_operators: must map names"),
        ({"artifact_store": {}, "step_operators": {"a-b": {}}}, "step_operators.a-b: a name is"),
        ({"artifact_store": {}, "step_operators": {"a": {"cpu": 0}}}, "a.cpu: input should be"),
        (
            {"artifact_store": {"path": "/a", "existing": {"path": "/b"}}},
            "artifact_store.path: says what to create, but `existing` adopts",
        ),
        (
            {"artifact_store": {"existing": {"pth": "/b"}}},
            "artifact_store.existing.pth: unknown key; did you mean 'path'?",
        ),
        ({"artifact_store": {"existing": {}}}, "artifact_store.existing.path: missing"),
        ({}, "artifact_store: missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_path(components: Any, expected: str) -> None:
    assert any(f"fairlead:components.{expected}" in line or expected in line
               for line in problems(components))  # fmt: skip
    assert all(line.startswith("fairlead:components") for line in problems(components))


def test_all_mistakes_are_told_at_once() -> None:
    told = problems(
        {"artifact_stor": {}}, provider="loca", protect="yes", rot="/x", root=" ", tags='{"A": "b"}'
    )
    assert [line.partition(":")[2].partition(":")[0] for line in told] == [
        "rot",
        "provider",
        "root",
        "protect",
        "tags",
        "components.artifact_store",
        "components.artifact_stor",
    ]


def test_secrets_are_refused_without_being_repeated() -> None:
    uri = "https://mlflow:hunter2@example.org"
    told = problems(
        {"artifact_store": {}, "experiment_tracker": {"existing": {"tracking_uri": uri}}}
    )
    assert "experiment_tracker.existing.tracking_uri: looks like a secret's value" in told[0]
    assert "hunter2" not in str(told)


@given(JSON, JSON)
def test_any_document_is_read_or_refused_with_paths(store: Any, operators: Any) -> None:
    values = {
        "provider": "local",
        "components": json.dumps({"artifact_store": store, "step_operators": operators}),
    }
    with suppress(ConfigError):
        read_config(values, "x")
        return
    with pytest.raises(ConfigError) as caught:
        read_config(values, "x")
    told = caught.value.problems
    assert told
    assert all(problem.startswith("fairlead:components.") for problem in told)


def test_enumerations_and_nested_arguments_come_typed() -> None:
    from dataclasses import dataclass, field
    from typing import Optional

    import pulumi

    from fairlead_components.arguments import arguments, read_arguments

    class Isolation(Enum):
        NONE = "none"
        VPC = "vpc"

    @dataclass(kw_only=True)
    class Inner:
        size: pulumi.Input[int]

    @dataclass(kw_only=True)
    class Outer:
        isolation: Optional[Isolation] = None
        inner: Optional[Inner] = None
        tags: Optional[pulumi.Input[dict[str, pulumi.Input[str]]]] = None
        sizes: list[int] = field(default_factory=list)

    document = {"isolation": "vpc", "inner": {"size": 3}, "tags": {"a": "b"}}
    args, wrong = read_arguments(Outer, document, "here")
    assert not wrong
    assert args == Outer(isolation=Isolation.VPC, inner=Inner(size=3), tags={"a": "b"})
    assert arguments(Outer, {"inner": {"size": 1}}) == Outer(inner=Inner(size=1))
    _, wrong = read_arguments(
        Outer, {"isolation": "vpx", "inner": {"sizee": 3}, "tags": {"a": 1}}, "x"
    )
    assert [line.partition(":")[0] for line in wrong] == [
        "x.isolation", "x.inner.size", "x.inner.sizee", "x.tags.a",
    ]  # fmt: skip
    with pytest.raises(ConfigError, match="sizee: unknown key; did you mean 'size'"):
        arguments(Outer, {"inner": {"sizee": 1, "size": 2}})
