"""ADQA-Bench (DCASE 2026 Task 5, arXiv 2607.18718), the development set: the evaluation set has no answers."""

from __future__ import annotations

from .data_set import Benchmark, DataSet


class ADQA(Benchmark):
    """ADQA of DCASE 2026 Task 5, development set (Apache-2.0): 1,607 questions that need the sound."""

    data_set = DataSet(
        name="adqa",
        repository="Harland/DCASE2026-Task5-DevSet",
        licence="Apache-2.0",
        tables=("dev.jsonl", "*.jsonl"),
    )
