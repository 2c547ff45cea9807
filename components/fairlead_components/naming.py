"""Physical names and tags: what each backend allows, as a table, and one way to obey it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NameRule:
    """Say which names a backend accepts for one type of resource.

    Attributes:
        longest: Characters.
        separator: What joins the parts; also replaces what is not allowed. Empty joins without.
        allowed: The characters of a regular expression's class, all of lower case.
        shortest: Characters.
        letter_first: Whether a name must begin with a letter.
        source: Where the backend says so.
    """

    longest: int
    separator: str
    allowed: str
    shortest: int = 1
    letter_first: bool = False
    source: str = ""


#: Type of resource → what its backend accepts.
RULES: Mapping[str, NameRule] = {
    "local_folder": NameRule(255, "-", "a-z0-9._-"),
    "kubernetes_label": NameRule(
        63, "-", "a-z0-9-", letter_first=True, source="RFC 1123 label; a service needs a letter"
    ),
    "s3_bucket": NameRule(
        63, "-", "a-z0-9-", 3, source="docs.aws.amazon.com/AmazonS3 bucketnamingrules"
    ),
    "ecr_repository": NameRule(
        256, "-", "a-z0-9._-", 2, letter_first=True, source="docs.aws.amazon.com/AmazonECR"
    ),
    "iam_role": NameRule(
        64, "-", "a-z0-9_-", source="docs.aws.amazon.com/IAM reference_iam-quotas"
    ),
    "iam_policy": NameRule(
        128, "-", "a-z0-9_-", source="docs.aws.amazon.com/IAM reference_iam-quotas"
    ),
    "kms_alias": NameRule(250, "-", "a-z0-9_-", source="docs.aws.amazon.com/kms alias-create"),
    "gcs_bucket": NameRule(63, "-", "a-z0-9-", 3, source="cloud.google.com/storage/docs/buckets"),
    "gcp_key": NameRule(63, "-", "a-z0-9_-", source="cloud.google.com/kms/docs/resource-hierarchy"),
    "gcp_role": NameRule(
        64, "_", "a-z0-9_.", 3, source="cloud.google.com/iam/docs/creating-custom-roles"
    ),
    "gcp_service_account": NameRule(
        30,
        "-",
        "a-z0-9-",
        6,
        letter_first=True,
        source="cloud.google.com/iam/docs/service-accounts-create",
    ),
    "artifact_registry_repository": NameRule(
        63,
        "-",
        "a-z0-9-",
        letter_first=True,
        source="cloud.google.com/artifact-registry/docs/repositories/create-repos",
    ),
    "key_vault": NameRule(
        24, "-", "a-z0-9", 3, letter_first=True, source="learn.microsoft.com resource-name-rules"
    ),
    "key_vault_key": NameRule(127, "-", "a-z0-9", source="learn.microsoft.com resource-name-rules"),
    "azure_registry": NameRule(
        50, "", "a-z0-9", 5, source="learn.microsoft.com resource-name-rules"
    ),
    "blob_container": NameRule(
        63, "-", "a-z0-9", 3, source="learn.microsoft.com resource-name-rules"
    ),
    # 128 characters are accepted; virtual machines take identities of 24.
    "managed_identity": NameRule(
        24, "-", "a-z0-9", 3, source="learn.microsoft.com resource-name-rules"
    ),
    "private_endpoint": NameRule(
        64, "-", "a-z0-9", 2, source="learn.microsoft.com resource-name-rules"
    ),
    "storage_account": NameRule(
        24, "", "a-z0-9", 3, source="learn.microsoft.com resource-name-rules"
    ),
}

#: How many characters tell apart two names that were shortened or changed alike.
_HASH = 8


def physical_name(resource: str, *parts: str, unique: str = "") -> str:
    """Return a name that a backend accepts, the same for the same parts, different for others.

    Parts that have to be changed or shortened get a hash of what they were at the end.

    Args:
        resource: A key of ``RULES``.
        parts: Such as project, stack and component.
        unique: What tells this name apart where names are global, such as an account's id; only
            its hash is in the name.

    Raises:
        KeyError: There is no rule for the type of resource.
        ValueError: There are no parts.

    Example:
        >>> physical_name("s3_bucket", "fairlead", "prod", "artifacts")
        'fairlead-prod-artifacts'
        >>> physical_name("storage_account", "fairlead", "prod")
        'fairleadprodc0a2fb14'
    """
    rule = RULES[resource]
    exact = "\0".join(parts)
    if not exact.strip("\0"):
        raise ValueError(f"a name of {resource} needs parts")
    cleaned = [_clean(part, rule) for part in parts]
    name = rule.separator.join(part for part in cleaned if part)
    # Joined parts can be told apart again only if none of them holds the separator.
    exactly = cleaned == list(parts) and (
        len(parts) == 1 or (rule.separator != "" and not any(rule.separator in p for p in parts))
    )
    if rule.letter_first and not name[:1].isalpha():
        name, exactly = f"f{rule.separator}{name}", False
    if exactly and not unique and rule.shortest <= len(name) <= rule.longest:
        return name
    digest = hashlib.sha256(f"{unique}\0\0{exact}".encode()).hexdigest()[:_HASH]
    kept = name[: rule.longest - _HASH - len(rule.separator)].rstrip("._-")
    return f"{kept}{rule.separator}{digest}" if kept else f"f{digest}"


def _clean(part: str, rule: NameRule) -> str:
    text = re.sub(f"[^{rule.allowed}]+", rule.separator, part.lower())
    return text.strip("._-")


def tags(project: str, stack: str, component: str, more: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a resource: whose it is, and which part of which stack.

    Args:
        project: The Pulumi project.
        stack: The stack.
        component: The kind of the component.
        more: What a team adds: owner, environment, data classification.

    Example:
        >>> tags("fairlead", "aws", "artifact_store", {"owner": "ml"})["fairlead-component"]
        'artifact_store'
    """
    # Keys and values that every backend takes, labels of Google Cloud and Kubernetes included.
    return {
        **more,
        "managed-by": "fairlead",
        "fairlead-project": project,
        "fairlead-stack": stack,
        "fairlead-component": component,
    }
