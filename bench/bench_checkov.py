"""Compare the CPU seconds of checking as many AWS resources with Checkov and offline with Fairlead.

    python bench/bench_checkov.py [--counts N ...] [--rounds N] [--timeout SECONDS]

The same buckets with their companions, as a Terraform file for `checkov -f` and as a stack's export
for `fairlead check --file`. Checkov is installed as bench_peers.py installs its peers, and runs
without its platform. There is no bound to fail here: bench_check.py holds ours.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from bench_check import BUCKET, export
from bench_peers import Peer, PeerError, adopt_orphans, environment, install, spend

FINDINGS = 1  # the exit code of both when a check fails
COUNTS = (10, 200)
OURS = Peer("fairlead", "here", "", COUNTS)
#: Without its mapping of guidelines, which it would ask its platform for.
CHECKOV = Peer("checkov", "3.3.30", "", COUNTS, (), {"BC_SKIP_MAPPING": "TRUE"})

#: The resources of bench_check's BUCKET, in its order.
TERRAFORM = (
    """\
resource "aws_s3_bucket" "b{n}" {{
}}
""",
    """\
resource "aws_s3_bucket_public_access_block" "b{n}" {{
  bucket                  = aws_s3_bucket.b{n}.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}}
""",
    """\
resource "aws_s3_bucket_policy" "b{n}" {{
  bucket = aws_s3_bucket.b{n}.id
  policy = <<EOF
{policy}
EOF
}}
""",
    """\
resource "aws_s3_bucket_versioning" "b{n}" {{
  bucket = aws_s3_bucket.b{n}.id
  versioning_configuration {{
    status = "Disabled"
  }}
}}
""",
    """\
resource "aws_iam_role_policy" "b{n}" {{
  role   = "b{n}"
  policy = <<EOF
{policy}
EOF
}}
""",
)


def terraform(count: int) -> str:
    """Return a Terraform file with as many resources, those of bench_check's export."""
    blocks = []
    for number in range(count):
        group, kind = divmod(number, len(BUCKET))
        policy = BUCKET[kind][1].get("policy", "")
        blocks.append(TERRAFORM[kind].format(n=group, policy=policy))
    return "\n".join(blocks)


def judged(peer: Peer, text: str) -> int:
    """Return how many times a resource passed or failed a check, as the tool reports it."""
    if peer is OURS:
        rows = re.findall(
            r"^\S+-\d+ +(?:critical|high|medium|low) +(\S+) +(\S+) ", text, re.MULTILINE
        )
        found = [cell for row in rows for cell in row if cell.isdigit()]
    else:
        found = re.findall(r"(?:Passed|Failed) checks: (\d+)", text)
    if not found:
        raise PeerError("its report names no check")
    return sum(map(int, found))


def measure(peer: Peer, count: int, rounds: int, timeout: float) -> tuple[float, int]:
    """Return the CPU seconds of checking, the least of the rounds, and what was judged."""
    if peer is OURS:
        program = Path(sys.executable).with_name("fairlead")
        name, content, arguments = "plan.json", export(count), ["check", "--file", "plan.json"]
    else:
        program = install(peer, timeout).with_name("checkov")
        name, content = "main.tf", terraform(count)
        options = "--framework terraform --compact --quiet --skip-download"
        arguments = ["-f", "main.tf", *options.split()]
    least, checks = float("inf"), 0
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix=f"bench-{peer.name}-") as place:
            folder = Path(place)
            (folder / name).write_text(content)
            variables = environment(peer, folder)
            command = [str(program), *arguments]
            took, text = spend(command, folder, variables, timeout, accepted=FINDINGS)
        least, checks = min(least, took), judged(peer, text)
    return least, checks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", nargs="+", type=int, metavar="N", default=COUNTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=300, help="seconds for each run")
    given = parser.parse_args()
    adopt_orphans()
    print(f"{'tool':9} {'version':8} {'resources':>9} {'judgements':>10} {'s CPU':>7}")
    for count in given.counts:
        for peer in (OURS, CHECKOV):
            start = f"{peer.name:9} {peer.version:8} {count:9}"
            try:
                took, checks = measure(peer, count, given.rounds, given.timeout)
            except PeerError as error:
                print(f"{start} not measured: {error}", flush=True)
            else:
                print(f"{start} {checks:10} {took:7.2f}", flush=True)
    print(f"CPU seconds of all processes, start-up included, the least of {given.rounds} rounds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
