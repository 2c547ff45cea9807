"""``kubernetes:networking.k8s.io/v1:NetworkPolicy``."""

from __future__ import annotations

from fairlead_policies.conditions import closed, undecided
from fairlead_policies.resource import UNKNOWN, Resource, each, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("K8S-NP-02", "kubernetes:networking.k8s.io/v1:NetworkPolicy")
def lets_nothing_out(policy: Resource, stack: Stack) -> Problems | None:
    """Refuse egress to everywhere where nothing may leave the network."""
    if not stack.settings.vpc:
        return None
    problems: Problems = []
    for index, one in enumerate(policy.each("spec.egress")):
        path = f"spec.egress[{index}].to"
        if one is UNKNOWN or lookup(one, "to") is UNKNOWN:
            problems.append(undecided(path))
            continue
        targets = each(lookup(one, "to"))
        if not targets:
            problems.append(Violation(f"`{path}` must be set: absent is everywhere"))
        ranges = [lookup(target, "ipBlock.cidr") for target in targets]
        problems += closed(ranges, f"{path}[].ipBlock.cidr")
    return problems
