"""Waivers: findings that somebody answers for, until a date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import MinLen

from fairlead_policies.catalog import controls
from fairlead_policies.errors import PolicyError, listed
from fairlead_policies.results import Finding, Result
from fairlead_policies.settings import describe, read_yaml

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_Text = Annotated[str, MinLen(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Accept a control's findings on some resources until a date.

    Attributes:
        control: The control's id.
        resource: A pattern of urns with `*`; a bare name means resources of that name.
        owner: Who answers for it.
        reason: Why it is acceptable.
        expires: The last day it holds.

    Example:
        >>> Waiver(control="AWS-S3-10", resource="logs", owner="ada",
        ...        reason="is the log", expires=date(2027, 1, 31)).covers("urn:a::b::c::logs")
        True
    """

    __pydantic_config__: ClassVar = {"extra": "forbid", "str_strip_whitespace": True}

    control: str
    resource: _Text
    owner: _Text
    reason: _Text
    expires: date

    def covers(self, urn: str) -> bool:
        """Tell whether a resource is meant."""
        name = urn.rpartition("::")[2]
        return fnmatchcase(urn, self.resource) or fnmatchcase(name, self.resource)

    def to_data(self) -> dict[str, str]:
        """Return it as JSON data."""
        return asdict(self) | {"expires": self.expires.isoformat()}


@cache
def waiver_type() -> TypeAdapter[Waiver]:
    """Return what reads a waiver."""
    from pydantic import TypeAdapter

    return TypeAdapter(Waiver)


@dataclass(frozen=True, slots=True)
class Waived:
    """Hold the findings after waivers, and what is wrong with the waivers themselves."""

    findings: tuple[Finding, ...]
    problems: tuple[str, ...]


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """Return the waivers in a YAML file: a list, or a mapping with the key `waivers`.

    Raises:
        PolicyError: An entry lacks its owner, reason or date, or names no control; every problem
            is listed.
    """
    data = read_yaml(path)
    if isinstance(data, dict) and set(data) == {"waivers"}:
        data = data["waivers"]
    if data is None:
        return ()
    if not isinstance(data, list):
        raise PolicyError(f"{path} must hold a list of waivers.")
    from pydantic import ValidationError

    waivers: list[Waiver] = []
    problems: list[str] = []
    for index, entry in enumerate(data):
        if not isinstance(entry, dict):
            problems.append(f"[{index}] must be a mapping from control, resource, owner, …")
            continue
        try:
            waiver = waiver_type().validate_python(entry)
        except ValidationError as error:
            problems += [f"[{index}].{describe(one)}" for one in error.errors()]
            continue
        if waiver.control not in controls():
            problems.append(f"[{index}].control: there is no control {waiver.control}")
        waivers.append(waiver)
    if problems:
        raise listed(str(path), problems)
    return tuple(waivers)


def apply_waivers(findings: Sequence[Finding], waivers: Sequence[Waiver], today: date) -> Waived:
    """Mark the failures that a waiver covers, and find waivers that should go.

    Args:
        findings: What the evaluation found.
        waivers: What is accepted; an expired one accepts nothing.
        today: The day to compare with.

    Returns:
        All findings, covered failures as `waived`; one sentence for each waiver that has expired
        or covers nothing.
    """
    valid = [one for one in waivers if one.expires >= today]
    by_control: dict[str, list[Waiver]] = {}
    for one in valid:
        by_control.setdefault(one.control, []).append(one)
    used: set[Waiver] = set()
    result: list[Finding] = []
    for finding in findings:
        covering = None
        if finding.result is Result.FAIL:
            candidates = by_control.get(finding.control, ())
            covering = next((one for one in candidates if one.covers(finding.urn)), None)
        if covering is None:
            result.append(finding)
        else:
            used.add(covering)
            result.append(replace(finding, result=Result.WAIVED, waiver=covering))
    problems = []
    for one in waivers:
        who = f"the waiver of {one.control} on {one.resource} (owner {one.owner})"
        if one.expires < today:
            problems.append(f"{who} expired on {one.expires.isoformat()}")
        elif one not in used:
            problems.append(f"{who} covers no finding: remove it")
    return Waived(tuple(result), tuple(problems))
