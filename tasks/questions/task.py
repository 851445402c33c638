"""Anybody's questions: a table of them, and their sounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import Any

from starbench.errors import SuiteError
from starbench.storage.tables import READERS, Row, read_rows
from starbench.suites.suite import Suite
from starbench.suites.validate import RawRecord, validate_records
from starbench.text import slug

from .columns import assign_columns, audio_columns
from .hugging_face import is_data_set, read_data_set
from .records import TableRules, records
from .sounds import Sounds
from .template import write_template

#: Tables that a folder is searched for, as Hugging Face names them.
_TABLES = ("questions", "metadata", "test", "train")
#: Most columns: a table with more holds something else.
_MOST_COLUMNS = 1000


class Questions:
    """Your own questions: a table (CSV, TSV, JSON, JSON lines, Parquet), a folder with one, or one of the hub."""

    def load(
        self,
        source: str,
        *,
        skip_bad: bool = False,
        columns: Mapping[str, str] | None = None,
        sounds: Path | None = None,
    ) -> Suite:
        """Read and check the questions.

        ``source`` is a table, a folder that holds one, or a data set of the library ``datasets``: a folder that it
        wrote, or ``owner/name@revision#config/split`` on the hub. ``columns`` says which of its columns holds what,
        where the usual names do not (``{"options": "choices"}``). ``sounds`` is the folder or archive of the sounds,
        by default the table's folder. With ``skip_bad``, damaged questions are left out and listed.

        Raises a SuiteError that lists every fault of the table.
        """
        rules = TableRules(task="Questions")
        if is_data_set(source):
            rows, path, identity = read_data_set(source)
            return load_table(rows, path, rules, skip_bad, columns or {}, Sounds(path, sounds), spec=identity)
        path = _table(source)
        return load_table(read_rows(path), path, rules, skip_bad, columns or {}, Sounds(path.parent, sounds))

    def write_template(self, out: Path) -> tuple[Path, ...]:
        """Write a table with a few questions, and their sounds, to start from; returns the files."""
        return write_template(out)


def _table(source: str) -> Path:
    """The table that ``source`` names, or the only one in the folder that it names."""
    if not source:
        raise SuiteError("no file of questions is named: write questions:FILE")
    path = Path(source).expanduser()
    if not path.is_dir():
        return path
    found = [file for file in sorted(path.iterdir()) if file.suffix.lower() in READERS]
    usual = [file for name in _TABLES for file in found if file.stem == name]
    if not (usual or found):
        raise SuiteError(f"{path} holds no table of questions ({', '.join(READERS)})")
    if len(usual or found) > 1:
        listed = ", ".join(file.name for file in (usual or found)[:5])
        raise SuiteError(f"{path} holds several tables ({listed}): name the one to read")
    return (usual or found)[0]


def load_table(
    rows: Iterable[Row],
    path: Path,
    rules: TableRules,
    skip_bad: bool,
    columns: Mapping[str, str],
    sounds: Sounds,
    pick: Callable[[list[RawRecord]], list[RawRecord]] = list,
    **suite: Any,
) -> Suite:
    """The suite that the rows of the table at ``path`` describe; ``suite`` are fields of the Suite.

    ``pick`` chooses records before their sounds are fetched.
    """
    kept: list[Row] = []
    names: dict[str, None] = {}
    with_sounds: tuple[str, ...] = ()
    for row in rows:
        if not row.cells.keys() <= names.keys():
            names |= dict.fromkeys(row.cells)
            if len(names) > _MOST_COLUMNS:
                raise SuiteError(
                    f"{path} has more than {_MOST_COLUMNS} columns: it is not a table of questions"
                )
            with_sounds = audio_columns(list(names), columns)
        cells = {
            name: sounds.keep(cell) if name in with_sounds else _small(cell)
            for name, cell in row.cells.items()
        }
        kept.append(row._replace(cells=cells))
    if not kept:
        raise SuiteError(f"{path} holds no question")
    if not names:
        faults = tuple(f"{row.where}: {problem}" for row in kept for problem in row.problems)
        raise SuiteError(f"{path}: none of its {len(kept)} row(s) can be read", faults)
    assigned = assign_columns(list(names), columns, str(path))
    stem = slug(path.stem)
    raws = pick(records(kept, assigned, sounds.name, rules, stem))
    failures = sounds.unpack()
    raws = [_with_failures(raw, failures, ", ".join(with_sounds)) for raw in raws]
    intake = validate_records(raws, sounds.root, skip_bad=skip_bad, origin=path, boundary=sounds.boundary)
    unread = [name for name in assigned.unused if name not in rules.factors]
    given = {"columns": {kind: ", ".join(of) for kind, of in assigned.of.items()}, "not read": unread}
    return Suite(
        **{"name": stem, "default_protocol": "starbench", "licence": None}
        | suite
        | {"spec": {"table": path.name, **given, **suite.get("spec", {})}},
        root=sounds.root,
        items=intake.items,
        clips=intake.clips,
        skipped=intake.problems,
        boundary=sounds.boundary,
    )


def _small(cell: Any) -> Any:
    """A cell that is not about sounds: without a picture or a film that it may hold, and None for a table's NaN."""
    holds_bytes = isinstance(cell, bytes) or (isinstance(cell, dict) and isinstance(cell.get("bytes"), bytes))
    return None if holds_bytes or (isinstance(cell, float) and isnan(cell)) else cell


def _with_failures(raw: RawRecord, failures: Mapping[str, str], column: str) -> RawRecord:
    """A record with what kept its sounds from being unpacked."""
    paths = raw.fields.get("audio_paths", ())
    found = tuple(f"{column}: {failures[path]}" for path in paths if path in failures)
    if not found:
        return raw
    fields = {**raw.fields, "audio_paths": tuple(path for path in paths if path not in failures)}
    return replace(raw, fields=fields, problems=raw.problems + found)
