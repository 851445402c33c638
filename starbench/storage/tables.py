"""Tables as users have them: JSON, JSON lines, CSV, TSV and Parquet, read row by row."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from starbench.errors import InputError, SuiteError
from starbench.storage.inputs import lines, parse_json, read_bytes, read_json

#: Bytes of a Parquet file that are read at a time: its rows may hold clips, and each slice reads whole row groups.
_SLICE_BYTES = 256 * 2**20
_DELIMITERS = ",;\t"
#: Rows of a CSV file that may be broken: with more, it is something else.
_MOST_BROKEN = 100


class Row(NamedTuple):
    """One row as it stands in a table."""

    where: str
    """``FILE:LINE``, ``FILE[INDEX]`` or ``FILE: row N``."""
    cells: dict[str, Any]
    problems: tuple[str, ...] = ()


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of the table at ``path``, of the format that its suffix names.

    Raises a SuiteError if it is not a table of such a format; a damaged row is a Row with problems.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise SuiteError(f"{path}: its name must end in {', '.join(READERS)}, so that its format is known")
    if not path.is_file():
        raise SuiteError(f"there is no file {path}")
    try:
        yield from reader(path)
    except OSError as error:
        raise SuiteError(f"{path} cannot be read: {error.strerror or error}") from error


def _json(path: Path) -> Iterator[Row]:
    yield from rows_of(read_json(path, SuiteError), path)


def rows_of(content: Any, path: Path) -> Iterator[Row]:
    """The rows of a JSON document: an array of objects, or an object that holds one such array."""
    if isinstance(content, dict):
        arrays = [value for value in content.values() if isinstance(value, list)]
        content = arrays[0] if len(arrays) == 1 else None
    if not isinstance(content, list):
        raise SuiteError(f"{path} must hold a JSON array of rows, or an object with one array")
    for number, cells in enumerate(content):
        yield _row(f"{path.name}[{number}]", cells)


def _json_lines(path: Path) -> Iterator[Row]:
    for number, line in enumerate(lines(path), 1):
        if line.strip():
            try:
                cells = parse_json(line, "the line")
            except InputError as error:
                yield Row(f"{path.name}:{number}", {}, (str(error),))
                continue
            yield _row(f"{path.name}:{number}", cells)


def _row(where: str, cells: Any) -> Row:
    if isinstance(cells, dict):
        return Row(where, cells)
    return Row(where, {}, ("is not a JSON object with a name for each value",))


def _csv(path: Path) -> Iterator[Row]:
    data = read_bytes(path)
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # Excel's "Unicode text"
    text = data.decode("utf-16" if utf_16 else "utf-8-sig", "surrogateescape")
    table = io.StringIO(text, newline="").readlines()
    if "\0" in text:
        raise SuiteError(f"{path} is not a text: save the table as CSV in UTF-8")
    delimiter = max(_DELIMITERS, key=table[0].count) if table else ","
    # Long texts are no error; an open quotation mark is one, and says so by the length of its cell.
    csv.field_size_limit(2**24)
    names: list[str] | None = None
    broken = 0
    for first, cells in _csv_rows(table, delimiter):
        where = f"{path.name}:{first}"
        if isinstance(cells, csv.Error):
            broken += 1
            if names is None or broken > _MOST_BROKEN:
                raise SuiteError(f"{path}:{first}: is not CSV from here: {cells}") from cells
            yield Row(
                where,
                {},
                (f"is not CSV: {cells}: close each quotation mark, and write one within a text twice",),
            )
        elif not any(cell.strip() for cell in cells):
            continue
        elif names is None:
            names = _header(path, cells)
        elif not all(cell.isprintable() or _is_utf_8(cell) for cell in cells):
            yield Row(where, {}, ("is not UTF-8: save the table as CSV in UTF-8",))
        elif len(cells) != len(names):
            problem = f"has {len(cells)} cells where the header has {len(names)}"
            yield Row(where, {}, (f"{problem}: put a text with {delimiter!r} in quotes",))
        else:
            yield Row(where, {name: cell for name, cell in zip(names, cells, strict=True) if cell.strip()})


def _csv_rows(table: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Each row's first line, from 1, and its cells; after a row that is broken, reading starts at its next line."""
    first = 0
    while first < len(table):
        reader = csv.reader(islice(table, first, None), delimiter=delimiter, strict=True)
        start = first
        try:
            for cells in reader:
                yield first + 1, cells
                first = start + reader.line_num
        except csv.Error as error:
            yield first + 1, error
            first += 1


def _is_utf_8(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def _header(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SuiteError(f"{path}:1: two columns are named {repeated[0]!r}: rename one")
    return names


def _parquet(path: Path) -> Iterator[Row]:
    try:
        import polars
    except ImportError as error:
        raise SuiteError(f"{path}: reading Parquet needs pip install 'starbench[frames]'") from error
    try:
        table = polars.scan_parquet(path)
        n_rows = table.select(polars.len()).collect().item()
        size = max(1, n_rows * _SLICE_BYTES // max(1, path.stat().st_size))
        for start in range(0, n_rows, size):
            for number, cells in enumerate(table.slice(start, size).collect().iter_rows(named=True), start):
                yield Row(f"{path.name}: row {number}", cells)
    except polars.exceptions.PolarsError as error:
        raise SuiteError(f"{path} is not Parquet: {str(error).partition(chr(10))[0]}") from error


#: Suffix of a file -> how it is read.
READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".json": _json,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
}
