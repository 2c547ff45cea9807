"""Ids fit into Kubernetes' names and come back from its labels."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from fairlead.adapters import kubernetes_names as names
from fairlead.graph import NODE_ID

RUN = "01KAEW8J00ABCDEFGHJKMNPQRS"
ids = st.from_regex(NODE_ID, fullmatch=True)
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@given(ids)
def test_every_id_is_a_label(node: str) -> None:
    assert LABEL.fullmatch(names.label(node))


@given(ids)
def test_ids_come_back_from_labels_unless_they_were_cut(node: str) -> None:
    back = names.node_of(names.label(node))
    assert back == node or (back is None and len(node) > 40)


@given(ids, ids)
def test_no_two_ids_share_a_label_or_a_job(one: str, other: str) -> None:
    if one != other:
        assert names.label(one) != names.label(other)
        assert names.step_job(RUN, one, 1) != names.step_job(RUN, other, 1)


@given(ids, st.integers(1, 999))
def test_every_attempt_has_a_name_that_leaves_room_for_its_pod(node: str, number: int) -> None:
    name = names.step_job(RUN, node, number)
    assert NAME.fullmatch(name)
    assert len(name) <= names.NAME
    assert name == names.step_job(RUN, node, number)
    assert name != names.step_job(RUN, node, number + 1)


def test_long_ids_that_begin_alike_stay_apart() -> None:
    one, other = ("evaluation/" * 9 + end for end in ("one", "two"))
    assert names.label(one) != names.label(other)
    assert names.node_of(names.label(one)) is None


@given(st.text())
def test_any_text_is_a_label_for_people(text: str) -> None:
    assert names.plain(text) == "" or LABEL.fullmatch(names.plain(text))
