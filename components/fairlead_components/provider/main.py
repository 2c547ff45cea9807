"""Start the provider plugin: what the console script ``pulumi-resource-fairlead`` runs."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

#: Seconds that calls under way have to finish when the plugin is told to stop.
_GRACE = 5.0

#: Seconds between two looks at whether the engine still is there.
_LOOK = 1.0


def main() -> int:
    """Serve the engine that started this process until it ends or says so.

    The plugin prints the port that it listens on (loopback only), as the engine expects. SIGINT and
    SIGTERM let calls under way finish. When the engine is gone, killed included, the plugin ends.
    """
    try:
        import grpc
        from pulumi.runtime.proto import provider_pb2_grpc
    except ModuleNotFoundError as error:
        sys.stderr.write(f"needs the package {error.name}: pip install 'fairlead[pulumi]'\n")
        return 2

    from fairlead_components.provider.directory import DirectoryHandler
    from fairlead_components.provider.manifest_publication import ManifestPublicationHandler
    from fairlead_components.provider.password import PasswordHandler
    from fairlead_components.provider.servicer import ProviderServicer

    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)

    engine = os.getppid()
    server = grpc.server(
        ThreadPoolExecutor(max_workers=8),
        options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(
        ProviderServicer([DirectoryHandler(), ManifestPublicationHandler(), PasswordHandler()]),
        server,
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not stop.wait(_LOOK) and os.getppid() == engine:
        pass
    server.stop(_GRACE).wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
