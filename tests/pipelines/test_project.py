"""A project is found from anywhere in it; its lock and its provenance are what they say."""

import getpass
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.errors import ConfigError
from fairlead.project import _command, _installed_digest, find_project, lock, provenance, settings


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    command = ["git", "-C", str(root), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_nearest_mark_is_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = touch(tmp_path / "repo", "stacks/Pulumi.yaml", "lib/deep/a.py", "train.py")
    for start in ("train.py", "lib/deep/a.py", "lib/deep", "stacks", "stacks/Pulumi.yaml", "."):
        found = find_project(root / start)
        assert (found.root, found.stacks) == (root, root / "stacks"), start
    monkeypatch.chdir(root)
    assert find_project(Path("<ipython-input-1>")).root == root
    assert find_project(Path("/tmp/ipykernel_1/2.py")).root == root


def test_a_package_of_a_larger_repository(tmp_path: Path) -> None:
    root = touch(tmp_path / "mono", "stacks/Pulumi.yaml", "teams/a/pyproject.toml", "uv.lock")
    git(root, "init", "-q")
    found = find_project(root / "teams/a")
    assert (found.root, found.stacks) == (root / "teams/a", root / "stacks")
    assert lock(found.root)[0] == "../../uv.lock"


def test_a_folder_without_marks_is_its_own_project(tmp_path: Path) -> None:
    touch(tmp_path / "plain", "a/train.py")
    found = find_project(tmp_path / "plain/a/train.py")
    assert (found.root, found.stacks) == (tmp_path / "plain/a", None)
    pulumi = touch(tmp_path / "infra", "Pulumi.yaml", "train.py")
    assert find_project(pulumi / "train.py").stacks == pulumi


def test_a_home_folder_under_git_is_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = touch(tmp_path / "home", "work/train.py", ".git/HEAD")
    monkeypatch.setenv("HOME", str(home))
    assert find_project(home / "work/train.py").root == home / "work"


def test_the_lock_file(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("a==1\n")
    first = lock(tmp_path)
    assert first[0] == "requirements.txt"
    (tmp_path / "requirements.txt").write_bytes(b"a==1\r\n")
    assert lock(tmp_path) == first
    (tmp_path / "requirements.txt").write_text("a==2\n")
    assert lock(tmp_path)[1] != first[1]
    (tmp_path / "uv.lock").write_text("")
    assert lock(tmp_path)[0] == "uv.lock"
    (tmp_path / "pyproject.toml").write_text('[tool.fairlead]\nlock = "deps/prod.txt"\n')
    with pytest.raises(ConfigError, match=r"deps/prod\.txt does not exist"):
        lock(tmp_path)
    touch(tmp_path, "deps/prod.txt")
    assert lock(tmp_path)[0] == "deps/prod.txt"


def test_without_a_lock_what_is_installed_counts(tmp_path: Path) -> None:
    assert lock(tmp_path)[0] is None
    touch(tmp_path, "site/Foo_Bar-1.0.dist-info/METADATA", "site/b-2-py3.11.egg-info/PKG-INFO")
    one = _installed_digest((str(tmp_path / "site"),))
    assert one == _installed_digest((str(tmp_path / "absent"), str(tmp_path / "site")))
    touch(tmp_path, "other/foo.bar-1.0.dist-info/METADATA", "other/b-2.dist-info/METADATA")
    assert _installed_digest((str(tmp_path / "other"),)) == one
    touch(tmp_path, "newer/foo.bar-1.1.dist-info/METADATA", "newer/b-2.dist-info/METADATA")
    assert _installed_digest((str(tmp_path / "newer"),)) != one


def test_provenance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_REQUESTEDFOREMAIL", "BUILD_USER_ID"):
        monkeypatch.delenv(name, raising=False)
    root = touch(tmp_path / "repo", "train.py", "pyproject.toml", "sub/a.py")
    found = provenance(root)
    assert (found.person, found.git_commit, found.git_dirty) == (getpass.getuser(), None, None)
    assert found.python == f"{sys.version_info[0]}.{sys.version_info[1]}"
    git(root, "init", "-q")
    assert provenance(root).git_commit is None
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    found = provenance(root, ("uv.lock", "sha256:x"))
    assert (found.git_commit, found.git_dirty) == (git(root, "rev-parse", "HEAD"), False)
    assert (found.lock_path, found.lock_digest) == ("uv.lock", "sha256:x")
    touch(root, "new.py")
    assert provenance(root).git_dirty is True
    assert provenance(root / "sub").git_dirty is False
    touch(root, "sub/.fairlead/pictures/run.svg")
    assert provenance(root / "sub").git_dirty is False
    (root / ".gitignore").write_text("new.py\n.gitignore\n.fairlead\n")
    assert provenance(root).git_dirty is False
    monkeypatch.setenv("GITHUB_ACTOR", "octocat")
    monkeypatch.setenv("PATH", "")
    found = provenance(root)
    assert (found.person, found.git_commit) == ("octocat", None)


def test_the_command_is_kept_without_values() -> None:
    line = ["/venv/bin/fairlead", "run", "train.py", "-s", "local", "-p", "token=canary"]
    line += ["--param", "key=canary", "--param=other=canary", "-pdepth=canary"]
    assert _command(line) == (
        "fairlead run train.py -s local -p token=… --param key=… --param=other=… -pdepth=…"
    )
    assert _command(["/home/a/train.py", "--password", "canary"]) == "train.py"
    assert _command([]) == ""


def test_settings_that_are_no_toml(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.fairlead\n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        settings(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool]\nfairlead = 3\n")
    with pytest.raises(ConfigError, match="must be a table"):
        settings(tmp_path)
