"""SAKURA (Yang et al., arXiv 2505.13237): the same sound asked about directly, and in one more step."""

from __future__ import annotations

import re
from collections.abc import Iterator

from starbench.storage.tables import Row

from .data_set import Benchmark, DataSet, Table

_OPTION = re.compile(r"\(([a-j])\)\s*")


def _questions(row: Row, table: Table) -> Iterator[Row]:
    """The two questions of a row, with the options that stand in their texts as "(a) …"."""
    for hops in ("single", "multi"):
        text = str(row.cells.get(f"{hops}_instruction") or "")
        question, *parts = _OPTION.split(text)
        yield Row(
            f"{table.folder}/{row.where}, {hops}-hop",
            {
                "audio": str(table.folder / "audio" / str(row.cells.get("file"))),
                "question": question.strip(),
                "options": [option.strip().rstrip(",;") for option in parts[1::2]],
                "answer": _OPTION.sub("", str(row.cells.get(f"{hops}_answer") or "")).strip(),
                "prompt": text,
                "task": table.path.parent.name,
                "category": f"{hops}-hop",
            },
        )


class Sakura(Benchmark):
    """SAKURA (no licence stated): gender, language, emotion and animals, asked directly and in one more step."""

    data_set = DataSet(
        name="sakura",
        repository="SLLM-multi-hop/Sakura",
        licence=None,
        tables=("*/metadata.csv",),
        columns={"question": "question"},
        published=("prompt",),
        protocol="sakura",
        questions=_questions,
    )
