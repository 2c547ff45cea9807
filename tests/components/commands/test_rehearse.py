"""``fairlead rehearse``: what is printed, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.engine


def write(fairlead: Any, program: str) -> None:
    (fairlead.directory / "stacks/__main__.py").write_text(f"import pulumi\n{program}\n")


def test_a_healthy_program(fairlead: Any) -> None:
    write(fairlead, "import pulumi_aws as aws\naws.s3.Bucket('b')")
    done = fairlead.run("rehearse", "local", "-o", "picture.svg")
    assert done.returncode == 0, done.stderr
    assert "└─ aws:s3/bucket:Bucket  b\n" in done.stdout
    assert (fairlead.directory / "picture.svg").read_text().startswith("<svg")
    assert not (fairlead.directory / "stacks/.state").exists()

    data = json.loads(fairlead.run("rehearse", "local", "--json").stdout)
    assert data["ok"]
    assert [r["type"] for r in data["resources"]][-1] == "aws:s3/bucket:Bucket"


def test_what_is_wrong_with_resources_ends_with_1(fairlead: Any) -> None:
    write(fairlead, "import pulumi_aws as aws\naws.s3.Bucket('b', force_destroy='perhaps')")
    done = fairlead.run("rehearse", "local", "--up")
    assert done.returncode == 1
    wrong = "error: aws:s3/bucket:Bucket b: forceDestroy: must be a boolean, not a string"
    assert wrong in done.stdout
    assert "up " not in done.stdout  # nothing is created of what does not hold


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("raise ValueError('no such team')", "raised ValueError: no such team, in "),
        ("import pulumi_nowhere", "imports pulumi_nowhere, which is not installed"),
        ("pulumi.CustomResource('nowhere:index:Thing', 't', {})", "uses the provider 'nowhere'"),
        ("pulumi.Config().require('absent')", "Missing required configuration variable"),
    ],
)
def test_a_program_that_does_not_run_ends_with_2(fairlead: Any, program: str, told: str) -> None:
    write(fairlead, program)
    done = fairlead.run("rehearse", "local")
    assert done.returncode == 2, done.stdout
    assert told in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_project_that_cannot_be_rehearsed_ends_with_2(fairlead: Any, tmp_path: Path) -> None:
    done = fairlead.run("rehearse", "prod")
    assert done.returncode == 2
    assert "Configured are: local" in done.stderr.replace("\n", " ")

    other = tmp_path / "other"
    other.mkdir()
    (other / "Pulumi.yaml").write_text("name: other\nruntime: nodejs\n")
    (other / "Pulumi.dev.yaml").write_text("")
    done = fairlead.run("rehearse", "dev", "--dir", str(other))
    assert done.returncode == 2
    assert "runtime 'nodejs'" in done.stderr.replace("\n", " ")


def test_secrets_that_only_a_key_service_reads_are_placeholders(fairlead: Any) -> None:
    settings = fairlead.directory / "stacks/Pulumi.local.yaml"
    settings.write_text(
        "secretsprovider: awskms://alias/x\nencryptedkey: AAAA\n"
        "config: {demo:token: {secure: AAAA}, demo:size: 3}\n"
    )
    write(fairlead, "pulumi.export('t', pulumi.Config().require_secret('token'))")
    before = settings.read_text()
    done = fairlead.run("rehearse", "local")
    assert done.returncode == 0, done.stderr
    assert "were placeholders: demo:token" in done.stdout
    assert settings.read_text() == before
