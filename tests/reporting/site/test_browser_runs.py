"""Reports of runs over suites that were really built: they open in a browser, and say what is true of the run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from browsing import MARKS, Visit, check_accessible, check_fit, until
from real_runs import PITCH_LISTENER, THETA, build_plain_pitch, build_suites, run_and_report

from starbench.runs.load import LoadedRun
from starbench.schema import Outcome

pytestmark = MARKS

_NO_CANARY = {"canary": False}
_EVERYTHING = {
    "canary": False,
    "max_attempts": 1,
    "conditions": ["audio", "mono", "silence", "caption:plain", "question-only"],
}


class Reported(NamedTuple):
    """A run, and the folder of its report."""

    run: LoadedRun
    folder: Path


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory, scripted: Any) -> Mapping[str, Reported]:
    """A report for each kind of listener: who hears, who guesses, who hears so much, who says everything."""
    root = tmp_path_factory.mktemp("real")
    suites, plain = build_suites(root), build_plain_pitch(root)
    of_listener = {"model_args": {"log": str(root / "log"), "theta": THETA}, **_NO_CANARY}
    planned: dict[str, tuple[Any, list[Path], Mapping[str, Any]]] = {
        "observer": ("observer", suites, {}),
        "random": ("random", suites, {}),
        "listener": (f"{PITCH_LISTENER}:PitchListener", [plain], of_listener),
        "scripted": (scripted, suites, _EVERYTHING),
    }
    return {
        name: Reported(run_and_report(model, of, root / name, options), root / name / "report")
        for name, (model, of, options) in planned.items()
    }


NAMES = ("observer", "random", "listener", "scripted")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_open_without_a_problem_and_fit_the_screen(
    chromium: Any, reports: Mapping[str, Reported], name: str, width: int
) -> None:
    check_fit(chromium, reports[name].folder, width)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_problem_of_accessibility(
    chromium: Any, reports: Mapping[str, Reported], name: str, scheme: str
) -> None:
    check_accessible(chromium, reports[name].folder, scheme)


def _summary(chromium: Any, folder: Path) -> dict[str, list[str]]:
    """The sentences of the first page as a reader sees them: how each begins, and its parts."""
    with Visit(chromium, folder) as visit:
        page = visit.open("index")
        return dict(
            page.eval_on_selector_all(
                ".sentences > div",
                "all => all.map(one => [one.querySelector('dt').innerText,"
                " [...one.querySelectorAll('dd span')].map(part => part.innerText.replace(/;$/, ''))])",
            )
        )


def test_the_observer_hears_everything(chromium: Any, reports: Mapping[str, Reported]) -> None:
    folder = reports["observer"].folder
    said = _summary(chromium, folder)
    assert {part.split()[0] for part in said["Heard at every level asked"]} == {"pitch", "gap"}
    assert not any("No evidence" in lead or "not tried" in lead for lead in said)
    with Visit(chromium, folder) as visit:
        page = visit.open("perception")
        assert page.locator(".card svg").count() >= 2
        page = visit.open("scenes")
        assert page.locator("main svg").count() > 0
        page = visit.open("index")
        assert page.locator("section.limits").count() == 0


def test_of_guesses_nothing_is_said_to_be_heard(chromium: Any, reports: Mapping[str, Reported]) -> None:
    folder = reports["random"].folder
    said = _summary(chromium, folder)
    assert set(said["No evidence of hearing"]) == {"pitch", "gap"}
    assert not any(lead.startswith("Heard") for lead in said)
    with Visit(chromium, folder) as visit:
        page = visit.open("index")
        assert "did not distinguish two plain tones" in page.inner_text("section.limits")


def test_the_threshold_of_a_noisy_listener_is_found(chromium: Any, reports: Mapping[str, Reported]) -> None:
    folder = reports["listener"].folder
    in_summary = "; ".join(_summary(chromium, folder)["Heard"])
    with Visit(chromium, folder) as visit:
        page = visit.open("index")
        in_table = page.inner_text("table:has(caption:text('Thresholds')) tbody tr")
        page = visit.open("perception")
        under_curve = page.inner_text("section.card ul")
    for text in (in_summary, in_table, under_curve):
        interval = re.search(r"[\d.]+ JND \[([\d.]+), ([\d.]+)", text)
        assert interval, text
        low, high = map(float, interval.groups())
        assert low < THETA < high
        assert high < 2 * low


def test_every_outcome_is_counted_and_can_be_listed(chromium: Any, reports: Mapping[str, Reported]) -> None:
    run, folder = reports["scripted"]
    ended = Counter(end.outcome for end in run.ends.values())
    assert set(ended) == {outcome.value for outcome in Outcome}
    with Visit(chromium, folder) as visit:
        page = visit.open("index")
        lines = page.eval_on_selector_all(
            "table:has(caption:text('How the trials ended')) tr",
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))",
        )
        columns = dict(zip(lines[0], zip(*lines[1:], strict=True), strict=True))
        sums = {name: sum(int(n.replace(",", "")) for n in columns[name]) for name in (*ended, "trials")}
        assert sums == {**ended, "trials": ended.total()}
        assert "missing or ended in an error" in page.inner_text("section.limits")
        page = visit.open("items")
        until(page, "document.querySelectorAll('.row').length > 5")
        for outcome, n in ended.items():
            page.select_option("#f-outcome", f"={outcome}" if outcome != "answered" else "")
            shown = n if outcome != "answered" else ended.total()
            until(page, f"document.getElementById('count').textContent.startsWith('{shown:,} of')")
