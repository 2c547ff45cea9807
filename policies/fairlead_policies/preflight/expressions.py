"""Boolean expressions over atoms of a cloud's own, evaluated while they are read."""

from __future__ import annotations

import re

from fairlead_policies.preflight.ternary import Truth, every, no, some

_OR, _AND, _NOT = {"||", "OR"}, {"&&", "AND"}, {"!", "NOT"}


class Expression:
    """Read an expression of and, or, not and parentheses, in symbols or in words.

    Args:
        text: The expression.
        tokens: What a token looks like; white space between tokens is skipped.

    Raises:
        ValueError: Some of the text is no token.
    """

    def __init__(self, text: str, tokens: re.Pattern[str]) -> None:
        self._tokens: list[str] = []
        at = 0
        while at < len(text):
            if text[at].isspace():
                at += 1
                continue
            found = tokens.match(text, at)
            if found is None:
                raise ValueError(f"no token at {at}")
            self._tokens.append(found[0])
            at = found.end()
        self._at = 0

    def value(self) -> Truth:
        """Return the whole expression's value.

        Raises:
            ValueError: It is not well formed.
        """
        found = self._either()
        if self.peek():
            raise ValueError("more than one expression")
        return found

    def peek(self) -> str:
        """Return the next token, empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, wanted: str = "") -> str:
        """Return the next token and pass it.

        Raises:
            ValueError: It is not the wanted one, or there is none.
        """
        found = self.peek()
        if not found or (wanted and found != wanted):
            raise ValueError(f"{wanted or 'a token'} expected")
        self._at += 1
        return found

    def atom(self) -> Truth:
        """Return the value of the next atom and pass it; each cloud has its own."""
        raise NotImplementedError

    def _either(self) -> Truth:
        found = [self._both()]
        while self.peek() in _OR:
            self.take()
            found.append(self._both())
        return some(found)

    def _both(self) -> Truth:
        found = [self._one()]
        while self.peek() in _AND:
            self.take()
            found.append(self._one())
        return every(found)

    def _one(self) -> Truth:
        if self.peek() in _NOT:
            self.take()
            return no(self._one())
        if self.peek() == "(":
            self.take()
            found = self._either()
            self.take(")")
            return found
        return self.atom()
