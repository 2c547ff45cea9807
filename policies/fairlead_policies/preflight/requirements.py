"""What a stack's adapters declare: every permission that their calls will need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fairlead_policies.preflight.image_pulls import image_permissions
from fairlead_policies.resource import holds_unknown

if TYPE_CHECKING:
    from fairlead.ports.permissions import Permission

_NAMED = "step_operators"

#: Kinds that no code of ours calls: whoever runs is an identity already, networks lie beneath.
_UNCALLED = frozenset({"identity", "network", "key", "cluster"})
_REGISTRY = "container_registry"


@dataclass(frozen=True, slots=True)
class Declared:
    """Hold what adapters declare.

    Attributes:
        permissions: Every permission, once.
        silent: Components whose adapters declare nothing, and why, by the component's name.
    """

    permissions: tuple[Permission, ...]
    silent: Mapping[str, str]


def declared(components: Mapping[str, Any]) -> Declared:
    """Return what the adapters of a manifest's components declare.

    Args:
        components: The manifest's ``components``: contracts by kind, as plain data.

    Example:
        >>> store = {"flavor": "s3", "url": "s3://ml", "region": "eu-central-1"}
        >>> "s3:PutObject" in {p.action for p in declared({"artifact_store": store}).permissions}
        True
    """
    from fairlead.ports.permissions import DeclaresPermissions

    found: dict[str, Permission] = {}
    silent: dict[str, str] = {}
    for name, kind, contract in _contracts(components):
        if kind == _REGISTRY and isinstance(contract, Mapping) and not holds_unknown(contract):
            found |= {repr(one): one for one in image_permissions(contract)}
            continue
        adapter = _adapter(kind, contract)
        if isinstance(adapter, str):
            silent[name] = adapter
        elif isinstance(adapter, DeclaresPermissions):
            found |= {repr(one): one for one in adapter.permissions()}
        elif adapter is not None and ".local." not in type(adapter).__module__:
            silent[name] = f"{type(adapter).__name__} does not declare its permissions"
    return Declared(tuple(found.values()), silent)


def _contracts(components: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for kind, contract in components.items():
        if kind in _UNCALLED:
            continue
        if kind == _NAMED and isinstance(contract, Mapping):
            for name, one in contract.items():
                yield f"{_NAMED}.{name}", "step_operator", one
        else:
            yield kind, kind, contract


def _adapter(kind: str, contract: Any) -> Any:
    """Return the adapter of a contract; None for kinds without one; a text where it cannot be."""
    from pydantic import ValidationError

    from fairlead.errors import MissingExtraError, UnknownFlavorError
    from fairlead.registry import load, names

    if not isinstance(contract, Mapping) or holds_unknown(contract):
        return "its contract is not known before the stack exists"
    name = f"{kind}.{contract.get('flavor')}"
    if name not in names("fairlead.adapters"):
        return None if name in names("fairlead.contracts") else f"{name} is not installed"
    try:
        return load("fairlead.adapters", name)(load("fairlead.contracts", name)(**contract))
    except MissingExtraError as error:
        return str(error)
    except (ValidationError, UnknownFlavorError):
        return f"its contract is not one of {name}"
