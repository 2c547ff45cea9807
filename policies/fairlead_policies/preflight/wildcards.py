"""Patterns with `*` (any characters, `/` too) and `?` (one character), as permission systems do."""

from __future__ import annotations

#: What stands for a pattern's own `*` where the pattern itself is held against another.
_ANY = "\0"


def matches(pattern: str, text: str) -> bool:
    """Return whether a text fits a pattern.

    Args:
        pattern: The pattern.
        text: The text; its own `*` and `?` are plain characters.

    Example:
        >>> matches("s3:Get*", "s3:GetObject"), matches("a/*/c", "a/b/b/c"), matches("a?", "a")
        (True, True, False)
    """
    at = mark = resume = 0
    star = -1
    while at < len(text):
        expected = pattern[mark] if mark < len(pattern) else ""
        if expected == "*":
            star, resume = mark, at
            mark += 1
        elif expected and (expected == text[at] or (expected == "?" and text[at] != _ANY)):
            at, mark = at + 1, mark + 1
        elif star >= 0:  # let the last `*` take one character more
            resume += 1
            at, mark = resume, star + 1
        else:
            return False
    return all(one == "*" for one in pattern[mark:])


def covers(wide: str, narrow: str) -> bool:
    """Return whether every text that fits one pattern surely fits another.

    The narrower pattern's `*` is taken for a character that only a `*` of the wider one absorbs:
    a yes is certain.

    Args:
        wide: The pattern that should hold all.
        narrow: The pattern held against it.

    Example:
        >>> covers("bucket/*", "bucket/runs/*"), covers("bucket/runs/*", "bucket/*")
        (True, False)
    """
    return matches(wide, narrow.replace("*", _ANY).replace("?", "\1"))
