"""IAM policy documents, in every form programs write them: JSON text, object or list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead_policies.conditions import undecided
from fairlead_policies.resource import UNKNOWN, each, holds_unknown
from fairlead_policies.results import Problems, Violation

#: Conditions that pin a request to an organisation, account or network.
ORGANISATION = frozenset({"aws:principalorgid", "aws:principalorgpaths", "aws:resourceorgid"})
ACCOUNT = frozenset({"aws:sourceaccount", "aws:principalaccount", "aws:sourceowner"})
NETWORK = frozenset({"aws:sourcevpce", "aws:sourcevpc"})
_DENYING = re.compile(r"not|ifexists", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold one statement; actions and condition keys are lower case, as IAM compares them.

    ``inverted`` names its elements that mean everything but what they list.
    """

    label: str
    allow: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    principals: Mapping[str, tuple[str, ...]]
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]]
    inverted: tuple[str, ...] = ()

    @property
    def anywhere(self) -> bool:
        """Whether it covers every resource."""
        return any(one in {"*", "arn:*", "arn:aws:*"} for one in self.resources)

    @property
    def anyone(self) -> bool:
        """Whether its principal is everybody."""
        return "*" in self.principals.get("*", ()) or "*" in self.principals.get("AWS", ())

    def keys(self) -> set[str]:
        """Return the condition keys it uses."""
        return {key for block in self.conditions.values() for key in block}

    def pins(self, keys: frozenset[str]) -> bool:
        """Tell whether a condition fixes one of some keys to values that are no wildcard.

        Negated operators and those that let a missing key pass fix nothing.
        """
        return any(
            key in keys and values and not any(set(value) <= {"*"} for value in values)
            for operator, block in self.conditions.items()
            if not _DENYING.search(operator) and not operator.startswith("null")
            for key, values in block.items()
        )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple("true" if v is True else "false" if v is False else str(v) for v in each(value))


def _field(entry: Mapping[str, Any], name: str) -> Any:
    value = entry.get(name)
    return entry.get(name[0].lower() + name[1:]) if value is None else value


def _principals(value: Any) -> Mapping[str, tuple[str, ...]]:
    if isinstance(value, Mapping):
        return {str(kind): _texts(who) for kind, who in value.items()}
    return {"*": _texts(value)} if value is not None else {}


def _conditions(value: Any) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    if not isinstance(value, Mapping):
        return {}
    return {
        str(operator).lower(): {str(key).lower(): _texts(v) for key, v in block.items()}
        for operator, block in value.items()
        if isinstance(block, Mapping)
    }


def read(document: Any, path: str) -> tuple[list[Statement], Problems]:
    """Return the statements of a policy document, and what could not be read.

    Args:
        document: JSON text, a document, a list of statements, None or UNKNOWN.
        path: The property it comes from, for messages.

    Example:
        >>> statements, problems = read('{"Statement": {"Effect": "Deny", "Action": "s3:*"}}', "p")
        >>> statements[0].allow, statements[0].actions, problems
        (False, ('s3:*',), [])
    """
    if document is UNKNOWN:
        return [], [undecided(path)]
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return [], [Violation(f"`{path}` is not valid JSON")]
    if isinstance(document, Mapping):
        document = _field(document, "Statement")
    statements: list[Statement] = []
    problems: Problems = []
    for index, entry in enumerate(each(document)):
        label = f"{path}.Statement[{index}]"
        parts = (
            {name: _field(entry, name) for name in _FIELDS} if isinstance(entry, Mapping) else {}
        )
        if entry is UNKNOWN or holds_unknown(parts):
            problems.append(undecided(label))
        elif not isinstance(entry, Mapping):
            problems.append(Violation(f"`{label}` is no statement"))
        else:
            statements.append(_statement(parts, label))
    return statements, problems


_INVERTED = ("NotAction", "NotResource", "NotPrincipal")
_FIELDS = ("Effect", "Action", "Resource", "Principal", "Condition", *_INVERTED)


def _statement(parts: Mapping[str, Any], label: str) -> Statement:
    return Statement(
        label=label,
        allow=str(parts["Effect"]).lower() == "allow",
        actions=tuple(action.lower() for action in _texts(parts["Action"])),
        resources=_texts(parts["Resource"]),
        not_resources=_texts(parts["NotResource"]),
        principals=_principals(parts["Principal"]),
        conditions=_conditions(parts["Condition"]),
        inverted=tuple(name for name in _INVERTED if parts[name] is not None),
    )


def public_statements(statements: list[Statement], *pins: frozenset[str]) -> Iterator[Statement]:
    """Yield the statements that let anybody in without a condition that pins who.

    Args:
        statements: A resource policy's.
        pins: Sets of condition keys, any one of which is enough.
    """
    for one in statements:
        if one.allow and one.anyone and not any(one.pins(keys) for keys in pins):
            yield one
