"""PyTorch trains on three ranks over gloo, loses one, and goes on from its checkpoint.

PyTorch is the user's to install, and its packages for Linux bring gigabytes of CUDA: it is no part
of the test environment. ``pip install torch`` beside it, and this runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fairlead.contracts.manifest import StackManifest
from fairlead.loading import load_pipeline

pytestmark = pytest.mark.long


def test_training_survives_the_loss_of_a_rank(fairlead_stack: StackManifest) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    training = load_pipeline(Path(__file__).with_name("torch_training.py"), "training")
    run = training.run(manifest=fairlead_stack)
    first, second = run["train"].attempts
    assert first.failure.message.startswith("rank 2 of 3: ")
    assert "SIGSEGV" in first.failure.message
    assert "rank 2 is about to fault" in first.failure.log_tail
    assert str(second.outcome) == "succeeded"
    found = run["train"].output.load()
    print(found, file=sys.stderr)
    assert found["begun"] == 5
    assert found["equal"]
    assert found["accuracy"] > 0.95
    assert found["torch"] == torch.__version__
