"""Values come back as they were, equal values have equal digests, damage and refusals are told."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import math
import pathlib
import subprocess
import sys
import textwrap
import typing
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from fairlead import registry
from fairlead.errors import IntegrityError, MaterializerError, ObjectNotFoundError
from fairlead.store import materializers
from fairlead.store.artifacts import Artifacts, materializer_for
from fairlead.store.objects import open_objects
from fairlead.store.records import ArtifactRecord

_shared = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Report:
    scores: dict[str, float]
    when: dt.datetime


class Settings(BaseModel):
    depth: int = 3
    colour: Colour = Colour.RED


class Opaque:
    """Nothing knows this type; pickle does."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opaque)

    def __hash__(self) -> int:
        return 1


@pytest.fixture
def artifacts(tmp_path: pathlib.Path) -> Artifacts:
    return Artifacts(open_objects(f"file://{tmp_path}/store"), allow_pickle=True)


@pytest.fixture
def strict(artifacts: Artifacts) -> Artifacts:
    """The same store where loading may execute nothing."""
    return Artifacts(artifacts.objects, allow_pickle=False)


def save(artifacts: Artifacts, value: Any) -> ArtifactRecord:
    return artifacts.save(value, pipeline="p", step="s", output="o")


def there_and_back(artifacts: Artifacts, value: Any) -> Any:
    record = save(artifacts, value)
    assert artifacts.exists(record)
    assert ArtifactRecord.model_validate_json(record.model_dump_json()) == record
    assert save(artifacts, value).digest == record.digest, "equal values, different digests"
    assert artifacts.preview(record)["kind"] in {"text", "table", "image", "none"}
    return artifacts.load(record)


def identical(one: Any, other: Any) -> bool:
    """Compare with types, and NaN with NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(identical, one, other))
    if isinstance(one, dict):
        return identical(list(one), list(other)) and identical(
            list(one.values()), list(other.values())
        )
    nan = isinstance(one, float) and math.isnan(one) and math.isnan(other)
    return nan or bool(one == other)


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
    | st.datetimes() | st.dates() | st.decimals(allow_nan=False) | st.uuids()
)  # fmt: skip
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=8,
)


@_shared
@given(value=plain)
def test_plain_values(strict: Artifacts, value: Any) -> None:
    assert identical(there_and_back(strict, value), value)


def test_models_dataclasses_enums(strict: Artifacts) -> None:
    report = Report({"accuracy": float("inf")}, dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
    for value in (report, [report], Settings(depth=4), Colour.RED, {"a": Settings()}):
        assert there_and_back(strict, value) == value


dtypes = st.sampled_from(
    ["?", "i1", "u8", ">i4", "f2", "f4", "f8", "c16", "S3", "U4", "M8[ns]", "m8[D]", "V5",
     [("a", "i4"), ("b", "f8", (2,))]]
)  # fmt: skip


@_shared
@given(
    dtype=dtypes,
    shape=st.lists(st.integers(0, 5), max_size=3),
    order=st.sampled_from("CF"),
    step=st.sampled_from([1, 2, -1]),
    seed=st.integers(0, 1000),
)
def test_arrays(  # noqa: PLR0917
    strict: Artifacts, dtype: Any, shape: list[int], order: Any, step: int, seed: int
) -> None:
    kind = np.dtype(dtype)
    raw = np.random.default_rng(seed).bytes(int(np.prod(shape, dtype=int)) * kind.itemsize)
    if kind.kind == "U":
        array = np.full(shape, "aé日")
    elif kind.kind in "?b":
        array = np.frombuffer(bytes(byte & 1 for byte in raw), kind).reshape(shape)
    else:
        array = np.frombuffer(raw, kind).reshape(shape)
    array = np.array(array, order=order)
    if array.ndim:
        array = array[::step]
    loaded = there_and_back(strict, array)
    assert type(loaded) is np.ndarray
    assert (loaded.dtype, loaded.shape) == (array.dtype, array.shape)
    assert loaded.tobytes() == array.tobytes()


def test_numpy_scalars_keep_their_type(strict: Artifacts) -> None:
    for value in (np.float64(0.5), np.int8(3), np.bool_(True), np.datetime64("2026-01-02")):
        loaded = there_and_back(strict, value)
        assert type(loaded) is type(value)
        assert loaded == value


def test_large_array_is_spooled_and_streamed(strict: Artifacts) -> None:
    array = np.random.default_rng(0).random((1000, 400))
    assert np.array_equal(there_and_back(strict, array), array)


def test_lists_by_element(strict: Artifacts, artifacts: Artifacts) -> None:
    arrays = [np.arange(3), np.ones((2, 2))]
    record = save(strict, arrays)
    assert record.form == "list"
    assert record.metadata["length"] == 2
    elements = strict.elements(record)
    assert [element.materializer for element in elements] == ["numpy", "numpy"]
    assert np.array_equal(strict.load(elements[1]), arrays[1])
    nested = {"x": (np.arange(2), [np.zeros(1)]), "plain": 1}
    loaded = there_and_back(strict, nested)
    assert type(loaded["x"]) is tuple
    assert np.array_equal(loaded["x"][1][0], np.zeros(1))
    strict.objects.delete(elements[0].path)
    assert not strict.exists(record)
    with pytest.raises(MaterializerError, match=r"output 'o'\[1\]: a value of type .*Opaque"):
        save(strict, [np.arange(3), Opaque()])
    assert there_and_back(artifacts, [Opaque(), 1]) == [Opaque(), 1]


def _tree(folder: pathlib.Path) -> pathlib.Path:
    (folder / "deep" / "empty").mkdir(parents=True)
    (folder / "deep" / "ünïcode name.txt").write_text("one")
    (folder / "same.bin").write_bytes(b"x" * 3_000_000)
    (folder / "again.bin").write_bytes(b"x" * 3_000_000)
    (folder / "run.sh").write_text("#!/bin/sh")
    (folder / "run.sh").chmod(0o755)
    return folder


def test_files_and_trees(strict: Artifacts, tmp_path: pathlib.Path) -> None:
    tree = _tree(tmp_path / "tree")
    record = save(strict, tree)
    loaded = strict.load(record, into=tmp_path / "out")
    assert loaded.is_relative_to(tmp_path / "out")
    assert loaded.name == "tree"
    names = sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))
    assert sorted(str(path.relative_to(loaded)) for path in loaded.rglob("*")) == names
    assert (loaded / "deep" / "ünïcode name.txt").read_text() == "one"
    assert (loaded / "run.sh").stat().st_mode & 0o100
    stored = list(strict.objects.list("artifacts"))
    assert len(stored) == 4, "the manifest, and equal files once"
    assert save(strict, _tree(tmp_path / "elsewhere" / "tree")).digest == record.digest

    (loaded / "run.sh").write_text("changed")
    assert (strict.load(record) / "run.sh").read_text() == "#!/bin/sh", "a copy, not the object"
    single = strict.load(save(strict, tree / "run.sh"))
    assert (single.name, single.read_text()) == ("run.sh", "#!/bin/sh")
    assert [path.name for path in there_and_back(strict, [tree, tree / "run.sh"])] == [
        "tree", "run.sh",
    ]  # fmt: skip
    strict.objects.delete(next(info.path for info in stored if info.size == 3_000_000))
    assert not strict.exists(record)
    with pytest.raises(ObjectNotFoundError):
        strict.load(record)


def test_paths_that_hold_nothing(strict: Artifacts, tmp_path: pathlib.Path) -> None:
    with pytest.raises(MaterializerError, match="there is no file or folder"):
        save(strict, tmp_path / "absent")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "loop").symlink_to(tmp_path)
    with pytest.raises(MaterializerError, match="is a link to a folder"):
        save(strict, tmp_path / "tree")
    with pytest.raises(MaterializerError, match="text alone would be stored, not the file"):
        save(strict, {"deep": [tmp_path]})


def test_a_tree_that_leaves_its_folder_is_refused(
    strict: Artifacts, tmp_path: pathlib.Path
) -> None:
    """Whoever writes a manifest by hand gets nowhere outside the folder that it is loaded to."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "x").write_text("1")
    record = save(strict, tmp_path / "tree")
    forged = strict.objects.get(record.path).replace(b'"x"', b'"../x"')
    from hashlib import sha256

    digest = sha256(forged).hexdigest()
    path = f"artifacts/p/s/o/{digest}"
    strict.objects.put_new(path, forged)
    with pytest.raises(IntegrityError, match="leaves the tree"):
        strict.load(record.model_copy(update={"path": path, "digest": f"sha256:{digest}"}))


def test_code_on_load_is_refused_both_ways(artifacts: Artifacts, strict: Artifacts) -> None:
    record = save(artifacts, Opaque())
    assert record.materializer == "pickle"
    assert artifacts.load(record) == Opaque()
    with pytest.raises(MaterializerError, match=r"step 's', output 'o'.*Opaque.*allow_pickle"):
        save(strict, Opaque())
    with pytest.raises(MaterializerError, match=f"{record.path}.*executes code.*allow_pickle"):
        strict.load(record)


def test_damaged_pickle_is_never_executed(artifacts: Artifacts, tmp_path: pathlib.Path) -> None:
    """The digest is checked before anything of it runs."""
    import pickle

    class Bomb:
        def __reduce__(self) -> Any:
            return (open, (str(tmp_path / "exploded"), "w"))

    record = save(artifacts, Opaque())
    artifacts.objects.delete(record.path)
    artifacts.objects.put_new(record.path, pickle.dumps(Bomb()))
    with pytest.raises(IntegrityError, match="was recorded with sha256:"):
        artifacts.load(record)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("length", [1000, 200_000])
@pytest.mark.parametrize("position", [0, 7, 20, 60, 100, -1])
def test_one_flipped_byte_anywhere(strict: Artifacts, position: int, length: int) -> None:
    """Also where it makes the header of an array nonsense, read at once or streamed."""
    record = save(strict, np.arange(float(length)))
    content = bytearray(strict.objects.get(record.path))
    content[position] ^= 0x10
    strict.objects.delete(record.path)
    strict.objects.put_new(record.path, bytes(content))
    with pytest.raises(IntegrityError, match=record.digest):
        strict.load(record)


def test_what_cannot_be_stored(artifacts: Artifacts) -> None:
    with pytest.raises(MaterializerError, match=r"(?s)type generator cannot be stored.*pickle"):
        save(artifacts, (number for number in range(3)))
    loop: list[Any] = []
    loop.append(loop)
    assert save(artifacts, loop).materializer == "pickle"


def test_a_newer_or_unknown_materializer(artifacts: Artifacts) -> None:
    record = save(artifacts, 1)
    with pytest.raises(MaterializerError, match=r"version 9.*upgrade"):
        artifacts.load(record.model_copy(update={"materializer_version": 9}))
    with pytest.raises(MaterializerError, match="materializer 'zarr': install"):
        artifacts.load(record.model_copy(update={"materializer": "zarr"}))


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, "json"), (None, "json"), (list[int], "json"), (dict[str, list[float]], "json"),
        (tuple[int, ...], "json"), (Report, "json"), (Settings, "json"), (Colour, "json"),
        (typing.Literal["a"], "json"), (typing.Annotated[int, []], "json"), (bytes, "bytes"),
        (np.ndarray, "numpy"), (np.typing.NDArray[np.float64], "numpy"), (np.float32, "numpy"),
        (list[np.ndarray], "list"), (pathlib.Path, "path"), (typing.Any, None), (object, None),
        (int | None, None), (list, None), (Opaque, None), ("x", None),
        (dict[str, typing.Any], None),
    ],
)  # fmt: skip
def test_materializer_for(annotation: Any, expected: str | None) -> None:
    assert materializer_for(annotation) == (None if expected is None else (expected, 1))


def test_nothing_heavy_is_imported_to_find_a_materializer() -> None:
    code = (
        "import sys\n"
        "from fairlead.store.artifacts import Artifacts, materializer_for\n"
        "class DataFrame: __module__ = 'pandas'\n"
        "assert materializer_for(DataFrame) == ('pandas', 1)\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'sklearn', 'fsspec', 'polars', 'cloudpickle'}\n"
        "sys.exit(str(sorted(heavy & set(sys.modules))) if heavy & set(sys.modules) else 0)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert result.returncode == 0, result.stderr.decode()


@pytest.fixture
def installed_package(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Install a third party's package that stores a type of its own, through entry points alone."""
    (tmp_path / "weather-1.0.dist-info").mkdir()
    (tmp_path / "weather-1.0.dist-info" / "METADATA").write_text("Name: weather\nVersion: 1.0\n")
    (tmp_path / "weather-1.0.dist-info" / "entry_points.txt").write_text(
        "[fairlead.materializers]\nweather.Grid = weather:GridMaterializer\n"
        "[fairlead.stores]\nweather = weather:open_store\n"
    )
    (tmp_path / "weather.py").write_text(
        textwrap.dedent("""
        from fairlead.store.local_objects import LocalObjects

        class Grid:
            def __init__(self, name): self.name = name

        class Fine(Grid): pass

        class GridMaterializer:
            name, version, deterministic = "weather-grid", 3, True
            executes_code_on_load, streams = False, True
            def write(self, value, file):
                file.write(value.name.encode())
                return {"name": value.name}
            def read(self, file, metadata, annotation):
                return (annotation or Grid)(file.read().decode())

        def open_store(url):
            return LocalObjects(url.replace("weather://", "file:///"))
        """)
    )
    monkeypatch.syspath_prepend(tmp_path)
    caches = [registry._third_party, materializers._third_party, materializers._class_of,
              materializers.by_name]  # fmt: skip
    for cached in caches:
        cached.cache_clear()
    import weather  # type: ignore[import-not-found]

    yield weather
    for cached in caches:
        cached.cache_clear()
    sys.modules.pop("weather")


def test_third_parties_add_materializers_and_stores(
    strict: Artifacts, installed_package: Any, tmp_path: pathlib.Path
) -> None:
    weather = installed_package
    assert materializer_for(weather.Grid) == ("weather-grid", 3)
    record = save(strict, weather.Fine("alps"))
    assert (record.materializer, record.materializer_version) == ("weather-grid", 3)
    assert type(strict.load(record)) is weather.Grid
    assert type(strict.load(record, weather.Fine)) is weather.Fine
    objects = open_objects(f"weather:/{tmp_path}/theirs")
    assert objects.put_new("a", b"1") is True
