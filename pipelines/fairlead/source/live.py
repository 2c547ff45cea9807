"""Fingerprint code that no file of the project holds: notebook cells, the prompt, closures.

There is nothing to read but the living objects: a function's source is taken from the cell that
defined it, or its compiled code where there is none, and its globals are looked up where it would
look them up. Values count as parameters do; a value that is none counts by its pickle, and one
that cannot be pickled never equals another, so that the step runs.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import linecache
import os
import secrets
import textwrap
import types
from collections.abc import Iterator
from typing import Any

from fairlead.errors import ParameterError
from fairlead.source.reach import Reach
from fairlead.source.syntax import Chain, Usage, digest
from fairlead.values import canonical

_OWN_NAMES = frozenset({"step", "pipeline"})


def live_definitions(function: Any, project: Reach) -> dict[str, str]:
    """Return the digest of each definition that a function without a file reaches.

    Args:
        function: A function.
        project: Where definitions in files are looked up.
    """
    walk = _Live(project)
    walk.add_function(function)
    return walk.definitions


def closure_definitions(function: Any, project: Reach, file: str) -> dict[str, str]:
    """Return the digests of what a function took from the function that it is defined in.

    Its text is read from its file; the values it was made with are only in the function itself.

    Args:
        function: A function with free variables.
        project: Where definitions in files are looked up.
        file: The function's file, as keys show it.
    """
    walk = _Live(project)
    walk.seen.add(id(function))
    walk.add_closure(function, f"{file}:{function.__qualname__}")
    return walk.definitions


class _Live:
    def __init__(self, project: Reach) -> None:
        self.project = project
        self.definitions: dict[str, str] = {}
        self.seen: set[int] = set()

    def add_function(self, function: Any) -> None:
        if id(function) in self.seen:
            return
        self.seen.add(id(function))
        label = f"{function.__module__}:{function.__qualname__}"
        node = _definition(function)
        if node is None:
            self.definitions[label] = _code_digest(function.__code__)
            names: set[Chain] = {(name,) for name in _names(function.__code__)}
            self._add_names(function.__globals__, names)
            for value in (
                *(function.__defaults__ or ()),
                *(function.__kwdefaults__ or {}).values(),
            ):
                self.add_value(value, f"{label} default")
        else:
            usage = Usage(_is_own_decorator)
            usage.visit(node)
            self.definitions[label] = digest([node], _is_own_decorator)
            self._add_names(function.__globals__, usage.reads | usage.class_reads)
        self.add_closure(function, label)

    def add_closure(self, function: Any, label: str) -> None:
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=False
        ):
            try:
                value = cell.cell_contents
            except ValueError:  # not bound yet: a function that names itself
                continue
            self.add_value(value, f"{label} closure {name}")

    def _add_names(self, scope: dict[str, Any], chains: set[Chain]) -> None:
        for chain in sorted(chains):
            if chain[0].startswith(":"):
                self._add_module(chain[0].removeprefix(":"), chain[1:])
            elif chain[0] in scope and chain[0] not in {"__name__", "__builtins__"}:
                value = scope[chain[0]]
                if isinstance(value, types.ModuleType):
                    self._add_module(value.__name__, chain[1:], value)
                else:
                    self.add_value(value, f"{scope.get('__name__', '')}:{chain[0]}")

    def _add_module(
        self, name: str, attributes: tuple[str, ...], module: types.ModuleType | None = None
    ) -> None:
        path = os.path.realpath(getattr(module, "__file__", None) or "")
        anchor = os.path.join(self.project.root, "cell.py")  # noqa: PTH118
        if module is not None and self.project.contains(path):
            places = {(path, "")}
            if attributes and self.project.defines(path, attributes[0]):
                places = self.project.of_chain(path, attributes)
        else:
            places = self.project.of_chain(anchor, (f":{name}", *attributes))
        for place in places:
            self.definitions.update(self.project.of(place).definitions)
        if not places:
            self.definitions[f"module {name}"] = hashlib.sha256(name.encode()).hexdigest()

    def add_value(self, value: Any, label: str) -> None:
        """Count a value that a name of a function stands for."""
        value = getattr(value, "function", value) if _is_step(value) else value
        if isinstance(value, types.ModuleType):
            self._add_module(value.__name__, (), value)
        elif isinstance(value, type):
            self._add_class(value)
        elif isinstance(inspect.unwrap(value) if callable(value) else value, types.FunctionType):
            self._add_callable(value, label)
        else:
            try:
                self.definitions[label] = hashlib.sha256(canonical(value)).hexdigest()
            except ParameterError:
                self.definitions[label] = _pickled(value)
            self._add_class(type(value))

    def _add_callable(self, function: Any, label: str) -> None:
        inner = inspect.unwrap(function)
        if inner is not function and isinstance(function, types.FunctionType):
            self._add_function_or_place(function)
        self._add_function_or_place(inner)
        name = f"{inner.__module__}:{inner.__qualname__}"
        if name != label:
            self.definitions[label] = hashlib.sha256(name.encode()).hexdigest()

    def _add_function_or_place(self, function: Any) -> None:
        path = os.path.realpath(function.__code__.co_filename)
        name = function.__qualname__.partition(".")[0]
        if os.path.isfile(path):  # noqa: PTH113
            if self.project.contains(path) and id(function) not in self.seen:
                self.seen.add(id(function))
                known = name if self.project.defines(path, name) else ""
                self.definitions.update(self.project.of((path, known)).definitions)
                relative = self.project.relative(path)
                self.add_closure(function, f"{relative}:{function.__qualname__}")
        else:
            self.add_function(function)

    def _add_class(self, kind: type) -> None:
        if id(kind) in self.seen or kind.__module__ == "builtins":
            return
        self.seen.add(id(kind))
        label = f"{kind.__module__}:{kind.__qualname__}"
        path = os.path.realpath(_class_file(kind))
        if os.path.isfile(path):  # noqa: PTH113
            name = kind.__qualname__.partition(".")[0]
            if self.project.contains(path):
                known = name if self.project.defines(path, name) else ""
                self.definitions.update(self.project.of((path, known)).definitions)
            else:
                self.definitions[label] = hashlib.sha256(label.encode()).hexdigest()
            return
        node = _cell_class(kind)
        if node is None:
            self.definitions[label] = _pickled(kind)
            return
        usage = Usage()
        usage.visit(node)
        self.definitions[label] = digest([node])
        module = inspect.getmodule(kind)
        self._add_names(vars(module) if module else {}, usage.reads | usage.class_reads)
        for base in kind.__bases__:
            self._add_class(base)


def _is_step(value: Any) -> bool:
    kind = type(value)
    return kind.__module__.partition(".")[0] == "fairlead" and hasattr(value, "function")


def _is_own_decorator(decorator: ast.expr) -> bool:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in _OWN_NAMES


def _definition(function: Any) -> ast.AST | None:
    """Return a function's definition from the source that Python keeps of cells, if it does."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None
    wanted = ast.FunctionDef | ast.AsyncFunctionDef
    if function.__name__ == "<lambda>":
        return tree
    for node in ast.walk(tree):
        if isinstance(node, wanted) and node.name == function.__name__:
            return node
    return None


def _class_file(kind: type) -> str:
    module = inspect.getmodule(kind)
    return getattr(module, "__file__", None) or ""


def _cell_class(kind: type) -> ast.ClassDef | None:
    """Return the newest definition of a class in a notebook's cells."""
    for file in reversed([*linecache.cache]):
        if os.path.isfile(file) and "ipykernel" not in file:  # noqa: PTH113
            continue
        text = "".join(linecache.getlines(file))
        if f"class {kind.__name__}" not in text:
            continue
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
                return node
    return None


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _names(code: types.CodeType) -> set[str]:
    return {name for inner in _codes(code) for name in inner.co_names}


def _code_digest(code: types.CodeType) -> str:
    parts = []
    for inner in _codes(code):
        constants = [_constant(item) for item in inner.co_consts]
        parts.append(
            (inner.co_code, constants, inner.co_names, inner.co_varnames, inner.co_freevars)
        )
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _constant(value: Any) -> str:
    if isinstance(value, types.CodeType):
        return "code"  # counted by itself
    if isinstance(value, frozenset):  # whose order changes from process to process
        return repr(sorted(map(repr, value)))
    return repr(value)


def _pickled(value: Any) -> str:
    import cloudpickle

    try:
        content = cloudpickle.dumps(value)
    except Exception:  # noqa: BLE001, a user's class may raise anything; then nothing equals it
        content = secrets.token_bytes(32)
    return hashlib.sha256(content).hexdigest()
