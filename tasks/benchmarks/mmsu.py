"""MMSU (Wang et al., arXiv 2506.04779)."""

from __future__ import annotations

from .data_set import Benchmark, DataSet


class MMSU(Benchmark):
    """MMSU (MIT): 5,000 questions about spoken language, of 47 kinds."""

    data_set = DataSet(
        name="mmsu",
        repository="ddwang2000/MMSU",
        licence="MIT",
        tables=("question/*.jsonl", "*.jsonl", "*.json", "**/*.parquet"),
        columns={"task": "category", "category": "sub-category", "sub_category": "task_name"},
        published=("category", "sub-category"),
        protocol="mmsu",
    )
