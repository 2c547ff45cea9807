"""End processes that user code forked where they would come out of it."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator


@contextlib.contextmanager
def end_forked_children() -> Iterator[None]:
    """End any process but this one that leaves the block, as a script's end would.

    An attempt has one process that records it and answers for it. A child made by ``os.fork`` that
    returns, raises or calls ``sys.exit`` would otherwise do both a second time.

    Example:
        >>> with end_forked_children():
        ...     if (child := os.fork()) == 0:
        ...         sys.exit(3)
        >>> os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        3
    """
    owner = os.getpid()
    try:
        yield
    except SystemExit as error:
        if os.getpid() == owner:
            raise
        if isinstance(error.code, str):
            sys.stderr.write(f"{error.code}\n")
        _end(error.code if isinstance(error.code, int) else int(error.code is not None))
    except BaseException:
        if os.getpid() == owner:
            raise
        traceback.print_exc()
        _end(1)
    if os.getpid() != owner:
        _end(0)


def _end(status: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)
