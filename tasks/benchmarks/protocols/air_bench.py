"""AIR-Bench foundation: prompt and scorer.

Sources: github OFA-Sys/AIR-Bench, Inference_Foundation.py at 8d217d6 and score_foundation.py at d5c1bdf.

For replies without a letter the repository has a further script, align_in_foundation.py, which asks gpt-3.5-turbo
which option a reply is nearest to, at random where none is; it is no part of the scorer and is not reproduced.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from starbench.protocols.base import Result
from starbench.protocols.official import OfficialProtocol, ReplyScore, ScorerError, published
from starbench.schema import Item

from .letter_match import (
    FIRST_LETTER,
    SHARED_DEFECTS,
    begins_a_word,
    four_options,
    is_right,
    letter_in,
    text_of,
)

_INSTRUCTION = (
    "Choose the most suitable answer from options A, B, C, and D to respond the question in next line, you may only "
    "choose A or B or C or D."
)
_UNPARSED = "unparsed"


class AirBenchProtocol(OfficialProtocol):
    """AIR-Bench foundation: the prompt and the search for a letter of its repository (score_foundation.py, d5c1bdf)."""

    name = "air-bench"
    prompt_version = "air-bench/8d217d6"
    scorer = "github OFA-Sys/AIR-Bench, score_foundation.py, d5c1bdf"
    has_total = False
    defects: ClassVar[Mapping[str, str]] = {
        _UNPARSED: "a reply in which neither the first character nor the last but one is A, B, C or D is left out of "
        "the denominator, and so is an empty one; the repository's way out is to let gpt-3.5-turbo choose, at random "
        "where no option fits",
        **SHARED_DEFECTS,
    }

    def prompt(self, item: Item, options: tuple[str, ...]) -> str:
        """The instruction, the question, and always four options."""
        return f"{_INSTRUCTION}\n{item.question}\n{four_options(options)}"

    def groups_of(self, item: Item) -> Iterator[tuple[str, str]]:
        """The task with the data set that its sounds are from, as the report names them."""
        yield "task", f"{published(item, 'task_name')}_{published(item, 'dataset_name')}"

    def score_replies(self, results: Sequence[Result]) -> Sequence[ReplyScore]:
        """Each reply by its letter."""
        scores = [_score(result) for result in results]
        tasks = [group for result in results for group in self.groups_of(result.item)]
        counted = {task for task, score in zip(tasks, scores, strict=True) if score.correct is not None}
        for task in tasks:
            if task not in counted:
                raise ScorerError(f"no reply of task {task[1]} has a letter")
        return scores


def _score(result: Result) -> ReplyScore:
    text = text_of(result.reply)
    letter = None if text == "None" else letter_in(text)
    if letter is None:
        return ReplyScore(None, _UNPARSED)
    return ReplyScore(is_right(letter, result), FIRST_LETTER if begins_a_word(text) else None)
