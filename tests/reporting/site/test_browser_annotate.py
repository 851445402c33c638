"""Causes of errors chosen in a browser, by keyboard alone, and kept by a server that really runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
from browsing import MARKS, until

from starbench.annotation.annotator import annotation_server
from starbench.runs.annotations import saved_annotations
from starbench.runs.load import load
from starbench.schema.error_analysis import ErrorCause

pytestmark = MARKS


class Served(NamedTuple):
    """A page that is served, the run that it is of, and what went wrong."""

    page: Any
    run: Path
    problems: list[str]


@pytest.fixture
def served(chromium: Any, world: Path, tmp_path: Path) -> Iterator[Served]:
    run = shutil.copytree(world / "runs" / "hostile", tmp_path / "run")
    problems: list[str] = []
    with annotation_server(load(run), "Ada", [str(world / "suite")]) as (server, _):
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        context = chromium.new_context(viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        page.on(
            "request",
            lambda one: (
                None if one.url.startswith(server.address) else problems.append(f"request: {one.url}")
            ),
        )
        page.goto(f"{server.address}items.html")
        until(page, "document.querySelectorAll('.row').length > 5")
        yield Served(page, run, problems)
        context.close()
        server.shutdown()
        thread.join()
    assert problems == []


def test_causes_are_chosen_one_after_another(served: Served) -> None:
    page = served.page
    page.focus("#list")
    page.keyboard.press("ArrowDown")
    for number in range(3):
        until(
            page, f"document.querySelector('#list').getAttribute('aria-activedescendant') === 'row-{number}'"
        )
        until(page, "!document.querySelector('#annotation')?.hidden")
        page.focus("#annotation input:checked")
        for _ in range(number + 2):
            page.keyboard.press("ArrowDown")  # from the last to the first, and on
        page.keyboard.press("Enter")
        until(
            page, f"document.getElementById('annotation-progress').textContent.startsWith('{number + 1} of')"
        )
    said = saved_annotations(served.run)["Ada"]
    assert [one.cause for one in said.values()] == [
        ErrorCause.KNOWLEDGE,
        ErrorCause.REASONING,
        ErrorCause.MISALIGNMENT,
    ]
    total = int(page.text_content("#count").split()[0])
    page.focus("#annotation-left")
    page.keyboard.press("Space")
    until(page, f"document.getElementById('count').textContent.startsWith('{total - 3} of')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_was_said_stands_there_again_and_can_be_taken_back(served: Served) -> None:
    page = served.page
    page.click(".row >> nth=0")
    until(page, "!document.querySelector('#annotation')?.hidden")
    page.check("#annotation input[value=hallucination]")
    page.fill("#f-note", "<b>says rain</b>")
    page.click("#annotation button")
    until(page, "document.getElementById('annotation-progress').textContent.startsWith('1 of')")
    page.reload()
    until(page, "document.querySelectorAll('.row').length > 5")
    page.click(".row >> nth=0")
    until(page, "document.querySelector('#annotation input[value=hallucination]').checked")
    assert page.input_value("#f-note") == "<b>says rain</b>"
    page.check("#annotation input[value='']")
    page.click("#annotation button")
    until(page, "document.getElementById('annotation-progress').textContent.startsWith('0 of')")
    (line,) = saved_annotations(served.run)["Ada"].values()
    assert line.cause is None
