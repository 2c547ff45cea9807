"""The shapes of values that a provider makes up, where nothing more is known of it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: A time that no clock says, so that two rehearsals give the same.
LONG_AGO = "2026-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Subject:
    """Say of what a value is made up.

    Attributes:
        token: The type's or function's token.
        seed: What tells it from others: its URN, or a function's arguments.
        name: What it is called.
        values: Its inputs or arguments, as far as they are known.
        settings: The provider's configuration.
    """

    token: str
    seed: str
    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """The module: ``s3``, ``storage``."""
        return self.token.split(":")[1].partition("/")[0]

    @property
    def type(self) -> str:
        """The type's own name: ``Bucket``."""
        return self.token.rpartition(":")[2]

    def text(self, *names: str, default: str = "") -> str:
        """Return the first of some inputs that is known text."""
        for name in names:
            value = self.values.get(name)
            if isinstance(value, str) and value:
                return value
        return default

    def setting(self, name: str, default: str) -> str:
        """Return an input, else the provider's setting of that name, else a default."""
        return self.text(name) or str(self.settings.get(name) or default)

    def digits(self, length: int, salt: str = "") -> str:
        """Return hexadecimal digits that are the same for the same subject."""
        return hashlib.sha256(f"{self.seed}|{salt}".encode()).hexdigest()[:length]

    def guid(self, salt: str = "") -> str:
        """Return a GUID that is the same for the same subject."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.seed}|{salt}"))


def plural(word: str) -> str:
    """Return a word's plural, as paths have it.

    Example:
        >>> plural("repository"), plural("cryptoKey"), plural("bucket")
        ('repositories', 'cryptoKeys', 'buckets')
    """
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"


class Shape:
    """Make up values as no cloud in particular does; each cloud's subclass knows better."""

    #: Fields whose values are plain to say, by name in lower case.
    known: Mapping[str, Callable[[Subject], Any]] = {}

    #: What stands between a name and the digits that make it unique.
    separator = "-"

    def identifier(self, subject: Subject) -> str:
        """Return a resource's id."""
        return subject.name

    def automatic_name(self, subject: Subject) -> str:
        """Return the name of a resource that a program did not name."""
        return f"{subject.name}{self.separator}{subject.digits(7, 'name')}"

    def text(self, subject: Subject, field_name: str) -> str:
        """Return a string that a field may hold."""
        lowered = field_name.lower()
        made = self.known.get(lowered)
        if made is not None:
            return str(made(subject))
        if lowered == "name":
            return subject.name
        if lowered == "id":
            return self.identifier(subject)
        return self.by_ending(subject, field_name)

    def by_ending(self, subject: Subject, field_name: str) -> str:
        """Return a string for a field whose name is not known, from how it ends."""
        lowered = field_name.lower()
        if lowered.endswith(("url", "uri", "link", "endpoint")):
            return f"https://{subject.name}.rehearsal.invalid/{field_name}"
        if lowered.endswith(("date", "time", "timestamp", "createdat", "createdon")):
            return LONG_AGO
        if lowered.endswith("email"):
            return f"{subject.name}@rehearsal.invalid"
        if lowered.endswith(("json", "policydata")):
            return "{}"
        return f"{field_name}-{subject.digits(8, field_name)}"

    def computed(self, subject: Subject) -> Mapping[str, Any]:
        """Return what a cloud fills in of a resource although its SDK calls it optional."""
        del subject
        return {}

    def function(self, subject: Subject) -> Mapping[str, Any]:
        """Return what is known of a function's result, beyond what its type tells."""
        del subject
        return {}
