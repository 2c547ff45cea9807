"""Folders of this machine."""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fairlead_components.provider.handler import Handler, Property, ResourceError, Snapshot

_MODE = re.compile(r"0[0-7]{3}")


class DirectoryHandler(Handler):
    """Keep a folder and its mode."""

    token = "fairlead:index:Directory"  # noqa: S105 - a type token
    description = "A folder of this machine, with its mode."
    inputs = {  # noqa: RUF012 - declared in the base class
        "path": Property("string", "Where it is, absolute.", required=True, replaces=True),
        "mode": Property("string", "Its permissions, octal.", default="0700"),
        "force": Property(
            "boolean", "Whether deleting it deletes what it holds as well.", default=False
        ),
    }

    def validate(self, inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """Refuse paths and modes that nobody means."""
        path = inputs.get("path")
        if path is not None:
            folder = Path(path)
            if not folder.is_absolute() or ".." in folder.parts or "\0" in path:
                yield "path", f"{path!r} must be an absolute path without '..'"
            elif folder in {Path(folder.anchor), _home()}:
                yield "path", f"{path!r} is not a folder to give away: name one below it"
        mode = inputs.get("mode")
        if mode is not None and not _MODE.fullmatch(mode):
            yield "mode", f"{mode!r} must be four octal digits in quotes, such as '0700'"

    def create(self, inputs: dict[str, Any]) -> Snapshot:
        """Make the folder and its parents; a folder that is there is taken over."""
        path = Path(inputs["path"])
        try:
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(int(inputs["mode"], 8))
        except FileExistsError:
            raise ResourceError(f"{path} is a file: move it away, or name another path") from None
        except OSError as error:
            raise ResourceError(f"cannot make the folder {path}: {error.strerror}") from error
        return self._snapshot(path, inputs["mode"], inputs)

    def read(self, identifier: str, inputs: dict[str, Any]) -> Snapshot | None:
        """Look at the folder: it is gone when it is not there, or is a file now."""
        path = Path(identifier)
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise ResourceError(f"cannot look at the folder {path}: {error.strerror}") from error
        if not stat.S_ISDIR(status.st_mode):
            return None
        return self._snapshot(path, f"{stat.S_IMODE(status.st_mode) & 0o777:04o}", inputs)

    def update(self, identifier: str, inputs: dict[str, Any]) -> Snapshot:
        """Set the mode."""
        return self.create({**inputs, "path": identifier})

    def delete(self, identifier: str, inputs: dict[str, Any]) -> None:
        """Remove the folder if it is empty, or may be removed with all that it holds."""
        path = Path(identifier)
        try:
            if inputs.get("force"):
                shutil.rmtree(path)
            else:
                path.rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if path.is_dir() and any(path.iterdir()):
                raise ResourceError(
                    f"{path} is not empty, so it is not deleted: keep it with retain_on_delete, "
                    "empty it, or set force to delete all that it holds"
                ) from None
            raise ResourceError(f"cannot delete the folder {path}: {error.strerror}") from error

    def _snapshot(self, path: Path, mode: str, inputs: Mapping[str, Any]) -> Snapshot:
        properties = {"path": str(path), "mode": mode, "force": bool(inputs.get("force"))}
        return Snapshot(str(path), properties, dict(properties))


def _home() -> Path | None:
    """Return the user's home; None in a container whose user has none."""
    try:
        return Path.home()
    except RuntimeError:
        return None
