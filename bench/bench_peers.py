"""Compare the CPU seconds of a chain of no-op steps, each output persisted, with other frameworks.

    python bench/bench_peers.py [--only NAME ...] [--rounds N] [--timeout SECONDS]

Each peer is installed from PyPI by uv, once, into an environment of its own in the user's cache,
and runs ``bench/peers/<name>_chain.py`` with its home in a temporary folder and its telemetry off.
A peer that cannot be installed or run is listed with the reason. There is no bound to fail here:
bench_chain.py holds ours.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.project import cache_folder

HERE = Path(__file__).parent
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, linux/prctl.h


@dataclass(frozen=True)
class Peer:
    """Say how one framework is installed and run, and what it keeps of each step.

    ``{home}`` in a variable's value stands for the run's temporary folder.
    """

    name: str
    version: str
    persisted: str
    lengths: tuple[int, int]
    others: tuple[str, ...] = ()  # what else the program needs
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def requirements(self) -> list[str]:
        """Return what uv is asked for."""
        extra = "[local]" if self.name == "zenml" else ""
        return [f"{self.name}{extra}=={self.version}", *self.others]


OURS = Peer(
    "fairlead",
    "here",
    "JSON, digest, attempt (fsynced); a cache record",
    (100, 1100),
)
PEERS = (
    Peer(
        "kedro",
        "1.7.0",
        "JSON files; no record of runs",
        (100, 1100),
        ("kedro-datasets==9.6.0",),
        {"KEDRO_DISABLE_TELEMETRY": "1"},
    ),
    Peer(
        "prefect",
        "3.8.8",
        "pickles; runs and states in SQLite by a local API",
        (20, 520),  # its server's start varies by seconds
        ("fastapi==0.139.0",),  # the newest refuse an argument that this version's server passes
        {
            "PREFECT_HOME": "{home}/home",
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
            "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        },
    ),
    Peer(
        "dagster",
        "1.13.28",
        "pickles; runs and events in SQLite; one process",
        (20, 120),
        (),
        {"DAGSTER_HOME": "{home}/home", "DAGSTER_DISABLE_TELEMETRY": "1"},
    ),
    Peer(
        "zenml",
        "0.98.0",
        "artifact files; runs and metadata in SQLite",
        (20, 120),
        (),
        {
            "ZENML_CONFIG_PATH": "{home}/home",
            "ZENML_ANALYTICS_OPT_IN": "false",
            "AUTO_OPEN_DASHBOARD": "false",
        },
    ),
    Peer(
        "metaflow",
        "2.19.39",
        "pickles and metadata files; a process for each step",
        (5, 25),
        (),
        {
            "METAFLOW_HOME": "{home}/home",
            "METAFLOW_DEFAULT_DATASTORE": "local",
            "METAFLOW_DEFAULT_METADATA": "local",
            "METAFLOW_DATASTORE_SYSROOT_LOCAL": "{home}",
            "METAFLOW_USER": "bench",
        },
    ),
)


class PeerError(Exception):
    """A peer cannot be measured; the text says why, in one line."""


def install(peer: Peer, timeout: float) -> Path:
    """Return the Python of a peer's environment, made if it is missing or has other versions."""
    folder = cache_folder("bench", peer.name)
    python = folder / "bin" / "python"
    stamp = folder / "requirements.txt"
    wanted = "\n".join([*peer.requirements, ""])
    if stamp.is_file() and stamp.read_text() == wanted and python.exists():
        return python
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        raise PeerError("uv is neither beside this Python nor on PATH: pip install uv")
    print(f"  installing {' '.join(peer.requirements)}", file=sys.stderr, flush=True)
    try:
        for command in (
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--quiet", "--python", str(python), *peer.requirements],
        ):
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise PeerError(f"not installed within {timeout:.0f} s") from None
    except subprocess.CalledProcessError as error:
        raise PeerError(f"cannot be installed: {last_line(error.stderr)}") from None
    stamp.write_text(wanted)
    return python


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no message"


def environment(peer: Peer, home: Path) -> dict[str, str]:
    """Return variables under which nothing of the user's is read and nobody is called."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    own = {name: value.format(home=home) for name, value in peer.variables.items()}
    folders = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(home))
    return kept | folders | {"DO_NOT_TRACK": "1", "NO_COLOR": "1"} | own


def adopt_orphans() -> None:
    """Make this process the parent of servers that outlive who started them: all CPU counts."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def reap(group: int) -> None:
    """End what a run left behind, and wait for it so that its CPU is counted."""
    for way in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(group, way)
        until = time.monotonic() + 5
        while time.monotonic() < until:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.05)
            except ChildProcessError:
                return


def waited() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def spend(
    command: list[str],
    folder: Path,
    variables: dict[str, str],
    timeout: float,
    accepted: int = 0,
) -> tuple[float, str]:
    """Run a command and return the CPU seconds of all its processes, and what it printed."""
    before = waited()
    with (folder / "output").open("w+b") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise PeerError("not done in the time left") from None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            reap(process.pid)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if code != accepted:
        raise PeerError(f"exit code {code}: {last_line(text)}")
    return waited() - before, text


def run(peer: Peer, python: Path, length: int, timeout: float, folder: Path) -> float:
    """Run one chain in a new folder and return the CPU seconds of all its processes."""
    (folder / "home").mkdir(parents=True)
    if peer is OURS:
        program = [str(HERE / "bench_chain.py"), "--one", "chain"]
    else:  # a copy, because ZenML refuses code from outside the folder of its project
        program = [shutil.copy(HERE / "peers" / f"{peer.name}_chain.py", str(folder))]
    command = [str(python), *program, str(length), str(folder)]
    try:
        return spend(command, folder, environment(peer, folder), timeout)[0]
    except PeerError as error:
        raise PeerError(f"{length} steps: {error}") from None


def measure(peer: Peer, rounds: int, timeout: float, root: Path) -> tuple[float, float]:
    """Return the CPU seconds of a step and of a run without steps: the least of each length."""
    python = Path(sys.executable) if peer is OURS else install(peer, timeout)
    until = time.monotonic() + timeout
    spent: dict[int, list[float]] = {length: [] for length in peer.lengths}
    for number in range(rounds):
        for length, found in spent.items():
            try:
                folder = root / f"{peer.name}-{length}-{number}"
                found.append(run(peer, python, length, until - time.monotonic(), folder))
            except PeerError:
                if number == 0:
                    raise
                break  # the time is up, and there is a whole round to tell
    (short, less), (long, more) = ((length, min(found)) for length, found in spent.items())
    slope = (more - less) / (long - short)
    return slope, less - slope * short


def main() -> int:
    names = [OURS.name, *(peer.name for peer in PEERS)]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names, default=names)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=300, help="seconds for each peer")
    given = parser.parse_args()
    adopt_orphans()
    print(f"{'tool':9} {'version':8} {'what is persisted':50} {'ms/step':>8} {'fixed s':>8}")
    # Kept to the end: for seconds after files were deleted, ext4 is slow at making others.
    with tempfile.TemporaryDirectory(prefix="bench-") as root:
        for peer in [peer for peer in (OURS, *PEERS) if peer.name in given.only]:
            start = f"{peer.name:9} {peer.version:8} {peer.persisted:50}"
            try:
                slope, fixed = measure(peer, given.rounds, given.timeout, Path(root))
            except PeerError as error:
                print(f"{start} not measured: {error}", flush=True)
            else:
                print(f"{start} {slope * 1000:8.2f} {fixed:8.2f}", flush=True)
    print(f"CPU seconds of all processes, the least of {given.rounds} rounds of each length")
    return 0


if __name__ == "__main__":
    sys.exit(main())
