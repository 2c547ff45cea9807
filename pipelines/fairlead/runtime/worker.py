"""A warm worker: a process that executes attempts of one run, one after the other.

Between steps it is put back as it was: working folder, environment, logging, random state. It
trusts nothing else of a step, which is why steps with secrets or another environment get a process
of their own.
"""

from __future__ import annotations

import json
import logging
import os
import random
import resource
import socket
import sys
from pathlib import Path
from typing import Any

from fairlead.errors import FairleadError
from fairlead.runtime.execute import execute
from fairlead.runtime.logs import LogShipper, LogSpool
from fairlead.runtime.rank import Rank
from fairlead.runtime.session import Session
from fairlead.store.records import Outcome


class Surroundings:
    """Remember what steps may change in a process, and put it back."""

    def __init__(self) -> None:
        self.folder = Path.cwd()
        self.environment = dict(os.environ)
        self.path = list(sys.path)
        self.limit = resource.getrlimit(resource.RLIMIT_DATA)
        self.note_logging()

    def note_logging(self) -> None:
        """Remember logging as it is now: what modules set up as they are imported, they do once."""
        root = logging.getLogger()
        self.handlers, self.level = list(root.handlers), root.level
        self.levels = {
            name: (logger.level, list(logger.handlers), logger.disabled, logger.propagate)
            for name, logger in list(logging.root.manager.loggerDict.items())
            if isinstance(logger, logging.Logger)
        }

    def restore(self) -> None:
        """Put the process back; random generators get fresh entropy, as in a new process."""
        try:
            moved = Path.cwd() != self.folder
        except FileNotFoundError:
            moved = True
        if moved:
            os.chdir(self.folder)
        if os.environ != self.environment:
            os.environ.clear()
            os.environ.update(self.environment)
        sys.path[:] = self.path
        root = logging.getLogger()
        root.handlers[:] = self.handlers
        root.setLevel(self.level)
        logging.disable(logging.NOTSET)
        for name, logger in list(logging.root.manager.loggerDict.items()):
            if isinstance(logger, logging.Logger):
                as_it_is = logger.level, list(logger.handlers), logger.disabled, logger.propagate
                if name not in self.levels and self._of_a_library(name):
                    self.levels[name] = as_it_is  # imported by the step itself
                level, handlers, disabled, propagate = self.levels.get(
                    name, (logging.NOTSET, [], False, True)
                )
                if logger.level != level:
                    logger.setLevel(level)
                logger.handlers[:] = handlers
                logger.disabled, logger.propagate = disabled, propagate
        random.seed()
        numpy = sys.modules.get("numpy")
        if numpy is not None and "numpy.random" in sys.modules:
            numpy.random.seed()
        resource.setrlimit(resource.RLIMIT_DATA, self.limit)

    def _of_a_library(self, logger: str) -> bool:
        """Say whether a logger is named for an imported package that is not the user's."""
        module = sys.modules.get(logger.partition(".")[0])
        file = getattr(module, "__file__", None)
        return file is not None and not Path(file).is_relative_to(self.folder)


def serve(channel: socket.socket) -> None:
    """Execute attempts as they are asked for, until the other side goes away.

    Args:
        channel: One JSON line asks for one attempt, one JSON line answers it.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    shipper = LogShipper()
    shipper.start()
    session: Session | None = None
    opened: tuple[str, str] | None = None
    before: Surroundings | None = None
    with channel.makefile("rwb") as stream:
        for line in stream:
            asked: dict[str, Any] = json.loads(line)
            answer: dict[str, Any] = {"reference": asked["reference"]}
            try:
                if opened != (asked["run_uri"], asked["run_digest"]):
                    opened = (asked["run_uri"], asked["run_digest"])
                    session = Session.open(*opened)
                    if session.code is not None:
                        os.chdir(session.code)
                    before = Surroundings()
                    session.loaded = before.note_logging
                assert session is not None
                assert before is not None
                _limit_memory(asked.get("memory"), before)
                rank = Rank(**asked.get("rank", {}))
                spool = LogSpool(
                    session.objects, session.layout, asked["step"], asked["number"],
                    path=Path(asked["spool"]), rank=rank.number,
                )  # fmt: skip
                try:
                    end = execute(
                        session,
                        asked["step"],
                        asked["number"],
                        spool=spool,
                        capture=shipper.capture,
                        rank=rank,
                    )
                    answer["succeeded"] = end is not None and end.outcome is Outcome.SUCCEEDED
                finally:
                    before.restore()
                    spool.close()
            except (FairleadError, OSError) as error:  # nothing could be recorded: say why
                answer["problem"] = str(error)
            except KeyboardInterrupt:  # not from a terminal: workers are in a session of their own
                answer["problem"] = "the step was interrupted: KeyboardInterrupt"
            try:
                stream.write(json.dumps(answer).encode() + b"\n")
                stream.flush()
            except (BrokenPipeError, ConnectionResetError):  # nobody is there to be told
                os._exit(0)


def _limit_memory(memory: int | None, before: Surroundings) -> None:
    if memory is not None:
        hard = before.limit[1]
        soft = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
