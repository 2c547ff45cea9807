"""Recorded parameters can be shown by any process, whatever they were."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import json
import pathlib
import uuid
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from fairlead.readback.shown_values import shown
from fairlead.values import encode


class Color(enum.Enum):
    RED = "red"


class Options(BaseModel):
    factor: float = 2.0
    colors: tuple[Color, ...] = (Color.RED,)


@dataclass
class Point:
    x: int
    options: Options = field(default_factory=Options)


def test_values_of_the_users_classes_are_shown_by_their_fields() -> None:
    text = json.dumps(encode({"point": Point(1), "by": {Color.RED: {1, 2}}})).replace(
        __name__, "nowhere.to_be_found"
    )
    assert shown(json.loads(text)) == {
        "point": {"x": 1, "options": {"factor": 2.0, "colors": ["Color.RED"]}},
        "by": {"Color.RED": [1, 2]},
    }


def test_the_standard_librarys() -> None:
    values: dict[Any, str] = {
        dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC): "2026-01-02 03:04:00+00:00",
        dt.date(2026, 1, 2): "2026-01-02",
        dt.timedelta(hours=1): "1:00:00",
        decimal.Decimal("1.50"): "1.50",
        uuid.UUID(int=1): "00000000-0000-0000-0000-000000000001",
        pathlib.Path("a/b"): "a/b",
        float("nan"): "nan",
        b"12345": "5 bytes",
        b"": "0 bytes",
    }
    for value, text in values.items():
        assert shown(encode(value)) == text
    assert shown(encode(2**80)) == 2**80


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.floats(allow_nan=False)
        | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    )
)
def test_whatever_is_shown_is_plain_data(value: Any) -> None:
    json.dumps(shown(encode(value)))
