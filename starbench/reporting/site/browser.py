"""The data of the page that shows single items: light lists of all trials, and the whole of an item on demand.

A list file has up to 500 items with a row a trial, which is what filters need. A detail file has the question, prompts,
replies, truth and clips of up to 50 items, and is loaded when one of them is opened, or when replies are searched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from starbench.planning.trials import arrange
from starbench.protocols import get as get_protocol
from starbench.protocols import response_evidence
from starbench.reading.evidence import ReadingEvidence
from starbench.reporting.pictures.places import item_views
from starbench.reporting.reading_words import reading_sentence
from starbench.reporting.site.clips import ClipShelf, view_of
from starbench.reporting.site.facts import RunFacts, shown_name
from starbench.reporting.site.prompts import prompt_parts
from starbench.reporting.site.scripts import call
from starbench.reporting.truth import truth_rows
from starbench.runs.load import TrialEnd
from starbench.schema import AnswerMode, Item, Outcome
from starbench.scoring.error_analysis import BASE
from starbench.scoring.observations import MISSING, Observation
from starbench.text import printable, visible

ITEMS_A_LIST, ITEMS_A_DETAIL = 500, 50
OUTCOMES = (*(outcome.value for outcome in Outcome), MISSING)
#: Characters of a reply that a page shows at once; the whole of a longer one lies in a file of its own.
_LONGEST_REPLY = 20_000
_LONGEST_CAPTION = 5_000

#: Number of a run -> suite, item, rotation -> what each source says of the cause of its error.
CausesOfRuns = Mapping[int, Mapping[tuple[str, str, int], Sequence[str]]]
#: Digest of its suite, and id.
SiteKey = tuple[str, str]


@dataclass(eq=False)
class _Entry:
    """An item and its trials in every run."""

    suite: str
    item: Item
    trials: list[tuple[int, Observation]] = field(default_factory=list)


def entries_of(runs: Sequence[RunFacts]) -> dict[SiteKey, _Entry]:
    """Every item of every run once, with its trials in all runs; equal suites are one, whatever they are called."""
    entries: dict[SiteKey, _Entry] = {}
    for number, run in enumerate(runs):
        digests = {one.name: one.digest for one in run.data.run.identity.suites}
        for o in run.observations:
            key = (digests[o.trial.suite], o.item.id)
            entry = entries.get(key)
            if entry is None:
                entry = entries[key] = _Entry(o.trial.suite, o.item)
            entry.trials.append((number, o))
    return entries


def scripts(runs: Sequence[RunFacts], shelf: ClipShelf, causes: CausesOfRuns) -> Iterator[tuple[str, str]]:
    """Name and text of every data file of the page."""
    entries = list(entries_of(runs).items())
    words = _Words(runs)
    for page, start in enumerate(range(0, len(entries), ITEMS_A_LIST)):
        part = [entry for _, entry in entries[start : start + ITEMS_A_LIST]]
        rows = [_list_rows(entry, words) for entry in part]
        yield f"list-{page:03}.js", call("list", page, [_list_item(entry, words) for entry in part], rows)
    for page, start in enumerate(range(0, len(entries), ITEMS_A_DETAIL)):
        part_keys = entries[start : start + ITEMS_A_DETAIL]
        details = []
        for (digest, _), entry in part_keys:
            detail, long_replies = _detail(digest, entry, runs, shelf, causes)
            details.append(detail)
            yield from (
                (f"reply-{name}.js", call("reply", name, text)) for name, text in long_replies.items()
            )
        yield f"detail-{page:03}.js", call("detail", page, details)
    yield "index.js", call("index", words.index(len(entries)))


class _Words:
    """Every name that many rows share, by number."""

    def __init__(self, runs: Sequence[RunFacts]) -> None:
        self.runs = [run.name for run in runs]
        self.conditions = list(dict.fromkeys(name for run in runs for name in run.conditions))
        self.suites: dict[str, int] = {}
        self.tasks: dict[str, int] = {}
        self.parts: dict[str, int] = {}
        self.units: dict[str, int] = {}

    @staticmethod
    def number(known: dict[str, int], name: str | None) -> int:
        return known.setdefault(printable(name or ""), len(known))

    def index(self, n_items: int) -> dict[str, Any]:
        return {
            "runs": self.runs,
            "conditions": self.conditions,
            "outcomes": OUTCOMES,
            "suites": list(self.suites),
            "tasks": list(self.tasks),
            "parts": list(self.parts),
            "units": list(self.units),
            "items": n_items,
            "listPages": -(-n_items // ITEMS_A_LIST),
            "perList": ITEMS_A_LIST,
            "perDetail": ITEMS_A_DETAIL,
        }


def _list_item(entry: _Entry, words: _Words) -> list[Any]:
    item = entry.item
    return [
        words.number(words.suites, entry.suite),
        printable(item.id),
        words.number(words.tasks, item.category or item.task),
        words.number(words.parts, shown_name(item.part)),
        item.level,
        words.number(words.units, item.level_unit),
        int(item.catch),
    ]


def _list_rows(entry: _Entry, words: _Words) -> list[list[int]]:
    """Of each trial: run, condition, rotation, outcome, chosen place (−1: none), right place."""
    return [
        [
            run,
            words.conditions.index(o.trial.condition),
            o.trial.rotation,
            OUTCOMES.index(o.outcome),
            -1 if o.letter is None else ord(o.letter) - ord("A"),
            ord(o.trial.answer_letter) - ord("A"),
        ]
        for run, o in entry.trials
    ]


def _detail(
    digest: str, entry: _Entry, runs: Sequence[RunFacts], shelf: ClipShelf, causes: CausesOfRuns
) -> tuple[dict[str, Any], dict[str, str]]:
    """Everything of an item, and the replies that are too long to stand in it."""
    item = entry.item
    replies = _Replies()
    trials = []
    prompts: dict[str, list[Any]] = {}
    for run, o in entry.trials:
        end = runs[run].data.ends.get(o.trial.key)
        name = f"{o.trial.protocol}/{o.trial.condition}"
        if name not in prompts:
            prompts[name] = prompt_parts(
                item, get_protocol(o.trial.protocol), o.trial.condition, digest, shelf
            )
        mode = runs[run].data.run.identity.setup.answer_mode
        said = causes.get(run, {}).get(o.trial.key[:3], []) if o.trial.condition == BASE else []
        row: list[Any] = [list(prompts).index(name), o.trial.contents, *replies.of(o, end, mode), said]
        if item.option_orders is not None:
            row.append(arrange(item, o.trial.rotation)[1])
        trials.append(row)
    detail = {
        "question": visible(item.question),
        "options": [printable(option) for option in item.options],
        "abstain": item.abstain,
        "source": printable(item.source or ""),
        "flags": [printable(flag) for flag in item.flags],
        "captions": {
            printable(grade): [visible(text)[:_LONGEST_CAPTION] for text in texts]
            for grade, texts in item.captions.items()
        },
        "views": [view_of(view) for view in item_views(item)],
        "truth": list(truth_rows(item.truth)),
        "prompts": list(prompts.values()),
        "trials": trials,
        "replies": replies.texts,
        "reasons": replies.reasons,
    }
    return detail, replies.long


class _Replies:
    """Replies and reasons, each once: most replies of most models are one of a few."""

    def __init__(self) -> None:
        self.texts: list[Any] = []
        self.reasons: list[str] = []
        self.long: dict[str, str] = {}
        self._numbers: dict[str, int] = {}

    def of(self, o: Observation, end: TrialEnd | None, mode: AnswerMode) -> list[Any]:
        """Number of the reply, number of the reason, place that decided, seconds, attempts, and an error's words."""
        if end is None:
            return [-1, self._reason("it was not asked, or did not end"), None, None, 0, None]
        reason, why = _why(o, end, mode)
        error = end.error and printable(f"{end.error.kind}: {end.error.message}")
        place = None if why is None or why.start is None else [why.start, why.end]
        number = -1 if end.response is None else self._reply(end.response)
        return [number, self._reason(reason), place, round(end.latency_s, 2), end.attempts, error]

    def _reply(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = len(self.texts)
            if len(text) > _LONGEST_REPLY:
                name = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
                self.long[name] = text
                half = _LONGEST_REPLY // 2
                self.texts.append([text[:half], text[-half:], len(text), name])
            else:
                self.texts.append(text)
        return self._numbers[text]

    def _reason(self, reason: str) -> int:
        if reason not in self.reasons:
            self.reasons.append(reason)
        return self.reasons.index(reason)


def _why(o: Observation, end: TrialEnd, mode: AnswerMode) -> tuple[str, ReadingEvidence | None]:
    """Why a trial's reply is read as it is, and the place in it that decided."""
    if end.outcome is Outcome.ERROR:
        return "the request failed", None
    if len(end.response or "") > _LONGEST_REPLY:
        return "it is too long to mark the place that decides", None
    options = tuple(o.item.options[i] for i in o.trial.contents)
    why = response_evidence(o.trial.protocol, end.response, end.stop, options, mode, o.item.question)
    return reading_sentence(why), why
