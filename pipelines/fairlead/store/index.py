"""The index of runs: a SQLite file in the user's cache folder, one for each store.

It only saves requests. Readers write it, runners and steps never open it, and losing it loses
nothing: a file that is missing, damaged or of another version is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

VERSION = 1

_TABLES = """
CREATE TABLE dates (date TEXT PRIMARY KEY, closed INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
    id TEXT PRIMARY KEY, date TEXT NOT NULL, state TEXT, pipeline TEXT, stack TEXT, created TEXT,
    ended TEXT, person TEXT, git_commit TEXT, tags TEXT, parameters TEXT, steps TEXT
) WITHOUT ROWID;
CREATE INDEX runs_by_date ON runs (date, id);
CREATE TABLE scanned (run TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE uses (
    version TEXT, run TEXT, step TEXT, PRIMARY KEY (version, run, step)
) WITHOUT ROWID;
"""
_COLUMNS = "id, state, pipeline, stack, created, ended, person, git_commit, tags, parameters, steps"

#: States in which a run's records no longer change.
ENDED = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Hold what a listing shows of a run.

    Attributes:
        id: The run's id.
        state: A ``RunState``'s value.
        pipeline: The pipeline's name.
        stack: The stack's name.
        created: When it was submitted.
        ended: When it ended; None if it has not.
        person: Who submitted it.
        git_commit: The project's commit.
        tags: For filters.
        parameters: The pipeline's parameters, encoded.
        steps: How many steps ended in each state; empty while the run has not ended.
    """

    id: str
    state: str
    pipeline: str
    stack: str
    created: datetime
    ended: datetime | None = None
    person: str = ""
    git_commit: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """Return how long it took; None if it has not ended."""
        return None if self.ended is None else (self.ended - self.created).total_seconds()


@dataclass(frozen=True, slots=True)
class Filter:
    """Say which runs a listing wants; what is None or empty does not matter.

    Attributes:
        state: A state's name.
        pipeline: A pipeline's name.
        stack: A stack's name.
        tags: Tags that a run must have, each with its value.
        since: The earliest submission, with its time zone.
    """

    state: str | None = None
    pipeline: str | None = None
    stack: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    since: datetime | None = None

    def accepts(self, run: RunSummary) -> bool:
        """Say whether a run is wanted.

        Example:
            >>> from datetime import UTC
            >>> run = RunSummary("01", "failed", "train", "local", datetime(2026, 1, 1, tzinfo=UTC))
            >>> Filter(state="failed").accepts(run), Filter(pipeline="score").accepts(run)
            (True, False)
        """
        return (
            self.state in (None, run.state)
            and self.pipeline in (None, run.pipeline)
            and self.stack in (None, run.stack)
            and all(run.tags.get(key) == value for key, value in self.tags)
            and (self.since is None or run.created >= self.since)
        )

    def sql(self) -> tuple[str, list[str]]:
        """Return the condition that ended runs of the index must meet, and its arguments."""
        wanted = {"state": self.state, "pipeline": self.pipeline, "stack": self.stack}
        given = {column: value for column, value in wanted.items() if value is not None}
        return " AND ".join([*(f"{column} = ?" for column in given), "1"]), list(given.values())


def index_path(url: str) -> Path:
    """Return where the index of a store lies.

    Args:
        url: The store's root.
    """
    from fairlead.project import cache_folder

    name = hashlib.sha256(url.encode()).hexdigest()[:32]
    return cache_folder("runs") / f"{name}.sqlite"


class Index:
    """Keep summaries of runs; a run known by its id only has no state yet.

    Args:
        path: The file; None keeps the index in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._base = _open(path)

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def dates(self) -> dict[str, bool]:
        """Return every listed date, and whether nothing more is expected there."""
        return {date: bool(closed) for date, closed in self._base.execute("SELECT * FROM dates")}

    def add_date(self, date: str, ids: Iterable[str], *, closed: bool) -> None:
        """Note which runs a date folder holds; forget those that it no longer holds.

        Args:
            date: ``yyyymmdd``.
            ids: All runs in the folder.
            closed: Whether to take the folder as complete from now on.
        """
        found = set(ids)
        known = {row[0] for row in self._base.execute("SELECT id FROM runs WHERE date=?", (date,))}
        with self._base:
            self._base.execute("INSERT OR REPLACE INTO dates VALUES (?, ?)", (date, int(closed)))
            if new := found - known:
                self._base.executemany(
                    "INSERT OR IGNORE INTO runs (id, date) VALUES (?, ?)",
                    [(run, date) for run in sorted(new)],
                )
            if gone := known - found:
                self._base.executemany("DELETE FROM runs WHERE id=?", [(run,) for run in gone])

    def drop_dates(self, dates: Iterable[str]) -> None:
        """Forget date folders that are no longer in the store."""
        with self._base:
            for date in dates:
                self._base.execute("DELETE FROM dates WHERE date=?", (date,))
                self._base.execute("DELETE FROM runs WHERE date=?", (date,))

    def forget(self, run: str) -> None:
        """Forget a run that is no longer in the store."""
        with self._base:
            self._base.execute("DELETE FROM runs WHERE id=?", (run,))

    def put(self, runs: Sequence[RunSummary], dates: Sequence[str]) -> None:
        """Keep summaries; ``dates`` are the runs' date segments."""
        with self._base:
            self._base.executemany(
                f"INSERT OR REPLACE INTO runs (date, {_COLUMNS}) "  # noqa: S608 - a constant
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(date, *_row(run)) for run, date in zip(runs, dates, strict=True)],
            )

    def page(
        self, date: str, before: str, count: int, wanted: Filter
    ) -> list[tuple[str, RunSummary | None]]:
        """Return runs of a date, newest first: those wanted and those still to be read.

        Args:
            date: ``yyyymmdd``.
            before: Only ids below this one; ``"~"`` for the first page.
            count: At most so many.
            wanted: What ended runs must be like.

        Returns:
            Ids with summaries; None where the run was never read or had not ended.
        """
        condition, values = wanted.sql()
        rows = self._base.execute(
            f"SELECT {_COLUMNS} FROM runs WHERE date = ? AND id < ? "  # noqa: S608 - no input
            f"AND (state IS NULL OR state NOT IN {ENDED} OR ({condition})) "
            "ORDER BY id DESC LIMIT ?",
            (date, before, *values, count),
        ).fetchall()
        return [(row[0], _summary(row) if row[1] in ENDED else None) for row in rows]

    def scanned(self) -> set[str]:
        """Return the runs whose reads are kept."""
        return {row[0] for row in self._base.execute("SELECT run FROM scanned")}

    def add_uses(self, run: str, reads: Iterable[tuple[str, str]]) -> None:
        """Keep what the steps of an ended run read.

        Args:
            run: The run's id.
            reads: Version, as it was made, and step.
        """
        with self._base:
            self._base.execute("INSERT OR IGNORE INTO scanned VALUES (?)", (run,))
            self._base.executemany(
                "INSERT OR IGNORE INTO uses VALUES (?, ?, ?)",
                [(version, run, step) for version, step in reads],
            )

    def uses(self, version: str) -> list[tuple[str, str, str]]:
        """Return run, step and pipeline of every kept read of a version; runs may be gone since."""
        return self._base.execute(
            "SELECT uses.run, step, pipeline FROM uses JOIN runs ON runs.id = uses.run "
            "WHERE version = ?",
            (version,),
        ).fetchall()

    def like(self, text: str) -> list[str]:
        """Return the ids that begin or end with a text, newest first, at most ten."""
        rows = self._base.execute(
            "SELECT id FROM runs WHERE substr(id, 1, ?) = ? OR substr(id, -?) = ? "
            "ORDER BY id DESC LIMIT 10",
            (len(text), text, len(text), text),
        )
        return [row[0] for row in rows]


def _row(run: RunSummary) -> tuple[Any, ...]:
    return (
        run.id,
        run.state,
        run.pipeline,
        run.stack,
        run.created.isoformat(),
        run.ended and run.ended.isoformat(),
        run.person,
        run.git_commit,
        json.dumps(run.tags),
        json.dumps(run.parameters),
        json.dumps(run.steps),
    )


def _summary(row: tuple[Any, ...]) -> RunSummary:
    run, state, pipeline, stack, created, ended, person, commit, tags, parameters, steps = row
    return RunSummary(
        id=run,
        state=state,
        pipeline=pipeline,
        stack=stack,
        created=datetime.fromisoformat(created),
        ended=datetime.fromisoformat(ended) if ended else None,
        person=person,
        git_commit=commit,
        tags=json.loads(tags),
        parameters=json.loads(parameters),
        steps=json.loads(steps),
    )


def _open(path: Path | None) -> sqlite3.Connection:
    if path is None:
        return _prepare(sqlite3.connect(":memory:"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _prepare(sqlite3.connect(path, timeout=10))
    except sqlite3.OperationalError:
        # Locked for long, or a folder that cannot be written: this reader does without the file.
        return _prepare(sqlite3.connect(":memory:"))
    except OSError:
        return _prepare(sqlite3.connect(":memory:"))
    except sqlite3.DatabaseError:
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{path}{suffix}").unlink()
        return _prepare(sqlite3.connect(path, timeout=10))


def _prepare(base: sqlite3.Connection) -> sqlite3.Connection:
    try:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=NORMAL")
        if base.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            _create(base)
        base.execute("SELECT 1 FROM runs LIMIT 1").fetchone()
    except sqlite3.Error:
        base.close()
        raise
    return base


def _create(base: sqlite3.Connection) -> None:
    # Two readers may find the file empty at once: the second waits here and finds it made.
    base.execute("BEGIN IMMEDIATE")
    if base.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        for table in ("dates", "runs", "scanned", "uses"):
            base.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in filter(str.strip, _TABLES.split(";")):
            base.execute(statement)
        base.execute(f"PRAGMA user_version={VERSION}")
    base.commit()
