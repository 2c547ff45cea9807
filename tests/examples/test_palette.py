"""The palette example computes on several nodes what scikit-learn's k-means computes on one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairlead.contracts.manifest import StackManifest
from fairlead.loading import load_pipeline

EXAMPLE = Path(__file__).parents[2] / "pipelines/examples/palette.py"


@pytest.fixture
def palette() -> Any:
    return load_pipeline(EXAMPLE, "palette")


def test_only_the_step_that_groups_is_distributed(palette: Any) -> None:
    graph = palette.trace()
    asked = {node.id: graph.options(node).distributed for node in graph.nodes}
    assert {name: spread and (spread.nodes, spread.kind) for name, spread in asked.items()} == {
        "load": None,
        "group": (2, "dask"),
        "draw": None,
    }


@pytest.mark.slow
def test_the_palette_is_the_same_on_any_number_of_nodes(
    palette: Any, fairlead_stack: StackManifest
) -> None:
    from sklearn.cluster import KMeans

    run = palette.run(rounds=3)
    found = run["group"].outputs["palette"].load()
    assert found["count"].sum() == 2 * 640 * 427
    assert run["group"].metrics["nodes"] == 2
    alone = palette.run(rounds=3, in_process=True, cache=False)
    assert alone["group"].metrics["nodes"] == 1
    digest = alone["group"].outputs["palette"].record.digest
    assert digest == run["group"].outputs["palette"].record.digest

    pixels = run["load"].outputs["pixels"].load()
    order = pixels.sum(axis=1).sort_values(kind="stable").index
    begin = pixels.loc[order[np.linspace(0, len(order) - 1, 6).astype(int)]].to_numpy(dtype=float)
    known = KMeans(6, init=begin, n_init=1, max_iter=3, tol=0, algorithm="lloyd").fit(pixels)
    centres = known.cluster_centers_[np.argsort(known.cluster_centers_.sum(axis=1))]
    ours = found[["red", "green", "blue"]].to_numpy()
    assert np.allclose(ours[np.argsort(ours.sum(axis=1))], centres, atol=1e-6)
    assert list(run["draw"].figures) == ["palette"]
