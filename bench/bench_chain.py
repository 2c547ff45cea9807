"""CPU seconds of a chain of no-op steps, each output persisted and recorded durably.

``python bench/bench_chain.py`` prints the slope between a 100-step and a 1,100-step chain
(executed, then fully cached), the fixed cost of a run, and how a wide fan-out grows.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fairlead import pipeline, step
from fairlead.testing.plugin import local_manifest


@step
def begin(value: int) -> int:
    """Return a number."""
    return value


@step
def follow(value: int) -> int:
    """Return the next number."""
    return value + 1


@pipeline
def chain(length: int) -> None:
    """Call one step after the other."""
    value = begin(0)
    for _ in range(length - 1):
        value = follow(value)


@pipeline
def fan_out(width: int) -> None:
    """Call many steps that need nothing of each other."""
    for index in range(width):
        begin(index)


def cpu() -> float:
    """Return the CPU seconds of this process and of all that it has waited for."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def one(what: str, size: int, folder: Path) -> None:
    """Run one pipeline and print its CPU and wall seconds and the peak memory in MB."""
    manifest = local_manifest(folder)
    before, begun = cpu(), time.monotonic()
    if what == "fan_out":
        fan_out.run(manifest=manifest, width=size)
    else:
        chain.run(manifest=manifest, length=size)
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(cpu() - before, time.monotonic() - begun, peak / 1024)


def measure(what: str, size: int, folder: Path) -> tuple[float, float, float]:
    """Run one pipeline in a process of its own."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, __file__, "--one", what, str(size), str(folder)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, wall, peak = map(float, output.split())
    return seconds, wall, peak


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=3, metavar=("WHAT", "SIZE", "FOLDER"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--wide", type=int, nargs="*", default=[1000, 10_000])
    given = parser.parse_args()
    if given.one:
        one(given.one[0], int(given.one[1]), Path(given.one[2]))
        return
    print(f"{'what':28} {'CPU s':>8} {'wall s':>8} {'MB':>6}")
    # Kept to the end: for seconds after files were deleted, ext4 is slow at making others.
    with tempfile.TemporaryDirectory() as name:
        measure_chains(Path(name), given.rounds)
        for width in given.wide:
            seconds, wall, peak = measure("fan_out", width, Path(name) / f"wide-{width}")
            print(f"fan-out {width:6}              {seconds:8.2f} {wall:8.2f} {peak:6.0f}")


def measure_chains(folder: Path, rounds: int) -> None:
    """Measure short and long chains, executed and from the cache; print them and their slopes."""
    slopes: dict[str, list[float]] = {"executed": [], "cached": []}
    for number in range(rounds):
        figures = {}
        for state, found in slopes.items():
            for size in (100, 1100):
                figures[state, size] = measure("chain", size, folder / f"{number}-{size}")
                seconds, wall, peak = figures[state, size]
                print(f"chain {size:5} {state:16} {seconds:8.2f} {wall:8.2f} {peak:6.0f}")
            found.append(figures[state, 1100][0] - figures[state, 100][0])
    for state, found in slopes.items():
        best = ", ".join(f"{value:.2f}" for value in sorted(found))
        print(f"slope {state:22} {best} ms CPU a step")


if __name__ == "__main__":
    main()
