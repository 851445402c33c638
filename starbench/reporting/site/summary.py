"""The first page: what was found in a few sentences, what limits it, and the scores of every condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from starbench.canary import arrival, summary
from starbench.reporting.floors import highest
from starbench.reporting.site.charts import Bar, dot_chart
from starbench.reporting.site.facts import RunFacts, ShareRight, shown_name
from starbench.reporting.site.perception import threshold_words
from starbench.reporting.site.tables import PageColumn, PageTable
from starbench.reporting.words import adaptation_sentence, notes
from starbench.schema import Outcome
from starbench.schema.conclusion import ConclusionKind
from starbench.schema.score import Headline, SuiteScore
from starbench.scoring.observations import MISSING

#: Verdict of the canary -> what it means for everything on the pages.
_LIMITS = {
    ("transport", "dropped"): "Sound did not reach the model. Nothing here says anything about hearing.",
    ("transport", "unknown"): "It is not known whether sound reached the model.",
    ("hearing", "not heard"): "The model did not distinguish two plain tones before the run began.",
    (
        "ears",
        "folded",
    ): "Both ears were mixed to mono on the way. Scores that need two ears measure something else.",
    ("ears", "unknown"): "It is not known whether both ears reached the model separately.",
    ("length", "cut"): "The end of long clips does not reach the model.",
    ("band", "narrowed"): "High frequencies of the sounds do not reach the model.",
}
_GRAVE = {("transport", "dropped"), ("ears", "folded"), ("hearing", "not heard")}


class Limit(NamedTuple):
    """What limits everything that follows: a sentence, its evidence, and whether it is grave."""

    run: str
    sentence: str
    evidence: str
    is_grave: bool


class KeyFigure(NamedTuple):
    """A figure with what it is of, and what it is to be compared with."""

    label: str
    figure: str
    beside: str


def limits(run: RunFacts) -> Iterator[Limit]:
    """What the canary found, and what the model is declared to do, as far as it limits what follows."""
    canary, record = run.data.canary, run.data.run
    if run.hearing is None:
        yield Limit(run.name, "No sound was sent: every condition of this run is of words alone.", "", True)
        return
    apart = arrival.are_ears_apart(record.adaptations)
    if canary is None:
        yield Limit(run.name, "It is not known whether sound reached the model.", summary.NOT_HELD, False)
    elif canary.unproven:
        yield Limit(run.name, f"{canary.unproven} trials were asked without a canary.", "", False)
    for (name, verdict), sentence in _LIMITS.items():
        if canary is not None and getattr(canary, name) == verdict and not (name == "ears" and apart):
            evidence = canary.evidence.get(name, "")
            yield Limit(run.name, sentence, evidence, (name, verdict) in _GRAVE)
    if arrival.is_folded(record.capabilities, record.adaptations):
        yield Limit(
            run.name, "The model mixes all channels to mono before it listens.", "as it declares", True
        )
    if not run.score.complete:
        yield Limit(
            run.name, "Some planned trials are missing or ended in an error; they count as wrong.", "", False
        )


def key_figures(run: RunFacts) -> list[KeyFigure]:
    """The few figures that are looked for first."""
    figures = []
    for suite in run.score.suites:
        for row in suite.headlines:
            if row.condition == run.hearing:
                low, high = row.aa_ci
                figures.append(
                    KeyFigure(
                        f"right on {suite.suite}",
                        f"{100 * row.aa:.1f} %",
                        f"{100 * low:.1f} to {100 * high:.1f}, chance {100 * row.chance:.1f}",
                    )
                )
    judged = [
        one.kind
        for suite in run.score.suites
        for one in suite.conclusions
        if one.kind not in (ConclusionKind.TOO_FEW, ConclusionKind.UNANSWERED)
    ]
    if judged:
        n = sum(kind is ConclusionKind.HEARD for kind in judged)
        figures.append(
            KeyFigure("parts heard", f"{n} of {len(judged)}", "beyond chance, constant and floors")
        )
    trials = run.heard() if run.hearing else run.observations
    answered = sum(o.outcome == Outcome.ANSWERED.value for o in trials)
    of = f"{answered:,} of {len(trials):,} trials{f', {run.hearing}' if run.hearing else ''}"
    figures.append(KeyFigure("answered", f"{100 * answered / max(len(trials), 1):.1f} %", of))
    if run.score.cost_usd is not None:
        figures.append(KeyFigure("cost", f"$ {run.score.cost_usd:,.2f}", "by the prices when it began"))
    return figures


def remarks(run: RunFacts) -> list[str]:
    """What was changed about what was sent, and other notes; what was not asked is among the sentences."""
    record = run.data.run
    lines = [arrival.line(record, run.data.canary)] if run.hearing else []
    lines += [*map(adaptation_sentence, record.adaptations), *notes(record)]
    if record.skipped:
        lines.append(f"{len(record.skipped)} damaged items were left out")
    return lines


def condition_charts(runs: Sequence[RunFacts]) -> list[tuple[str, str]]:
    """A heading and a chart for each suite: the accuracy of every run under every condition."""
    found: dict[str, dict[str, dict[str, Headline]]] = {}
    for run in runs:
        for suite in run.score.suites:
            for row in suite.headlines:
                found.setdefault(suite.suite, {}).setdefault(row.condition, {})[run.name] = row
    names = [run.name for run in runs]
    return [
        (
            suite,
            dot_chart(
                f"Accuracy on {suite}",
                [Bar(name, [_share_of(rows.get(run)) for run in names]) for name, rows in conditions.items()],
                names,
                width=520,
                left=110,
            ),
        )
        for suite, conditions in found.items()
    ]


def _share_of(row: Headline | None) -> ShareRight | None:
    return None if row is None else ShareRight(row.aa, row.aa_ci, row.n_items, row.n_trials, row.chance)


# --- tables ---------------------------------------------------------------------------------------


def score_table(runs: Sequence[RunFacts]) -> PageTable:
    """Every suite under every condition."""
    rows = [
        (
            run.name,
            suite.suite,
            row.condition,
            row.n_items,
            (row.aa, row.aa_ci),
            (row.ma.aa, row.ma.aa_ci),
            (row.acr, row.acr_ci),
            row.aa_answered,
            row.chance,
            row.best_constant.aa,
            highest(row.floors),
        )
        for run in runs
        for suite in run.score.suites
        for row in suite.headlines
    ]
    columns = (
        PageColumn("run"),
        PageColumn("suite"),
        PageColumn("condition"),
        PageColumn("items", "count"),
        PageColumn("AA, %", "share_ci", "aa"),
        PageColumn("MA, %", "share_ci", "ma"),
        PageColumn("ACR, %", "share_ci", "acr"),
        PageColumn("of answers, %", "share", "aa_answered"),
        PageColumn("chance, %", "share", "chance"),
        PageColumn("constant, %", "share", "best_constant"),
        PageColumn("highest floor", "text"),
    )
    return PageTable("scores", "Accuracy of every suite and condition", columns, rows, is_stacked=True)


def outcome_table(runs: Sequence[RunFacts]) -> PageTable:
    """How the trials ended, for every suite and condition."""
    kinds = (*(outcome.value for outcome in Outcome), MISSING)
    lines: list[tuple[RunFacts, SuiteScore, Headline]] = [
        (run, suite, row) for run in runs for suite in run.score.suites for row in suite.headlines
    ]
    shown = [kind for kind in kinds if any(row.outcomes.get(kind) for _, _, row in lines)]
    rows = [
        (
            run.name,
            suite.suite,
            row.condition,
            row.n_trials,
            *(row.outcomes.get(kind, 0) for kind in shown),
            row.abstained,
        )
        for run, suite, row in lines
    ]
    columns = (
        PageColumn("run"),
        PageColumn("suite"),
        PageColumn("condition"),
        PageColumn("trials", "count"),
        *(PageColumn(kind, "count") for kind in shown),
        PageColumn("abstained", "count"),
    )
    return PageTable("outcomes", "How the trials ended", columns, rows)


def drop_table(runs: Sequence[RunFacts]) -> PageTable | None:
    """Each condition against the sounds themselves, paired by item."""
    rows = [
        (run.name, one.task, one.condition, one.n_items, one.base_aa, one.aa, (one.diff, one.diff_ci))
        for run in runs
        for suite in run.score.suites
        for one in suite.paired
    ]
    columns = (
        PageColumn("run"),
        PageColumn("task"),
        PageColumn("condition"),
        PageColumn("items", "count"),
        PageColumn("audio, %", "share", "audio"),
        PageColumn("condition, %", "share", "accuracy"),
        PageColumn("difference, points", "points_ci", "difference"),
    )
    caption = "Conditions against audio, paired by item"
    return PageTable("conditions", caption, columns, rows) if rows else None


def threshold_table(runs: Sequence[RunFacts]) -> PageTable | None:
    """The smallest that is heard, beside what people hear and the highest floor."""
    rows = []
    for run in runs:
        for suite in run.score.suites:
            floors = {
                part.name: highest(part.floors)
                for task in suite.tasks
                if task.condition == run.hearing
                for part in task.sub_categories
            }
            for row in suite.thresholds:
                if row.condition == run.hearing:
                    human = row.human and f"{row.human.threshold:g} {row.human.unit}"
                    interval = row.threshold_ci
                    value = (row.threshold, interval) if row.threshold is not None and interval else None
                    rows.append(
                        (
                            run.name,
                            shown_name(row.attribute),
                            threshold_words(row),
                            row.unit,
                            value,
                            human,
                            row.n_items,
                            floors.get(row.attribute, "–"),
                        )
                    )
    columns = (
        PageColumn("run"),
        PageColumn("attribute"),
        PageColumn("heard down to"),
        PageColumn("unit"),
        PageColumn("threshold", "number_ci"),
        PageColumn("people"),
        PageColumn("items", "count"),
        PageColumn("highest floor, %", "text", "highest_floor"),
    )
    return (
        PageTable("hearing-thresholds", "Thresholds: the smallest that is heard", columns, rows)
        if rows
        else None
    )
