"""Frames, tables, estimators and figures come back as they were, without executing code."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import pathlib
import zipfile
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.errors import MaterializerError
from fairlead.store.artifacts import Artifacts
from fairlead.store.objects import open_objects
from fairlead.store.records import ArtifactRecord


@pytest.fixture
def strict(tmp_path: pathlib.Path) -> Artifacts:
    return Artifacts(open_objects(f"file://{tmp_path}"), allow_pickle=False)


def save(artifacts: Artifacts, value: Any) -> ArtifactRecord:
    return artifacts.save(value, pipeline="p", step="s", output="o")


def _objects(items: list[Any]) -> Any:
    return pd.Series(items, dtype=object).array


def _columns(rows: int) -> dict[str, Any]:
    """Return one column of every kind that pandas has and Parquet can hold."""
    moments = pd.DatetimeIndex(list(pd.date_range("2026-01-01", periods=rows, freq="h")))
    moments = moments.astype("datetime64[us]")
    letters = [chr(97 + row % 3) for row in range(rows)]
    gaps = [None if row % 3 == 1 else row for row in range(rows)]
    return {
        "int64": np.arange(rows),
        "uint8": np.arange(rows, dtype="u1"),
        "float32": np.array([np.nan if row % 2 else row for row in range(rows)], "f4"),
        "bool": np.arange(rows) % 2 == 0,
        "text": [None if row % 4 == 3 else f"日{row}" for row in range(rows)],
        "category": pd.Categorical(letters, categories=["z", "c", "b", "a"], ordered=True),
        "numbers as categories": pd.Categorical([row % 2 for row in range(rows)]),
        "interval": pd.cut(np.arange(rows), 3) if rows else pd.cut([1.0], 3)[:0],
        "period": pd.period_range("2026-01", periods=rows, freq="M"),
        "utc": moments.tz_localize("UTC"),
        "zone": moments.tz_localize("Europe/Berlin"),
        "seconds": moments.astype("datetime64[s]"),
        "delta": pd.to_timedelta(np.arange(rows), unit="s"),
        "Int64": pd.array(gaps, dtype="Int64"),
        "boolean": pd.array([None if gap is None else gap > 1 for gap in gaps], dtype="boolean"),
        "string": pd.array([None if gap is None else str(gap) for gap in gaps], dtype="string"),
        "objects": np.array([None if gap is None else f"o{gap}" for gap in gaps] + [0], object)[
            :-1
        ],
        "dates": _objects([dt.date(2026, 1, 1)] * rows),
        "nan in text": _objects(["x" if row % 2 else np.nan for row in range(rows)]),
    }


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(
    rows=st.sampled_from([0, 1, 2, 7]),
    chosen=st.lists(st.sampled_from(sorted(_columns(0))), unique=True, max_size=5),
    index=st.lists(st.sampled_from(sorted(_columns(0))), unique=True, max_size=2),
    labels=st.sampled_from(["text", "numbers", "pairs"]),
)
def test_pandas_frames(
    strict: Artifacts, rows: int, chosen: list[str], index: list[str], labels: str
) -> None:
    columns = _columns(rows)
    frame = pd.DataFrame({name: columns[name] for name in chosen}, index=range(rows))
    if index:
        levels = [pd.Index(columns[name], name=name) for name in index]
        frame.index = levels[0] if len(levels) == 1 else pd.MultiIndex.from_arrays(levels)
    if labels == "numbers":
        frame.columns = pd.RangeIndex(len(chosen))
    elif labels == "pairs" and chosen:
        pairs = [(name, number) for number, name in enumerate(chosen)]
        frame.columns = pd.MultiIndex.from_tuples(pairs, names=["kind", None])
    frame.attrs = {"source": ["survey", 1]}
    record = save(strict, frame)
    assert record.materializer == "pandas"
    loaded = strict.load(record)
    pd.testing.assert_frame_equal(loaded, frame, check_exact=True, check_freq=True)
    assert loaded.attrs == frame.attrs
    assert list(record.metadata["shape"]) == [rows, len(chosen)]  # type: ignore[call-overload]
    again = pd.concat([frame.iloc[:1], frame.iloc[1:]]) if rows and not index else frame.copy()
    again.attrs = frame.attrs
    if type(again.index) is type(frame.index):
        assert save(strict, again).digest == record.digest, "made otherwise, but equal"
    for name in chosen[:1] if labels == "text" else []:
        loaded_series = strict.load(save(strict, frame[name]))
        pd.testing.assert_series_equal(loaded_series, frame[name], check_exact=True)


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ([{"a": 1}, 2], "a column of objects holds dict, int"),
        (np.array([1j]), "complex128"),
        (pd.arrays.SparseArray([0, 1]), "Sparse"),
        (pd.Series(["x", None, np.nan], dtype=object), "holds str, None, NaN"),
    ],
)
def test_what_pandas_columns_cannot_be(strict: Artifacts, column: Any, reason: str) -> None:
    with pytest.raises(MaterializerError, match=reason):
        save(strict, pd.DataFrame({"x": column}))


def test_frequency_of_an_index(strict: Artifacts) -> None:
    for index in (pd.date_range("2026", periods=3, freq="W"), pd.timedelta_range("1s", periods=2)):
        series = pd.Series(range(len(index)), index=index, name=("a", 1))
        pd.testing.assert_series_equal(strict.load(save(strict, series)), series, check_freq=True)


def test_frames_in_a_list(strict: Artifacts) -> None:
    frames = [pd.DataFrame({"a": [1]}), pd.DataFrame({"b": ["x"]})]
    record = save(strict, frames)
    assert record.form == "list"
    for loaded, frame in zip(strict.load(record), frames, strict=True):
        pd.testing.assert_frame_equal(loaded, frame)
    shown = strict.preview(strict.elements(record)[1])
    assert (shown["kind"], shown["columns"], shown["rows"]) == ("table", ["", "b"], [["0", "x"]])


def test_polars(strict: Artifacts) -> None:
    frame = pl.DataFrame(
        {
            "a": [1, None], "b": ["x", "y"], "c": [[1], [2, 3]], "d": [dt.date(2026, 1, 1), None],
            "e": pl.Series(["u", "v"], dtype=pl.Categorical), "f": [{"p": 1.5}, {"p": None}],
            "g": pl.Series(["u", "v"], dtype=pl.Enum(["v", "u"])), "h": [dt.timedelta(1)] * 2,
        }
    )  # fmt: skip
    record = save(strict, frame)
    loaded = strict.load(record)
    assert loaded.schema == frame.schema
    assert loaded.equals(frame)
    pieces = pl.concat([frame[:1], frame[1:]], rechunk=False)
    assert save(strict, pieces).digest == record.digest
    series = strict.load(save(strict, frame["c"]))
    assert series.equals(frame["c"])
    with pytest.raises(MaterializerError, match="dtype Object"):
        save(strict, pl.DataFrame({"o": pl.Series([object()], dtype=pl.Object)}))


def test_arrow(strict: Artifacts) -> None:
    table = pa.table({"a": [1, None], "b": [["x"], []]}).replace_schema_metadata({"k": "v"})
    record = save(strict, table)
    loaded = strict.load(record)
    assert loaded.equals(table, check_metadata=True)
    assert save(strict, pa.concat_tables([table[:1], table[1:]])).digest == record.digest


def test_estimators(strict: Artifacts) -> None:
    """Forests and pipelines go by skops: rebuilt, not executed, and with one digest per model."""
    from sklearn.datasets import load_iris
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    data, target = load_iris(return_X_y=True)
    makers = (
        lambda: RandomForestClassifier(10, random_state=0),
        lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    )
    for make in makers:
        records = [save(strict, make().fit(data, target)) for _ in range(2)]
        assert records[0].materializer == "sklearn"
        assert records[0].digest == records[1].digest
        loaded = strict.load(records[0])
        expected = make().fit(data, target).predict_proba(data)
        assert np.array_equal(loaded.predict_proba(data), expected)
    with pytest.raises(MaterializerError, match=r"skops does not trust .*test_frames"):
        save(strict, FunctionTransformer(_shift))
    trusting = Artifacts(strict.objects, allow_pickle=True)
    record = save(trusting, FunctionTransformer(_shift))
    assert record.materializer == "pickle"
    assert trusting.load(record).transform(1) == 2


def test_a_forged_estimator_calls_nothing(strict: Artifacts, tmp_path: pathlib.Path) -> None:
    """A module of scikit-learn that imports a dangerous function does not make it trusted."""
    import sklearn.utils._testing as dangerous
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    assert callable(dangerous.check_output)
    forged = FunctionTransformer(dangerous.check_output)
    with pytest.raises(MaterializerError, match=r"skops does not trust .*check_output"):
        save(strict, forged)
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(forged))) as honest:
        schema = honest.read("schema.json").replace(b"subprocess", b"sklearn.utils._testing")
    assert b"sklearn.utils._testing" in schema
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", schema)
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    path = f"artifacts/p/s/o/{digest}"
    strict.objects.put_new(path, content)
    record = save(strict, 1).model_copy(
        update={"materializer": "sklearn", "path": path, "digest": f"sha256:{digest}",
                "size": len(content)}
    )  # fmt: skip
    with pytest.raises(MaterializerError, match=r"not trusted: .*_testing\.check_output"):
        strict.load(record)


def _shift(value: Any) -> Any:
    return value + 1


def test_figures(strict: Artifacts) -> None:
    from matplotlib.figure import Figure

    digests = set()
    for _ in range(2):
        figure = Figure()
        figure.add_subplot().plot([1, 3, 2])
        record = save(strict, figure)
        digests.add(record.digest)
    assert len(digests) == 1
    assert strict.load(record).startswith(b"\x89PNG")
    shown = strict.preview(record)
    assert (shown["kind"], shown["media_type"]) == ("image", "image/png")
