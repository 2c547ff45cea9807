"""Where everything lies below the root of the artifact store.

The layout is what access is granted on, so it is written down once, here. Nothing is both a key
and a prefix; no object is ever overwritten.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ulid import ULID

_RUN_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


def manifest_path(digest: str) -> str:
    """Return where the manifest with a digest (``sha256:…``) lies."""
    return f"manifests/{digest.removeprefix('sha256:')}.json"


def bundle_path(digest: str) -> str:
    """Return where the code bundle with a digest (``sha256:…``) lies."""
    return f"bundles/{digest.removeprefix('sha256:')}.tar.gz"


def artifact_folder(pipeline: str, step: str, output: str) -> str:
    """Return the prefix below which the contents of one output lie, by SHA-256."""
    return f"artifacts/{pipeline}/{step}/{output}"


def cache_folder(pipeline: str, step: str, key: str) -> str:
    """Return the prefix below which the cache records of a key lie, numbered."""
    return f"cache/{pipeline}/{step}/{key.removeprefix('sha256:')}"


@lru_cache(maxsize=1024)
def run_date(run: str) -> str:
    """Return the date segment (``yyyymmdd``, UTC) that follows from a run's id.

    Raises:
        ValueError: It is not a run id (a ULID in its canonical upper case).

    Example:
        >>> run_date("01KAEW8J00ABCDEFGHJKMNPQRS")
        '20251119'
    """
    if not _RUN_ID.fullmatch(run):
        raise ValueError(f"{run!r} is not a run id: 26 characters such as {ULID()}")
    return ULID.from_str(run).datetime.strftime("%Y%m%d")


@dataclass(frozen=True, slots=True)
class RunLayout:
    """Name every object of one run.

    Attributes:
        run: The run's id.

    Example:
        >>> RunLayout("01KAEW8J00ABCDEFGHJKMNPQRS").claim("train", 1)
        'runs/20251119/01KAEW8J00ABCDEFGHJKMNPQRS/steps/train/1/claim.json'
    """

    run: str

    @property
    def folder(self) -> str:
        """Return the prefix of all of the run's objects."""
        return f"runs/{run_date(self.run)}/{self.run}"

    @property
    def record(self) -> str:
        """Return where run.json lies."""
        return f"{self.folder}/run.json"

    @property
    def end(self) -> str:
        """Return where the run's end lies."""
        return f"{self.folder}/end.json"

    @property
    def cancel(self) -> str:
        """Return where a request to cancel lies."""
        return f"{self.folder}/cancel.json"

    @property
    def leases(self) -> str:
        """Return the prefix of the runners' leases and beats."""
        return f"{self.folder}/runner"

    @property
    def steps(self) -> str:
        """Return the prefix of all steps' records."""
        return f"{self.folder}/steps"

    def lease(self, epoch: int) -> str:
        """Return where the lease of one epoch lies."""
        return f"{self.leases}/{epoch}.json"

    def beat(self, epoch: int, number: int) -> str:
        """Return where one beat of a lease lies."""
        return f"{self.leases}/{epoch}/beat/{number}.json"

    def expansion(self, node: str) -> str:
        """Return where the expansion of a template lies."""
        return f"{self.folder}/expansions/{node}.json"

    def step(self, step: str) -> str:
        """Return the prefix of one step's records."""
        return f"{self.steps}/{step}"

    def decision(self, step: str) -> str:
        """Return where the decision not to run a step lies."""
        return f"{self.step(step)}/decision.json"

    def attempt(self, step: str, number: int) -> str:
        """Return the prefix of one attempt's records."""
        return f"{self.step(step)}/{number}"

    def claim(self, step: str, number: int) -> str:
        """Return where an attempt's claim lies."""
        return f"{self.attempt(step, number)}/claim.json"

    def attempt_end(self, step: str, number: int) -> str:
        """Return where an attempt's end lies."""
        return f"{self.attempt(step, number)}/end.json"

    def log(self, step: str, number: int, part: int, rank: int = 0) -> str:
        """Return where one part of an attempt's log lies; further ranks have logs of their own."""
        if rank:
            return f"{self.ranks(step, number)}/{rank}/{part}.txt"
        return f"{self.attempt(step, number)}/log/{part}.txt"

    def ranks(self, step: str, number: int) -> str:
        """Return the prefix of what the ranks of a distributed attempt leave beside its end."""
        return f"{self.attempt(step, number)}/ranks"

    def rank_done(self, step: str, number: int, rank: int) -> str:
        """Return where a rank says that it has done its part."""
        return f"{self.ranks(step, number)}/{rank}.json"

    def checkpoint(self, step: str, number: int, rank: int, version: int) -> str:
        """Return where one version of a rank's checkpoint is recorded."""
        return f"{self.attempt(step, number)}/checkpoints/{rank}-{version}.json"
