"""Tracing yields the graph that the code says, or one clear error before anything runs."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead import Artifact, Resources, pipeline, step
from fairlead.annotations import fits
from fairlead.errors import EdgeTypeError, ParameterError, PipelineError
from fairlead.graph import DictInput, Graph, ListInput, NodeInput, StepNode, ValueInput
from fairlead.tracing import trace_pipeline


@step
def load(year: int = 2020) -> list[float]:
    """Load."""
    return [float(year)]


@step
def split(rows: list[float]) -> tuple[Annotated[list[float], "train"], Annotated[float, "rest"]]:
    return rows, rows[0]


@step
def fit(rows: list[float], *, depth: int = 5) -> Annotated[str, "model"]:
    return f"{len(rows)} {depth}"


@step
def best(models: list[str], weights: dict[str, float] | None = None) -> str:
    return models[0]


@step
def done() -> None:
    return None


@pipeline
def training(year: int, depth: int = 5) -> None:
    """Train two models.

    And choose one.
    """
    train, rest = split(load(year))
    models = [fit(train, depth=depth), fit.named("deep")(train, depth=2 * depth), fit(train)]
    best(models, {"first": rest}, after=[done()])


def test_the_graph_is_what_the_code_says() -> None:
    graph = training.trace(year=2021, depth=3)
    assert [node.id for node in graph.nodes] == [
        "load", "split", "fit", "deep", "fit_2", "done", "best",
    ]  # fmt: skip
    nodes = {node.id: node for node in graph.nodes}
    assert nodes["load"].inputs == {"year": ValueInput(value=2021)}
    assert nodes["fit"].inputs["rows"] == NodeInput(node="split", output="train")
    assert nodes["deep"].inputs["depth"] == ValueInput(value=6)
    assert nodes["fit_2"].inputs["depth"] == ValueInput(value=5)
    models = nodes["best"].inputs["models"]
    assert isinstance(models, ListInput)
    assert [item.node for item in models.items if isinstance(item, NodeInput)] == [
        "fit", "deep", "fit_2",
    ]  # fmt: skip
    assert isinstance(nodes["best"].inputs["weights"], DictInput)
    assert nodes["best"].after == ("done",)
    assert graph.doc == "Train two models."
    assert Graph.model_validate_json(graph.model_dump_json(by_alias=True)) == graph


def test_equal_calls_share_one_definition() -> None:
    graph = training.trace(year=2021)
    assert {d.name for d in graph.definitions.values()} >= {"load", "split", "fit", "best", "done"}
    assert len([d for d in graph.definitions.values() if d.qualname == "fit"]) == 1


def test_a_step_outside_a_pipeline_is_its_function() -> None:
    assert fit(load(3), depth=1) == "1 1"


def test_a_pipeline_outside_a_run_is_its_function() -> None:
    assert training(2020) is None


def test_sub_pipelines_prefix_their_nodes() -> None:
    @pipeline
    def scoring(rows: Any) -> Any:
        return fit(rows)

    @pipeline
    def outer() -> None:
        rows = load()
        scoring(rows)
        best([scoring(rows)])

    assert [n.id for n in outer.trace().nodes] == ["load", "scoring/fit", "scoring_2/fit", "best"]


def _refused(body: Any, kind: type[Exception], *words: str) -> None:
    with pytest.raises(kind) as caught:
        pipeline(name="broken")(body).trace()
    for word in words:
        assert word in str(caught.value)


def test_an_edge_of_the_wrong_type_names_both_ends() -> None:
    _refused(
        lambda: fit(best(["a"])),
        EdgeTypeError, "'fit', input 'rows'", "list[float]", "'best'", "str",
    )  # fmt: skip


def test_an_element_of_the_wrong_type_is_found_inside_a_list() -> None:
    _refused(lambda: best([fit(load()), load()]), EdgeTypeError, "input 'models'[1]", "list[float]")


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (lambda: fit(load(), deep=3), ParameterError, ["'deep'", "did you mean 'depth'"]),
        (lambda: fit(load(), depth="many"), ParameterError, ["input 'depth'", "takes int", "str"]),
        (lambda: bool(load()), PipelineError, ["has no value while the pipeline is traced"]),
        (lambda: load().mean(), PipelineError, ["has no value"]),
        (lambda: fit(split(load())), PipelineError, ["'train', 'rest'"]),
        (lambda: split(load())["tset"], PipelineError, ["no output 'tset'", "train, rest"]),
        (lambda: done(after=[3]), PipelineError, ["after="]),
        (lambda: 1 / 0, PipelineError, ["line", "ZeroDivisionError"]),
        (lambda: None, PipelineError, ["calls no step"]),
        (lambda: fit(Artifact("a/b/c")), PipelineError, ["'a/b/c'", "run()"]),
    ],
)
def test_mistakes_say_where_and_what(body: Any, kind: type[Exception], words: list[str]) -> None:
    _refused(body, kind, *words)


def test_missing_annotations_are_told_at_once() -> None:
    @step
    def bare(left, right: int):  # type: ignore[no-untyped-def]
        return left

    _refused(lambda: bare(1, 2), PipelineError, "parameter 'left'", "the return value")


@pytest.mark.parametrize("name", ["stack", "wait", "manifest", "config", "in_process"])
def test_reserved_parameters_are_refused(name: str) -> None:
    scope: dict[str, Any] = {}
    exec(f"def body({name}: int) -> None: ...", scope)
    with pytest.raises(PipelineError, match=name):
        pipeline(scope["body"])


def test_all_wrong_parameters_of_a_pipeline_are_told_at_once() -> None:
    with pytest.raises(ParameterError) as caught:
        training.trace(yaer=1, depth="x")
    text = str(caught.value)
    assert "'yaer' is unknown; did you mean 'year'?" in text
    assert "'year' (int) is missing" in text
    assert "'depth'" in text


def test_text_is_read_by_annotation() -> None:
    @pipeline
    def mixed(count: int, name: str, on: bool, sizes: list[int], any_: Any = None) -> None:
        done()

    given_text = {"count": "7", "name": "7", "on": "true", "sizes": "[1, 2]", "any_": "1.5"}
    assert mixed.parse(given_text) == {
        "count": 7, "name": "7", "on": True, "sizes": [1, 2], "any_": 1.5,
    }  # fmt: skip
    with pytest.raises(ParameterError, match="'count'"):
        mixed.parse(given_text | {"count": "seven"})


def test_a_cycle_in_a_graph_is_refused() -> None:
    graph = training.trace(year=1)
    nodes = tuple(
        node.model_copy(update={"after": ("best",)}) if node.id == "load" else node
        for node in graph.nodes
    )
    with pytest.raises(ValueError, match="cycle"):
        Graph(pipeline="x", definitions=graph.definitions, nodes=nodes)


def test_options_reach_the_graph() -> None:
    @step(resources=Resources(cpu=2, memory="1Gi"), retries=2, timeout=5, cache=False)
    def heavy() -> None: ...

    @pipeline
    def once() -> None:
        heavy()

    graph = once.trace()
    options = graph.options(graph.nodes[0])
    assert options.resources.memory_bytes == 2**30
    assert (options.retries.count, options.timeout, options.cache) == (2, 5, False)


class Animal: ...


class Cat(Animal): ...


@pytest.mark.parametrize(
    ("produced", "consumed", "expected"),
    [
        (Cat, Animal, True),
        (Animal, Cat, False),
        (int, float, True),
        (float, int, False),
        (int, int | None, True),
        (int | None, int, False),
        (list[Cat], list[Animal], True),
        (list[int], dict[str, int], False),
        (Any, Cat, True),
        (Cat, Any, True),
        (tuple[int, str], tuple[int, int], False),
        (dict[str, Cat], dict[str, Animal], True),
    ],
)
def test_types_fit_as_a_reader_expects(produced: Any, consumed: Any, expected: bool) -> None:
    assert fits(produced, consumed) is expected


@given(st.lists(st.integers(min_value=0, max_value=5), min_size=1, max_size=30))
def test_any_wiring_yields_a_sorted_graph_with_unique_ids(picks: list[int]) -> None:
    def body() -> None:
        made: list[Any] = [load()]
        for pick in picks:
            made.append(split(made[pick % len(made)])["train"])

    graph = trace_pipeline(pipeline(name="wired")(body), {}).graph
    seen: set[str] = set()
    for node in graph.nodes:
        assert isinstance(node, StepNode)
        assert set(node.upstream()) <= seen
        assert node.id not in seen
        seen.add(node.id)
