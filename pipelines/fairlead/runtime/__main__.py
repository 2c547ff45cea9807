"""``python -m fairlead.runtime RUN_URI@sha256:DIGEST STEP [--attempt N]``: one attempt, here.

This is what a container runs. It exits 0 when the attempt's end is recorded, whatever the outcome
(the record says it), and 1 when nothing could be recorded, so that the backend may start it again.
One rank of a distributed step (``--rank``, ``--nodes``, ``--head``) exits 0 only when it has done
its part, so that the backend ends the others when it does not.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from fairlead.errors import FairleadError


def main(arguments: list[str] | None = None) -> int:
    """Execute one attempt and return the process's exit status.

    Args:
        arguments: The command line without the program; that of the process if not given.
    """
    parser = argparse.ArgumentParser(prog="python -m fairlead.runtime", description=__doc__)
    parser.add_argument("run", help="<store>/runs/<date>/<run>@sha256:<digest of run.json>")
    parser.add_argument("step", help="the node's id in the graph")
    parser.add_argument("--attempt", type=int, default=1, help="its number, from 1")
    parser.add_argument(
        "--log",
        type=Path,
        help="where its output is kept until it ends; whoever started it may read it after a crash",
    )
    parser.add_argument(
        "--supervise",
        action="store_true",
        help="run it in a child process and tell how that died; for a container's first process",
    )
    parser.add_argument("--rank", type=int, default=0, help="which rank of a distributed step")
    parser.add_argument("--nodes", type=int, default=1, help="how many ranks there are")
    parser.add_argument("--head", help="where rank 0 is found: name:port")
    given = parser.parse_args(arguments)
    if given.nodes > 1 and not given.head:
        parser.error("--nodes needs --head, the address at which rank 0 is found")
    uri, _, digest = given.run.rpartition("@")
    if not uri or not digest.startswith("sha256:"):
        parser.error("RUN is <store>/runs/<date>/<run>@sha256:<digest>")
    from fairlead.runtime.telemetry import switch_off

    switch_off()
    try:
        if given.supervise:
            return _supervised(given, uri, digest)
        return _execute(given, uri, digest)
    except FairleadError as error:
        sys.stderr.write(f"fairlead: {error}\n")
        return 1


def _supervised(given: argparse.Namespace, uri: str, digest: str) -> int:
    import tempfile

    from fairlead.runtime.supervise import supervise

    with tempfile.TemporaryDirectory(prefix="fairlead-log-") as folder:
        given.log = given.log or Path(folder) / "log.txt"

        def attempt() -> int:
            return _execute(given, uri, digest)

        return supervise(attempt, given.log, secrets="FAIRLEAD_SECRETS" in os.environ)


def _execute(given: argparse.Namespace, uri: str, digest: str) -> int:
    from fairlead.runtime.execute import execute
    from fairlead.runtime.logs import LogShipper, LogSpool
    from fairlead.runtime.rank import Rank
    from fairlead.runtime.session import Session
    from fairlead.store.records import Outcome

    rank = Rank()
    if given.head:
        host, _, port = given.head.rpartition(":")
        rank = Rank(given.rank, given.nodes, host, int(port))
    session = Session.open(uri, digest)
    if session.code is not None:
        os.chdir(session.code)
    spool = LogSpool(
        session.objects, session.layout, given.step, given.attempt, path=given.log, rank=rank.number
    )
    shipper = LogShipper(echo=os.dup(1))
    shipper.start()
    try:
        end = execute(
            session, given.step, given.attempt, spool=spool, capture=shipper.capture, rank=rank
        )
    finally:
        spool.close()
    done = end is not None and end.outcome is Outcome.SUCCEEDED
    return 0 if done or rank.nodes == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
