"""Start a node: etcd, API server, controllers, scheduler, containerd, kubelet, proxy, DNS."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tools.kubernetes import dns, images, programs
from tools.kubernetes.down import down
from tools.kubernetes.layout import (
    API_ADDRESS,
    BRIDGE,
    DNS_ADDRESS,
    NODE,
    PODS,
    SERVICES,
    ClusterError,
    archives,
    environment,
    kubeconfig,
    packages,
    state,
)
from tools.kubernetes.processes import alive, listens, start, wait_for
from tools.kubernetes.programs import tell
from tools.kubernetes.storage import storage

#: The kubelet sets these for the whole machine.
_SYSCTLS = (
    "vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes", "net/ipv4/ip_forward",
    "net/ipv4/conf/all/route_localnet",
)  # fmt: skip

#: CAP_NET_ADMIN and CAP_SYS_ADMIN, as /proc counts them.
_CAPABILITIES = 1 << 12 | 1 << 21


def up() -> Path:
    """Start the cluster unless it runs, and return its administrator's kubeconfig.

    Raises:
        ClusterError: It cannot run here, or did not come up; then nothing is left of it.
    """
    if reason := obstacle():
        raise ClusterError(reason)
    programs.build()
    images.build()
    with programs.locked("kubernetes-cluster"):
        if runs():
            return kubeconfig()
        down()
        _check_free()
        try:
            _start()
        except BaseException as error:
            if not os.environ.get("FAIRLEAD_KEEP_CLUSTER"):
                down()
            if isinstance(error, OSError | subprocess.SubprocessError):
                raise ClusterError(str(error)) from error
            raise
    return kubeconfig()


def obstacle() -> str | None:
    """Return why no cluster can run here whatever is installed; None if nothing is known."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a Kubernetes can be started by root on Linux alone, for containers and networks"
    held = re.search(r"^CapEff:\s*(\w+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    if held is not None and int(held[1], 16) & _CAPABILITIES != _CAPABILITIES:
        return (
            "a Kubernetes needs CAP_SYS_ADMIN and CAP_NET_ADMIN, which this container does not "
            "have: start it privileged"
        )
    return None


def runs() -> bool:
    """Say whether our cluster runs and answers: its certificate tells that it is ours."""
    return bool(alive("kubelet")) and _ready()


def _ready() -> bool:
    return kubectl("get", "--raw", "/readyz", check=False) == "ok"


def kubectl(*arguments: str, document: str | None = None, check: bool = True) -> str:
    """Run kubectl as the cluster's administrator and return what it prints.

    Raises:
        ClusterError: It failed, and that was to be checked.
    """
    done = subprocess.run(
        ["kubectl", *arguments],
        env=environment(),
        input=document,
        check=False,
        capture_output=True,
        text=True,
    )
    if check and done.returncode:
        raise ClusterError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def _check_free() -> None:
    """Refuse to touch a machine on which somebody else uses what the cluster needs."""
    listed = subprocess.run(
        ["ip", "-4", "-o", "addr"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    routes = subprocess.run(
        ["ip", "-4", "route"], check=True, capture_output=True, text=True
    ).stdout
    for network in (SERVICES, PODS):
        prefix = network.rpartition(".")[0] + "."
        if any(f" {prefix}" in f" {line}" for line in (listed + routes).splitlines()):
            raise ClusterError(
                f"addresses of {network} are in use on this machine: another cluster runs here, or "
                "one was not stopped; stop it with the tool that started it"
            )
    if Path("/run/containerd/containerd.sock").exists():
        tell("Another containerd runs here; the cluster has its own and leaves it alone.")


def free_port() -> int:
    """Return a port of 127.0.0.1 that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _start() -> None:
    folder = state()
    folder.mkdir(mode=0o700)
    for name in ("pid", "log", "etcd", "cni"):
        (folder / name).mkdir()
    before = {
        str(path): path.read_text().strip()
        for key in _SYSCTLS
        if (path := Path("/proc/sys", key)).exists()
    }
    (folder / "sysctl.json").write_text(json.dumps(before))
    from tools.kubernetes.keys import make_keys  # loads cryptography

    make_keys(folder)
    _start_containerd()
    _start_control_plane()
    _start_node()
    dns.start(kubectl)
    kubectl("apply", "-f", "-", document=json.dumps(storage()))
    wait_for("the node", 90, _node_ready, "kubelet", "containerd")
    wait_for(
        "the default service account", 30,
        lambda: "default" in kubectl("get", "serviceaccount", check=False),
        "kube-controller-manager",
    )  # fmt: skip


def _node_ready() -> bool:
    conditions = "-o=jsonpath={.status.conditions[?(@.type=='Ready')].status}"
    return kubectl("get", "node", NODE, conditions, check=False) == "True"


def _start_containerd() -> None:
    folder, debian = state(), packages()
    network = {
        "cniVersion": "0.4.0",
        "name": "fairlead",
        "plugins": [
            {
                "type": "bridge", "bridge": BRIDGE, "isGateway": True, "hairpinMode": True,
                "ipam": {
                    "type": "host-local", "dataDir": f"{folder}/ipam",
                    "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}],
                },
            }
        ],
    }  # fmt: skip
    (folder / "cni/10-fairlead.conflist").write_text(json.dumps(network))
    # The machine may deny lowering OOM scores, and has no AppArmor profile of ours.
    (folder / "containerd.toml").write_text(f"""version = 2
root = "{folder}/containerd"
state = "{folder}/containerd-run"
[grpc]
  address = "{folder}/containerd.sock"
[ttrpc]
  address = "{folder}/containerd.ttrpc.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{images.PAUSE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "{debian}/usr/sbin/runc"
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{debian}/usr/lib/cni"
    conf_dir = "{folder}/cni"
""")
    start("containerd", "--config", f"{folder}/containerd.toml")


def _start_control_plane() -> None:
    for address in (API_ADDRESS, DNS_ADDRESS):
        subprocess.run(["ip", "addr", "add", f"{address}/32", "dev", "lo"], check=True)
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    start(
        "etcd", "--name=fairlead", "--data-dir=etcd", "--unsafe-no-fsync", "--log-level=warn",
        f"--listen-client-urls={client}", f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=fairlead={peer}",
    )  # fmt: skip
    # An API server would write into whatever answers there: it has to be our etcd.
    port = urlsplit(client).port or 0
    wait_for("etcd", 60, lambda: listens("etcd", port), "etcd")
    start(
        "kube-apiserver", f"--etcd-servers={client}", f"--bind-address={API_ADDRESS}",
        f"--advertise-address={API_ADDRESS}", "--secure-port=443",
        "--tls-cert-file=pki/apiserver.crt", "--tls-private-key-file=pki/apiserver.key",
        "--client-ca-file=pki/ca.crt", f"--service-cluster-ip-range={SERVICES}",
        "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        "--service-account-key-file=pki/accounts.pub",
        "--service-account-signing-key-file=pki/accounts.key",
        "--kubelet-client-certificate=pki/admin.crt", "--kubelet-client-key=pki/admin.key",
        "--kubelet-preferred-address-types=InternalIP",
    )  # fmt: skip
    # Ready includes the bootstrap RBAC rules, without which the next two give up at once.
    wait_for("the API server", 180, _ready, "kube-apiserver", "etcd")
    leader = ("--leader-elect=false", "--bind-address=127.0.0.1", "--secure-port=0")
    start(
        "kube-controller-manager", *leader, "--kubeconfig=controller-manager.kubeconfig",
        "--use-service-account-credentials=true",
        "--service-account-private-key-file=pki/accounts.key", "--root-ca-file=pki/ca.crt",
        "--cluster-signing-cert-file=pki/ca.crt", "--cluster-signing-key-file=pki/ca.key",
    )  # fmt: skip
    start("kube-scheduler", *leader, "--kubeconfig=scheduler.kubeconfig")


def _start_node() -> None:
    folder = state()
    wait_for("containerd", 60, (folder / "containerd.sock").exists, "containerd")
    for archive in sorted(archives().glob("*.tar")):
        images.load(archive)
    configuration = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": API_ADDRESS,
        "healthzPort": 0,
        "containerRuntimeEndpoint": f"unix://{folder}/containerd.sock",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{folder}/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "clusterDNS": [DNS_ADDRESS],
        "clusterDomain": "cluster.local",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,  # machines that mount the v1 controllers
        "failSwapOn": False,
        "oomScoreAdj": 0,  # a negative one needs a capability that containers' roots lack
        "makeIPTablesUtilChains": False,
        "podLogsDir": f"{folder}/pod-logs",
        "resolvConf": "/etc/resolv.conf",
        "imageGCHighThresholdPercent": 100,
        "imageMinimumGCAge": "100h",
        "evictionHard": {
            "memory.available": "100Mi", "nodefs.available": "1%",
            "imagefs.available": "1%", "nodefs.inodesFree": "1%",
        },
    }  # fmt: skip
    (folder / "kubelet.yaml").write_text(json.dumps(configuration))
    start(
        "kubelet", "--config=kubelet.yaml", "--kubeconfig=kubelet.kubeconfig",
        f"--root-dir={folder}/kubelet", f"--cert-dir={folder}/kubelet-pki",
        f"--node-ip={API_ADDRESS}", f"--hostname-override={NODE}",
    )  # fmt: skip
    kubectl(
        "create", "clusterrolebinding", "kube-proxy", "--clusterrole=system:node-proxier",
        "--user=system:kube-proxy",
    )  # fmt: skip
    start(
        "kube-proxy", "--kubeconfig=kube-proxy.kubeconfig", f"--hostname-override={NODE}",
        "--proxy-mode=iptables", f"--cluster-cidr={PODS}", "--masquerade-all=true",
        f"--bind-address={API_ADDRESS}", "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0",
        f"--healthz-bind-address=127.0.0.1:{free_port()}",
        f"--metrics-bind-address=127.0.0.1:{free_port()}",
    )  # fmt: skip
