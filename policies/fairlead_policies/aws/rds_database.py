"""RDS instances and clusters."""

from __future__ import annotations

from fairlead_policies.conditions import is_set, is_true, not_true, require
from fairlead_policies.resource import Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

INSTANCE = "aws:rds/instance:Instance"
CLUSTER = "aws:rds/cluster:Cluster"
_BACKUP_DAYS = 7


def _is_copy(database: Resource) -> bool:
    """Tell whether a database takes its password and encryption from where it is copied."""
    return any(
        database.get(path) is not None
        for path in ("replicateSourceDb", "replicationSourceIdentifier")
    )


@rule("AWS-RDS-01", INSTANCE, "aws:rds/clusterInstance:ClusterInstance")
def is_not_public(database: Resource, _stack: Stack) -> Problems:
    """Refuse public addresses."""
    return not_true(database, "publiclyAccessible")


@rule("AWS-RDS-02", INSTANCE, CLUSTER)
def is_encrypted(database: Resource, _stack: Stack) -> Problems | None:
    """Require encryption with a key of one's own; an instance of a cluster has the cluster's."""
    if database.get("clusterIdentifier") is not None and database.type == INSTANCE:
        return None
    return is_true(database, "storageEncrypted") + is_set(database, "kmsKeyId")


@rule("AWS-RDS-03", INSTANCE, CLUSTER)
def password_is_managed(database: Resource, _stack: Stack) -> Problems | None:
    """Require the master's password to be the service's own business."""
    if _is_copy(database):
        return None
    if any(database.get(path) is not None for path in ("passwordWo", "masterPasswordWo")):
        return []
    problems = is_true(database, "manageMasterUserPassword")
    for path in ("password", "masterPassword"):
        if database.get(path) is not None:
            problems.append(Violation(f"`{path}` must be absent"))
    return problems


@rule("AWS-RDS-04", INSTANCE, CLUSTER)
def can_be_restored(database: Resource, stack: Stack) -> Problems | None:
    """Require a week of backups, and in production that nobody deletes it without a last one."""
    if _is_copy(database):
        return None
    path = "backupRetentionPeriod"
    problems = require(
        database.get(path),
        lambda v: v is not None and v >= _BACKUP_DAYS,  # absent is 1 day at most
        path,
        f"`{path}` must be at least {_BACKUP_DAYS}",
    )
    if stack.settings.production:
        problems += is_true(database, "deletionProtection")
        problems += not_true(database, "skipFinalSnapshot")
    return problems
