"""The pack under Pulumi's own commands, in our stacks and in a project that is not ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from fairlead_components.engine.environment import engine_environment
from fairlead_components.rehearsal.answers import Answers
from fairlead_components.rehearsal.sdk import Sdk
from fairlead_components.rehearsal.servers import StandIns

CHECKOUT = Path(__file__).parents[2]
pytestmark = [pytest.mark.engine, pytest.mark.slow]

FOREIGN = """
import pulumi_aws as aws
aws.s3.Bucket("site", acl="{acl}")
aws.kms.Key("key", enable_key_rotation=True)
"""


class Shell:
    """Somebody who types Pulumi's commands; clouds are stand-ins, all else is real."""

    def __init__(self, folder: Path, home: Path, pack: Path, stand_ins: StandIns) -> None:
        self.folder = folder
        self.pack = pack
        self.stand_ins = stand_ins
        (home / "state").mkdir(parents=True)
        self.environment = os.environ | {
            "PULUMI_HOME": str(home),
            "PULUMI_BACKEND_URL": f"file://{home / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_DEBUG_PROVIDERS": stand_ins.attachment,
        }
        self.environment |= engine_environment(base=self.environment)

    def pulumi(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def guarded(self, *arguments: str) -> tuple[int, str]:
        return self.pulumi(*arguments, "--policy-pack", str(self.pack))


@pytest.fixture
def stand_ins(sdks: dict[str, Sdk]) -> Iterator[StandIns]:
    with StandIns(sdks, Answers()) as served:
        yield served


def project(folder: Path, program: str) -> Path:
    folder.mkdir()
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "theirs", "runtime": runtime}))
    (folder / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-west-1}\n")
    (folder / "__main__.py").write_text(program)
    return folder


def test_our_own_stack_is_previewed_and_made_under_the_pack(
    tmp_path: Path, pack: Path, stand_ins: StandIns
) -> None:
    folder = tmp_path / "checkout" / "stacks"
    kept = shutil.ignore_patterns(".state", "__pycache__")
    shutil.copytree(CHECKOUT / "stacks", folder, ignore=kept)
    (folder.parent / ".venv").symlink_to(sys.prefix)
    shell = Shell(folder, tmp_path / "home", pack, stand_ins)
    assert shell.pulumi("stack", "init", "aws")[0] == 0
    status, said = shell.guarded("preview")
    assert status == 0, said
    assert "fairlead@v" in said
    assert stand_ins.calls("create") == 0
    status, said = shell.guarded("up", "--yes", "--skip-preview")
    assert status == 0, said
    made = stand_ins.calls("create")
    assert made > 40

    settings = folder / "fairlead-policies.yaml"
    settings.write_text(settings.read_text().replace("eu-central-1", "us-east-1"))
    status, said = shell.guarded("up", "--yes", "--skip-preview")
    assert status != 0
    assert "GEN-RES-01 Allowed regions only" in said
    assert stand_ins.calls("create") == made


def test_a_project_that_is_not_ours_is_stopped_before_anything_is_made(
    tmp_path: Path, pack: Path, stand_ins: StandIns
) -> None:
    folder = project(tmp_path / "theirs", FOREIGN.format(acl="public-read"))
    (folder / "fairlead-policies.yaml").write_text("allowed_regions: [eu-west-1]\n")
    shell = Shell(folder, tmp_path / "home", pack, stand_ins)
    assert shell.pulumi("stack", "init", "dev")[0] == 0
    for command in (("preview",), ("up", "--yes")):
        status, said = shell.guarded(*command)
        assert status != 0, said
        assert "AWS-S3-07 No public canned ACL or website" in said
        assert "public-read" not in said.partition("Policies:")[2]
    assert stand_ins.calls("create") == 0

    # Controls that need companions speak at the end; all are mandatory from `high` on.
    off = tmp_path / "config.json"
    off.write_text(json.dumps({"all": "advisory"}))
    (folder / "__main__.py").write_text(FOREIGN.format(acl="private"))
    status, said = shell.guarded("up", "--yes", "--policy-pack-config", str(off))
    assert status == 0, said
    assert "AWS-S3-01" in said
    assert stand_ins.calls("create") == 2

    status, state = shell.pulumi("stack", "export")
    assert status == 0
    (folder / "state.json").write_text(state)
    status, said = shell.guarded("policy", "analyze", "--file", "state.json")
    assert status != 0
    assert "AWS-S3-01" in said
    assert "GEN-RES-01" not in said
    (folder / "fairlead-policies.yaml").write_text("allowed_regions: [us-east-1]\n")
    assert "GEN-RES-01" in shell.guarded("policy", "analyze", "--file", "state.json")[1]
    (folder / "fairlead-policies.yaml").write_text("isolation: far\n")
    status, said = shell.guarded("preview")
    assert status != 0
    assert "isolation" in said
