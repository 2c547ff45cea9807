"""``aws:eks/accessPolicyAssociation:AccessPolicyAssociation``: how far an access entry reaches."""

from __future__ import annotations

from fnmatch import fnmatchcase

from fairlead_policies.conditions import one_of, require
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("AWS-EKS-05", "aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
def is_scoped(association: Resource, stack: Stack) -> Problems:
    """Require namespaces; the whole cluster is for the administrators that are configured."""
    if any(fnmatchcase(association.urn, one) for one in stack.settings.cluster_administrators):
        return []
    path = "policyArn"
    return require(
        association.get(path),
        lambda v: not str(v).endswith("/AmazonEKSClusterAdminPolicy"),
        path,
        f"`{path}` makes an administrator of the cluster that no setting lists",
    ) + one_of(association, "accessScope.type", {"namespace"})
