"""The stand-in for one provider: answers the engine from the SDK's types, and touches nothing."""

# ruff: noqa: N802, ARG002 - the protocol names the methods and their arguments

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as pb

from fairlead_components.provider.wire import UNKNOWN, decode, encode, is_unknown
from fairlead_components.rehearsal.answers import Answers, Completion, shape_of, subject_of
from fairlead_components.rehearsal.catalog import Catalog
from fairlead_components.rehearsal.errors import AnswersError
from fairlead_components.rehearsal.resource_types import PLACES, ResourceType
from fairlead_components.rehearsal.shapes.shape import Subject
from fairlead_components.rehearsal.validation import Failure, Validator, all_paths

#: What `pulumi preview --json` writes for a secret.
_HIDDEN = "[secret]"
_KINDS = {"add": "ADD", "delete": "DELETE", "update": "UPDATE"}


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    """Answer the engine in place of one provider.

    Source:
        https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto

    Args:
        catalog: What the provider's resource types and functions are.
        answers: What its functions answer.

    Attributes:
        calls: How often each method was called that would have reached a cloud.
        collecting: Whether what is wrong with resources is kept, so that one preview shows all of
            it; else the engine hears of it, and ends at the first.
        kept: What is wrong, as pairs of the URN and the failure.
        configured: The settings of the provider's instances, by URN, without secrets.
    """

    def __init__(self, catalog: Catalog, answers: Answers) -> None:
        self._catalog = catalog
        self._answers = answers
        self._settings: dict[str, dict[str, Any]] = {}
        self._imported: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.collecting = False
        self.kept: list[tuple[str, Failure]] = []
        self.configured: dict[str, dict[str, Any]] = {}

    # The provider itself.

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Agree on how values travel: with secrets marked, without outputs or resources."""
        return pb.ProviderHandshakeResponse(
            accept_secrets=True, supports_autonaming_configuration=True
        )

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Serve an engine that was told to attach."""
        return Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Tell the version: that of the installed SDK."""
        return plugin_pb2.PluginInfo(version=self._catalog.version)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Tell nothing but the name: programs have their SDK already."""
        schema = {"name": self._catalog.package, "version": self._catalog.version}
        return pb.GetSchemaResponse(schema=json.dumps(schema))

    def GetMapping(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Tell that nothing is known of other tools' resource types."""
        return pb.GetMappingResponse()

    def GetMappings(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Tell that nothing is known of other tools' resource types."""
        return pb.GetMappingsResponse()

    def Parameterize(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuse: what a parameter would make of the provider is not known."""
        _abort(context, "a parameterized provider cannot be rehearsed")

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Check a provider's settings as those of any resource."""
        news = decode(request.news)
        self.configured[request.urn] = {
            name: _HIDDEN if name in news.secret else value for name, value in news.values.items()
        }
        token = f"pulumi:providers:{self._catalog.package}"
        kind = self._catalog.resource(token)
        failures: list[Failure] = []
        if kind is not None and kind.inputs:
            plain = {k: _parsed(v, kind, k) for k, v in news.values.items() if k in kind.inputs}
            unheard = {
                k: v
                for k, v in news.values.items()
                if k not in kind.inputs and k not in {"version", "pluginDownloadURL"}
            }
            validator = Validator(kind.objects, bridged=True)
            failures = validator.fields({**plain, **unheard}, kind.inputs)
        return pb.CheckResponse(
            inputs=encode(news.values, news.secret), failures=_failures(failures)
        )

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Find that settings differ or do not; none makes a new provider."""
        changed = _changed(decode(request.old_inputs).values, decode(request.news).values)
        some = pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE
        return pb.DiffResponse(changes=some, diffs=sorted(changed))

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Remember the settings of the instance: each has a connection of its own."""
        given = decode(request.args).values
        self._settings[context.peer()] = {k: v for k, v in given.items() if not is_unknown(v)}
        return pb.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Take note; every call is over in a moment."""
        return Empty()

    def Call(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuse: what a method answers is not in its SDK's types alone."""
        _abort(context, f"the method {request.tok} cannot be rehearsed")

    def Construct(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuse: what such a component consists of is known to its provider only."""
        _abort(
            context,
            f"{request.type} is a component that its provider itself puts together, so that it "
            "cannot be rehearsed: use the resources that it consists of",
        )

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Answer a function."""
        function = self._catalog.function(request.tok)
        if function is None:
            _abort(context, f"{self._catalog.described} has no function {request.tok}")
        arguments = decode(request.args)
        if function.inputs:
            validator = Validator(function.objects, bridged=function.bridged)
            failures = validator.fields(arguments.values, function.inputs)
            if failures:
                return pb.InvokeResponse(failures=_failures(failures))
        subject = subject_of(function, arguments.values, self._setting(context))
        try:
            result = self._answers.answer(function, subject)
        except AnswersError as error:
            _abort(context, str(error))
        response = pb.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(result, arguments.secret & result.keys()))
        return response

    # Resources.

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Report what is wrong with inputs, and name what has no name."""
        kind = self._kind(request.urn, context)
        news, olds = decode(request.news), decode(request.olds)
        failures: list[Failure] = []
        if not kind.opaque:
            validator = Validator(kind.objects, bridged=kind.bridged)
            failures = validator.fields(news.values, kind.inputs)
            failures += self._catalog.validate(kind, news.values) if not failures else []
        checked = self._catalog.with_defaults(kind, news.values)
        self._name(kind, request, checked, olds.values)
        if self.collecting:
            self.kept += [(request.urn, failure) for failure in failures]
            failures = []
        return pb.CheckResponse(inputs=encode(checked, news.secret), failures=_failures(failures))

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Compare inputs, as the last update or refresh left them, with those wanted."""
        kind = self._kind(request.urn, context)
        olds, news = decode(request.old_inputs).values, decode(request.news).values
        if request.urn in self._imported and not olds:
            # What is imported is assumed to be as the program says: nobody can look.
            return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)
        changed = _changed(olds, news)
        replaces = [name for name in sorted(changed) if self._replaces(kind, name, olds, news)]
        detail = pb.PropertyDiff
        detailed = {}
        for name in changed:
            suffix = "_REPLACE" if name in replaces else ""
            old, new = {name: olds.get(name)}, {name: news.get(name)}
            for path, how in all_paths(
                {k: v for k, v in old.items() if v is not None},
                {k: v for k, v in new.items() if v is not None},
            ):
                detailed[path] = detail(
                    kind=detail.Kind.Value(f"{_KINDS[how]}{suffix}"), inputDiff=True
                )
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE,
            diffs=sorted(changed),
            replaces=replaces,
            hasDetailedDiff=True,
            detailedDiff=detailed,
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Tell what would be created; in a preview, what is computed is unknown."""
        kind = self._kind(request.urn, context)
        inputs = decode(request.properties)
        subject = self._subject(kind, request.urn, inputs.values, context)
        outputs = self._complete(kind, subject, inputs.values, preview=request.preview)
        secret = inputs.secret | self._catalog.hidden(kind)
        if request.preview:
            return pb.CreateResponse(properties=encode(outputs, secret))
        self.calls["create"] += 1
        identifier = shape_of(kind.package).identifier(subject)
        if "id" in kind.outputs and "id" not in inputs.values:
            outputs["id"] = identifier
        return pb.CreateResponse(id=identifier, properties=encode(outputs, secret))

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Tell what would be changed: what is computed stays as it was."""
        kind = self._kind(request.urn, context)
        news, olds = decode(request.news), decode(request.olds)
        subject = self._subject(kind, request.urn, news.values, context)
        before = {k: v for k, v in olds.values.items() if k not in kind.inputs or k in news.values}
        outputs = self._complete(kind, subject, news.values, before, preview=request.preview)
        if not request.preview:
            self.calls["update"] += 1
        secret = news.secret | self._catalog.hidden(kind)
        return pb.UpdateResponse(properties=encode(outputs, secret))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Find a resource as it was left; one of which nothing is recorded, as its type says."""
        kind = self._kind(request.urn, context)
        inputs, state = decode(request.inputs), decode(request.properties)
        self.calls["read"] += 1
        secret = inputs.secret | state.secret
        outputs = state.values
        promised = {name for name, (_, required) in kind.outputs.items() if required} - {"id"}
        if not inputs.values and not promised <= outputs.keys():  # seen for the first time
            self._imported.add(request.urn)
            named = request.id.rstrip("/").rpartition("/")[2].rpartition(":")[2]
            values = {**({kind.naming: named} if kind.naming else {}), **state.values}
            subject = self._subject(kind, request.urn, values, context)
            outputs = self._complete(kind, subject, values)
            outputs |= {name: request.id for name in ("id", "arn") if name in kind.outputs
                        and (name == "id" or request.id.startswith("arn:"))}  # fmt: skip
        return pb.ReadResponse(
            id=request.id, properties=encode(outputs, secret), inputs=encode(inputs.values, secret)
        )

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Count a deletion: what is retained or protected never comes here."""
        self.calls["delete"] += 1
        return Empty()

    # What they share.

    def _kind(self, urn: str, context: grpc.ServicerContext) -> ResourceType:
        token = urn.split("::")[2].rpartition("$")[2]
        kind = self._catalog.resource(token)
        if kind is None:
            _abort(context, f"{self._catalog.described} has no resource type {token}")
        return kind

    def _setting(self, context: grpc.ServicerContext) -> Mapping[str, Any]:
        return self._settings.get(context.peer(), {})

    def _subject(
        self, kind: ResourceType, urn: str, values: Mapping[str, Any], context: Any
    ) -> Subject:
        known = {name: value for name, value in values.items() if not is_unknown(value)}
        name = known.get(kind.naming or "name") or known.get("name")
        metadata = known.get("metadata")
        if isinstance(metadata, dict) and metadata.get("name"):
            name = metadata["name"]
        last = urn.rpartition("::")[2].lower()
        return Subject(kind.token, urn, str(name or last), known, self._setting(context))

    def _complete(
        self,
        kind: ResourceType,
        subject: Subject,
        inputs: Mapping[str, Any],
        before: Mapping[str, Any] | None = None,
        *,
        preview: bool = False,
    ) -> dict[str, Any]:
        """Return the outputs of a resource, given its inputs, which may be unknown in part."""
        if kind.opaque or not kind.outputs:
            return dict(inputs)
        promised = {k: v for k, v in kind.outputs.items() if k != "id"}
        shape = shape_of(kind.package)
        completion = Completion(shape, subject, kind.objects, kind.inputs, preview)
        return completion.fields(inputs, promised, before or {})

    def _name(
        self, kind: ResourceType, request: Any, checked: dict[str, Any], olds: Mapping[str, Any]
    ) -> None:
        """Name a resource that has no name, as its provider would; it keeps the name it has."""
        subject = Subject(kind.token, request.urn, request.urn.rpartition("::")[2].lower(), checked)
        proposed = request.autonaming.proposed_name or shape_of(kind.package).automatic_name(
            subject
        )
        if kind.package == "kubernetes":
            metadata = checked.setdefault("metadata", {})
            if isinstance(metadata, dict) and not {"name", "generateName"} & metadata.keys():
                former = olds.get("metadata")
                old_name = former.get("name") if isinstance(former, dict) else None
                checked["metadata"] = {**metadata, "name": old_name or proposed}
            return
        naming = kind.naming
        if naming and checked.get(naming) is None and f"{naming}Prefix" not in checked:
            checked[naming] = olds.get(naming) or proposed

    def _replaces(
        self, kind: ResourceType, name: str, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> bool:
        if kind.package == "kubernetes":
            if name != "metadata":
                return name in {"apiVersion", "kind"}
            old, new = olds.get(name) or {}, news.get(name) or {}
            return any(old.get(key) != new.get(key) for key in ("name", "namespace"))
        if name in PLACES and None in (olds.get(name), news.get(name)):
            return False  # said now or no more: most likely where the provider puts it anyway
        return name in kind.replacing or name in kind.identity


def _failures(failures: list[Failure]) -> list[Any]:
    """Return failures for the engine, as text: beside a property it prints the value."""
    return [pb.CheckFailure(reason=f"{at}: {reason}") for at, reason in failures]


def _changed(olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
    names = {name for name in olds.keys() | news.keys() if not name.startswith("__")}
    return {name for name in names if olds.get(name) != news.get(name)}


def _parsed(value: Any, kind: ResourceType, name: str) -> Any:
    """Return a provider's setting as it was meant: lists and objects travel as JSON text."""
    if isinstance(value, str) and value != UNKNOWN and kind.inputs[name][0] != "string":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _abort(context: grpc.ServicerContext, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError(message)  # abort has raised
