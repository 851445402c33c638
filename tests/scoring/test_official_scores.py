"""Official figures beside our reading: when they are given, what they count, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import official_runs
import pytest
from official_runs import FAILED, item

from starbench import protocols
from starbench.errors import PluginError
from starbench.protocols.base import Result
from starbench.protocols.official import OfficialProtocol, ReplyScore
from starbench.reporting.official import official_sentences
from starbench.reporting.scores import show
from starbench.reporting.site.write import write_report
from starbench.runs.load import load
from starbench.schema import Item, Outcome
from starbench.schema.adaptation import Inapplicable
from starbench.schema.official import OfficialGap, OfficialScores
from starbench.schema.score import SuiteScore
from starbench.scoring.run import score

OPTIONS = ("low", "high")


class ExactProtocol(OfficialProtocol):
    """Right is the text of the right option and nothing else; what has a question mark is not counted."""

    name = "exact"
    prompt_version = "exact/1"
    scorer = "somebody's script"
    groups = ("task",)
    defects = {"case": "case counts"}  # noqa: RUF012
    scored: Sequence[ReplyScore] | None = None

    def prompt(self, item: Item, options: tuple[str, ...]) -> str:
        return f"{item.question} {options}"

    def score_replies(self, results: Sequence[Result]) -> Sequence[ReplyScore]:
        if self.scored is not None:
            return self.scored
        return [
            ReplyScore(
                None if "?" in result.reply else result.reply == result.answer,
                "case" if result.reply.isupper() else None,
            )
            for result in results
        ]


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> ExactProtocol:
    protocol = ExactProtocol()
    monkeypatch.setitem(protocols.PROTOCOLS, "exact", protocol)
    protocols.get.cache_clear()
    return protocol


ITEMS = [
    *(item(f"a{n}", OPTIONS, "low", task="one") for n in range(3)),
    *(item(f"b{n}", OPTIONS, "high", task="two") for n in range(3)),
]
#: Right by both; by ours alone; by neither; not counted, and right by ours; empty; a refusal.
REPLIES = ["low", "A", "high", "B?", "", "I cannot hear audio."]


def _scored(path: Path, **options: Any) -> SuiteScore:
    replies = options.pop("replies", REPLIES)
    return score(load(official_runs.write(path / "run", "exact", ITEMS, replies, **options))).suites[0]


def _official(suite: SuiteScore) -> OfficialScores:
    assert isinstance(suite.official, OfficialScores)
    # As an entry is written and read.
    assert SuiteScore.model_validate_json(suite.model_dump_json()).official == suite.official
    return suite.official


def test_the_official_figure_stands_beside_ours_over_all_that_was_planned(tmp_path: Path) -> None:
    scores = _official(_scored(tmp_path))
    ours = [(row.group, row.name, row.n_items, row.correct, row.counted) for row in scores.rows]
    assert ours == [(None, "all items", 6, 1, 5), ("task", "one", 3, 1, 3), ("task", "two", 3, 0, 2)]
    everything, one, two = scores.rows
    assert everything.official == pytest.approx(1 / 5)
    assert (everything.aa, everything.coverage) == (pytest.approx(3 / 6), pytest.approx(4 / 6))
    assert (one.aa, two.aa) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert everything.aa_ci[0] < everything.aa < everything.aa_ci[1]
    assert (scores.n_replies, scores.left_out, scores.only_official, scores.only_ours) == (6, 1, 0, 2)
    assert (scores.always_first, scores.always_a) == (0.5, 0.0)


def test_what_our_reading_says_is_not_touched_by_the_scorer(tmp_path: Path, exact: ExactProtocol) -> None:
    exact.scored = [ReplyScore(True)] * len(ITEMS)
    suite = _scored(tmp_path)
    assert _official(suite).rows[0].official == 1.0
    assert _official(suite).only_official == 3
    (headline,) = suite.headlines
    assert headline.aa == pytest.approx(3 / 6)
    ended = {name: n for name, n in headline.outcomes.items() if n}
    assert ended == {Outcome.ANSWERED.value: 4, Outcome.EMPTY.value: 1, Outcome.REFUSED.value: 1}


@pytest.mark.parametrize(
    ("options", "gap"),
    [
        ({"setup": {"limit": 6}}, OfficialGap.SAMPLE),
        ({"setup": {"rotations": "2"}}, OfficialGap.ROTATIONS),
        ({"setup": {"answer_mode": "choice"}}, OfficialGap.ANSWER_MODE),
        ({"run": {"skipped": ("c0: damaged",)}}, OfficialGap.LEFT_OUT),
        (
            {"run": {"inapplicable": (Inapplicable(suite="s", condition="audio", items=1, code="clips"),)}},
            OfficialGap.LEFT_OUT,
        ),
        ({"replies": [*REPLIES[:-1], FAILED]}, OfficialGap.UNFINISHED),
    ],
)
def test_without_what_the_benchmark_asks_there_is_no_official_figure_and_the_reason_is_said(
    options: dict[str, Any], gap: OfficialGap, tmp_path: Path
) -> None:
    scores = _official(_scored(tmp_path, **options))
    assert (scores.gap, scores.rows) == (gap, ())
    (sentence,) = official_sentences(scores)
    assert sentence.startswith("No official figure, because ")


@pytest.mark.parametrize("name", ["mmau-pro", "sonicbench", "sakura", "so-bench", "spatialsoundqa"])
def test_a_benchmark_whose_scorer_is_not_reproduced_says_why(name: str, tmp_path: Path) -> None:
    path = official_runs.write(tmp_path / "run", name, ITEMS, REPLIES)
    scores = _official(score(load(path)).suites[0])
    assert (scores.gap, scores.rows) == (OfficialGap.NO_SCORER, ())
    (sentence,) = official_sentences(scores)
    assert "github" in sentence


@pytest.mark.parametrize("name", ["starbench", "star-bench"])
def test_protocols_without_a_scorer_have_no_official_scores(name: str, tmp_path: Path) -> None:
    path = official_runs.write(
        tmp_path / "run", name, [ITEMS[0].model_copy(update={"rotations": 1})], ["low"]
    )
    suite = score(load(path)).suites[0]
    assert suite.official == {}
    assert SuiteScore.model_validate_json(suite.model_dump_json()).official == {}


def test_a_scorer_that_fails_or_forgets_replies_is_the_plug_ins_fault(
    tmp_path: Path, exact: ExactProtocol
) -> None:
    exact.scored = [ReplyScore(True)]
    with pytest.raises(PluginError, match=r"the scorer of protocol 'exact' fails.*1 replies of 6"):
        _scored(tmp_path)


def test_table_and_sentences_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = load(official_runs.write(tmp_path / "run", "exact", ITEMS, REPLIES))
    show(score(data), data)
    printed = capsys.readouterr().out
    assert "official figures of s beside our reading of the same replies" in printed
    row = next(line for line in printed.splitlines() if line.startswith("all items"))
    assert row.split()[2:5] == ["6", "20.0", "5"]
    assert "Scorer: somebody's script. Of 6 replies it counts 0 as right that our reading does not" in printed
    assert "does not count 2 that ours reads as right. It leaves 1 out of its denominator" in printed
    assert (
        "always replying with the text of the first option gets 50.0 %, with the letter A gets 0.0 %"
        in printed
    )
    assert "Known defect: case counts (2 of these replies)." in printed


def test_the_first_page_has_both_figures_and_names_of_groups_are_text(tmp_path: Path) -> None:
    items = [one.model_copy(update={"task": "<b>one</b>"}) for one in ITEMS]
    write_report(
        [load(official_runs.write(tmp_path / "run", "exact", items, REPLIES))], tmp_path / "page", workers=0
    )
    page = (tmp_path / "page" / "index.html").read_text("utf-8")
    assert "Official figures beside our reading of the same replies" in page
    assert "somebody&#39;s script" in page
    assert "&lt;b&gt;one&lt;/b&gt;" in page
    assert "<b>one</b>" not in page
    table = (tmp_path / "page" / "tables" / "official.csv").read_text("utf-8").splitlines()
    assert table[0] == "run,suite,by,part,items,official,counted,aa,aa low,aa high,answered"
    assert table[1].split(",")[3:7] == ["all items", "6", "0.2", "5"]
