"""SonicBench's ``Results`` folder, restored, and a count of its replies that shares nothing with our reader."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple


def restore(source: Path, results: Path) -> Path:
    """Write the lines of one system as they were published, a file for each attribute and task; returns its folder."""
    folder = results / source.name.removesuffix(".jsonl.gz")
    folder.mkdir(parents=True)
    files: defaultdict[str, list[str]] = defaultdict(list)
    for line in rows(source):
        files[line.pop("file")].append(json.dumps(line, ensure_ascii=False))
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def rows(source: Path) -> list[dict[str, Any]]:
    """The lines of one system."""
    with gzip.open(source, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class BareCount(NamedTuple):
    """What can be counted of one system without reading any text: its replies that are a letter alone."""

    letters: dict[str, str]
    right: int


def bare_letters(source: Path) -> BareCount:
    """Count the raw replies that are ``A`` or ``B`` and nothing else."""
    letters, right = {}, 0
    for line in rows(source):
        raw = line.get("full_prediction", line.get("raw_output", line["prediction"])).strip()
        if raw in ("A", "B"):
            letters["/".join(line["audio_path"].split("/")[-3:])] = raw
            right += raw == line["reference"]
    return BareCount(letters, right)
