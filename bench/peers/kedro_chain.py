"""Run a chain of no-op nodes in Kedro: ``kedro_chain.py LENGTH FOLDER``, in Kedro's environment.

Each output is a JSON file of the catalog, as in a project whose catalog names every dataset; the
sequential runner is Kedro's default. No session, hooks or configuration files are loaded.
"""

# mypy: disable-error-code="import-not-found"
from __future__ import annotations

import sys
from pathlib import Path

from kedro.io import DataCatalog
from kedro.pipeline import node, pipeline
from kedro.runner import SequentialRunner
from kedro_datasets.json import JSONDataset


def begin() -> int:
    return 0


def follow(value: int) -> int:
    return value + 1


def main(length: int, folder: Path) -> None:
    nodes = [node(begin, None, "v0", name="begin")]
    nodes += [
        node(follow, f"v{number - 1}", f"v{number}", name=f"follow_{number}")
        for number in range(1, length)
    ]
    datasets = {
        f"v{number}": JSONDataset(filepath=str(folder / f"v{number}.json"))
        for number in range(length)
    }
    SequentialRunner().run(pipeline(nodes), DataCatalog(datasets))
    assert len(list(folder.glob("v*.json"))) == length
    assert datasets[f"v{length - 1}"].load() == length - 1


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
