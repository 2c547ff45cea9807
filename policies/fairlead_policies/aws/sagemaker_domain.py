"""``aws:sagemaker/domain:Domain``: SageMaker Studio."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, one_of
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

DOMAIN = "aws:sagemaker/domain:Domain"


@rule("AWS-SM-06", DOMAIN)
def stays_in_the_network(domain: Resource, _stack: Stack) -> Problems:
    """Require Studio's applications to reach the internet through the network only."""
    return one_of(domain, "appNetworkAccessType", {"VpcOnly"})


@rule("AWS-SM-07", DOMAIN)
def is_encrypted_and_signed_on(domain: Resource, stack: Stack) -> Problems:
    """Require a key and single sign-on, unless the configuration lets IAM sign in."""
    modes = {"SSO", "IAM"} if stack.settings.studio_iam_sign_in else {"SSO"}
    return is_set(domain, "kmsKeyId") + one_of(domain, "authMode", modes)
