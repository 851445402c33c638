"""A run on disk: what was to be asked (written once, before anything is), and where the journal lies.

``run.json`` is the identity and everything needed to repeat the run, ``items.jsonl`` the questions,
``plan.jsonl`` one line a trial; with ``trials.jsonl``, and ``canary.json`` if there was a canary, they are all
that scoring reads, so a run can be scored long after its suite is gone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from hashlib import file_digest
from os.path import lexists
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from starbench.errors import InputError, JournalError, RunError
from starbench.runs import journal, ownership
from starbench.schema import Canary, Item, Run, Trial
from starbench.storage.atomic import write_lines
from starbench.storage.inputs import lines, opened, parse_json, read_json
from starbench.storage.json_lines import append_lines, parse_lines
from starbench.storage.records import as_json
from starbench.text import slug, validation_problem

RUN = "run.json"
ITEMS = "items.jsonl"
PLAN = "plan.jsonl"
CANARY = "canary.json"
#: The questions as a suite, in the folder of a run that chooses them as it goes.
SUITE = "suite"
_LOCK = ".lock"
_UNBEGUN = re.compile(rf"\{_LOCK}|{ITEMS}|{PLAN}|\.({RUN}|{ITEMS}|{PLAN})\.\d+")
DEFAULT_PARENT = Path("runs")
_FIX = "restore the file, or start anew with another --out"

ItemKey = tuple[str, str]
Row = TypeVar("Row")
ModelT = TypeVar("ModelT", bound=BaseModel)


class PlannedTrial(NamedTuple):
    """What scoring needs of a trial; a light tuple, because a run can plan a hundred thousand."""

    suite: str
    item_id: str
    rotation: int
    condition: str
    protocol: str
    contents: tuple[int, ...]
    answer_letter: str
    extension: bool

    @property
    def key(self) -> tuple[str, str, int, str]:
        return (self.suite, self.item_id, self.rotation, self.condition)

    @property
    def right_content(self) -> int:
        """Index, in the item's own order, of the right option."""
        return self.contents[ord(self.answer_letter) - ord("A")]

    @classmethod
    def of(cls, trial: Trial | PlannedTrial) -> PlannedTrial:
        return cls(*(getattr(trial, name) for name in cls._fields))


_PLANNED = TypeAdapter(
    tuple[str, str, int, str, str, tuple[int, ...], Annotated[str, Field(pattern=r"^[A-Z]$")], bool],
    config=ConfigDict(strict=True),
)


def default_path(model: str, suites: Iterable[str]) -> Path:
    """A new dated directory below ``runs/`` in the working directory."""
    stem = slug("-".join([model, *suites]))
    base = DEFAULT_PARENT / f"{datetime.now().astimezone():%Y-%m-%d-%H%M%S}-{stem}"
    candidates = (base, *(base.with_name(f"{base.name}-{n}") for n in range(2, 100)))
    return next(path for path in candidates if not path.exists())


def is_run(path: Path) -> bool:
    """Whether a run was begun in this directory."""
    return (path / RUN).exists()


def hold(path: Path) -> AbstractContextManager[None]:
    """Lock the directory of a run for this process; raises :class:`RunError` if it is in use, or not a run's."""
    refuse_foreign(path)
    return ownership.hold(path, path / _LOCK)


def refuse_foreign(path: Path) -> None:
    """Raise :class:`RunError` if ``path`` exists, and holds neither a run nor what one leaves that never began."""
    if path.exists() and not is_run(path) and not _is_unbegun(path):
        raise RunError(f"{path} exists and is not a run: give another --out")


def begin(
    path: Path, run: Run, items: Mapping[ItemKey, Item], trials: Sequence[Trial | PlannedTrial]
) -> bool:
    """Write what a run will ask, or what more where this very run is resumed; whether it had been begun before.

    A resumed run gets the new label, if any, the new conditions, and floors if it had none. Raises
    :class:`RunError` if the directory holds a run of another identity, or cannot be written.
    """
    begun = begun_run(path, run, trials)
    if begun is not None:
        kept = {name: getattr(begun, name) for name in ("served_by", "versions", "prices", "created")}
        amended = begun if run.identity == begun.identity else run
        gained = {"label": run.label or begun.label, "floors": begun.floors or run.floors}
        run = amended.model_copy(update={**kept, **gained})
        if run == begun:
            return True
    with ownership.write_errors(path):
        write_questions(path, items, trials)
        # Last, because its presence says that the others are whole.
        write_record(
            path, run.model_copy(update={"files": {name: _digest(path / name) for name in (ITEMS, PLAN)}})
        )
    return begun is not None


def write_questions(
    path: Path, items: Mapping[ItemKey, Item], trials: Iterable[Trial | PlannedTrial]
) -> None:
    """Write the questions of a run and its planned trials, in place of those that are there."""
    write_lines(path / ITEMS, (_item_line(suite, item) for (suite, _), item in items.items()))
    write_lines(path / PLAN, (json.dumps(PlannedTrial.of(trial)) for trial in trials))


def append_questions(path: Path, items: Mapping[ItemKey, Item], trials: Iterable[Trial]) -> None:
    """Add questions and planned trials to a run whose questions follow from the answers."""
    append_lines(path / ITEMS, (_item_line(suite, item) for (suite, _), item in items.items()))
    append_lines(path / PLAN, (json.dumps(PlannedTrial.of(trial)) for trial in trials))


def write_record(path: Path, run: Run) -> None:
    """Write the record of a run, in place of the one that is there."""
    write_lines(path / RUN, [as_json(run, indent=2)])


def begun_run(path: Path, run: Run, trials: Iterable[Trial | PlannedTrial]) -> Run | None:
    """The record of this very run, perhaps of fewer conditions, at ``path``; None if none was begun there.

    Raises :class:`RunError` if it is another run's.
    """
    if not is_run(path):
        return None
    begun = read(path)
    old, new = begun.identity.setup, run.identity.setup
    gains = set(old.conditions) < set(new.conditions)
    gained: dict[str, Any] = {"conditions": new.conditions} if gains else {}
    if gains and not any(name.startswith("caption") for name in old.conditions):
        gained["captions"] = new.captions
    amended = begun.identity.model_copy(update={"setup": old.model_copy(update=gained)})
    ownership.refuse_other(path, "another run", amended, run.identity)
    plans = (read_plan(path), map(PlannedTrial.of, trials))
    before, now = ([trial for trial in plan if trial.condition in old.conditions] for plan in plans)
    if before != now or (begun.adaptations != run.adaptations and not gains):
        why = "what the model declares it can take has changed"
        raise RunError(f"{path} planned other trials ({why}): give another --out")
    return begun


def refuse_changed(path: Path, run: Run) -> None:
    """Raise :class:`RunError` if a file of the run is not what it was when the run was begun."""
    for name, digest in run.files.items():
        if name in (ITEMS, PLAN) and _digest(path / name) != digest:
            raise RunError(f"{path / name} was changed after the run had begun: restore it")


def _digest(file: Path) -> str:
    try:
        with opened(file) as data:
            return file_digest(data, "sha256").hexdigest()
    except OSError as error:
        raise RunError(f"{file} cannot be read: {error.strerror}") from error


def discard(path: Path) -> None:
    """Remove the files of a run, and the directory if nothing else is in it."""
    try:
        # The record goes first: without it the rest is what a run leaves that never began.
        for name in (RUN, CANARY, journal.NAME, ITEMS, PLAN, _LOCK):
            (path / name).unlink(missing_ok=True)
        with suppress(OSError):  # something else lies in it
            path.rmdir()
    except OSError as error:
        raise RunError(f"{path} cannot be removed: {error.strerror}") from error


def _is_unbegun(path: Path) -> bool:
    """Whether a directory holds nothing but what a run leaves that died before it had begun."""
    return path.is_dir() and all(_UNBEGUN.fullmatch(file.name) for file in path.iterdir())


def read(path: Path) -> Run:
    """The record of the run at ``path``; raises :class:`RunError` if there is none, or it is damaged."""
    if not lexists(path / RUN):
        raise RunError(f"{path} is not a run: it has no {RUN}")
    return _read(path / RUN, Run)


def read_items(path: Path) -> dict[ItemKey, Item]:
    """The questions of the run, by suite and id."""
    return dict(_rows(path / ITEMS, _item, "question"))


def read_plan(path: Path) -> list[PlannedTrial]:
    """Every trial that the run set out to ask."""
    return list(_rows(path / PLAN, _planned_trial, "planned trial"))


def write_canary(path: Path, canary: Canary) -> None:
    """Record what the canary found, in place of what an earlier one did."""
    try:
        write_lines(path / CANARY, [as_json(canary, indent=2)])
    except OSError as error:
        raise JournalError(f"{path / CANARY} cannot be written ({error.strerror}): make room") from error


def read_canary(path: Path) -> Canary | None:
    """What the latest canary found, None if there was none."""
    return _read(path / CANARY, Canary) if lexists(path / CANARY) else None


def _read(file: Path, model: type[ModelT]) -> ModelT:
    content = read_json(file, RunError)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise RunError(f"{file} cannot be read: {validation_problem(error)}: {_FIX}") from error


def _planned_trial(row: bytes) -> PlannedTrial:
    return PlannedTrial._make(_PLANNED.validate_json(row))


def _item_line(suite: str, item: Item) -> str:
    fields = item.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps({"suite": suite, **fields}, ensure_ascii=False)


def _item(row: bytes) -> tuple[ItemKey, Item]:
    fields = parse_json(row, "the line")
    suite = fields.pop("suite", None) if isinstance(fields, dict) else None
    if not isinstance(suite, str):
        raise InputError("suite: names none")
    item = Item.model_validate(fields)
    return (suite, item.id), item


def _rows(path: Path, parse: Callable[[bytes], Row], what: str) -> Iterator[Row]:
    try:
        yield from parse_lines(path, lines(path), parse, what, fix=_FIX)
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from error
