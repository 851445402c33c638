"""A run's record in words: what was changed about what was sent, what could not be asked, and notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from starbench.canary import arrival
from starbench.engine.pacing import Pause
from starbench.planning.adaptation import is_done
from starbench.planning.conditions import CAPTION
from starbench.planning.reasons import sentence
from starbench.schema import Adaptation, Inapplicable, Run
from starbench.schema.caption import Captioner
from starbench.schema.imported import Imported
from starbench.schema.score import Headline, RunScore, SuiteScore

_CHANGES = {
    "split": "clips of two channels split into left ear and right ear",
    "mono": "clips of more channels than the model takes made mono, the plain mean",
}


def adaptation_sentence(adaptation: Adaptation, unit: str = "trials with sound") -> str:
    """One change in words; ``unit`` says what was counted."""
    counted = "" if adaptation.trials is None else f"{adaptation.trials} of {adaptation.of} {unit}: "
    return f"{counted}{_change(adaptation)}"


def _change(adaptation: Adaptation) -> str:
    if adaptation.kind == "resampled":
        why = "as --rate asks" if adaptation.on_request else "the highest rate the model reads"
        return f"all clips resampled to {adaptation.rate_hz} Hz, {why}"
    if adaptation.kind == "silent-clip":
        return (
            f"a silent clip of {adaptation.seconds:g} s sent with {', '.join(adaptation.conditions)}: "
            "the model takes no prompt without one"
        )
    if adaptation.kind == "concat":
        unlike = f", resampled to {adaptation.rate_hz} Hz, the highest rate among them"
        return (
            f"{adaptation.clips} clips joined into one, {adaptation.gap_s:g} s apart"
            f"{unlike if adaptation.rate_hz else ''}"
        )
    return adaptation.text or _CHANGES[adaptation.kind]


def inapplicable_sentence(one: Inapplicable) -> str:
    """What could not be asked, and why: suite, condition and reason."""
    parts = (one.suite, one.condition, sentence(one.code, one.values, one.fixes))
    return ": ".join(part for part in parts if part)


def notes(run: Run) -> list[str]:
    """What else a reader of the results should know."""
    if run.notes:  # stored by version 0.1
        return list(run.notes)
    imported = [] if run.imported is None else [imported_note(run.imported)]
    return [*imported, *captioner_notes(run.captioner), *_idle_policies(run), *_folding(run)]


def imported_note(imported: Imported) -> str:
    """That replies were asked for by others, by whom, and what was done to them."""
    dated = f", {imported.date}" if imported.date else ""
    note = f"imported, not run by us: replies of {imported_source(imported)}{dated}"
    if imported.changed:
        note += (
            f"; the raw reply is read, and in {imported.changed:,} its authors made another text of it, "
            f"{imported.changed_readings:,} of which are read otherwise"
        )
    return note


def imported_source(imported: Imported) -> str:
    """Who published the replies, and under what licence."""
    return f"{imported.source}, licence {imported.licence}" if imported.licence else imported.source


def imported_lines(run: Run, scores: RunScore) -> Iterator[str]:
    """What an import did, a line each: which fields were read, how trials ended, how letters were used."""
    imported = run.imported
    if imported is None:
        return
    yield imported_note(imported)
    yield "read: " + ", ".join(f"{name} of {n:,} replies" for name, n in imported.fields.items())
    for row in (headline for suite in scores.suites for headline in suite.headlines):
        ended = ", ".join(f"{name} {n:,}" for name, n in row.outcomes.items() if n)
        yield f"answered {100 * row.coverage:.1f} % of {row.n_trials:,} ({ended})"
        letters = letter_words(row)
        right = f"right {100 * row.aa:.1f} % of all, chance {100 * row.chance:.1f} %"
        yield f"{right}; {letters}" if letters else right


def letter_words(row: Headline) -> str:
    """How often each letter is chosen, and how often trials are right where it is right."""
    answered = sum(one.chosen for one in row.letters)
    return ", ".join(
        f"{one.letter} in {one.chosen / answered:.1%} of the answers"
        + (f" and right in {one.right / one.planned:.1%} where it is right" if one.planned else "")
        for one in row.letters
        if answered
    )


def captioner_notes(captioner: Captioner | None) -> Iterator[str]:
    """Whose captions are shown, what was changed for that model, and which clips it left out."""
    if captioner is None:
        return
    yield f"condition {CAPTION}:{captioner.grade} shows {arrival.of_captioner(captioner)}"
    for adaptation in captioner.adaptations:
        yield f"captions by {captioner.model}: {adaptation_sentence(adaptation, 'clips')}"
    for missing in captioner.missing:
        yield (
            f"{missing.suite}: {missing.clips} of {missing.of} clips have no caption by {captioner.model}: "
            f"{missing.reason}"
        )


def criteria(scores: SuiteScore, task: str, condition: str) -> dict[str, float]:
    """Sub-category of a task under a condition -> how wide its "same" is, where that was fitted."""
    return {
        row.attribute: row.criterion
        for row in scores.thresholds
        if (row.task, row.condition) == (task, condition) and row.criterion is not None
    }


def pause_sentence(pause: Pause, now: datetime) -> str:
    """What all questions wait for, and until when."""
    until = f"{now + timedelta(seconds=pause.wait_s):%H:%M:%S} ({pause.wait_s:,.0f} s)"
    if pause.refused_s is None:
        return f"waiting until {until}: the server failed and asks to wait so long"
    refusing = f" for {pause.refused_s:,.0f} s now" if pause.refused_s >= 1 else ""
    then = (
        "it asks to wait so long"
        if pause.is_stated
        else "then one question finds out whether it grants again"
    )
    return f"waiting until {until}: the server refuses with 429 (rate limit){refusing}; {then}"


def _idle_policies(run: Run) -> Iterator[str]:
    """A sentence for each policy that was asked for and changed no prompt: why, and what would."""
    setup, able = run.identity.setup, run.capabilities
    instead = f" (condition {setup.channels} sends them so)"
    policies: tuple[tuple[str, Any, int | None, str], ...] = (
        ("channels", setup.channels, able.max_channels, instead),
        ("clips", setup.clips, able.max_clips, ""),
    )
    for name, value, most, hint in policies:
        if value == "refuse" or is_done(name, run.adaptations):
            continue
        what = name if most != 1 else name.removesuffix("s")
        limit = (
            f"declares no limit of {name}"
            if most is None
            else f"takes {most} {what}, and nothing asked has more"
        )
        yield f"the policy --{name} {value} changed nothing: the model {limit}{hint}"


def _folding(run: Run) -> Iterator[str]:
    if run.capabilities.channels_kept is False:
        yield arrival.APART if arrival.are_ears_apart(run.adaptations) else arrival.FOLDED
