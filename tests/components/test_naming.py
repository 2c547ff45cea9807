"""Every name obeys its backend's rule, and different parts never share a name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead_components.naming import RULES, physical_name

PARTS = st.lists(st.text("aB1-_. é/", min_size=1, max_size=30), min_size=1, max_size=4).filter(
    lambda parts: any(part.strip() for part in parts)
)


@given(st.sampled_from(sorted(RULES)), PARTS, st.sampled_from(["", "123456789012"]))
def test_names_obey_the_rule(resource: str, parts: list[str], unique: str) -> None:
    rule = RULES[resource]
    name = physical_name(resource, *parts, unique=unique)
    assert rule.shortest <= len(name) <= rule.longest
    # What is not among the characters of a part joins parts only, and never twice in a row.
    part = f"[{rule.allowed}]+"
    assert re.fullmatch(f"{part}({re.escape(rule.separator)}{part})*", name)
    assert name[0].isalnum()
    assert name[-1].isalnum()
    assert name == physical_name(resource, *parts, unique=unique)
    assert not (rule.letter_first and not name[0].isalpha())


@given(st.sampled_from(sorted(RULES)), PARTS, PARTS)
def test_different_parts_have_different_names(
    resource: str, one: list[str], two: list[str]
) -> None:
    if one != two:
        assert physical_name(resource, *one) != physical_name(resource, *two)


def test_an_account_tells_global_names_apart_without_being_in_them() -> None:
    names = {physical_name("s3_bucket", "fairlead", "prod", unique=a) for a in ("1111", "2222")}
    assert len(names) == 2
    assert not any("1111" in name or "2222" in name for name in names)


def test_a_name_needs_parts() -> None:
    with pytest.raises(ValueError, match="needs parts"):
        physical_name("s3_bucket", "")
