"""Values survive the wire, and what is secret stays marked."""

from __future__ import annotations

import json
from typing import Any

from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from fairlead_components.provider.wire import UNKNOWN, decode, encode, is_unknown

SECRET_MARK = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
NAMES = st.text("abc", min_size=1, max_size=3)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.sets(NAMES))
def test_values_and_secrecy_survive(values: dict[str, Any], secret: set[str]) -> None:
    read = decode(encode(values, secret))
    assert json.dumps(read.values, sort_keys=True) == json.dumps(values, sort_keys=True)
    assert read.secret == frozenset(secret & values.keys())


def test_a_secret_deep_inside_hides_the_whole_property() -> None:
    struct = Struct()
    struct.update({"a": {"b": [{**SECRET_MARK, "value": "x"}]}, "c": "shown", "gone": None})
    read = decode(struct)
    assert read.values == {"a": {"b": ["x"]}, "c": "shown"}
    assert read.secret == {"a"}


def test_unknown_values_are_found_at_any_depth() -> None:
    assert is_unknown({"a": [{"b": UNKNOWN}]})
    assert not is_unknown({"a": [{"b": "known"}], "n": 1})
