"""Where the cluster lies on this machine: versions, folders, addresses."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

VERSION = "v1.35.4"

#: The machine can hold one cluster: these are fixed, and checked to be free.
SERVICES = "10.96.0.0/24"
API_ADDRESS = "10.96.0.1"
DNS_ADDRESS = "10.96.0.10"
PODS = "10.244.0.0/24"
BRIDGE = "fairlead0"
NODE = "fairlead-node"
CONTEXT = "fairlead-test"


class ClusterError(RuntimeError):
    """Say why the cluster cannot be had on this machine, and what to do about it."""


def cache_folder() -> Path:
    """Return where programs and images are kept, shared by all checkouts."""
    root = os.environ.get("FAIRLEAD_CACHE_DIR") or user_cache_path("fairlead")
    return Path(root) / "servers" / f"kubernetes-{VERSION}"


def programs() -> Path:
    """Return the folder of the programs that were built."""
    return cache_folder() / "bin"


def resolver() -> Path:
    """Return the folder of the cluster's DNS server, the program ``dns``."""
    return cache_folder() / "dns"


def packages() -> Path:
    """Return the folder that Debian packages are unpacked in; nothing is installed."""
    return cache_folder() / "debian"


def archives() -> Path:
    """Return the folder of image archives that every new cluster is given."""
    return cache_folder() / "images"


def state() -> Path:
    """Return the running cluster's data, keys and logs; removed when it is stopped."""
    # Short: sockets lie below it, and a socket's path has at most 107 characters.
    return Path(tempfile.gettempdir()) / "fairlead-cluster"


def kubeconfig() -> Path:
    """Return the administrator's kubeconfig of the running cluster."""
    return state() / "admin.kubeconfig"


def environment() -> dict[str, str]:
    """Return the environment in which our programs find each other and their libraries."""
    unpacked = packages()
    path = [programs(), resolver(), unpacked / "usr/bin", unpacked / "usr/sbin", unpacked / "links"]
    libraries = unpacked / "usr/lib/x86_64-linux-gnu"
    return {
        **os.environ,
        "PATH": os.pathsep.join([*map(str, path), os.environ.get("PATH", "")]),
        "LD_LIBRARY_PATH": str(libraries),
        "XTABLES_LIBDIR": str(libraries / "xtables"),
        "CONTAINERD_ADDRESS": str(state() / "containerd.sock"),
        "CONTAINERD_NAMESPACE": "k8s.io",
        "KUBECONFIG": str(kubeconfig()),
    }
