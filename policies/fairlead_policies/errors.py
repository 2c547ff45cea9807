"""Errors of the pack, wherever it runs: in Fairlead's environment or in the pack's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.errors import FairleadError as FairleadError  # noqa: PLC0414 - for the pack
else:
    try:
        from fairlead.errors import FairleadError
    except ModuleNotFoundError:  # the pack's own environment has the rules and little else

        class FairleadError(Exception):
            """Report something a person can act on."""

            exit_code = 2


class PolicyError(FairleadError, ValueError):
    """Report a policy setting, waiver or input file that cannot be used."""


def listed(source: str, problems: Sequence[str]) -> PolicyError:
    r"""Return one error for all problems of a file.

    Args:
        source: The file, or whatever was read.
        problems: One sentence for each problem.

    Example:
        >>> str(listed("waivers.yaml", ["[0].owner: is missing"]))
        'waivers.yaml: 1 problem\n  - [0].owner: is missing'
    """
    count = len(problems)
    lines = "\n".join(f"  - {problem}" for problem in problems)
    return PolicyError(f"{source}: {count} problem{'s' if count != 1 else ''}\n{lines}")
