"""Find the colours that two photographs are made of, on as many nodes as it takes.

The data are the photographs that come with scikit-learn (`china.jpg` and `flower.jpg`, 640 by 427):
546,560 pixels as rows of a data frame. Lloyd's algorithm groups them; each round is one pass of
Dask over all pixels, partition by partition, on every node.

    fairlead run pipelines/examples/palette.py -s local
    fairlead run pipelines/examples/palette.py -s local -p colours=12
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.datasets import load_sample_images

from fairlead import Distributed, Resources, context, log_figure, log_metrics, pipeline, step

CHANNELS = ["red", "green", "blue"]
PARTITIONS = 8


@step
def load() -> Annotated[pd.DataFrame, "pixels"]:
    """Load the photographs: a row for each pixel, a column for each channel (0 to 255)."""
    pixels = np.concatenate([image.reshape(-1, 3) for image in load_sample_images().images])
    return pd.DataFrame(pixels.astype("int64"), columns=CHANNELS)


def nearest(pixels: pd.DataFrame, centres: list[list[float]]) -> pd.DataFrame:
    """Say which centre each pixel is nearest to; runs on whatever node has the partition."""
    ink = pixels.to_numpy(dtype="float64")
    distances = np.stack([((ink - centre) ** 2).sum(axis=1) for centre in np.array(centres)])
    return pixels.assign(colour=distances.argmin(axis=0), count=1)


def spread(pixels: pd.DataFrame, colours: int) -> list[list[float]]:
    """Return centres to begin with: pixels of evenly spaced brightness."""
    order = pixels.sum(axis=1).sort_values(kind="stable").index
    chosen = np.linspace(0, len(order) - 1, colours).astype(int)
    return pixels.loc[order[chosen]].to_numpy(dtype="float64").tolist()


@step(distributed=Distributed(nodes=2, kind="dask"), resources=Resources(memory="1Gi"), retries=1)
def group(pixels: pd.DataFrame, *, colours: int, rounds: int) -> Annotated[pd.DataFrame, "palette"]:
    """Group pixels by colour; sums are of whole numbers, so any number of nodes gives the same."""
    import dask.dataframe as frames
    from distributed import Client

    centres = spread(pixels, colours)
    with Client() as client:  # type: ignore[no-untyped-call]
        edges = np.linspace(0, len(pixels), PARTITIONS + 1).astype(int)
        parts = client.scatter([pixels[a:b] for a, b in pairwise(edges)])
        frame: Any = frames.from_delayed(parts, meta=pixels.head(0))
        layout = nearest(pixels.head(1), centres).dtypes
        for number in range(rounds):
            labelled = frame.map_partitions(nearest, centres, meta=layout.to_dict())
            sums = labelled.groupby("colour").sum().compute().sort_index()
            found = sums[CHANNELS].div(sums["count"], axis=0)
            moved = float(np.abs(found.to_numpy() - np.array(centres)[found.index]).max())
            for colour, centre in found.iterrows():
                centres[int(colour)] = centre.tolist()  # a colour that nobody chose stays
            log_metrics(moved=moved, at=number)
    log_metrics(nodes=context.world_size)
    palette: pd.DataFrame = found.assign(count=sums["count"])
    return palette.sort_values("count", ascending=False).reset_index(drop=True)


@step
def draw(palette: pd.DataFrame) -> float:
    """Draw the colours as wide as they are frequent; return the share of the most frequent."""
    figure = Figure(figsize=(6, 1))
    axes = figure.add_axes((0, 0, 1, 1))
    left = 0.0
    for red, green, blue, count in palette[[*CHANNELS, "count"]].to_numpy():
        axes.barh(0, count, left=left, color=(red / 255, green / 255, blue / 255))
        left += count
    axes.set_axis_off()
    log_figure("palette", figure)
    return float(palette["count"].max() / palette["count"].sum())


@pipeline
def palette(colours: int = 6, rounds: int = 8) -> None:
    """Load, group on several nodes, draw."""
    draw(group(load(), colours=colours, rounds=rounds))
