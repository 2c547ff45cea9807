"""Programs as data: a compliant one, and what is changed of it to make others."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from fairlead_policies.resource import UNKNOWN, Resource

Kind = Literal["bad", "good", "unknown", "none"]


@dataclass(frozen=True)
class Ref:
    """A value that comes from another resource, known or not."""

    name: str
    value: Any = UNKNOWN


@dataclass(frozen=True)
class Case:
    """A program and what a control must make of it."""

    kind: Kind
    resources: list[Resource]
    settings: Mapping[str, Any]


CASES: dict[str, list[Case]] = defaultdict(list)


def urn(name: str) -> str:
    """Return the urn of a case's resource."""
    return f"urn:pulumi:dev::demo::x::{name}"


def _settle(value: Any, into: set[str]) -> Any:
    if isinstance(value, Ref):
        into.add(urn(value.name))
        return value.value
    if isinstance(value, Mapping):
        return {key: _settle(one, into) for key, one in value.items()}
    if isinstance(value, list):
        return [_settle(one, into) for one in value]
    return value


def res(
    type_: str, props: Mapping[str, Any] | None = None, name: str = "it", *, protect: bool = True
) -> Resource:
    """Return a resource; a Ref among its properties is a property dependency."""
    settled, depends = {}, {}
    for key, value in (props or {}).items():
        into: set[str] = set()
        settled[key] = _settle(value, into)
        if into:
            depends[key] = tuple(sorted(into))
    every = tuple(sorted({one for urns in depends.values() for one in urns}))
    return Resource(urn(name), type_, name, settled, "", every, depends, protect)


def change(resource: Resource, path: str, value: Any) -> Resource:
    """Return a resource with another value at a dotted path; None takes it away."""
    props = copy.deepcopy(dict(resource.props))
    *above, last = path.split(".")
    inner: Any = props
    for key in above:
        inner = inner[int(key)] if isinstance(inner, list) else inner.setdefault(key, {})
    if isinstance(inner, list):
        inner[int(last)] = value
    elif value is None:
        inner.pop(last, None)
    else:
        inner[last] = value
    return replace(resource, props=props)


Program = Sequence[Resource]
Variant = Mapping[str, Any] | Program


def vary(
    control: str,
    base: Resource | Program,
    *,
    bad: Sequence[Variant] = (),
    good: Sequence[Variant] = (),
    unknown: Sequence[str | Variant] = (),
    none: Sequence[Variant] = (),
    at: int = 0,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Add cases: the base is compliant; a mapping changes it, a list is a program of its own."""
    program = [base] if isinstance(base, Resource) else list(base)

    def build(variant: str | Variant) -> list[Resource]:
        if isinstance(variant, str):
            variant = {variant: UNKNOWN}
        if not isinstance(variant, Mapping):
            return list(variant)
        changed = program[at]
        for path, value in variant.items():
            changed = change(changed, path, value)
        return [*program[:at], changed, *program[at + 1 :]]

    def add(kind: Kind, variants: Sequence[str | Variant]) -> None:
        CASES[control] += [Case(kind, build(one), settings or {}) for one in variants]

    add("good", [{}, *good] if program else list(good))
    add("bad", bad)
    add("unknown", unknown)
    add("none", none)


def document(*statements: Mapping[str, Any]) -> str:
    """Return a policy document as JSON text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = None, condition: Any = None, **more: Any) -> dict[str, Any]:
    """Return a statement that allows something."""
    return statement("Allow", action, resource, condition, **more)


def deny(action: Any, resource: Any = None, condition: Any = None, **more: Any) -> dict[str, Any]:
    """Return a statement that denies something."""
    return statement("Deny", action, resource, condition, **more)


def statement(
    effect: str, action: Any, resource: Any, condition: Any, **more: Any
) -> dict[str, Any]:
    """Return a statement with what is given of it."""
    parts = {"Action": action, "Resource": resource, "Condition": condition, **more}
    return {"Effect": effect} | {key: value for key, value in parts.items() if value is not None}
