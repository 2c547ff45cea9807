"""The history of a store: which runs there are, newest first, with as few requests as possible.

Ended runs never change, so what the index holds of them is not read again. Date folders that are
over are listed once. Everything else is asked of the store at every call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from ulid import ULID

from fairlead.errors import IntegrityError, ObjectNotFoundError, RunNotFoundError
from fairlead.store.index import Filter, Index, RunSummary, index_path
from fairlead.store.layout import RunLayout, run_date
from fairlead.store.objects import ObjectStore
from fairlead.store.records import SCHEMA, RunEnd

#: Requests at a time; each mostly waits for the store.
_THREADS = 32

#: Runs in the first wave, which says what the next ones are probably like.
_FIRST_WAVE = 4

#: Runs read at a time while a filter finds few.
_LARGEST_PAGE = 512

#: A run's id carries its submitter's clock: folders stay open so long after their day.
_SKEW = timedelta(days=1)

_ID_LENGTH = 26

#: Tag of runs that record what was put into the store from outside.
PUT_TAG = "fairlead.put"


class _GraphHead(BaseModel):
    model_config = ConfigDict(extra="ignore")
    pipeline: str


class _ProvenanceHead(BaseModel):
    model_config = ConfigDict(extra="ignore")
    person: str
    git_commit: str | None = None


class _RunHead(BaseModel):
    """The part of run.json that a listing shows; nodes and definitions are skipped."""

    model_config = ConfigDict(extra="ignore")
    schema_version: str = Field(alias="schema", pattern=rf"^{SCHEMA.partition('.')[0]}\.")
    created: datetime
    stack: str
    graph: _GraphHead
    parameters: dict[str, JsonValue] = {}
    tags: dict[str, str] = {}
    provenance: _ProvenanceHead


class History:
    """List and find the runs of a store.

    Args:
        objects: The store.
        index: What is known already; by default the file in the user's cache folder.
    """

    def __init__(self, objects: ObjectStore, index: Index | None = None) -> None:
        self.objects = objects
        self.index = Index(index_path(objects.url)) if index is None else index
        self._mostly_ended = True

    def runs(self, limit: int = 20, wanted: Filter | None = None) -> list[RunSummary]:
        """Return the newest runs that a filter accepts, newest first.

        Args:
            limit: At most so many.
            wanted: Which; by default all.

        Raises:
            StoreError: The store cannot be read.
        """
        wanted = wanted or Filter()
        found: list[RunSummary] = []
        if limit < 1:
            return found
        with ThreadPoolExecutor(_THREADS) as pool:
            for date in self._dates(pool, limit, wanted, found):
                self._of_date(pool, date, limit, wanted, found)
                if len(found) >= limit:
                    break
        return found[:limit]

    def resolve(self, text: str) -> str:
        """Return the run that a person means.

        Args:
            text: A run's id, ``latest``, or the beginning or end of the id of one run.

        Raises:
            RunNotFoundError: No run is meant, or several.
        """
        wanted = text.upper()
        if wanted == "LATEST":
            # What was put is recorded as a run too, but nobody means it by "the latest run".
            for newest in self.runs(_LARGEST_PAGE):
                if newest.tags.get(PUT_TAG) is None:
                    return newest.id
            raise RunNotFoundError(
                f"{self.objects.url} holds no runs yet: start one with `fairlead run FILE`"
            )
        if len(wanted) == _ID_LENGTH:
            try:
                run_date(wanted)
            except ValueError as error:
                raise RunNotFoundError(str(error)) from None
            return wanted
        self.runs(_LARGEST_PAGE)
        ids = self.index.like(wanted) if wanted.isalnum() else []
        if len(ids) == 1:
            return ids[0]
        if not ids:
            raise RunNotFoundError(
                f"no run's id is, begins or ends with {text!r} in {self.objects.url}: "
                "`fairlead runs list` shows them"
            )
        raise RunNotFoundError(
            f"{text!r} means {len(ids)} runs or more ({', '.join(ids[:3])}, …): write more of the "
            "id"
        )

    def _dates(
        self, pool: ThreadPoolExecutor, limit: int, wanted: Filter, found: list[RunSummary]
    ) -> Iterator[str]:
        """Yield date folders, newest first, listing those that may hold something new."""
        present = sorted(
            (_name(info.path) for info in self.objects.list("runs", recursive=False)), reverse=True
        )
        listed = self.index.dates()
        if gone := listed.keys() - set(present):
            self.index.drop_dates(gone)
        if wanted.since is not None:
            earliest = wanted.since.astimezone(UTC).strftime("%Y%m%d")
            present = [date for date in present if date >= earliest]
        seen = position = 0
        while position < len(present):
            # Sparse folders are listed several at a time, as many as are probably needed.
            rate = max(seen / position, 0.5) if position else limit / 2
            missing = max(limit - len(found), 1)
            batch = present[position : position + min(max(round(missing / rate), 1), _THREADS)]
            fresh = [date for date in batch if not listed.get(date)]
            for date, ids in zip(fresh, pool.map(self._ids, fresh), strict=True):
                self.index.add_date(date, ids, closed=_over(date))
                seen += len(ids)
            seen += len(batch) - len(fresh)
            position += len(batch)
            yield from batch

    def _ids(self, date: str) -> list[str]:
        names = (_name(info.path) for info in self.objects.list(f"runs/{date}", recursive=False))
        return [name for name in names if len(name) == _ID_LENGTH]

    def _of_date(
        self,
        pool: ThreadPoolExecutor,
        date: str,
        limit: int,
        wanted: Filter,
        found: list[RunSummary],
    ) -> None:
        before, size = "~", limit - len(found)
        while len(found) < limit:
            page = self.index.page(date, before, size, wanted)
            if not page:
                return
            known = self._read(pool, [run for run, summary in page if summary is None])
            for run, summary in page:
                shown = summary or known.get(run)
                if shown is not None and wanted.accepts(shown):
                    found.append(shown)
            before, size = page[-1][0], min(2 * size, _LARGEST_PAGE)

    def _read(self, pool: ThreadPoolExecutor, runs: list[str]) -> dict[str, RunSummary]:
        """Read runs in growing waves; each wave asks first for what the one before was like.

        An ended run costs two requests if its end is asked for at once, one that goes on costs two
        if its folder is listed at once; the wrong question first costs a third.
        """
        summaries: dict[str, RunSummary] = {}
        position, size = 0, _FIRST_WAVE
        while position < len(runs):
            wave = runs[position : position + size]
            found = self._wave(pool, wave)
            summaries |= found
            going_on = sum(summary.ended is None for summary in found.values())
            self._mostly_ended = 2 * going_on <= len(found)
            position, size = position + size, 2 * size
        self.index.put(list(summaries.values()), [run_date(run) for run in summaries])
        return summaries

    def _wave(self, pool: ThreadPoolExecutor, runs: list[str]) -> dict[str, RunSummary]:
        layouts = {run: RunLayout(run) for run in runs}
        records = {run: pool.submit(self._get, layouts[run].record) for run in runs}
        ends: dict[str, bytes | None] = {}
        names: dict[str, set[str]] = {}
        if self._mostly_ended:
            paths = [layouts[run].end for run in runs]
            ends = dict(zip(runs, pool.map(self._get, paths), strict=True))
            silent = [run for run in runs if ends[run] is None]
            names = dict(zip(silent, pool.map(self._names, silent), strict=True))
        else:
            names = dict(zip(runs, pool.map(self._names, runs), strict=True))
            ended = [run for run in runs if "end.json" in names[run]]
            paths = [layouts[run].end for run in ended]
            ends = dict(zip(ended, pool.map(self._get, paths), strict=True))
        summaries: dict[str, RunSummary] = {}
        for run in runs:
            content = records[run].result()
            if content is None:
                # Submitted this moment, or deleted: either way there is nothing to show.
                self.index.forget(run)
                continue
            summary = self._summary(layouts[run], content, ends.get(run))
            if summary.state == "submitted" and not names[run].isdisjoint({"runner", "steps"}):
                summary = replace(summary, state="running")
            summaries[run] = summary
        return summaries

    def _get(self, path: str) -> bytes | None:
        try:
            return self.objects.get(path)
        except ObjectNotFoundError:
            return None

    def _names(self, run: str) -> set[str]:
        folder = RunLayout(run).folder
        return {_name(info.path) for info in self.objects.list(folder, recursive=False)}

    def _summary(self, layout: RunLayout, content: bytes, end: bytes | None) -> RunSummary:
        try:
            head = _RunHead.model_validate_json(content)
            ended = None if end is None else RunEnd.from_bytes(end, layout.end)
        except (ValidationError, IntegrityError):
            # One damaged record hides no other; `runs show` says what is wrong with it.
            created = ULID.from_str(layout.run).datetime
            return RunSummary(layout.run, "unreadable", "?", "?", created)
        return RunSummary(
            id=layout.run,
            state="submitted" if ended is None else ended.state,
            pipeline=head.graph.pipeline,
            stack=head.stack,
            created=head.created,
            ended=ended.ended if ended else None,
            person=head.provenance.person,
            git_commit=head.provenance.git_commit,
            tags=head.tags,
            parameters=head.parameters,
            steps=dict(Counter(step.state for step in ended.steps.values())) if ended else {},
        )


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _over(date: str) -> bool:
    day = datetime.strptime(date, "%Y%m%d").replace(tzinfo=UTC)
    return datetime.now(UTC) > day + timedelta(days=1) + _SKEW


def as_json(run: RunSummary) -> dict[str, Any]:
    """Return a summary as JSON data."""
    return {
        **asdict(run),
        "created": run.created.isoformat(),
        "ended": run.ended and run.ended.isoformat(),
        "seconds": run.seconds,
    }
