"""Pipelines that show every semantic of a run; the conformance suites run them everywhere."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Annotated, Any

from fairlead import Resources, Retries, context, log_metrics, pipeline, step


@step
def number(value: int) -> int:
    """Return a number."""
    return value


@step
def add(left: int, right: int) -> int:
    """Add two numbers."""
    return left + right


@step
def divide(left: int, right: int) -> tuple[Annotated[int, "quotient"], Annotated[int, "rest"]]:
    """Return two named outputs."""
    return left // right, left % right


@step
def total(numbers: list[int]) -> int:
    """Add many numbers."""
    log_metrics(total=sum(numbers))
    return sum(numbers)


@step
def note(text: str) -> None:
    """Return nothing, print something."""
    print(f"note: {text}")  # noqa: T201 - what is printed is what is tested


@pipeline
def arithmetic(start: int = 1) -> None:
    """Fan out and in again, with named outputs and an order without data."""
    first = number(start)
    sums = [add.named(f"add_{index}")(first, index) for index in range(3)]
    quotient, rest = divide(sums[2], 2)
    result = total([*sums, quotient, rest])
    note("done", after=[result])  # type: ignore[call-arg]


@step(retries=Retries(count=2, delay=0.1, backoff=2))
def flaky(fail_before: int) -> int:
    """Fail in the first attempts."""
    assert context.attempt is not None
    if context.attempt < fail_before:
        raise RuntimeError(f"attempt {context.attempt} fails on purpose")
    return context.attempt


@pipeline
def retrying(fail_before: int = 3) -> None:
    """Succeed at a later attempt."""
    flaky(fail_before)


@step
def die(how: str) -> int:
    """End in one of the ways in which processes end."""
    sys.stdout.write(f"last words before {how}\n")
    sys.stdout.flush()
    if how == "exception":
        raise ValueError("wrong on purpose")
    if how == "exit":
        sys.exit(3)
    if how == "hard exit":
        os._exit(4)
    os.kill(os.getpid(), getattr(signal, how))
    time.sleep(60)
    return 0


@pipeline
def dying(how: str = "SIGSEGV") -> None:
    """Let one branch die while another goes on."""
    first = number(7)
    add.named("spared")(first, 1)
    lost = die(how)
    add.named("follower")(lost, 1)


@step(timeout=1.0)
def slow(seconds: float) -> float:
    """Take too long."""
    time.sleep(seconds)
    return seconds


@pipeline
def timing_out(seconds: float = 60.0) -> None:
    """Exceed a timeout."""
    slow(seconds)


@step(cache=False)
def soil() -> dict[str, Any]:
    """Change everything in the process that a step can reach."""
    import logging
    import tempfile

    folder = tempfile.mkdtemp()

    os.environ["FAIRLEAD_TEST_SOILED"] = "yes"
    os.chdir(folder)
    logging.getLogger().setLevel(logging.CRITICAL)
    logging.disable(logging.CRITICAL)
    sys.path.insert(0, "/nowhere")
    random.seed(1)
    return {"pid": os.getpid(), "folder": folder}


@step(cache=False)
def inspect(before: dict[str, Any]) -> dict[str, Any]:
    """Tell what a process looks like."""
    import logging

    return {
        "soiled": os.environ.get("FAIRLEAD_TEST_SOILED"),
        "folder": str(Path.cwd()),
        "level": logging.getLogger().level,
        "disabled": logging.root.manager.disable,
        "path": sys.path[0],
        "random": random.random(),  # noqa: S311 - no secret
        "hash_seed": os.environ.get("PYTHONHASHSEED"),
        "same_process": before["pid"] == os.getpid(),
        "soiled_folder": before["folder"],
    }


@pipeline
def soiling() -> None:
    """Let one step soil its process before another looks around in one."""
    inspect(soil())


@step(secrets=["canary"])
def tell_secret() -> int:
    """Try every way to let a secret out."""
    value = context.secret("canary")
    sys.stdout.write(f"the secret is {value}\n")
    raise RuntimeError(f"cannot log in with {value}")


@pipeline
def telling() -> None:
    """Leak a secret as far as it goes."""
    tell_secret()


@step(secrets=["canary"])
def die_with_secret() -> None:
    """Die before anything could mask what was printed."""
    sys.stdout.write(f"the secret is {context.secret('canary')}\n")
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


@pipeline
def dying_with_secret() -> None:
    """Leave a secret in the last lines of a crash."""
    die_with_secret()


@step(environment={"FAIRLEAD_TEST_FLAVOR": "vanilla"})
def flavored() -> str:
    """Return a declared environment variable."""
    return os.environ["FAIRLEAD_TEST_FLAVOR"]


@step
def plain() -> str:
    """Return what another step's environment must not have left behind."""
    return os.environ.get("FAIRLEAD_TEST_FLAVOR", "none")


@pipeline
def environments() -> None:
    """Run steps with different environments."""
    plain(after=[flavored()])  # type: ignore[call-arg]


@step(cache=False)
def wait_for(seconds: float, index: int) -> int:
    """Take some time."""
    time.sleep(seconds)
    return index


@pipeline
def waiting(seconds: float = 30.0, steps: int = 2) -> None:
    """Run long enough to be interrupted."""
    first = number(1)
    for index in range(steps):
        wait_for.named(f"wait_{index}")(seconds, index, after=[first])  # type: ignore[call-arg]


@step(resources=Resources(cpu=1_000_000))
def greedy() -> None:
    """Ask for more than any machine has."""


@pipeline
def impossible() -> None:
    """Ask for what no stack can do."""
    greedy()


@step(operator="nowhere")
def placed() -> None:
    """Ask for a step operator that no stack has."""


@pipeline
def misplaced() -> None:
    """Name a step operator that is not there."""
    placed()
