"""``aws:ec2/vpcEndpoint:VpcEndpoint``: what may pass through it."""

from __future__ import annotations

from fnmatch import fnmatchcase

from fairlead_policies.aws.policy_document import Statement, read
from fairlead_policies.aws.vpc import ENDPOINT, service
from fairlead_policies.conditions import undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_PRINCIPAL = frozenset({"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount"})
_RESOURCE = frozenset({"aws:resourceorgid", "aws:resourceorgpaths", "aws:resourceaccount"})

#: Buckets of AWS's own that the services read from the network: images' layers and samples.
AWS_OWNED = (
    "arn:aws*:s3:::prod-*-starport-layer-bucket/*",
    "arn:aws*:s3:::sagemaker-sample-*",
    "arn:aws*:s3:::sagemaker-example-*",
)


@rule("AWS-VPC-07", ENDPOINT)
def is_a_perimeter(endpoint: Resource, _stack: Stack) -> Problems | None:
    """Require that only one's own identities reach only one's own resources through it."""
    name = endpoint.get("serviceName")
    if name is UNKNOWN:
        return [undecided("serviceName")]
    if (service(name) or "").partition(".")[0] not in {"s3", "sts", "sagemaker"}:
        return None
    policy = endpoint.get("policy")
    if policy is None:
        return [Violation("`policy` must be set: by default it allows everything")]
    statements, problems = read(policy, "policy")
    for one in statements:
        if one.allow and not _is_awss(one):
            if not one.pins(_PRINCIPAL):
                problems.append(
                    Violation(f"`{one.label}` must fix aws:PrincipalOrgID or aws:PrincipalAccount")
                )
            if not one.pins(_RESOURCE):
                problems.append(
                    Violation(f"`{one.label}` must fix aws:ResourceAccount or aws:ResourceOrgID")
                )
    return problems


def _is_awss(one: Statement) -> bool:
    return bool(one.resources) and all(
        any(fnmatchcase(resource, pattern) for pattern in AWS_OWNED) for resource in one.resources
    )
