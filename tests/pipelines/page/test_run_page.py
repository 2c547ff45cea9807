"""The page of a run: self-contained, escaped, and all of the run on it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import fairlead
from fairlead.binding import Stack
from fairlead.page.run_page import render_page, write_page
from fairlead.store.records import Provenance
from fairlead.testing.recorded_run import RecordedRun

EVIL = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>"


class Elements(HTMLParser):
    """Collect elements, ids, links and sources; notice what is not closed."""

    VOID = frozenset({"meta", "img", "br", "link", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_everything_of_a_run_is_on_its_page(training: RecordedRun, cached: RecordedRun) -> None:
    page = render_page(fairlead.run(training.run))
    elements = Elements(page)
    assert elements.open == []
    ids = {attributes["id"] for _, attributes in elements.tags if attributes.get("id")}
    for step in ("load", "split", "train", "train_2", "evaluate"):
        assert f"step-{step}" in ids
        assert page.count(f'href="#step-{step}"') >= 1
    links = {value for _, a in elements.tags if (value := a.get("href"))}
    assert {link.removeprefix("#") for link in links} <= ids
    for told in ("loading", "accuracy", "0.97", "vision", "ada on laptop", "0123456789abcdef",
                 f"{training.run}/train/output", f"{cached.run}/publish"):  # fmt: skip
        assert told in page, told
    images = [a for tag, a in elements.tags if tag == "img"]
    assert [a["alt"] for a in images] == ["confusion, drawn by step evaluate"]
    assert str(images[0]["src"]).startswith("data:image/svg+xml;base64,")
    assert training.run in render_page(fairlead.run(cached.run))  # what the cached steps came from


def test_the_page_names_no_address_and_runs_no_script(training: RecordedRun, stack: Stack) -> None:
    page = render_page(fairlead.run())
    assert not re.search(r"(https?:)?//[a-z0-9]", page.replace(stack.objects.url, ""))
    tags = Elements(page).tags
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in tags}
    policy = next(a["content"] for t, a in tags if t == "meta" and "http-equiv" in a)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_whatever_records_hold_is_escaped(stack: Stack) -> None:
    by = Provenance(
        person=EVIL, host=EVIL, fairlead=EVIL, python=EVIL, lock_digest=EVIL, command=EVIL,
        git_commit=EVIL, lock_path=EVIL,
    )  # fmt: skip
    run = RecordedRun(
        stack.artifacts, parameters={"note": EVIL}, tags={EVIL: EVIL}, stack=EVIL, provenance=by
    )
    run.step("load", inputs={"text": EVIL}, outputs={"output": EVIL}, log=EVIL,
             metrics={EVIL: 1.0}, figures={"figure": EVIL.encode()})  # fmt: skip
    run.step("train", outputs={"output": 1}, state="failed", log=EVIL)
    run.write("failed")
    page = render_page(fairlead.run())
    tags = Elements(page).tags
    assert "script" not in {tag for tag, _ in tags}
    assert not [a for _, a in tags if "onerror" in a]
    assert "&lt;script&gt;" in page


def test_a_page_of_a_run_that_goes_on(stack: Stack) -> None:
    run = RecordedRun(stack.artifacts)
    run.step("load", state="running", log="so far\n")
    run.step("train", inputs={"rows": 1}, state="pending")
    run.write(None)
    page = render_page(fairlead.run())
    assert "not yet" in page
    assert "so far" in page


def test_a_large_run_shows_what_failed(stack: Stack) -> None:
    run = RecordedRun(stack.artifacts)
    for number in range(230):
        run.step(f"fit_{number}", state="failed" if number == 229 else "cached")
    run.write("failed")
    page = render_page(fairlead.run())
    assert "step-fit_229" in page
    assert "30 more steps are left out" in page


def test_a_page_is_written_again_over_itself(training: RecordedRun, tmp_path: Path) -> None:
    path = write_page(fairlead.run(), tmp_path / "new" / "page.html")
    assert write_page(fairlead.run(), path) == path
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
