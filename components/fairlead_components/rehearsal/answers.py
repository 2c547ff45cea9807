"""Complete values to what their types promise, and answer functions, as a cloud might."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any

from fairlead_components.provider.wire import UNKNOWN
from fairlead_components.rehearsal.errors import AnswersError
from fairlead_components.rehearsal.resource_types import Fields, FunctionType, is_bridged
from fairlead_components.rehearsal.shapes.aws import AwsShape
from fairlead_components.rehearsal.shapes.azure_native import AzureNativeShape
from fairlead_components.rehearsal.shapes.fairlead import FairleadShape
from fairlead_components.rehearsal.shapes.gcp import GcpShape
from fairlead_components.rehearsal.shapes.kubernetes import KubernetesShape
from fairlead_components.rehearsal.shapes.shape import Shape, Subject
from fairlead_components.rehearsal.stack_references import STACK_REFERENCE
from fairlead_components.rehearsal.validation import Validator

_SHAPES: Mapping[str, Shape] = {
    "aws": AwsShape(),
    "gcp": GcpShape(),
    "azure-native": AzureNativeShape(),
    "kubernetes": KubernetesShape(),
    "fairlead": FairleadShape(),
}

#: How deep objects within objects are made up; types may contain themselves.
_DEEPEST = 5

#: What a cloud repeats with its own additions, by what it repeats.
_ECHOES = {"tagsAll": "tags", "effectiveLabels": "labels", "pulumiLabels": "labels"}


def shape_of(package: str) -> Shape:
    """Return how a provider writes values; for one that is not known, how any might."""
    return _SHAPES.get(package) or Shape()


@dataclasses.dataclass(frozen=True, slots=True)
class Completion:
    """Fill what is promised and not there.

    Args:
        shape: How the provider writes values.
        subject: Of what.
        objects: The fields of object types.
        inputs: What a program may give: where it does not, nothing is made up of it.
        preview: Whether what is not given is unknown rather than made up.
        whole: Whether what the SDK calls optional is there, too.
    """

    shape: Shape
    subject: Subject
    objects: Mapping[str, Fields]
    inputs: Fields = dataclasses.field(default_factory=dict)
    preview: bool = False
    whole: bool = False

    def fields(
        self, given: Mapping[str, Any], promised: Fields, before: Mapping[str, Any], depth: int = 0
    ) -> dict[str, Any]:
        """Return an object with every field that its type promises.

        Args:
            given: What a program gave.
            promised: The fields of the type.
            before: What it was: what a provider computes stays.
            depth: How deep within the resource this is.
        """
        complete = dict(given)
        for name, (kind, required) in promised.items():
            if given.get(name) is not None:
                complete[name] = self._value(given[name], kind, before.get(name), depth)
            elif depth == 0 and name in _ECHOES and required:
                complete[name] = given.get(_ECHOES[name]) or {}
            elif before.get(name) is not None and (required or name not in given):
                complete[name] = before[name]
            elif required:
                optional = depth == 0 and name in self.inputs
                made = self._unset(name, kind) if optional else self.make(name, kind, depth)
                complete[name] = UNKNOWN if self.preview else made
        if depth == 0:
            self._computed(complete, self.shape.computed(self.subject), promised)
        return complete

    def _computed(
        self, complete: dict[str, Any], values: Mapping[str, Any], promised: Container[str]
    ) -> None:
        """Put in what a cloud fills in although the SDK calls it optional."""
        for name, value in values.items():
            held = complete.get(name)
            if isinstance(held, dict) and isinstance(value, dict):
                complete[name] = dict(held)
                self._computed(complete[name], value, value)
            elif held is None and name in promised:
                complete[name] = UNKNOWN if self.preview else value

    def _unset(self, name: str, kind: Any, depth: int = 0) -> Any:
        """Return an input that was not given: a cloud's default, of which no type tells."""
        if kind == "string":
            known = self.shape.known.get(name.lower())
            return str(known(self.subject)) if known else ""
        if isinstance(kind, str):
            return {"boolean": False, "integer": 0, "number": 0}.get(kind, {})
        if kind[0] == "object" and depth < _DEEPEST:
            fields = self._promised(kind[1])
            return {field: self._unset(field, of, depth + 1) for field, of in fields.items()}
        return [] if kind[0] == "array" else self.make(name, kind, _DEEPEST)

    def _value(self, given: Any, kind: Any, before: Any, depth: int) -> Any:
        """Return a given value; within it, too, objects have fields that are computed."""
        if isinstance(kind, str) or given == UNKNOWN:
            return given
        shape, inner = kind
        if shape == "object" and isinstance(given, dict):
            former = before if isinstance(before, dict) else {}
            return self.fields(given, self.objects.get(inner, {}), former, depth + 1)
        if shape == "array" and isinstance(given, list):
            formerly = before if isinstance(before, list) else []
            olds = [*formerly, *[None] * len(given)]
            return [self._value(v, inner, o, depth) for v, o in zip(given, olds, strict=False)]
        if shape == "map" and isinstance(given, list):
            # Azure takes names and tells of each: `userAssignedIdentities`.
            if UNKNOWN in given:
                return UNKNOWN
            former = before if isinstance(before, dict) else {}
            return {v: former.get(v) or self.make(str(v), inner, depth + 1) for v in given}
        return given

    def make(self, name: str, kind: Any, depth: int = 0) -> Any:  # noqa: PLR0911 - one for each
        """Return a value of a type for a field of a name."""
        if isinstance(kind, str):
            scalars: Mapping[str, Callable[[], Any]] = {
                "string": lambda: self.shape.text(self.subject, name),
                "boolean": lambda: False,
                "integer": lambda: 443 if name.lower().endswith("port") else 1,
                "number": lambda: 1,
            }
            return scalars.get(kind, dict)()
        shape, inner = kind
        if shape == "enum":
            return inner[0] if inner else ""
        if shape == "one":
            return self.make(name, inner[0], depth)
        if shape == "map":
            return {}
        if depth >= _DEEPEST:
            return [] if shape == "array" else {}
        if shape == "array":
            return [self.make(name, inner, depth + 1)]
        fields = self._promised(inner)
        return {field: self.make(field, of, depth + 1) for field, of in fields.items()}

    def _promised(self, name: str) -> dict[str, Any]:
        """Return the type of each field that a computed object of a type has."""
        # Bridged SDKs call whatever is computed within an object optional.
        every = self.whole or is_bridged(self.subject.token)
        return {n: of for n, (of, wanted) in self.objects.get(name, {}).items() if wanted or every}


class Answers:
    """Answer functions: from a file's word if it has one, else as the result's type promises.

    Args:
        given: Answer by token; a list of ``{"when": arguments, "answer": result}`` tells apart.
    """

    def __init__(self, given: Mapping[str, Any] | None = None) -> None:
        self._given = dict(given or {})

    @classmethod
    def read(cls, path: Path) -> Answers:
        """Read a file of answers, YAML or JSON.

        Raises:
            AnswersError: It is not there, or not a mapping from tokens.
        """
        import yaml

        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not valid YAML"
            raise AnswersError(f"The answers in {path} cannot be read: {reason}.") from error
        if not isinstance(document, dict) or not all(
            isinstance(token, str) and token.count(":") == 2 and isinstance(answer, dict | list)  # noqa: PLR2004
            for token, answer in document.items()
        ):
            raise AnswersError(
                f"{path} must map functions to their results, such as "
                "`aws:index/getRegion:getRegion: {name: eu-central-1}`."
            )
        for token, answer in document.items():
            cases = answer if isinstance(answer, list) else []
            if any(not isinstance(c, dict) or c.keys() != {"when", "answer"} for c in cases):
                raise AnswersError(
                    f"{path}: {token}: each entry of a list needs `when` (arguments, some of them) "
                    "and `answer` (the result)."
                )
        return cls(document)

    def answer(self, function: FunctionType, subject: Subject) -> dict[str, Any]:
        """Return a function's result.

        Args:
            function: Its type.
            subject: Its arguments and the provider's settings.

        Raises:
            AnswersError: The file's answer is not of the result's type.
        """
        shape = shape_of(function.package)
        told = self._told(function, subject.values)
        echoed = {k: v for k, v in subject.values.items() if k in function.outputs}
        computed = {
            k: v for k, v in shape.function(subject).items()
            if k in function.outputs or not function.outputs
        }  # fmt: skip
        # What lists keys and credentials is asked for nothing else, though each be optional.
        whole = function.name.startswith("list")
        promised = {n: [of, wanted or whole] for n, (of, wanted) in function.outputs.items()}
        completion = Completion(shape, subject, function.objects, whole=whole)
        return completion.fields({**echoed, **computed, **told}, promised, {})

    def stack_outputs(self) -> dict[str, Mapping[str, Any]]:
        """Return the outputs of other stacks, by their names.

        Raises:
            AnswersError: An entry does not say which stack, or what its outputs are.
        """
        cases = self._given.get(STACK_REFERENCE, [])
        try:
            found = {case["when"]["name"]: case["answer"]["outputs"] for case in cases}
        except (KeyError, TypeError):
            found = {"": None}
        if not all(name and isinstance(outputs, dict) for name, outputs in found.items()):
            raise AnswersError(
                f"The answers for {STACK_REFERENCE} must be a list of entries such as "
                "`{when: {name: organization/network/prod}, answer: {outputs: {vpc: vpc-1}}}`."
            )
        return found

    def _told(self, function: FunctionType, arguments: Mapping[str, Any]) -> dict[str, Any]:
        given = self._given.get(function.token)
        if isinstance(given, list):
            given = next(
                (
                    case["answer"]
                    for case in given
                    if all(arguments.get(name) == value for name, value in case["when"].items())
                ),
                None,
            )
        if given is None:
            return {}
        partial = {name: [kind, False] for name, (kind, _) in function.outputs.items()}
        validator = Validator(function.objects, bridged=function.bridged)
        failures = validator.fields(given, partial)
        if failures:
            told = "; ".join(f"{at}: {reason}" for at, reason in failures)
            raise AnswersError(f"The answer given for {function.token} does not fit: {told}")
        return dict(given)


def subject_of(function: FunctionType, values: Mapping[str, Any], settings: Any) -> Subject:
    """Return the subject of a call: functions with equal arguments answer equally."""
    seed = f"{function.token}|{json.dumps(values, sort_keys=True)}"
    named = next(
        (v for k, v in values.items() if k.lower().endswith("name") and isinstance(v, str)), None
    )
    kind = function.name.removeprefix("get").removeprefix("list")
    name = named or values.get("bucket") or kind[:1].lower() + kind[1:]
    return Subject(function.token, seed, str(name), values, settings)
