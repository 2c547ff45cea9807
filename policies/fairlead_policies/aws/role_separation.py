"""Roles that several functions share."""

from __future__ import annotations

from fairlead_policies.aws.iam_role import ROLE
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

#: Where resources name the role that they run with.
RUNNING = (
    ("aws:sagemaker/pipeline:Pipeline", "roleArn"),
    ("aws:sagemaker/trainingJob:TrainingJob", "roleArn"),
    ("aws:batch/jobDefinition:JobDefinition", "containerProperties"),
    ("aws:mwaa/environment:Environment", "executionRoleArn"),
)
SERVING = (("aws:sagemaker/model:Model", "executionRoleArn"),)


@rule("AWS-IAM-12", ROLE)
def has_one_function(role: Resource, stack: Stack) -> Problems | None:
    """Refuse a role with which steps run and models are served alike."""
    runs = any(stack.companions(role, *place) for place in RUNNING)
    serves = any(stack.companions(role, *place) for place in SERVING)
    if runs and serves:
        return [Violation("steps and a Model's `executionRoleArn` share this role")]
    return [] if runs or serves else None
