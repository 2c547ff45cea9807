"""``aws:kms/key:Key`` and ``aws:kms/keyPolicy:KeyPolicy``."""

from __future__ import annotations

from fairlead_policies.aws.policy_document import public_statements, read
from fairlead_policies.conditions import is_true, require, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

KEY = "aws:kms/key:Key"
_WAIT_DAYS, _WAIT_DAYS_IN_PRODUCTION = 14, 30
_CALLER = frozenset({"kms:calleraccount"})
_VIA = frozenset({"kms:viaservice"})


@rule("AWS-KMS-01", KEY)
def rotates(key: Resource, _stack: Stack) -> Problems | None:
    """Require rotation of symmetric keys, the only ones that KMS rotates."""
    if key.get("customKeyStoreId") is not None:
        return None
    usage = key.get("keyUsage")
    spec = key.get("customerMasterKeySpec")
    if UNKNOWN in (usage, spec):
        return [undecided("customerMasterKeySpec")]
    if spec not in {None, "SYMMETRIC_DEFAULT"} or usage not in {None, "ENCRYPT_DECRYPT"}:
        return None
    return is_true(key, "enableKeyRotation")


@rule("AWS-KMS-02", KEY, "aws:kms/keyPolicy:KeyPolicy")
def trusts_nobody_in_particular(key: Resource, _stack: Stack) -> Problems:
    """Refuse everybody, unless account and service are pinned; the account's root is right."""
    statements, problems = read(key.get("policy"), "policy")
    for one in public_statements(statements):
        if not (one.pins(_CALLER) and one.pins(_VIA)):
            problems.append(
                Violation(f"`{one.label}` allows everybody without pinning account and service")
            )
    return problems


@rule("AWS-KMS-03", KEY)
def waits_before_deletion(key: Resource, stack: Stack) -> Problems:
    """Require time to notice that a key is going to be deleted; absent is 30 days, the most."""
    path = "deletionWindowInDays"
    least = _WAIT_DAYS_IN_PRODUCTION if stack.settings.production else _WAIT_DAYS
    return require(
        key.get(path), lambda v: v is None or v >= least, path, f"`{path}` must be at least {least}"
    )
