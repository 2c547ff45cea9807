"""Where rules are declared and found: one decorator, and a table by resource type."""

from __future__ import annotations

import fnmatch
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.stack import Stack

Check = Callable[[Resource, Stack], Problems | None]
PROVIDERS = ("aws", "gcp", "azure", "kubernetes", "general")

#: The type whose one resource stands for the whole stack.
STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True)
class Rule:
    """Bind a check to a control and the resource types it looks at.

    Attributes:
        control: The control's id.
        types: Type tokens, or patterns with `*`.
        check: Returns the problems of one resource, None where the control does not apply.
    """

    control: str
    types: tuple[str, ...]
    check: Check


_DECLARED: list[Rule] = []


def rule(control: str, *types: str) -> Callable[[Check], Check]:
    """Declare a function as a rule of a control.

    Args:
        control: The control's id.
        types: The types of resource that it looks at; `*` matches any characters.

    Example:
        >>> @rule("GEN-DOC-01", "demo:index:Nothing")
        ... def is_named(resource, stack):
        ...     return []
        >>> _DECLARED.pop().control
        'GEN-DOC-01'
    """

    def declare(check: Check) -> Check:
        _DECLARED.append(Rule(control, types, check))
        return check

    return declare


@cache
def every_rule() -> tuple[Rule, ...]:
    """Return all rules, importing every module of every provider once."""
    for provider in PROVIDERS:
        package = importlib.import_module(f"fairlead_policies.{provider}")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
    return tuple(_DECLARED)


@cache
def rules_for(type_: str) -> tuple[Rule, ...]:
    """Return the rules that look at a type of resource."""
    return tuple(
        one
        for one in every_rule()
        if any(t == type_ or ("*" in t and fnmatch.fnmatchcase(type_, t)) for t in one.types)
    )
