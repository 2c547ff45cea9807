"""Explain a cache key: what was hashed, and what changed since an earlier run of the step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from fairlead.values import canonical_encoded

_ABSENT = object()
_WIDTH = 60
_NOUNS = {
    "source": "definition",
    "parameters": "parameter",
    "inputs": "input",
    "outputs": "output",
    "environment": "environment variable",
    "image": "image",
    "lock": "lock file",
    "python": "Python version",
    "version": "version of the cache key",
}


@dataclass(frozen=True, slots=True)
class Change:
    """Say one thing that differs between two keys.

    Attributes:
        part: What it is part of: ``source``, ``parameters``, ``inputs``, ``outputs``,
            ``environment``, ``image``, ``lock``, ``python`` or ``version``.
        name: Which definition, parameter, …; empty for the parts that have no names.
        kind: ``added``, ``removed`` or ``changed``.
        before: The earlier value or digest, None if added.
        after: The present one, None if removed.
    """

    part: str
    name: str
    kind: Literal["added", "removed", "changed"]
    before: JsonValue = None
    after: JsonValue = None

    def __str__(self) -> str:
        """Return one line for people."""
        subject = f"{_NOUNS.get(self.part, self.part)} {self.name}".strip()
        if self.part == "source" or self.kind == "removed":
            return f"{subject} {self.kind}"
        if self.kind == "added":
            return f"{subject} added: {_brief(self.after)}"
        return f"{subject} changed: {_brief(self.before)} → {_brief(self.after)}"


def explain(current: Mapping[str, JsonValue], previous: Mapping[str, JsonValue]) -> list[Change]:
    """List what makes two keys differ; an empty list means that they are equal.

    Args:
        current: `key_parts` of the step in question.
        previous: `key_parts` of the run to compare with.

    Example:
        >>> [str(c) for c in explain({"parameters": {"depth": 5}}, {"parameters": {"depth": 4}})]
        ['parameter depth changed: 4 → 5']
    """
    changes: list[Change] = []
    for part in [*_NOUNS, *sorted({*current, *previous} - {*_NOUNS})]:
        now, then = current.get(part, _ABSENT), previous.get(part, _ABSENT)
        if isinstance(now, dict) and isinstance(then, dict):
            for name in sorted({*now, *then}):
                changes += _compare(part, name, now.get(name, _ABSENT), then.get(name, _ABSENT))
        else:
            changes += _compare(part, "", now, then)
    return changes


def _compare(part: str, name: str, now: object, then: object) -> list[Change]:
    if now is _ABSENT and then is _ABSENT:
        return []
    if then is _ABSENT:
        return [Change(part, name, "added", after=now)]  # type: ignore[arg-type]
    if now is _ABSENT:
        return [Change(part, name, "removed", before=then)]  # type: ignore[arg-type]
    if canonical_encoded(now) == canonical_encoded(then):  # type: ignore[arg-type]
        return []
    return [Change(part, name, "changed", then, now)]  # type: ignore[arg-type]


def _brief(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith("sha256:"):
        return value[:19]
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
