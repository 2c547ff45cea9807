"""``gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider``."""

from __future__ import annotations

from fairlead_policies.conditions import require, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_SHARED = ("token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io", "bitbucket.org")


@rule("GCP-IAM-07", "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider")
def is_conditioned(provider: Resource, _stack: Stack) -> Problems | None:
    """Require a condition where everybody's tokens have the same issuer."""
    issuer = provider.get("oidc.issuerUri")
    path = "attributeCondition"
    condition = provider.get(path)
    if issuer is UNKNOWN:
        return [] if condition else [undecided("oidc.issuerUri")]
    if not any(one in str(issuer or "") for one in _SHARED):
        return None
    return require(condition, lambda v: bool(str(v or "").strip()), path, f"`{path}` must be set")
