"""The key holds all that decides a step's result, nothing else, and no part imitates another."""

import itertools
import math
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.graph import (
    ArtifactInput,
    DictInput,
    Graph,
    Input,
    ListInput,
    NodeInput,
    Output,
    Resources,
    Retries,
    Source,
    StepDefinition,
    StepNode,
    StepOptions,
    ValueInput,
)
from fairlead.store.cache_explain import explain
from fairlead.store.cache_key import key_parts, step_key
from fairlead.store.records import Provenance, RunRecord
from fairlead.values import canonical, encode

RUN = "01KAEW8J00ABCDEFGHJKMNPQRS"
A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
DIGESTS = {"load.a": A, "load.b": B}


def record(inputs: dict[str, Input] | None = None, **changes: Any) -> tuple[RunRecord, StepNode]:
    """Return a run of ``load`` and ``train``, with some of its parts changed."""
    source = Source(digest=changes.pop("source", A), definitions={"train.py:train": A})
    outputs = changes.pop("outputs", (Output(name="model", type="int", materializer="json"),))
    definition = StepDefinition(
        name="train", file="train.py", module="train", qualname="train", outputs=outputs,
        options=changes.pop("options", StepOptions()), source=source,
    )  # fmt: skip
    load = definition.model_copy(
        update={"outputs": (Output(name="a", type=""), Output(name="b", type=""))}
    )
    node = StepNode(
        id="train", definition="train", inputs=inputs or {}, options=changes.pop("own", None)
    )
    graph = Graph(
        pipeline="training",
        definitions={"train": definition, "load": load},
        nodes=(StepNode(id="load", definition="load"), node),
    )
    provenance = Provenance(
        person="p", host="h", fairlead="0", python=changes.pop("python", "3.11"),
        lock_digest=changes.pop("lock", A),
    )  # fmt: skip
    fields = {"stack": "local", "manifest_digest": A, **changes}
    run = RunRecord(run=RUN, graph=graph, provenance=provenance, **fields)
    return run, node


def key(inputs: dict[str, Input] | None = None, **changes: Any) -> str:
    return step_key(*record(inputs, **changes), DIGESTS)


def value(content: Any) -> ValueInput:
    return ValueInput(value=encode(content))


@pytest.mark.parametrize(
    "changes",
    [
        {"source": B},
        {"lock": B},
        {"python": "3.12"},
        {"options": StepOptions(environment={"OMP_NUM_THREADS": "1"})},
        {"options": StepOptions(image=f"team/train@{A}")},
        {"own": StepOptions(environment={"OMP_NUM_THREADS": "1"})},
        {"outputs": (Output(name="forest", type="int", materializer="json"),)},
        {"outputs": (Output(name="model", type="int", materializer="numpy"),)},
        {
            "outputs": (
                Output(name="model", type="int", materializer="json", materializer_version=2),
            )
        },
        {"outputs": ()},
    ],
    ids=str,
)
def test_what_decides_the_result_changes_the_key(changes: dict[str, Any]) -> None:
    assert key(**changes) != key()


@pytest.mark.parametrize(
    "changes",
    [
        {"stack": "aws"},
        {"manifest_digest": B},
        {"image": f"built@{B}"},
        {"bundle_digest": B},
        {"tags": {"a": "b"}},
        {"parameters": {"of the pipeline": 1}},
        {"options": StepOptions(resources=Resources(gpu=8), operator="gpu", timeout=5)},
        {"options": StepOptions(retries=Retries(count=3), secrets=("hub",), cache=False)},
        {"options": StepOptions(settings={"sagemaker": {"wait": True}})},
        {"outputs": (Output(name="model", type="builtins.int", materializer="json"),)},
    ],
    ids=str,
)
def test_what_does_not_decide_it_keeps_the_key(changes: dict[str, Any]) -> None:
    assert key(**changes) == key()


READS_A = NodeInput(node="load", output="a")
READS_B = NodeInput(node="load", output="b")
OTHER_RUN = ArtifactInput(version=f"{RUN}/load/b", digest=B, materializer="json/1")
INPUTS: list[dict[str, Input]] = [
    {},
    {"x": value(1)}, {"x": value(1.0)}, {"x": value("1")}, {"x": value(True)}, {"x": value(None)},
    {"y": value(1)}, {"x": value(1), "y": value(2)}, {"x": value(2), "y": value(1)},
    {"x": value({"a": "b|c"})}, {"x": value({"a|b": "c"})}, {"x": value({"a": {"b": "c"}})},
    {"x": value(0.0)}, {"x": value(-0.0)}, {"x": value(math.nan)}, {"x": value("nan")},
    {"x": value([1, 2])}, {"x": value((1, 2))}, {"x": value({1, 2})}, {"x": value(A)},
    {"x": value([A])}, {"x": value({"a": A})}, {"x": value(f"A{A}")}, {"x": value(10**5000)},
    {"x": value("a" * 100_000)}, {"x": value(list(range(10_000)))},
    {"x": READS_A}, {"x": READS_B}, {"y": READS_A}, {"x": READS_A, "y": READS_B},
    {"x": ListInput(items=(READS_A, READS_B))}, {"x": ListInput(items=(READS_B, READS_A))},
    {"x": ListInput(items=(READS_A, READS_B), tuple_=True)}, {"x": ListInput(items=(READS_A,))},
    {"x": ListInput(items=(ListInput(items=(READS_A, READS_B)),))}, {"x": ListInput(items=())},
    {"x": ListInput(items=(ListInput(items=(READS_A,)), READS_B))},
    {"x": DictInput(items={"a": READS_A, "b": READS_B})}, {"x": DictInput(items={"a": READS_A})},
    {"x": DictInput(items={"a": READS_B, "b": READS_A})}, {"x": DictInput(items={})},
    {"x": ListInput(items=(READS_A, value(1)))}, {"x": ListInput(items=(READS_A, value("1")))},
]  # fmt: skip


def test_no_two_sets_of_inputs_share_a_key() -> None:
    keys = [key(inputs) for inputs in INPUTS]
    for one, other in itertools.combinations(range(len(keys)), 2):
        assert keys[one] != keys[other], (INPUTS[one], INPUTS[other])


def test_equal_inputs_share_a_key() -> None:
    assert key({"x": value({"a": 1, "b": 2})}) == key({"x": value({"b": 2, "a": 1})})
    assert key({"x": value(1), "y": value(2)}) == key({"y": value(2), "x": value(1)})
    assert key({"x": value(math.nan)}) == key({"x": value(-math.nan)})
    # the content counts, not which run made it
    assert key({"x": READS_B}) == key({"x": OTHER_RUN})
    one, two = {"a": READS_A, "b": READS_B}, {"b": READS_B, "a": READS_A}
    assert key({"x": DictInput(items=one)}) == key({"x": DictInput(items=two)})


def test_an_unknown_input_has_no_key() -> None:
    with pytest.raises(KeyError):
        step_key(*record({"x": READS_A}), {})


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
PARAMETERS = st.dictionaries(st.sampled_from(["a", "b", "ab"]), PLAIN, max_size=3)


@settings(deadline=None, max_examples=150)
@given(PARAMETERS, PARAMETERS)
def test_keys_are_equal_exactly_where_parameters_are(one: Any, other: Any) -> None:
    keys = [key({name: value(v) for name, v in p.items()}) for p in (one, other)]
    assert (keys[0] == keys[1]) == (canonical(one) == canonical(other))


def test_keys_survive_the_record_being_written_and_read() -> None:
    for inputs in INPUTS:
        run, node = record(inputs)
        again = RunRecord.from_bytes(run.to_bytes(), "run.json")
        assert step_key(again, again.graph.nodes[1], DIGESTS) == step_key(run, node, DIGESTS)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda: record({"x": value(2)}), "parameter x changed: 1 → 2"),
        (lambda: record({"x": value(1.0)}), "parameter x changed: 1 → 1.0"),
        (lambda: record({"x": value(1)}, lock=B), f"lock file changed: {A[:19]} → {B[:19]}"),
        (lambda: record({"x": value(1)}, python="3.12"), 'Python version changed: "3.11" → "3.12"'),
        (lambda: record({}), "parameter x removed"),
        (
            lambda: record({"x": value(1), "y": READS_A}),
            f"input y added: {A[:19]}",
        ),
        (
            lambda: record({"x": value(1)}, options=StepOptions(environment={"A": "1"})),
            'environment variable A added: "1"',
        ),
    ],
)
def test_explaining_says_what_changed(
    change: Callable[[], tuple[RunRecord, StepNode]], line: str
) -> None:
    before = key_parts(*record({"x": value(1)}), DIGESTS)
    assert explain(before, before) == []
    assert [str(found) for found in explain(key_parts(*change(), DIGESTS), before)] == [line]


def test_explaining_names_the_definition() -> None:
    parts = key_parts(*record(), DIGESTS)
    old: dict[str, Any] = {**parts, "source": {"train.py:train": B, "lib.py:gone": A}}
    assert [str(found) for found in explain(parts, old)] == [
        "definition lib.py:gone removed",
        "definition train.py:train changed",
    ]


def test_a_key_costs_little() -> None:
    run, node = record({"x": value(1), "data": READS_A, "name": value("forest")})
    step_key(run, node, DIGESTS)
    started = time.process_time()
    for _ in range(1000):
        step_key(run, node, DIGESTS)
    assert time.process_time() - started < 0.1, "100 µs each"
