"""Keep the objects of an artifact store in one SQLite file."""

# fmt: off
import io
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Literal
from urllib.parse import unquote, urlsplit

from fairlead.contracts.artifact_store import ArtifactStoreContract
from fairlead.errors import ObjectNotFoundError, StoreError
from fairlead.store.objects import ObjectInfo, check_path, check_prefix


class ShelfContract(ArtifactStoreContract):
    flavor: Literal["shelf"] = "shelf"  # and a url: shelf:///folder/file.db


class ShelfArtifactStore:
    def __init__(self, contract): self.contract = contract
    def objects(self): return ShelfObjects(self.contract.url)


class ShelfObjects:
    def __init__(self, url): self.url = url.rstrip("/")

    def _do(self, statement, *values):
        file = unquote(urlsplit(self.url).path)
        try:  # a connection for each call: safe in threads, after a fork and when pickled
            with closing(sqlite3.connect(file, timeout=60)) as db, db:
                db.execute("CREATE TABLE IF NOT EXISTS o(path PRIMARY KEY, content) WITHOUT ROWID")
                cursor = db.execute(statement, values)
                return cursor.fetchall(), cursor.rowcount
        except sqlite3.Error as error:
            raise StoreError(f"{self.url}: {error}. Check that it can be written.") from error

    def get(self, path):
        rows, _ = self._do("SELECT content FROM o WHERE path = ?", check_path(path))
        if not rows:
            raise ObjectNotFoundError(f"{self.url}/{path}: no such object. Check the path.")
        return rows[0][0]

    def put_new(self, path, content, *, durable=True):
        content = content.read_bytes() if isinstance(content, Path) else content
        return self._do("INSERT OR IGNORE INTO o VALUES (?, ?)", check_path(path), content)[1] == 1

    def exists(self, path):
        return bool(self._do("SELECT 1 FROM o WHERE path = ?", check_path(path))[0])

    def delete(self, path): self._do("DELETE FROM o WHERE path = ?", check_path(path))
    def open(self, path): return io.BytesIO(self.get(path))

    def list(self, prefix, *, recursive=True):
        below = f"{check_prefix(prefix)}/" if prefix else ""
        query = "SELECT path, length(content) FROM o WHERE substr(path, 1, ?) = ?"
        found = {}
        for path, size in self._do(query, len(below), below)[0]:
            name, slash, _ = path.removeprefix(below).partition("/")
            folder = slash and not recursive
            found[f"{below}{name}/" if folder else path] = 0 if folder else size
        yield from (ObjectInfo(path, size) for path, size in sorted(found.items()))

    @contextmanager
    def spool(self):
        with tempfile.NamedTemporaryFile() as file:
            yield SimpleNamespace(file=file, path=Path(file.name))
