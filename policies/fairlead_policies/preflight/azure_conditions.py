"""The conditions that Azure role assignments carry (attribute-based access control).

Source:
    https://learn.microsoft.com/azure/role-based-access-control/conditions-format
    https://learn.microsoft.com/azure/storage/blobs/storage-auth-abac-attributes
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from fairlead_policies.preflight.expressions import Expression
from fairlead_policies.preflight.ternary import Truth, every, no, some
from fairlead_policies.preflight.wildcards import matches

_TOKENS = re.compile(
    r"@\w+\[[^\]]*\]|'(?:[^'\\]|\\.)*'|\"[^\"]*\"|&&|\|\||[!(){},]|[A-Za-z]+:[A-Za-z]+|\w+"
)


def holds(condition: str, action: str, suboperation: str, attributes: Mapping[str, str]) -> Truth:
    """Return whether a condition is met; None where it asks for what is not known.

    Args:
        condition: The condition, version 2.0.
        action: The action that is asked for.
        suboperation: Its suboperation, such as ``Blob.List``; empty where it has none.
        attributes: What is known: ``@Resource[…]``, ``@Request[…]`` and so on, in lower case.

    Example:
        >>> condition = "!(ActionMatches{'x/read'}) OR (@Resource[x:path] StringLike 'runs/*')"
        >>> holds(condition, "x/read", "", {"@resource[x:path]": "runs/1.json"})
        True
    """
    try:
        return _Condition(condition, action, suboperation, attributes).value()
    except ValueError:
        return None


class _Condition(Expression):
    """Read a condition; its atoms name actions or compare attributes."""

    def __init__(
        self, text: str, action: str, suboperation: str, attributes: Mapping[str, str]
    ) -> None:
        super().__init__(text, _TOKENS)
        self._action = action
        self._suboperation = suboperation
        self._attributes = attributes

    def atom(self) -> Truth:
        word = self.take()
        if word == "ActionMatches":
            return some(matches(one.lower(), self._action.lower()) for one in self._strings())
        if word == "SubOperationMatches":
            wanted = [one.lower() for one in self._strings()]
            return self._suboperation.lower() in wanted
        if word == "Exists":
            return True if self._attributes.get(self.take().lower()) is not None else None
        if word == "Not" and self.peek() == "Exists":
            return no(self.atom())
        if not word.startswith("@"):
            raise ValueError(f"{word} is no atom")
        return self._compared(word)

    def _compared(self, attribute: str) -> Truth:
        operator = self.take()
        wanted = self._values()
        group, _, name = operator.rpartition(":")
        ignoring = name.endswith("IgnoreCase")
        name = name.removesuffix("IgnoreCase")
        value = self._attributes.get(attribute.lower())
        negated = "Not" in name
        compare = _COMPARISONS.get(name.replace("Not", ""))
        if value is None or compare is None or None in wanted:
            return None
        fold = str.casefold if ignoring else str
        found = [compare(fold(value), fold(str(one))) for one in wanted]
        if group in {"ForAnyOfAllValues", "ForAllOfAllValues"}:
            return every(no(one) if negated else one for one in found)
        return no(some(found)) if negated else some(found)

    def _values(self) -> list[str | None]:
        if self.peek() == "{":
            return list(self._strings())
        return [self._value(self.take())]

    def _value(self, token: str) -> str | None:
        if token.startswith("@"):
            return self._attributes.get(token.lower())
        return _unquoted(token)

    def _strings(self) -> list[str]:
        self.take("{")
        found = []
        while self.peek() != "}":
            found.append(_unquoted(self.take()))
            if self.peek() == ",":
                self.take()
        self.take("}")
        return found


def _unquoted(token: str) -> str:
    return token[1:-1].replace("\\'", "'") if token[0] in "'\"" else token


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringStartsWith": str.startswith,
    "StringLike": lambda value, wanted: matches(wanted, value),
    "StringMatches": lambda value, wanted: re.search(wanted, value) is not None,
    "BoolEquals": lambda value, wanted: value.lower() == wanted.lower(),
    "GuidEquals": lambda value, wanted: value.lower() == wanted.lower(),
}
