"""A build that cannot succeed says why in words, and leaves nothing behind."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from fairlead_components.engine.build import _environment, build, explain_failure, find_go
from fairlead_components.engine.errors import EngineInstallError
from fairlead_components.engine.official import install_official
from fairlead_components.engine.progress import Progress
from fairlead_components.engine.source import SDK, engine_version, source_directory

GO = shutil.which("go")


@pytest.fixture
def progress() -> Progress:
    return Progress(io.StringIO())


def _left_in(cache: Path) -> list[str]:
    return [path.name for path in cache.rglob("*") if path.is_file()]


def test_the_host_is_built_from_the_same_release_as_the_engine():
    assert f"{SDK} v{engine_version()}\n" in (source_directory() / "go.mod").read_text()


def test_without_go_it_says_which_go_is_needed(
    cache: Path, progress: Progress, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineInstallError, match=r"needs Go 1\.\d+\S* or newer.*go\.dev/dl"):
        build(progress=progress)
    assert not cache.exists()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("go1.19.2\n\n", r"is Go 1\.19\.2; the engine needs"),
        ("go1.22.0\nlocal\n", "GOTOOLCHAIN=local forbids fetching a newer one"),
    ],
)
def test_a_go_that_is_too_old_is_refused(tmp_path, monkeypatch, answer: str, expected: str):
    go = tmp_path / "go"
    go.write_text(f"#!/bin/sh\nprintf '{answer}'\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(EngineInstallError, match=expected):
        find_go()


def test_a_go_that_can_fetch_its_successor_is_accepted(tmp_path, monkeypatch):
    go = tmp_path / "go"
    # Go's own default, unless something sets another for it.
    go.write_text("#!/bin/sh\nprintf 'go1.22.0\\n%s\\n' \"${GOTOOLCHAIN:-auto}\"\n")
    monkeypatch.delenv("GOTOOLCHAIN", raising=False)
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert find_go() == go


@pytest.mark.skipif(GO is None, reason="needs Go, of which other tests prove the absence")
def test_an_unreachable_module_proxy_is_named_without_its_password(
    cache: Path, progress: Progress, tmp_path, monkeypatch
):
    assert GO is not None
    monkeypatch.setenv("PATH", f"{Path(GO).parent}:/usr/bin:/bin")
    monkeypatch.setenv("GOPROXY", "https://ada:hunter2@127.0.0.1:9")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    monkeypatch.setenv("GOFLAGS", "-modcacherw")
    with pytest.raises(EngineInstallError) as caught:
        build(progress=progress)
    said = str(caught.value)
    assert "could not be fetched from 127.0.0.1" in said
    assert "set GOPROXY" in said
    assert "hunter2" not in said
    assert _left_in(cache) == ["install.lock"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("write /tmp/x: no space left on device", "disk became full"),
        ("verifying m@v1: checksum mismatch\nSECURITY ERROR", "go.sum"),
        ("link: signal: killed", "want of memory"),
        ('Get "https://p/m": dial tcp: lookup p: no such host', "GOPROXY"),
        ("reading https://p/m/@v/v1.zip: 404 Not Found", "GOPROXY"),
        ("./host.go:1: syntax error", "Go failed while compiling"),
    ],
)
def test_each_failure_of_go_is_told_in_words_with_its_own_last_lines(told: str, expected: str):
    said = explain_failure("compiling", told)
    assert expected in said
    assert said.endswith(told)


def test_an_official_installer_that_cannot_be_downloaded_says_what_else_to_do(
    cache: Path, progress: Progress
):
    with pytest.raises(
        EngineInstallError, match=r"could not be downloaded.*fairlead engine install"
    ):
        install_official(progress=progress, installer="http://127.0.0.1:9/")
    assert _left_in(cache) == ["install.lock"]


def test_an_official_installer_is_run_into_the_cache_only(
    cache: Path, progress: Progress, tmp_path
):
    script = tmp_path / "install.sh"
    script.write_text(
        f'test "$1 $2 $3" = "--version {engine_version()} --install-root" || exit 9\n'
        'mkdir -p "$4/bin" && printf "#!/bin/sh\\necho v%s\\n" "$2" > "$4/bin/pulumi"\n'
        'chmod +x "$4/bin/pulumi"\n'
    )
    engine = install_official(progress=progress, installer=script.as_uri())
    assert engine.path.is_relative_to(cache)
    assert subprocess.check_output([engine.path, "version"], text=True) == f"v{engine_version()}\n"


def test_an_official_installer_that_fails_shows_what_it_said(
    cache: Path, progress: Progress, tmp_path
):
    script = tmp_path / "install.sh"
    script.write_text("echo this machine is not supported >&2; exit 4\n")
    with pytest.raises(EngineInstallError, match=r"(?s)status 4.*not supported"):
        install_official(progress=progress, installer=script.as_uri())
    assert _left_in(cache) == ["install.lock"]


def test_flags_from_outside_are_kept_unless_they_would_change_what_is_built(monkeypatch):
    monkeypatch.setenv("GOFLAGS", "-p=1 -mod=mod -modcacherw --modfile=/x/go.mod -insecure")
    assert _environment()["GOFLAGS"] == "-p=1 -modcacherw -mod=readonly -buildvcs=false"
    assert _environment()["GOWORK"] == "off"
