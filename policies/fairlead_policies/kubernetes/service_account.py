"""``kubernetes:core/v1:ServiceAccount``: what pods are to the cluster and to a cloud."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from fairlead_policies.conditions import is_false, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

_ANNOTATIONS = "metadata.annotations"
_AWS, _GCP, _AZURE = (
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
)
#: Where an identity's name tells what it belongs to, and whose those are.
_OWNER = {
    _AWS: (re.compile(r"^arn:[^:]*:iam::(\d{12}):"), "aws_accounts"),
    _GCP: (re.compile(r"@([^.@]+)\.iam\.gserviceaccount\.com$"), "gcp_projects"),
}


@rule("K8S-SA-01", "kubernetes:core/v1:ServiceAccount")
def is_one_identity(account: Resource, stack: Stack) -> Problems:
    """Require one cloud identity at most, this environment's, and no token that nobody asks for."""
    calling = any(fnmatchcase(account.urn, one) for one in stack.settings.api_service_accounts)
    problems = [] if calling else is_false(account, "automountServiceAccountToken")
    annotations = account.get(_ANNOTATIONS)
    if annotations is UNKNOWN:
        return [*problems, undecided(_ANNOTATIONS)]
    named = annotations if isinstance(annotations, Mapping) else {}
    if len({_AWS, _GCP, _AZURE} & set(named)) > 1:
        problems.append(Violation(f"`{_ANNOTATIONS}` name identities of several clouds"))
    if not stack.settings.environments:
        return problems
    for name, (pattern, field) in _OWNER.items():
        value = named.get(name)
        if value is UNKNOWN:
            problems.append(undecided(_ANNOTATIONS))
        elif value is not None:
            found = pattern.search(str(value))
            if found is None or found[1] not in stack.settings.owned(field):
                problems.append(
                    Violation(f"`{_ANNOTATIONS}` name an identity of no own environment")
                )
    return problems
