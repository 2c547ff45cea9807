"""``gcp:projects/iAMAuditConfig:IAMAuditConfig``: is it recorded who reads data?"""

from __future__ import annotations

from fairlead_policies.conditions import undecided
from fairlead_policies.resource import UNKNOWN, Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import STACK, rule
from fairlead_policies.stack import Stack

_CONFIG = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
_USES = ("gcp:storage/", "gcp:vertex/", "gcp:artifactregistry/", "gcp:bigquery/")
_SERVICES = ("storage", "aiplatform", "artifactregistry")


@rule("GCP-IAM-10", STACK)
def data_access_is_logged(_whole: Resource, stack: Stack) -> Problems | None:
    """Require data access logs of what holds data in the stack."""
    if stack.settings.external_audit_logs or not any(map(stack.has, _USES)):
        return None
    logged: dict[object, set[object]] = {}
    for config in stack.of(_CONFIG):
        kinds = {lookup(one, "logType") for one in config.each("auditLogConfigs")}
        logged.setdefault(config.get("service"), set()).update(kinds)
    if UNKNOWN in logged or any(UNKNOWN in kinds for kinds in logged.values()):
        return [undecided("auditLogConfigs")]
    complete = {name for name, kinds in logged.items() if {"DATA_READ", "DATA_WRITE"} <= kinds}
    needed = {f"{name}.googleapis.com" for name in _SERVICES}
    if "allServices" in complete or needed <= complete:
        return []
    return [
        Violation("no IAMAuditConfig logs DATA_READ and DATA_WRITE of all services that hold data")
    ]
