"""The plan: every resource that a program declares, as policies and pictures read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from fairlead_components.provider.wire import UNKNOWN

STACK = "pulumi:pulumi:Stack"
_PROVIDERS = "pulumi:providers:"


@dataclass(frozen=True, slots=True)
class PlannedResource:
    """Describe one resource; the names are those of Pulumi's state.

    Attributes:
        urn: Its URN.
        type: Its type's token.
        custom: Whether a provider makes it; else it is a component.
        inputs: What the program gives; a value that is not known yet is Pulumi's mark for it.
        outputs: All its properties, as far as they are known.
        id: Its id, once it has one.
        parent: The URN of its parent.
        provider: The reference of its provider.
        dependencies: URNs of the resources that it depends on.
        propertyDependencies: The same for each input.
        protect: Whether the engine refuses to delete it.
        retainOnDelete: Whether the engine leaves it where it is when it is deleted.
    """

    urn: str
    type: str
    custom: bool = True
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    parent: str = ""
    provider: str = ""
    dependencies: tuple[str, ...] = ()
    propertyDependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # noqa: N815
    protect: bool = False
    retainOnDelete: bool = False  # noqa: N815

    @property
    def name(self) -> str:
        """What the program calls it."""
        return self.urn.rpartition("::")[2]

    @property
    def is_provider(self) -> bool:
        """Whether it is a provider's configuration rather than a thing."""
        return self.type.startswith(_PROVIDERS)

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> PlannedResource:
        """Read a resource of ``pulumi preview --json`` or ``pulumi stack export``."""
        return cls(
            urn=state["urn"],
            type=state["type"],
            custom=bool(state.get("custom")),
            inputs=state.get("inputs") or {},
            outputs=state.get("outputs") or {},
            id=state.get("id", ""),
            parent=state.get("parent", ""),
            provider=state.get("provider", ""),
            dependencies=tuple(sorted(state.get("dependencies") or ())),
            propertyDependencies={
                name: tuple(sorted(urns or ()))
                for name, urns in sorted((state.get("propertyDependencies") or {}).items())
            },
            protect=bool(state.get("protect")),
            retainOnDelete=bool(state.get("retainOnDelete")),
        )

    def upstream(self) -> list[str]:
        """Return the URNs of what it depends on, each once."""
        found = dict.fromkeys(self.dependencies)
        for urns in self.propertyDependencies.values():
            found.update(dict.fromkeys(urns))
        return list(found)


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold the resources of a stack, parents and dependencies first."""

    resources: tuple[PlannedResource, ...]

    @classmethod
    def of(cls, states: Iterable[Mapping[str, Any]]) -> Plan:
        """Read resources, which programs register in an order that chance decides.

        They come parents and dependencies first, then by URN, so that equal programs give equal
        plans.
        """
        found = {state["urn"]: PlannedResource.of(state) for state in states}
        above = {
            urn: {up for up in (*resource.upstream(), resource.parent) if up in found and up != urn}
            for urn, resource in found.items()
        }
        sorter = TopologicalSorter(above)
        try:
            sorter.prepare()
        except CycleError:  # not from the engine, but a plan may come from a file
            return cls(tuple(found[urn] for urn in sorted(found)))
        order: list[PlannedResource] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready())
            order += [found[urn] for urn in ready]
            sorter.done(*ready)
        return cls(tuple(order))

    def to_data(self) -> list[dict[str, Any]]:
        """Return the resources as JSON data."""
        return [asdict(resource) for resource in self.resources]

    def things(self) -> list[PlannedResource]:
        """Return the resources that are neither the stack itself nor a provider's settings."""
        return [r for r in self.resources if r.type != STACK and not r.is_provider]

    def unknown_inputs(self) -> int:
        """Return how many inputs are known only once something else exists."""
        return sum(_unknowns(value) > 0 for r in self.things() for value in r.inputs.values())


def _unknowns(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(_unknowns(item) for item in value.values())
    if isinstance(value, list):
        return sum(_unknowns(item) for item in value)
    return int(isinstance(value, str) and UNKNOWN in value)
