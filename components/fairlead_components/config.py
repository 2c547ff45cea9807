"""Read a stack's configuration: every mistake at once, before anything is provisioned."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from fairlead.contracts.base import secret_paths
from fairlead.contracts.manifest import STEP_OPERATORS, Kind
from fairlead.errors import ConfigError, MissingExtraError, UnknownFlavorError
from fairlead_components.arguments import arguments_class, read_arguments, unknown
from fairlead_components.base import Component
from fairlead_components.isolation import Isolation
from fairlead_components.registry import find_component, providers

#: Configuration keys begin with it, whatever the Pulumi project is called.
NAMESPACE = "fairlead"

#: Names of tags that every backend takes.
_TAG = re.compile(r"[a-z][a-z0-9_-]{0,62}")

#: The kinds that a configuration names, as it names them.
KINDS = (*(kind for kind in get_args(Kind) if kind != "step_operator"), STEP_OPERATORS)


@dataclass(frozen=True)
class ComponentConfig:
    """Hold one component that a stack asks for.

    Attributes:
        kind: Its kind, in the singular.
        operator: Its name among the step operators; None for every other kind.
        component: The class that provisions it.
        args: Its arguments, as the class's dataclass.
    """

    kind: str
    operator: str | None
    component: type[Component]
    args: Any

    @property
    def name(self) -> str:
        """Return its name in the Pulumi program."""
        return "-".join([*self.kind.split("_"), *([self.operator] if self.operator else [])])


@dataclass(frozen=True)
class StackConfig:
    """Hold a stack's configuration, checked.

    Attributes:
        provider: The provider whose components are the default.
        protect: Whether data is protected from deletion.
        components: What to provision.
    """

    provider: str
    protect: bool
    components: tuple[ComponentConfig, ...]


def read_config(values: Mapping[str, str], source: str) -> StackConfig:
    """Check a stack's configuration.

    Args:
        values: The keys below ``fairlead:`` as Pulumi keeps them: text, or JSON for structures.
        source: The file they come from, for the error.

    Raises:
        ConfigError: All that is wrong, each with its path and fix.

    Example:
        >>> read_config({"provider": "local", "components": '{"artifact_store": {}}'}, "x").provider
        'local'
    """
    problems = [
        f"{NAMESPACE}:{key}: {unknown(key, _READERS)}" for key in values if key not in _READERS
    ]
    read: dict[str, Any] = {}
    for key, reader in _READERS.items():
        try:
            read[key] = reader(values.get(key))
        except ValueError as error:
            problems.append(f"{NAMESPACE}:{key}: {error}")
    components: list[ComponentConfig] = []
    if read.get("components") is not None:
        for found in _components(read["components"], read.get("provider")):
            if isinstance(found, ComponentConfig):
                components.append(found)
            else:
                problems.append(found)
    if problems:
        raise ConfigError(source, problems)
    return StackConfig(read["provider"], read["protect"], tuple(components))


def _read_provider(text: str | None) -> str:
    if not text:
        raise ValueError(f"missing; write one of: {', '.join(providers())}")
    if text not in providers():
        raise ValueError(unknown(text, providers(), "provider"))
    return text


def _read_protect(text: str | None) -> bool:
    if text not in {None, "true", "false"}:
        raise ValueError("must be true or false")
    return text != "false"


def _read_isolation(text: str | None) -> str | None:
    known = [one.value for one in Isolation]
    if text is not None and text not in known:
        raise ValueError(unknown(text, known, "isolation"))
    return text


def _read_root(text: str | None) -> str | None:
    if text is not None and not text.strip():
        raise ValueError("must be a folder")
    return text


def _read_components(text: str | None) -> Mapping[str, Any]:
    document = json.loads(text) if text else None
    if not isinstance(document, dict):
        raise ValueError("missing; a stack has at least `artifact_store: {}`")  # noqa: TRY004
    return document


def _read_tags(text: str | None) -> Mapping[str, str]:
    document = json.loads(text) if text else {}
    if not isinstance(document, dict) or not all(isinstance(v, str) for v in document.values()):
        raise ValueError("must map names to text")
    for key in document:
        if not _TAG.fullmatch(key):
            raise ValueError(
                f"{key}: a tag's name is a lower case letter, then letters, digits, - _"
            )
    return document


#: Every key of the configuration → what reads it.
_READERS: Mapping[str, Callable[[str | None], Any]] = {
    "provider": _read_provider,
    "root": _read_root,
    "protect": _read_protect,
    "isolation": _read_isolation,
    "tags": _read_tags,
    "components": _read_components,
}


def _components(
    document: Mapping[str, Any], provider: str | None
) -> Iterator[ComponentConfig | str]:
    """Yield each component, or what is wrong with it."""
    top = f"{NAMESPACE}:components"
    if "artifact_store" not in document:
        yield f"{top}.artifact_store: missing; runs are kept in one: `artifact_store: {{}}`"
    for kind, item in document.items():
        path = f"{top}.{kind}"
        if kind not in KINDS:
            yield f"{path}: {unknown(kind, KINDS, 'kind')}"
        elif kind != STEP_OPERATORS:
            yield from _component(path, kind, None, item, provider)
        elif not isinstance(item, dict):
            yield f"{path}: must map names to step operators, such as `{{default: {{}}}}`"
        else:
            for name, operator in item.items():
                if not name.replace("_", "a").isalnum() or not name.islower():
                    yield f"{path}.{name}: a name is lower case letters, digits and _"
                yield from _component(f"{path}.{name}", "step_operator", name, operator, provider)


def _component(
    path: str, kind: str, operator: str | None, item: Any, provider: str | None
) -> Iterator[ComponentConfig | str]:
    if not isinstance(item, dict | None):
        yield f"{path}: must be a mapping; `{{}}` takes the defaults"
        return
    given = dict(item or {})
    provider, flavor = given.pop("provider", provider), given.pop("flavor", None)
    if provider is None:
        return  # reported where the stack's provider is
    for key, value in (("provider", provider), ("flavor", flavor)):
        if value is not None and not isinstance(value, str):
            yield f"{path}.{key}: must be a name"
            return
    if provider not in providers():
        yield f"{path}.provider: {unknown(provider, providers(), 'provider')}"
        return
    try:
        component = find_component(provider, kind, flavor)
    except (UnknownFlavorError, MissingExtraError) as error:
        yield f"{path}{'.flavor' if flavor else ''}: {error}"
        return
    args, problems = read_arguments(arguments_class(component), given, path)
    if args is None:
        yield from problems
        return
    wrong = [f"{path}.{name}: {problem}" for name, problem in component.check(args)]
    wrong += [
        f"{path}.{place}: looks like a secret's value; keep it in the secret store "
        "(`fairlead secrets set`) and name it here"
        for place in secret_paths(given)
    ]
    yield from wrong
    if not wrong:
        yield ComponentConfig(kind, operator, component, args)
