"""Start and stop a real one-node Kubernetes: ``python -m tools.kubernetes up``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tools.kubernetes import images, programs
from tools.kubernetes.down import down
from tools.kubernetes.layout import ClusterError, kubeconfig, state
from tools.kubernetes.up import obstacle, runs, up


def _build() -> None:
    """Get what a cluster consists of, where one can run."""
    if reason := obstacle():
        print(f"nothing to build: {reason}", file=sys.stderr)
        return
    programs.build()
    images.build()


def _run(command: list[str]) -> int:
    """Run a command while a cluster is up, where one can run; stop it if it is ours."""
    ours = not obstacle() and not runs()
    if ours:
        up()
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        if ours:
            with programs.locked("kubernetes-cluster"):
                down()


def main() -> int:
    """Do what the command line says; print what a shell or a test needs to go on."""
    parser = argparse.ArgumentParser(prog="python -m tools.kubernetes", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="get the programs and images, once")
    commands.add_parser("up", help="start the cluster, print its KUBECONFIG; needs root")
    commands.add_parser("down", help="stop it, and put the machine back as it was")
    commands.add_parser("status", help="say whether it runs")
    run = commands.add_parser("run", help="run a command with it; stop it if it was not running")
    run.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    load = commands.add_parser("load", help="give it an OCI image archive; print NAME@DIGEST")
    load.add_argument("archive", type=Path)
    image = commands.add_parser("image", help="pack folders upon a Debian root with Python 3.11")
    image.add_argument("name", help="localhost/NAME:TAG")
    image.add_argument("archive", type=Path)
    image.add_argument("--layer", type=Path, action="append", default=[], help="a folder")
    image.add_argument("--scratch", action="store_true", help="without the Debian root")
    image.add_argument("--env", action="append", default=[], help="NAME=VALUE")
    image.add_argument("--entrypoint", action="append", default=[], help="one argument of it")
    given = parser.parse_args()
    try:
        match given.command:
            case "build":
                _build()
            case "up":
                print(f"export KUBECONFIG={up()}")
            case "down":
                with programs.locked("kubernetes-cluster"):
                    down()
                if state().exists():
                    print(f"{state()} is still in use", file=sys.stderr)
                    return 1
            case "status":
                print(f"export KUBECONFIG={kubeconfig()}" if runs() else "no cluster runs")
                return 0 if runs() else 1
            case "run":
                return _run(given.words)
            case "load":
                print("\n".join(images.load(given.archive)))
            case "image":
                base = [] if given.scratch else [images.python_root()]
                env = dict(pair.split("=", 1) for pair in given.env)
                layers = [*base, *given.layer]
                entrypoint = given.entrypoint
                print(
                    images.pack(layers, given.name, given.archive, entrypoint=entrypoint, env=env)
                )
    except ClusterError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
