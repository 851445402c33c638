"""A board in a browser: sorted, filtered and followed by keyboard alone, whatever its models are called."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import MARKS, Visit, check_accessible, check_fit, check_tab_order

pytestmark = MARKS

RESULTS = Path(__file__).resolve().parents[3] / "results"
EVIL = '<img src=x onerror=alert(1)><script>alert("x")</script>[a](javascript:alert(2))\x1b[31m\u202e'
_SHOWN = "#main table.board tbody tr:not([hidden])"
_FIRST = "section.board:not([hidden]) >> nth=0"


@pytest.fixture(scope="module")
def board(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The board of two runs, one of them hostile, with their reports; of our entries, and of one that is hostile."""
    root = tmp_path_factory.mktemp("board")
    runs = [world / "runs" / name for name in ("hostile", "guesses")]
    entries = sorted(RESULTS.glob("*-default-*.json"))
    fields = json.loads(entries[0].read_text("utf-8"))
    fields["label"] = fields["model"]["name"] = EVIL
    (root / "evil.json").write_text(json.dumps(fields), "utf-8")
    for run in runs:
        _starbench("score", run)
    named = [*runs, *entries, root / "evil.json"]
    _starbench("leaderboard", *named, "--published", "--out", root, "--site", root / "site")
    return root / "site"


def _starbench(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "starbench", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in (0, 1), done.stderr  # 1: a run has errors


@pytest.fixture
def visit(chromium: Any, board: Path) -> Iterator[Visit]:
    """A visit of the board that must end without any problem."""
    with Visit(chromium, board) as one:
        one.open("index")
        yield one


def _press_tab_until(page: Any, expression: str) -> None:
    """Reach an element as someone without a mouse does."""
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate(f"(() => {{ const one = document.activeElement; return {expression}; }})()"):
            return
    pytest.fail(f"Tab never reaches {expression}")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_opens_without_a_problem_and_fits_the_screen(chromium: Any, board: Path, width: int) -> None:
    check_fit(chromium, board, width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_serious_problem_of_accessibility(chromium: Any, board: Path, scheme: str) -> None:
    check_accessible(chromium, board, scheme)


def test_the_keyboard_leads_through_the_page_and_out_of_it(chromium: Any, board: Path) -> None:
    stops = check_tab_order(chromium, board, "index")
    assert [stop.split("#")[1].partition(".")[0] for stop in stops[2:5]] == [
        "b-text",
        "b-condition",
        "b-complete",
    ]


def test_a_column_is_sorted(visit: Visit) -> None:
    page = visit.page
    _press_tab_until(page, "one.matches('button.sort') && one.textContent === 'MA'")

    def column() -> list[float]:
        return page.eval_on_selector_all(
            f"{_FIRST} >> tbody tr", "rows => rows.map(row => Number(row.cells[3].dataset.sort))"
        )

    values = column()
    assert len(set(values)) > 2
    for key, order in (("Enter", sorted(values)), ("Space", sorted(values, reverse=True))):
        page.keyboard.press(key)
        assert column() == order
        assert page.evaluate("document.activeElement.textContent") == "MA"  # focus stays where it was
    assert page.locator("th[aria-sort]").count() == 1
    assert page.get_attribute("th[aria-sort]", "aria-sort") == "descending"


def test_rows_are_filtered_and_counted(visit: Visit) -> None:
    page = visit.page
    everything = page.locator("table.board tbody tr").count()
    _press_tab_until(page, "one.id === 'b-text'")
    page.keyboard.type("OBSERVER")
    assert 0 < page.locator(_SHOWN).count() < everything
    assert all("observer" in text for text in page.locator(f"{_SHOWN} > th").all_inner_texts())
    assert page.inner_text("#b-count") == f"{page.locator(_SHOWN).count()} of {everything} rows"
    for section in page.locator("section.board").all():  # no table without a row
        assert section.is_visible() == (section.locator("tbody tr:not([hidden])").count() > 0)
    page.keyboard.press("Control+A")
    page.keyboard.type("no such model")
    assert page.locator(_SHOWN).count() == 0
    assert page.inner_text("#b-count") == f"0 of {everything} rows"
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    page.keyboard.type("silence")
    assert set(page.locator(f"{_SHOWN} > td.short:nth-child(2)").all_inner_texts()) == {"silence"}
    _press_tab_until(page, "one.type === 'reset'")
    page.keyboard.press("Enter")
    page.wait_for_timeout(100)
    assert set(page.locator(f"{_SHOWN} > td.short:nth-child(2)").all_inner_texts()) == {"audio"}


def test_complete_means_on_every_column(visit: Visit) -> None:
    page = visit.page
    _press_tab_until(page, "one.id === 'b-condition'")
    page.keyboard.type("all")
    before = page.locator(_SHOWN).count()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    kept = page.eval_on_selector_all(
        _SHOWN,
        "rows => rows.map(row => [...row.cells].map(cell => cell.firstChild ? cell.firstChild.data : ''))",
    )
    assert 0 < len(kept) < before
    assert not any("–" in cells for cells in kept)
    assert "trials missing or in error" not in " ".join(page.locator(f"{_SHOWN} > th").all_inner_texts())
    page.keyboard.press("Space")
    assert page.locator(_SHOWN).count() == before


@pytest.mark.parametrize(("link", "target"), [("entry", "entries/"), ("report", "reports/")])
def test_a_row_leads_to_its_files(chromium: Any, board: Path, link: str, target: str) -> None:
    with Visit(chromium, board) as visit:
        page = visit.open("index")
        _press_tab_until(page, f"one.matches('tbody a') && one.firstChild.data === '{link}'")
        row = page.evaluate("document.activeElement.closest('tr').cells[0].firstChild.data")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: target in url)
        text = page.content() if link == "entry" else page.inner_text("body")
        assert row.partition(":")[0].split()[0] in text


def test_names_of_models_stay_text(visit: Visit) -> None:
    page = visit.page
    names = [text for text in page.locator("tbody th").all_text_contents() if "alert" in text]
    assert len({name.partition(":")[0] for name in names}) > 1  # the run's label, and the entry's
    assert all("<script>alert(" in name for name in names)
    assert not {"\x1b", "\u202e"} & set(page.content())
    assert page.locator("#main img, #main script, a[href^=javascript]").count() == 0
    _press_tab_until(page, "one.id === 'b-text'")
    page.keyboard.type("<img src=x")
    assert page.locator(_SHOWN).count() > 0
    assert page.locator("#main img").count() == 0
