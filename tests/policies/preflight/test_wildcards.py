"""Patterns are matched as a slow, obvious one does, and covering never says too much."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead_policies.preflight.ternary import every, no, some
from fairlead_policies.preflight.wildcards import covers, matches

PATTERNS = st.text("ab*?/", max_size=6)
TEXTS = st.text("ab/", max_size=6)


def obviously_matches(pattern: str, text: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


@given(PATTERNS, TEXTS)
@settings(max_examples=500, deadline=None)
def test_it_matches_as_a_regular_expression_does(pattern: str, text: str) -> None:
    assert matches(pattern, text) == obviously_matches(pattern, text)


@given(PATTERNS, PATTERNS, TEXTS)
@settings(max_examples=1000, deadline=None)
def test_what_is_covered_is_matched(wide: str, narrow: str, text: str) -> None:
    if covers(wide, narrow) and obviously_matches(narrow, text):
        assert obviously_matches(wide, text)


@given(PATTERNS)
def test_everything_covers_all_and_each_itself(pattern: str) -> None:
    assert covers("*", pattern)
    assert covers(pattern, pattern)


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("runs/*", "runs/*/run.json", True),
        ("runs/*/run.json", "runs/*", False),
        ("a?", "ab", True),
        ("a?", "a*", False),
        ("a*", "a?", True),
        ("ab", "a?", False),
    ],
)
def test_covering(wide: str, narrow: str, *, expected: bool) -> None:
    assert covers(wide, narrow) is expected


TRUTHS = st.lists(st.sampled_from([True, False, None]), max_size=4)


@given(TRUTHS)
def test_three_values_are_two_when_all_are_known(truths: list[bool | None]) -> None:
    """Whatever unknowns turn out to be, a known result stands."""
    for guess in (True, False):
        filled = [guess if one is None else one for one in truths]
        for logic, plain in ((every, all), (some, any)):
            assert logic(truths) in (None, plain(filled))
            assert logic(filled) is plain(filled)


@given(TRUTHS)
def test_not_all_is_some_not(truths: list[bool | None]) -> None:
    assert no(every(truths)) is some(no(one) for one in truths)
