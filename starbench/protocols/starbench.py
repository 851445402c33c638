"""Protocol ``starbench``: our own, the default for built suites.

It shares the question, the options and their letters with ``star-bench`` and differs where that one
leaves something to chance (docs/protocols.md): every clip is labelled, the sound comes first and the
question last, the answer's form is stated, every rotation of the options is asked, and a reply counts
only when it states one answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import factorial
from typing import Any

from starbench.protocols.base import (
    UNCUT_CLIP,
    Part,
    Result,
    labelled,
    no_text_outcome,
    option_lines,
    stop_evidence,
)
from starbench.reading import read as read_answer
from starbench.reading.evidence import ReadingEvidence
from starbench.reading.evidence import evidence as evidence_in
from starbench.schema import Item, Outcome, Presentation, Reading, Response, TextSpec

ANSWER_FORM = "Answer with the letter of exactly one option in angle brackets, such as <X>."
_WITHHELD = "The sound is withheld. Choose the option that you think most likely all the same.\n"


class Starbench:
    """Labelled clips, a stated answer form, and nothing read into a reply that it does not say."""

    name = "starbench"
    prompt_version = "starbench/1"

    def rotations(self, item: Item) -> int:
        """Every rotation of the options, or one if the item says so; of clip orders its own number, or all."""
        if item.option_orders is None:
            # A suite of many items balances the right letters over them.
            return 1 if item.rotations == 1 else len(item.options)
        return item.rotations or factorial(len(item.audio_paths))

    def parts(
        self, item: Item, presentation: Presentation, options: tuple[str, ...], order: tuple[int, ...]
    ) -> tuple[Part, ...]:
        """Aids, then clips, then question, options and the form of the answer."""
        parts = aids(presentation)
        noun = "Audio" if item.option_orders is None else "Clip"  # as the question itself calls them
        parts += labelled(clip_labels(len(item.audio_paths), noun), presentation, order)
        withheld = "" if presentation.has_sound or presentation.captions is not None else _WITHHELD
        parts.append(TextSpec(text=withheld + question_text(item.question, options)))
        return tuple(parts)

    def is_extension(self, item: Item, condition: str) -> bool:  # noqa: ARG002
        """Never: every condition is this protocol's own."""
        return False

    def read(self, response: Response, options: tuple[str, ...], question: str | None = None) -> Reading:
        """Read a whole reply; what was cut, withheld or refused by the vendor has no letter."""
        nothing = no_text_outcome(response)
        if nothing is not None:
            return nothing
        if response.stop != "end":
            outcomes = {
                "length": Outcome.TRUNCATED,
                "blocked": Outcome.BLOCKED,
                "refused": Outcome.REFUSED,
            }
            return Reading(outcome=outcomes[response.stop], truncated=response.stop == "length")
        return read_answer(response.text or "", options, question)

    def evidence(
        self, response: Response, options: tuple[str, ...], question: str | None = None
    ) -> ReadingEvidence:
        """Why :meth:`read` reads a response as it does."""
        if response.stop != "end" or no_text_outcome(response) is not None:
            return stop_evidence(response)
        return evidence_in(response.text or "", options, question)

    def figures(self, results: Iterable[Result]) -> dict[str, Any]:  # noqa: ARG002
        """None: there is no original evaluator."""
        return {}


def aids(presentation: Presentation) -> list[Part]:
    """What a condition shows besides the clips: the scene in words, or the uncut recording."""
    parts: list[Part] = []
    scene = presentation.scene
    if scene is not None:
        parts.append(TextSpec(text=f"The whole scene in words, in its true order: {scene}\n"))
    if presentation.uncut:
        parts += [TextSpec(text="The uncut recording of the whole scene:"), UNCUT_CLIP]
    return parts


def clip_labels(n: int, noun: str = "Audio") -> list[str]:
    """The text before each of ``n`` clips."""
    return [f"{noun}:"] if n == 1 else [f"{noun} {i + 1}:" for i in range(n)]


def question_text(question: str, options: tuple[str, ...]) -> str:
    """A question, its options and the form of the answer."""
    return f"{question}\n{option_lines(options)}{ANSWER_FORM}"
