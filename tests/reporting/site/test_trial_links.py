"""Links between trials in a browser, and a reply whose file is missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import MARKS, Visit, until

pytestmark = MARKS

_SHOWN = "document.querySelector('#detail .permalink')?.hash"


@pytest.fixture
def visit(chromium: Any, both: Path, tmp_path: Path) -> Iterator[Visit]:
    """A visit of a report whose long replies are gone."""
    folder = shutil.copytree(both, tmp_path / "report")
    for reply in folder.glob("data/reply-*.js"):
        reply.unlink()
    with Visit(chromium, folder) as one:
        yield one


@pytest.fixture
def page(visit: Visit) -> Any:
    """The list of its trials."""
    page = visit.open("items")
    until(page, "document.querySelectorAll('.row').length > 5")
    return page


def test_a_link_leads_back_to_the_trial_that_was_chosen_first(page: Any) -> None:
    page.click(".row")
    until(page, f"{_SHOWN} !== undefined")
    first = page.evaluate(_SHOWN)
    page.click("#detail table.others a:not([aria-current])")
    until(page, f"{_SHOWN} !== '{first}'")
    page.click(f"#detail table.others a[href='{first}']")
    until(page, f"{_SHOWN} === '{first}'")


def test_a_damaged_link_is_no_error(page: Any) -> None:
    page.evaluate("location.hash = '#item=%E0%A4%A&rotation=%'")
    page.wait_for_timeout(300)


def test_a_long_reply_that_is_missing_leaves_its_ends(visit: Visit, page: Any) -> None:
    count = "document.getElementById('count').textContent"
    before = page.evaluate(count)
    page.fill("#f-text", "word word")
    until(page, f"{count} !== {before!r} && !{count}.startsWith('0 ') && !{count}.includes('searching')")
    page.click(".row")
    page.click("#detail .reply button")
    until(page, "document.querySelector('#detail .reply').textContent.includes('reply is missing')")
    assert "word word" in page.text_content("#detail .reply pre")
    assert all("ERR_FILE_NOT_FOUND" in problem for problem in visit.problems)
    visit.problems.clear()
