"""The pages in a browser, opened from disk: they work by keyboard alone, and nothing is asked for outside the folder.

Needs Debian's chromium (or STARBENCH_CHROMIUM) and playwright; STARBENCH_REQUIRE_BROWSER=1 turns skips into failures.
STARBENCH_AXE names a node_modules folder with axe-core, or its script, for the checks of accessibility.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest

pytestmark = pytest.mark.slow

PAGES = ("index", "perception", "scenes", "items", "compare", "methods")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def _missing(what: str) -> None:
    if os.environ.get("STARBENCH_REQUIRE_BROWSER"):
        pytest.fail(f"STARBENCH_REQUIRE_BROWSER is set, and there is no {what}")
    pytest.skip(f"there is no {what}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright")
    path = os.environ.get("STARBENCH_CHROMIUM") or which("chromium")
    if not path:
        _missing("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        yield browser
        browser.close()


def until(page: Any, expression: str, argument: Any = None) -> None:
    """Wait until an expression is true; playwright's own way evaluates strings, which the pages' policy forbids."""
    for _ in range(600):
        if page.evaluate(expression, argument):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"not within a minute: {expression}")


_COUNT = "document.getElementById('count').textContent"
_CHANGED = f"before => {_COUNT} !== before && !{_COUNT}.includes('searching')"


class Visit:
    """A page with everything that went wrong on it."""

    def __init__(self, chromium: Any, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.problems: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self.problems.append(f"dialog: {dialog.message}"))
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith(self.folder.as_uri()):
            self.problems.append(f"request: {request.url}")

    def open(self, name: str, anchor: str = "") -> Any:
        self.page.goto(f"{(self.folder / f'{name}.html').as_uri()}{anchor}", timeout=60_000)
        return self.page


@pytest.fixture
def visit(chromium: Any, both: Path) -> Iterator[Visit]:
    """A visit of the report that must end without any problem."""
    one = Visit(chromium, both)
    yield one
    one.context.close()
    assert one.problems == []


@pytest.mark.parametrize("width", [1440, 390])
def test_pages_open_without_a_problem_and_fit_the_screen(chromium: Any, both: Path, width: int) -> None:
    one = Visit(chromium, both, viewport={"width": width, "height": 844})
    for name in PAGES:
        page = one.open(name)
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    one.context.close()
    assert one.problems == []


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
    named = os.environ.get("STARBENCH_AXE")
    if not named:
        _missing("axe-core (STARBENCH_AXE names the folder node_modules)")
    path = Path(named or "")
    script = (path if path.is_file() else path / "axe-core" / "axe.min.js").read_text("utf-8")
    one = Visit(chromium, both, color_scheme=scheme, bypass_csp=True)
    found: list[str] = []
    for name in PAGES:
        page = one.open(name, "#item=place+3&condition=audio&rotation=2&run=2" if name == "items" else "")
        if name == "items":
            page.wait_for_selector("#detail .verdict")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        page.evaluate(script)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [
            f"{name}: {one['id']}: {node['target']} {node['failureSummary']}"
            for one in result["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"][:3]
        ]
    one.context.close()
    assert found == []
