"""A run on disk: what was to be asked (written once, before anything is), and where the journal lies.

``run.json`` is the identity and everything needed to repeat the run, ``items.jsonl`` the questions,
``plan.jsonl`` one line a trial; with ``trials.jsonl``, and ``canary.json`` if there was a canary, they are all
that scoring reads, so a run can be scored long after its suite is gone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from starbench.errors import JournalError, RunError
from starbench.runs import journal, ownership
from starbench.schema import Canary, Identity, Item, Run, Trial
from starbench.storage.atomic import write_lines
from starbench.storage.records import as_json
from starbench.text import slug

RUN = "run.json"
ITEMS = "items.jsonl"
PLAN = "plan.jsonl"
CANARY = "canary.json"
_LOCK = ".lock"
_UNBEGUN = re.compile(rf"\{_LOCK}|{ITEMS}|{PLAN}|\.({RUN}|{ITEMS}|{PLAN})\.\d+")
DEFAULT_PARENT = Path("runs")

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
    def of(cls, trial: Trial) -> PlannedTrial:
        return cls(*(getattr(trial, name) for name in cls._fields))


def default_path(model: str, suites: Iterable[str]) -> Path:
    """A new dated directory below ``runs/`` in the working directory."""
    stem = slug("-".join([model, *suites]))
    base = DEFAULT_PARENT / f"{datetime.now().astimezone():%Y-%m-%d-%H%M%S}-{stem}"
    candidates = (base, *(base.with_name(f"{base.name}-{n}") for n in range(2, 100)))
    return next(path for path in candidates if not path.exists())


def hold(path: Path) -> AbstractContextManager[None]:
    """Lock the directory of a run for this process; raises :class:`RunError` if it is in use, or not a run's."""
    refuse_foreign(path)
    return ownership.hold(path, path / _LOCK)


def refuse_foreign(path: Path) -> None:
    """Raise :class:`RunError` if ``path`` exists, and holds neither a run nor what one leaves that never began."""
    if path.exists() and not (path / RUN).exists() and not _is_unbegun(path):
        raise RunError(f"{path} exists and is not a run: give another --out")


def begin(path: Path, run: Run, items: Mapping[ItemKey, Item], trials: Iterable[Trial]) -> bool:
    """Write what a run will ask, or check that this very run is resumed; whether it had been begun before.

    A resumed run gets the new label, if any. Raises :class:`RunError` if the directory holds a run of another
    identity, or cannot be written.
    """
    if (path / RUN).exists():
        begun = read(path)
        ownership.refuse_other(path, "another run", _flat(begun.identity), _flat(run.identity))
        planned = [PlannedTrial.of(trial) for trial in trials]
        if planned != read_plan(path) or begun.adaptations != run.adaptations:
            raise RunError(
                f"{path} planned other trials (what the model declares it can take has changed): "
                "give another --out"
            )
        if run.label not in (None, begun.label):
            _write_run(path, begun.model_copy(update={"label": run.label}))
        return True
    with ownership.write_errors(path):
        write_lines(path / ITEMS, (_item_line(suite, item) for (suite, _), item in items.items()))
        write_lines(path / PLAN, (json.dumps(PlannedTrial.of(trial)) for trial in trials))
        # Last, because its presence says that the others are whole.
        _write_run(path, run)
    return False


def _write_run(path: Path, run: Run) -> None:
    with ownership.write_errors(path):
        write_lines(path / RUN, [as_json(run, indent=2)])


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
    try:
        return _read(path / RUN, Run)
    except FileNotFoundError as error:
        raise RunError(f"{path} is not a run: it has no {RUN}") from error


def read_items(path: Path) -> dict[ItemKey, Item]:
    """The questions of the run, by suite and id."""
    return dict(_rows(path / ITEMS, _item))


def read_plan(path: Path) -> list[PlannedTrial]:
    """Every trial that the run set out to ask."""
    return list(_rows(path / PLAN, _planned_trial))


def write_canary(path: Path, canary: Canary) -> None:
    """Record what the canary found, in place of what an earlier one did."""
    try:
        write_lines(path / CANARY, [as_json(canary, indent=2)])
    except OSError as error:
        raise JournalError(f"{path / CANARY} cannot be written ({error.strerror}): make room") from error


def read_canary(path: Path) -> Canary | None:
    """What the latest canary found, None if there was none."""
    try:
        return _read(path / CANARY, Canary)
    except FileNotFoundError:
        return None


def _read(file: Path, model: type[ModelT]) -> ModelT:
    try:
        return model.model_validate_json(file.read_text("utf-8"))
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # a ValidationError is a ValueError
        raise RunError(f"{file} cannot be read: {error}") from error


def _planned_trial(row: list[Any]) -> PlannedTrial:
    suite, item_id, rotation, condition, protocol, contents, letter, extension = row
    return PlannedTrial(suite, item_id, rotation, condition, protocol, tuple(contents), letter, extension)


def _flat(identity: Identity) -> dict[str, Any]:
    """Every part of an identity by its name, options beside the rest."""
    fields = identity.model_dump(mode="json")
    return {**fields.pop("setup"), **fields}


def _item_line(suite: str, item: Item) -> str:
    fields = item.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps({"suite": suite, **fields}, ensure_ascii=False)


def _item(fields: dict[str, Any]) -> tuple[ItemKey, Item]:
    suite = fields.pop("suite")
    return (suite, fields["id"]), Item.model_validate(fields)


def _rows(path: Path, parse: Callable[[Any], Row]) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield parse(json.loads(line))
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error
