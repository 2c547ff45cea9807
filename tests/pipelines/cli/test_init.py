"""`fairlead init`: a complete project in a new folder, or nothing."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fairlead.cli.init import check_name, write_project
from fairlead.cli.main import main
from fairlead.errors import ConfigError, ProjectExistsError


def fairlead(capsys: pytest.CaptureFixture[str], *command: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(command)
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def test_it_writes_a_project_and_names_the_next_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, _ = fairlead(capsys, "init", "demo")
    assert status == 0
    assert [line.strip() for line in out.splitlines()[-3:]] == [
        "cd demo && fairlead up local",
        "fairlead run pipelines/train.py -s local",
        "fairlead runs show latest",
    ]
    written = {str(p.relative_to(tmp_path / "demo")) for p in Path("demo").absolute().rglob("*")}
    assert {
        "README.md", "pyproject.toml", ".gitignore", ".github/workflows/ci.yml",
        "pipelines/train.py", "tests/test_train.py", "stacks/__main__.py", "stacks/Pulumi.yaml",
        "stacks/Pulumi.local.yaml", "stacks/Pulumi.aws.yaml", "stacks/Pulumi.gcp.yaml",
        "stacks/Pulumi.azure.yaml", "stacks/Pulumi.kubernetes.yaml",
    } <= written  # fmt: skip
    # A second time it touches nothing, also where a single file is in the way.
    before = {path: path.read_bytes() for path in Path("demo").rglob("*") if path.is_file()}
    status, _, err = fairlead(capsys, "init", "demo")
    assert status == 2
    assert "demo exists" in err
    assert before == {p: p.read_bytes() for p in Path("demo").rglob("*") if p.is_file()}
    Path("taken").write_text("mine")
    assert fairlead(capsys, "init", "taken")[0] == 2
    assert Path("taken").read_text() == "mine"


def test_every_file_is_what_its_name_says(tmp_path: Path) -> None:
    for path in write_project(tmp_path / "churn-model", "churn-model"):
        text = (tmp_path / "churn-model" / path).read_text()
        assert "[[" not in text.replace("[[tool", "")
        if path.suffix in {".yaml", ".yml"}:
            document = yaml.safe_load(text)
            commented = path.name.split(".")[1] in {"aws", "gcp", "azure", "kubernetes"}
            assert commented == (document is None), path
            if commented:  # what is behind the comments is a configuration, too
                lines = [line for line in text.splitlines() if line.startswith("# ")]
                start = lines.index("# config:")
                config = yaml.safe_load("\n".join(line[2:] for line in lines[start:]))
                assert config["config"]["fairlead:provider"] == path.name.split(".")[1]
        elif path.suffix == ".toml":
            assert tomllib.loads(text)["project"]["name"] == "churn-model"
        elif path.suffix == ".py":
            compile(text, path.name, "exec")
    program = (tmp_path / "churn-model" / "stacks" / "__main__.py").read_text()
    assert len(program.splitlines()) == 5


def test_its_tests_pass(tmp_path: Path) -> None:
    write_project(tmp_path / "demo", "demo")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "demo", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProjectExistsError, match="cannot be written"):
        write_project(tmp_path / "file" / "demo", "demo")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("My Project", "fairlead init my-project"),
        ("x", "2 to 40"),
        ("-demo", "fairlead init demo"),
        ("1st", "fairlead init st"),
        ("a--b", "single hyphens"),
        ("tests", "choose another"),
        ("fairlead", "choose another"),
        ("lambda", "choose another"),
        ("é", "lower-case"),
        ("a" * 41, "2 to 40"),
    ],
)
def test_names_that_something_would_refuse(name: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=hint):
        check_name(name)


@given(st.text(max_size=50))
def test_any_name_is_taken_as_it_is_or_refused(name: str) -> None:
    try:
        assert check_name(name) == name
    except ConfigError:
        return
    assert name.isascii()
    assert name == name.lower().strip("-")
