"""``aws:cloudwatch/logGroup:LogGroup``."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, require
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack


@rule("AWS-LOG-01", "aws:cloudwatch/logGroup:LogGroup")
def is_kept_and_encrypted(group: Resource, stack: Stack) -> Problems:
    """Require a key, and logs to be kept long enough; absent or 0 days is for ever."""
    least = stack.settings.minimum_log_retention_days
    path = "retentionInDays"
    return is_set(group, "kmsKeyId") + require(
        group.get(path),
        lambda v: not v or v >= least,
        path,
        f"`{path}` must be 0 or at least what is configured",
    )
