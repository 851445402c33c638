"""The page about causes of errors, the causes beside a trial, and the page on which causes are chosen."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from planted_runs import write

from starbench.reporting.site.write import write_report
from starbench.runs.annotations import annotation_writer
from starbench.runs.load import load
from starbench.schema.error_analysis import Annotation, ErrorCause

EVIL = "<script>alert(1)</script>\u202e"
#: Enough that the model is shown to use what it is told.
TOLD = {f"told {k}": ("right", "right") for k in range(20)}
CONDITIONS = {
    "audio": {
        "a": ("wrong", "wrong"),
        "b": ("wrong", "right"),
        "c": ("refused", "right"),
        "d": ("right", "right"),
    },
    "caption:full": {"a": ("right", "right"), "b": ("wrong", "right"), **TOLD},
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = write(tmp_path / "run", CONDITIONS, sub=lambda name: None if name == "d" else "part")
    with annotation_writer(path, f"Ada {EVIL}") as writer:
        line = {"annotator": f"Ada {EVIL}", "suite": "s", "item_id": "a", "rotation": 0, "condition": "audio"}
        writer.append(Annotation(**line, cause=ErrorCause.HALLUCINATION, note=EVIL, at="now"))
    return path


def test_shares_and_agreement_are_those_of_the_analysis(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    write_report([load(run)], out, workers=0)
    page = (out / "errors.html").read_text("utf-8")
    for words in (
        "by controls (4 of 4 errors)",
        "controls: perceptual 50 %, knowledge or reasoning 25 %, no answer 25 %",
        "(1 of 4 errors)",
        "agree on 100.0 % of 1 trials",
    ):
        assert words in page, words
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "default-src 'none'" in page
    assert "connect-src" not in page
    rows = list(csv.DictReader(StringIO((out / "tables" / "causes-by-task.csv").read_text("utf-8"))))
    assert [(row["source"].split(",")[0], row["errors"], row["perceptual"]) for row in rows] == [
        ("by controls", "4", "0.5"),
        ("by hand", "4", "0.0"),
    ]
    assert (out / "tables" / "causes-by-sub-category.csv").exists()


def test_a_trial_has_its_causes_beside_it(run: Path, tmp_path: Path, data_of: Callable[[Path], Any]) -> None:
    out = tmp_path / "report"
    write_report([load(run)], out, workers=0)
    _, details = data_of(out / "data" / "detail-000.js")
    first, of_caption = details[0]["trials"][0], details[0]["trials"][2]
    assert first[8][0] == "perceptual, by controls (caption:full)"
    assert first[8][1].startswith("hallucination, by hand, Ada <script>")
    assert of_caption[8] == []
    assert "\u202e" not in json.dumps(first, ensure_ascii=False)


def test_without_errors_from_the_sound_there_is_no_page(tmp_path: Path) -> None:
    runs = {"fine": {"audio": {"a": ("right",)}}, "silent": {"silence": {"a": ("wrong",)}}}
    for name, conditions in runs.items():
        out = tmp_path / f"report-{name}"
        write_report([load(write(tmp_path / name, conditions))], out, workers=0)
        assert not (out / "errors.html").exists()
        assert "errors.html" not in (out / "index.html").read_text("utf-8")


def test_only_the_page_of_an_annotator_can_send_anything(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    write_report([load(run)], out, workers=0, annotated=True)
    assert [path.name for path in out.glob("*.html")] == ["items.html"]
    page = (out / "items.html").read_text("utf-8")
    assert "connect-src 'self'" in page
    assert 'value="misalignment"' in page
    assert "hallucination, by hand" not in (out / "data" / "detail-000.js").read_text("utf-8"), (
        "it would sway"
    )
