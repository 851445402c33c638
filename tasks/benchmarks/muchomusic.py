"""MuChoMusic (Weck et al., arXiv 2408.01337): its table, and the tables of the two sets that its sounds come from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from starbench.errors import SuiteError
from starbench.storage.tables import Row, read_rows
from starbench.synthesis import generator

from .data_set import Benchmark, DataSet, Table

_OPTIONS = ("correct_answer", "distractor_1_answer", "distractor_2_answer", "distractor_3_answer")


def _with_sound(row: Row, table: Table) -> Iterator[Row]:
    """A row with the name of its sound and its options in an order drawn by its id.

    The official script draws an order anew for each run; the table has the right answer first.
    """
    identifier = str(row.cells.get("dataset_identifier", "")).removesuffix(".json")
    source = row.cells.get("dataset")
    try:
        sound = _SOUNDS[str(source)](table.root, identifier)
    except KeyError:
        yield row._replace(problems=(f"dataset: no sound is known of {source!r}, {identifier!r}",))
        return
    options = [row.cells.get(name) for name in _OPTIONS]
    order = generator(0, "muchomusic", row.where.partition(":")[2]).permutation(len(options))
    kinds = {name: _kinds(row.cells.get(name)) for name in ("music_knowledge", "music_reasoning")}
    yield row._replace(
        cells={**row.cells, **kinds, "options": [options[place] for place in order], "audio": sound}
    )


def _kinds(cell: Any) -> list[Any] | None:
    """The list that a cell holds as Python writes it; None where it is empty."""
    try:
        value = ast.literal_eval(str(cell))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return value if isinstance(value, list) else None


def _song_describer(root: Path, identifier: str) -> str:
    path = str(_table(root / "sdd" / "song_describer.csv", "track_id")[identifier]["path"])
    return f"sdd/audio/{path.replace('.mp3', '.2min.mp3')}"


def _music_caps(root: Path, identifier: str) -> str:
    clip = identifier.rpartition("_")[0]
    cells = _table(root / "musiccaps" / "musiccaps-public.csv", "ytid")[clip]
    return f"musiccaps/audio/[{clip}]-[{int(cells['start_s'])}-{int(cells['end_s'])}].wav"


@cache
def _table(path: Path, key: str) -> dict[str, dict[str, Any]]:
    if not path.is_file():
        raise SuiteError(f"{path} is missing: it names the sounds of MuChoMusic")
    return {str(row.cells.get(key)): row.cells for row in read_rows(path)}


_SOUNDS = {"sdd": _song_describer, "musiccaps": _music_caps}


class MuChoMusic(Benchmark):
    """MuChoMusic (MIT, sounds under their own licences): 1,187 questions about music."""

    data_set = DataSet(
        name="muchomusic",
        repository="mulab-mir/muchomusic",
        licence="MIT (questions); sounds: Song Describer, MusicCaps",
        tables=("muchomusic.csv",),
        columns={"question": "question", "options": "options", "answer": "correct_answer", "audio": "audio"},
        factors=("genre",),
        published=("music_knowledge", "music_reasoning", "genre"),
        protocol="muchomusic",
        questions=_with_sound,
    )
