"""Pages opened from disk in a browser, and everything that goes wrong on them.

Needs Debian's chromium (or STARBENCH_CHROMIUM) and playwright; STARBENCH_REQUIRE_BROWSER=1 turns skips into failures.
STARBENCH_AXE names a node_modules folder with axe-core, or its script, for the checks of accessibility.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any, NoReturn

import pytest

#: Marks of every module that opens a browser: ``-m browser`` selects them, ``-m 'not slow'`` leaves them out.
MARKS = [pytest.mark.slow, pytest.mark.browser]
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: A region wider than the screen scrolls by itself; the page must not.
_WIDTH = "document.documentElement.scrollWidth"


def _missing(what: str) -> NoReturn:
    if os.environ.get("STARBENCH_REQUIRE_BROWSER"):
        pytest.fail(f"STARBENCH_REQUIRE_BROWSER is set, and there is no {what}")
    pytest.skip(f"there is no {what}")


@contextmanager
def started() -> Iterator[Any]:
    """A browser without a window."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright: pip install -e '.[browser]'")
    path = os.environ.get("STARBENCH_CHROMIUM") or which("chromium")
    if not path:
        _missing("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        yield browser
        browser.close()


class Visit:
    """A page of a folder with everything that went wrong on it; left as a context, nothing may have."""

    def __init__(self, chromium: Any, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.problems: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.context.close()
        assert kind or not self.problems, self.problems

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):  # a violation of the pages' policy is among the errors
            self.problems.append(f"{message.type}: {message.text}")

    def _dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        if not request.url.startswith(f"{self.folder.as_uri()}/"):
            self.problems.append(f"request: {request.url}")

    def open(self, name: str, anchor: str = "") -> Any:
        self.page.goto(f"{(self.folder / f'{name}.html').as_uri()}{anchor}", timeout=60_000)
        return self.page


def names_of_pages(folder: Path) -> list[str]:
    """Names that :meth:`Visit.open` takes, of every page in a folder."""
    return sorted(path.stem for path in folder.glob("*.html"))


def until(page: Any, expression: str, argument: Any = None) -> None:
    """Wait until an expression is true; playwright's own way evaluates strings, which the pages' policy forbids."""
    for _ in range(600):
        if page.evaluate(expression, argument):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"not within a minute: {expression}")


def check_fit(chromium: Any, folder: Path, width: int) -> None:
    """Every page opens without a problem, and is no wider than the screen."""
    with Visit(chromium, folder, viewport={"width": width, "height": 844}) as visit:
        for name in names_of_pages(folder):
            page = visit.open(name)
            page.wait_for_timeout(200)
            assert page.evaluate(_WIDTH) <= width, name


def check_accessible(chromium: Any, folder: Path, scheme: str, anchors: dict[str, str] | None = None) -> None:
    """No page has a serious problem that axe-core finds, with everything open that can be folded away.

    ``anchors`` has what is opened on a page, by the page's name.
    """
    script = _axe()
    found: list[str] = []
    # Only here scripts of ours run on the pages, so here their policy is off.
    with Visit(chromium, folder, color_scheme=scheme, bypass_csp=True) as visit:
        for name in names_of_pages(folder):
            page = visit.open(name, (anchors or {}).get(name, ""))
            if name in (anchors or {}):
                page.wait_for_selector("#detail .verdict")
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            page.evaluate(script)
            result = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")
            found += [
                f"{name}: {one['id']}: {node['target']} {node['failureSummary']}"
                for one in result["violations"]
                if one["impact"] in ("serious", "critical")
                for node in one["nodes"][:3]
            ]
    assert not found, "\n".join(found)


def _axe() -> str:
    named = os.environ.get("STARBENCH_AXE")
    if not named:
        _missing("axe-core (STARBENCH_AXE names the folder node_modules)")
    path = Path(named)
    return (path if path.is_file() else path / "axe-core" / "axe.min.js").read_text("utf-8")


_FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  if (!one.dataset.stop) one.dataset.stop = String(document.querySelectorAll("[data-stop]").length + 1);
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const all = [...document.querySelectorAll("*")];
  return {
    stop: Number(one.dataset.stop),
    place: all.indexOf(one),
    name: one.tagName + "#" + one.id + "." + one.className,
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    inside: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0
      && box.top < innerHeight && box.left < innerWidth,
  };
}"""


def check_tab_order(chromium: Any, folder: Path, name: str, at_most: int = 400) -> list[str]:
    """Tab leads through a page in its order and out of it, and every stop is seen; returns the stops."""
    stops: list[dict[str, Any]] = []
    with Visit(
        chromium, folder, reduced_motion="reduce"
    ) as visit:  # a page that still scrolls is nowhere yet
        page = visit.open(name)
        page.wait_for_timeout(200)
        for _ in range(at_most):
            page.keyboard.press("Tab")
            stop = page.evaluate(_FOCUSED)
            if stop is None or (stops and stop["stop"] == stops[0]["stop"]):  # out of the page, or around it
                break
            stops.append(stop)
        else:
            pytest.fail(f"{name}: Tab does not leave the page after {at_most} stops")
    assert [one["name"] for one in stops if not one["inside"]] == [], "focused, and not on the screen"
    assert [one["name"] for one in stops if one["outline"] < 2] == [], "focused, and not shown to be"
    places = [one["place"] for one in stops]
    assert places == sorted(set(places)), "Tab jumps, or stays where it is"
    return [one["name"] for one in stops]
