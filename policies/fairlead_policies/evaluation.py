"""Hold a stack's resources to every control: one pass, rules found by type."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from fairlead_policies.resource import Resource
from fairlead_policies.results import Finding, Undecided, judge
from fairlead_policies.rules import STACK, Rule, every_rule, rules_for
from fairlead_policies.settings import Settings
from fairlead_policies.stack import Stack


def evaluate(resources: Sequence[Resource], settings: Settings) -> list[Finding]:
    """Return a finding for every control on every resource it applies to.

    Args:
        resources: The stack's.
        settings: The pack's configuration.

    Returns:
        Findings in the order of the resources: pass, fail or not evaluated.

    Example:
        >>> key = Resource("urn:k", "aws:kms/key:Key", "k", {"enableKeyRotation": False})
        >>> [(f.control, f.result.value) for f in evaluate([key], Settings())][0]
        ('AWS-KMS-01', 'fail')
    """
    stack = Stack(resources, settings)
    findings = [one for resource in resources for one in findings_of(resource, stack)]
    if not stack.of(STACK) and resources:
        whole = Resource(urn=_stack_urn(resources), type=STACK, name="stack", props={})
        findings += findings_of(whole, stack)
    return findings


def findings_of(
    resource: Resource, stack: Stack, controls: Collection[str] | None = None
) -> Iterator[Finding]:
    """Return the findings of one resource.

    Args:
        resource: The resource.
        stack: What surrounds it.
        controls: Only these, where given.
    """
    every_rule()
    found: dict[str, Finding] = {}
    for one in rules_for(resource.type):
        if controls is not None and one.control not in controls:
            continue
        finding = _apply(one, resource, stack)
        if finding is not None:
            earlier = found.get(one.control)
            found[one.control] = finding if earlier is None else _worse(earlier, finding)
    yield from found.values()


def _apply(one: Rule, resource: Resource, stack: Stack) -> Finding | None:
    try:
        problems = one.check(resource, stack)
    except (TypeError, ValueError, AttributeError, KeyError):
        # A provider would refuse what no rule can read; the report goes on, and says so.
        problems = [Undecided("a property has another shape than its type says")]
    if problems is None:
        return None
    result, message = judge(problems)
    return Finding(one.control, resource.urn, result, message)


_RANK = {"pass": 0, "not evaluated": 1, "fail": 2}


def _worse(first: Finding, second: Finding) -> Finding:
    """Return the worse finding of two rules of one control on one resource."""
    return second if _RANK[second.result] > _RANK[first.result] else first


def _stack_urn(resources: Sequence[Resource]) -> str:
    """Return the urn that Pulumi would give the stack's own resource."""
    parts = resources[0].urn.split("::")
    if len(parts) < 4 or not parts[0].startswith("urn:pulumi:"):  # noqa: PLR2004 - a urn's parts
        return "urn:pulumi:stack::project::pulumi:pulumi:Stack::stack"
    stack, project = parts[0].removeprefix("urn:pulumi:"), parts[1]
    return f"{parts[0]}::{project}::{STACK}::{project}-{stack}"
