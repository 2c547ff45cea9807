"""What is wrong with inputs, as a provider would say it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead_components.provider.wire import SPECIAL, UNKNOWN
from fairlead_components.rehearsal.validation import Validator, all_paths

OBJECTS = {"Rule": {"days": ["integer", True], "on": ["boolean", False]}}
OPEN = ["one", ["string", ["enum", ["TLS1_2", "TLS1_3"]]]]
ASSET = {SPECIAL: "c44067f5952c0a294b673a41bacd8c17", "text": "x"}


@pytest.mark.parametrize(
    ("kind", "value", "strict", "bridged"),
    [
        ("string", "x", True, True),
        ("string", 3, False, True),
        ("string", True, False, True),
        ("string", ["x"], False, False),
        ("integer", 3, True, True),
        ("integer", "3", False, True),
        ("integer", "three", False, False),
        ("integer", True, False, False),
        ("boolean", "true", False, True),
        ("boolean", "maybe", False, False),
        ("number", 1.5, True, True),
        ("any", {"what": ["ever"]}, True, True),
        ("asset", ASSET, True, True),
        ("asset", {"text": "x"}, False, False),
        (["array", "integer"], [1, 2], True, True),
        (["array", "integer"], {"0": 1}, False, False),
        (["map", "string"], {"a": "b", "none": None}, True, True),
        (["map", "string"], ["a"], False, False),
        (["enum", ["Hot", "Cool"]], "Hot", True, True),
        (["enum", ["Hot", "Cool"]], "hot", False, False),
        (OPEN, "TLS1_2", True, True),
        (OPEN, "tls1_2", True, True),
        (OPEN, "TLS9", False, True),
        (["object", "Rule"], {"days": 3}, True, True),
        (["object", "Rule"], {"on": True}, False, False),
        (["object", "Rule"], {"days": 3, "of": 1}, False, False),
        (["one", [["object", "Rule"], "string"]], {"days": 3}, True, True),
        (["one", [["object", "Rule"], "string"]], 3, False, True),
        (["array", ["object", "Rule"]], UNKNOWN, True, True),
        (["array", ["object", "Rule"]], [{"days": UNKNOWN}], True, True),
    ],
)
def test_values_fit_types(kind: Any, value: Any, strict: bool, bridged: bool) -> None:
    assert (Validator(OBJECTS, bridged=False).value(value, kind, "p") == []) is strict
    assert (Validator(OBJECTS, bridged=True).value(value, kind, "p") == []) is bridged


def test_all_that_is_wrong_is_told_with_its_place() -> None:
    fields = {"rules": [["array", ["object", "Rule"]], True], "name": ["string", True]}
    found = Validator(OBJECTS, bridged=False).fields(
        {"rules": [{"days": 1}, {"dais": 2, "on": "no"}], "__defaults": []}, fields
    )
    assert found == [
        ("rules[1].dais", "unknown property; did you mean 'days'?"),
        ("rules[1].on", "must be a boolean, not a string"),
        ("rules[1].days", "missing"),
        ("name", "missing"),
    ]


def test_no_message_repeats_a_value() -> None:
    kinds = ["integer", ["enum", ["a"]], ["array", "string"], ["object", "Rule"], "asset"]
    for kind in kinds:
        for failure in Validator(OBJECTS, bridged=False).value("hush-hush", kind, "p"):
            assert "hush" not in " ".join(failure)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_paths_are_told_exactly_where_values_differ(old: Any, new: Any) -> None:
    assert (list(all_paths(old, new)) == []) is (old == new)
