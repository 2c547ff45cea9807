"""What every orchestrator must do with steps that run on several nodes; part of its suite."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from fairlead.binding import bind
from fairlead.errors import CapabilityError
from fairlead.runner.operators import Operators
from fairlead.store.records import Outcome
from fairlead.store.state import State
from fairlead.testing import distributed_semantics as semantics

if TYPE_CHECKING:
    from fairlead.contracts.manifest import StackManifest
    from fairlead.readback.runs import Run

_CANARY = "canary-0d5b7c31aa"


class DistributedCases:
    """Prove that ranks meet, fail together, go on from checkpoints and compute what one would.

    A stack whose step operator does not declare a kind is held to refusing it before anything runs.
    """

    patience: ClassVar[float] = 60.0
    ways_to_die: ClassVar[dict[str, str]]

    def run_or_refused(
        self, kind: str, pipeline: Any, stack: StackManifest, **parameters: Any
    ) -> Run | None:
        """Run a pipeline where the kind is declared; elsewhere see it refused, and return None."""
        operators = Operators(bind(manifest=stack))
        try:
            declared = kind in operators(None).capabilities.distributed
        finally:
            operators.close()
        if not declared:
            with pytest.raises(CapabilityError, match=rf"step '\w+': distributed: .*{kind}"):
                pipeline.run(manifest=stack, **parameters)
            return None
        run: Run = pipeline.run(manifest=stack, **parameters)
        return run

    def test_ranks_meet_and_share_the_work(self, stack: StackManifest) -> None:
        """Each is a process, has the step's environment and secrets, and a log of its own."""
        store = bind(manifest=stack).adapter("secret_store")
        store.put("canary", _CANARY)
        run = self.run_or_refused("torchrun", semantics.meeting, stack, upto=1000)
        if run is None:
            return
        found = run["meet"].output.load()
        assert found["total"] == sum(number**2 for number in range(1000))
        told = found["ranks"]
        assert [one["rank"] for one in told] == [0, 1, 2]
        assert {one["world_size"] for one in told} == {3}
        assert len({one["process"] for one in told}) == 3
        assert {one["flavor"] for one in told} == {"vanilla"}
        assert {one["secret"] for one in told} == {len(_CANARY)}
        assert run["meet"].metrics == {"share": float(told[0]["share"])}
        for rank in range(3):
            assert f"rank {rank} knows ***" in run["meet"].logs(rank=rank)
        assert len(run["meet"].attempts) == 1

    @pytest.mark.parametrize("how", ["SIGSEGV", "exception"])
    def test_one_rank_fails_the_attempt_and_the_next_goes_on_from_its_checkpoint(
        self, stack: StackManifest, how: str
    ) -> None:
        """The failure names the rank and what it said last; no rank is waited for."""
        begun = time.monotonic()
        run = self.run_or_refused(
            "torchrun", semantics.falling, stack, how=how, seconds=self.patience * 5
        )
        if run is None:
            return
        assert time.monotonic() - begun < self.patience * 2
        first, second = run["fall"].attempts
        assert first.outcome != Outcome.SUCCEEDED
        assert first.failure is not None
        assert first.failure.message.startswith("rank 1 of 3: ")
        assert self.ways_to_die[how] in first.failure.message
        assert f"last words before {how}" in first.failure.log_tail
        assert second.outcome == Outcome.SUCCEEDED
        saved = {f"rank-{rank}": f"half of rank {rank}" for rank in range(3)}
        assert run["fall"].output.load() == {"seen": [saved] * 3}

    def test_dask_aggregates_a_data_frame_on_all_nodes(self, stack: StackManifest) -> None:
        """The result is what pandas computes alone; tasks on every node have what the step has."""
        for needed in ("dask.dataframe", "distributed", "sklearn"):
            pytest.importorskip(needed)
        bind(manifest=stack).adapter("secret_store").put("canary", _CANARY)
        run = self.run_or_refused("dask", semantics.inking, stack, partitions=12)
        if run is None:
            return
        digits = run["load_digits"].output.load()
        sums = digits.drop(columns="target").sum(axis=1).groupby(digits["target"]).sum()
        found = run["ink"].output.load()
        assert found["ink"] == {str(digit): float(total) for digit, total in sums.items()}
        assert sum(found["rows"].values()) == 1797
        assert [place[:6] for place in found["places"]] == ["rank 0", "rank 1"]
        assert all(place.endswith(f": vanilla {len(_CANARY)}") for place in found["places"])
        again = semantics.inking.run(manifest=stack, partitions=12)
        assert again["ink"].state is State.CACHED
