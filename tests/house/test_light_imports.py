"""What is imported where: a light start is a matter of imports, so imports are what is tested."""

from __future__ import annotations

import subprocess
import sys

import pytest

REPORT = "import sys; print(*{m.partition('.')[0] for m in sys.modules}, sep='\\n')"
HELP = """
import contextlib, io
from fairlead.cli.main import main
with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
    main(['--help'])
assert 'Run a pipeline' in out.getvalue()
"""
CLOUD = {"boto3", "botocore", "s3fs", "gcsfs", "adlfs", "google", "azure", "kubernetes"}
HEAVY = {"numpy", "pandas", "sklearn", "matplotlib", "mlflow", "skops", "pyarrow", "polars"}
PULUMI = {"pulumi", "grpc", "fairlead_components"}


def imported(code: str) -> set[str]:
    """Return the packages that a fresh interpreter has imported after some code."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{REPORT}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("code", "never"),
    [
        ("import fairlead", {"pydantic", "fsspec", "rich", "typer", "yaml"}),
        ("from fairlead import pipeline, step, log_metrics, context", {"fsspec", "rich", "typer"}),
        (HELP, {"pydantic", "fsspec", "jinja2"}),
        ("import fairlead.runtime", {"pydantic", "fsspec", "rich", "typer"}),
        ("import fairlead.contracts, fairlead.ports, fairlead.registry", {"fsspec", "rich"}),
    ],
    ids=["fairlead", "the user's names", "fairlead --help", "runtime", "contracts and ports"],
)
def test_a_light_import_stays_light(code: str, never: set[str]) -> None:
    assert not imported(code) & (never | CLOUD | HEAVY | PULUMI)


def test_the_report_sees_what_is_imported() -> None:
    assert "pydantic" in imported("import pydantic")
