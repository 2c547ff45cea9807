"""Images of PostgreSQL and of MLflow for the test cluster, from Debian's packages and PyPI's."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from tools.kubernetes import images, layout, programs

ROOT = Path(__file__).parents[1]
_SITE = "usr/local/lib/python3.11/dist-packages"
_POSTGRES = (
    "postgresql-15", "postgresql-client-15", "libpq5", "libxml2", "libicu72", "liblz4-1",
    "libzstd1", "libpam0g", "libaudit1", "libcap-ng0", "libgssapi-krb5-2", "libkrb5-3",
    "libk5crypto3", "libkrb5support0", "libcom-err2", "libkeyutils1", "libldap-2.5-0",
    "libsasl2-2", "libsystemd0", "libgcrypt20", "libgpg-error0", "liblzma5", "libuuid1",
    "libselinux1", "libpcre2-8-0", "libcap2", "libgnutls30", "libp11-kit0", "libidn2-0",
    "libunistring2", "libtasn1-6", "libnettle8", "libhogweed6", "libgmp10",
)  # fmt: skip
#: As the official image has it: PostgreSQL refuses to run as nobody.
_ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\npostgres:x:999:999::/data:/bin/sh\n"
#: `mlflow models serve` starts it by name.
_UVICORN = "#!/usr/bin/python3\nfrom uvicorn.main import main\n\nmain()\n"
#: The server, its accounts, its database; what serves models that steps register.
_MLFLOW = ("mlflow", "Flask-WTF<2", "psycopg2-binary<3", "scikit-learn", "skops", "numpy")


def postgres_archive() -> Path:
    """Return the archive of an image with PostgreSQL's programs on its path, made once."""
    return _archive("postgres", repr((_POSTGRES, _ACCOUNTS)), _postgres, "localhost/postgres:test")


def mlflow_archive() -> Path:
    """Return the archive of an image with MLflow, which serves and tracks, made once."""
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    named = {re.split(r"[<>=]", line)[0].lower() for line in _MLFLOW}
    recipe = [line for line in pins if line.partition("==")[0].lower() in named]
    return _archive("mlflow", repr((_MLFLOW, _UVICORN, recipe)), _mlflow, "localhost/mlflow:test")


def _archive(what: str, recipe: str, make: Callable[[Path], None], name: str) -> Path:
    digest = hashlib.sha256(recipe.encode()).hexdigest()[:16]
    folder = layout.cache_folder().parent / "mlflow-images"
    archive = folder / f"{what}-{digest}.tar"
    with programs.locked("mlflow-images"):
        if not archive.exists():
            layer = folder / f"{what}.new"
            shutil.rmtree(layer, ignore_errors=True)
            for link in ("bin", "lib"):  # as in the root below, where they are links too
                (layer / "usr" / link).mkdir(parents=True)
                (layer / link).symlink_to(f"usr/{link}")
            try:
                make(layer)
            except (layout.ClusterError, subprocess.CalledProcessError) as error:
                pytest.skip(f"an image of {what} cannot be made here: {error}")
            images.pack([images.python_root(), layer], name, archive)
            shutil.rmtree(layer)
    return archive


def _postgres(layer: Path) -> None:
    programs.unpack(_POSTGRES, layer)
    binaries = layer / "usr/lib/postgresql/15"
    (binaries / "lib/llvmjit.so").unlink()  # needs LLVM, and no query here is worth compiling
    shutil.rmtree(binaries / "lib/bitcode", ignore_errors=True)
    for folder in ("doc", "man", "locale", "lintian"):
        shutil.rmtree(layer / "usr/share" / folder, ignore_errors=True)
    for program in ("postgres", "initdb", "pg_isready"):
        link = layer / "usr/bin" / program
        link.unlink(missing_ok=True)
        link.symlink_to(f"../lib/postgresql/15/bin/{program}")
    (layer / "etc").mkdir(exist_ok=True)
    (layer / "etc/passwd").write_text(_ACCOUNTS)


def _mlflow(layer: Path) -> None:
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    subprocess.run(
        [
            uv, "pip", "install", "--quiet", "--python", sys.executable, "--target",
            str(layer / _SITE), "--compile-bytecode", "-c", str(ROOT / "constraints.txt"),
            *_MLFLOW,
        ],
        check=True,
    )  # fmt: skip
    programs.unpack(("bash", "libtinfo6"), layer)  # `mlflow models serve` asks for it
    program = layer / "usr/local/bin/uvicorn"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(_UVICORN)
    program.chmod(0o755)
    for tests in (layer / _SITE).rglob("tests"):
        if tests.is_dir() and "mlflow" not in tests.parts:
            shutil.rmtree(tests, ignore_errors=True)
