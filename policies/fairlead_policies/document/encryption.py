"""Which key encrypts what holds data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fairlead_policies.resource import UNKNOWN, Resource, lookup
from fairlead_policies.stack import Stack

#: What holds data → where its key is named; an empty path: only the provider's own key is possible.
HOLDERS: Final[dict[str, tuple[str, ...]]] = {
    "aws:s3/bucket:Bucket": (
        "serverSideEncryptionConfiguration.rule.applyServerSideEncryptionByDefault.kmsMasterKeyId",
    ),
    "aws:ecr/repository:Repository": ("encryptionConfigurations.kmsKey",),
    "aws:rds/instance:Instance": ("kmsKeyId",),
    "aws:rds/cluster:Cluster": ("kmsKeyId",),
    "aws:cloudwatch/logGroup:LogGroup": ("kmsKeyId",),
    "aws:ebs/volume:Volume": ("kmsKeyId",),
    "aws:efs/fileSystem:FileSystem": ("kmsKeyId",),
    "aws:secretsmanager/secret:Secret": ("kmsKeyId",),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": ("kmsKeyArn",),
    "gcp:storage/bucket:Bucket": ("encryption.defaultKmsKeyName",),
    "gcp:artifactregistry/repository:Repository": ("kmsKeyName",),
    "gcp:sql/databaseInstance:DatabaseInstance": ("encryptionKeyName",),
    "gcp:secretmanager/secret:Secret": (
        "replication.auto.customerManagedEncryption.kmsKeyName",
    ),
    "azure-native:storage:StorageAccount": ("encryption.keyVaultProperties.keyName",),
    "azure-native:containerregistry:Registry": ("encryption.keyVaultProperties.keyIdentifier",),
    "azure-native:dbforpostgresql:Server": ("dataEncryption.primaryKeyURI",),
    "kubernetes:core/v1:PersistentVolumeClaim": (),
}  # fmt: skip

#: Companions that give a holder its key: type → the property that names the holder, and the key's.
COMPANIONS: Final[dict[str, tuple[str, str, str]]] = {
    "aws:s3/bucket:Bucket": (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "bucket",
        "rules.applyServerSideEncryptionByDefault.kmsMasterKeyId",
    ),
}


@dataclass(frozen=True, slots=True)
class Encrypted:
    """Say how something that holds data is encrypted.

    Attributes:
        name: Its logical name.
        kind: Its type, as people say it.
        key: The key's logical name, or in words whose key it is.
        own: Whether it is a key of one's own.
    """

    name: str
    kind: str
    key: str
    own: bool


def encrypted(stack: Stack) -> Iterator[Encrypted]:
    """Yield everything that holds data, with its key.

    Args:
        stack: The stack.

    Example:
        >>> bucket = Resource("urn:b", "gcp:storage/bucket:Bucket", "data", {"name": "ml"})
        >>> from fairlead_policies.settings import Settings
        >>> [one.key for one in encrypted(Stack([bucket], Settings()))]
        ["the provider's own"]
    """
    for one in stack.resources:
        if one.type not in HOLDERS:
            continue
        key = _key(stack, one)
        yield Encrypted(one.name, spoken(one.type), key or "the provider's own", bool(key))


def _key(stack: Stack, one: Resource) -> str:
    for path in HOLDERS[one.type]:
        if found := _named(stack, one, path):
            return found
    if one.type in COMPANIONS:
        type_, holder, path = COMPANIONS[one.type]
        name = one.get(holder)
        for companion in stack.of(type_):
            pointed = one.urn in companion.property_dependencies.get(holder, ())
            same = isinstance(name, str) and companion.get(holder) == name
            if (pointed or same) and (found := _named(stack, companion, path)):
                return found
    return ""


def _named(stack: Stack, one: Resource, path: str) -> str:
    """Return what a key is called: the resource it comes from, or that it lies outside."""
    value = lookup(one.props, path)
    if value is None:
        return ""
    for urn in one.property_dependencies.get(path.partition(".")[0], ()):
        source = stack.by_urn.get(urn)
        if source is not None and "key" in source.type.lower():
            return source.name
    return "a key that is known after `up`" if value is UNKNOWN else "a key outside of the stack"


def spoken(token: str) -> str:
    """Return a type as people say it.

    Example:
        >>> spoken("aws:s3/bucket:Bucket"), spoken("azure-native:storage:StorageAccount")
        ('aws s3 Bucket', 'azure-native storage StorageAccount')
    """
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return f"{package} {module.partition('/')[0]} {name}".replace("  ", " ")
