"""Follow a definition to all definitions of the project that it reaches, by reading files only."""

from __future__ import annotations

import builtins
import contextlib
import hashlib
import os
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

from fairlead.source.index import FileIndex
from fairlead.source.syntax import Chain, Usage

#: A file and a global name in it; an empty name is the whole file.
Place = tuple[str, str]

_BUILTINS = frozenset(dir(builtins))
_MODULE_NAMES = frozenset(
    {"__name__", "__file__", "__doc__", "__path__", "__spec__", "__loader__", "__package__"}
    | {"__annotations__", "__dict__", "__builtins__", "__debug__", "__class__", "__qualname__"}
    | {"__module__", "__all__", "__cached__"}
)
# Fairlead itself is a dependency, also where it is developed.
_DEPENDENCIES = frozenset({"fairlead", "fairlead_components"})
_FOREIGN = frozenset({"site-packages", "dist-packages", "node_modules", "__pycache__"})
# A file that was this young when it was read may change within the same tick of the file system.
_RACY_NS = 100_000_000
_RECURSION = 50_000


@dataclass(slots=True)
class _File:
    index: FileIndex
    stamp: tuple[int, int]
    settled: bool
    content: bytes


@dataclass(slots=True)
class _Node:
    definitions: dict[str, str]
    targets: set[Place]
    files: set[str]


@dataclass(slots=True)
class Reached:
    """Hold what a definition reaches.

    Attributes:
        definitions: Digest (hexadecimal) by ``file.py:name``, or by file for a whole one.
        files: Paths of all files that were read for it.
    """

    definitions: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)


class Reach:
    """Know the definitions of one project; ask `of` and `of_chain`.

    Args:
        root: The project's root, a real path.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._prefix = os.path.join(root, "")  # noqa: PTH118
        self._files: dict[str, _File] = {}
        self._nodes: dict[Place, _Node] = {}
        self._reached: dict[Place, Reached] = {}
        self._modules: dict[tuple[str, str], str | None] = {}
        self._touched: set[str] = set()
        self._inside: dict[str, bool] = {}
        self._folders = self._environment_folders()

    def of(self, place: Place) -> Reached:
        """Return what a definition reaches, itself included, as the files are now."""
        while True:
            reached = self._reached.get(place) or self._collect(place)
            if all(map(self._is_current, reached.files)):
                self._reached[place] = reached
                return reached
            self._forget()

    def _collect(self, place: Place) -> Reached:
        reached = Reached()
        seen = {place}
        pending = [place]
        while pending:
            here = pending.pop()
            node = self._node(here)
            reached.files |= node.files
            reached.definitions.update(node.definitions)
            pending += node.targets - seen
            seen |= node.targets
        return reached

    def _forget(self) -> None:
        self._nodes.clear()
        self._reached.clear()
        self._modules.clear()

    def of_chain(self, file: str, chain: Chain) -> set[Place]:
        """Return the places in the project that a name, with attributes, stands for in a file."""
        return self._resolve(file, chain, set())[0]

    def contains(self, path: str) -> bool:
        """Say whether a file is the project's own: below the root, in no environment."""
        known = self._inside.get(path)
        if known is None:
            known = self._inside[path] = self._is_inside(path)
        return known

    def defines(self, file: str, name: str) -> bool:
        """Say whether a file binds a global name."""
        return name in self.index(file).names

    def relative(self, path: str) -> str:
        """Return a file's path as keys show it."""
        return path.removeprefix(self._prefix).replace(os.sep, "/")

    def index(self, path: str) -> FileIndex:
        """Return the index of a file, read anew if the file changed."""
        self._touched.add(path)
        if path in self._files and self._is_current(path):
            return self._files[path].index
        if path in self._files:
            self._forget()  # what was found through the file as it was
        with open(path, "rb") as file:  # noqa: PTH123
            content = file.read()
            found = os.fstat(file.fileno())
        stamp = (found.st_mtime_ns, found.st_size)
        settled = time.time_ns() - found.st_mtime_ns > _RACY_NS
        with _deep_recursion():
            self._files[path] = _File(FileIndex(content), stamp, settled, content)
        return self._files[path].index

    def _is_current(self, path: str) -> bool:
        file = self._files.get(path)
        try:
            found = os.stat(path)  # noqa: PTH116
        except OSError:
            return False
        if file is None or file.stamp != (found.st_mtime_ns, found.st_size):
            return False
        if not file.settled:
            now = time.time_ns()
            with open(path, "rb") as opened:  # noqa: PTH123
                if opened.read() != file.content:
                    return False
            file.settled = now - found.st_mtime_ns > _RACY_NS
        return True

    def _is_inside(self, path: str) -> bool:
        if not path.startswith(self._prefix):
            return False
        parts = PurePath(path[len(self._prefix) :]).parts
        if not _FOREIGN.isdisjoint(parts) or path.startswith(self._folders):
            return False
        folder = self.root
        for part in parts[:-1]:
            folder = os.path.join(folder, part)  # noqa: PTH118
            if os.path.exists(os.path.join(folder, "pyvenv.cfg")):  # noqa: PTH110, PTH118
                return False
        return True

    def _environment_folders(self) -> tuple[str, ...]:
        prefixes = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()}
        folders = {os.path.join(os.path.realpath(path), "") for path in prefixes}  # noqa: PTH118
        return tuple(f for f in folders if f.startswith(self._prefix) and f != self._prefix)

    def _node(self, place: Place) -> _Node:
        known = self._nodes.get(place)
        if known is not None:
            return known
        file, name = place
        self._touched = set()  # every file that is read for this node, re-exports included
        index = self.index(file)
        relative = self.relative(file)
        targets: set[Place] = set()
        links: set[str] = set()
        for usage in index.usages(name):
            self._follow(file, index, usage, targets, links)
        if name and (name in index.mutated and index.names[name].assigned):
            targets.add((file, ""))
        if any(self._find(file, star) for star in index.stars):
            targets.add((file, ""))
        if not name:
            targets |= self._around(file, index)
        definitions: dict[str, str] = {}
        if name:
            with _deep_recursion():
                for suffix, digest in index.digests(name):
                    definitions[f"{relative}:{name}{suffix}"] = digest
            # What a name of the definition stands for is part of what the definition means.
            first = f"{relative}:{name}"
            definitions[first] = _combined(definitions[first], sorted(links))
        else:
            with _deep_recursion():
                definitions[relative] = _combined(index.whole, sorted(links))
        targets.discard(place)
        node = self._nodes[place] = _Node(definitions, targets, self._touched)
        return node

    def _around(self, file: str, index: FileIndex) -> set[Place]:
        """Return what a whole file brings with it beside the names that it uses."""
        places: set[Place] = set()
        for star in index.stars:
            if found := self._find(file, star):
                places |= self._walk(found, (), set())[0]
        if any(usage.dynamic for usage in index.usages("")):
            places |= self._package(file)
        return places

    def _package(self, file: str) -> set[Place]:
        """Return every file of a package that imports its modules under computed names."""
        folder, name = os.path.split(file)
        if name != "__init__.py":
            return set()
        found = (
            os.path.join(place, entry)  # noqa: PTH118
            for place, _, entries in os.walk(folder)
            for entry in entries
            if entry.endswith(".py")
        )
        return {(path, "") for path in found if self.contains(path)}

    def _follow(
        self, file: str, index: FileIndex, usage: Usage, targets: set[Place], links: set[str]
    ) -> None:
        if usage.dynamic:
            targets.add((file, ""))
        for chain in usage.reads | usage.class_reads:
            root = chain[0]
            if not root.startswith(":") and root not in index.names:
                known = root in _BUILTINS or root in _MODULE_NAMES or chain in usage.class_reads
                if not known:
                    targets.add((file, ""))
                continue
            found, outside = self._resolve(file, chain, set())
            targets |= found
            name = ".".join(chain)
            links.update(f"{name}={self.relative(path)}:{inner}" for path, inner in found)
            links.update(f"{root}={module}" for module in outside)

    def _resolve(
        self, file: str, chain: Chain, seen: set[tuple[str, Chain]]
    ) -> tuple[set[Place], set[str]]:
        """Return the places that a chain stands for, and what it is called outside the project."""
        if (file, chain) in seen:  # modules that import each other's names in a circle
            return set(), set()
        seen.add((file, chain))
        if chain[0].startswith(":"):
            module = self._find(file, chain[0])
            if module is None:
                return set(), {".".join(chain[:2]).lstrip(":")}
            return self._walk(module, chain[1:], seen)
        binding = self.index(file).names[chain[0]]
        places: set[Place] = set()
        outside: set[str] = set()
        if binding.statements or binding.assigned:
            places.add((file, chain[0]))
        for imported in binding.imports:
            more, names = self._resolve(file, (*imported, *chain[1:]), seen)
            places |= more
            outside |= names
        return places, outside

    def _walk(
        self, module: str, chain: Chain, seen: set[tuple[str, Chain]]
    ) -> tuple[set[Place], set[str]]:
        """Return what attributes of a project's module (a file, or a folder without one) mean."""
        is_file = module.endswith(".py")
        if not chain:
            return ({(module, "")} if is_file else set()), set()
        folder = os.path.dirname(module) if is_file else module  # noqa: PTH120
        is_package = not is_file or os.path.basename(module) == "__init__.py"  # noqa: PTH119
        if is_file and self.defines(module, chain[0]):
            places, outside = self._resolve(module, chain, seen)
            if places or outside:  # else a package that imports its own module: `from . import a`
                return places, outside
        if is_package and (inner := _module_in(folder, chain[:1])) is not None:
            return self._walk(inner, chain[1:], seen)
        if not is_file or chain[0] in _MODULE_NAMES:
            return set(), set()
        return {(module, "")}, set()

    def _find(self, file: str, name: str) -> str | None:
        """Return the module of the project that a ``:module`` names in a file, if it is one."""
        key = (os.path.dirname(file), name)  # noqa: PTH120
        if key not in self._modules:
            self._modules[key] = self._search(*key)
        return self._modules[key]

    def _search(self, folder: str, name: str) -> str | None:
        module = name.removeprefix(":")
        parts = tuple(part for part in module.lstrip(".").split(".") if part)
        level = len(module) - len(module.lstrip("."))
        if level:
            for _ in range(level - 1):
                folder = os.path.dirname(folder)  # noqa: PTH120
            return self._own(_module_in(folder, parts))
        if parts[0] in _DEPENDENCIES:
            return None
        for base in self._bases(folder):
            if (found := self._own(_module_in(base, parts))) is not None:
                return found
        return None

    def _own(self, module: str | None) -> str | None:
        if module is None:
            return None
        probe = module if module.endswith(".py") else os.path.join(module, "x.py")  # noqa: PTH118
        return module if self.contains(probe) else None

    def _bases(self, folder: str) -> Iterable[str]:
        """Yield the folders that absolute imports start from, nearest first."""
        base = folder
        while os.path.exists(os.path.join(base, "__init__.py")):  # noqa: PTH110, PTH118
            base = os.path.dirname(base)  # noqa: PTH120
        yield base
        yield self.root
        yield os.path.join(self.root, "src")  # noqa: PTH118
        for path in sys.path:
            real = os.path.realpath(path)
            if real.startswith(self._prefix):
                yield real


@contextlib.contextmanager
def _deep_recursion() -> Iterator[None]:
    """Let expressions be read as deep as Python compiles them: `a + b + …` nests once a term."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _module_in(folder: str, parts: Chain) -> str | None:
    """Return a module's file; its folder if that is a package without one but with code below."""
    path = os.path.join(folder, *parts)  # noqa: PTH118
    package = os.path.join(path, "__init__.py")  # noqa: PTH118
    if os.path.isfile(package):  # noqa: PTH113
        return package
    if parts and os.path.isfile(f"{path}.py"):  # noqa: PTH113
        return f"{path}.py"
    try:
        with os.scandir(path) as entries:
            has_code = any(
                entry.name.endswith(".py")
                or (entry.is_dir() and os.path.isfile(os.path.join(entry, "__init__.py")))  # noqa: PTH113, PTH118
                for entry in entries
            )
    except OSError:
        return None
    return path if has_code else None


def _combined(digest: str, links: list[str]) -> str:
    text = "\0".join([digest, *links])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
