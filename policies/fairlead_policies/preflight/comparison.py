"""Hold what identities may do to what adapters will do, in both directions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fairlead_policies.preflight.aws_stack import AwsStack
from fairlead_policies.preflight.azure_stack import AzureStack
from fairlead_policies.preflight.decision import Decision, Grant, Outcome
from fairlead_policies.preflight.evaluator import Call, Evaluator, Principal, call
from fairlead_policies.preflight.gcp_stack import GcpStack
from fairlead_policies.preflight.kubernetes_stack import KubernetesStack
from fairlead_policies.preflight.requirements import declared
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.settings import Settings
from fairlead_policies.stack import Stack

if TYPE_CHECKING:
    from fairlead.ports.permissions import Permission

IDENTITIES = ("submitter", "runner", "step", "deployer", "serving", "reader", "maintainer")
_WILD = ("*", "?")


@dataclass(frozen=True, slots=True)
class Checked:
    """Hold a declared permission and what its cloud says.

    Attributes:
        action: The action.
        resource: Where, as declared.
        decision: Whether it is allowed.
    """

    action: str
    resource: str
    decision: Decision


@dataclass(slots=True)
class Identity:
    """Hold everything about one identity in one cloud.

    Attributes:
        name: Its function.
        cloud: The cloud, empty where it is nobody in any.
        urn: The resource that it is, empty where it is not the stack's.
        checked: What its adapters will call.
        granted: All that it is granted.
        unused: What of that nothing uses.
        wide: What of that is on more than anything uses, or by a wildcard.
        passed: Whom it hands on, and whether that works.
        problem: Why nothing could be checked, where nothing could.
    """

    name: str
    cloud: str = ""
    urn: str = ""
    checked: list[Checked] = field(default_factory=list)
    granted: list[Grant] = field(default_factory=list)
    unused: list[Grant] = field(default_factory=list)
    wide: list[Grant] = field(default_factory=list)
    passed: list[Checked] = field(default_factory=list)
    problem: str = ""

    def with_outcome(self, outcome: Outcome) -> list[Checked]:
        """Return what was checked with an outcome."""
        return [one for one in self.checked if one.decision.outcome is outcome]


@dataclass(frozen=True, slots=True)
class Preflight:
    """Hold the result: every identity, and components that say nothing of what they call."""

    identities: tuple[Identity, ...]
    silent: Mapping[str, str]


def preflight(
    resources: Sequence[Resource],
    components: Mapping[str, Any],
    settings: Settings | None = None,
) -> Preflight:
    """Compare what the identities of a stack may do with what its adapters will do.

    Args:
        resources: The stack's resources.
        components: The manifest's ``components`` as plain data; values may be UNKNOWN.
        settings: The pack's configuration.

    Example:
        >>> preflight([], {"artifact_store": {"flavor": "local", "url": "file:///tmp/x"}})
        Preflight(identities=(), silent={})
    """
    stack = Stack(resources, settings or Settings())
    required = declared(components)
    clouds: dict[str, Evaluator] = {
        "aws": AwsStack(stack),
        "gcp": GcpStack(stack),
        "azure": AzureStack(stack),
        "kubernetes": KubernetesStack(stack),
    }
    contract = components.get("identity")
    contract = contract if isinstance(contract, Mapping) else {}
    found = [
        identity
        for name in IDENTITIES
        for identity in _identities(name, contract, required.permissions, clouds)
    ]
    return Preflight(tuple(found), required.silent)


def _identities(
    name: str,
    contract: Mapping[str, Any],
    permissions: Sequence[Permission],
    clouds: Mapping[str, Evaluator],
) -> Iterator[Identity]:
    own = [one for one in permissions if one.identity == name]
    reference = contract.get(name)
    if contract.get("flavor") == "local":
        return
    if reference is None:
        if own and contract:
            yield Identity(name, problem="the stack has no such identity")
        return
    if reference is UNKNOWN or not isinstance(reference, str):
        yield Identity(name, problem="it is not known before the stack exists")
        return
    principals = {
        cloud: principal
        for cloud, evaluator in clouds.items()
        if (principal := evaluator.principal(reference, contract)) is not None
    }
    for cloud in [*principals, *sorted({one.cloud for one in own} - set(principals))]:
        calls = [one for one in own if one.cloud == cloud]
        if cloud in principals:
            principal = principals[cloud]
            identity = Identity(name, cloud, principal.urn)
            yield _compare(identity, calls, principal, clouds[cloud], contract)
        else:
            yield Identity(name, cloud, problem="it is not among the stack's resources")
    if not principals and not own:
        yield Identity(name, problem="it is not among the stack's resources")


def _compare(
    identity: Identity,
    permissions: Sequence[Permission],
    principal: Principal,
    evaluator: Evaluator,
    contract: Mapping[str, Any],
) -> Identity:
    calls: list[Call] = []
    for permission in permissions:
        passes = str(contract.get(permission.passes) or "") if permission.passes else ""
        one = call(permission.action, permission.resource, permission.context, passes)
        calls.append(one)
        decision = evaluator.decide(principal, one)
        identity.checked.append(Checked(one.action, one.shape, decision))
        if permission.passes:
            trusted = _passes(passes, one, decision, evaluator, contract)
            identity.passed.append(Checked(one.action, permission.passes, trusted))
    identity.granted.extend(evaluator.grants(principal))
    for grant in identity.granted:
        if not any(evaluator.exercises(one, grant) for one in calls):
            identity.unused.append(grant)
        elif any(wild in grant.action for wild in _WILD) or evaluator.exceeds(
            [one for one in calls if evaluator.exercises(one, grant)], grant
        ):
            identity.wide.append(grant)
    return identity


def _passes(
    reference: str,
    one: Call,
    decision: Decision,
    evaluator: Evaluator,
    contract: Mapping[str, Any],
) -> Decision:
    """Return whether handing an identity on works: it may be handed on, and it can be taken."""
    if decision.outcome is not Outcome.ALLOWED:
        return decision
    passed = evaluator.principal(reference, contract) if reference else None
    if passed is None:
        return Decision(Outcome.UNKNOWN, "it is not among the stack's resources")
    return evaluator.trusts(passed, one) or decision
