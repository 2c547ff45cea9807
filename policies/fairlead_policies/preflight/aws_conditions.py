"""The condition operators of AWS policies, on a request of which not everything is known.

Source:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from fairlead_policies.preflight.ternary import Truth, every, no, some
from fairlead_policies.preflight.wildcards import matches
from fairlead_policies.resource import UNKNOWN, Unknown, each

#: The values of a key in the request; None: the request has no such key; UNKNOWN: not known.
Values = tuple[str, ...] | None | Unknown
Lookup = Callable[[str], Values]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_ARN_PARTS = 6


def holds(conditions: Mapping[str, Any], lookup: Lookup) -> Truth:
    """Return whether all conditions of a statement are met.

    Args:
        conditions: Operator → key → a value or several.
        lookup: Returns the values of a key in the request.

    Example:
        >>> holds({"Bool": {"aws:SecureTransport": "false"}}, lambda key: ("true",))
        False
        >>> holds({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, lambda key: UNKNOWN)
    """
    found: list[Truth] = []
    for operator, keys in conditions.items():
        if not isinstance(keys, Mapping):
            found.append(None)
            continue
        found += [_test(operator, lookup(key), each(value), lookup) for key, value in keys.items()]
    return every(found)


def _test(operator: str, present: Values, wanted: list[Any], lookup: Lookup) -> Truth:
    group, _, name = operator.rpartition(":")
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if name == "Null":
        return _is_null(present, wanted)
    negated = "Not" in name
    compare = _COMPARISONS.get(name.replace("Not", ""))
    if compare is None or group not in {"", "ForAllValues", "ForAnyValue"}:
        return None  # an operator that this reader does not know: nothing is certain
    if present is UNKNOWN:
        return None
    if not present:
        return optional or group == "ForAllValues" or (negated and group == "")
    one_by_one = [
        some(_compared(compare, value, one, lookup) for one in wanted) for value in present
    ]
    if group == "":
        return no(some(one_by_one)) if negated else some(one_by_one)
    selected = [no(one) if negated else one for one in one_by_one]
    return every(selected) if group == "ForAllValues" else some(selected)


def _is_null(present: Values, wanted: list[Any]) -> Truth:
    if present is UNKNOWN:
        return None
    absent = "true" if present is None else "false"
    return some(None if one is UNKNOWN else _text(one).lower() == absent for one in wanted)


def _compared(compare: Callable[[str, str], bool], value: str, one: Any, lookup: Lookup) -> Truth:
    if one is UNKNOWN:
        return None
    pattern = substituted(_text(one), lookup)
    if pattern is None:
        return None
    try:
        return compare(value, pattern)
    except ValueError:
        return False


def substituted(text: str, lookup: Lookup) -> str | None:
    """Return a text with its policy variables replaced, None where one is not known.

    A variable without a value in the request makes the text match nothing.

    Source:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

    Example:
        >>> substituted("home/${aws:username}/*", lambda key: ("ada",))
        'home/ada/*'
    """
    if "${" not in text:
        return text
    values: dict[str, str] = {}
    for found in _VARIABLE.findall(text):
        name, _, default = found.partition(",")
        if name in {"*", "?", "$"}:
            values[found] = name
            continue
        value = lookup(name.strip())
        if value is UNKNOWN or (isinstance(value, tuple) and len(value) != 1):
            return None
        fallback = default.strip().strip("'") if default else "\2"
        values[found] = value[0] if isinstance(value, tuple) else fallback
    return _VARIABLE.sub(lambda match: values[match[1]], text)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _arn(value: str, pattern: str) -> bool:
    """Compare the six parts of an ARN each by itself: a `*` does not reach beyond its part."""
    if pattern == "*":
        return True
    ours, theirs = value.split(":", _ARN_PARTS - 1), pattern.split(":", _ARN_PARTS - 1)
    return len(ours) == len(theirs) and all(map(matches, theirs, ours))


def _moment(text: str) -> datetime:
    if text.isdecimal():
        return datetime.fromtimestamp(int(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _within(value: str, pattern: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(pattern, strict=False)


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.casefold() == wanted.casefold(),
    "StringLike": lambda value, wanted: matches(wanted, value),
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "BinaryEquals": lambda value, wanted: value == wanted,
    "NumericEquals": lambda value, wanted: float(value) == float(wanted),
    "NumericLessThan": lambda value, wanted: float(value) < float(wanted),
    "NumericLessThanEquals": lambda value, wanted: float(value) <= float(wanted),
    "NumericGreaterThan": lambda value, wanted: float(value) > float(wanted),
    "NumericGreaterThanEquals": lambda value, wanted: float(value) >= float(wanted),
    "DateEquals": lambda value, wanted: _moment(value) == _moment(wanted),
    "DateLessThan": lambda value, wanted: _moment(value) < _moment(wanted),
    "DateLessThanEquals": lambda value, wanted: _moment(value) <= _moment(wanted),
    "DateGreaterThan": lambda value, wanted: _moment(value) > _moment(wanted),
    "DateGreaterThanEquals": lambda value, wanted: _moment(value) >= _moment(wanted),
    "IpAddress": _within,
}
