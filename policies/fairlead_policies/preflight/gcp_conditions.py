"""The part of CEL that conditions on Google Cloud's role bindings are written in.

Source:
    https://cloud.google.com/iam/docs/conditions-attribute-reference
    https://cloud.google.com/iam/docs/configuring-resource-based-access#extract-function
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping

from fairlead_policies.preflight.expressions import Expression
from fairlead_policies.preflight.ternary import Truth

_STRING = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_TOKENS = re.compile(rf"{_STRING}|&&|\|\||[=!<>]=|[<>!()\[\],]|[A-Za-z_][\w.]*|\.[A-Za-z_]\w*")

#: A string, or None: not known.
Text = str | None


def holds(expression: str, attributes: Mapping[str, str]) -> Truth:
    """Return whether a condition is met; None where it asks for what is not known.

    Args:
        expression: CEL.
        attributes: What is known of the request, such as ``resource.name``.

    Example:
        >>> name = {"resource.name": "projects/_/buckets/ml/objects/runs/1.json"}
        >>> holds('resource.name.startsWith("projects/_/buckets/ml/objects/runs/")', name)
        True
        >>> holds('resource.name.extract("/objects/{top}/") == "artifacts"', name)
        False
    """
    try:
        return _Cel(expression, attributes).value()
    except (ValueError, SyntaxError, re.error):
        return None


def extract(text: str, template: str) -> str:
    """Return what stands in a text where a template has its one name in braces.

    Example:
        >>> extract("projects/_/buckets/ml/objects/runs/1.json", "/objects/{top}/")
        'runs'
        >>> extract("projects/_/buckets/ml", "/objects/{top}/")
        ''
    """
    before, _, rest = template.partition("{")
    after = rest.partition("}")[2]
    start = text.find(before)
    if start < 0:
        return ""
    start += len(before)
    end = text.find(after, start) if after else len(text)
    return text[start:end] if end >= 0 else ""


class _Cel(Expression):
    """Read a condition; its atoms compare strings."""

    def __init__(self, text: str, attributes: Mapping[str, str]) -> None:
        super().__init__(text, _TOKENS)
        self._attributes = attributes

    def atom(self) -> Truth:
        if self.peek() in {"true", "false"}:
            return self.take() == "true"
        subject, said = self._text()
        if said is not _NOTHING:
            return said if isinstance(said, bool) else None
        operator = self.take()
        if operator == "in":
            return self._listed(subject)
        other, _ = self._text()
        if operator not in {"==", "!="} or subject is None or other is None:
            return None
        return (subject == other) == (operator == "==")

    def _listed(self, subject: Text) -> Truth:
        self.take("[")
        values = []
        while self.peek() != "]":
            values.append(self._text()[0])
            if self.peek() == ",":
                self.take()
        self.take("]")
        if subject is None:
            return None
        return True if subject in values else (None if None in values else False)

    def _text(self) -> tuple[Text, object]:
        """Return a string expression's value, and what a test at its end says."""
        token = self.take()
        if token[0] in "\"'":
            value: Text = str(ast.literal_eval(token))
        elif self.peek() == "(":
            value, said = self._call(token)
            if said is not _NOTHING:
                return value, said
        else:
            value = self._attributes.get(token)
        while self.peek().startswith("."):
            value, said = self._method(value, self.take()[1:])
            if said is not _NOTHING:
                return value, said
        return value, _NOTHING

    def _arguments(self) -> list[Text]:
        self.take("(")
        found: list[Text] = []
        while self.peek() != ")":
            found.append(self._text()[0])
            if self.peek() == ",":
                self.take()
        self.take(")")
        return found

    def _call(self, name: str) -> tuple[Text, object]:
        owner, _, method = name.rpartition(".")
        if name == "api.getAttribute":
            key, fallback = self._arguments()
            return self._attributes.get(key or "", fallback), _NOTHING
        if owner in self._attributes or owner.startswith(("resource.", "request.")):
            return self._method(self._attributes.get(owner), method)
        self._arguments()
        return None, _NOTHING

    def _method(self, value: Text, method: str) -> tuple[Text, object]:
        arguments = self._arguments()
        if method == "extract":
            known = value is not None and arguments[0] is not None
            return extract(str(value), str(arguments[0])) if known else None, _NOTHING
        test = _TESTS.get(method)
        if test is None:
            return None, _NOTHING if method in _STRINGS else None
        if value is None or arguments[0] is None:
            return None, None
        return None, test(value, arguments[0])


_NOTHING = object()
_STRINGS = {"lowerAscii", "upperAscii", "getFullYear", "getHours", "getDayOfWeek"}
_TESTS: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
    "matches": lambda value, pattern: re.search(pattern, value) is not None,
}
