"""``gcp:composer/environment:Environment``: managed Airflow."""

from __future__ import annotations

from fairlead_policies.conditions import closed, is_set, undecided
from fairlead_policies.resource import UNKNOWN, Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

#: Composer 3 says it in one property, Composer 2 in another.
_PRIVATE = (
    "config.enablePrivateEnvironment",
    "config.privateEnvironmentConfig.enablePrivateEndpoint",
)


@rule("GCP-CMP-01", "gcp:composer/environment:Environment")
def is_private_and_encrypted(environment: Resource, _stack: Stack) -> Problems:
    """Require privacy, a key, an account of its own, and a web server that is not open."""
    values = [environment.get(path) for path in _PRIVATE]
    problems: Problems = []
    if True not in values:
        problems.append(
            undecided(_PRIVATE[0])
            if UNKNOWN in values
            else Violation(f"`{_PRIVATE[0]}` (Composer 3) or `{_PRIVATE[1]}` must be true")
        )
    problems += is_set(environment, "config.encryptionConfig.kmsKeyName")
    problems += is_set(environment, "config.nodeConfig.serviceAccount")
    path = "config.webServerNetworkAccessControl.allowedIpRanges"
    return problems + closed([lookup(one, "value") for one in environment.each(path)], path)
