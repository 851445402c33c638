"""AIR-Bench (Yang et al., arXiv 2402.07729), the foundation part; the chat part has no options."""

from __future__ import annotations

from collections.abc import Iterator

from starbench.storage.tables import Row

from .data_set import Benchmark, DataSet, Table

#: Its table names sounds by another ending than its files have.
_GROUNDING = "Audio_Grounding"


def _with_folder(row: Row, table: Table) -> Iterator[Row]:
    """A row whose sound is named from the data set's folder, as the official inference script does."""
    cells = dict(row.cells)
    path, task, source = (cells.get(name) for name in ("path", "task_name", "dataset_name"))
    if all(isinstance(text, str) for text in (path, task, source)):
        name = f"{str(path)[:-3]}flac" if task == _GROUNDING else path
        cells["path"] = str(table.folder / f"{task}_{source}" / str(name))
    yield row._replace(cells=cells)


class AirBench(Benchmark):
    """AIR-Bench foundation (CC BY-NC 4.0): about 19,000 questions about speech, sound and music, of 19 kinds."""

    data_set = DataSet(
        name="air-bench",
        repository="qyang1021/AIR-Bench-Dataset",
        licence="CC BY-NC 4.0",
        tables=("Foundation_meta.json", "Foundation/Foundation_meta.json"),
        columns={"sub_category": "task_name", "source": "dataset_name"},
        published=("task_name", "dataset_name"),
        protocol="air-bench",
        questions=_with_folder,
    )
