"""MMAU (Sakshi et al., arXiv 2410.19168), test-mini v05.15.25."""

from __future__ import annotations

from .data_set import Benchmark, DataSet


class MMAU(Benchmark):
    """MMAU test-mini (CC BY-NC 4.0): 1,000 questions about sound, music and speech."""

    data_set = DataSet(
        name="mmau",
        repository="gamma-lab-umd/MMAU-test-mini",
        licence="CC BY-NC 4.0",
        tables=("mmau-test-mini.json", "*test*mini*.json", "**/test*.parquet", "*.json"),
        factors=("difficulty",),
        published=("task", "difficulty", "sub-category"),
        protocol="mmau",
    )
