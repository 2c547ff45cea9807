"""What every object of ours in a cluster has: labels, security settings, exact quantities."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Optional

import pulumi

from fairlead_components.base import Component, ComponentError

# ruff: noqa: UP045 - see base.py

#: The pod security standard's version that namespaces are held to: an upgrade is a decision.
POD_SECURITY = "v1.35"

#: Whom containers run as unless their image needs another; nobody else's id on a node.
USER = 65532

#: The label by which network policies and people tell what a pod is for.
FUNCTION = "fairlead-function"

_DIGEST = re.compile(r"[^\s@]+@sha256:[0-9a-f]{64}")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


def context() -> str:
    """Return the kubeconfig context that the program provisions into.

    Raises:
        ComponentError: None is configured. The current one may be another by the next time, and
            what is provisioned into the wrong cluster is found late.
    """
    found = pulumi.Config("kubernetes").get("context")
    if not found:
        raise ComponentError(
            "kubernetes:context is not configured, so it is open which cluster is meant: "
            "`pulumi config set kubernetes:context NAME`; `kubectl config get-contexts` lists them."
        )
    return found


def metadata(
    component: Component,
    name: str,
    namespace: Optional[pulumi.Input[str]] = None,
    labels: Optional[Mapping[str, str]] = None,
) -> Any:
    """Return the metadata of an object: whose it is, and which part of which stack.

    Args:
        component: What it belongs to.
        name: Its name; names are fixed, because others refer to them.
        namespace: Where it lies; None for objects of the whole cluster.
        labels: More labels.
    """
    tags = component.tags()
    within = {} if namespace is None else {"namespace": namespace}
    fits = {key: value for key, value in tags.items() if _LABEL.fullmatch(value)}
    rest = {key: value for key, value in tags.items() if key not in fits}
    return {
        "name": name,
        **within,
        "labels": {
            **fits,
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/managed-by": "fairlead",
            **(labels or {}),
        },
        **({"annotations": rest} if rest else {}),
    }


def pod_security(user: int = USER) -> dict[str, Any]:
    """Return a pod's security context, as the restricted standard wants it.

    Args:
        user: The user, and the group, that its processes and volumes belong to.
    """
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Any]:
    """Return a container's security context: no privilege, nothing to write but volumes."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def cores(cpu: float) -> str:
    """Return an amount of CPU as the API server writes it, so that nothing seems to have drifted.

    Example:
        >>> cores(2), cores(0.25)
        ('2', '250m')
    """
    thousandths = round(cpu * 1000)
    whole, rest = divmod(thousandths, 1000)
    return str(whole) if rest == 0 else f"{thousandths}m"


def size(count: int) -> str:
    """Return an amount of memory or disk as the API server writes it.

    Args:
        count: Bytes.

    Example:
        >>> size(512 << 20), size(1536 << 20), size(1000)
        ('512Mi', '1536Mi', '1k')
    """
    for base, units in ((1024, "Ki Mi Gi Ti Pi"), (1000, "k M G T P")):
        found = ""
        value = count
        for unit in units.split():
            if value % base:
                break
            value, found = value // base, unit
        if found:
            return f"{value}{found}"
    return str(count)


def resources(cpu: float, memory: int) -> dict[str, Any]:
    """Return what a container asks for, which is also the most that it gets.

    Args:
        cpu: Cores.
        memory: Bytes.
    """
    amounts = {"cpu": cores(cpu), "memory": size(memory)}
    return {"requests": amounts, "limits": amounts}


def check_image(name: str, image: object) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with an image's name; what is not known yet is let pass.

    Args:
        name: The argument.
        image: Its value.
    """
    if isinstance(image, str) and not _DIGEST.fullmatch(image):
        problem = (
            f"{image} must end in the image's digest, @sha256:…, which `skopeo inspect "
            "--format '{{.Digest}}' docker://IMAGE` prints: a tag can be another image tomorrow"
        )
        yield name, problem


def check_port(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a destination, ``network:port``.

    Args:
        name: The argument.
        text: Its value.
    """
    import ipaddress

    network, _, port = text.rpartition(":")
    try:
        ipaddress.ip_network(network.strip("[]"))
        good = 0 < int(port) < 1 << 16
    except ValueError:
        good = False
    if not good:
        yield name, f"{text!r} must be a network and a port, such as 10.20.0.0/16:443"


def to_names() -> dict[str, Any]:
    """Return the egress rule that lets pods ask the cluster for names."""
    label = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    ports = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    return {"to": [{"namespaceSelector": label}], "ports": ports}


def destinations(texts: Iterable[str]) -> list[dict[str, Any]]:
    """Return the egress rules of a network policy for ``network:port``.

    Example:
        >>> destinations(["10.0.0.0/8:443"])[0]["to"]
        [{'ipBlock': {'cidr': '10.0.0.0/8'}}]
    """
    rules = []
    for text in texts:
        network, _, port = text.rpartition(":")
        block = {"ipBlock": {"cidr": network.strip("[]")}}
        rules.append({"to": [block], "ports": [{"protocol": "TCP", "port": int(port)}]})
    return rules
