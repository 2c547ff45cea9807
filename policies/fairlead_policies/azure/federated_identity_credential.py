"""``azure-native:managedidentity:FederatedIdentityCredential``: whose tokens become an identity."""

from __future__ import annotations

import re

from fairlead_policies.conditions import require, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_AUDIENCE = "api://AzureADTokenExchange"
#: One environment of one repository, one service account, or what another issuer calls somebody.
_SUBJECT = re.compile(
    r"^(?:repo:[^/*]+/[^:*]+:environment:[^*]+|system:serviceaccount:[^:*]+:[^:*]+"
    r"|(?!repo:|system:)[^*]+)$"
)


@rule("AZ-IAM-03", "azure-native:managedidentity:FederatedIdentityCredential")
def is_pinned(credential: Resource, _stack: Stack) -> Problems:
    """Require one environment or service account as subject, and Entra's audience alone."""
    problems = require(
        credential.get("subject"),
        lambda v: _SUBJECT.match(str(v or "")) is not None,
        "subject",
        "`subject` must name one environment or service account",
    )
    audiences = credential.each("audiences")
    if UNKNOWN in audiences:
        return [*problems, undecided("audiences")]
    if audiences != [_AUDIENCE]:
        problems.append(Violation(f"`audiences` must be {_AUDIENCE} alone"))
    return problems
