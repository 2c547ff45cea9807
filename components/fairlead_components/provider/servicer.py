"""The provider protocol: answers the engine's calls with what the handlers do."""

# ruff: noqa: N802, ARG002 - the protocol names the methods and their arguments

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as pb

from fairlead import __version__
from fairlead.errors import FairleadError
from fairlead_components.provider.handler import Handler, Snapshot
from fairlead_components.provider.schema import package_schema
from fairlead_components.provider.wire import decode, encode


class ProviderServicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answer the engine.

    Source:
        https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto

    Args:
        handlers: The resource types that the provider has.
    """

    def __init__(self, handlers: Sequence[Handler]) -> None:
        self._handlers = {handler.token: handler for handler in handlers}
        self._cancelled = threading.Event()

    def _handler(self, urn: str, context: grpc.ServicerContext) -> Handler:
        token = urn.split("::")[2].rpartition("$")[2]
        if token not in self._handlers:
            known = ", ".join(self._handlers)
            _abort(context, f"the provider fairlead has no resource type {token}; it has {known}")
        return self._handlers[token]

    @contextmanager
    def _work(self, context: grpc.ServicerContext) -> Iterator[None]:
        """Do nothing once the update is cancelled, and report errors as sentences."""
        if self._cancelled.is_set():
            context.abort(grpc.StatusCode.CANCELLED, "the update was cancelled")
        try:
            yield
        except (FairleadError, OSError) as error:
            _abort(context, str(error))

    # The provider itself.

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Agree on how values travel: with secrets marked, without outputs or resources."""
        return pb.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Serve an engine that found a provider which runs already (for debugging)."""
        return Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Tell the version."""
        return plugin_pb2.PluginInfo(version=__version__)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Tell which resource types there are."""
        schema = package_schema(self._handlers.values(), __version__)
        return pb.GetSchemaResponse(schema=json.dumps(schema))

    def GetMapping(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Tell that nothing is known of other tools' resource types."""
        return pb.GetMappingResponse()

    def GetMappings(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Tell that nothing is known of other tools' resource types."""
        return pb.GetMappingsResponse()

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Drop all configuration: keys below ``fairlead:`` are the stack's, not the provider's."""
        kept = {k: v for k, v in decode(request.news).values.items() if k == "version"}
        return pb.CheckResponse(inputs=encode(kept))

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Find no difference: there is nothing to configure."""
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Take no configuration."""
        return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuse: the provider has no functions."""
        _abort(context, f"the provider fairlead has no function {request.tok}")

    def Call(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuse: the provider has no methods."""
        _abort(context, f"the provider fairlead has no method {request.tok}")

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Start nothing more; what is under way is over in a moment and is let finish."""
        self._cancelled.set()
        return Empty()

    # Resources.

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Fill in defaults and report what is wrong."""
        news = decode(request.news)
        checked, failures = self._handler(request.urn, context).check(news.values)
        return pb.CheckResponse(
            inputs=encode(checked, news.secret),
            failures=[pb.CheckFailure(property=name, reason=reason) for name, reason in failures],
        )

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Compare inputs, as the last update or refresh left them, with those wanted."""
        olds, news = decode(request.old_inputs), decode(request.news)
        handler = self._handler(request.urn, context)
        changed, replaces = handler.diff(olds.values, news.values)
        detail = pb.PropertyDiff
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=replaces,
            hasDetailedDiff=True,
            detailedDiff={
                name: detail(
                    kind=detail.UPDATE_REPLACE if name in replaces else detail.UPDATE,
                    inputDiff=True,
                )
                for name in changed
            },
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Create a resource; in a preview say what is known of it."""
        inputs = decode(request.properties)
        handler = self._handler(request.urn, context)
        if request.preview:
            return pb.CreateResponse(properties=encode(inputs.values, inputs.secret))
        with self._work(context):
            made = handler.create(inputs.values)
            return pb.CreateResponse(
                id=made.id,
                properties=encode(made.outputs, inputs.secret | handler.hidden),
                refresh_before_update=True,
            )

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Change a resource; in a preview say what is known of it."""
        news = decode(request.news)
        handler = self._handler(request.urn, context)
        if request.preview:
            return pb.UpdateResponse(properties=encode(news.values, news.secret))
        with self._work(context):
            made = handler.update(request.id, news.values)
            return pb.UpdateResponse(
                properties=encode(made.outputs, news.secret | handler.hidden),
                refresh_before_update=True,
            )

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Look at a resource; an answer without an id says that it is gone."""
        inputs, state = decode(request.inputs), decode(request.properties)
        handler = self._handler(request.urn, context)
        with self._work(context):
            recorded = {**state.values, **inputs.values}
            found: Snapshot | None = handler.read(request.id, recorded)
            if found is None:
                return pb.ReadResponse()
            secret = inputs.secret | state.secret | handler.hidden
            return pb.ReadResponse(
                id=found.id,
                properties=encode(found.outputs, secret),
                inputs=encode(found.inputs, inputs.secret),
                refresh_before_update=True,
            )

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Delete a resource."""
        handler = self._handler(request.urn, context)
        with self._work(context):
            handler.delete(request.id, decode(request.properties).values)
        return Empty()


def _abort(context: grpc.ServicerContext, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError(message)  # abort has raised
