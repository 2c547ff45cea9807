"""Keep secrets in files of this machine that only their owner can read."""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path

from fairlead.contracts.secret_store import LocalSecretStoreContract
from fairlead.errors import SecretNotFoundError, SecretStoreError

#: What every cloud's secret store takes too, so that a pipeline's secrets can move.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,126}")

_TEMPORARY = ".tmp-"


class LocalSecretStore:
    """Read and write one file a secret, mode 0600, in a folder of mode 0700.

    A folder or file that anybody else may read is refused, not used and not mended: whether its
    content has been read is for a person to judge. No error holds a value.

    Args:
        contract: Names the folder; it is made by the first ``put`` if it is not there.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> store = LocalSecretStore(LocalSecretStoreContract(path=folder))
        >>> store.put("hub", "s3cret")
        >>> store.names(), store.get("hub")
        (['hub'], 's3cret')
    """

    def __init__(self, contract: LocalSecretStoreContract) -> None:
        self._folder = Path(contract.path)
        self._prefix = contract.prefix

    def __repr__(self) -> str:
        return f"LocalSecretStore({str(self._folder)!r})"

    def get(self, name: str) -> str:
        """Return a secret's value.

        Args:
            name: The secret's name.

        Raises:
            SecretNotFoundError: There is none of that name.
            SecretStoreError: Others can read it, or it is not text.
        """
        path = self._path(name)
        try:
            self._check(self._folder.stat(follow_symlinks=False), self._folder, "700")
            file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            raise SecretNotFoundError(
                f"There is no secret {name!r} in {self._folder}: store it with "
                f"`fairlead secrets put {name}`."
            ) from None
        except SecretStoreError:
            raise
        except OSError as error:
            raise self._unusable(path, error) from None
        with os.fdopen(file, "rb") as opened:
            self._check(os.fstat(file), path, "600")
            content = opened.read()
        try:
            return content.decode()
        except UnicodeDecodeError:
            pass  # raised below, outside: the decoder's own error holds the value
        raise SecretStoreError(f"The secret {name!r} is not UTF-8 text: store it again.")

    def put(self, name: str, value: str) -> None:
        """Store a value, replacing the one before as a whole.

        Args:
            name: The secret's name.
            value: Its value.

        Raises:
            SecretStoreError: The name is not possible, the value is not text, or others can read
                the folder.
        """
        path = self._path(name)
        content = _encode(value)
        if content is None:
            raise SecretStoreError(f"The value of {name!r} is not text that UTF-8 can hold.")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check(self._folder.stat(follow_symlinks=False), self._folder, "700")
            self._replace(path, content)
        except SecretStoreError:
            raise
        except OSError as error:
            raise self._unusable(path, error) from None

    def names(self) -> list[str]:
        """List the names, sorted.

        Raises:
            SecretStoreError: Others can read the folder.
        """
        try:
            self._check(self._folder.stat(follow_symlinks=False), self._folder, "700")
            files = [entry.name for entry in self._folder.iterdir()]
        except FileNotFoundError:
            return []
        found = (file.removeprefix(self._prefix) for file in files if file.startswith(self._prefix))
        return sorted(name for name in found if _NAME.fullmatch(name))

    def delete(self, name: str) -> None:
        """Remove a secret; removing what is not there is no error.

        Args:
            name: The secret's name.
        """
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(path, error) from None

    def _path(self, name: str) -> Path:
        if "/" in self._prefix:
            raise SecretStoreError(
                f"The prefix {self._prefix!r} of {self!r} must not hold a slash."
            )
        if not _NAME.fullmatch(name):
            raise SecretStoreError(
                f"{name!r} cannot name a secret: use 1 to 127 letters, digits, - and _, beginning "
                "with a letter."
            )
        return self._folder / f"{self._prefix}{name}"

    def _replace(self, path: Path, content: bytes) -> None:
        temporary = self._folder / f"{_TEMPORARY}{secrets.token_hex(8)}"
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(file, "wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(file)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _check(self, status: os.stat_result, path: Path, mode: str) -> None:
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise SecretStoreError(
                f"{path} has mode {stat.S_IMODE(status.st_mode):o}, so others can reach secrets: "
                f"run `chmod {mode} {path}`, and replace the secrets that they may have read."
            )
        if status.st_uid != os.geteuid():
            raise SecretStoreError(
                f"{path} belongs to another user (uid {status.st_uid}): run as that user, or bind "
                "to a stack of your own."
            )

    def _unusable(self, path: Path, error: OSError) -> SecretStoreError:
        return SecretStoreError(f"{path} cannot be used: {error.strerror}.")


def _encode(value: str) -> bytes | None:
    try:
        return value.encode()
    except UnicodeEncodeError:
        return None
