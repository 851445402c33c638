"""MMAU-Pro (Kumar et al., arXiv 2508.13992); ``mmau-pro:spatial`` is its part about space."""

from __future__ import annotations

from collections.abc import Iterator

from starbench.storage.tables import Row
from starbench.suites.suite import Suite

from ..questions.answers import is_missing
from .data_set import Benchmark, DataSet, Table
from .hub_sounds import ToDecode

#: Part -> its category in the table.
PARTS = {"spatial": "spatial_audio"}


def _choice(row: Row, table: Table) -> Iterator[Row]:  # noqa: ARG001
    """A row with options and an answer; open questions and instructions to follow have none."""
    choices = row.cells.get("choices")
    if choices is not None and len(choices) > 1 and not is_missing(row.cells.get("answer")):
        yield row


class MMAUPro(Benchmark):
    """MMAU-Pro (CC BY-NC 4.0): its multiple-choice questions, also on several and on long recordings."""

    data_set = DataSet(
        name="mmau-pro",
        repository="gamma-lab-umd/MMAU-Pro",
        licence="CC BY-NC 4.0",
        tables=("test.parquet", "*.parquet", "test.json*"),
        columns={"task": "category", "sub_category": "sub-cat"},
        archives=("data.zip",),
        factors=("length_type",),
        protocol="mmau-pro",
        questions=_choice,
    )

    def load(self, source: str, *, skip_bad: bool = False, to_decode: ToDecode = tuple) -> Suite:
        """Read and check the data set, or a part: ``spatial``, or ``spatial:SOURCE``."""
        part, _, rest = source.partition(":")
        if part not in PARTS:
            return super().load(source, skip_bad=skip_bad, to_decode=to_decode)
        return self.data_set.load(
            rest,
            skip_bad=skip_bad,
            to_decode=to_decode,
            part=part,
            keep=lambda row: row.cells.get("category") == PARTS[part],
        )
