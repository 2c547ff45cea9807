"""Whoever uses a public name can read what it does, what it takes and what it raises."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tree import name, sources

import fairlead

PACKAGES = ("components/fairlead_components", "pipelines/fairlead", "policies/fairlead_policies")


def public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Return the public functions, classes and methods of a module."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_"):
                continue
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(ast.Module(node.body, []))


def test_public_names_have_docstrings() -> None:
    bare = []
    for path in sources(*PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if ast.get_docstring(tree) is None:
            bare.append(name(path))
        bare += [
            f"{name(path)}:{node.lineno} {node.name}"
            for node in public(tree)
            if ast.get_docstring(node) is None and not overloaded(node)
        ]
    assert not bare


def overloaded(node: ast.AST) -> bool:
    """Say whether a definition is only one of a function's signatures, or a property's setter."""
    decorators = getattr(node, "decorator_list", [])
    named = {ast.unparse(d).rpartition(".")[2] for d in decorators}
    return bool(named & {"overload", "setter", "override"})


def test_what_a_user_imports_says_how_it_is_used() -> None:
    silent = []
    for exported in fairlead.__all__:
        value = getattr(fairlead, exported)
        text = value.__doc__ or ""
        if callable(value) and ">>>" not in text and "Example" not in text:
            silent.append(exported)
    assert not silent
