"""Index one Python file: what each of its global names is bound to, by which statements."""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from fairlead.source.syntax import Chain, Usage, bindings, digest

# Decorators whose options count towards the key by themselves, or on purpose not at all.
_OWN_DECORATORS = frozenset(
    {(":fairlead", "step"), (":fairlead", "pipeline"), (":fairlead.dsl", "step")}
    | {
        (":fairlead.dsl", "pipeline"),
        (":fairlead", "dsl", "step"),
        (":fairlead", "dsl", "pipeline"),
    }
)


@dataclass(slots=True)
class Binding:
    """Hold how a global name gets its value.

    Attributes:
        statements: Top-level statements that define or configure it.
        imports: What it is imported from, where it is.
        assigned: Whether anything but an import binds it.
    """

    statements: list[ast.stmt] = field(default_factory=list)
    imports: list[Chain] = field(default_factory=list)
    assigned: bool = False


class FileIndex:
    """Answer what a file's names depend on.

    Attributes:
        names: Binding by global name.
        stars: Modules of ``import *``.
        mutated: Names whose value changes after they were bound, so that their definition does not
            tell it.

    Args:
        content: The file's bytes; what is no Python has no names and counts as a whole.
    """

    def __init__(self, content: bytes) -> None:
        self.names: dict[str, Binding] = {}
        self.stars: list[str] = []
        self.mutated: set[str] = set()
        self._content = content
        self._usage: dict[int, Usage] = {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # importing the file shows them
                self._module: ast.Module | None = ast.parse(content)
        except (SyntaxError, ValueError):
            self._module = None
            return
        self._statements = [*_flat(self._module.body)]
        for statement in self._statements:
            self._bind(statement)
        for statement in self._statements:
            self.mutated |= self.usage(statement).mutated
        for statement in self._statements:
            self._attach(statement)

    def _bind(self, statement: ast.stmt) -> None:
        for name, chain in bindings([statement]):
            if name == "*" and chain is not None:
                self.stars.append(chain[0])
                continue
            binding = self.names.setdefault(name, Binding())
            if chain is not None:
                binding.imports.append(chain)
            else:
                binding.assigned = True
            plain_import = isinstance(statement, ast.Import | ast.ImportFrom)
            if not plain_import and statement not in binding.statements:
                binding.statements.append(statement)

    def _attach(self, statement: ast.stmt) -> None:
        """Count ``numpy.random.seed(0)`` at the top level as part of what ``numpy`` means there."""
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        touched = {*self.usage(statement).mutated}
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            function = statement.value.func
            while isinstance(function, ast.Attribute):
                function = function.value
            if isinstance(function, ast.Name) and function is not statement.value.func:
                touched.add(function.id)
        for name in touched & self.names.keys():
            if statement not in self.names[name].statements:
                self.names[name].statements.append(statement)

    def usage(self, statement: ast.stmt) -> Usage:
        """Return what a top-level statement does with global names."""
        known = self._usage.get(id(statement))
        if known is None:
            known = self._usage[id(statement)] = Usage(self.is_own_decorator)
            known.visit(statement)
        return known

    def usages(self, name: str) -> list[Usage]:
        """Return the usage of every statement of a name; of all statements for an empty name."""
        if not name:
            return [self.usage(statement) for statement in self.statements]
        return [self.usage(statement) for statement in self.names[name].statements]

    @property
    def statements(self) -> list[ast.stmt]:
        """Return all top-level statements."""
        return [] if self._module is None else self._statements

    def digests(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield suffix and digest of each part of a name's definition.

        The suffix is empty but for a class's methods, which are told apart (``.fit``).
        """
        statements = self.names[name].statements
        if len(statements) == 1 and isinstance(statements[0], ast.ClassDef):
            owner = statements[0]
            methods: dict[str, list[ast.stmt]] = {}
            for item in owner.body:
                if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
                    methods.setdefault(item.name, []).append(item)
            every = [item for items in methods.values() for item in items]
            yield "", digest([owner], self.is_own_decorator, without=every)
            for method, items in methods.items():
                yield f".{method}", digest(items, self.is_own_decorator)
        else:
            yield "", digest(statements, self.is_own_decorator)

    @cached_property
    def whole(self) -> str:
        """Return the digest of the whole file."""
        if self._module is None:
            return hashlib.sha256(self._content).hexdigest()
        return digest([self._module], self.is_own_decorator)

    def is_own_decorator(self, decorator: ast.expr) -> bool:
        """Say whether a decorator is Fairlead's ``@step`` or ``@pipeline``."""
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        attributes: Chain = ()
        while isinstance(node, ast.Attribute):
            attributes = (node.attr, *attributes)
            node = node.value
        if not isinstance(node, ast.Name) or (binding := self.names.get(node.id)) is None:
            return False
        return any((*chain, *attributes) in _OWN_DECORATORS for chain in binding.imports)


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield top-level statements, those below ``if TYPE_CHECKING`` and a main guard too."""
    for statement in body:
        if isinstance(statement, ast.If) and not statement.orelse and _is_guard(statement.test):
            yield from _flat(statement.body)
        else:
            yield statement


def _is_guard(test: ast.expr) -> bool:
    if isinstance(test, ast.Attribute):
        return test.attr == "TYPE_CHECKING"
    if isinstance(test, ast.Name):
        return test.id == "TYPE_CHECKING"
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    return isinstance(test, ast.Compare) and names == {"__name__"}
