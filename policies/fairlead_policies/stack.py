"""The resources of a stack, joined by what their properties come from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from fairlead_policies.resource import Resource
from fairlead_policies.settings import Settings


class Stack:
    """Index a stack's resources; building it and each question are linear.

    Args:
        resources: All resources, or only one where nothing else is known.
        settings: The pack's configuration.
    """

    def __init__(self, resources: Sequence[Resource], settings: Settings) -> None:
        self.resources = resources
        self.settings = settings
        self.by_urn = {resource.urn: resource for resource in resources}
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        self._pointing: dict[tuple[str, str, str], list[Resource]] = defaultdict(list)
        for resource in resources:
            self._by_type[resource.type].append(resource)
            for name, urns in resource.property_dependencies.items():
                for urn in urns:
                    self._pointing[urn, resource.type, name].append(resource)

    def of(self, *types: str) -> list[Resource]:
        """Return the resources of some types, in the stack's order."""
        return [resource for type_ in types for resource in self._by_type.get(type_, ())]

    def has(self, prefix: str) -> bool:
        """Tell whether there is a resource whose type begins with something."""
        return any(type_.startswith(prefix) for type_ in self._by_type)

    def companions(self, resource: Resource, type_: str, name: str) -> list[Resource]:
        """Return the resources of a type whose property comes from a resource.

        Args:
            resource: What they belong to.
            type_: Their type.
            name: Their top-level property that holds the resource's id, name or ARN.
        """
        return self._pointing.get((resource.urn, type_, name), [])

    def sources(self, resource: Resource, name: str, type_: str) -> list[Resource]:
        """Return the resources of a type that a property's value comes from."""
        urns = resource.property_dependencies.get(name, ())
        found = (self.by_urn.get(urn) for urn in urns)
        return [one for one in found if one is not None and one.type == type_]
