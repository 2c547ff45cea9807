"""Build the engine from its Go modules.

For machines that reach package registries but not Pulumi's download server. Every module is
checked against the go.sum that we ship, whatever proxy delivers it: there is no way around it here.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path

from fairlead_components.engine.errors import EngineInstallError
from fairlead_components.engine.installation import install
from fairlead_components.engine.location import Engine, installation_directories
from fairlead_components.engine.progress import Progress
from fairlead_components.engine.source import (
    COMMAND_LINE,
    HOST,
    SDK,
    engine_version,
    required_go,
    source_directory,
)

#: The first Go that can fetch a newer toolchain for itself (GOTOOLCHAIN).
_SELF_UPDATING_GO = (1, 21)
_TAIL_LINES = 15
_SCRIPTS = (
    "python/cmd/pulumi-language-python-exec",
    "python/dist/pulumi-resource-pulumi-python",
)
_UNREACHABLE = re.compile(
    r"dial tcp|connection refused|connection reset|no such host|i/o timeout|TLS handshake"
    r"|proxyconnect|deadline exceeded|\b(?:403|407|429|5\d\d) [A-Z]|x509:|unexpected EOF"
    r"|module lookup disabled|reading \S+: 4\d\d"
)


def build(*, progress: Progress, force: bool = False) -> Engine:
    """Build the engine into the cache, unless these very sources have been built.

    Args:
        progress: Where progress is told; a first build takes 5 to 10 minutes on two cores.
        force: Build again.

    Returns:
        The engine in the cache.

    Raises:
        EngineInstallError: Go is missing or too old, the module proxy cannot be reached, a
            checksum differs, the disk is full, or the compiler failed.
    """
    go = find_go()
    target = installation_directories()[0]
    return install(
        target, lambda folder, told: _make(go, folder, told), progress=progress, force=force
    )


def find_go() -> Path:
    """Return the ``go`` command.

    Raises:
        EngineInstallError: There is none, or it is too old to build the engine.
    """
    found = shutil.which("go")
    wanted = ".".join(map(str, required_go()))
    if found is None:
        raise EngineInstallError(
            f"Building the engine needs Go {wanted} or newer, and there is no `go` on PATH: install"
            " it from https://go.dev/dl/ or your package manager, or install Pulumi itself "
            "(https://www.pulumi.com/docs/install/)."
        )
    answer = _ask(found, "env", "GOVERSION", "GOTOOLCHAIN")
    match = re.match(r"go(\d+(?:\.\d+)*)", answer)
    version = tuple(int(part) for part in match.group(1).split(".")) if match else ()
    stays = answer.splitlines()[1:2] == ["local"]
    if version < _SELF_UPDATING_GO or (stays and version < required_go()):
        because = " and GOTOOLCHAIN=local forbids fetching a newer one" if stays else ""
        raise EngineInstallError(
            f"{found} is Go {'.'.join(map(str, version)) or answer.strip()}{because}; the engine "
            f"needs {wanted} or newer: upgrade it (https://go.dev/dl/)."
        )
    return Path(found)


def _environment() -> dict[str, str]:
    # What is built is decided here alone: not by a go.work further up, nor by flags from outside
    # that would let go edit go.mod and go.sum or read others.
    ours = re.compile(r"--?(mod|modfile|overlay|insecure|buildvcs)(=|$)")
    flags = [flag for flag in os.environ.get("GOFLAGS", "").split() if not ours.match(flag)]
    flags += ["-mod=readonly", "-buildvcs=false"]
    return dict(os.environ) | {"GOWORK": "off", "GOFLAGS": " ".join(flags)}


def _ask(go: str, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - go, from PATH, with our own arguments
        [go, *arguments],
        # Beside a go.mod, Go would already fetch the toolchain that it asks for.
        cwd=source_directory().anchor,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise EngineInstallError(explain_failure("asking Go for its version", done.stderr))
    return done.stdout


def _make(go: Path, folder: Path, progress: Progress) -> None:
    progress.phase(f"fetching the modules of Pulumi {engine_version()}")
    packages = _go(go, ["list", "-deps", COMMAND_LINE, HOST], progress, "fetching modules")
    total = len(packages)
    binaries = folder / "bin"
    binaries.mkdir()
    version = f"{SDK}/go/common/version.Version=v{engine_version()}"
    progress.phase(f"compiling {total} packages (what Go still has from before is not repeated)")
    _go(
        go,
        [
            *("build", "-v", "-trimpath", "-ldflags", f"-s -w -X {version}"),
            *("-o", f"{binaries}/", COMMAND_LINE, HOST),
        ],
        progress,
        "compiling and linking",
        total=total,
    )
    progress.phase("placing the Python language host")
    sdk = Path(_go(go, ["list", "-m", "-f", "{{.Dir}}", SDK], progress, "asking for the SDK")[0])
    for script in _SCRIPTS:
        copied = binaries / Path(script).name
        shutil.copyfile(sdk / script, copied)
        copied.chmod(0o755)


def _go(
    go: Path, arguments: list[str], progress: Progress, doing: str, total: int = 0
) -> list[str]:
    """Run go in the source folder, telling each second what it does; return its output's lines."""
    process = subprocess.Popen(  # noqa: S603 - go, from PATH, with our own arguments
        [str(go), *arguments],
        cwd=source_directory(),
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    lines: queue.SimpleQueue[tuple[str, str] | None] = queue.SimpleQueue()

    def pump(name: str) -> None:
        for line in getattr(process, name):
            lines.put((name, line.rstrip("\n")))
        lines.put(None)

    threads = [
        threading.Thread(target=pump, args=(name,), daemon=True) for name in ("stdout", "stderr")
    ]
    for thread in threads:
        thread.start()
    output: list[str] = []
    told: list[str] = []
    try:
        open_streams = len(threads)
        while open_streams:
            try:
                item = lines.get(timeout=1.0)
            except queue.Empty:
                progress.update()
                continue
            if item is None:
                open_streams -= 1
            elif item[0] == "stdout":
                output.append(item[1])
            else:
                told.append(item[1])
                count = f" {len(told)} of at most {total}" if total else ""
                progress.update(f"{doing}{count}: {item[1].removeprefix('go: ')}")
        status = process.wait()
    except BaseException:
        # Ctrl-C reaches us alone, because go leads its own session.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if status != 0:
        raise EngineInstallError(explain_failure(doing, "\n".join(told)))
    return output


def _proxy() -> str:
    from urllib.parse import urlsplit

    named = os.environ.get("GOPROXY")
    if not named:
        return "Go's own"
    proxies = []
    for proxy in re.split(r"[,|]", named):
        host = urlsplit(proxy).hostname
        proxies.append(host or proxy)
    return ", ".join(proxies)


def _without_credentials(text: str) -> str:
    return re.sub(r"://[^/\s@]+@", "://", text)


def explain_failure(doing: str, told: str) -> str:
    """Say in words what went wrong with Go and how to mend it.

    Args:
        doing: What it was doing.
        told: What it wrote to standard error.

    Example:
        >>> print(explain_failure("linking", "write /x: no space left on device")[:34])
        The disk became full while linking
    """
    tail = _without_credentials("\n".join(told.strip().splitlines()[-_TAIL_LINES:]))
    if "no space left on device" in told:
        return (
            f"The disk became full while {doing}: make room (GOCACHE and GOMODCACHE take about 4 GB"
            f" together), or point them and FAIRLEAD_CACHE_DIR at another disk.\n{tail}"
        )
    if "checksum mismatch" in told or "SECURITY ERROR" in told:
        return (
            f"A downloaded Go module is not the one that Fairlead's go.sum names, so nothing was "
            f"built. The module proxy ({_proxy()}) may be tampered with: tell whoever runs it. "
            f"`go clean -modcache` removes a damaged download.\n{tail}"
        )
    if "signal: killed" in told:
        return (
            f"The operating system killed the Go compiler while {doing}, most likely for want of "
            f"memory: free 2 GB, or set GOMAXPROCS=1 and GOGC=50, and try again.\n{tail}"
        )
    if _UNREACHABLE.search(told):
        return (
            f"The Go modules could not be fetched from {_proxy()}: set GOPROXY to a module proxy "
            f"that this machine reaches, or check the network, and try again.\n{tail}"
        )
    return f"Go failed while {doing}:\n{tail}"
