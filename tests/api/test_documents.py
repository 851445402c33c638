"""The code of docs/python.md and of the notebook runs as it stands."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

import starbench

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "python.md").read_text("utf-8")
NOTEBOOK = REPOSITORY / "examples" / "first_run.ipynb"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("narwhals")
    pytest.importorskip("polars")
    monkeypatch.chdir(tmp_path)


def test_the_code_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        exec(block, names)
    printed = capsys.readouterr().out
    assert "--rotations 'every' is not 'default', 'all' or a number above 0" in printed
    assert "aa_ci.low" in printed


def test_the_notebook_runs_under_an_event_loop() -> None:
    cells = [c for c in json.loads(NOTEBOOK.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    names: dict[str, Any] = {"__name__": "__main__"}

    async def kernel() -> None:
        for cell in cells:
            exec("".join(cell["source"]), names)

    asyncio.run(kernel())
    assert names["comparisons"].comparisons[0].rows
    assert not any(cell["outputs"] for cell in cells)


def test_the_page_lists_every_function_and_every_option() -> None:
    functions = {name for name in starbench.__all__ if name.islower() and name != "__version__"}
    assert functions == set(re.findall(r"^\| `(\w+)\(", PAGE, re.MULTILINE))
    rows = re.findall(r"^\| (`.*?`) \|", PAGE.split("| options |")[1].split("##")[0], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == starbench.api._OPTIONS


def test_the_page_lists_every_column() -> None:
    starbench.build_suite("perception", "suite", attributes="pitch", size=6, seed=1)
    frame = starbench.run("random", "suite", "run", canary=False).to_frame("polars")
    table = PAGE.split("one row for each planned trial")[1].split("`Scores.to_frame()`")[0]
    listed = set(re.findall(r"`([a-z_]+)`", table))
    columns = {
        name for name in frame.columns if not name.startswith("truth.") and not name.endswith("_tokens")
    }
    assert columns <= listed
    assert listed - {"missing"} <= set(frame.columns)
