"""SpatialSoundQA as a task: its tables, the questions that are asked, and their scenes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from starbench.errors import SuiteError
from starbench.schema import Item
from starbench.storage.tables import Row
from starbench.suites.suite import Suite
from starbench.suites.validate import RawRecord, validate_records

from ...questions.columns import assign_columns
from ...questions.records import records
from ..data_set import DataSetPlace
from ..hub_sounds import ToDecode
from ..open_questions import OpenDataSet
from .answers import drawer
from .files import ON_THE_HUB
from .library import Library, library_folder, without_scene
from .rendering import HEADROOM_DB, RATE, SECONDS, SOURCE_DBFS
from .scenes import scenes_folder, source_paths


class SpatialSoundQa:
    """SpatialSoundQA (no licence stated): direction and distance of one or two sounds in rooms, by two ears."""

    data_set: ClassVar = OpenDataSet(
        name="spatialsoundqa",
        repository="zhisheng01/SpatialAudio",
        licence=None,
        tables=(
            "closed-end/*/eval*.json*",
            f"{ON_THE_HUB}/closed-end/*/eval*.json*",
            "*/eval-*.json*",
            "eval-*.json*",
        ),
        columns={"answer": "right", "audio": "audio_id", "category": "kind", "sub_category": "question_type"},
        published=("question_type", "question_id", "answer"),
        protocol="spatialsoundqa",
        answers=("answer",),
        drawer=drawer,
    )

    def load(self, source: str, *, skip_bad: bool = False, to_decode: ToDecode = tuple) -> Suite:
        """Read the questions, and render the scenes of those that ``to_decode`` picks; there are no others.

        ``source`` is the folder that holds ``closed-end``, ``AudioSet`` and ``mp3d_reverb`` (or the archives
        ``AudioSet/eval.zip`` and ``mp3d_reverb.zip``), one table in it, or a repository of the hub. Where none is
        picked, as for a list of the questions, those whose scenes have been rendered are read.

        Raises a SuiteError that lists every fault of the tables, and of the files of the scenes.
        """
        place = self.data_set.locate(source)
        others: list[str] = []
        rows = [_checked(row) for row in self.data_set.question_rows(place.tables, place.root, others)]
        raws = self._records(rows, place.tables[0])
        questions = {
            str(raw.fields["id"]): (row, raw) for row, raw in zip(rows, raws, strict=True) if not raw.problems
        }
        picked = [
            item.id
            for item in to_decode([Item.model_validate(dict(raw.fields)) for _, raw in questions.values()])
        ]
        if not picked:
            rendered = _library(place)
            picked = [one for one, (row, _) in questions.items() if rendered.has_scene(row)]
        faults = [without_scene(raw, *raw.problems) for raw in raws if raw.problems]
        if not (picked or faults):
            raise SuiteError(
                f"{place.root}: none of its scenes has been rendered here yet: run it first, with --limit"
            )
        intake = validate_records(
            [*faults, *_library(place).with_scenes([questions[one] for one in picked])],
            scenes_folder(),
            skip_bad=skip_bad,
            origin=place.root,
        )
        return Suite(
            name=self.data_set.name,
            root=scenes_folder(),
            items=intake.items,
            clips=intake.clips,
            default_protocol="starbench",
            official_protocol=self.data_set.protocol,
            licence=self.data_set.licence,
            skipped=intake.problems,
            spec={
                **place.origin,
                "tables": [table.name for table in place.tables],
                "asked": dict(Counter(str(item.category) for item in intake.items)),
                "not multiple choice": len(others),
            },
            declared={
                "rate_hz": RATE,
                "seconds": SECONDS,
                "source_dbfs": SOURCE_DBFS,
                "headroom_db": HEADROOM_DB,
                "two_sources": "mean",
            },
        )

    def _records(self, rows: Sequence[Row], table: Path) -> list[RawRecord]:
        if not rows:
            raise SuiteError(f"{table} holds no question whose answer has a closed set")
        # Where every row has a fault, its faults say more than that these are missing.
        names = dict.fromkeys(["question", "audio_id", "options", "right", "kind", "question_type"])
        names |= dict.fromkeys(name for row in rows for name in row.cells)
        columns = assign_columns(list(names), self.data_set.columns, str(table))
        return records(rows, columns, str, self.data_set.rules, self.data_set.name)


def _library(place: DataSetPlace) -> Library:
    return Library(place.root if place.snapshot else library_folder(place.root), place.snapshot)


def _checked(row: Row) -> Row:
    """A row with what is wrong with its sources, if nothing else is."""
    if row.problems:
        return row
    try:
        source_paths(row.cells)
    except SuiteError as error:
        return row._replace(problems=(str(error),))
    return row
