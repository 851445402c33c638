"""What a protocol is: prompt layout and answer reading together, because they are one contract."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from typing import Protocol as Structural

from starbench.reading.evidence import ReadingEvidence, ReadingReason
from starbench.schema import UNCUT, ClipSpec, Item, Outcome, Presentation, Reading, Response, TextSpec

Part = TextSpec | ClipSpec


class Result(NamedTuple):
    """What became of one trial, as the original evaluator's figures need it."""

    item: Item
    options: tuple[str, ...]
    """In the order shown."""
    answer_letter: str
    reply: str
    """The whole text that was delivered, empty where there was none."""
    outcome: Outcome
    """As our reader reads the reply; so is ``correct``."""
    correct: bool

    @property
    def answer(self) -> str:
        """Text of the right option."""
        return self.options[ord(self.answer_letter) - ord("A")]


class Protocol(Structural):
    """A way of asking and of reading answers. Numbers of two protocols never share a table."""

    name: str
    prompt_version: str

    def rotations(self, item: Item) -> int:
        """How many rotations are asked unless the user says otherwise."""

    def parts(
        self, item: Item, presentation: Presentation, options: tuple[str, ...], order: tuple[int, ...]
    ) -> tuple[Part, ...]:
        """Lay one trial out; ``order`` lists the item's clips (from 0) as they are to be heard."""

    def is_extension(self, item: Item, condition: str) -> bool:
        """Whether the protocol's original evaluator has no such condition for this item."""

    def read(self, response: Response, options: tuple[str, ...], question: str | None) -> Reading:
        """Read the answer in what the model delivered; ``question`` is what was asked, if it is known."""

    def evidence(self, response: Response, options: tuple[str, ...], question: str | None) -> ReadingEvidence:
        """Why it reads the response as it does, and where in the text."""

    def figures(self, results: Iterable[Result]) -> dict[str, Any]:
        """The figures that the protocol's original evaluator prints for a complete run, if it has one."""


def option_lines(options: tuple[str, ...]) -> str:
    """The options, one a line, each led by its letter in angle brackets."""
    return "".join(f"<{chr(ord('A') + i)}>: {option}\n" for i, option in enumerate(options))


def labelled(labels: list[str], presentation: Presentation, order: tuple[int, ...]) -> list[Part]:
    """Clips, or the captions in their place, each after its label.

    A label is a text ready to be followed by a clip (``"Audio 1:"``); where each clip is given ear by
    ear, the ear is named in it.
    """
    parts: list[Part] = []
    for label, clip in zip(labels, order, strict=True):
        if presentation.captions is not None:
            parts.append(TextSpec(text=f"{label} (described in words) {presentation.captions[clip]}\n"))
        elif len(presentation.transforms) == 2:
            stem = label.removesuffix(":")
            for ear, transform in zip(("left", "right"), presentation.transforms, strict=True):
                parts += [TextSpec(text=f"{stem}, {ear} ear:"), ClipSpec(clip=clip, transform=transform)]
        else:
            parts += [
                part
                for transform in presentation.transforms
                for part in (TextSpec(text=label), ClipSpec(clip=clip, transform=transform))
            ]
    return parts


#: The uncut recording of the whole scene.
UNCUT_CLIP = ClipSpec(clip=UNCUT)


def no_text_outcome(response: Response) -> Reading | None:
    """The outcome of a response without any text, None if there is some."""
    if response.text and response.text.strip():
        return None
    outcomes = {
        "length": Outcome.TRUNCATED,
        "blocked": Outcome.BLOCKED,
        "refused": Outcome.REFUSED,
        "end": Outcome.EMPTY,
    }
    return Reading(outcome=outcomes[response.stop], truncated=response.stop == "length")


def stop_evidence(response: Response) -> ReadingEvidence:
    """Why a response is read by how it ended, and not by its text."""
    reasons = {
        "length": ReadingReason.CUT,
        "blocked": ReadingReason.WITHHELD,
        "refused": ReadingReason.MARKED_REFUSAL,
        "end": ReadingReason.NOTHING,
    }
    return ReadingEvidence(reasons[response.stop])
