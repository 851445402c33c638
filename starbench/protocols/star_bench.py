"""Protocol ``star-bench``: the official evaluator's prompts, rotations and answer parser, exactly.

Source: github InternLM/StarBench, commit 0daf8b0 (2025-11-04). Its strings are protocol and stand
here letter by letter; its quirks too, because published numbers were made with them. Conditions it
does not have are laid out in its manner and marked as extensions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from starbench.protocols.base import (
    UNCUT_CLIP,
    Part,
    Result,
    labelled,
    no_text_outcome,
    option_lines,
    stop_evidence,
)
from starbench.protocols.official_figures import performance
from starbench.reading.evidence import ReadingEvidence, ReadingReason
from starbench.schema import ClipSpec, Item, Outcome, Presentation, Reading, Response, TextSpec

_SCENE = (
    "Here is a caption that describes the full, uncut audio scene to help you reconstruct the original "
    "context: {caption}\n Below are {n} audio clips:\n"
)
_UNCUT_BEFORE = "An uncut audio of the entire sound scene is provided:"
_UNCUT_AFTER = "\n The three clips are extracted from it, please arrange them in the correct order:\n"
_EARS = "Audio 1 is the left-ear channel and Audio 2 is the right-ear channel.\n"
_ORDER_CONDITIONS = ("audio", "audio+caption", "audio+uncut")


class StarBench:
    """The official evaluator's way of asking and reading."""

    name = "star-bench"
    prompt_version = "star-bench/0daf8b0"

    def rotations(self, item: Item) -> int:
        """As the official runs: the item's own number, or every rotation of its options."""
        return item.rotations or len(item.options)

    def parts(
        self, item: Item, presentation: Presentation, options: tuple[str, ...], order: tuple[int, ...]
    ) -> tuple[Part, ...]:
        """Question first for orders of clips, sound first for everything else."""
        question = TextSpec(text=f"{item.question}\n{option_lines(options)}")
        if item.option_orders is not None:
            return (question, *_aids(item, presentation), *_clips(presentation, order))
        return (*_aids(item, presentation), *_audio(presentation, order), question)

    def is_extension(self, item: Item, condition: str) -> bool:
        """Whether the official evaluator has no such data set for this item."""
        if item.option_orders is not None:
            return condition not in _ORDER_CONDITIONS
        channel_wise = item.task == "Spatial Reasoning" and len(item.audio_paths) == 1
        return not (condition == "audio" or (condition == "split" and channel_wise))

    def read(self, response: Response, options: tuple[str, ...], question: str | None = None) -> Reading:  # noqa: ARG002
        """Parse every delivered text, cut or not, as the official parser does."""
        nothing = no_text_outcome(response)
        if nothing is not None:
            return nothing
        if response.stop == "refused":  # the vendor's own mark; its text is no delivered answer
            return Reading(outcome=Outcome.REFUSED)
        choice = official_choice(response.text or "", options)
        letter = choice and choice.letter
        cut = response.stop == "length"
        # A lower-case letter never equals a right one officially: it is no answer here.
        if letter is None or not letter.isupper():
            return Reading(outcome=Outcome.UNPARSED, truncated=cut)
        return Reading(outcome=Outcome.ANSWERED, letter=letter, truncated=cut)

    def evidence(
        self,
        response: Response,
        options: tuple[str, ...],
        question: str | None = None,  # noqa: ARG002
    ) -> ReadingEvidence:
        """What the official parser goes by, and where it stands."""
        if response.stop == "refused" or no_text_outcome(response) is not None:
            return stop_evidence(response)
        choice = official_choice(response.text or "", options)
        if choice is None:
            return ReadingEvidence(ReadingReason.OFFICIAL_NONE)
        reason = choice.reason if choice.letter.isupper() else ReadingReason.OFFICIAL_LOWER_CASE
        return ReadingEvidence(reason, *choice.place)

    def figures(self, results: Iterable[Result]) -> dict[str, Any]:
        """As the official evaluator prints them."""
        return performance(results)


def _aids(item: Item, presentation: Presentation) -> list[Part]:
    if presentation.scene is not None:
        return [TextSpec(text=_SCENE.format(caption=presentation.scene, n=len(item.audio_paths)))]
    if presentation.uncut:
        return [TextSpec(text=_UNCUT_BEFORE), UNCUT_CLIP, TextSpec(text=_UNCUT_AFTER)]
    return []


def _clips(presentation: Presentation, order: tuple[int, ...]) -> list[Part]:
    return labelled([f"\nclip {i + 1}:" for i in range(len(order))], presentation, order)


def _audio(presentation: Presentation, order: tuple[int, ...]) -> list[Part]:
    labels = [f"Audio {i + 1}:" for i in range(len(order))]
    if len(order) > 1 or presentation.captions is not None:
        return labelled(labels, presentation, order)
    clips = [ClipSpec(clip=order[0], transform=transform) for transform in presentation.transforms]
    if len(clips) == 2:
        left, right = clips
        return [TextSpec(text="Audio 1:"), left, TextSpec(text="Audio 2:"), right, TextSpec(text=_EARS)]
    return list(clips)


class OfficialChoice(NamedTuple):
    """The letter that the official parser finds, what it goes by, and where in the reply that stands."""

    letter: str
    reason: ReadingReason
    place: tuple[int, int]


def official_letter(text: str, options: tuple[str, ...]) -> str | None:
    """The letter that the official parser finds, in the case it finds it in; None for its ``Z``."""
    choice = official_choice(text, options)
    return choice and choice.letter


def official_choice(text: str, options: tuple[str, ...]) -> OfficialChoice | None:
    """What the official parser finds.

    A letter led by a keyword ("answer", "option", …) beats everything, bracketed before bare, last
    before first. Failing that, of bracketed letters, option texts (in replies of more than two words)
    and bare letters the first kind that occurs wins, again with its last occurrence.
    """
    marked, standalone = _patterns(len(options))
    keyed = [(match[1] is not None, match.start(), match) for match in marked.finditer(text)]
    if keyed:
        match = max(keyed, key=itemgetter(0, 1))[2]
        return OfficialChoice(
            match[1] or match[2], ReadingReason.OFFICIAL_KEYWORD, match.span(match.lastindex or 0)
        )
    # Rank, where it begins, number among its kind.
    ranked = [
        (
            (2 if match[1] else 0, match.start(), place),
            OfficialChoice(
                match[1] or match[2],
                ReadingReason.OFFICIAL_BRACKETS if match[1] else ReadingReason.OFFICIAL_LETTER,
                match.span(match.lastindex or 0),
            ),
        )
        for place, match in enumerate(standalone.finditer(text))
    ]
    if len(text.split()) > 2:
        ranked += [
            (
                (1, match.start(), place),
                OfficialChoice(chr(ord("A") + place), ReadingReason.OFFICIAL_TEXT, match.span()),
            )
            for place, option in enumerate(options)
            for match in _option_pattern(option).finditer(text)
        ]
    return max(ranked, key=itemgetter(0))[1] if ranked else None


@lru_cache(maxsize=32)
def _patterns(n_options: int) -> tuple[re.Pattern[str], re.Pattern[str]]:
    letters = "".join(chr(ord("A") + i) for i in range(n_options))
    letter = rf"[\(\<\[\{{]\s*([{letters}])\s*[\)\]\>\}}]|\b([{letters}])\b"
    keyword = r"(?:answer|<answer>|solution|choice|option|correct option is|answer is|答案是|选项是)"
    # Possessive, because a reply that decays into white space would cost quadratic time; what follows
    # can begin with neither space nor colon, so it matches the same. Case is ignored with the keyword
    # only, so "the answer is a dog" yields a letter, as officially.
    return re.compile(rf"(?i){keyword}\s*+[:：]*+\s*+(?:{letter})"), re.compile(letter)


@lru_cache(maxsize=4096)
def _option_pattern(option: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z]){re.escape(option)}(?![A-Za-z])", re.IGNORECASE)
