"""``aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition``."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, is_true
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("AWS-SM-12", "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition")
def is_isolated(job: Resource, _stack: Stack) -> Problems:
    """Require isolation and a network."""
    return is_true(job, "networkConfig.enableNetworkIsolation") + is_set(
        job, "networkConfig.vpcConfig.subnets"
    )
