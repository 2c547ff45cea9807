"""A resource as the rules see it: plain data, with a mark where a value is not known yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, Final


class Unknown(Enum):
    """Stand for a value that is set but not known: computed in `up`, or an encrypted secret."""

    VALUE = "unknown"


UNKNOWN: Final = Unknown.VALUE


def lookup(value: Any, path: str) -> Any:
    """Return what lies at a dotted path.

    Args:
        value: A mapping, or UNKNOWN.
        path: Keys joined by dots.

    Returns:
        The value; None where a part of the path is absent; UNKNOWN where a part is unknown.

    Example:
        >>> lookup({"settings": {"tls": True}}, "settings.tls")
        True
        >>> lookup({"settings": UNKNOWN}, "settings.tls")
        <Unknown.VALUE: 'unknown'>
    """
    for key in path.split("."):
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, list) and len(value) == 1:
            value = value[0]  # what a schema calls a block of at most one is a list in some SDKs
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def each(value: Any) -> list[Any]:
    """Return the elements of what may be a list, one element, absent or unknown.

    Example:
        >>> each(None), each("a"), each(["a", "b"])
        ([], ['a'], ['a', 'b'])
    """
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def holds_unknown(value: Any) -> bool:
    """Tell whether any part of a value is unknown."""
    if value is UNKNOWN:
        return True
    if isinstance(value, Mapping):
        return any(holds_unknown(one) for one in value.values())
    return isinstance(value, list) and any(holds_unknown(one) for one in value)


@dataclass(frozen=True, slots=True)
class Resource:
    """Describe one resource of a stack.

    Attributes:
        urn: Pulumi's name of it, unique in the stack.
        type: Its type, normalised (see ``normalise``).
        name: Its logical name.
        props: Its inputs, in Pulumi's camelCase.
        parent: The parent's urn, empty where there is none.
        dependencies: Urns of what it depends on.
        property_dependencies: For each top-level property, urns of what its value comes from.
        protect: Whether Pulumi refuses to delete it.
        provider: The urn of its provider, empty where unknown.
        arn: The ARN that AWS gave it, empty before it has one and elsewhere.
    """

    urn: str
    type: str
    name: str
    props: Mapping[str, Any]
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool = False
    provider: str = ""
    arn: str = ""

    def get(self, path: str) -> Any:
        """Return the value at a dotted path, None where absent, UNKNOWN where not known."""
        return lookup(self.props, path)

    def each(self, path: str) -> list[Any]:
        """Return the elements at a dotted path."""
        return each(self.get(path))


_S3_V2 = re.compile(r"^aws:s3/(\w+?)V2:(\w+?)V2$")
_AZURE_VERSION = re.compile(r"^(azure-native:\w+)/v\d{8}\w*:(\w+)$")
_KUBERNETES_BETA = re.compile(r"^kubernetes:([\w.]+)/v\d(?:alpha|beta)\d+:(\w+)$")
_MOVED = {
    "kubernetes:extensions/v1:Ingress": "kubernetes:networking.k8s.io/v1:Ingress",
    "kubernetes:extensions/v1:NetworkPolicy": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    "kubernetes:extensions/v1:Deployment": "kubernetes:apps/v1:Deployment",
    "kubernetes:extensions/v1:DaemonSet": "kubernetes:apps/v1:DaemonSet",
}


@cache
def normalise(token: str) -> str:
    """Return the current type token of a deprecated or versioned one.

    Args:
        token: A Pulumi type token.

    Example:
        >>> normalise("aws:s3/bucketV2:BucketV2")
        'aws:s3/bucket:Bucket'
        >>> normalise("azure-native:storage/v20230101:StorageAccount")
        'azure-native:storage:StorageAccount'
        >>> normalise("kubernetes:extensions/v1beta1:Ingress")
        'kubernetes:networking.k8s.io/v1:Ingress'
    """
    token = _S3_V2.sub(r"aws:s3/\1:\2", token)
    token = _AZURE_VERSION.sub(r"\1:\2", token)
    token = _KUBERNETES_BETA.sub(r"kubernetes:\1/v1:\2", token)
    return _MOVED.get(token, token)
