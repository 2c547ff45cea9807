"""`pulumi` works by hand in any Python project, as it does with Pulumi's own release.

These tests know nothing of Fairlead's commands: they drive whatever engine `locate` finds.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine

GREETER = """
from typing import Optional, TypedDict

import pulumi
from pulumi.provider.experimental import component_provider_host


class GreeterArgs(TypedDict):
    greeting: pulumi.Input[str]


class Greeter(pulumi.ComponentResource):
    said: pulumi.Output[str]

    def __init__(self, name: str, args: GreeterArgs, opts: Optional[pulumi.ResourceOptions] = None):
        super().__init__("greet:index:Greeter", name, {}, opts)
        self.said = pulumi.Output.from_input(args["greeting"]).apply(str.upper)
        self.register_outputs({"said": self.said})


component_provider_host(name="greet", components=[Greeter])
"""

GREETING = """
import pulumi

class Greeter(pulumi.ComponentResource):
    said: pulumi.Output[str]

    def __init__(self):
        super().__init__(
            "greet:index:Greeter", "hello", {"greeting": "hello", "said": None}, remote=True
        )

pulumi.export("said", Greeter().said)
"""

SLOW = """
import pathlib, time
import pulumi

if not pulumi.runtime.is_dry_run():
    pathlib.Path("started").touch()
    time.sleep(120)
"""


def _until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def _processes_naming(text: str) -> list[str]:
    """The command lines of running processes that hold a text: what a project left behind."""
    answer = subprocess.run(
        ["ps", "-eo", "stat=,args="], capture_output=True, text=True, check=False
    )
    lines = [line for line in answer.stdout.splitlines() if text in line]
    return [line for line in lines if not line.startswith("Z") and "ps -eo" not in line]


def test_a_stack_lives_and_a_second_up_changes_nothing(pulumi):
    pulumi.write(
        __main__="""
        import pulumi
        config = pulumi.Config()
        class Part(pulumi.ComponentResource):
            def __init__(self, name):
                super().__init__("demo:index:Part", name)
        Part("part")
        pulumi.export("size", config.require_int("size"))
        pulumi.export("token", config.require_secret("token"))
        """
    )
    pulumi.run("config", "set", "size", "3")
    pulumi.run("config", "set", "--secret", "token", "hunter2")
    assert "+ 2 created" in pulumi.run("up", "--yes")
    assert "2 unchanged" in pulumi.run("up", "--yes", "--skip-preview", "--expect-no-changes")
    assert "2 unchanged" in pulumi.run("preview", "--expect-no-changes")
    assert "2 unchanged" in pulumi.run("refresh", "--yes", "--expect-no-changes")
    assert json.loads(pulumi.run("stack", "output", "--json")) == {"size": 3, "token": "[secret]"}
    assert "hunter2" in pulumi.run("stack", "output", "--json", "--show-secrets")
    about = json.loads(pulumi.run("about", "--json"))
    assert Path(about["runtime"]["executable"]) == Path(sys.prefix, "bin", "python")
    assert "hypothesis" in {each["name"] for each in about["dependencies"]}
    assert "- 2 deleted" in pulumi.run("destroy", "--yes")


def test_an_error_of_the_program_shows_the_programs_own_traceback(pulumi):
    pulumi.write(__main__="import pulumi\n\ndef wrong():\n    return 1 / 0\n\nwrong()\n")
    said = pulumi.fails("preview")
    assert "ZeroDivisionError" in said
    assert "return 1 / 0" in said
    assert "pulumi-language-python-exec" not in said


def test_a_virtual_environment_that_is_missing_is_named_with_its_cure(pulumi):
    pulumi.write(__main__="")
    settings = pulumi.directory / "Pulumi.yaml"
    settings.write_text(settings.read_text().replace(sys.prefix, "nowhere"))
    said = pulumi.fails("preview")
    assert "nowhere" in said
    assert "-m venv" in said


def test_an_interrupted_up_ends_soon_and_without_a_traceback(pulumi):
    pulumi.write(__main__=SLOW)
    process = pulumi.start("up", "--yes", "--skip-preview")
    _until((pulumi.directory / "started").exists)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "update canceled" in said
    assert "Traceback" not in said
    assert "KeyboardInterrupt" not in said
    _until(lambda: not _processes_naming(str(pulumi.directory)))
    pulumi.write(__main__="")
    pulumi.run("up", "--yes", "--skip-preview")


def test_a_killed_up_leaves_no_process_behind(pulumi):
    pulumi.write(__main__=SLOW)
    process = pulumi.start("up", "--yes", "--skip-preview")
    _until((pulumi.directory / "started").exists)
    # Its process group is the engine's children's too, but for the plugins: they must notice.
    host = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    assert host
    process.kill()
    process.communicate()
    _until(lambda: not _processes_naming(str(pulumi.directory)))
    _until(lambda: not any(_alive(int(pid)) for pid in host))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return (
        "Z"
        not in subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
    )


def test_a_provider_in_a_folder_with_pulumiplugin_yaml(pulumi, tmp_path):
    folder = tmp_path / "greet"
    folder.mkdir()
    (folder / "PulumiPlugin.yaml").write_text(
        f"runtime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
    )
    (folder / "__main__.py").write_text(GREETER)
    with (pulumi.directory / "Pulumi.yaml").open("a") as settings:
        settings.write("plugins: {providers: [{name: greet, path: ../greet}]}\n")
    pulumi.write(__main__=GREETING)
    pulumi.run("up", "--yes", "--skip-preview")
    assert pulumi.run("stack", "output", "said").strip() == "HELLO"
    assert "2 unchanged" in pulumi.run("up", "--yes", "--skip-preview", "--expect-no-changes")
    assert not _processes_naming(str(folder))


def test_a_provider_that_is_an_executable_on_path(pulumi, tmp_path):
    commands = tmp_path / "commands"
    commands.mkdir()
    provider = commands / "pulumi-resource-greet"
    provider.write_text(f"#!{sys.executable}\n{GREETER}")
    provider.chmod(provider.stat().st_mode | stat.S_IXUSR)
    pulumi.environment["PATH"] = f"{commands}{os.pathsep}{pulumi.environment['PATH']}"
    pulumi.write(__main__=GREETING)
    pulumi.run("up", "--yes", "--skip-preview")
    assert pulumi.run("stack", "output", "said").strip() == "HELLO"


def test_dynamic_providers_run_in_the_programs_environment(pulumi):
    pulumi.write(
        __main__="""
        import pulumi
        from pulumi import dynamic
        class Twice(dynamic.ResourceProvider):
            def create(self, props):
                return dynamic.CreateResult("twice", {"value": 2 * props["value"]})
        class Number(dynamic.Resource):
            value: pulumi.Output[int]
        pulumi.export("twice", Number(Twice(), "number", {"value": 21}).value)
        """
    )
    pulumi.run("up", "--yes", "--skip-preview")
    assert float(pulumi.run("stack", "output", "twice")) == 42


def test_a_python_policy_pack_stops_a_preview_and_analyzes_a_stack(
    pulumi, tmp_path, policy_environment
):
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text(
        f"runtime: {{name: python, options: {{virtualenv: {policy_environment}}}}}\n"
    )
    (pack / "__main__.py").write_text(
        "from pulumi_policy import (\n"
        "    EnforcementLevel, PolicyPack, ResourceValidationPolicy, StackValidationPolicy)\n"
        "def small(args, report):\n"
        "    if args.resource_type == 'demo:index:Part' and args.name == 'large':\n"
        "        report('parts must be small')\n"
        "def few(args, report):\n"
        "    report(f'{len(args.resources)} resources in all')\n"
        "PolicyPack(name='sizes', policies=[\n"
        "    ResourceValidationPolicy('small', 'Small.', small, EnforcementLevel.MANDATORY),\n"
        "    StackValidationPolicy('few', 'Few.', few, EnforcementLevel.ADVISORY)])\n"
    )
    program = """
        import pulumi
        pulumi.ComponentResource("demo:index:Part", "{name}")
        """
    pulumi.write(__main__=program.format(name="large"))
    said = pulumi.fails("preview", "--policy-pack", str(pack))
    assert "parts must be small" in said
    assert re.search(r"mandatory.*small", said)
    pulumi.run("up", "--yes", "--skip-preview")
    assert "parts must be small" in pulumi.fails(
        "policy", "analyze", "--stack", "dev", "--policy-pack", str(pack)
    )
    pulumi.write(__main__=program.format(name="little"))
    assert "2 resources in all" in pulumi.run(
        "up", "--yes", "--skip-preview", "--policy-pack", str(pack)
    )


def test_reading_a_schema_leaves_a_pinned_environment_as_it_is(pulumi, tmp_path):
    uv = shutil.which("uv")
    environment = tmp_path / "venv"
    if uv:
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, environment], check=True)
    else:
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True
        )
    packages = next(environment.glob("lib/python*/site-packages"))
    # Our own packages seen from an environment without pip, as uv makes them.
    (packages / "ours.pth").write_text(os.pathsep.join(p for p in sys.path if "site-packages" in p))
    before = sorted(packages.iterdir())
    folder = tmp_path / "greet"
    folder.mkdir()
    (folder / "PulumiPlugin.yaml").write_text(
        f"runtime: {{name: python, options: {{virtualenv: {environment}}}}}\n"
    )
    (folder / "__main__.py").write_text(GREETER)
    said = pulumi.run("package", "get-schema", str(folder))
    assert "greet:index:Greeter" in said
    assert sorted(packages.iterdir()) == before


def test_the_plugin_that_an_installed_sdk_names_is_asked_for(pulumi, tmp_path):
    site = tmp_path / "site"
    (site / "pulumi_nowhere").mkdir(parents=True)
    (site / "pulumi_nowhere" / "pulumi-plugin.json").write_text(
        '{"resource": true, "name": "nowhere", "version": "9.8.7", "server": "http://127.0.0.1:9/"}'
    )
    metadata = site / "pulumi_nowhere-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: pulumi-nowhere\nVersion: 1.0\n"
    )
    (metadata / "RECORD").write_text("pulumi_nowhere/pulumi-plugin.json,,\n")
    pulumi.environment["PYTHONPATH"] = str(site)
    pulumi.write(__main__="")
    said = pulumi.fails("plugin", "install")
    assert "nowhere" in said
    assert "9.8.7" in said
    assert "127.0.0.1:9" in said
