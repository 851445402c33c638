"""Everything needed to put the trials of a plan to a model, and the line that says what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starbench.engine.cost import PromptSize, prompt_size
from starbench.engine.runner import TrialResult
from starbench.planning.trials import materialise
from starbench.protocols import read_response
from starbench.schema import (
    AnswerMode,
    ClipPart,
    Item,
    JournalLine,
    Outcome,
    Prompt,
    Response,
    Trial,
)
from starbench.suites.clip_store import ClipStore

#: Stands for the response of a request that failed.
_NOTHING = Response(text=None)


@dataclass(frozen=True)
class Questions:
    """Everything needed to put a trial to a model."""

    items: Mapping[tuple[str, str], Item]
    stores: Mapping[str, ClipStore]
    silent_clip: ClipPart | None = None
    """Sent with a prompt that has no clip, where the model takes none without."""
    answer_mode: AnswerMode = "text"

    def line(self, trial: Trial, model: str, result: TrialResult) -> JournalLine:
        """The line for a trial that ended with a response, or with a failure."""
        return journal_line(trial, self, model, result)

    def prompt(self, trial: Trial) -> Prompt:
        """The prompt of ``trial``."""
        item = self.items[trial.suite, trial.item_id]
        return materialise(
            trial,
            item,
            self.stores[trial.suite],
            silent_clip=self.silent_clip,
            answer_mode=self.answer_mode,
        )

    def size(self, trial: Trial) -> PromptSize:
        """What the prompt of ``trial`` holds, before any clip is decoded."""
        size = prompt_size(trial, self.items[trial.suite, trial.item_id], self.stores[trial.suite].clips)
        if size.seconds or self.silent_clip is None:
            return size
        return size + PromptSize(seconds=self.silent_clip.audio().seconds)


def journal_line(trial: Trial, questions: Questions, model: str, result: TrialResult) -> JournalLine:
    """The line for a trial that ended with a response, or with a failure."""
    response = result.response
    letter, outcome, truncated = None, Outcome.ERROR, False
    if response is not None:
        reading = read_response(trial.protocol, response, trial.options, questions.answer_mode)
        letter, outcome, truncated = reading.letter, reading.outcome, reading.truncated
    abstain = questions.items[trial.suite, trial.item_id].abstain
    chosen = None if letter is None else trial.contents[ord(letter) - ord("A")]
    delivered = response or _NOTHING
    return JournalLine(
        suite=trial.suite,
        item_id=trial.item_id,
        rotation=trial.rotation,
        condition=trial.condition,
        protocol=trial.protocol,
        outcome=outcome,
        letter=letter,
        answer_letter=trial.answer_letter,
        correct=letter == trial.answer_letter,
        abstained=chosen is not None and chosen == abstain,
        truncated=truncated,
        response=delivered.text,
        finish_reason=delivered.finish_reason,
        stop=delivered.stop,
        error=result.failure,
        attempts=result.attempts,
        latency_s=result.latency_s,
        model=model,
        served_model=delivered.served_model,
        usage=delivered.usage,
        letter_logprobs=delivered.letter_logprobs,
        request_digest=result.request_digest,
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )
