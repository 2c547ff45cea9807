"""Answer Pulumi's engine for resources that are plain objects of the Kubernetes API.

Pulumi publishes its plugin as a program that package registries do not have. This one speaks the
same protocol for ``kubernetes:<group>/<version>:<Kind>``. All that is to be known about objects
(validation, defaults, what cannot be changed, who may do what) is the API server's answer: objects
are written by server-side apply, and previews ask the server what would come of it. Not here:
Helm, Kustomize, YAML and patch resources, and the own plugin's rules of waiting and comparing,
but for deployments, stateful sets and jobs.
"""

# ruff: noqa: N802, ARG002 - the protocol names the methods and their arguments

from __future__ import annotations

import secrets
import threading
import time
from typing import Any, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as pb

from fairlead_components.provider.wire import decode, encode, is_unknown
from tools.kubernetes.plugin.api import Api, ApiError, immutable, ready

_SECONDS = 300
_SKIP = "pulumi.com/skipAwait"
_AUTONAMED = "pulumi.com/autonamed"
#: Statuses with which a preview's question is answered when what it needs comes by this update.
_NOT_YET = {403, 404}


class KubernetesServicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answer the engine from the API server that the provider's configuration names."""

    def __init__(self) -> None:
        self._config: dict[str, Any] = {}
        self._opened: Api | None = None
        self._cancelled = threading.Event()

    @property
    def _api(self) -> Api:
        if self._opened is None:
            self._opened = Api(self._config.get("kubeconfig"), self._config.get("context"))
        return self._opened

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Take secrets marked."""
        return pb.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Tell the version of the SDK that programs use."""
        from importlib.metadata import version

        return plugin_pb2.PluginInfo(version=version("pulumi-kubernetes"))

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Take any configuration."""
        return pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Find no difference that would matter."""
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Remember which cluster is meant."""
        self._config = decode(request.args).values
        return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Wait for nothing any more."""
        self._cancelled.set()
        return Empty()

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Name what has no name, and put it where the provider's objects go."""
        news, olds = decode(request.news), decode(request.olds).values
        metadata = news.values.setdefault("metadata", {})
        if not metadata.get("name"):
            was = olds.get("metadata", {})
            kept = was.get("annotations", {}).get(_AUTONAMED) == "true"
            name = request.urn.rpartition("::")[2].lower()
            metadata["name"] = was["name"] if kept else f"{name}-{secrets.token_hex(4)}"
            metadata.setdefault("annotations", {})[_AUTONAMED] = "true"
        namespace = self._config.get("namespace")
        if namespace and not metadata.get("namespace"):
            kind = news.values["apiVersion"], news.values["kind"]
            if self._api.kind(*kind)[1]:
                metadata["namespace"] = namespace
        return pb.CheckResponse(inputs=encode(news.values, news.secret))

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Compare what was asked for with what is; the server says what needs a new object."""
        olds, news = decode(request.old_inputs).values, decode(request.news).values
        names = sorted(k for k in olds.keys() | news.keys() if olds.get(k) != news.get(k))
        if not names:
            return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)
        replaces = [k for k in ("apiVersion", "kind") if olds.get(k) != news.get(k)]
        before, after = olds.get("metadata", {}), news.get("metadata", {})
        moved = any(before.get(key) != after.get(key) for key in ("name", "namespace"))
        replaces += ["metadata"] if moved else []
        if not replaces and not is_unknown(news):
            try:
                self._api.apply(_document(news), dry_run=True)
            except ApiError as error:
                if not immutable(str(error)):
                    _abort(context, str(error))
                replaces = names
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME,
            diffs=names,
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and not moved,
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Write an object."""
        news = decode(request.properties)
        live = self._write(news.values, request, context)
        identity = "" if request.preview else _id(live)
        return pb.CreateResponse(id=identity, properties=_state(live, news.secret))

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Write an object anew."""
        news = decode(request.news)
        live = self._write(news.values, request, context)
        return pb.UpdateResponse(properties=_state(live, news.secret))

    def _write(self, news: dict[str, Any], request: Any, context: Any) -> dict[str, Any]:
        document = _document(news)
        if request.preview:
            if is_unknown(document):
                return document
            try:
                return self._api.apply(document, dry_run=True)
            except ApiError as error:
                if error.status not in _NOT_YET:
                    _abort(context, str(error))
                return document
        try:
            live = self._api.apply(document)
            if document["metadata"].get("annotations", {}).get(_SKIP) != "true":
                live = self._settled(live, request.timeout or _SECONDS, context)
        except ApiError as error:
            _abort(context, str(error))
        return live

    def _settled(self, live: dict[str, Any], seconds: float, context: Any) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while (state := ready(live)) is not True:
            if state or time.monotonic() > deadline:
                _abort(context, f"{live['kind']} {_id(live)}: {state or 'not ready in time'}")
            if self._cancelled.wait(0.3):
                context.abort(grpc.StatusCode.CANCELLED, "the update was cancelled")
            live = self._api.get(live) or live
        return live

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Look at an object; what differs from what was asked for is drift."""
        state, inputs = decode(request.properties), decode(request.inputs)
        document = state.values or inputs.values
        try:
            live = self._api.get(document)
        except ApiError as error:
            _abort(context, str(error))
        if live is None:
            return pb.ReadResponse()
        hidden = state.secret | inputs.secret
        seen = _project(inputs.values, live)
        if "stringData" in inputs.values:  # the server keeps it as `data`
            seen["stringData"] = inputs.values["stringData"]
        properties = _state(live, hidden)
        return pb.ReadResponse(id=_id(live), properties=properties, inputs=encode(seen, hidden))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Delete an object."""
        try:
            self._api.delete(decode(request.properties).values, request.timeout or _SECONDS)
        except ApiError as error:
            _abort(context, str(error))
        return Empty()


def _document(inputs: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in inputs.items() if not k.startswith("__") and k != "status"}
    document = _without_nothing(kept)
    assert isinstance(document, dict)
    return document


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nothing(v) for k, v in value.items() if v is not None}
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value


def _state(live: dict[str, Any], hidden: frozenset[str]) -> Any:
    kept = {k: v for k, v in live.items() if k != "metadata"}
    kept["metadata"] = {k: v for k, v in live["metadata"].items() if k != "managedFields"}
    if live.get("kind") == "Secret":
        hidden = hidden | {"data", "stringData"}
    return encode(kept, hidden & kept.keys())


def _project(asked: Any, live: Any) -> Any:
    """Return what was asked for with the values that are."""
    if isinstance(asked, dict) and isinstance(live, dict):
        return {k: _project(v, live[k]) for k, v in asked.items() if k in live or v is None}
    if isinstance(asked, list) and isinstance(live, list) and len(asked) == len(live):
        return [_project(a, b) for a, b in zip(asked, live, strict=True)]
    return live


def _id(live: dict[str, Any]) -> str:
    metadata = live["metadata"]
    within = metadata.get("namespace")
    return f"{within}/{metadata['name']}" if within else str(metadata["name"])


def _abort(context: grpc.ServicerContext, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError(message)  # abort has raised
