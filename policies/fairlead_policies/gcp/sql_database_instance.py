"""``gcp:sql/databaseInstance:DatabaseInstance``."""

from __future__ import annotations

from fairlead_policies.conditions import (
    closed,
    is_false,
    is_set,
    is_true,
    lookup_any,
    one_of,
    require,
)
from fairlead_policies.resource import Resource, lookup
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

DATABASE = "gcp:sql/databaseInstance:DatabaseInstance"
_PATH = "settings.ipConfiguration"
_BACKUPS = "settings.backupConfiguration"


@rule("GCP-SQL-01", DATABASE)
def is_private(database: Resource, _stack: Stack) -> Problems:
    """Require no public address, which there is by default, and a private way in."""
    problems = is_false(database, f"{_PATH}.ipv4Enabled")
    if not lookup_any(database, f"{_PATH}.privateNetwork", f"{_PATH}.pscConfigs"):
        problems.append(Violation(f"`{_PATH}.privateNetwork` or `.pscConfigs` must be set"))
    networks = f"{_PATH}.authorizedNetworks"
    ranges = [lookup(one, "value") for one in database.each(networks)]
    return problems + closed(ranges, networks)


@rule("GCP-SQL-02", DATABASE)
def speaks_tls_only(database: Resource, _stack: Stack) -> Problems:
    """Require TLS of every connection."""
    modes = {"ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"}
    return one_of(database, f"{_PATH}.sslMode", modes)


@rule("GCP-SQL-03", DATABASE)
def is_encrypted_and_can_be_restored(database: Resource, stack: Stack) -> Problems:
    """Require a key, backups to any moment, and in production that nobody deletes it."""
    problems = is_set(database, "encryptionKeyName")
    if database.get("masterInstanceName") is None:  # replicas have no backups of their own
        problems += is_true(database, f"{_BACKUPS}.enabled")
        mysql = str(database.get("databaseVersion")).startswith("MYSQL")
        log = "binaryLogEnabled" if mysql else "pointInTimeRecoveryEnabled"
        problems += is_true(database, f"{_BACKUPS}.{log}")
    if stack.settings.production:
        path = "deletionProtection"
        problems += require(
            database.get(path), lambda v: v is not False, path, f"`{path}` must not be false"
        )
    return problems
