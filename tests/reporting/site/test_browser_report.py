"""A report in a browser, opened from disk: it works by keyboard alone, and asks for nothing outside its folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import MARKS, Visit, check_accessible, check_fit, check_tab_order, names_of_pages, until

pytestmark = MARKS

PAGES = {"index", "perception", "scenes", "errors", "items", "compare", "methods"}
_COUNT = "document.getElementById('count').textContent"
_CHANGED = f"before => {_COUNT} !== before && !{_COUNT}.includes('searching')"


@pytest.fixture
def visit(chromium: Any, both: Path) -> Iterator[Visit]:
    """A visit of the report that must end without any problem."""
    with Visit(chromium, both) as one:
        yield one


@pytest.mark.parametrize("width", [1440, 390])
def test_pages_open_without_a_problem_and_fit_the_screen(chromium: Any, both: Path, width: int) -> None:
    assert set(names_of_pages(both)) == PAGES
    check_fit(chromium, both, width)


def test_a_trial_is_found_read_and_heard_by_keyboard_alone(visit: Visit) -> None:
    page = visit.open("items")
    until(page, "document.querySelectorAll('.row').length > 5")
    total = page.text_content("#count")
    page.focus("#f-outcome")
    page.keyboard.type("answered, wrong")
    until(page, _CHANGED, total)
    assert "0.0 % right" in page.text_content("#count")
    page.focus("#f-part")
    page.keyboard.type("front")
    page.focus("#f-condition")
    page.keyboard.type("audio")
    page.focus("#list")
    for key in ("ArrowDown", "ArrowDown", "End", "Home"):
        page.keyboard.press(key)
    page.wait_for_selector("#detail .verdict.wrong")
    assert page.get_attribute("#list", "aria-activedescendant") == "row-0"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "detail"
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "play":
            break
    page.keyboard.press("Enter")
    until(page, "document.getElementById('audio').currentTime > 0")
    assert page.evaluate("document.querySelectorAll('audio').length") == 1
    chosen = page.evaluate("location.hash")
    page.focus("a.cell:not([aria-current])")
    page.keyboard.press("Enter")
    until(page, "before => location.hash !== before", chosen)
    assert page.evaluate("location.hash").startswith("#item=place")


def test_a_link_opens_its_trial(visit: Visit) -> None:
    page = visit.open("items", "#item=place+3&condition=audio&rotation=2&run=2")
    page.wait_for_selector("#detail .verdict")
    assert "place 3" in page.text_content("#detail")
    assert page.locator(".row[aria-selected=true]").count() == 1
    assert page.locator("#detail .map").count() == 1
    assert "rotation 2" in page.text_content("#detail .permalink >> xpath=..")


def test_replies_are_searched_and_hostile_ones_are_shown_as_they_came(visit: Visit) -> None:
    page = visit.open("items")
    until(page, "document.querySelectorAll('.row').length > 5")
    before = page.text_content("#count")
    page.fill("#f-text", "left\x1b[31mred")
    until(page, _CHANGED, before)
    page.wait_for_timeout(500)
    page.focus("#list")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#detail .reply mark")
    shown = page.text_content("#detail .reply pre")
    assert "U+202E" in shown
    assert "U+001B" in shown
    assert "\u202e" not in shown
    page.fill("#f-text", "javascript:alert")
    page.wait_for_timeout(800)
    page.focus("#list")
    page.keyboard.press("Home")
    page.wait_for_selector("#detail .reply")
    assert page.locator("#detail img, #detail script, #detail a[href^=javascript]").count() == 0


def test_a_long_reply_is_shown_whole_on_demand(visit: Visit) -> None:
    page = visit.open("items")
    until(page, "document.querySelectorAll('.row').length > 5")
    page.fill("#f-text", "word word word")
    page.wait_for_timeout(1500)
    page.focus("#list")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#detail .reply button")
    page.focus("#detail .reply button")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#detail .reply pre').textContent.length > 900000")


def test_tables_are_sorted_by_keyboard(visit: Visit) -> None:
    page = visit.open("index")
    page.locator("table.sortable >> nth=0 >> button.sort", has_text="AA").focus()
    page.keyboard.press("Enter")

    def column() -> list[float]:
        return page.eval_on_selector_all(
            "table.sortable >> nth=0 >> tbody tr",
            "rows => rows.map(row => Number(row.querySelectorAll('[data-sort]')[1].dataset.sort))",
        )

    values = column()
    assert values == sorted(values)
    page.keyboard.press("Enter")
    assert column() == sorted(values, reverse=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_problem_of_accessibility(chromium: Any, both: Path, scheme: str) -> None:
    check_accessible(chromium, both, scheme, {"items": "#item=place+3&condition=audio&rotation=2&run=2"})


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_keyboard_leads_through_every_page_and_out_of_it(chromium: Any, both: Path, name: str) -> None:
    assert len(check_tab_order(chromium, both, name)) > len(PAGES)


def test_nothing_moves_for_who_wants_no_motion(chromium: Any, both: Path) -> None:
    moves = (
        "[...document.querySelectorAll('*')].some(one => getComputedStyle(one).scrollBehavior === 'smooth')"
    )
    for wish, expected in {"reduce": False, "no-preference": True}.items():
        with Visit(chromium, both, reduced_motion=wish) as one:
            for name in PAGES:
                page = one.open(name)
                assert page.evaluate(moves) is expected
                assert page.evaluate("document.getAnimations().length") == 0
