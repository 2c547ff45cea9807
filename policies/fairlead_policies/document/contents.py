"""What a stack's document says, gathered from its resources, its manifest and preflight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead_policies.document.encryption import Encrypted, encrypted, spoken
from fairlead_policies.document.exits import Exit, exits
from fairlead_policies.inventory import Inventory
from fairlead_policies.preflight.check import components, run
from fairlead_policies.preflight.comparison import Identity, Preflight
from fairlead_policies.preflight.findings import place
from fairlead_policies.resource import Unknown
from fairlead_policies.settings import Settings
from fairlead_policies.stack import Stack

#: Identities' functions, as DESIGN's words.
FUNCTIONS = {
    "submitter": "people and CI: write bundles, manifests, run.json and cancel.json; start runs",
    "runner": "walks the graph of a run",
    "step": "runs user code",
    "deployer": "changes what is served",
    "serving": "serves models",
    "reader": "reads reports",
    "maintainer": "the only one that deletes",
}
_HIDDEN = {"flavor", "version"}
_WIDTH = 28
_NOT_KNOWN = "not known before `up`"


@dataclass(frozen=True, slots=True)
class Component:
    """Name one component of the stack: its kind, flavor and the contract's fields."""

    kind: str
    flavor: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Who:
    """Say who an identity is and what it may do.

    Attributes:
        name: Its function.
        purpose: What the function is.
        cloud: In which cloud it is somebody.
        problem: Why nothing is known of it, where that is so.
        may: Each action that it is granted, with the places.
        calls: Each action that adapters declare for it, with the places: how data flows.
    """

    name: str
    purpose: str
    cloud: str
    problem: str
    may: tuple[tuple[str, str], ...]
    calls: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """Hold the document.

    Attributes:
        components: The stack's components; empty for stacks that are none of Fairlead's.
        picture: The resource graph, as SVG.
        resources: How many resources there are of each type.
        identities: Who there is.
        exits: Where data can leave.
        encrypted: What holds data, and its keys.
        isolation: How far the stack is meant to be cut off.
    """

    components: tuple[Component, ...]
    picture: str
    resources: tuple[tuple[str, int], ...]
    identities: tuple[Who, ...]
    exits: tuple[Exit, ...]
    encrypted: tuple[Encrypted, ...]
    isolation: str


def contents(inventory: Inventory, settings: Settings) -> Contents:
    """Return what the document says.

    Args:
        inventory: The stack, as exported, previewed or rehearsed.
        settings: The pack's configuration.
    """
    inventory = inventory.made or inventory
    stack = Stack(inventory.resources, settings)
    result = run(inventory, settings) or Preflight((), {})
    contracts = components(inventory)
    counts: dict[str, int] = {}
    for one in _made(stack):
        counts[spoken(one.type)] = counts.get(spoken(one.type), 0) + 1
    return Contents(
        components=tuple(_components(contracts if isinstance(contracts, Mapping) else {})),
        picture=_picture(stack, f"Resources of {inventory.stack or inventory.source}"),
        resources=tuple(sorted(counts.items())),
        identities=tuple(_who(one) for one in result.identities),
        exits=tuple(exits(stack)),
        encrypted=tuple(encrypted(stack)),
        isolation=settings.isolation,
    )


def _components(contracts: Mapping[str, Any]) -> Iterator[Component]:
    for kind, contract in contracts.items():
        several = kind == "step_operators" and isinstance(contract, Mapping)
        named = contract.items() if several else [("", contract)]
        for name, one in named:
            label = f"step_operator {name}" if name else kind
            if not isinstance(one, Mapping):
                yield Component(label, _NOT_KNOWN, ())
                continue
            facts = tuple(
                (key, _said(value))
                for key, value in one.items()
                if key not in _HIDDEN and value not in (None, "", [], {})
            )
            yield Component(label, _said(one.get("flavor")), facts)


def _said(value: Any) -> str:
    if isinstance(value, Unknown):
        return _NOT_KNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_said(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_said(one) for one in value)
    return str(value)


def _who(identity: Identity) -> Who:
    granted = [(one.action, place(one.resource)) for one in identity.granted]
    called = [(one.action, place(one.resource)) for one in identity.checked]
    return Who(
        name=identity.name,
        purpose=FUNCTIONS[identity.name],
        cloud=identity.cloud,
        problem=identity.problem,
        may=_grouped(granted),
        calls=_grouped(called),
    )


def _grouped(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return each action with all its places."""
    found: dict[str, dict[str, None]] = {}
    for action, where in pairs:
        found.setdefault(action, {})[where] = None
    return tuple((action, ", ".join(places)) for action, places in found.items())


def _made(stack: Stack) -> list[Any]:
    """Return what providers make: neither components nor providers' settings."""
    return [
        one
        for one in stack.resources
        if not one.type.startswith(("pulumi:", "fairlead")) and one.type.count(":") > 1
    ]


def _short(kind: str) -> str:
    """Return a type that fits into a box."""
    return kind if len(kind) <= _WIDTH else f"{kind[: _WIDTH - 1]}…"


def _picture(stack: Stack, title: str) -> str:
    from fairlead.drawing.diagram import Box, Diagram
    from fairlead.drawing.direct import direct
    from fairlead.drawing.svg import draw_svg

    shown = _made(stack)
    number = {one.urn: position for position, one in enumerate(shown)}
    boxes = tuple(
        Box(one.urn, one.name, detail=_short(spoken(one.type)), kind=spoken(one.type))
        for one in shown
    )
    above: dict[str, list[str]] = {}
    for one in shown:
        ups = [*one.dependencies, *(up for of in one.property_dependencies.values() for up in of)]
        # What comes later in a file cannot lie before it in the picture.
        earlier = (up for up in ups if number.get(up, number[one.urn]) < number[one.urn])
        above[one.urn] = list(dict.fromkeys(earlier))
    return draw_svg(Diagram(boxes, tuple(direct(above))), title=title, noun="resources")
