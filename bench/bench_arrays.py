"""Write and read a NumPy array: CPU seconds and peak memory, beside np.save, fsync and np.load.

``python bench/bench_arrays.py [MEGABYTES] [REPEATS]`` prints a table and ends with status 1 if
either ratio is above 1.2. Every measurement runs in a process of its own; the least of each counts.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT = 1.2


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak() -> int:
    """Return the largest resident memory since the process began, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) << 10
    raise RuntimeError("no VmHWM in /proc/self/status")


def plain(folder: Path, size: int) -> dict[str, float]:
    """Save, sync and load with NumPy, and hash the content twice."""
    import numpy as np

    array = np.random.default_rng(0).random(size // 8)
    start = cpu()
    with (folder / "array.npy").open("wb") as file:
        np.save(file, array)
        file.flush()
        os.fsync(file.fileno())
    hashlib.sha256(array.data.cast("B")).digest()
    loaded = np.load(folder / "array.npy")
    hashlib.sha256(loaded.data.cast("B")).digest()
    return {"cpu": cpu() - start, "check": float(loaded[-1])}


def write(folder: Path, size: int) -> dict[str, float]:
    """Save as a step's output."""
    import numpy as np

    from fairlead.store.artifacts import Artifacts
    from fairlead.store.objects import open_objects

    artifacts = Artifacts(open_objects(f"file://{folder}"), allow_pickle=False)
    artifacts.save(np.zeros(8), pipeline="p", step="warm", output="o")
    before = peak()
    array = np.random.default_rng(0).random(size // 8)
    start = cpu()
    record = artifacts.save(array, pipeline="p", step="s", output="o")
    spent = cpu() - start
    (folder / "record.json").write_text(record.model_dump_json())
    return {"cpu": spent, "peak": peak() - before, "check": float(array[-1])}


def read(folder: Path, size: int) -> dict[str, float]:
    """Load as a step's input."""
    del size
    import numpy as np

    from fairlead.store.artifacts import Artifacts
    from fairlead.store.objects import open_objects
    from fairlead.store.records import ArtifactRecord

    artifacts = Artifacts(open_objects(f"file://{folder}"), allow_pickle=False)
    warm = artifacts.save(np.zeros(8), pipeline="p", step="warm", output="o")
    artifacts.load(warm)
    record = ArtifactRecord.model_validate_json((folder / "record.json").read_text())
    before = peak()
    start = cpu()
    array = artifacts.load(record)
    return {"cpu": cpu() - start, "peak": peak() - before, "check": float(array[-1])}


def measure(name: str, folder: Path, size: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", name, str(folder), str(size)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, float] = json.loads(output)
    return result


def main(megabytes: int, repeats: int) -> int:
    size = megabytes << 20
    runs: dict[str, list[dict[str, float]]] = {"plain": [], "write": [], "read": []}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            for name, results in runs.items():
                results.append(measure(name, Path(folder), size))
            checks = {results[-1]["check"] for results in runs.values()}
            assert len(checks) == 1, "not what was written was read"
    least = {name: min(result["cpu"] for result in results) for name, results in runs.items()}
    memory = {name: min(r["peak"] for r in runs[name]) / size for name in ("write", "read")}
    ours = least["write"] + least["read"]
    print(f"{megabytes} MB of float64, least of {repeats}")
    print(f"  np.save + fsync + np.load + 2 x SHA-256   {least['plain']:6.2f} s CPU")
    print(f"  Artifacts.save                            {least['write']:6.2f} s CPU", end="")
    print(f"   peak {memory['write']:.2f} x the array")
    print(f"  Artifacts.load                            {least['read']:6.2f} s CPU", end="")
    print(f"   peak {memory['read']:.2f} x the array")
    ratio = ours / least["plain"]
    print(f"  ratio                                     {ratio:6.2f}     (limit {LIMIT})")
    return int(ratio > LIMIT or max(memory.values()) > LIMIT)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one = {"plain": plain, "write": write, "read": read}[sys.argv[2]]
        print(json.dumps(one(Path(sys.argv[3]), int(sys.argv[4]))))
    else:
        numbers = [int(argument) for argument in sys.argv[1:]]
        sys.exit(main(*(numbers + [256, 3][len(numbers) :])))
