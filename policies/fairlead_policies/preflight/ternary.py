"""Logic with a third value: what is not known before a stack exists, or before a call is made.

Source:
    https://en.wikipedia.org/wiki/Three-valued_logic#Kleene_and_Priest_logics
"""

from __future__ import annotations

from collections.abc import Iterable

#: True, False, or None: not known.
Truth = bool | None


def every(truths: Iterable[Truth]) -> Truth:
    """Return whether all are true: one false decides, else one unknown leaves it open.

    Example:
        >>> every([True, None, False]), every([True, None]), every([])
        (False, None, True)
    """
    known: Truth = True
    for one in truths:
        if one is False:
            return False
        if one is None:
            known = None
    return known


def some(truths: Iterable[Truth]) -> Truth:
    """Return whether any is true: one true decides, else one unknown leaves it open.

    Example:
        >>> some([False, None, True]), some([False, None]), some([])
        (True, None, False)
    """
    known: Truth = False
    for one in truths:
        if one is True:
            return True
        if one is None:
            known = None
    return known


def no(truth: Truth) -> Truth:
    """Return the opposite; unknown stays unknown.

    Example:
        >>> no(True), no(None)
        (False, None)
    """
    return None if truth is None else not truth
