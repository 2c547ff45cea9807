"""Cases as programs that Pulumi runs: what types require is filled in, references are outputs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from policy_cases.builder import change

from fairlead_components.rehearsal.resource_types import ResourceType
from fairlead_components.rehearsal.sdk import Sdk
from fairlead_components.rehearsal.validation import Validator
from fairlead_policies.resource import UNKNOWN, Resource

#: What a stand-in is told of where a value comes from another resource.
MARK = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
#: Where resources may lie.
_PLACES = {"location": "europe-west4", "region": "eu-west-1"}
_FILLERS: tuple[Any, ...] = ("x", 1, ["x"], {}, [{}], False)

PROGRAM = """
import json
import pulumi

made = {}

def value(given, sources):
    if isinstance(given, dict):
        return {key: value(one, sources) for key, one in given.items()}
    if isinstance(given, list):
        return [value(one, sources) for one in given]
    return made[sources[0]].id if given == "MARK" else given

def inputs(one):
    props = {}
    for name, given in one["props"].items():
        sources = one["sources"].get(name, [])
        props[name] = value(given, sources)
        if sources and props[name] == given:
            # Known, and yet another resource's: as a name that a provider gives back.
            props[name] = made[sources[0]].id.apply(lambda _, given=given: given)
    return props

with open("resources.json") as file:
    for one in json.load(file):
        options = pulumi.ResourceOptions(protect=one["protect"])
        kind = pulumi.ProviderResource if one["type"].startswith("pulumi:") else None
        if kind is not None:
            package = one["type"].rpartition(":")[2]
            made[one["urn"]] = kind(package, one["name"], inputs(one), options)
        else:
            made[one["urn"]] = pulumi.CustomResource(
                one["type"], one["name"], inputs(one), options
            )
"""


def renamed(programs: Sequence[Sequence[Resource]]) -> list[Resource]:
    """Return the resources of several programs as one, each with a name of its own."""
    every: list[Resource] = []
    for number, program in enumerate(programs):
        names = {
            one.urn: f"urn:pulumi:dev::demo::{one.type}::r{number}-{place}"
            for place, one in enumerate(program)
        }
        every += [
            replace(
                one,
                props={
                    key: value
                    if set(one.property_dependencies.get(key, ())) & set(names)
                    else _elsewhere(value)
                    for key, value in one.props.items()
                },
                urn=names[one.urn],
                name=names[one.urn].rpartition("::")[2],
                dependencies=(),
                property_dependencies={
                    name: tuple(names[urn] for urn in urns if urn in names)
                    for name, urns in one.property_dependencies.items()
                },
            )
            for one in program
        ]
    return every


def _elsewhere(value: Any) -> Any:
    """Return a value in which what comes from a resource of no program is a name."""
    if isinstance(value, Mapping):
        return {key: _elsewhere(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_elsewhere(one) for one in value]
    return "elsewhere" if value is UNKNOWN else value


def completed(resource: Resource, kind: ResourceType | None) -> Resource:
    """Return a resource with what its type requires; what has a value keeps it."""
    if kind is None:
        return resource
    validator = Validator(kind.objects, bridged=kind.bridged)

    def failures(one: Resource) -> list[tuple[str, str]]:
        return validator.fields(_marked(one.props), kind.inputs)

    for _ in range(40):
        missing = [at for at, why in failures(resource) if why == "missing"]
        if not missing:
            return resource
        resource = _filled(resource, missing[0], failures)
    raise AssertionError(f"{resource.type} requires too much")


def _filled(
    resource: Resource, at: str, failures: Callable[[Resource], list[tuple[str, str]]]
) -> Resource:
    """Return a resource with something that fits at a place."""
    path = at.replace("[", ".").replace("]", "")
    fillers = [_PLACES[path], *_FILLERS] if path in _PLACES else list(_FILLERS)
    while fillers:
        tried = change(resource, path, fillers.pop(0))
        wrong = [why for place, why in failures(tried) if place.startswith(at) and why != "missing"]
        if not wrong:
            return tried
        if wrong[0].startswith("must be one of "):
            fillers.insert(0, wrong[0].removeprefix("must be one of ").split(", ")[0])
    raise AssertionError(f"nothing fits {resource.type} {at}")


def _marked(value: Any) -> Any:
    if value is UNKNOWN:
        return MARK
    if isinstance(value, Mapping):
        return {key: _marked(one) for key, one in value.items() if one is not None}
    return [_marked(one) for one in value] if isinstance(value, list) else value


def write_program(
    folder: Path, resources: Sequence[Resource], sdks: Mapping[str, Sdk]
) -> list[Resource]:
    """Write a program that registers resources, and return them as it does.

    Args:
        folder: The project's.
        resources: Of any programs; what others come from goes first.
        sdks: Where types are known from.
    """
    whole = [completed(one, _kind(one, sdks)) for one in resources]
    ordered: list[Resource] = []
    done: set[str] = set()
    while len(ordered) < len(whole):
        for one in whole:
            sources = {urn for urns in one.property_dependencies.values() for urn in urns}
            if one.urn not in done and sources <= done:
                ordered.append(one)
                done.add(one.urn)
    data = [
        {
            "urn": one.urn,
            "type": one.type,
            "name": one.name,
            "props": _marked(one.props),
            "protect": one.protect,
            "sources": {name: list(urns) for name, urns in one.property_dependencies.items()},
        }
        for one in ordered
    ]
    (folder / "resources.json").write_text(json.dumps(data))
    (folder / "__main__.py").write_text(PROGRAM.replace("MARK", MARK))
    return ordered


def _kind(resource: Resource, sdks: Mapping[str, Sdk]) -> ResourceType | None:
    package = resource.type.partition(":")[0]
    return sdks[package].resource(resource.type) if package in sdks else None
