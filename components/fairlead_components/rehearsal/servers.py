"""Serve stand-ins on loopback, and tell the engine where they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from fairlead_components.provider.directory import DirectoryHandler
from fairlead_components.provider.manifest_publication import ManifestPublicationHandler
from fairlead_components.provider.password import PasswordHandler
from fairlead_components.rehearsal.answers import Answers
from fairlead_components.rehearsal.catalog import Catalog, HandlerCatalog, SdkCatalog
from fairlead_components.rehearsal.sdk import Sdk
from fairlead_components.rehearsal.stand_in import StandIn
from fairlead_components.rehearsal.validation import Failure

_WORKERS = 8
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class StandIns:
    """Serve one stand-in for each provider, as long as the context lasts.

    Args:
        sdks: The installed SDKs, by the provider's name.
        answers: What data sources answer.

    Attributes:
        providers: The stand-ins by the provider's name.
    """

    def __init__(self, sdks: Mapping[str, Sdk], answers: Answers) -> None:
        own = HandlerCatalog([DirectoryHandler(), ManifestPublicationHandler(), PasswordHandler()])
        catalogs: Iterable[Catalog] = [own, *(SdkCatalog(sdk) for sdk in sdks.values())]
        self.providers = {catalog.package: StandIn(catalog, answers) for catalog in catalogs}
        self._pool = ThreadPoolExecutor(max_workers=_WORKERS)
        self._servers: list[grpc.Server] = []
        self._ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        for name, provider in self.providers.items():
            server = grpc.server(self._pool, options=_UNLIMITED)
            provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
            self._ports[name] = server.add_insecure_port("127.0.0.1:0")
            server.start()
            self._servers.append(server)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.stop(None)
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def attachment(self) -> str:
        """The value of ``PULUMI_DEBUG_PROVIDERS``."""
        return ",".join(f"{name}:{port}" for name, port in self._ports.items())

    @contextmanager
    def collecting(self) -> Iterator[list[tuple[str, Failure]]]:
        """Collect what is wrong with resources instead of ending at the first."""
        found: list[tuple[str, Failure]] = []
        for provider in self.providers.values():
            provider.collecting, provider.kept = True, found
        try:
            yield found
        finally:
            for provider in self.providers.values():
                provider.collecting, provider.kept = False, []

    def settings(self) -> Iterator[dict[str, Any]]:
        """Yield the settings of every provider, as a state has them.

        ``pulumi preview --json`` leaves out providers that the program does not declare, whose
        settings are the stack's: region, account, project.
        """
        for name, provider in self.providers.items():
            for urn, inputs in provider.configured.items():
                kind = f"pulumi:providers:{name}"
                yield {"urn": urn, "type": kind, "custom": True, "inputs": inputs}

    def calls(self, method: str) -> int:
        """Return how many calls of a method would have reached a cloud."""
        return sum(provider.calls[method] for provider in self.providers.values())
