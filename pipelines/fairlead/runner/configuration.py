"""A run configuration: what one run asks for differently, without touching code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from fairlead.errors import ConfigError
from fairlead.graph import Distributed, Graph, Resources, Retries, StepNode
from fairlead.spelling import did_you_mean


class StepConfiguration(BaseModel):
    """Say what one step asks for in this run; what is not given stays as the code says."""

    model_config = ConfigDict(extra="forbid")

    resources: Resources | None = None
    operator: str | None = None
    retries: Retries | None = None
    timeout: float | None = Field(default=None, gt=0)
    cache: bool | None = None
    environment: dict[str, str] | None = None
    image: str | None = None
    settings: dict[str, dict[str, JsonValue]] | None = None
    distributed: Distributed | None = None

    @field_validator("retries", mode="before")
    @classmethod
    def _count(cls, value: Any) -> Any:
        return {"count": value} if isinstance(value, int) else value


class RunConfiguration(BaseModel):
    """Hold a run configuration.

    Attributes:
        parameters: The pipeline's parameters; those given in the call win.
        tags: For finding the run again.
        steps: What steps ask for, by node id.
    """

    model_config = ConfigDict(extra="forbid")

    parameters: dict[str, Any] = {}
    tags: dict[str, str] = {}
    steps: dict[str, StepConfiguration] = {}


def read_configuration(given: Mapping[str, Any] | str | Path | None) -> RunConfiguration:
    """Read a run configuration.

    Args:
        given: A mapping, the path of a YAML file, or None for an empty one.

    Raises:
        ConfigError: Every problem in it, with its path.

    Example:
        >>> read_configuration({"steps": {"train": {"retries": 2}}}).steps["train"].retries.count
        2
    """
    if given is None:
        return RunConfiguration()
    source = "run configuration"
    if isinstance(given, str | Path):
        import yaml

        source = str(given)
        try:
            given = yaml.safe_load(Path(given).read_text()) or {}
        except OSError as error:
            raise ConfigError(source, [f"cannot be read: {error.strerror}"]) from None
        except yaml.YAMLError as error:
            raise ConfigError(source, [f"is not YAML: {error}"]) from None
    try:
        return RunConfiguration.model_validate(given)
    except ValidationError as error:
        problems = []
        for problem in error.errors(include_input=False, include_url=False):
            path = ".".join(str(part) for part in problem["loc"]) or "document"
            message = problem["msg"]
            if problem["type"] == "extra_forbidden":
                message = "unknown key; it takes " + _keys(problem["loc"])
            problems.append(f"{path}: {message}")
        raise ConfigError(source, problems) from None


def _keys(path: tuple[int | str, ...]) -> str:
    model = StepConfiguration if path[0] == "steps" else RunConfiguration
    return ", ".join(model.model_fields) + did_you_mean(str(path[-1]), model.model_fields)


def apply(configuration: RunConfiguration, graph: Graph) -> Graph:
    """Return a graph in which steps ask for what a run configuration says.

    Raises:
        ConfigError: It names steps that the graph does not have.
    """
    if not configuration.steps:
        return graph
    ids = {node.id for node in graph.nodes}
    unknown = []
    for name in configuration.steps:
        if name not in ids:
            hint = did_you_mean(name, ids) or "; it has " + ", ".join(sorted(ids)[:10])
            unknown.append(f"steps.{name}: the pipeline has no such step{hint}")
    if unknown:
        raise ConfigError("run configuration", unknown)
    nodes: list[StepNode] = []
    for node in graph.nodes:
        wanted = configuration.steps.get(node.id)
        if wanted is None:
            nodes.append(node)
            continue
        update = {name: getattr(wanted, name) for name in wanted.model_fields_set}
        options = graph.options(node).model_copy(update=update)
        nodes.append(node.model_copy(update={"options": options}))
    return graph.model_copy(update={"nodes": tuple(nodes)})
