"""Two sides paired by item: every figure by hand, and refusals never among wrong answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from caption_server import Ran, starbench
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_runs import ENDINGS, write
from scipy.stats import binomtest

from starbench.errors import InputError, RunError
from starbench.planning import reasons
from starbench.reporting.differences import notes
from starbench.runs.load import load
from starbench.schema import (
    MissingCaptions,
)
from starbench.schema.caption import Captioner
from starbench.schema.compare import Comparisons
from starbench.scoring import intervals
from starbench.scoring.compare import compare as compare_runs


def compare(paths: Sequence[Path], conditions: Sequence[str] = ()) -> Comparisons:
    return compare_runs([load(path) for path in paths], conditions)


# --- figures, by hand -----------------------------------------------------------------------------

AUDIO = {
    "a": ("right", "right"),
    "b": ("right", "wrong"),
    "c": ("wrong", "refused"),
    "d": ("right", "right"),
    "only-audio": ("right", "right"),
}
CAPTION = {
    "a": ("right", "wrong"),
    "b": ("refused", "right"),
    "c": ("right", "right"),
    "d": ("truncated", "error"),
    "only-caption": ("wrong", "wrong"),
}


def test_a_difference_is_taken_apart_by_hand(tmp_path: Path) -> None:
    path = write(tmp_path / "run", {"audio": AUDIO, "caption:by-x": CAPTION})
    (comparison,) = compare([path]).comparisons
    assert (comparison.base.condition, comparison.other.condition) == ("audio", "caption:by-x")
    (row,) = comparison.rows
    assert (row.n_items, row.n_trials, row.unpaired_base, row.unpaired) == (4, 8, 1, 1)
    assert (row.base_aa, row.aa, row.diff) == (5 / 8, 4 / 8, -1 / 8)
    assert row.chance == 0.5
    # Both answered: a (right right → right wrong), b's second (wrong → right), c's first (wrong → right).
    assert row.from_answers.diff == pytest.approx((-1 + 1 + 1) / 8)
    # The base lost one right answer of b to a refusal, of d one to a cut and one to an error; c gained one.
    assert row.from_unanswered.diff == pytest.approx((-3 + 1) / 8)
    assert row.lost == {"error": -1 / 8, "refused": -1 / 8, "truncated": -1 / 8}
    assert row.gained == {"refused": 1 / 8}
    both = row.both_answered
    assert both is not None
    assert (both.n_items, both.n_trials, both.base_aa, both.aa, both.diff) == (3, 4, 2 / 4, 3 / 4, 1 / 4)
    assert {k: n for k, n in row.base_outcomes.items() if n} == {"answered": 7, "refused": 1}
    assert {k: n for k, n in row.outcomes.items() if n} == {
        "answered": 5, "refused": 1, "truncated": 1, "error": 1,
    }  # fmt: skip


def test_intervals_are_those_of_the_items_differences(tmp_path: Path) -> None:
    import numpy as np

    path = write(tmp_path / "run", {"audio": AUDIO, "caption:by-x": CAPTION})
    (row,) = compare([path]).comparisons[0].rows
    planned = np.full(4, 2.0)

    def interval(base: list[int], other: list[int], of: Any = planned) -> Any:
        counts = (np.array(base, float), of, np.array(other, float), of)
        return pytest.approx(intervals.difference(*counts))

    assert row.diff_ci == interval([2, 1, 0, 2], [1, 1, 2, 0])
    assert row.from_answers.diff_ci == interval([2, 0, 0, 0], [1, 1, 1, 0])
    assert row.from_unanswered.diff_ci == interval([0, 1, 0, 2], [0, 0, 1, 0])
    assert row.both_answered is not None
    assert row.both_answered.diff_ci == interval([2, 0, 0], [1, 1, 1], np.array([2.0, 1.0, 1.0]))


def test_refusals_alone_make_no_wrong_answer(tmp_path: Path) -> None:
    """What the published −35.2 may be: a side that refuses three of four, and is as good where it answers."""
    heard = {f"{n}": ("right",) for n in range(20)} | {f"x{n}": ("wrong",) for n in range(20)}
    told = {name: (ends[0] if n % 4 == 0 else "refused",) for n, (name, ends) in enumerate(heard.items())}
    path = write(tmp_path / "run", {"audio": heard, "caption:by-x": told})
    (row,) = compare([path]).comparisons[0].rows
    assert (row.base_aa, row.aa, row.diff) == (0.5, 0.125, -0.375)
    assert row.from_answers.diff == 0
    assert row.from_unanswered.diff == -0.375
    assert row.lost == {"refused": -0.375}
    assert row.both_answered is not None
    assert (row.both_answered.n_items, row.both_answered.diff) == (10, 0)


def test_each_task_and_sub_category_has_a_row(tmp_path: Path) -> None:
    ends = {"a1": ("right",), "a2": ("wrong",), "b1": ("right",)}
    other = {"a1": ("wrong",), "a2": ("wrong",), "b1": ("right",)}
    first = write(tmp_path / "first", {"audio": ends}, sub=lambda name: name[0])
    second = write(tmp_path / "second", {"audio": other}, sub=lambda name: name[0])
    rows = compare([first, second]).comparisons[0].rows
    assert [(row.sub_category, row.n_items, row.diff) for row in rows] == [
        (None, 3, pytest.approx(-1 / 3)), ("a", 2, -0.5), ("b", 1, 0.0),
    ]  # fmt: skip


def test_sides_that_answered_nothing_alike_have_no_such_figure(tmp_path: Path) -> None:
    path = write(tmp_path / "run", {"audio": {"a": ("right",)}, "mono": {"a": ("blocked",)}})
    (row,) = compare([path]).comparisons[0].rows
    assert row.both_answered is None
    assert (row.from_answers.diff, row.from_unanswered.diff, row.lost) == (0, -1, {"blocked": -1})


side = st.lists(st.tuples(st.sampled_from(ENDINGS), st.sampled_from(ENDINGS)), min_size=1, max_size=8)


@settings(max_examples=60)
@given(side, side)
def test_the_parts_add_up(tmp_path_factory: pytest.TempPathFactory, first: Any, second: Any) -> None:
    folder = tmp_path_factory.mktemp("runs")
    sides = ({str(n): ends for n, ends in enumerate(endings)} for endings in (first, second))
    paths = [write(folder / str(n), {"audio": endings}) for n, endings in enumerate(sides)]
    (row,) = compare(paths).comparisons[0].rows
    n_items = min(len(first), len(second))
    pairs = [pair for a, b in zip(first, second, strict=False) for pair in zip(a, b, strict=True)]
    assert (row.n_items, row.n_trials) == (n_items, 2 * n_items)
    right = [sum(pair[i] == "right" for pair in pairs) / len(pairs) for i in (0, 1)]
    assert (row.base_aa, row.aa) == pytest.approx(tuple(right))
    assert row.diff == pytest.approx(row.aa - row.base_aa)
    assert row.from_answers.diff + row.from_unanswered.diff == pytest.approx(row.diff)
    assert sum(row.lost.values()) + sum(row.gained.values()) == pytest.approx(row.from_unanswered.diff)
    assert all(share < 0 for share in row.lost.values())
    assert all(share > 0 for share in row.gained.values())
    assert not {"answered"} & {*row.lost, *row.gained}
    if row.both_answered is not None:
        share = row.both_answered.n_trials / row.n_trials
        assert row.both_answered.diff * share == pytest.approx(row.from_answers.diff)
    for outcomes in (row.outcomes, row.base_outcomes):
        assert sum(outcomes.values()) == row.n_trials
    for part in (row, row.from_answers, row.from_unanswered):
        assert part.diff_ci[0] <= part.diff_ci[1]


# --- what can be compared -------------------------------------------------------------------------

ONE = {"a": ("right",)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"digest": "e" * 64}, "asked other questions of suite 's' (digest dddddddddddd and eeeeeeeeeeee)"),
        ({"protocol": "star-bench"}, "another protocol"),
        ({"prompt_version": "2"}, "another version of the prompts"),
        ({"rotations": "1"}, "other rotations"),
        ({"profile": "star-bench"}, "another profile of suite 's' (profile none and star-bench)"),
        ({"name": "another"}, "share no suite"),
    ],
)
def test_other_questions_are_not_compared(tmp_path: Path, change: dict[str, str], said: str) -> None:
    first = write(tmp_path / "first", {"audio": ONE})
    setup = {name: value for name, value in change.items() if name == "rotations"}
    of_suite = {name: value for name, value in change.items() if name != "rotations"}
    second = write(tmp_path / "second", {"audio": ONE}, suite=of_suite, **setup)
    with pytest.raises(InputError) as refused:
        compare([first, second])
    assert said in str(refused.value)


def test_runs_are_paired_condition_by_condition(tmp_path: Path) -> None:
    conditions = {"audio": ONE, "caption:plain": ONE, "mono": ONE}
    first = write(tmp_path / "first", conditions, model="one")
    second = write(tmp_path / "second", {"mono": ONE, "audio": ONE}, model="two", model_args={"seed": 3})

    def sides(runs: Sequence[Path], *asked: str) -> list[tuple[str, str]]:
        return [(one.base.name, one.other.name) for one in compare(runs, asked).comparisons]

    assert sides([first, second]) == [
        ("one, audio", "two (seed=3), audio"),
        ("one, mono", "two (seed=3), mono"),
    ]
    assert sides([first, second], "mono") == [("one, mono", "two (seed=3), mono")]
    assert compare([first, second]).unshared_conditions == {str(first): ("caption:plain",)}
    assert sides([first]) == [("one, audio", "one, caption:plain"), ("one, audio", "one, mono")]
    assert sides([first], "caption", "audio") == [("one, caption:plain", "one, audio")]


def test_captions_of_one_grade_are_compared_with_captions_of_another(tmp_path: Path) -> None:
    runs = [
        write(tmp_path / by, {"audio": ONE, f"caption:{by}": ONE, **more}, model=by)
        for by, more in (("x", {}), ("y", {}), ("two", {"caption:full": ONE}))
    ]
    pairs = [(one.base.name, one.other.name) for one in compare(runs[:2]).comparisons]
    assert pairs == [("x, audio", "y, audio"), ("x, caption:x", "y, caption:y")]
    pairs = [(one.base.name, one.other.name) for one in compare([runs[0], runs[2]]).comparisons]
    assert pairs == [("x, audio", "two, audio")], "which of the two grades is meant, nobody knows"
    pairs = [(one.base.name, one.other.name) for one in compare([runs[2], runs[0]]).comparisons]
    assert pairs == [("two, audio", "x, audio")]


def test_runs_without_a_common_condition_are_compared_all_the_same(tmp_path: Path) -> None:
    first = write(tmp_path / "first", {"audio": ONE}, model="one")
    second = write(tmp_path / "second", {"caption:plain": ONE}, model="two")
    (one,) = compare([first, second]).comparisons
    assert (one.base.name, one.other.name) == ("one, audio", "two, caption:plain")


def test_p_values_are_exact_and_adjusted_for_all_tests(tmp_path: Path) -> None:
    """Ten items for the better, two for the worse, in one of two conditions; few items are not tested."""
    better = {f"a{n}": ("wrong" if n < 10 else "right",) for n in range(12)} | {"b": ("right",)}
    worse = {f"a{n}": ("right" if n < 10 else "wrong",) for n in range(12)} | {"b": ("right",)}
    first = write(tmp_path / "first", {"audio": better, "mono": better}, sub=lambda name: name[0])
    second = write(tmp_path / "second", {"audio": worse, "mono": better}, sub=lambda name: name[0])
    result = compare([first, second])
    assert result.n_tests == 4
    p = binomtest(10, 12).pvalue
    audio, mono = ([(row.sub_category, row.p, row.p_holm) for row in one.rows] for one in result.comparisons)
    assert audio == [
        (None, pytest.approx(p), pytest.approx(4 * p)),
        ("a", pytest.approx(p), pytest.approx(4 * p)),
        ("b", None, None),
    ]
    assert [row[1:] for row in mono] == [(1.0, 1.0), (1.0, 1.0), (None, None)]


def test_one_side_is_no_comparison(tmp_path: Path) -> None:
    path = write(tmp_path / "run", {"audio": ONE, "mono": ONE})
    with pytest.raises(InputError, match="one side only"):
        compare([path], ["mono"])
    with pytest.raises(InputError, match=r"--condition split: no run has it; there are audio, mono"):
        compare([path], ["audio", "split"])
    with pytest.raises(RunError, match="is not a run"):
        compare([tmp_path, path])
    other = write(tmp_path / "other", {"audio": {"b": ("right",)}})
    with pytest.raises(InputError, match="no item in common"):
        compare([path, other], ["audio"])


def test_what_else_differs_is_told(tmp_path: Path) -> None:
    first = write(
        tmp_path / "first",
        {"audio": ONE, "caption:by-x": ONE},
        run={
            "inapplicable": (
                reasons.Reason.of("no_graded_caption", grade="by-x").record("s", "caption:by-x", 3),
                reasons.Reason.of("clip_length", most_s=2.0).record("s", "audio", 2),
            ),
            "captioner": Captioner(
                model="x",
                grade="by-x",
                missing=(MissingCaptions(suite="s", clips=2, of=9, reason="refused"),),
            ),
        },
    )
    second = write(tmp_path / "second", {"audio": ONE}, rate="16000", answer_mode="choice")
    (captioned,), (other,) = compare([first]).comparisons, compare([first, second]).comparisons
    assert tuple(notes(captioned)) == (
        "2 item(s) not asked of m, audio: s: audio: a clip longer than the 2 s that the model takes",
        "3 item(s) not asked of m, caption:by-x: s: caption:by-x: no 'by-x' caption for each clip",
        "condition caption:by-x shows captions by x "
        "(no canary was held: whether sound reached the model is not known)",
        "s: 2 of 9 clips have no caption by x: refused",
    )
    assert tuple(notes(other))[:2] == ("rate: native and 16000", "answer mode: text and choice")


# --- the command ----------------------------------------------------------------------------------


def test_the_command_shows_both_findings_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "run", {"audio": AUDIO, "caption:by-x": CAPTION}, model="[red]m[/red]\x1b[1m")

    def run(*arguments: str | Path) -> Ran:
        return starbench(monkeypatch, capfd, "compare", *arguments)

    ran = run(path, "--condition", "audio,caption", "--all", "--json", tmp_path / "new" / "c.json")
    assert ran.code == 0, ran.err
    shown = " ".join(ran.out.split())
    assert shown.startswith("caption:by-x and audio cannot be distinguished")
    assert "[red]m[/red][1m, audio → [red]m[/red][1m, caption:by-x on s" in shown
    assert "62.5 50.0 -12.5 [" in shown
    for ended in ("refused 12.5 12.5 +12.5 -12.5", "truncated 0.0 12.5 – -12.5", "error 0.0 12.5 – -12.5"):
        assert ended in shown
    assert "note: 1 item(s) of T were asked of the first only, and are left out" in shown
    written = json.loads((tmp_path / "new" / "c.json").read_text("utf-8"))
    assert written == compare([path]).model_dump(mode="json")
    refused = run(path, "--condition", "audio")
    assert (refused.code, len(refused.err.splitlines())) == (2, 1)
    assert run(path, "--json", tmp_path).code == 2
