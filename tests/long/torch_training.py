"""Train a classifier of digits with PyTorch on three ranks; what ``test_torchrun.py`` runs."""

from __future__ import annotations

import os
import signal
from typing import Any

import numpy as np

from fairlead import Distributed, Retries, context, pipeline, step


@step(distributed=Distributed(nodes=3, kind="torchrun"), retries=Retries(count=1), cache=False)
def train(epochs: int, dies_after: int) -> dict[str, Any]:
    """Train data-parallel over gloo; rank 2 dies in the middle of the first attempt."""
    import torch
    import torch.distributed as dist
    from sklearn.datasets import load_digits
    from torch.nn.parallel import DistributedDataParallel

    torch.set_num_threads(1)
    torch.manual_seed(0)
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    pixels, digits = load_digits(return_X_y=True)
    images = torch.tensor((pixels / 16).astype(np.float32).tolist())
    labels = torch.tensor(digits.tolist())
    model = torch.nn.Sequential(
        torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
    )  # fmt: skip
    parallel = DistributedDataParallel(model)
    optimizer = torch.optim.Adam(parallel.parameters(), lr=0.01)
    saved, begun = context.checkpoint_directory / "model.pt", 0
    if saved.exists():
        state = torch.load(saved, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        begun = state["epoch"] + 1
    own_images, own_labels = images[rank::size], labels[rank::size]
    for epoch in range(begun, epochs):
        for batch in torch.arange(len(own_images)).split(64)[: 1797 // size // 64]:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(parallel(own_images[batch]), own_labels[batch])
            loss.backward()
            optimizer.step()
        if rank == 0:
            state = {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "epoch": epoch,
            }
            torch.save(state, saved)
            context.save_checkpoint()
        dist.barrier()
        if context.attempt == 1 and epoch == dies_after and rank == 2:
            print("rank 2 is about to fault", flush=True)
            os.kill(os.getpid(), signal.SIGSEGV)
    weights = torch.cat([one.detach().flatten() for one in model.parameters()])
    everyone = [torch.empty_like(weights) for _ in range(size)]
    dist.all_gather(everyone, weights)
    accuracy = (model(images).argmax(dim=1) == labels).float().mean().item()
    dist.destroy_process_group()
    return {
        "accuracy": accuracy,
        "begun": begun,
        "equal": all(torch.equal(weights, other) for other in everyone),
        "backend": "gloo",
        "torch": torch.__version__,
    }


@pipeline
def training(epochs: int = 12, dies_after: int = 4) -> None:
    """Train through the loss of a rank."""
    train(epochs, dies_after)
