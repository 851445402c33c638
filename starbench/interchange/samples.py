"""What the formats of runs share: the entry of each suite, and each trial as a question and its reply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from starbench.errors import InputError
from starbench.reporting.entries import entries_of
from starbench.runs.load import LoadedRun, TrialEnd
from starbench.schema import Item
from starbench.schema.base import Interval
from starbench.schema.entry import LeaderboardEntry
from starbench.schema.score import Score, SuiteScore
from starbench.scoring.observations import MISSING, Observation, observe
from starbench.scoring.run import score
from starbench.text import slug

HARNESS = "starbench"


class Sample(NamedTuple):
    """A planned trial that was asked: what was shown, what came back, how it was read."""

    item: Item
    observation: Observation
    end: TrialEnd
    options: tuple[str, ...]
    """In the order shown."""

    @property
    def right(self) -> str:
        """Text of the right option."""
        return self.item.options[self.observation.right_content]

    @property
    def letter(self) -> str:
        """Letter of the right option."""
        return self.observation.trial.answer_letter

    @property
    def chosen(self) -> str | None:
        """Text of the option that was read in the reply."""
        letter = self.observation.letter
        return None if letter is None else self.options[ord(letter) - ord("A")]

    @property
    def prompt(self) -> str:
        """The question and its options as shown, without the protocol's words about how to answer."""
        options = "\n".join(f"{chr(ord('A') + i)}. {option}" for i, option in enumerate(self.options))
        return f"{self.item.question}\n{options}"

    @property
    def error(self) -> str | None:
        """Why there is no reply."""
        return None if self.end.error is None else f"{self.end.error.kind}: {self.end.error.message}"

    @property
    def facts(self) -> dict[str, Any]:
        """What else a reader should know: how the trial ended, and which one it was."""
        trial, item = self.observation.trial, self.item
        return {
            "item_id": item.id,
            "rotation": trial.rotation,
            "condition": trial.condition,
            "outcome": self.observation.outcome,
            "letter": self.observation.letter,
            "answer_letter": self.letter,
            "abstained": self.observation.abstained,
            "truncated": self.observation.truncated,
            "task": item.task,
            "category": item.category,
            "sub_category": item.sub_category,
            "level": item.level,
            "level_unit": item.level_unit,
            "catch": item.catch,
            "attempts": self.end.attempts,
            "clips": list(item.audio_paths),
        }


class SuiteOfRun(NamedTuple):
    """One suite of a run: its entry, and by condition what was asked."""

    entry: LeaderboardEntry
    scores: SuiteScore
    samples: Mapping[str, tuple[Sample, ...]]

    @property
    def facts(self) -> dict[str, Any]:
        """What every format says of the run: which questions, how they were put, and who ran it."""
        entry = self.entry
        return {
            "suite": entry.suite.name,
            "suite_digest": entry.suite.digest,
            "profile": entry.suite.profile,
            "protocol": self.scores.protocol,
            "setup": entry.setup.model_dump(mode="json", exclude_none=True),
            "canary": entry.canary and entry.canary.transport,
            "notes": list(entry.notes),
            "complete": entry.complete,
            "run_by_starbench": entry.run_by_us,
        }


def suites_of(data: LoadedRun) -> list[SuiteOfRun]:
    """The suites of a run; :class:`InputError` if it makes no entry, because its levels follow from the answers."""
    scores = score(data)
    entries = entries_of(data, scores)
    if not entries:
        raise InputError(
            f"{data.path} chose its levels by the answers, so its accuracy says nothing: export it to csv or parquet"
        )
    asked: dict[tuple[str, str], list[Sample]] = {}
    for observation in observe(data):
        trial, end = observation.trial, data.ends.get(observation.trial.key)
        if end is not None:
            options = tuple(observation.item.options[i] for i in trial.contents)
            sample = Sample(observation.item, observation, end, options)
            asked.setdefault((trial.suite, trial.condition), []).append(sample)
    return [
        SuiteOfRun(
            entry,
            entry.scores,
            {
                headline.condition: tuple(asked.get((entry.suite.name, headline.condition), ()))
                for headline in entry.scores.headlines
            },
        )
        for entry in entries
        if entry.scores is not None
    ]


def figures(of: Score) -> Iterator[tuple[str, float, Interval | None]]:
    """The figures of a score as fractions: name, value, 95 % interval. ``aa`` counts errors as not right."""
    yield "aa", of.aa, of.aa_ci
    yield "acr", of.acr, of.acr_ci
    yield "oa", of.oa, of.oa_ci
    if of.aa_answered is not None:
        yield "aa_answered", of.aa_answered, None
    yield "coverage", of.coverage, None


#: What the figures are, for those who read them elsewhere.
MEANINGS = {
    "aa": "right trials of all planned ones; errors and trials without an answer are not right",
    "acr": "items with every planned rotation right",
    "oa": "mean over items of the share of right rotations",
    "aa_answered": "right trials of the answered ones",
    "coverage": "answered trials of all planned ones",
}


def missing(of: Score) -> int:
    """Planned trials that were not asked."""
    return of.outcomes.get(MISSING, 0)


def hub_dataset(entry: LeaderboardEntry) -> tuple[str, str] | None:
    """Id and revision of the Hugging Face data set that a suite was loaded from; None if it was not."""
    source, revision = (entry.suite.source.get(name) for name in ("source", "revision"))
    return (source, revision) if isinstance(source, str) and isinstance(revision, str) else None


def model_id(name: str) -> tuple[str, str]:
    """Developer and model from the spec ``adapter:model``, fit for a path; the adapter stands for who is not named."""
    adapter, _, model = name.partition(":")
    developer, _, rest = model.rpartition("/")
    return slug(developer.rpartition("/")[2] or adapter), slug(rest or adapter)
