"""Measure rehearsals: the preview of 200 resources, a whole cycle of them, and how it grows.

    python bench/bench_rehearse.py [--growth]

Bounds, in CPU seconds of every process together: 10 for the preview of 200 resources, 45 for the
whole cycle (up, refresh, second up, destroy as well). With --growth also 2,000 resources, which
must not cost more than 12 times what 200 do.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import textwrap
from pathlib import Path

from fairlead_components.engine.projects import find_project
from fairlead_components.rehearsal.cycle import rehearse

PROGRAM = """
import os
import pulumi_aws as aws
key = aws.kms.Key("key")
for n in range(int(os.environ["COUNT"]) // 4):
    bucket = aws.s3.Bucket(f"bucket{n}", tags={"owner": "team", "number": str(n)})
    aws.s3.BucketVersioning(f"versioning{n}", bucket=bucket.id,
        versioning_configuration={"status": "Enabled"})
    aws.s3.BucketServerSideEncryptionConfiguration(f"encryption{n}", bucket=bucket.id,
        rules=[{"apply_server_side_encryption_by_default": {
            "sse_algorithm": "aws:kms", "kms_master_key_id": key.arn}}])
    aws.s3.BucketPolicy(f"policy{n}", bucket=bucket.id,
        policy=bucket.arn.apply(lambda arn: '{"Statement": []}'))
"""


def spent() -> float:
    """Return the CPU seconds of this process and of every one that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(folder: Path, count: int, *, up: bool) -> float:
    os.environ["COUNT"] = str(count)
    before = spent()
    result = rehearse(find_project(folder), "dev", up=up)
    assert result.ok, result.phases
    assert len(result.plan.things()) == count + 1
    return spent() - before


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "Pulumi.yaml").write_text(
            f"name: bench\nruntime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
        )
        (folder / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-central-1}\n")
        (folder / "__main__.py").write_text(textwrap.dedent(PROGRAM))
        measure(folder, 4, up=False)  # what is read of the SDK is kept by its version
        preview = measure(folder, 200, up=False)
        print(f"preview of 200 resources      {preview:6.1f} s CPU  (target 10)")
        cycle = measure(folder, 200, up=True)
        print(f"whole cycle of 200 resources  {cycle:6.1f} s CPU  (target 45)")
        assert preview <= 10
        assert cycle <= 45
        if "--growth" in sys.argv[1:]:
            large = measure(folder, 2000, up=False)
            print(
                f"preview of 2,000 resources    {large:6.1f} s CPU  "
                f"({large / preview:.1f} times, target 12)"
            )
            assert large <= 12 * preview


if __name__ == "__main__":
    main()
