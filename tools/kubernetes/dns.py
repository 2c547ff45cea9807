"""The cluster's names: CoreDNS on the address that pods ask, for services and nothing else."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable

from tools.kubernetes.layout import DNS_ADDRESS, state
from tools.kubernetes.processes import start as start_program
from tools.kubernetes.processes import wait_for

_RULES = [
    {
        "apiGroups": [""],
        "resources": ["endpoints", "services", "pods", "namespaces"],
        "verbs": ["list", "watch"],
    },
    {
        "apiGroups": ["discovery.k8s.io"],
        "resources": ["endpointslices"],
        "verbs": ["list", "watch"],
    },
]
_GROUP = "rbac.authorization.k8s.io"
_NAME = "fairlead-dns"


def start(kubectl: Callable[..., str]) -> None:
    """Start the server as a process of the machine, beside the cluster's other ones.

    Args:
        kubectl: What runs kubectl.

    Raises:
        ClusterError: It does not answer.
    """
    role = {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": _NAME},
        "rules": _RULES,
    }
    binding = {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": _NAME},
        "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": _NAME},
        "subjects": [{"apiGroup": _GROUP, "kind": "User", "name": _NAME}],
    }
    kubectl("apply", "-f", "-", document=json.dumps({**_LIST, "items": [role, binding]}))
    (state() / "Corefile").write_text(
        f".:53 {{\n  bind {DNS_ADDRESS}\n  errors\n"
        f"  kubernetes cluster.local in-addr.arpa {{\n    kubeconfig {state()}/dns.kubeconfig\n"
        "    ttl 1\n  }\n}\n"
    )
    start_program("dns", "-conf", "Corefile")
    wait_for("DNS", 30, _answers, "dns")


_LIST = {"apiVersion": "v1", "kind": "List"}


def _answers() -> bool:
    """Ask for the API server's own service."""
    labels = b"".join(
        bytes([len(part)]) + part.encode()
        for part in ("kubernetes", "default", "svc", "cluster", "local")
    )
    question = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(1)
        try:
            asking.sendto(question, (DNS_ADDRESS, 53))
            answer = asking.recv(512)
        except OSError:
            return False
    code, answers = answer[3] & 0xF, struct.unpack(">H", answer[6:8])[0]
    return code == 0 and answers > 0
