"""Read Pulumi's generated Python SDKs as text: nothing of them is imported, so reading is cheap.

A type is JSON data: ``"string"``, ``"boolean"``, ``"integer"``, ``"number"``, ``"asset"``,
``"any"``, ``["array", T]``, ``["map", T]``, ``["object", name]``, ``["enum", [values]]`` (closed)
or ``["one", [T, …]]``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

#: Generated classes begin in the first column and end where the next thing begins there.
_CLASS = re.compile(r"^class (\w+)", re.MULTILINE)
_END = re.compile(r"^(?=[^\s#)\]}])", re.MULTILINE)
_IMPORT = re.compile(r"^\s*from (\.+)([\w.]*) import (\*|\w+)(?: as (\w+))?$", re.MULTILINE)

_SCALARS = {
    "str": "string", "bool": "boolean", "int": "integer", "float": "number", "Any": "any",
    "Asset": "asset", "Archive": "asset", "AssetOrArchive": "asset",
}  # fmt: skip
_TRANSPARENT = {"Input", "Output", "InputType", "NotRequired", "Awaitable"}
_OUTSIDE = "any"


@dataclass(frozen=True)
class SourceFile:
    """One generated module.

    Args:
        path: The file.
        package: The folder of the SDK that it belongs to.
    """

    path: Path
    package: Path

    @cached_property
    def text(self) -> str:
        """Its source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def classes(self) -> dict[str, int]:
        """Where each class begins."""
        return {found[1]: found.start() for found in _CLASS.finditer(self.text)}

    @cached_property
    def imports(self) -> list[tuple[str, Path]]:
        """Pairs of a name (``*`` for all) and the file or folder that it stands for."""
        found = []
        for dots, module, name, alias in _IMPORT.findall(self.text):
            folder = self.path.parent
            for _ in dots[1:]:
                folder = folder.parent
            target = folder.joinpath(*module.split(".")) if module else folder
            if name != "*":
                target = target / name
            found.append((alias or name, target))
        return found

    def class_node(self, name: str) -> ast.ClassDef:
        """Return a class's syntax tree."""
        start = self.classes[name]
        after = _END.search(self.text, self.text.index("\n", start))
        segment = self.text[start : after.start() if after else None]
        try:
            tree = ast.parse(segment)
        except SyntaxError:  # something that stands in the first column within the class
            tree = ast.parse(self.text)
        return next(
            node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name
        )


@dataclass(frozen=True, slots=True)
class Annotation:
    """A type, and whether a value may be left out."""

    type: Any
    optional: bool = False


class TypeReader:
    """Turn annotations into types, and collect the object types that they lead to.

    Args:
        files: Returns the file of a path; shared, so that no file is read twice.

    Attributes:
        objects: Fields by object type: name on the wire → [type, required].
    """

    def __init__(self, package: Path) -> None:
        self._package = package
        self._files: dict[Path, SourceFile] = {}
        self.objects: dict[str, dict[str, Any]] = {}

    def file(self, path: Path) -> SourceFile:
        """Return a module of the SDK."""
        if path not in self._files:
            self._files[path] = SourceFile(path, self._package)
        return self._files[path]

    def annotation(self, node: ast.expr | None, file: SourceFile) -> Annotation:
        """Return what an annotation says."""
        match node:
            case ast.Constant(value=str(text)):
                if "[" in text:
                    return self.annotation(ast.parse(text, mode="eval").body, file)
                return Annotation(self._reference(text, file))
            case ast.Subscript(value=outer, slice=inner):
                return self._generic(ast.unparse(outer).rpartition(".")[2], inner, file)
            case ast.Name() | ast.Attribute():
                text = ast.unparse(node)
                scalar = _SCALARS.get(text.rpartition(".")[2])
                return Annotation(scalar or self._reference(text, file))
        return Annotation(_OUTSIDE)

    def _generic(  # noqa: PLR0911 - one for each generic type
        self, outer: str, inner: ast.expr, file: SourceFile
    ) -> Annotation:
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if outer in _TRANSPARENT:
            return self.annotation(parts[0], file)
        if outer == "Optional":
            return Annotation(self.annotation(parts[0], file).type, optional=True)
        if outer in {"Sequence", "List", "list"}:
            return Annotation(["array", self.annotation(parts[0], file).type])
        if outer in {"Mapping", "Dict", "dict"}:
            return Annotation(["map", self.annotation(parts[-1], file).type])
        if outer == "Literal":
            return Annotation(["enum", [ast.literal_eval(part) for part in parts]])
        if outer == "Union":
            return self._union(parts, file)
        return Annotation(_OUTSIDE)

    def _union(self, parts: list[ast.expr], file: SourceFile) -> Annotation:
        options: list[Any] = []
        optional = False
        for part in parts:
            text = part.value if isinstance(part, ast.Constant) else None
            if part is not parts[0] and isinstance(text, str) and _other_spelling(text):
                continue
            read = self.annotation(part, file)
            optional = optional or read.optional
            if read.type not in options:
                options.append(read.type)
        if _OUTSIDE in options:
            return Annotation(_OUTSIDE, optional)
        return Annotation(options[0] if len(options) == 1 else ["one", options], optional)

    def _reference(self, name: str, file: SourceFile) -> Any:
        """Return the type that a class stands for: an enumeration, or an object."""
        found = self._find(name, file)
        if found is None:
            return _OUTSIDE
        where, short = found
        key = f"{where.path.relative_to(self._package).as_posix()}:{short}"
        if key in self.objects:
            return ["object", key]
        node = where.class_node(short)
        bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        if "Enum" in bases:
            return ["enum", _members(node)]
        if bases & {"CustomResource", "ComponentResource", "ProviderResource"}:
            return _OUTSIDE  # a resource travels as its id
        self.objects[key] = {}  # known before its fields are read: types may contain themselves
        self.objects[key].update(self.fields(node, where))
        return ["object", key]

    def _find(self, name: str, file: SourceFile) -> tuple[SourceFile, str] | None:
        head, _, rest = name.partition(".")
        if not rest:
            if head in file.classes:
                return file, head
            for alias, target in file.imports:
                path = target.with_name(f"{target.name}.py")
                if alias == "*" and path.is_file() and head in self.file(path).classes:
                    return self.file(path), head
            return None
        *folders, short = rest.split(".")
        for alias, target in file.imports:
            if alias != head:
                continue
            place = target.joinpath(*folders)
            candidates = [place.with_name(f"{place.name}.py")]
            candidates += [place / f"{n}.py" for n in ("_inputs", "outputs", "_enums")]
            for path in candidates:
                if path.is_file() and short in self.file(path).classes:
                    return self.file(path), short
        return None

    def fields(self, node: ast.ClassDef, file: SourceFile) -> dict[str, list[Any]]:
        """Return a class's properties: name on the wire → [type, required].

        Args:
            node: An input type, an output type or a resource.
            file: Where it is.
        """
        demanded = _demanded(node)
        fields = {}
        for wire, python, returned in _getters(node):
            read = self.annotation(returned, file)
            required = not read.optional if demanded is None else python in demanded
            fields[wire] = [read.type, required]
        return fields


def _other_spelling(name: str) -> bool:
    """Return whether a member of a union is another way to write the first one in Python."""
    return name.endswith("ArgsDict") or name.startswith("outputs.")


def _members(node: ast.ClassDef) -> list[Any]:
    return [
        statement.value.value
        for statement in node.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
    ]


def _demanded(node: ast.ClassDef) -> set[str] | None:
    """Return what an input type's constructor demands; None for other classes."""
    if not node.name.endswith("Args"):
        return None
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            arguments = statement.args
            pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            return {argument.arg for argument, default in pairs if default is None}
    return set()


def _getters(node: ast.ClassDef) -> Iterator[tuple[str, str, ast.expr | None]]:
    """Yield each property's name on the wire, in Python, and its type's annotation."""
    for statement in node.body:
        if not isinstance(statement, ast.FunctionDef):
            continue
        for decorator in statement.decorator_list:
            if not ast.unparse(decorator).startswith("pulumi.getter"):
                continue
            wire = statement.name
            if isinstance(decorator, ast.Call):
                for keyword in decorator.keywords:
                    if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                        wire = str(keyword.value.value)
            yield wire, statement.name, statement.returns
