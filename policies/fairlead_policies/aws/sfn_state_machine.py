"""``aws:sfn/stateMachine:StateMachine``."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, not_true, one_of
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

MACHINE = "aws:sfn/stateMachine:StateMachine"


@rule("AWS-SFN-01", MACHINE)
def logs_executions(machine: Resource, stack: Stack) -> Problems:
    """Require a log of executions, without their data where that is confidential."""
    path = "loggingConfiguration"
    problems = one_of(machine, f"{path}.level", {"ALL", "ERROR"})
    problems += is_set(machine, f"{path}.logDestination")
    if stack.settings.data_classification == "confidential":
        problems += not_true(machine, f"{path}.includeExecutionData")
    return problems


@rule("AWS-SFN-02", MACHINE)
def is_encrypted_with_a_customer_key(machine: Resource, stack: Stack) -> Problems | None:
    """Require a key of one's own in production."""
    return (
        is_set(machine, "encryptionConfiguration.kmsKeyId") if stack.settings.production else None
    )
