"""``aws:sagemaker/domain:Domain``: SageMaker Studio."""

from __future__ import annotations

from fairlead_policies.conditions import one_of
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("AWS-SM-06", "aws:sagemaker/domain:Domain")
def stays_in_the_network(domain: Resource, _stack: Stack) -> Problems:
    """Require Studio's applications to reach the internet through the network only."""
    return one_of(domain, "appNetworkAccessType", {"VpcOnly"})
