"""The pack without Pulumi: which policies there are, and what each says of a resource.

Pulumi deserialises every resource once for each policy, so that its cost grows with their product:
controls of one cloud, subject and severity share a policy, and a resource is judged once for all.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol, get_args, get_origin, get_type_hints

from fairlead_policies.catalog import SEVERITIES, Control, controls
from fairlead_policies.errors import FairleadError, PolicyError
from fairlead_policies.evaluation import evaluate, findings_of
from fairlead_policies.inventory import plain
from fairlead_policies.resource import Resource, normalise
from fairlead_policies.results import Finding, Result
from fairlead_policies.rules import every_rule
from fairlead_policies.settings import PROJECT_SETTINGS, Settings, parse_settings, read_settings
from fairlead_policies.stack import Stack
from fairlead_policies.waivers import Waiver, apply_waivers, read_waivers

CONFIGURATION = "fairlead-configuration"
WAIVED = "fairlead-waived"
WAIVERS = "fairlead-waivers"
#: Names a YAML file of settings, instead of that in the project's folder; what
#: `--policy-pack-config` says goes before either.
SETTINGS_FILE = "FAIRLEAD_POLICY_CONFIG"

_CLOUDS = {
    "AWS": "AWS", "GCP": "Google Cloud", "AZ": "Azure", "K8S": "Kubernetes", "GEN": "Every cloud",
}  # fmt: skip
_IDENTITY = {"IAM", "KMS"}


@dataclass(frozen=True, slots=True)
class Group:
    """Describe the controls of one cloud, subject, scope and severity."""

    cloud: str
    subject: str
    scope: str
    severity: str
    controls: tuple[Control, ...]

    @property
    def name(self) -> str:
        """Its name in Pulumi's configuration and output."""
        scope = "" if self.scope == "resource" else "-stack"
        return f"{self.cloud.lower()}-{self.subject}{scope}-{self.severity}"

    @property
    def title(self) -> str:
        """Its name for people."""
        return f"{_CLOUDS[self.cloud]} {self.subject}, severity {self.severity}"

    @property
    def description(self) -> str:
        """The controls it is of; Pulumi repeats it with each violation, so it is short."""
        count = len(self.controls)
        return f"{self.title}: {count} control{'s' if count > 1 else ''}."

    @property
    def reference(self) -> str:
        """The criteria of SOC 2 that it supports, the only framework Pulumi shows."""
        return ", ".join(sorted({c for one in self.controls for c in one.criteria["soc2"]}))

    @property
    def remediation(self) -> str:
        """What to do about each control."""
        return "\n".join(f"{one.id}: {one.remediation}" for one in self.controls)

    @property
    def tags(self) -> tuple[str, ...]:
        """The criteria of every framework."""
        found = {
            f"{key}:{criterion}"
            for one in self.controls
            for key, ids in one.criteria.items()
            for criterion in ids
        }
        return tuple(sorted(found))


@cache
def groups() -> tuple[Group, ...]:
    """Return the groups, the most severe first."""
    found: dict[tuple[str, str, str, str], list[Control]] = {}
    ruled = {one.control for one in every_rule()}  # preflight's need a stack's manifest, not rules
    for one in controls().values():
        if one.id in ruled:
            key = (one.cloud, _subject(one), one.scope, one.severity)
            found.setdefault(key, []).append(one)
    order = sorted(found, key=lambda key: (key[2], -SEVERITIES.index(key[3]), key))
    return tuple(Group(*key, tuple(found[key])) for key in order)


@cache
def _of_one_resource() -> frozenset[str]:
    return frozenset(one.id for one in controls().values() if one.scope == "resource")


def _subject(control: Control) -> str:
    if control.cloud != "AWS" or control.scope == "stack" or control.severity == SEVERITIES[0]:
        return "baseline"  # few enough to share a policy
    return "identity" if control.service in _IDENTITY else "service"


def schema() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of each setting, without defaults: what is absent stays the file's.

    Read from the settings' types and not by pydantic, which takes longer to import than the pack
    to judge a stack; a test holds the two together.
    """
    plain_kinds = {bool: "boolean", int: "integer", str: "string"}
    found: dict[str, dict[str, Any]] = {"waivers": {"type": "string"}}
    kinds = get_type_hints(Settings)
    for name in (one.name for one in fields(Settings)):
        kind = kinds[name]
        outer, inner = get_origin(kind), get_args(kind)
        if outer is Literal:
            found[name] = {"type": "string", "enum": list(inner)}
        elif outer in {frozenset, tuple}:
            found[name] = {"type": "array", "items": {"type": "string"}}
        else:
            found[name] = {"type": plain_kinds.get(kind, "object")}
    return found


class Options(Protocol):
    """What Pulumi tells of a resource's options."""

    protect: bool


class Registered(Protocol):
    """What Pulumi tells of a resource that is being registered."""

    urn: str
    resource_type: str
    name: str
    props: Any
    opts: Options


class Planned(Protocol):
    """What Pulumi tells of a resource when all are known."""

    urn: str
    resource_type: str
    name: str
    props: Any
    parent: Any
    dependencies: Sequence[Any]
    property_dependencies: Mapping[str, Sequence[Any]]


class Session:
    """Judge the resources of one run; Pulumi calls from several threads.

    Resource policies see inputs, stack policies outputs, in which a preview calls everything
    computed unknown: so inputs are kept, and stack policies get them.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._settings = Settings()
        self._waivers: tuple[Waiver, ...] = ()
        self._given: Mapping[str, Any] | None = None
        self._problems: list[str] = []
        self._resources: dict[str, Resource] = {}
        self._findings: dict[str, list[Finding]] = {}
        self._asked: dict[str, set[str]] = {}
        self._whole: tuple[tuple[Resource, ...], list[Finding]] | None = None

    def configure(self, given: Mapping[str, Any]) -> list[str]:
        """Take the settings, which Pulumi gives again with each resource.

        Returns:
            What is wrong with them, the first time.
        """
        with self._lock:
            if given == self._given:
                return []
            self._given = dict(given)
            try:
                self._read(dict(given))
            except FairleadError as error:
                self._problems = [str(error)]
            return list(self._problems)

    def _read(self, given: dict[str, Any]) -> None:
        waivers = given.pop("waivers", None)
        # Pulumi runs a pack in the project's folder.
        named = os.environ.get(SETTINGS_FILE)
        path = Path(named or PROJECT_SETTINGS)
        base = read_settings(path).to_data() if named or path.is_file() else {}
        numbers = {k: int(v) for k, v in given.items() if isinstance(v, float)}
        self._settings = parse_settings(base | given | numbers, "the pack's configuration")
        if waivers and not Path(waivers).is_absolute():
            raise PolicyError(
                "The pack's configuration: `waivers` must be an absolute path, for where Pulumi "
                "runs a pack is its own affair."
            )
        self._waivers = read_waivers(Path(waivers)) if waivers else ()

    def judge(self, group: Group, registered: Registered) -> Iterator[str]:
        """Yield what a group of controls says of a resource that is being registered."""
        urn = registered.urn
        with self._lock:
            asked = self._asked.setdefault(urn, set())
            if group.name in asked or urn not in self._findings:
                asked.clear()  # registered anew, as `up` does after its preview
                self._take(registered)
            asked.add(group.name)
            found = list(self._findings[urn])
        yield from self._messages(group, found)

    def _take(self, registered: Registered) -> None:
        urn = registered.urn
        resource = Resource(
            urn,
            normalise(registered.resource_type),
            registered.name,
            plain(unwrapped(registered.props)),
            protect=bool(registered.opts.protect),
        )
        self._resources[urn] = resource
        self._whole = None
        if self._problems:
            self._findings[urn] = []
            return
        stack = Stack([resource], self._settings)
        found = list(findings_of(resource, stack, _of_one_resource()))
        self._findings[urn] = self._covered(found)

    def _covered(self, findings: Sequence[Finding]) -> list[Finding]:
        today = datetime.now(UTC).date()
        return list(apply_waivers(findings, self._waivers, today).findings)

    def judge_stack(self, group: Group, resources: Sequence[Planned]) -> Iterator[tuple[str, str]]:
        """Yield what a group of controls says when all resources are known."""
        with self._lock:
            found = self._stack_findings(resources)
        wanted = {one.id for one in group.controls}
        for one in found:
            if one.control in wanted and one.result is Result.FAIL:
                yield self._message(one), one.urn

    def _stack_findings(self, resources: Sequence[Planned]) -> list[Finding]:
        """Return the findings of controls that need companions, computed once a run."""
        known = tuple(self._joined(one) for one in resources)
        if self._whole is None or self._whole[0] != known:
            found = evaluate(known, self._settings) if not self._problems else []
            scoped = [one for one in found if controls()[one.control].scope == "stack"]
            self._whole = (known, self._covered(scoped))
        return self._whole[1]

    def _joined(self, planned: Planned) -> Resource:
        """Return a resource with its inputs, where they were seen, and what it depends on."""
        base = self._resources.get(planned.urn) or Resource(
            planned.urn,
            normalise(planned.resource_type),
            planned.name,
            plain(unwrapped(planned.props)),
        )
        return replace(
            base,
            parent=planned.parent.urn if planned.parent is not None else "",
            dependencies=tuple(one.urn for one in planned.dependencies),
            property_dependencies={
                name: tuple(one.urn for one in sources)
                for name, sources in planned.property_dependencies.items()
            },
        )

    def waived(self, urn: str) -> Iterator[str]:
        """Yield the waived findings of a resource that is being registered."""
        with self._lock:
            found = list(self._findings.get(urn, ()))
        for one in found:
            if one.result is Result.WAIVED:
                yield self._message(one)

    def waivers(self, resources: Sequence[Planned]) -> Iterator[tuple[str, str | None]]:
        """Yield the waived findings of stack controls, and waivers that should go."""
        with self._lock:
            stack = self._stack_findings(resources)
            every = [one for found in self._findings.values() for one in found] + stack
            today = datetime.now(UTC).date()
            used = {one.waiver for one in every if one.waiver is not None}
        for waiver in self._waivers:
            what = f"the waiver of {waiver.control} on {waiver.resource} (owner {waiver.owner})"
            if waiver.expires < today:
                yield f"{what} expired on {waiver.expires.isoformat()}", None
            elif waiver not in used:
                yield f"{what} covers no finding: remove it", None

    def _messages(self, group: Group, findings: Sequence[Finding]) -> Iterator[str]:
        wanted = {one.id for one in group.controls}
        for one in findings:
            if one.control in wanted and one.result is Result.FAIL:
                yield self._message(one)

    @staticmethod
    def _message(finding: Finding) -> str:
        control = controls()[finding.control]
        text = f"{control.id} {control.title}: {finding.message}."
        if finding.waiver is not None:
            waiver = finding.waiver
            return f"{text} Waived until {waiver.expires} by {waiver.owner}: {waiver.reason}"
        return f"{text} {control.remediation}"


def unwrapped(value: Any) -> Any:
    """Return the plain data behind Pulumi's proxies, which raise where a value is unknown.

    Proxies lie within proxies, and none is a dict or a list.
    """
    if hasattr(value, "_DictProxy__target") or hasattr(value, "_ListProxy__target"):
        value = value["__target"]
    if isinstance(value, dict):
        return {key: unwrapped(one) for key, one in value.items()}
    return [unwrapped(one) for one in value] if isinstance(value, list) else value
