"""A trial in the terminal or as JSON: what was asked, what came back, how it was read, and the item's other trials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console

from starbench.reporting.items import item_facts, level_words
from starbench.reporting.pictures.places import item_views, place_words
from starbench.reporting.reading_words import reading_excerpt, reading_sentence
from starbench.reporting.tables import new_console, quote, say
from starbench.reporting.truth import planned_rows
from starbench.schema import Item
from starbench.scoring.observations import MISSING
from starbench.scoring.trial_view import SiblingTrial, TrialView

#: Characters and lines of a reply that are shown.
_MOST_CHARACTERS, _MOST_LINES = 1500, 25
#: Facts of what was put in, and other trials, that are shown.
_MOST_FACTS, _MOST_SIBLINGS = 12, 60
_LABEL = "  {:<8} "


def show_trials(views: Sequence[TrialView], n_more: int) -> None:
    """Print trials, and how many more there are."""
    console = new_console()
    for view in views:
        _show(console, view)
        say(console, "")
    if n_more:
        say(console, f"… and {n_more:,} more (--limit {len(views) + n_more})")


def trials_record(views: Iterable[TrialView], n_more: int) -> dict[str, Any]:
    """Trials, and how many more there are, as an object for JSON."""
    return {"trials": [_record(view) for view in views], "more": n_more}


def _record(view: TrialView) -> dict[str, Any]:
    """A trial, nothing of it shortened; letters as asked, clips and characters counted from 0."""
    one, end, evidence = view.observation, view.end, view.evidence
    return {
        "suite": one.trial.suite,
        **item_facts(view.item),
        "condition": one.trial.condition,
        "rotation": one.trial.rotation,
        "options": view.options,
        "clip_order": view.clip_order,
        "right_letter": view.right_letter,
        "letter": view.chosen_letter,
        "outcome": one.outcome,
        "correct": one.correct,
        "abstained": one.abstained,
        "truncated": one.truncated,
        "response": end and end.response,
        "error": end and end.error and end.error.model_dump(mode="json"),
        "reading": evidence and evidence._asdict(),
        "others": [sibling._asdict() for sibling in view.siblings],
        "truth": view.item.truth,
    }


def _show(console: Console, view: TrialView) -> None:
    item, trial = view.item, view.observation.trial
    level = "catch trial" if item.catch else f"level {level_words(item)}" * (item.level is not None)
    parts = (item.task, item.sub_category or item.category, level)
    say(console, f"{item.id} · {trial.condition} · rotation {trial.rotation}")
    say(console, " · ".join(part for part in parts if part), "  ")
    say(console, "")
    say(console, item.question, "  ")
    for mark, option in _option_lines(view):
        say(console, option, f"  {mark} ")
    if item.option_orders is not None:
        heard = ", ".join(str(clip + 1) for clip in view.clip_order)
        _fact(console, "heard", f"the item's clips in the order {heard}")
    say(console, "")
    _fact(console, "outcome", _outcome(view))
    _show_reply(console, view)
    if view.siblings:
        _fact(console, "others", _siblings(view.siblings))
    for line in _truth(item):
        _fact(console, "truth", line)


def _fact(console: Console, label: str, text: str) -> None:
    say(console, text, _LABEL.format(label))


def _option_lines(view: TrialView) -> Iterator[tuple[str, str]]:
    """Mark and letter, and text of each option: ✓ is right, ✗ was chosen and is wrong."""
    for place, option in enumerate(view.options):
        letter = chr(ord("A") + place)
        is_right, is_chosen = letter == view.right_letter, letter == view.chosen_letter
        mark = "✓" if is_right else "✗" if is_chosen else " "
        words = {
            (True, True): "   ← chosen, right",
            (False, True): "   ← chosen",
            (True, False): "   ← right",
        }
        yield f"{mark} <{letter}>", option + words.get((is_right, is_chosen), "")


def _outcome(view: TrialView) -> str:
    one = view.observation
    if one.outcome == MISSING:
        return "missing: it was not asked, or did not end"
    if one.letter is None:
        said = one.outcome
    else:
        said = f"{one.outcome} {one.letter}, {'right' if one.correct else f'wrong: right is {view.right_letter}'}"
    said += ", the option that declines" * one.abstained + ", the reply was cut" * one.truncated
    if view.end is not None and view.end.error is not None:
        said += f" ({view.end.error.kind}: {view.end.error.message})"
    return said


def _show_reply(console: Console, view: TrialView) -> None:
    reply = None if view.end is None else view.end.response
    if reply:
        lines = reply[:_MOST_CHARACTERS].splitlines()
        is_cut = len(reply) > _MOST_CHARACTERS or len(lines) > _MOST_LINES
        _fact(console, "reply", f"{len(reply):,} characters{', its beginning' if is_cut else ''}")
        for line in lines[:_MOST_LINES]:
            quote(console, line)
    if view.evidence is None:
        return
    _fact(console, "read", reading_sentence(view.evidence))
    excerpt = reading_excerpt(view.evidence, reply or "")
    if excerpt is not None:
        first, last = (view.evidence.start or 0) + 1, view.evidence.end or 0
        place = f"character {first:,}" if first == last else f"characters {first:,} to {last:,}"
        _fact(console, "", f"{place}: {excerpt}")


def _siblings(siblings: Sequence[SiblingTrial]) -> str:
    """Each condition's rotations: the letter chosen with ✓ or ✗, or the outcome."""
    shown = siblings[:_MOST_SIBLINGS]
    groups = []
    for condition, trials in groupby(shown, key=lambda one: one.condition):
        each = [
            f"r{one.rotation} {one.outcome if one.letter is None else one.letter + ('✓' if one.correct else '✗')}"
            for one in trials
        ]
        groups.append(f"{condition}: {', '.join(each)}")
    more = len(siblings) - len(shown)
    return "; ".join(groups) + (f"; and {more} more" if more else "")


def _truth(item: Item) -> Iterator[str]:
    """What was put in: the plan, and where each source is."""
    rows = planned_rows(item.truth)
    if rows:
        more = len(rows) - _MOST_FACTS
        yield "; ".join(f"{name} {value}" for name, value in rows[:_MOST_FACTS]) + f"; and {more} more" * (
            more > 0
        )
    views = item_views(item)
    for clip, view in enumerate(views):
        for number, source in enumerate(view.sources if view else (), start=1):
            where = f"clip {clip + 1}, " * (len(views) > 1)
            yield f"{where}{number} {source.name}: {place_words(source)}"
