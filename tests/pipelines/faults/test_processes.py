"""What a step may do to its own process, and what the others notice of it: nothing."""

from __future__ import annotations

from fault_project import Cli

_STEPS = """
import logging, os, signal, sys, threading, time
from fairlead import Resources, pipeline, step

class Wordless(Exception):
    def __str__(self): raise RuntimeError("no words")

class Locked(Exception):
    def __init__(self): super().__init__("cannot be pickled"); self.lock = threading.Lock()

@step
def forks_and_both_return() -> int:
    os.fork()
    return 1

@step
def forks_and_exits() -> int:
    if (child := os.fork()) == 0:
        sys.exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

@step
def forks_and_raises() -> int:
    if (child := os.fork()) == 0:
        raise ValueError("of the child")
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

@step
def leaves_a_thread() -> int:
    threading.Thread(target=time.sleep, args=(600,)).start()
    return 1

@step
def closes_its_output() -> int:
    print("unflushed")
    os.close(1)
    return 1

@step
def prints_bytes() -> int:
    sys.stdout.buffer.write(bytes(range(256)))
    return 1

@step
def fails_wordless() -> int:
    raise Wordless

@step
def fails_locked() -> int:
    raise Locked

@step
def fails_with_a_file_name() -> int:
    raise ValueError(os.fsdecode(b"no \\xff.csv"))

@step
def interrupts_itself() -> int:
    raise KeyboardInterrupt

@step(resources=Resources(memory="256Mi"))
def asks_for_too_little() -> int:
    return len(bytearray(300 << 20))

@step
def dies() -> int:
    os.kill(os.getpid(), signal.SIGKILL)

STEPS = [step for step in globals().values() if hasattr(step, "named")]

@step
def follows(number: int) -> int:
    return number

@pipeline
def processes():
    for each in STEPS:
        follows.named(f"after_{each.name}")(each())
"""


def test_what_a_step_does_to_its_process_concerns_no_other(stacked: Cli) -> None:
    stacked.write(_STEPS)
    said = stacked("run", "train.py:processes")
    said.refuses(1, "ValueError: no \\udcff.csv", "Locked: cannot be pickled")
    steps = {step["id"]: step for step in stacked.data("runs", "show")["steps"]}
    failures = {name: step["reason"] for name, step in steps.items() if step["state"] == "failed"}
    assert failures == {
        "fails_wordless": "Wordless: (its text cannot be told: str() of it raised RuntimeError)",
        "fails_locked": "Locked: cannot be pickled",
        "fails_with_a_file_name": "ValueError: no \\udcff.csv",
        "interrupts_itself": "StepCrashed: the step was interrupted: KeyboardInterrupt",
        "asks_for_too_little": "MemoryError: MemoryError (the step gets 256Mi: ask for more with "
        "@step(resources=Resources(memory=…)))",
        "dies": "StepCrashed: the step's process was ended by SIGKILL (killed from outside: often "
        "the system ran out of memory)",
    }
    for name, step in steps.items():
        if not name.startswith("after_"):
            assert step["attempts"] == 1, name
            follower = steps[f"after_{name}"]["state"]
            assert follower == ("skipped" if name in failures else "succeeded"), name
    shown = stacked.data("artifacts", "show", "latest/forks_and_exits/output")
    assert shown["preview"]["text"] == "3"


def test_what_no_record_can_hold_is_told(stacked: Cli) -> None:
    stacked.write(
        "from fairlead import log_metrics, pipeline, step\n\n"
        "@step\ndef returns() -> str:\n    return 'no \\udcff.csv'\n\n"
        "@step\ndef logs() -> int:\n    log_metrics(**{'loss \\udcff': 1.0})\n    return 1\n\n"
        "@step\ndef diverges() -> int:\n    log_metrics(loss=float('nan'))\n    return 1\n\n"
        "@pipeline\ndef odd():\n    returns()\n    logs()\n    diverges()\n"
    )
    stacked("run", "train.py").refuses(1, "step 'returns'", "step 'logs'", "cannot be recorded")
    steps = {step["id"]: step for step in stacked.data("runs", "show")["steps"]}
    assert steps["logs"]["failure"]["type"] == "MaterializerError"
    assert steps["diverges"]["metrics"] == {"loss": "NaN"}


def test_a_flood_of_output_holds_nobody_up(stacked: Cli) -> None:
    stacked.write(
        "import sys\nfrom fairlead import pipeline, step\n\n@step\ndef flood() -> int:\n"
        "    for number in range(200_000):\n"
        "        sys.stdout.write(f'{number:0100}\\n')\n    return 1\n\n"
        "@pipeline\ndef flooding():\n    flood()\n"
    )
    said = stacked("run", "train.py")
    assert said.status == 0, said.err
    shown = said.out.splitlines()
    assert len(shown) < 10_000
    assert any(line.endswith("199999") for line in shown)
    assert any("lines: `fairlead runs logs" in line for line in shown)
    kept = stacked("runs", "logs", "latest", "flood").out
    assert kept.count("\n") >= 200_000


def test_what_modules_set_up_when_they_are_imported_stays(stacked: Cli) -> None:
    stacked.write(
        "import logging\nfrom fairlead import pipeline, step\n\n"
        "logging.getLogger('other').setLevel(logging.ERROR)\n\n"
        "def talk():\n    import loud, quiet\n    loud.talk()\n    quiet.talk()\n"
        "    logging.getLogger('other').warning('of others')\n"
        "    logging.getLogger('mine').debug('mine is told')\n"
        "    return 1\n\n"
        "@step\ndef first() -> int:\n    logging.getLogger('mine').setLevel(logging.DEBUG)\n"
        "    return talk()\n\n"
        "@step\ndef second(number: int) -> int:\n    return talk()\n\n"
        "@pipeline\ndef talking():\n    second(first())\n"
    )
    library = stacked.folder.parent / "library"
    library.mkdir()
    for name, level in (("loud", "INFO"), ("quiet", "WARNING")):
        (library / f"{name}.py").write_text(
            f"import logging\nlog = logging.getLogger(__name__)\nlog.setLevel(logging.{level})\n"
            f"def talk():\n    log.info('chatter')\n"
        )
    said = stacked("run", "train.py", PYTHONPATH=str(library))
    assert said.status == 0, said.err
    told = [line for line in said.out.splitlines() if " | " in line]
    assert told == [
        "first | INFO loud: chatter",
        "first | DEBUG mine: mine is told",
        "second | INFO loud: chatter",
    ]
