"""Read one statement of Python: which global names it uses and changes, and its digest.

Scopes follow the language: parameters, local names, comprehensions and type parameters hide
globals; names of a class body are seen by that body only.

Source:
    https://docs.python.org/3/reference/executionmodel.html#resolution-of-names
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable, Iterator

#: A name and the attributes that follow it; one that begins with ``:`` is a module to import, with
#: the leading dots of a relative import, such as ``(":.helpers", "clean")``.
Chain = tuple[str, ...]

_MUTATORS = frozenset(
    {"add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop"}
    | {"popitem", "popleft", "remove", "reverse", "setdefault", "sort", "update"}
)
_DYNAMIC = frozenset({"exec", "eval", "globals", "__import__"})
_LOADERS = frozenset(
    {"import_module", "__import__", "run_path", "run_module", "spec_from_file_location"}
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_CLOSED = (ast.Lambda, ast.Constant, ast.Name, ast.expr_context, ast.operator)
_NAMING = (ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping)
_UNBINDING = (ast.expr, ast.expr_context, ast.operator, ast.Assign, ast.Expr, ast.Return)
_SKIPPED = frozenset({"ctx", "kind", "type_comment", "type_ignores"})


class Usage:
    """Collect what statements do with global names.

    Attributes:
        reads: Every global name that is loaded, with the attributes that follow it.
        class_reads: Loads in a class body of a name that the body binds too.
        mutated: Global names whose value is changed in place, or that functions rebind.
        dynamic: Whether code is run or imported under a name that only running would tell.
    """

    def __init__(self, is_hidden: Callable[[ast.expr], bool] = lambda _: False) -> None:
        self.reads: set[Chain] = set()
        self.class_reads: set[Chain] = set()
        self.mutated: set[str] = set()
        self.dynamic = False
        self._is_hidden = is_hidden
        self._scopes: list[_Scope] = []
        self._class: set[str] | None = None

    def visit(self, node: ast.AST) -> None:
        """Add what a node does."""
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                self._load(node.id, ())
        elif isinstance(node, ast.Attribute):
            self._attribute(node)
        elif isinstance(node, ast.Constant):
            pass
        elif isinstance(node, _FUNCTIONS):
            self._function(node)
        elif isinstance(node, ast.ClassDef):
            self._class_body(node)
        elif isinstance(node, _COMPREHENSIONS):
            self._comprehension(node)
        else:
            self._other(node)

    def _other(self, node: ast.AST) -> None:
        if isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            self._mutate(node.value)
        elif isinstance(node, ast.Global):
            self.mutated.update(node.names)
        elif isinstance(node, ast.AnnAssign):
            self._annotation(node.annotation)
        elif isinstance(node, ast.Import | ast.ImportFrom) and self._class is not None:
            # An import in a class body binds an attribute; count what it imports as used.
            self.reads.update(chain for _, chain in imported(node))
        for child in ast.iter_child_nodes(node):
            self.visit(child)

    def _load(self, name: str, attributes: Chain) -> None:
        for scope in reversed(self._scopes):
            if name in scope.imports:
                self.reads.update((*chain, *attributes) for chain in scope.imports[name])
                return
            if name in scope.bound:
                return
        inside = self._class is not None and name in self._class
        (self.class_reads if inside else self.reads).add((name, *attributes))

    def _attribute(self, node: ast.Attribute) -> None:
        attributes = [node.attr]
        value = node.value
        while isinstance(value, ast.Attribute):
            attributes.append(value.attr)
            value = value.value
        if not isinstance(node.ctx, ast.Load):
            self._mutate(node.value)
        if isinstance(value, ast.Name):
            self._load(value.id, tuple(reversed(attributes)))
        else:
            self.visit(value)

    def _mutate(self, node: ast.expr) -> None:
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        if isinstance(node, ast.Name) and not self._is_local(node.id):
            self.mutated.add(node.id)

    def _is_local(self, name: str) -> bool:
        return any(name in scope.bound or name in scope.imports for scope in self._scopes)

    def _call(self, node: ast.Call) -> None:
        function = node.func
        name = ""
        if isinstance(function, ast.Attribute):
            name = function.attr
            if name in _MUTATORS:
                self._mutate(function.value)
        elif isinstance(function, ast.Name) and not self._is_local(function.id):
            name = function.id
            self.dynamic |= name in _DYNAMIC and name != "__import__"
        elif isinstance(function, ast.Name):  # a loader may have been imported in the function
            name = function.id
        if name in _LOADERS:
            first = node.args[0] if node.args else None
            plain = isinstance(first, ast.Constant) and isinstance(first.value, str)
            if plain and not first.value.startswith("."):  # type: ignore
                self.reads.add((f":{first.value}",))  # type: ignore
            else:
                self.dynamic = True

    def _annotation(self, node: ast.expr | None) -> None:
        """Read annotations written as text; the others are visited like any expression."""
        if node is None:
            return
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                self.visit(ast.parse(node.value, mode="eval"))
            except SyntaxError:
                return
        elif isinstance(node, ast.Subscript):
            name = node.value.attr if isinstance(node.value, ast.Attribute) else None
            name = node.value.id if isinstance(node.value, ast.Name) else name
            inner = node.slice
            if name == "Annotated" and isinstance(inner, ast.Tuple):
                inner = inner.elts[0]  # what follows is data, not types
            if name != "Literal":
                self._annotation(inner)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self._annotation(child)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.visit(default)
        body: list[ast.AST]
        if isinstance(node, ast.Lambda):
            body = [node.body]
            parameters = _Scope(set())
        else:
            for decorator in node.decorator_list:
                if not self._is_hidden(decorator):
                    self.visit(decorator)
            parameters = self._type_parameters(node)
            self._scopes.append(parameters)
            for annotation in (*(item.annotation for item in every), node.returns):
                if annotation is not None:
                    self._annotation(annotation)
                    self.visit(annotation)
            self._scopes.pop()
            body = [*node.body]
        scope = _Scope({item.arg for item in every} | parameters.bound)
        scope.read(body)
        outer, self._class = self._class, None
        self._scopes.append(scope)
        for statement in body:
            self.visit(statement)
        self._scopes.pop()
        self._class = outer

    def _type_parameters(self, node: ast.AST) -> _Scope:
        parameters = getattr(node, "type_params", [])
        scope = _Scope({parameter.name for parameter in parameters})
        self._scopes.append(scope)
        for parameter in parameters:
            for child in ast.iter_child_nodes(parameter):
                self.visit(child)
        self._scopes.pop()
        return scope

    def _class_body(self, node: ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._scopes.append(self._type_parameters(node))
        for base in (*node.bases, *(keyword.value for keyword in node.keywords)):
            self.visit(base)
        scope = _Scope(set())
        scope.read(node.body)
        outer, self._class = self._class, scope.bound | set(scope.imports)
        for statement in node.body:
            self.visit(statement)
        self._class = outer
        self._scopes.pop()

    def _comprehension(self, node: ast.AST) -> None:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        self.visit(generators[0].iter)  # evaluated outside
        scope = _Scope(set())
        for generator in generators:
            scope.read([generator.target])
        self._scopes.append(scope)
        for number, generator in enumerate(generators):
            if number:
                self.visit(generator.iter)
            self.visit(generator.target)
            for condition in generator.ifs:
                self.visit(condition)
        for name in ("elt", "key", "value"):
            if (part := getattr(node, name, None)) is not None:
                self.visit(part)
        self._scopes.pop()


class _Scope:
    """Hold the names that one function, or comprehension, binds."""

    def __init__(self, bound: set[str]) -> None:
        self.bound = bound
        self.imports: dict[str, list[Chain]] = {}

    def read(self, nodes: Iterable[ast.AST]) -> None:
        declared: set[str] = set()
        for name, chain in bindings(nodes, declared):
            if chain is None:
                self.bound.add(name)
            else:
                self.imports.setdefault(name, []).append(chain)
        self.bound -= declared
        for name in declared:
            self.imports.pop(name, None)


def bindings(
    nodes: Iterable[ast.AST], declared: set[str] | None = None
) -> Iterator[tuple[str, Chain | None]]:
    """Yield each name that statements bind in their own scope, with what it is imported from.

    Args:
        nodes: The statements.
        declared: Takes the names that they declare global or nonlocal.
    """
    for node in _within(nodes):
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                yield node.id, None
        elif isinstance(node, _UNBINDING):
            continue
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, None
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from imported(node)
        elif isinstance(node, _NAMING):
            if (name := getattr(node, "rest", None) or getattr(node, "name", None)) is not None:
                yield name, None
        elif isinstance(node, ast.Global | ast.Nonlocal) and declared is not None:
            declared.update(node.names)


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Chain]]:
    """Yield what an import binds and what it stands for; ``import *`` binds ``*``."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or whole, (f":{whole}",)
    else:
        module = f":{'.' * node.level}{node.module or ''}"
        for alias in node.names:
            star = alias.name == "*"
            yield alias.asname or alias.name, (module,) if star else (module, alias.name)


def _within(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield nodes of the same scope: not inside functions, classes; of comprehensions, `:=`."""
    pending = [*nodes]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            pending += node.decorator_list
        elif isinstance(node, _COMPREHENSIONS):
            pending += (n.target for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
        elif not isinstance(node, _CLOSED):
            pending += ast.iter_child_nodes(node)


def digest(
    nodes: Iterable[ast.AST],
    is_hidden: Callable[[ast.expr], bool] = lambda _: False,
    *,
    without: Iterable[ast.AST] = (),
) -> str:
    """Return a digest (hexadecimal) of nodes that only what they do decides.

    Comments, formatting, positions and docstrings do not count.

    Args:
        nodes: What to hash, in order.
        is_hidden: Says of a decorator that it does not count.
        without: Parts of the nodes that do not count.

    Example:
        >>> first, second = ast.parse("x = 1  # one"), ast.parse("x  =  (1)")
        >>> digest([first]) == digest([second])
        True
    """
    writer = _Writer(is_hidden, {id(node) for node in without})
    for node in nodes:
        writer.write(node)
        writer.parts.append(";")
    content = "".join(writer.parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()


class _Writer:
    """Write nodes as text, as `ast.dump` does, without what `digest` leaves out."""

    def __init__(self, is_hidden: Callable[[ast.expr], bool], left_out: set[int]) -> None:
        self.parts: list[str] = []
        self._is_hidden = is_hidden
        self._left_out = left_out

    def write(self, value: object) -> None:
        if isinstance(value, ast.AST):
            self._write_node(value)
        elif isinstance(value, list):
            for item in value:
                if id(item) not in self._left_out:
                    self.write(item)
                    self.parts.append(",")
        else:
            self.parts.append(repr(value))

    def _write_node(self, node: ast.AST) -> None:
        self.parts.append(type(node).__name__)
        for name in node._fields:
            item = getattr(node, name, None)
            if name in _SKIPPED or item is None:
                continue
            if name == "body" and isinstance(item, list):
                item = _without_docstring(node, item)
            elif name == "decorator_list":
                item = [decorator for decorator in item if not self._is_hidden(decorator)]
            if item != []:
                self.parts.append(f"({name}")
                self.write(item)
                self.parts.append(")")


def _without_docstring(owner: ast.AST, body: list[ast.stmt]) -> list[ast.stmt]:
    owners = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
    if isinstance(owner, owners) and body and isinstance(body[0], ast.Expr):
        value = body[0].value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return body[1:]
    return body
