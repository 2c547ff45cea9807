"""The components that Pulumi hosts for programs in other languages."""

from __future__ import annotations

from pulumi import ComponentResource

from fairlead_components.base import Component
from fairlead_components.registry import component_names, find_component

#: The package that other languages see; every component's type token begins with it.
PACKAGE = Component.package


def hosted_components() -> list[type[ComponentResource]]:
    """Return the classes of all components that are ours and whose packages are installed.

    Example:
        >>> "LocalArtifactStore" in {component.__name__ for component in hosted_components()}
        True
    """
    from fairlead.errors import MissingExtraError

    found: dict[str, type[ComponentResource]] = {}
    for name in component_names():
        provider, kind, flavor = name.split(".", 2)
        try:
            component = find_component(provider, kind, flavor)
        except MissingExtraError:
            continue  # a component of a cloud whose SDK this environment does without
        if component.package == PACKAGE:
            found.setdefault(component.__name__, component)
    return list(found.values())
