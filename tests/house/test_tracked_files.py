"""What is committed works anywhere: no registry's address, no path of somebody's machine."""

from __future__ import annotations

import re

from tree import ROOT, name, tracked

#: Hosts from which packages come; written in pieces, so that this file is no exception.
REGISTRIES = re.compile(
    r"pypi\.(org|io)|pythonhosted\.|proxy\.golang\.|sum\.golang\.|registry\.npmjs|"
    r"crates\.io|repo\d?\.maven|(deb|ftp)\.debian\.|index-url\s*=|find-links\s*=",
)
#: ``/home/nonroot`` is the user of images that have no other.
MACHINE = re.compile(r"(?<![\w.$/{-])/(?:home(?!/nonroot)|root|Users|work|opt/wheels|mnt)/\w+")

#: Where such a path stands for the reader's own, and is not followed.
EXAMPLES = {"docs", "tests"}


def texts() -> list[tuple[str, str]]:
    """Return the names and texts of the project's text files."""
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content[:8192] and path != ROOT / "tests/house/test_tracked_files.py":
            found.append((name(path), content.decode("utf-8")))
    return found


def test_no_address_of_a_package_registry() -> None:
    named = {path: found[0] for path, text in texts() if (found := REGISTRIES.search(text))}
    assert not named


def test_no_path_of_a_machine() -> None:
    named = {
        path: found[0]
        for path, text in texts()
        if path.partition("/")[0] not in EXAMPLES and (found := MACHINE.search(text))
    }
    assert not named


def test_the_patterns_find_what_they_are_for() -> None:
    assert REGISTRIES.search("https://" + "pypi." + "org/simple")
    assert MACHINE.search("see /home/" + "ada/x")
    assert not MACHINE.search("file://home/x")


def test_constraints_pin_every_package_once() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = [line.partition("==")[0].lower() for line in lines]
    assert all(re.fullmatch(r"[\w.-]+==[\w.!+]+", line) for line in lines)
    assert len(pinned) == len(set(pinned))
