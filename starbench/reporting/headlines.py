"""A run in a few sentences, made by rules from its scores: what is heard, down to where, and what is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from starbench.canary.arrival import FOLDED, is_folded
from starbench.planning.conditions import is_soundless
from starbench.reporting.floors import NAMES
from starbench.reporting.words import inapplicable_sentence
from starbench.runs.load import LoadedRun
from starbench.schema.conclusion import Conclusion, ConclusionKind
from starbench.schema.score import PairedDifference, RunScore, SuiteScore
from starbench.schema.threshold import Threshold, ThresholdStatus
from starbench.scoring.conclusions import FEWEST_ITEMS

#: Conditions in which nothing of the sound is left, or not what the ears differ in.
_WITHOUT_SOUND = ("silence", "noise", "question-only")
_ONE_EAR = ("mono", "left-ear", "right-ear")
_REFERENCES = NAMES | {"chance": "guessing", "constant": "a constant answer"}


class SummarySentence(NamedTuple):
    """A sentence: how it begins, and what it lists, if anything."""

    lead: str
    parts: tuple[str, ...] = ()
    suite: str = ""
    """The suite that it is about; empty where it is about the whole run, or there is one suite."""

    def __str__(self) -> str:
        return f"{self.lead}: {'; '.join(self.parts)}" if self.parts else self.lead


def headlines(data: LoadedRun, scores: RunScore) -> list[SummarySentence]:
    """The sentences of a run; each says what the answers show, and no more."""
    is_one = len(scores.suites) == 1
    sentences = [
        sentence._replace(suite="" if is_one else suite.suite)
        for suite in scores.suites
        for sentence in (*_of_hearing(suite), *_of_controls(suite))
    ]
    return [*sentences, *_of_the_way(data), *_of_what_was_not_asked(data)]


def _of_hearing(suite: SuiteScore) -> Iterator[SummarySentence]:
    rows = {
        (row.task, row.attribute): row
        for row in suite.thresholds
        if any(row.condition == one.condition for one in suite.conclusions)
    }
    groups: dict[_Lead, list[str]] = {}
    for one in suite.conclusions:
        row = rows.get((one.task, one.part))
        lead = _lead(one, row)
        groups.setdefault(lead, []).append(lead.in_words(one, row))
    for lead in (_EVERYWHERE, *_LEADS.values()):
        if lead in groups:
            yield SummarySentence(lead.words, tuple(groups[lead]))


def _lead(one: Conclusion, row: Threshold | None) -> _Lead:
    is_below = row is not None and row.status is ThresholdStatus.BELOW_SMALLEST
    return _EVERYWHERE if one.kind is ConclusionKind.HEARD and is_below else _LEADS[one.kind]


def _name(one: Conclusion, _: Threshold | None = None) -> str:
    return one.part.removeprefix("sensitivity_").replace("_", " ")


def _with_threshold(one: Conclusion, row: Threshold | None) -> str:
    return f"{_name(one)} {_down_to(row)}" if _down_to(row) else _with_reference(one)


def _with_reference(one: Conclusion, _: Threshold | None = None) -> str:
    return f"{_name(one)} ({100 * one.aa:.0f} %, {_reference(one)})"


def _from(one: Conclusion, row: Threshold | None) -> str:
    return f"{_name(one)} (from {row.smallest:g} {row.unit})" if row else _name(one)


class _Lead(NamedTuple):
    """What a sentence begins with, and how it tells of a part."""

    words: str
    in_words: Callable[[Conclusion, Threshold | None], str]


_EVERYWHERE = _Lead("Heard at every level asked", _from)
#: In the order of the sentences.
_LEADS = {
    ConclusionKind.HEARD: _Lead("Heard", _with_threshold),
    ConclusionKind.WITHIN_FLOOR: _Lead(
        "Better than guessing, but no evidence of what is asked about", _with_reference
    ),
    ConclusionKind.NO_EVIDENCE: _Lead("No evidence of hearing", _name),
    ConclusionKind.BELOW_CHANCE: _Lead("Worse than guessing, as if options were exchanged", _with_reference),
    ConclusionKind.UNANSWERED: _Lead(
        "No conclusion, because fewer than half of the trials were answered", _name
    ),
    ConclusionKind.TOO_FEW: _Lead(f"No conclusion, because there are fewer than {FEWEST_ITEMS} items", _name),
}


def _reference(one: Conclusion) -> str:
    return f"{_REFERENCES.get(one.reference_name, one.reference_name)} {100 * one.reference:.0f} %"


def _down_to(row: Threshold | None) -> str | None:
    """How small a difference, or how soft a sound, is heard; None where no threshold says so."""
    if row is None or row.threshold is None or row.threshold_ci is None:
        return None
    low, high = row.threshold_ci
    people = f"; people {row.human.threshold:.3g}" if row.human else ""
    beyond = f", below the smallest level asked, {row.smallest:g}" if row.threshold < row.smallest else ""
    return f"down to {row.threshold:.3g} {row.unit} [{low:.3g}, {high:.3g}{people}]{beyond}"


def _of_controls(suite: SuiteScore) -> Iterator[SummarySentence]:
    """What answers lose without the sound, or without one of the ears."""
    for row in suite.paired:
        without = "without sound" if row.condition in _WITHOUT_SOUND else "with one ear or mixed to mono"
        if row.condition not in (*_WITHOUT_SOUND, *_ONE_EAR):
            continue
        low, high = row.diff_ci
        name = f"{row.task}, {without} ({row.condition})"
        if high < 0:
            loss = f"{-100 * row.diff:.0f} points less [{-100 * high:.0f}, {-100 * low:.0f}]"
        else:
            loss = f"not shown to be worse ({_change(row)})"
        yield SummarySentence(name, (loss,))


def _change(row: PairedDifference) -> str:
    low, high = row.diff_ci
    return f"{100 * row.diff:+.0f} points [{100 * low:+.0f}, {100 * high:+.0f}]"


def _of_the_way(data: LoadedRun) -> Iterator[SummarySentence]:
    """What became of the sound before the model heard it, as far as it limits what was said."""
    run, canary = data.run, data.canary
    if all(map(is_soundless, run.identity.setup.conditions)):
        return
    if canary is None:
        yield SummarySentence("Whether sound reaches the model was not tried")
    elif canary.transport != "arrived":
        yield SummarySentence(f"Whether sound reaches the model is not proven (canary: {canary.transport})")
    if is_folded(run.capabilities, run.adaptations):
        yield SummarySentence(f"By its declaration, {FOLDED}: nothing here is about two ears")
    elif canary is not None and canary.ears == "folded":
        yield SummarySentence("Ears are mixed to mono on the way (canary): nothing here is about two ears")


def _of_what_was_not_asked(data: LoadedRun) -> Iterator[SummarySentence]:
    parts = tuple(f"{one.items} item(s), {inapplicable_sentence(one)}" for one in data.run.inapplicable)
    if parts:
        yield SummarySentence("Not asked", parts)
