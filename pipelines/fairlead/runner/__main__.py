"""``python -m fairlead.runner RUN_URI@sha256:DIGEST``: walk a recorded run to its end.

This is what a runner's job executes, and what takes over a run whose runner died.
"""

from __future__ import annotations

import argparse
import signal
import sys

from fairlead.errors import FairleadError

#: The status of a runner that is started again whenever it fails: here there is nothing to repeat.
ENDED_BADLY = 10


def main(arguments: list[str] | None = None) -> int:
    """Walk one run and return the process's exit status.

    Args:
        arguments: The command line without the program; that of the process if not given.
    """
    parser = argparse.ArgumentParser(prog="python -m fairlead.runner", description=__doc__)
    parser.add_argument("run", help="<store>/runs/<date>/<run>@sha256:<digest of run.json>")
    parser.add_argument(
        "--restarts",
        action="store_true",
        help="whoever started this starts it again: leave the run to the next one when stopped, "
        f"and end with status {ENDED_BADLY} when the run has ended, though not well",
    )
    given = parser.parse_args(arguments)
    uri, _, digest = given.run.rpartition("@")
    if not uri or not digest.startswith("sha256:"):
        parser.error("RUN is <store>/runs/<date>/<run>@sha256:<digest>")
    from fairlead.ports.orchestrator import RunReference
    from fairlead.runner.events import Event
    from fairlead.runner.operators import Operators
    from fairlead.runner.start import walk_run
    from fairlead.runtime.session import Session

    def tell(event: Event) -> None:
        if event.state is not None:
            print(event.step, event.state.value, event.detail, flush=True)  # noqa: T201 - a job's log

    signal.signal(signal.SIGTERM, _stop if given.restarts else signal.default_int_handler)
    operators = None
    try:
        session = Session.open(uri, digest)
        operators = Operators(session.stack)
        end = walk_run(session, RunReference(uri, digest), operators, tell, resume=True)
    except FairleadError as error:
        sys.stderr.write(f"fairlead: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except _Stopped:
        sys.stderr.write("fairlead: stopped; the next runner goes on with the run\n")
        return 1
    finally:
        if operators is not None:
            operators.close()
    if end.state == "succeeded":
        return 0
    return ENDED_BADLY if given.restarts else 1


class _Stopped(BaseException):
    """Say that this process is to stop and the run to go on elsewhere."""


def _stop(number: int, frame: object) -> None:
    del number, frame
    raise _Stopped


if __name__ == "__main__":
    sys.exit(main())
