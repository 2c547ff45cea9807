"""Guess which name a person meant."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """Return the end of an error about a name that nobody knows; empty where none is like it.

    Args:
        written: What was written.
        known: What could have been.

    Example:
        >>> "There is no stack 'locla'" + did_you_mean("locla", ["aws", "local"])
        "There is no stack 'locla'; did you mean 'local'?"

    Source:
        https://docs.python.org/3/library/difflib.html#difflib.get_close_matches
    """
    import difflib  # costs more than all else here, and is needed for a mistake only

    close = difflib.get_close_matches(written, sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
