"""``fairlead check STACK``: the program is rehearsed, and no state is touched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PROGRAM = """
import pulumi_aws as aws
bucket = aws.s3.Bucket("data")
aws.s3.BucketVersioning(
    "versioning", bucket=bucket.id, versioning_configuration={"status": "Enabled"}
)
key = aws.kms.Key("key", enable_key_rotation=bucket.force_destroy)
"""


def check(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "fairlead.cli.main", "check", "dev", *arguments],
        cwd=folder,
        env=os.environ | {"SOURCE_DATE_EPOCH": "1795257000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr or "raise" in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(
        f"name: demo\nruntime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
    )
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-west-1}\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    return tmp_path


def test_a_program_is_held_to_the_controls_before_anything_exists(folder: Path) -> None:
    before = sorted(one.name for one in folder.iterdir())
    status, said, error = check(folder, "--format", "json")
    assert status == 1, error
    results = {row["control"]: row["result"] for row in json.loads(said)["matrix"]}
    assert results["AWS-S3-01"] == "fail"
    assert results["AWS-S3-04"] == "pass"  # joined by what `bucket` comes from
    assert results["AWS-KMS-01"] == "not evaluated"
    assert sorted(one.name for one in folder.iterdir()) == before
    again = check(folder, "--format", "json")[1]
    assert json.loads(again)["digest"] == json.loads(said)["digest"]


TRUSTING = """
import json
import pulumi_aws as aws
from fairlead_components.aws.kms_key import KmsKey, KmsKeyArgs
key = KmsKey("key", KmsKeyArgs())
account = aws.get_caller_identity_output().account_id
trust = lambda who: aws.get_caller_identity_output().apply(lambda _: json.dumps({"Statement": [
    {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"}]}))
role = aws.iam.Role("own", assume_role_policy=account.apply(lambda one: json.dumps({"Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{one}:root"},
     "Action": "sts:AssumeRole"}]})))
aws.iam.Role("theirs", assume_role_policy=trust("arn:aws:iam::999988887777:root"))
aws.iam.RolePolicy("use", role=role.name, policy=key.arn.apply(lambda arn: json.dumps(
    {"Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": arn}]})))
aws.iam.RolePolicy("all", role=role.name, policy=key.arn.apply(lambda arn: json.dumps(
    {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Sid": arn[-4:]}]})))
"""


def test_what_only_an_up_knows_is_read_from_the_rehearsed_one(folder: Path) -> None:
    (folder / "__main__.py").write_text(TRUSTING)
    previewed: list[tuple[str, str, str]]
    brought_up: list[tuple[str, str, str]]
    previewed, brought_up = [], []
    for components, found in ("", previewed), ("  fairlead:components: {}\n", brought_up):
        # Only a stack of components is brought up.
        config = f"config:\n  aws:region: eu-west-1\n{components}"
        (folder / "Pulumi.dev.yaml").write_text(config)
        for one in json.loads(check(folder, "--format", "json")[1])["findings"]:
            if one["control"] in {"AWS-IAM-01", "AWS-IAM-05"}:
                found.append((one["control"], one["urn"].rpartition("::")[2], one["result"]))
    assert {result for *_, result in previewed} == {"not evaluated"}
    assert {name for _, name, _ in previewed} == {"use", "all", "own", "theirs"}
    assert sorted(brought_up) == [("AWS-IAM-01", "all", "fail"), ("AWS-IAM-05", "theirs", "fail")]


def test_a_program_that_raises_or_is_not_configured_is_exit_status_two(folder: Path) -> None:
    (folder / "__main__.py").write_text("raise ValueError('no such thing')\n")
    status, _, error = check(folder)
    assert status == 2
    assert "no such thing" in error
    (folder / "Pulumi.dev.yaml").unlink()
    assert check(folder)[0] == 2


def test_evidence_is_the_same_wherever_the_project_lies(folder: Path, tmp_path: Path) -> None:
    (folder / "__main__.py").write_text(
        PROGRAM
        + "import os, pulumi\n"
        + "aws.s3.BucketObjectv2('page', bucket=bucket.id,\n"
        + "    source=pulumi.FileAsset(os.path.join(os.getcwd(), '__main__.py')))\n"
    )
    settings = {"allowed_regions": [f"region-{number}" for number in range(9)]}
    (folder / "fairlead-policies.yaml").write_text(json.dumps(settings))
    kept = []
    for place in (tmp_path / "here", tmp_path / "far" / "away"):
        shutil.copytree(folder, place, ignore=shutil.ignore_patterns("here", "far"))
        status, _, error = check(place, "--evidence", str(place / "evidence"))
        assert status == 1, error
        files = sorted((place / "evidence").iterdir())
        kept.append({one.name: one.read_bytes() for one in files})
    assert kept[0] == kept[1]
    assert str(tmp_path).encode() not in b"".join(kept[0].values())
