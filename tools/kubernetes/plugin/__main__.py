"""Serve the engine that started this process, until it is gone."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from tools.kubernetes.plugin.servicer import KubernetesServicer


def main() -> int:
    """Listen on loopback, print the port as the engine expects, and end with the engine."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    engine = os.getppid()
    server = grpc.server(
        ThreadPoolExecutor(max_workers=32), options=[("grpc.max_receive_message_length", -1)]
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(KubernetesServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    while not stop.wait(1) and os.getppid() == engine:
        pass
    server.stop(2).wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
