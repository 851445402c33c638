"""The report of a run by a local model through transformers' own code: its data and pages, and in a browser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import check_accessible, check_fit, names_of_pages
from real_runs import run_and_report

import starbench

_RUN = {
    "canary": False,
    "rotations": 1,
    "model_args": {"device": "cpu", "max_new_tokens": 4},
}


@pytest.fixture(scope="session")
def tiny_report(tmp_path_factory: pytest.TempPathFactory, tiny_qwen2_audio: str) -> tuple[Any, Path]:
    """A run of the tiny model over a few pairs of tones and scenes, and its report."""
    root = tmp_path_factory.mktemp("local")
    suites = [root / "perception", root / "spatial"]
    starbench.build_suite("perception", suites[0], attributes=["pitch"], size=16, seed=7, workers=1)
    starbench.build_suite("spatial", suites[1], size=8, seed=7, workers=1)
    run = run_and_report(f"transformers:{tiny_qwen2_audio}", suites, root, _RUN)
    return run, root / "report"


def test_pages_and_data_are_those_of_the_run(
    tiny_report: tuple[Any, Path], tiny_qwen2_audio: str, data_of: Callable[[Path], Any]
) -> None:
    run, folder = tiny_report
    assert names_of_pages(folder) == ["errors", "index", "items", "methods", "perception", "scenes"]
    text = (folder / "index.html").read_text("utf-8")
    assert Path(tiny_qwen2_audio).name in text
    assert "default-src 'none'" in text
    (index,) = data_of(folder / "data" / "index.js")
    _, items, rows = data_of(folder / "data" / "list-000.js")
    assert len(items) == 16  # scenes need two channels, and this model takes one
    ended = Counter(index["outcomes"][trial[3]] for of_item in rows for trial in of_item)
    assert ended == Counter(end.outcome for end in run.ends.values())
    assert set(ended) == {"truncated"}  # random weights hardly ever end
    assert "fewer than half of the trials were answered" in text
    assert "The model mixes all channels to mono before it listens" in text
    assert "clips of 2 channels, and the model takes 1" in text


@pytest.mark.slow
@pytest.mark.browser
def test_its_pages_open_in_a_browser(chromium: Any, tiny_report: tuple[Any, Path]) -> None:
    _, folder = tiny_report
    for width in (1440, 390):
        check_fit(chromium, folder, width)
    for scheme in ("light", "dark"):
        check_accessible(chromium, folder, scheme)
