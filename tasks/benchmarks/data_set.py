"""A public data set of multiple-choice questions: where its tables and sounds are, and how its columns are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from os.path import expanduser
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, NamedTuple

from starbench.errors import SuiteError
from starbench.schema import Item
from starbench.schema.imported import Imported, Prediction, PredictionSet
from starbench.storage.tables import READERS, Row, read_rows
from starbench.suites.suite import Suite

from ..hub import Snapshot, download
from ..questions.columns import assign_columns
from ..questions.records import TableRules, records
from ..questions.sounds import Sounds
from ..questions.task import load_table
from .hub_sounds import HubSounds, ToDecode


class Table(NamedTuple):
    """A table of a data set, and the folder that the names of sounds lead from."""

    path: Path
    root: Path

    @property
    def folder(self) -> PurePosixPath:
        """Where the table lies below ``root``."""
        return PurePosixPath(self.path.parent.relative_to(self.root).as_posix())


class DataSetPlace(NamedTuple):
    """Where the tables of a data set are."""

    tables: Sequence[Path]
    root: Path
    snapshot: Snapshot | None = None
    """What was downloaded, if it is on the hub."""

    @property
    def origin(self) -> dict[str, str]:
        """For the record."""
        return self.snapshot.origin if self.snapshot else {"source": "local folder"}


def as_it_is(row: Row, table: Table) -> Iterable[Row]:  # noqa: ARG001
    """A row that is one question."""
    return (row,)


@dataclass(frozen=True)
class DataSet:
    """What is known of a public data set."""

    name: str
    repository: str
    """On the Hugging Face hub, owner/name."""
    licence: str | None
    tables: tuple[str, ...]
    """Patterns of its tables below its folder: those that match the first one that any matches."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """What holds what, where the usual names do not say it."""
    archives: tuple[str, ...] = ()
    """Patterns of the archive of its sounds, where they do not lie in folders."""
    factors: tuple[str, ...] = ()
    """Columns by whose values scores can be shown."""
    published: tuple[str, ...] = ()
    """Columns that the official prompt or report needs beside the question."""
    protocol: str | None = None
    """The protocol with its official prompt and scorer."""
    questions: Callable[[Row, Table], Iterable[Row]] = as_it_is
    """The questions of a row, as the intake reads them; none where it is no multiple-choice question."""

    def load(
        self,
        source: str,
        *,
        skip_bad: bool,
        to_decode: ToDecode = tuple,
        part: str = "",
        keep: Callable[[Row], bool] = lambda _: True,
    ) -> Suite:
        """Read and check the data set in the folder or table ``source``, or from the hub.

        ``source`` is a folder, a table, a repository with an optional ``@revision``, or nothing for the official
        repository; ``keep`` chooses the questions of a ``part``. From the hub, only the sounds of the items that
        ``to_decode`` picks are fetched, and only these are in the suite. Raises a SuiteError that lists every fault.
        """
        place = self.locate(source)
        sounds: Sounds
        how: dict[str, Any] = {"spec": place.origin}
        if place.snapshot is None:
            sounds = Sounds(place.root, self._place(place.root))
        else:
            sounds = remote = HubSounds(place.snapshot, self.archives)
            how["pick"] = partial(remote.pick, to_decode=to_decode)
        others: list[str] = []
        suite = load_table(
            filter(keep, self.question_rows(place.tables, place.root, others)),
            place.root / place.tables[0].name,
            self.rules,
            skip_bad,
            self.columns,
            sounds,
            name=f"{self.name}-{part}" if part else self.name,
            licence=self.licence,
            official_protocol=self.protocol,
            **how,
        )
        return replace(suite, spec={**suite.spec, "not multiple choice": len(others)}) if others else suite

    def locate(self, source: str) -> DataSetPlace:
        """Find the tables in ``source`` as :meth:`load` takes it, or download them; a SuiteError if there are none."""
        root = Path(expanduser(source))
        if not (source and root.exists()):
            snapshot = download(source or self.repository, self.tables)
            return DataSetPlace(self._tables(snapshot.root), snapshot.root, snapshot)
        return DataSetPlace([root], root.parent) if root.is_file() else DataSetPlace(self._tables(root), root)

    @property
    def rules(self) -> TableRules:
        """How its questions are read, beyond its columns."""
        return TableRules(self.name, repair_options=True, factors=self.factors, published=self.published)

    def question_rows(self, tables: Iterable[Path], root: Path, others: list[str]) -> Iterator[Row]:
        """The questions of the tables; the places of rows that hold none go to ``others``."""
        for path in tables:
            table = Table(path, root)
            for row in read_rows(path):
                questions = list(self.questions(row, table))
                if not questions:
                    others.append(row.where)
                yield from questions

    def predictions(self, path: Path, reply_fields: Sequence[str]) -> PredictionSet:
        """The questions of the table at ``path`` and what it says was replied to each; sounds are only named.

        Raises a SuiteError that lists every fault.
        """
        others: list[str] = []
        rows = list(self.question_rows([path], path.parent, others))
        names = list(dict.fromkeys(name for row in rows for name in row.cells))
        field = next((name for name in reply_fields if name in names), None)
        if field is None:
            raise SuiteError(f"{path}: no column holds replies: there is none of {', '.join(reply_fields)}")
        columns = assign_columns(
            [name for name in names if name not in reply_fields], self.columns, str(path)
        )
        raws = records(rows, columns, str, self.rules, self.name)
        faults = tuple(f"{raw.name}: {problem}" for raw in raws for problem in raw.problems)
        if faults:
            raise SuiteError(f"{path}: {len(faults)} problem(s) in the questions", faults)
        items = tuple(Item.model_validate(dict(raw.fields)) for raw in raws)
        return PredictionSet(
            model=path.stem,
            suite=self.name,
            protocol=self.protocol or "starbench",
            items=items,
            predictions=tuple(
                Prediction(item_id=item.id, reply=_reply(row.cells.get(field)), where=row.where)
                for item, row in zip(items, rows, strict=True)
                if field in row.cells
            ),
            imported=Imported(
                format=self.name, source=path.name, licence=self.licence, fields={field: len(items)}
            ),
        )

    def _tables(self, root: Path) -> list[Path]:
        for pattern in self.tables:
            found = [path for path in sorted(root.glob(pattern)) if path.suffix.lower() in READERS]
            if found:
                return found
        raise SuiteError(f"{root} is not the data set {self.name}: it has none of {', '.join(self.tables)}")

    def _place(self, root: Path) -> Path:
        """Where its sounds lie: in the archive if there is one and nobody unpacked it, else in the folder."""
        archives = [path for pattern in self.archives for path in sorted(root.glob(pattern))]
        unpacked = archives and archives[0].with_name(archives[0].name.partition(".")[0]).is_dir()
        return archives[0] if archives and not unpacked else root


class Benchmark:
    """A task that loads a public data set: ``name:FOLDER``, ``name:OWNER/NAME@REVISION``, or ``name`` alone."""

    data_set: ClassVar[DataSet]
    prediction_fields: ClassVar[tuple[str, ...]] = (
        "model_prediction",
        "model_output",
        "prediction",
        "response",
    )
    """Where the reply stands in files of predictions that repeat the questions; the first that a row has."""

    def load(self, source: str, *, skip_bad: bool = False, to_decode: ToDecode = tuple) -> Suite:
        """Read and check the data set; a SuiteError lists every fault."""
        return self.data_set.load(source, skip_bad=skip_bad, to_decode=to_decode)

    def read_predictions(self, path: Path) -> Iterator[PredictionSet]:
        """The predictions in a table that repeats the questions, as the official scorer reads them."""
        yield self.data_set.predictions(path, self.prediction_fields)


def _reply(cell: Any) -> str | None:
    return None if cell is None else str(cell)
