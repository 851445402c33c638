"""Links between trials in a browser, and a reply whose file is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

_SHOWN = "document.querySelector('#detail .permalink')?.hash"


@pytest.fixture
def page(both: Path, tmp_path: Path) -> Iterator[Any]:
    """The list of trials of a report whose long replies are gone."""
    playwright_api = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("STARBENCH_CHROMIUM") or shutil.which("chromium")
    if not path:
        pytest.skip("there is no chromium")
    folder = tmp_path / "report"
    shutil.copytree(both, folder)
    for reply in folder.glob("data/reply-*.js"):
        reply.unlink()
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto((folder / "items.html").as_uri())
        until(page, "document.querySelectorAll('.row').length > 5")
        yield page
        browser.close()


def until(page: Any, expression: str) -> None:
    for _ in range(300):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"not within half a minute: {expression}")


def test_a_link_leads_back_to_the_trial_that_was_chosen_first(page: Any) -> None:
    page.click(".row")
    until(page, f"{_SHOWN} !== undefined")
    first = page.evaluate(_SHOWN)
    page.click("#detail table.others a:not([aria-current])")
    until(page, f"{_SHOWN} !== '{first}'")
    page.click(f"#detail table.others a[href='{first}']")
    until(page, f"{_SHOWN} === '{first}'")


def test_a_damaged_link_is_no_error(page: Any) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.evaluate("location.hash = '#item=%E0%A4%A&rotation=%'")
    page.wait_for_timeout(300)
    assert problems == []


def test_a_long_reply_that_is_missing_leaves_its_ends(page: Any) -> None:
    count = "document.getElementById('count').textContent"
    before = page.evaluate(count)
    page.fill("#f-text", "word word")
    until(page, f"{count} !== {before!r} && !{count}.startsWith('0 ') && !{count}.includes('searching')")
    page.click(".row")
    page.click("#detail .reply button")
    until(page, "document.querySelector('#detail .reply').textContent.includes('reply is missing')")
    assert "word word" in page.text_content("#detail .reply pre")
