"""What can go wrong before a rehearsal has begun."""

from __future__ import annotations

from fairlead.errors import FairleadError


class RehearsalError(FairleadError, RuntimeError):
    """Report a project that cannot be rehearsed as it is."""


class AnswersError(FairleadError, ValueError):
    """Report a file of answers for data sources that cannot be used."""


class ProgramError(FairleadError, RuntimeError):
    """Report a program that raised before all of its resources were seen."""
