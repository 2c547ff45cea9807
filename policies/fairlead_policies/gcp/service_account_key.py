"""``gcp:serviceaccount/key:Key``, which should not be."""

from __future__ import annotations

from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("GCP-IAM-03", "gcp:serviceaccount/key:Key")
def does_not_exist(_key: Resource, _stack: Stack) -> Problems:
    """Refuse long-lived keys."""
    return [Violation("keys of service accounts must not exist")]
