"""Values survive JSON unchanged, and no two different values share a canonical encoding."""

import dataclasses
import datetime as dt
import decimal
import enum
import itertools
import json
import math
import pathlib
import subprocess
import sys
import uuid
import zoneinfo
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue, RootModel, SecretStr, TypeAdapter

from fairlead.errors import ParameterError
from fairlead.values import MAX_DEPTH, canonical, canonical_encoded, decode, encode

JSON: TypeAdapter[Any] = TypeAdapter(JsonValue)


class Color(enum.Enum):
    RED = 1
    BLUE = "1"


class Level(enum.IntEnum):
    LOW = 1


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Model(BaseModel):
    depth: int = 5
    rates: tuple[float, ...] = ()
    _note: str = "private"


class Open(BaseModel, extra="allow"):
    name: str = ""


class Names(RootModel[list[str]]):
    pass


@dataclasses.dataclass
class Plain:
    a: Any
    b: Any = None


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    a: Any
    doubled: int = dataclasses.field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "doubled", 2)


@dataclasses.dataclass
class Derived(Plain):
    def __post_init__(self) -> None:
        self.extra = "made again"


@dataclasses.dataclass
class Once:
    seed: dataclasses.InitVar[int]


ZONES = st.one_of(
    st.none(),
    st.just(dt.UTC),
    st.integers(-1439, 1439).map(lambda n: dt.timezone(dt.timedelta(minutes=n))),
    st.sampled_from(["Europe/Berlin", "Asia/Kathmandu"]).map(zoneinfo.ZoneInfo),
)
TEXT = st.text(st.characters(), max_size=8)  # lone surrogates included
HASHABLE = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        TEXT,
        st.binary(max_size=8),
        st.datetimes(timezones=ZONES),
        st.dates(),
        st.times(),
        st.timedeltas(),
        st.decimals(allow_nan=False),
        st.uuids(),
        st.sampled_from([*Color, *Level, *Access, Access.READ | Access.WRITE, Access(0)]),
        st.text("ab/.ü", max_size=6).map(pathlib.Path),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple), st.frozensets(inner, max_size=3)
    ),
    max_leaves=6,
)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.dictionaries(st.sampled_from(["a", "$set", "$dict", "b|c"]), inner),
        st.builds(Plain, inner, inner),
        st.builds(Frozen, inner),
    ),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:  # noqa: PLR0911, one line a type
    """Compare as the cache key must: types count, NaNs are equal, order of dicts does not."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return math.copysign(1, one) == math.copysign(1, other) and one == other
    if isinstance(one, decimal.Decimal):
        return str(one) == str(other)
    if isinstance(one, dict):
        return len(one) == len(other) and all(
            any(same(k, q) and same(v, w) for q, w in other.items()) for k, v in one.items()
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, set | frozenset):
        return len(one) == len(other) and all(any(same(a, b) for b in other) for a in one)
    if isinstance(one, dt.datetime | dt.time):
        return repr(one) == repr(other) and one.fold == other.fold
    if dataclasses.is_dataclass(one):
        return all(
            same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one)
        )
    return bool(one == other)


@settings(deadline=None)
@given(VALUES)
@example(-0.0)
@example(10**5000)
@example({"$tuple": [1]})
@example({True: 1, "True": 2})
@example("\udcff")
def test_values_come_back_as_they_were(value: Any) -> None:
    written = JSON.dump_json(encode(value))
    back = decode(JSON.validate_json(written))
    assert same(back, value), (value, back)
    assert decode(json.loads(written)) is not NotImplemented
    assert canonical(back) == canonical(value)
    assert canonical_encoded(JSON.validate_json(written)) == canonical(value)


@settings(deadline=None, max_examples=200)
@given(VALUES, VALUES)
def test_only_equal_values_have_equal_canonical_bytes(one: Any, other: Any) -> None:
    assert (canonical(one) == canonical(other)) == same(one, other)


NAIVE = dt.datetime(2026, 1, 1)  # noqa: DTZ001, a value that users may have
CONFUSABLE: list[Any] = [
    1, 1.0, True, "1", b"1", "1.0", "True", None, "None", "", 0, 0.0, -0.0, False, [], (), {},
    set(), frozenset(), [1], (1,), {1}, frozenset({1}), {1: None}, {"1": None}, {"a": "b|c"},
    {"a|b": "c"}, {"a": "b", "c": ""}, {"a": {"b": "c"}}, ["a", "b"], ["ab"], ["a", ["b"]], [["a"],
    "b"], [["a", "b"]], ("a", "b"), "ab", "s1:a", "n", float("nan"), "nan", float("inf"),
    -float("inf"), decimal.Decimal(1), decimal.Decimal("1.0"), decimal.Decimal("nan"), Color.RED,
    Color.BLUE, Level.LOW, Access.READ, Access(0), dt.date(2026, 1, 1), NAIVE,
    dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 1, 1,
    tzinfo=zoneinfo.ZoneInfo("UTC")), NAIVE.replace(fold=1), "2026-01-01",
    dt.timedelta(1), dt.timedelta(0, 1), dt.time(1), pathlib.Path("a"), "a", Plain(1), Plain(1.0),
    Plain({"b": 1}), Frozen(1), {"a": 1, "b": None}, Model(), Model(depth=5), Model(depth=6),
    Model(rates=(1,)), Names(["a"]), Open(), Open(x=1), 2**53, 2**53 + 1, float(2**53), hex(2**60),
    2**60, 10**5000, uuid.UUID(int=1), str(uuid.UUID(int=1)), {"$tuple": [1]}, {"$int": "0x1"},
    {"$set": [1]}, {"$dict": [["a", 1]]}, {"a": 1}, [["a", 1]], "\ud800", "ed a0 80", {"\ud800":
    1}, [None], {"": None}, [[]], [[[]]], "a" * 1000, list(range(1000)),
]  # fmt: skip


def test_nothing_imitates_anything_else() -> None:
    for one, other in itertools.combinations(CONFUSABLE, 2):
        assert canonical(one) != canonical(other), (one, other)


def test_what_is_equal_for_a_step_is_equal() -> None:
    assert canonical({"b": 1, "a": [1, {"y": 2, "x": 3}]}) == canonical(
        {"a": [1, {"x": 3, "y": 2}], "b": 1}
    )
    assert canonical({3: 1, "a": 2}) == canonical({"a": 2, 3: 1})
    assert canonical(float("nan")) == canonical(-float("nan")) == canonical(math.nan)
    assert canonical({"a", "b", "c", 1}) == canonical({1, "c", "b", "a"})
    assert canonical([float("nan")]) == canonical([math.nan])


@pytest.mark.parametrize(
    "value",
    [Model(depth=3, rates=(0.5,)), Open(name="n", more=[1]), Names(["a", "b"]), Derived(1, (2,))],
    ids=lambda value: type(value).__name__,
)
def test_models_and_dataclasses_come_back_whole(value: Any) -> None:
    back = decode(JSON.validate_json(JSON.dump_json(encode(value))))
    assert type(back) is type(value)
    assert back == value
    if isinstance(value, BaseModel):
        assert back.model_fields_set == value.model_fields_set
        assert back.model_extra == value.model_extra
    if isinstance(value, Derived):
        assert back.extra == "made again"


class Local:
    pass


class Text(str):
    __slots__ = ()


def test_everything_else_says_return_it_from_a_step() -> None:
    loop: list[Any] = []
    loop.append(loop)
    ring: dict[str, Any] = {}
    ring["self"] = [ring]
    deep: Any = 1
    for _ in range(MAX_DEPTH + 5):
        deep = [deep]
    laughs: Any = 1
    for _ in range(60):
        laughs = [laughs, laughs]

    @dataclasses.dataclass
    class Inner:
        a: int = 1

    for value in (
        object(), Local(), len, lambda: 1, loop, ring, deep, laughs, Text("a"), {"x": [Local()]},
        Inner(), Once(seed=1), SecretStr("canary"), 1j, range(3), memoryview(b""), type, ...,
    ):  # fmt: skip
        with pytest.raises(ParameterError, match=r"cannot be (a )?parameter") as caught:
            encode(value)
        assert "canary" not in str(caught.value)
    with pytest.raises(ParameterError, match="return it from a step"):
        encode({"x": Local()})


def test_deepest_allowed_value_is_readable_from_a_record() -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH // 3 - 1):
        value = {1: value}  # the form that nests deepest in JSON
    document: Any = encode(value)
    for _ in range(20):  # the frame that run.json puts around it
        document = [document]
    assert JSON.validate_json(JSON.dump_json(document)) == document


def test_reading_imports_only_classes_of_the_right_kind() -> None:
    documents: list[Any] = [
        {"$enum": ["os:system", "x", None]},
        {"$dataclass": ["subprocess:Popen", {"args": "true"}]},
        {"$model": ["no_such_module:Thing", {}, {"$set": []}, None, None]},
        {"$model": [f"{__name__}:Color", {}, {"$set": []}, None, None]},
        {"$enum": [f"{__name__}:Color", "GREEN", 3]},
        {"$later": 1},
        {"$enum": 5},
        {"$decimal": "x"},
        {"$datetime": ["2026-01-01T00:00:00", 0, "Nowhere/City"]},
        {"$dict": [1]},
        {"$model": [f"{__name__}:Model"]},
    ]
    for document in documents:
        with pytest.raises(ParameterError):
            decode(document)
    assert "no_such_module" not in sys.modules


def test_a_program_and_the_module_of_its_file_write_the_same(tmp_path: pathlib.Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/__init__.py").touch()
    (tmp_path / "pkg/train.py").write_text(
        "import enum\nfrom fairlead.values import decode, encode\n"
        "class Color(enum.Enum):\n    RED = 1\n"
        "assert decode(encode(Color.RED)) is Color.RED\nprint(encode(Color.RED))\n"
    )
    expected = str({"$enum": ["pkg.train:Color", "RED", 1]})
    for command in (["pkg/train.py"], ["-m", "pkg.train"], ["-c", "import pkg.train"]):
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected, command


def test_an_enum_member_counts_by_its_value_too() -> None:
    written: Any = encode(Color.RED)
    changed: Any = {"$enum": [*written["$enum"][:2], 7]}
    assert canonical_encoded(changed) != canonical(Color.RED)
