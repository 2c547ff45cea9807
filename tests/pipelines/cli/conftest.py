"""Call the command line as a person does, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from fairlead.cli.main import main


@dataclass(frozen=True)
class Answer:
    """What a command left."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Return the standard output as JSON."""
        return json.loads(self.out)


Cli = Callable[..., Answer]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Return what calls a command."""

    def call(*words: str) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(words)
        out, err = capsys.readouterr()
        return Answer(int(ended.value.code or 0), out, err)

    return call
