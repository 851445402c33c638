"""Everything that is written, with every value its type takes: it is refused, or read back as it was."""

from __future__ import annotations

import json
import math
import reprlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import NoneType, SimpleNamespace, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints
from unittest.mock import patch

import hypothesis
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from starbench.errors import StarbenchError
from starbench.reporting.entries import read_entries, write_entries
from starbench.runs import directory, journal
from starbench.runs.caption_record import CaptionRecord
from starbench.schema import Canary, Item, JournalLine, Prices, Run, Trial
from starbench.schema.caption import CaptionHeader, CaptionLine
from starbench.schema.entry import LeaderboardEntry
from starbench.suites import captions

from . import child
from .campaign import OK, Case, FaultKind, Judgement, Verdict, numbers

#: Examples in each case: a case is a seed.
_EXAMPLES = 8
_HUGE = 10**400


# Values ----------------------------------------------------------------------------------------------

_TEXT = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=()), max_size=6),
    st.sampled_from(["", "\ud800", "\x00", "\x85\u2028\n", "\u202e", "A", "x" * 5000]),
)
_FLOATS = st.one_of(st.floats(), st.sampled_from([math.inf, -math.inf, math.nan, 1e308, 5e-324, -0.0]))
_INTEGERS = st.one_of(st.integers(-3, 9), st.sampled_from([_HUGE, -_HUGE, 2**53 + 1, 2**63]))
_LEAVES = st.one_of(st.none(), st.booleans(), _INTEGERS, _FLOATS, _TEXT)


def _nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = {"a": [value]}
    return value


_ANY = st.one_of(
    st.recursive(
        _LEAVES, lambda one: st.lists(one, max_size=2) | st.dictionaries(_TEXT, one, max_size=2), max_leaves=4
    ),
    st.sampled_from([100, 400, 2000]).map(_nested),
)
_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: _TEXT, float: _FLOATS, int: _INTEGERS, bool: st.booleans(), NoneType: st.none(), Any: _ANY,
}  # fmt: skip


def _values(annotation: Any) -> st.SearchStrategy[Any]:
    """What may stand where a field of this type does; constraints are the model's own business."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    if origin is Annotated:
        return _values(arguments[0])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of(*map(_values, arguments))
    if origin is dict:
        return st.dictionaries(_values(arguments[0]), _values(arguments[1]), max_size=2)
    if origin is tuple and arguments[-1] is not ...:
        return st.tuples(*map(_values, arguments))
    if origin in (tuple, list):
        return st.lists(_values(arguments[0]), max_size=3).map(tuple)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _models(annotation)
    return st.from_type(annotation)


def _models(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Fields of a model: usually fit, with one hostile value here and there."""
    hints = get_type_hints(model, include_extras=True)
    fields = {name: st.deferred(lambda hint=hints[name]: _values(hint)) for name in model.model_fields}  # type: ignore[misc]
    needed = {name: fields.pop(name) for name in list(fields) if model.model_fields[name].is_required()}
    return st.fixed_dictionaries(needed, optional=fields)


# What is written and read ----------------------------------------------------------------------------


#: Fields that are worked out when a record is written.
_COMPUTED = {"files"}


class Shape(NamedTuple):
    """A record with a sound example from the world, and how it goes to disk and comes back."""

    model: type[BaseModel]
    example: Callable[[Path], Any]
    write: Callable[[Path, Any, Path], object]
    read: Callable[[Path], Any]


def _append(name: str) -> Callable[[Path, Any, Path], None]:
    """Append a line by the writer of journals; a file of captions begins with a header."""

    def write(folder: Path, line: Any, world: Path) -> None:
        if name != journal.NAME:
            head = (world / "captions.jsonl").read_bytes().split(b"\n")[0]
            (folder / name).write_bytes(head + b"\n")
        with journal.LineWriter(folder / name) as writer:
            writer.append(line)

    return write


def _begin_captions(folder: Path, header: Any, world: Path) -> None:
    CaptionRecord(SimpleNamespace(header=header), folder / "c.jsonl").begin()  # type: ignore[arg-type]


def _write_entry(folder: Path, entry: Any, world: Path) -> None:
    named = entry.model_copy(update={"suite": entry.suite.model_copy(update={"name": "x"})})
    with patch("starbench.reporting.entries.entries_of", lambda *_: [named]):
        write_entries(SimpleNamespace(path=folder), None)  # type: ignore[arg-type]


def _read_entry(folder: Path) -> Any:
    (entry,) = read_entries([folder / "entry-x.json"])
    return entry


def _write_run(folder: Path, record: Any, world: Path) -> None:
    """Write a run that is the record, or of which it is a part."""
    run = directory.read(world / "run")
    if isinstance(record, Prices):
        run = run.model_copy(update={"prices": record})
    items = {("s", record.id): record} if isinstance(record, Item) else {}
    trials = [record] if isinstance(record, Trial) else []
    directory.begin(folder, record if isinstance(record, Run) else run, items, trials)


def _without_files(folder: Path) -> Run:
    """A run's record, apart from the digests of files, which are taken when it is written."""
    return directory.read(folder).model_copy(update={"files": {}})


def _first_trial(world: Path) -> Trial:
    planned = directory.read_plan(world / "run")[0]._asdict()
    return Trial(**planned, options=("a", "b", "c", "d"), clip_order=(0,), parts=())


SHAPES = {
    "JournalLine": Shape(
        JournalLine,
        lambda world: next(journal.read(world / "run")),
        _append(journal.NAME),
        lambda folder: next(journal.read(folder)),
    ),
    "CaptionLine": Shape(
        CaptionLine,
        lambda world: next(captions.lines(world / "captions.jsonl")),
        _append("c.jsonl"),
        lambda folder: next(captions.lines(folder / "c.jsonl")),
    ),
    "CaptionHeader": Shape(
        CaptionHeader,
        lambda world: captions.read(world / "captions.jsonl").header,
        _begin_captions,
        lambda folder: captions.read(folder / "c.jsonl").header,
    ),
    "Run": Shape(Run, lambda world: _without_files(world / "run"), _write_run, _without_files),
    "Item": Shape(
        Item,
        lambda world: next(iter(directory.read_items(world / "run").values())),
        _write_run,
        lambda folder: next(iter(directory.read_items(folder).values())),
    ),
    "Trial": Shape(Trial, _first_trial, _write_run, lambda folder: directory.read_plan(folder)[0]),
    "Canary": Shape(
        Canary,
        lambda world: directory.read_canary(world / "run"),
        lambda folder, canary, world: directory.write_canary(folder, canary),
        directory.read_canary,
    ),
    "LeaderboardEntry": Shape(
        LeaderboardEntry, lambda world: read_entries([world / "entry.json"])[0], _write_entry, _read_entry
    ),
    "Prices": Shape(
        Prices,
        lambda world: directory.read(world / "run").prices,
        _write_run,
        lambda folder: directory.read(folder).prices,
    ),
}


def kinds() -> list[FaultKind]:
    return [FaultKind(f"round trips: {name}", numbers(24), _judge, short=2) for name in SHAPES]


def _judge(case: Case) -> Judgement:
    name = case.kind.removeprefix("round trips: ")
    ended = child.call(try_examples, name, str(case.world.path("")), str(case.folder), case.label, seconds=60)
    if ended.code is None:
        return Judgement(Verdict.HANG, ended.complaint)
    if ended.code or not ended.out.strip():
        return Judgement(Verdict.CRASH, f"exit code {ended.code}: {ended.stack_end}")
    verdict, detail = json.loads(ended.out.splitlines()[-1])
    return Judgement(Verdict(verdict), detail)


def try_examples(name: str, world: str, folder: str, seed: str) -> None:
    """Print the worst verdict over some examples of one shape, as JSON."""
    shape, found = SHAPES[name], [OK]
    example = shape.example(Path(world))
    hints = get_type_hints(shape.model, include_extras=True)

    @hypothesis.seed(int(seed))
    @hypothesis.settings(
        max_examples=_EXAMPLES, database=None, deadline=None, phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(st.data())
    def attack(data: st.DataObject) -> None:
        for field in data.draw(
            st.lists(st.sampled_from(sorted({*shape.model.model_fields} - _COMPUTED)), min_size=3, max_size=3)
        ):
            value = data.draw(_values(hints[field]))
            found.append(_round_trip(shape, example, field, value, Path(world), Path(folder)))

    attack()
    bad = [judgement for judgement in found if judgement.verdict is not Verdict.OK]
    print(json.dumps([*(bad or found)[0]]))


def _round_trip(shape: Shape, example: Any, field: str, value: Any, world: Path, folder: Path) -> Judgement:
    fields = {name: getattr(example, name) for name in shape.model.model_fields} | {field: value}
    what = f"{field} = {reprlib.repr(value)}"
    try:
        record = shape.model.model_validate(fields)
    except (ValidationError, RecursionError):
        return OK
    except UnicodeError as error:  # of a validator's own message
        return Judgement(Verdict.CRASH, f"{what}: {type(error).__name__} while it is checked")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        try:
            shape.write(Path(place), record, world)
        except StarbenchError:
            return OK
        except Exception as error:  # noqa: BLE001 - as below
            return Judgement(Verdict.CRASH, f"{what}: {type(error).__name__} at writing: {str(error)[:100]}")
        try:
            back = shape.read(Path(place))
        except StarbenchError as error:
            return Judgement(Verdict.LOST, f"{what} is written and cannot be read: {str(error)[-160:]}")
        except Exception as error:  # noqa: BLE001 - whatever else, RecursionError too, is a crash
            return Judgement(Verdict.CRASH, f"{what}: {type(error).__name__}: {str(error)[:100]}")
    wanted: Any = directory.PlannedTrial.of(record) if isinstance(record, Trial) else record
    if isinstance(record, LeaderboardEntry):
        wanted = record.model_copy(update={"suite": back.suite})
    return (
        OK
        if _same(wanted, back)
        else Judgement(Verdict.WRONG, f"{what} comes back as {reprlib.repr(getattr(back, field, back))}")
    )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, BaseModel):
        return type(one) is type(other) and all(_same(value, getattr(other, name)) for name, value in one)
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(_same(one[k], other[k]) for k in one)
        )
    if isinstance(one, list | tuple):
        return isinstance(other, list | tuple) and len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
