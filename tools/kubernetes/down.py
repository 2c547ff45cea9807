"""Stop the cluster and put the machine back as it was."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tools.kubernetes.layout import API_ADDRESS, BRIDGE, DNS_ADDRESS, PODS, environment, state
from tools.kubernetes.processes import alive, stop

_PROGRAMS = (
    "dns", "kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager",
    "kube-apiserver", "etcd",
)  # fmt: skip


def down() -> None:
    """Stop what ``up`` started, and undo what it changed on the machine."""
    for name in _PROGRAMS:
        if name == "kube-proxy" and alive(name):
            stop(name)
            _say("kube-proxy", "--cleanup")
        stop(name)
    _remove_rules()
    _remove_containers()
    stop("containerd")
    _end_shims()
    _unmount()
    _remove_network()
    with suppress(OSError, ValueError):
        for key, value in json.loads((state() / "sysctl.json").read_text()).items():
            if Path(key).read_text().strip() != value:
                Path(key).write_text(value)
    for cgroup in Path("/sys/fs/cgroup").glob("*/kubepods"):
        for folder in sorted(cgroup.rglob("*"), reverse=True):
            if folder.is_dir():
                with suppress(OSError):
                    folder.rmdir()
        with suppress(OSError):
            cgroup.rmdir()
    if not _mounts():  # else removing would reach through a mount
        shutil.rmtree(state(), ignore_errors=True)


def _say(*command: str) -> str:
    with suppress(OSError):
        return subprocess.run(
            command, env=environment(), check=False, capture_output=True, text=True, timeout=30
        ).stdout
    return ""


def _remove_rules() -> None:
    """Remove the chains that only kube-proxy and the kubelet make, and what leads into them."""
    for family in ("iptables", "ip6tables"):
        table, chains = "", []
        for line in _say(f"{family}-save").splitlines():
            if line.startswith("*"):
                table = line[1:]
            elif line.startswith(":KUBE-"):
                chains.append((table, line[1:].split()[0]))
            elif line.startswith("-A") and not line.startswith("-A KUBE-") and "-j KUBE-" in line:
                subprocess.run(
                    ["sh", "-c", f"{family} -t {table} -D {line.removeprefix('-A ')}"],
                    env=environment(),
                    check=False,
                    capture_output=True,
                )
        for action in ("-F", "-X"):
            for table, chain in chains:
                _say(family, "-t", table, action, chain)


def _remove_containers() -> None:
    if not alive("containerd"):
        return
    # Containers outlive containerd, so they go first.
    for task in _say("ctr", "task", "ls", "-q").split():
        _say("ctr", "task", "kill", "-s", "SIGKILL", task)
    deadline = time.monotonic() + 5
    while (tasks := _say("ctr", "task", "ls", "-q").split()) and time.monotonic() < deadline:
        for task in tasks:
            _say("ctr", "task", "delete", "-f", task)
    for container in _say("ctr", "container", "ls", "-q").split():
        _say("ctr", "container", "delete", container)


def _end_shims() -> None:
    """End shims that are left: ours are those that speak to our socket."""
    socket = f"\0-address\0{state()}/containerd.sock\0"
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_text()
            if "containerd-shim-runc-v2" in command.split("\0")[0] and socket in command:
                os.kill(int(process.name), signal.SIGKILL)


def _mounts() -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    found = (line.split()[1] for line in lines)
    return [target for target in found if target.startswith(f"{state()}/")]


def _unmount() -> None:
    for target in sorted(_mounts(), reverse=True):
        _say("umount", "-l", target)


def _remove_network() -> None:
    prefix = PODS.rpartition(".")[0] + "."
    for namespace in Path("/run/netns").glob("cni-*"):
        if f" {prefix}" in _say("ip", "-n", namespace.name, "-4", "addr", "show", "eth0"):
            _say("ip", "netns", "delete", namespace.name)
    _say("ip", "link", "delete", BRIDGE)
    for address in (API_ADDRESS, DNS_ADDRESS):
        _say("ip", "address", "delete", f"{address}/32", "dev", "lo")
