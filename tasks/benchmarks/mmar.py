"""MMAR (Ma et al., arXiv 2505.13032)."""

from __future__ import annotations

from .data_set import Benchmark, DataSet


class MMAR(Benchmark):
    """MMAR (CC BY-NC 4.0): 1,000 questions about sound, music, speech and their mixtures."""

    data_set = DataSet(
        name="mmar",
        repository="BoJack/MMAR",
        licence="CC BY-NC 4.0",
        tables=("MMAR-meta.json", "MMAR-meta.jsonl"),
        columns={"task": "modality"},
        archives=("mmar-audio.tar.gz",),
        sounds=(),
        factors=("language",),
        published=("modality", "category", "sub-category"),
        protocol="mmar",
    )
