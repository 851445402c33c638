"""What prompts to a judge have in common: options in an order drawn by chance, and quotations that nothing leaves.

What is quoted is untrusted: it cannot leave its quotation, nor end the prompt by a mark that a server would obey.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

from starbench.protocols import read_response
from starbench.reading.final_part import without_thinking
from starbench.schema import Outcome, Response, TextSpec, Trial
from starbench.text import printable, visible

#: Characters of a reply that are quoted.
LONGEST_REPLY = 6000

#: How the control tokens of chat templates begin: <|im_start|>, <start_of_turn>, </s>, [INST].
_CONTROL = re.compile(r"<(?=[|｜/!]|\w{2})|\[(?=/?[A-Z_]{2,}\])")


class JudgeProtocol(NamedTuple):
    """What a judge is asked for, and how its response is read."""

    version: str
    file: str
    """How the name of a file of its verdicts begins."""
    read: Callable[[Response, tuple[str, ...]], tuple[Outcome, str | None]]
    """What became of a judgement among these options, and the letter of the verdict, None for none of them."""


def trial(
    version: str, content: object, options: tuple[str, ...], prompt: Callable[[Sequence[int]], str]
) -> Trial:
    """A judgement as a trial, whose ``item_id`` is a digest of ``content``.

    ``prompt`` makes the text from the places of the options in the order in which they are listed.
    """
    digest = sha256(json.dumps(content).encode()).hexdigest()
    order = sorted(range(len(options)), key=lambda place: sha256(f"{digest}/{place}".encode()).digest())
    return Trial(
        suite="",  # of whichever suite, a reply is the same
        item_id=digest,
        rotation=0,
        condition="",
        protocol=version,
        options=options,
        contents=tuple(order),
        clip_order=(),
        answer_letter="A",  # no option is right, and nobody reads it
        parts=(TextSpec(text=prompt(order)),),
    )


def choice(response: Response, options: tuple[str, ...]) -> tuple[Outcome, str | None]:
    """What became of a judgement, and its letter.

    Only a letter alone is a verdict, behind whatever the judge thought in blocks that are marked as thinking.
    """
    text = without_thinking(response.text or "")
    reading = read_response("starbench", text, response.stop, options, "choice")
    return reading.outcome, reading.letter


def letter(place: int) -> str:
    """The letter of the option at a place, from 0."""
    return chr(ord("A") + place)


def line(place: int, option: str) -> str:
    """An option with its letter, on one line."""
    return f"<{letter(place)}>: {_defused(printable(option))}"


def shortened(text: str, most: int) -> str:
    """Beginning and end of a text; answers stand at either, and more often at the end."""
    if len(text) <= most:
        return text
    head = most // 3
    return f"{text[:head]}\n[… {len(text) - most} characters left out …]\n{text[head - most :]}"


def quoted(text: str, lead: str = "> ") -> str:
    """Each line of a text behind ``lead``, whatever breaks its lines."""
    return "\n".join(f"{lead}{_defused(visible(one))}" for one in text.splitlines())


def _defused(text: str) -> str:
    """``text`` without a mark that a server could take for the end of a message; ``<A>`` stays as it is."""
    return _CONTROL.sub(lambda mark: f"{mark[0]} ", text)
