"""Store the outputs of steps and read them back, each under the digest of its content."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from pydantic import JsonValue

from fairlead.errors import FairleadError, IntegrityError, MaterializerError, StoreError
from fairlead.store import composites
from fairlead.store.content import IN_MEMORY, ContentWriter, VerifyingReader, open_verified
from fairlead.store.layout import artifact_folder
from fairlead.store.materializers import COMPOSITES, by_name, candidates, known_type, version_of
from fairlead.store.materializers.base import Materializer, UnsuitableError
from fairlead.store.objects import ObjectStore
from fairlead.store.records import ArtifactRecord

_MISSING: Any = object()
_CONTAINERS = {list, tuple, dict, set, frozenset}
_JSON_SCALARS = {type(None), bool, int, float, str}
_PICKLE_FIX = (
    "store it as data (NumPy, a DataFrame, a dict, a dataclass), or set allow_pickle: true on the "
    "stack's artifact_store if everyone who may write to it is trusted"
)


class Artifacts:
    """Save and load values below the root of an artifact store.

    Args:
        objects: The store.
        allow_pickle: Whether artifacts whose loading executes code may be written and read.

    Example:
        >>> import tempfile
        >>> from fairlead.store.objects import open_objects
        >>> store = Artifacts(open_objects("file://" + tempfile.mkdtemp()), allow_pickle=False)
        >>> record = store.save({"a": (1, 2)}, pipeline="p", step="s", output="output")
        >>> record.materializer, store.load(record)
        ('json', {'a': (1, 2)})
    """

    def __init__(self, objects: ObjectStore, *, allow_pickle: bool) -> None:
        self.objects = objects
        self.allow_pickle = allow_pickle

    def save(
        self, value: Any, *, pipeline: str, step: str, output: str, annotation: Any = _MISSING
    ) -> ArtifactRecord:
        """Store one output; storing the same content again stores nothing.

        Args:
            value: What the step returned.
            pipeline: The pipeline's name.
            step: The node's id.
            output: The output's name.
            annotation: The type that the step declares for it, for the record.

        Raises:
            MaterializerError: Nothing can store the value here; says which type and what to do.
            StoreError: The store cannot be written.
        """
        del annotation
        where = f"step {step!r}, output {output!r}"
        return self._save(value, artifact_folder(pipeline, step, output), where)

    def load(
        self, record: ArtifactRecord, annotation: Any = _MISSING, *, into: Path | None = None
    ) -> Any:
        """Return the value of an artifact; every byte of it is verified.

        Args:
            record: The artifact.
            annotation: The type that the reader declares.
            into: The folder for files and trees; a temporary one, removed when the process ends,
                if it is None.

        Raises:
            IntegrityError: The content is not the recorded one.
            ObjectNotFoundError: It is not in the store any more.
            MaterializerError: It may not be loaded here, or what it needs is not installed.
        """
        if record.form == "list":
            return composites.load_list(
                self.objects, record, lambda item: self.load(item, into=into)
            )
        if record.materializer == "path":
            return composites.load_path(self.objects, record, into)
        materializer = by_name(record.materializer)
        self._check_load(record, materializer)
        hint = None if annotation is _MISSING else annotation
        try:
            if materializer.streams and record.size > IN_MEMORY:
                return self._read_stream(record, materializer, hint)
            with open_verified(self.objects, record.path, record.digest, record.size) as file:
                return materializer.read(file, record.metadata, hint)
        except FairleadError:
            raise
        except ImportError as error:
            raise MaterializerError(
                f"{record.path} ({record.type}) cannot be read without the package "
                f"{error.name or error!s}: install it here as it was where the artifact was made."
            ) from error
        except Exception as error:
            # Whatever the type's package raises about content that is intact, but not for it.
            raise MaterializerError(
                f"{record.path} ({record.type}) is intact, but {record.materializer!r} cannot read "
                f"it here: {type(error).__name__}: {error}. Install the versions of its packages "
                "that the step which made it ran with, or run that step again."
            ) from error

    def exists(self, record: ArtifactRecord) -> bool:
        """Return whether all objects of an artifact are there."""
        if not self.objects.exists(record.path):
            return False
        if record.form == "file":
            return True
        try:
            if record.form == "tree":
                paths = composites.tree_paths(self.objects, record)
                return all(composites.each(self.objects, self.objects.exists, paths))
            return all(composites.each(self.objects, self.exists, self.elements(record)))
        except (IntegrityError, StoreError):
            return False

    def elements(self, record: ArtifactRecord) -> list[ArtifactRecord]:
        """Return the artifacts of a list output, one for each element, in order.

        Raises:
            MaterializerError: It was not stored element by element (``form`` is not ``list``).
        """
        if record.form != "list":
            raise MaterializerError(f"{record.path} is one object: load it and take its elements.")
        return composites.list_elements(self.objects, record)

    def preview(self, record: ArtifactRecord) -> dict[str, JsonValue]:
        """Return what a page can show of an artifact without loading it.

        Returns:
            ``kind`` is ``text`` (``text``), ``table`` (``columns``, ``rows``), ``image``
            (``media_type``, ``base64``) or ``none``; beside it the record's own metadata.
        """
        from fairlead.store.preview import preview

        return preview(self.objects, record)

    def _save(self, value: Any, folder: str, where: str) -> ArtifactRecord:
        refused: Materializer | None = None
        reasons: list[str] = []
        for name in self._candidates(value):
            try:
                if name in COMPOSITES:
                    return self._save_composite(name, value, folder, where)
                materializer = by_name(name)
                if materializer.executes_code_on_load and not self.allow_pickle:
                    refused = materializer
                    continue
                return self._write(materializer, value, folder)
            except UnsuitableError as error:
                reasons.append(f"{name}: {error}")
            except MaterializerError as error:
                if str(error).startswith(where):
                    raise
                raise MaterializerError(f"{where}: {error}") from error.__cause__
            except (FairleadError, OSError):
                raise
            except Exception as error:
                # Whatever the type's package raises while it writes.
                raise MaterializerError(
                    f"{where}: {name!r} cannot store this {type_name(type(value))}: "
                    f"{type(error).__name__}: {error}. Return it in another form."
                ) from error
        kind = type_name(type(value))
        if refused is not None:
            raise MaterializerError(
                f"{where}: a value of type {kind} could only be stored by {refused.name!r}, whose "
                f"loading executes code, and this stack's artifact store refuses that "
                f"(allow_pickle is false): {_PICKLE_FIX}."
                + "".join(f"\n  {reason}" for reason in reasons)
            )
        raise MaterializerError(
            f"{where}: a value of type {kind} cannot be stored: return data instead (a connection, "
            "lock, generator or open file is none), or install or write a materializer for it."
            + "".join(f"\n  {reason}" for reason in reasons)
        )

    def _candidates(self, value: Any) -> Iterator[str]:
        kind = type(value)
        if kind in _JSON_SCALARS:
            return iter(("json",))
        if composites.holds_paths(value):
            return iter(("list",))
        return candidates(kind)

    def _write(self, materializer: Materializer, value: Any, folder: str) -> ArtifactRecord:
        with ContentWriter(self.objects) as writer:
            metadata = materializer.write(value, cast("BinaryIO", writer))
            path = writer.put(folder)
            return ArtifactRecord(
                digest=writer.digest,
                path=path,
                size=writer.size,
                materializer=materializer.name,
                materializer_version=materializer.version,
                type=type_name(type(value)),
                metadata=metadata,
            )

    def _save_composite(self, name: str, value: Any, folder: str, where: str) -> ArtifactRecord:
        if name == "path":
            return composites.save_path(self.objects, value, folder, where)
        return composites.save_list(
            self.objects, value, folder, lambda item, at: self._save(item, folder, where + at)
        )

    def _check_load(self, record: ArtifactRecord, materializer: Materializer) -> None:
        if record.materializer_version > materializer.version:
            raise MaterializerError(
                f"{record.path} was written by version {record.materializer_version} of "
                f"{record.materializer!r}; version {materializer.version} is installed: upgrade it."
            )
        if materializer.executes_code_on_load and not self.allow_pickle:
            raise MaterializerError(
                f"{record.path} ({record.type}) was stored by {record.materializer!r}: loading it "
                "executes code, and this stack's artifact store refuses that (allow_pickle is "
                f"false): {_PICKLE_FIX}."
            )

    def _read_stream(self, record: ArtifactRecord, materializer: Materializer, hint: Any) -> Any:
        source = self.objects.open(record.path)
        with VerifyingReader(source, record.path, record.digest, record.size) as reader:
            try:
                value = materializer.read(cast("BinaryIO", reader), record.metadata, hint)
            except Exception:
                reader.finish()  # damage explains it better than what it led to
                raise
            reader.finish()
            return value


def materializer_for(annotation: Any) -> tuple[str, int] | None:
    """Return name and version of the materializer that an annotation selects.

    Args:
        annotation: What a step declares for an output.

    Returns:
        None where only the value tells: ``Any``, unions, bare containers, other classes.

    Example:
        >>> materializer_for(dict[str, float]), materializer_for(object)
        (('json', 1), None)
    """
    name = _selected(annotation)
    return None if name is None else (name, version_of(name))


def _selected(annotation: Any) -> str | None:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _selected(arguments[0])
    if isinstance(annotation, typing.NewType):
        return _selected(annotation.__supertype__)
    if annotation is None or origin is typing.Literal:
        return "json"
    if origin in _CONTAINERS:
        parts = {_selected(part) for part in arguments if part is not Ellipsis}
        mixed = origin in {list, tuple} and parts and None not in parts
        return "json" if parts == {"json"} else "list" if mixed else None
    kind = origin or annotation
    if not isinstance(kind, type):
        return None
    plain = kind in _JSON_SCALARS or hasattr(kind, "__dataclass_fields__")
    return "json" if plain else known_type(kind)


def type_name(kind: type) -> str:
    """Return a class's name for people: without ``builtins``."""
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return module + kind.__qualname__
