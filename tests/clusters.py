"""Give tests a real Kubernetes: the one that runs, or one that is started and stopped."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT))  # `tools` is a package of the project, not of the distribution

from tools.kubernetes import images, layout, up  # noqa: E402


@dataclass(frozen=True)
class Cluster:
    """A running cluster, and what its administrator can do.

    Attributes:
        kubeconfig: The administrator's kubeconfig.
        context: Its only context.
    """

    kubeconfig: Path
    context: str = layout.CONTEXT

    def kubectl(self, *arguments: str, document: Any = None, check: bool = True) -> str:
        """Run kubectl; a document is given to it as standard input."""
        text = json.dumps(document) if document is not None else None
        return up.kubectl(*arguments, document=text, check=check)

    def get(self, *arguments: str) -> Any:
        """Return an object, or a list of them, as JSON data."""
        return json.loads(self.kubectl("get", "-o", "json", *arguments))

    def load(self, archive: Path) -> list[str]:
        """Give the cluster an archive's images; return them as ``name@sha256:…``."""
        return images.load(archive)

    @property
    def environment(self) -> dict[str, str]:
        """Return an environment whose kubectl and clients reach this cluster alone."""
        return {
            **os.environ,
            "PATH": layout.environment()["PATH"],
            "KUBECONFIG": str(self.kubeconfig),
        }

    @contextmanager
    def namespace(self) -> Iterator[str]:
        """Make a namespace that is gone afterwards, with all that is in it."""
        name = f"test-{secrets.token_hex(4)}"
        self.kubectl("create", "namespace", name)
        try:
            yield name
        finally:
            self.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")


def running() -> Iterator[Cluster]:
    """Yield the cluster of this machine; skip where there can be none.

    One that runs already is used and left running, so that whoever works on what needs it starts
    it once: ``make cluster-up``.
    """
    if reason := up.obstacle():
        pytest.skip(reason)
    ours = not up.runs()
    command = [sys.executable, "-m", "tools.kubernetes"]
    # What it tells while it builds goes to the terminal; it fails with its reason.
    subprocess.run([*command, "up"], cwd=_ROOT, check=True, stdout=subprocess.DEVNULL)
    try:
        yield Cluster(layout.kubeconfig())
    finally:
        if ours:
            subprocess.run([*command, "down"], cwd=_ROOT, check=True)
