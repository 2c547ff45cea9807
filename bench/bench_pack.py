"""The pack over the preview of 200 resources adds at most 1.5 s CPU to the preview without it.

    python bench/bench_pack.py

Needs the pack's environment (`fairlead policies install`) and the providers' SDKs.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from pathlib import Path

from fairlead_components.engine.projects import find_project
from fairlead_components.rehearsal.answers import Answers
from fairlead_components.rehearsal.sdk import installed_sdks
from fairlead_components.rehearsal.servers import StandIns
from fairlead_components.rehearsal.throwaway import program_packages, throwaway
from fairlead_policies.commands.pack_folder import is_installed, pack_folder

BOUND = 1.5
COUNT = 200
REPEATS = 3

PROGRAM = """
import json
import pulumi_aws as aws
key = aws.kms.Key("key", enable_key_rotation=True)
for n in range({count} // 4):
    bucket = aws.s3.Bucket(f"bucket{{n}}")
    aws.s3.BucketVersioning(f"versioning{{n}}", bucket=bucket.id,
        versioning_configuration={{"status": "Enabled"}})
    role = aws.iam.Role(f"role{{n}}", assume_role_policy=json.dumps({{"Statement": [
        {{"Effect": "Allow", "Action": "sts:AssumeRole",
          "Principal": {{"Service": "ec2.amazonaws.com"}}}}]}}))
    aws.iam.RolePolicy(f"policy{{n}}", role=role.id, policy=json.dumps({{"Statement": [
        {{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::b{{n}}/*"}}]}}))
"""


def spent() -> float:
    """Return the CPU seconds of every process that was waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Measure, print, and return whether the bound was missed."""
    pack = pack_folder()
    if not is_installed(pack):
        print("the pack's environment is missing: run `fairlead policies install`")
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "Pulumi.yaml").write_text(
            f"name: bench\nruntime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
        )
        (folder / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-central-1}\n")
        (folder / "__main__.py").write_text(PROGRAM.format(count=COUNT))
        project = find_project(folder)
        os.environ["PULUMI_HOME"] = str(folder / "home")
        sdks = installed_sdks(program_packages(project))
        took: dict[str, list[float]] = {"without": [], "with": []}
        with (
            StandIns(sdks, Answers()) as stand_ins,
            throwaway(project, "dev", stand_ins.attachment) as place,
        ):
            for _ in range(REPEATS):
                for name, options in (("without", ()), ("with", ("--policy-pack", str(pack)))):
                    before = spent()
                    done = place.run("preview", *options)
                    took[name].append(spent() - before)
                    guarded = "AWS-S3-01" in done.stdout + done.stderr
                    assert guarded == bool(options), done.stdout[-2000:]
    without, guarded_preview = (min(took[name]) for name in ("without", "with"))
    added = guarded_preview - without
    print(f"preview of {COUNT} resources: {without:.2f} s CPU; the pack adds {added:.2f} s "
          f"(target {BOUND} s)")  # fmt: skip
    return int(added > BOUND)


if __name__ == "__main__":
    sys.exit(main())
