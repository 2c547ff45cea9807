"""`fairlead check --file`: 200 resources within 1.5 s CPU, start-up included; linear up to 2,000.

python bench/bench_check.py
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

LIMIT = 1.5
#: How much longer than ten times as long ten times as many resources may take.
SLACK = 1.3
REPEATS = 3

FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
POLICY = {
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]
}
#: A bucket with its companions, half of which violate something.
BUCKET: tuple[tuple[str, dict[str, Any]], ...] = (
    ("aws:s3/bucket:Bucket", {}),
    ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", dict.fromkeys(FLAGS, True)),
    ("aws:s3/bucketPolicy:BucketPolicy", {"policy": json.dumps(POLICY)}),
    ("aws:s3/bucketVersioning:BucketVersioning", {"versioningConfiguration": {"status": "x"}}),
    (
        "aws:iam/rolePolicy:RolePolicy",
        {
            "policy": json.dumps(
                {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
            )
        },
    ),
)


def export(count: int) -> str:
    """Return a stack's export with as many resources."""
    resources = []
    for number in range(count):
        type_, inputs = BUCKET[number % len(BUCKET)]
        bucket = f"urn:pulumi:dev::bench::{BUCKET[0][0]}::b{number // len(BUCKET)}"
        urn = f"urn:pulumi:dev::bench::{type_}::b{number // len(BUCKET)}"
        joined = {"bucket": [bucket]} if urn != bucket else {}
        resources.append(
            {
                "urn": urn,
                "type": type_,
                "custom": True,
                "inputs": inputs,
                "propertyDependencies": joined,
            }
        )
    return json.dumps({"version": 3, "deployment": {"resources": resources}})


def cpu(*command: str, folder: Path) -> float:
    """Return the CPU seconds of a process, the least of some runs."""
    found = []
    for _ in range(REPEATS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            command, cwd=folder, capture_output=True, check=False, env={**os.environ}
        )
        assert done.returncode == 1, done.stderr
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def in_process(count: int) -> float:
    """Return the CPU seconds of reading and judging alone, the least of some runs."""
    import time

    from fairlead_policies.checks import controls_hold
    from fairlead_policies.inventory import parse_inventory
    from fairlead_policies.settings import Settings

    content = export(count).encode()
    found = []
    for _ in range(REPEATS):
        began = time.process_time()
        controls_hold(parse_inventory(content, "bench"), Settings())
        found.append(time.process_time() - began)
    return min(found)


def main() -> int:
    """Measure, print, and return how many targets were missed."""
    fairlead = str(Path(sys.executable).with_name("fairlead"))
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in (200, 2000):
            (folder / f"{count}.json").write_text(export(count))
            took = cpu(fairlead, "check", "--file", f"{count}.json", folder=folder)
            target = f"{LIMIT} s" if count == 200 else "-"
            print(f"fairlead check --file, {count} resources: {took:.2f} s CPU (target {target})")
            missed += count == 200 and took > LIMIT
    in_process(200)  # what is loaded once is not what grows
    small, large = in_process(200), in_process(2000)
    print(f"reading and judging: 200 in {small * 1000:.0f} ms, 2,000 in {large * 1000:.0f} ms CPU")
    missed += large > 10 * small * SLACK
    return missed


if __name__ == "__main__":
    sys.exit(main())
