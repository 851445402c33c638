"""Everything needed to put the trials of a plan to a model, and the line that records the outcome of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starbench.engine.cost import PromptSize, prompt_size
from starbench.engine.runner import TrialResult
from starbench.planning.trials import materialise
from starbench.protocols import read_response
from starbench.schema import AnswerMode, ClipPart, Item, JournalLine, Outcome, Prompt, Reading, Trial
from starbench.suites.clip_store import ClipStore


@dataclass(frozen=True)
class Questions:
    """Everything needed to put a trial to a model."""

    items: Mapping[tuple[str, str], Item]
    stores: Mapping[str, ClipStore]
    silent_clip: ClipPart | None = None
    """Sent with a prompt that has no clip, where the model takes none without."""
    answer_mode: AnswerMode = "text"

    def prompt(self, trial: Trial) -> Prompt:
        item, store = self.items[trial.suite, trial.item_id], self.stores[trial.suite]
        return materialise(trial, item, store, silent_clip=self.silent_clip, answer_mode=self.answer_mode)

    def size(self, trial: Trial) -> PromptSize:
        size = prompt_size(trial, self.items[trial.suite, trial.item_id], self.stores[trial.suite].clips)
        if size.seconds or self.silent_clip is None:
            return size
        return size + PromptSize(seconds=self.silent_clip.audio().seconds)

    def line(self, trial: Trial, model: str, result: TrialResult) -> JournalLine:
        reading, delivered = Reading(outcome=Outcome.ERROR), result.delivered
        item = self.items[trial.suite, trial.item_id]
        if result.response is not None:
            text, stop = delivered.text, delivered.stop
            reading = read_response(
                trial.protocol, text, stop, trial.options, self.answer_mode, item.question
            )
        chosen = None if reading.letter is None else trial.contents[ord(reading.letter) - ord("A")]
        return JournalLine(
            suite=trial.suite,
            item_id=trial.item_id,
            rotation=trial.rotation,
            condition=trial.condition,
            protocol=trial.protocol,
            outcome=reading.outcome,
            letter=reading.letter,
            answer_letter=trial.answer_letter,
            correct=reading.letter == trial.answer_letter,
            abstained=chosen is not None and chosen == item.abstain,
            truncated=reading.truncated,
            response=delivered.text,
            model=model,
            letter_logprobs=delivered.letter_logprobs,
            **result.fields,
        )
