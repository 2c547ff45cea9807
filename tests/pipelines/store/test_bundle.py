"""A bundle holds the project's code, the same bytes for the same tree, and never a secret."""

import gzip
import hashlib
import io
import os
import stat
import subprocess
import tarfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fairlead.errors import ConfigError, IntegrityError, ObjectNotFoundError
from fairlead.store import bundle as bundle_module
from fairlead.store.bundle import Bundle, build, fetch, upload
from fairlead.store.bundle_files import bundle_files
from fairlead.store.layout import bundle_path
from fairlead.store.objects import ObjectStore, open_objects

CANARY = b"canary-5f1c"
CODE = {
    "train.py": "print(1)\n",
    "lib/__init__.py": "",
    "lib/deep/a.py": "x = 1\n",
    "stacks/Pulumi.yaml": "name: demo\n",
    "data/small.csv": "1\n",
    "environment.py": "",
    "credentials.py": "",
    "keys/__init__.py": "",
    "ünicode.txt": "ü",
}
SECRET = (
    ".env", ".env.local", ".envrc", "lib/.env", "prod.env", "stacks/Pulumi.aws.yaml",
    "stacks/Pulumi.local.yml", "stacks/.state/.pulumi/stacks/local.json", ".pulumi/meta.yaml",
    "server.pem", "lib/private.key", "id_rsa", ".ssh/id_ed25519", "credentials", "credentials.json",
    ".aws/credentials", ".netrc", ".pypirc", ".kube/config", "kubeconfig", "store.p12",
    "service-account-prod.json", "application_default_credentials.json", "secrets.yaml",
    "terraform.tfstate", ".venv/lib/site.py", "venv/bin/python", "node_modules/a/index.js",
    "lib/__pycache__/a.cpython-311.pyc", "custom/pyvenv.cfg", "custom/lib/module.py",
    ".fairlead/manifests/local.json", "conda/conda-meta/history", "conda/lib/module.py",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(params=["git", "plain"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    root = tmp_path / "project"
    write(root, CODE)
    if request.param == "git":
        git(root, "init", "-q")
    return root


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return open_objects(f"file://{tmp_path}/store")


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


def unpacked(bundle: Bundle) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(bundle.content), mode="r:gz") as archive:
        files = ((member, archive.extractfile(member)) for member in archive)
        return {member.name: file.read() if file else b"" for member, file in files}


def settle(root: Path) -> None:
    """Make every file look old enough to be trusted unread."""
    for path in root.rglob("*"):
        if path.is_file():
            os.utime(path, (1_700_000_000, 1_700_000_000))
    time.sleep(0.12)  # a change of status cannot be dated back: let its clock tick pass


def test_it_holds_the_code(project: Path) -> None:
    assert unpacked(build(project)) == {name: text.encode() for name, text in CODE.items()}


def test_no_secret_is_ever_in_it(project: Path) -> None:
    for name in SECRET:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CANARY)
    write(
        project, {"pyproject.toml": '[tool.fairlead.bundle]\ninclude = ["**", ".env", "*.pem"]\n'}
    )
    if (project / ".git").exists():
        git(project, "add", "-f", ".")  # not even what someone committed
        git(project, "commit", "-qm", "all of it")
    bundle = build(project)
    assert CANARY not in gzip.decompress(bundle.content)
    assert {*unpacked(bundle)} == {*CODE, "pyproject.toml"}


def test_a_private_key_under_any_name_is_refused(project: Path) -> None:
    body = "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEowIBAAKCAQEA3canary\n"
    write(project, {"notes.txt": body})
    with pytest.raises(ConfigError, match=r"notes\.txt: holds a private key") as caught:
        build(project)
    assert "canary" not in str(caught.value)
    write(project, {"pyproject.toml": '[tool.fairlead]\nbundle.exclude = ["notes.txt"]\n'})
    assert "notes.txt" not in unpacked(build(project))
    write(project, {"lib/text.py": 'HEADER = "-----BEGIN PRIVATE" " KEY-----"\n'})
    assert "lib/text.py" in unpacked(build(project))


def test_gitignore_and_patterns_decide(project: Path) -> None:
    write(
        project,
        {
            ".gitignore": "*.log\n/data/\n!keep.log\nout/\n",
            "lib/.gitignore": "*.bin\n!wanted.bin\n",
            "a.log": "", "keep.log": "", "lib/b.log": "", "lib/c.bin": "", "lib/wanted.bin": "",
            "other.bin": "", "out/x.py": "", "lib/data/kept.csv": "", "docs/a.md": "",
            "pyproject.toml": '[tool.fairlead.bundle]\ninclude = ["out/x.py"]\n'
            'exclude = ["docs/", "!.env", "credentials.py"]\n',
            ".env": "",
        },
    )  # fmt: skip
    expected = {*CODE, ".gitignore", "lib/.gitignore", "keep.log", "lib/wanted.bin", "other.bin"}
    expected |= {"lib/data/kept.csv", "pyproject.toml", "out/x.py"}
    assert {*bundle_files(project)} == expected - {"data/small.csv", "credentials.py"}
    write(project, {"pyproject.toml": "[tool.fairlead.bundle]\nexclude = 3\n"})
    with pytest.raises(ConfigError, match=r"tool\.fairlead\.bundle\.exclude"):
        bundle_files(project)


def test_a_project_in_a_folder_that_another_repository_ignores(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, {".gitignore": "build/\n", "build/demo/train.py": ""})
    assert bundle_files(tmp_path / "build/demo") == ["train.py"]


def test_submodules_and_deleted_files(tmp_path: Path) -> None:
    inner, root = tmp_path / "inner", tmp_path / "outer"
    write(inner, {"inner.py": "", ".gitignore": "ignored.py\n", "ignored.py": ""})
    git(inner, "init", "-q")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "one")
    write(root, {"a.py": "", "gone.py": ""})
    git(root, "init", "-q")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    git(root, "add", ".")
    (root / "gone.py").unlink()
    write(root, {"sub/ignored.py": ""})
    assert {*bundle_files(root)} == {".gitmodules", "a.py", "sub/.gitignore", "sub/inner.py"}
    assert [*bundle_files(root / "sub")] == [".gitignore", "inner.py"]


def test_two_checkouts_give_the_same_bytes(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "checkout"
    (project / "lib/run.sh").write_text("#!/bin/sh\n")
    (project / "lib/run.sh").chmod(0o755)
    for name in [*reversed(CODE), "lib/run.sh"]:
        path = other / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((project / name).read_bytes())
        path.chmod(0o775 if name.endswith(".sh") else 0o600)
        os.utime(path, (1, 1))
    one, two = build(project), build(other)
    assert one.digest == two.digest == f"sha256:{hashlib.sha256(one.content).hexdigest()}"
    assert one.content == two.content
    (other / "train.py").write_text("print(2)\n")
    assert build(other).digest != one.digest


def test_extra_files(project: Path, tmp_path: Path, objects: ObjectStore) -> None:
    bundle = build(project, {".fairlead/steps.pkl": b"pickled"})
    assert unpacked(bundle)[".fairlead/steps.pkl"] == b"pickled"
    assert bundle.digest != build(project).digest
    assert bundle.digest != build(project, {".fairlead/steps.pkl": b"other"}).digest
    assert bundle.digest == build(project, {".fairlead/steps.pkl": b"pickled"}).digest
    upload(objects, bundle)
    folder = fetch(objects, bundle.digest, tmp_path / "unpacked")
    assert (folder / ".fairlead/steps.pkl").read_bytes() == b"pickled"
    for unsafe in ("../up", "/absolute", "train.py/below"):
        with pytest.raises(ConfigError, match="extra file"):
            build(project, {unsafe: b""})


def test_an_unchanged_tree_is_not_read_again(
    project: Path, monkeypatch: pytest.MonkeyPatch, objects: ObjectStore
) -> None:
    settle(project)
    first = build(project)

    def read(*_: object) -> bytes:
        raise AssertionError("a file was read")

    with monkeypatch.context() as patched:
        patched.setattr(bundle_module, "_read", read)
        second = build(project)
    assert second.digest == first.digest
    assert second.size == first.size
    upload(objects, second)
    assert objects.get(bundle_path(first.digest)) == first.content
    # the same size and time, other bytes: only the time of the change of status tells
    old = (project / "train.py").stat()
    (project / "train.py").write_text("print(7)\n")
    os.utime(project / "train.py", ns=(old.st_atime_ns, old.st_mtime_ns))
    assert build(project).digest != first.digest


def test_a_damaged_copy_in_the_cache_is_noticed(project: Path, tmp_path: Path) -> None:
    settle(project)
    first = build(project)
    (copy,) = (tmp_path / "cache").rglob("*.tar.gz")
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    again = build(project)
    assert again.digest == first.digest
    with pytest.raises(IntegrityError, match="expected sha256"):
        _ = again.content


def test_too_large_a_project_names_its_largest_files(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_module, "MAX_SIZE", 200_000)
    for number in range(7):
        (project / f"big{number}.bin").write_bytes(os.urandom(100_000 + number * 1000))
    with pytest.raises(ConfigError) as caught:
        build(project)
    message = str(caught.value)
    assert [name for n in range(7) if (name := f"big{n}.bin") in message] == [
        f"big{n}.bin" for n in range(2, 7)
    ]
    assert "exclude" in message
    assert ".gitignore" in message


def test_links_inside_stay_links_outside_are_refused(
    project: Path, tmp_path: Path, objects: ObjectStore
) -> None:
    (project / "lib/link.py").symlink_to("deep/a.py")
    (project / "absolute.py").symlink_to(project / "lib/deep/a.py")
    (project / "folder").symlink_to("lib/deep")
    (project / "round.py").symlink_to("../project/train.py")
    bundle = build(project)
    upload(objects, bundle)
    folder = fetch(objects, bundle.digest, tmp_path / "unpacked")
    for name in ("lib/link.py", "absolute.py", "folder/a.py"):
        assert (folder / name).resolve() == folder / "lib/deep/a.py", name
    assert (folder / "round.py").resolve() == folder / "train.py"
    (tmp_path / "outside.txt").write_bytes(CANARY)
    (project / "out.txt").symlink_to(tmp_path / "outside.txt")
    (project / "up").symlink_to("../outside.txt")
    with pytest.raises(ConfigError, match="outside the project") as caught:
        build(project)
    assert len(caught.value.problems) == 2


def test_fetching_verifies_and_unpacks_once(
    project: Path, tmp_path: Path, objects: ObjectStore
) -> None:
    bundle = build(project)
    with pytest.raises(ObjectNotFoundError):
        fetch(objects, bundle.digest, tmp_path / "unpacked")
    upload(objects, bundle)
    upload(objects, bundle)
    with ThreadPoolExecutor(8) as pool:
        folders = {*pool.map(lambda _: fetch(objects, bundle.digest, tmp_path / "u"), range(16))}
    (folder,) = folders
    assert [path.name for path in (tmp_path / "u").iterdir()] == [folder.name]
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    assert {name: path.read_text() for name, path in files.items()} == CODE
    assert not any(stat.S_IMODE(path.stat().st_mode) & 0o222 for path in files.values())
    objects.delete(bundle_path(bundle.digest))
    assert fetch(objects, bundle.digest, tmp_path / "u") == folder


def test_other_bytes_than_the_digest_are_refused(
    project: Path, tmp_path: Path, objects: ObjectStore
) -> None:
    bundle = build(project)
    objects.put_new(bundle_path(bundle.digest), bundle.content[:-1] + b"x")
    with pytest.raises(IntegrityError, match=bundle.digest):
        fetch(objects, bundle.digest, tmp_path / "u")
    assert not (tmp_path / "u").exists()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def hostile() -> Iterator[list[tarfile.TarInfo]]:
    yield [member("../escape.py")]
    yield [member("/tmp/escape.py")]
    yield [member("a/../../escape.py")]
    yield [member("a", tarfile.SYMTYPE, "../..")]
    yield [member("a", tarfile.SYMTYPE, "/etc")]
    yield [member("a/b", tarfile.SYMTYPE, "x/../../../..")]
    yield [member("a", tarfile.LNKTYPE, "/etc/passwd")]
    yield [member("a", tarfile.CHRTYPE)]
    yield [member("a", tarfile.FIFOTYPE)]
    yield [member("a"), member("a")]


@pytest.mark.parametrize("members", [*hostile()], ids=lambda m: f"{m[0].name} {m[0].linkname}")
def test_unsafe_members_are_refused(
    tmp_path: Path, objects: ObjectStore, members: list[tarfile.TarInfo]
) -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for item in [member("good.py"), *members]:
            archive.addfile(item, io.BytesIO())
    digest = f"sha256:{hashlib.sha256(raw.getvalue()).hexdigest()}"
    objects.put_new(bundle_path(digest), raw.getvalue())
    with pytest.raises(IntegrityError, match="refused"):
        fetch(objects, digest, tmp_path / "u")
    assert not [*(tmp_path / "u").iterdir()]
    assert not (tmp_path / "escape.py").exists()
