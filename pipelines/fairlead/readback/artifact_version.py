"""Artifact versions: one output of one step of one run, with its content and where it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from fairlead.errors import MaterializerError, RunNotFoundError
from fairlead.store.records import ArtifactRecord, AttemptReference

if TYPE_CHECKING:
    from pathlib import Path

    from fairlead.binding import Stack
    from fairlead.readback.lineage import Made, Use


def split_version(version: str) -> tuple[str, str, str]:
    """Return the run, step and output that a version names.

    Args:
        version: ``<run>/<step>/<output>``; a step of a sub-pipeline has slashes of its own.

    Raises:
        RunNotFoundError: It is not such a text.

    Example:
        >>> split_version("01KAEW8J00ABCDEFGHJKMNPQRS/eval/score/output")
        ('01KAEW8J00ABCDEFGHJKMNPQRS', 'eval/score', 'output')
    """
    run, _, rest = version.partition("/")
    step, _, output = rest.rpartition("/")
    if not (run and step and output):
        raise RunNotFoundError(
            f"{version!r} is not an artifact version: write <run>/<step>/<output>, as "
            "`fairlead artifacts list` shows them"
        )
    return run, step, output


@dataclass(frozen=True, slots=True)
class ArtifactVersion:
    """One output of one step of one run.

    Attributes:
        run: The run's id.
        step: The node's id.
        output: The output's name.
        record: What the store says of its content.
        made_by: The attempt that made it: of another run if the step was cached.
    """

    run: str
    step: str
    output: str
    record: ArtifactRecord
    made_by: AttemptReference
    _stack: Stack = field(repr=False, compare=False)

    @property
    def version(self) -> str:
        """Return ``<run>/<step>/<output>``."""
        return f"{self.run}/{self.step}/{self.output}"

    @property
    def origin(self) -> str:
        """Return the version that the content was made as; the same one unless it was cached."""
        return f"{self.made_by.run}/{self.made_by.step}/{self.output}"

    @property
    def digest(self) -> str:
        """Return the content's digest, ``sha256:…``."""
        return self.record.digest

    @property
    def size(self) -> int:
        """Return the content's bytes in all."""
        return self.record.size

    @property
    def metadata(self) -> dict[str, Any]:
        """Return what is known without loading: shape, schema, length."""
        return dict(self.record.metadata)

    @property
    def url(self) -> str:
        """Return where the content lies."""
        return f"{self._stack.objects.url}/{self.record.path}"

    def load(self, annotation: Any = None) -> Any:
        """Return the value, verified against its digest.

        Args:
            annotation: The type to make of it, where the materializer can make several.

        Raises:
            IntegrityError: The content is not what was recorded.
            MaterializerError: Loading it here is not allowed or not possible.
        """
        if annotation is None:
            return self._stack.artifacts.load(self.record)
        return self._stack.artifacts.load(self.record, annotation)

    def open(self) -> BinaryIO:
        """Open the content as it is stored, verified; only what is one object can be opened.

        Raises:
            IntegrityError: The content is not what was recorded.
            MaterializerError: It is a tree or a list of objects.
        """
        if self.record.form != "file":
            raise MaterializerError(
                f"{self.version} is a {self.record.form} of several objects, which no one stream "
                f"holds: use load(), or `fairlead artifacts get {self.version}`"
            )
        from fairlead.store.content import open_verified

        objects, record = self._stack.objects, self.record
        return open_verified(objects, record.path, record.digest, record.size)

    def get(self, target: Path) -> Path:
        """Write the content below a path, as it is stored, verified; return where it lies now.

        Args:
            target: A file that does not exist; a folder where the content is a tree or a list.

        Raises:
            IntegrityError: The content is not what was recorded.
            TargetExistsError: There is something at ``target``.
        """
        from fairlead.readback.artifact_files import fetch

        return fetch(self._stack.artifacts, self.record, target)

    def preview(self) -> dict[str, Any]:
        """Return a small picture of the value, for people."""
        return self._stack.artifacts.preview(self.record)

    def lineage(self) -> Made:
        """Return what made this, back to what came from outside."""
        from fairlead.readback.lineage import made_from

        return made_from(self._stack, self)

    def used_by(self) -> list[Use]:
        """Return the steps of any run that read this."""
        from fairlead.readback.lineage import uses_of

        return uses_of(self._stack, self)


class Outputs(Mapping[str, ArtifactVersion]):
    """The outputs of a step by name; a wrong name is told with those that there are.

    Args:
        where: The step, for errors.
        versions: Its outputs.
        absent: Why there are none.
    """

    def __init__(self, where: str, versions: dict[str, ArtifactVersion], absent: str = "") -> None:
        self._where = where
        self._versions = versions
        self._absent = absent

    def __getitem__(self, name: str) -> ArtifactVersion:
        try:
            return self._versions[name]
        except KeyError:
            names = ", ".join(self._versions)
            why = f"its outputs: {names}" if names else self._absent or "it returns nothing"
            raise RunNotFoundError(f"{self._where} has no output {name!r}; {why}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._versions

    def __iter__(self) -> Iterator[str]:
        return iter(self._versions)

    def __len__(self) -> int:
        return len(self._versions)

    def __repr__(self) -> str:
        return f"Outputs({', '.join(self._versions)})"
