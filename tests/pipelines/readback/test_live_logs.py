"""What steps print is told while they run, once, each line with its step."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

from fairlead.binding import Stack
from fairlead.readback.live_logs import LiveLogs, follow_logs
from fairlead.readback.runs import Run
from fairlead.store.layout import RunLayout
from fairlead.testing.recorded_run import RecordedRun

CODE = """
import os, time
from pathlib import Path
from fairlead import pipeline, step

@step(retries=1)
def talk(folder: str) -> int:
    print("so far so good")
    while not Path(folder, "go").exists():
        time.sleep(0.05)
    if not Path(folder, "again").exists():
        Path(folder, "again").touch()
        raise ValueError("once more")
    print("last words")
    return 1

@pipeline
def talking(folder: str) -> None:
    talk(folder)
"""


def test_each_line_is_told_once_as_it_comes(stack: Stack) -> None:
    layout, told = RunLayout("01KAEW8J00ABCDEFGHJKMNPQRS"), []
    logs = LiveLogs(stack.objects, layout.run, lambda *line: told.append(line))
    logs.look()
    assert told == []
    stack.objects.put_new(layout.log("a", 1, 0), b"one\n")
    stack.objects.put_new(layout.log("a/b", 1, 0), b"two\n")
    logs.look("a")
    assert told == [("a", 1, "one\n")]
    for part in range(1, 11):  # the tenth is no earlier than the second
        stack.objects.put_new(layout.log("a", 1, part), f"{part}\n".encode())
    stack.objects.put_new(layout.log("a", 2, 0), b"again\n")
    logs.look()
    assert told[1:11] == [("a", 1, f"{part}\n") for part in range(1, 11)]
    assert told[11:] == [("a", 2, "again\n"), ("a/b", 1, "two\n")]
    logs.look()
    assert len(told) == 13


def test_a_run_that_has_ended_is_told_whole(training: RecordedRun, stack: Stack) -> None:
    told: list[tuple[str, int, str]] = []
    follow_logs(Run(stack, training.run), lambda *line: told.append(line), step="load")
    assert told == [("load", 1, "loading\n")]


def test_the_command_shows_what_steps_print_while_they_run(stack: Stack, tmp_path: Path) -> None:
    """The step goes on only after its first line was shown; its last comes before its end."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    (project / "talk.py").write_text(CODE)
    command = [
        sys.executable, "-m", "fairlead.cli.main", "run", "talk.py", "-p", f"folder={project}",
    ]  # fmt: skip
    with subprocess.Popen(
        command, cwd=project, env=os.environ, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        stuck = threading.Timer(60, running.kill)
        stuck.start()
        assert running.stdout is not None
        shown = []
        for line in running.stdout:
            shown.append(line.rstrip())
            if shown[-1] == "talk | so far so good":
                (project / "go").touch()
        stuck.cancel()
    assert running.wait() == 0, shown
    text = "\n".join(shown)
    order = [
        r"^talk \| so far so good$", r"^talk \| ValueError: once more$", r"^\S talk +retrying",
        r"^talk \(2\) \| so far so good$", r"^talk \(2\) \| last words$", r"^\S talk +succeeded",
    ]  # fmt: skip
    places = [re.search(pattern, text, re.MULTILINE) for pattern in order]
    assert all(places), text
    starts = [place.start() for place in places if place]
    assert starts == sorted(starts), text
    assert len(re.findall("last words", text)) == 1
