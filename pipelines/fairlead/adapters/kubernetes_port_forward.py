"""Reach a service of a cluster from outside, through the API server and by its login alone.

A listener on loopback takes each connection to a ready pod of the service. Nothing in the cluster
is exposed; who may use it is decided by the role that allows ``pods/portforward``.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import suppress
from typing import Any

from fairlead.adapters.kubernetes_cluster import Cluster
from fairlead.errors import BackendError

_CHUNK = 1 << 16
_lock = threading.Lock()
_forwards: dict[tuple[str | None, str, str, int], _Forward] = {}


def forwarded(cluster: Cluster, service: str, port: int) -> int:
    """Return the port of this machine's loopback at which a service answers, while we live.

    Args:
        cluster: The namespace of the service.
        service: Its name.
        port: Its port.

    Raises:
        BackendError: There is no such service, or the cluster refuses to say.
    """
    key = (cluster.context, cluster.namespace, service, port)
    with _lock:
        if key not in _forwards:
            _forwards[key] = _Forward(cluster, service, port)
        found: int = _forwards[key].server_address[1]
        return found


class _Forward(socketserver.ThreadingTCPServer):
    """Listen on a free port of 127.0.0.1, and carry each connection into the cluster."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, cluster: Cluster, service: str, port: int) -> None:
        self.cluster = cluster
        what = f"find service {service}"
        found = cluster.core(what, "read_namespaced_service", service)
        selector = found["spec"].get("selector") or {}
        if not selector:
            raise BackendError(f"service {service} in {cluster.where} selects no pods")
        self.selector = ",".join(f"{key}={value}" for key, value in selector.items())
        listed = found["spec"]["ports"]
        ports = {item["port"]: item.get("targetPort", item["port"]) for item in listed}
        if port not in ports:
            raise BackendError(f"service {service} in {cluster.where} has no port {port}")
        self.target = ports[port]
        self.service = service
        # The client swaps its transport for the moment of an upgrade: nobody else may use this one.
        self._own = Cluster(cluster.context, cluster.namespace)
        self._upgrading = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Carrier)
        threading.Thread(target=self.serve_forever, name=f"forward-{service}", daemon=True).start()

    def connect(self) -> Any:
        """Open a connection to a ready pod of the service."""
        from kubernetes.stream import portforward

        pods, _ = self.cluster.pods(self.selector)
        ready = [pod for pod in pods if _is_ready(pod)]
        if not ready:
            raise BackendError(f"no pod of service {self.service} is ready in {self.cluster.where}")
        pod = ready[0]
        port = self.target if isinstance(self.target, int) else _named(pod, self.target)
        with self._upgrading:
            stream = portforward(
                self._own._core.connect_get_namespaced_pod_portforward,  # noqa: SLF001 - a sibling
                pod["metadata"]["name"],
                self.cluster.namespace,
                ports=str(port),
            )
        return stream.socket(port)


class _Carrier(socketserver.BaseRequestHandler):
    """Carry bytes both ways until one side ends."""

    server: _Forward

    def handle(self) -> None:
        try:
            inside = self.server.connect()
        except Exception:  # noqa: BLE001 - the client sees a closed connection, and asks again
            return
        inside.setblocking(True)
        back = threading.Thread(target=_pump, args=(inside, self.request), daemon=True)
        back.start()
        _pump(self.request, inside)
        back.join()
        with suppress(OSError):
            inside.close()


def _pump(source: Any, sink: Any) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _named(pod: dict[str, Any], name: str) -> int:
    containers = pod["spec"]["containers"]
    ports = {p.get("name"): p["containerPort"] for c in containers for p in c.get("ports", ())}
    return int(ports[name])
