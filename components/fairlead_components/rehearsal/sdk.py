"""Pulumi's installed SDKs: which there are, and the resource types and functions of each."""

from __future__ import annotations

import ast
import json
import os
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from fairlead_components.engine.location import cache_root
from fairlead_components.rehearsal.generated_source import SourceFile, TypeReader
from fairlead_components.rehearsal.resource_types import FunctionType, ResourceType

#: Raised when what is kept changes its form, so that older caches are not read.
CACHE_FORMAT = 1

#: How the documentation of bridged providers tells that a property cannot be changed.
_REPLACES = re.compile(
    r"forces? (?:the )?(?:a )?(?:new resource|replacement|re-?creation|re-?creating)|"
    r"changing this (?:forces|creates)|\(forces new",
    re.IGNORECASE,
)
_REGISTRY = re.compile(r'resource_modules="""(.*?)"""', re.DOTALL)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_Known = TypeVar("_Known", ResourceType, FunctionType)


def installed_sdks(folders: Iterable[Path]) -> dict[str, Sdk]:
    """Find the SDKs in folders of installed packages, by the provider's name.

    Args:
        folders: Such as a virtual environment's ``site-packages``; the first with an SDK counts.
    """
    found: dict[str, Sdk] = {}
    for folder in folders:
        for settings in sorted(folder.glob("*/pulumi-plugin.json")):
            document = json.loads(settings.read_text(encoding="utf-8"))
            name = document.get("name")
            if document.get("resource") and name and not document.get("parameterization"):
                version = document.get("version") or "0.0.0"
                found.setdefault(name, Sdk(name, version, settings.parent))
    return found


@dataclass(frozen=True)
class Sdk:
    """Read one SDK's types as they are asked for.

    Args:
        name: The provider's.
        version: The SDK's, which is the provider's.
        folder: The package.
        cache: Where what was read is kept; by default in the user's cache folder.
    """

    name: str
    version: str
    folder: Path
    cache: Path | None = None

    @property
    def _kept(self) -> Path:
        root = self.cache or cache_root() / "rehearsal"
        return root / f"v{CACHE_FORMAT}" / f"{self.name}-{self.version}"

    @cached_property
    def _registry(self) -> dict[str, list[str]]:
        """Folder of the package and class, by resource token."""
        path = self._kept / "registry.json"
        if path.is_file():
            kept: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
            return kept
        text = (self.folder / "__init__.py").read_text(encoding="utf-8")
        found = _REGISTRY.search(text)
        registry = {
            token: [module["fqn"], name]
            for module in json.loads(found[1] if found else "[]")
            for token, name in module["classes"].items()
        }
        _keep(path, json.dumps(registry, separators=(",", ":")))
        return registry

    def resource(self, token: str) -> ResourceType | None:
        """Return a resource type, or None if the SDK has none of this token.

        Args:
            token: Such as ``aws:s3/bucket:Bucket``, or ``pulumi:providers:aws``.
        """
        if token == f"pulumi:providers:{self.name}":
            place = [self.folder.name, "Provider"]
        elif token in self._registry:
            place = self._registry[token]
        else:
            return None
        return self._remembered(token, ResourceType, lambda: self._read_resource(token, *place))

    def function(self, token: str) -> FunctionType | None:
        """Return a function, or None if the SDK has none of this token."""
        source = self._function_source(token)
        if source is None:
            return None
        return self._remembered(token, FunctionType, lambda: self._read_function(token, source))

    def _remembered(self, token: str, kind: type[_Known], read: Any) -> _Known:
        path = self._kept / f"{kind.__name__}-{re.sub(r'[^A-Za-z0-9.-]', '_', token)}.json"
        if path.is_file():
            return kind.from_json(path.read_text(encoding="utf-8"))
        known: _Known = read()
        _keep(path, known.to_json())
        return known

    def _place(self, dotted: str) -> Path:
        return self.folder.joinpath(*dotted.split(".")[1:])

    def _read_resource(self, token: str, package: str, name: str) -> ResourceType:
        reader = TypeReader(self.folder)
        file = self._defining(self._place(package), name, reader)
        if file is None:
            return ResourceType(token, opaque=True)
        node = file.class_node(name)
        if any(ast.unparse(base).endswith("ComponentResource") for base in node.bases):
            return ResourceType(token, remote=True)
        arguments = _arguments_class(node)
        if arguments not in file.classes:
            return ResourceType(token, opaque=True)
        wanted = file.class_node(arguments)
        inputs = reader.fields(wanted, file)
        return ResourceType(
            token,
            inputs,
            {} if self._stateless(token) else reader.fields(node, file),
            reader.objects,
            tuple(sorted(_replacing(wanted, inputs))),
        )

    def _stateless(self, token: str) -> bool:
        return token.startswith("pulumi:providers:")

    def _defining(self, folder: Path, name: str, reader: TypeReader) -> SourceFile | None:
        """Return the file of a folder that defines a class."""
        snake = _CAMEL.sub("_", name).lower()
        likely = [folder / f"{snake}.py", folder / f"{name}.py"]
        for path in [*likely, *sorted(folder.glob("*.py"))]:
            if path.is_file():
                file = reader.file(path)
                if f"class {name}(" in file.text and name in file.classes:
                    return file
        return None

    def _function_source(self, token: str) -> Path | None:
        """Return the file whose code invokes a function."""
        kept = self._kept / "functions.json"
        known: dict[str, str] = {}
        if kept.is_file():
            known = json.loads(kept.read_text(encoding="utf-8"))
        if token not in known:
            module = token.split(":")[1].partition("/")[0]
            modules = {
                self._place(package)
                for resource, (package, _) in self._registry.items()
                if resource.split(":")[1].partition("/")[0] == module
            }
            # A module that has functions only is a folder of its name.
            folders = [self.folder] if module == "index" else [*sorted(modules)]
            folders += [self.folder / module, self.folder / f"{module}_"]
            found = _mentioning(f"'{token}'", folders)
            if found is None:
                return None
            known[token] = found.relative_to(self.folder).as_posix()
            _keep(kept, json.dumps(known))
        return self.folder / known[token]

    def _read_function(self, token: str, path: Path) -> FunctionType:
        reader = TypeReader(self.folder)
        file = reader.file(path)
        tree = ast.parse(file.text)
        names = [
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and f"'{token}'" in ast.unparse(node)
        ]
        if not names:  # invoked by code that is written by hand, such as that which reads YAML
            return FunctionType(token, {}, {}, {})
        # The variant that takes outputs says which arguments are needed.
        chosen = next((node for node in names if node.name.endswith("_output")), names[0])
        inputs = {}
        spelled = _spelled(chosen)
        for argument in chosen.args.args:
            if argument.arg in spelled:
                read = reader.annotation(argument.annotation, file)
                inputs[spelled[argument.arg]] = [read.type, _needed(argument.annotation)]
        result = _result_class(chosen)
        outputs = {}
        if result is not None and result in file.classes:
            outputs = reader.fields(file.class_node(result), file)
        return FunctionType(token, inputs, outputs, reader.objects)


def _keep(path: Path, text: str) -> None:
    """Write what was read beside its place and move it there: readers never see half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Several threads of a stand-in may read the same one at once.
    draft = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _arguments_class(node: ast.ClassDef) -> str:
    """Return the name of the class of a resource's arguments."""
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            for argument in statement.args.args:
                if argument.arg == "args" and argument.annotation is not None:
                    found = re.findall(r"\b(\w+Args)\b", ast.unparse(argument.annotation))
                    if found:
                        return str(found[0])
    return f"{node.name}Args"


def _replacing(node: ast.ClassDef, inputs: Iterable[str]) -> set[str]:
    """Return the properties whose documentation says that changing them makes a new resource."""
    names = {name.lower() for name in inputs}
    found = set()
    for statement in node.body:
        if not isinstance(statement, ast.FunctionDef):
            continue
        text = ast.get_docstring(statement) or ""
        wire = statement.name.replace("_", "").lower()
        if wire in names and _REPLACES.search(text):
            found.add(wire)
    return {name for name in inputs if name.lower() in found}


def _mentioning(text: str, folders: Iterable[Path]) -> Path | None:
    for folder in folders:
        for path in sorted(folder.glob("*.py")):
            if text in path.read_text(encoding="utf-8"):
                return path
    return None


def _spelled(node: ast.FunctionDef) -> dict[str, str]:
    """Return the name on the wire of each argument: ``__args__['allZones'] = all_zones``."""
    spelled = {}
    for statement in node.body:
        if (
            isinstance(statement, ast.Assign)
            and isinstance(statement.targets[0], ast.Subscript)
            and isinstance(statement.targets[0].slice, ast.Constant)
            and isinstance(statement.value, ast.Name)
        ):
            spelled[statement.value.id] = str(statement.targets[0].slice.value)
    return spelled


def _needed(annotation: ast.expr | None) -> bool:
    """Return whether a function needs an argument: in these, each may be absent once for Python."""
    absences = 0
    while isinstance(annotation, ast.Subscript):
        outer = ast.unparse(annotation.value).rpartition(".")[2]
        if outer not in {"Optional", "Input"}:
            break
        absences += outer == "Optional"
        annotation = annotation.slice
    return absences == 1


def _result_class(node: ast.FunctionDef) -> str | None:
    """Return the class that an invocation's result is read into."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            for keyword in call.keywords:
                if keyword.arg == "typ" and isinstance(keyword.value, ast.Name):
                    return keyword.value.id
    return None
