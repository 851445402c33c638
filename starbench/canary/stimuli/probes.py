"""What a probe is: a question about a sound, or about none; and every question that is asked.

Each repeat of a probe sends the same sound in other bytes. A cache, a seed or a name made from the bytes of a
request changes with them; what a model hears does not. Replies that depend on the bytes then vary as much
between repeats of one sound as between sounds.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from starbench.audio import Audio
from starbench.canary.stimuli.palette import PALETTE
from starbench.protocols.starbench import question_text
from starbench.schema import ClipPart, Prompt, TextPart

#: One key for all probes: a baseline that draws its answer by the key must not look as if it had heard.
_KEY = "canary"
#: "RIFF" and the size; then "WAVE" and the format chunk as ``wave`` writes it: behind it a chunk may follow.
_RIFF, _HEAD = 8, 36
#: Bytes to skip in the first variant, and more in each next one: more than a reader that takes the file's
#: beginning for text sees; zeros, so that a reader that takes them for samples hears silence.
_SKIPPED, _MORE = 2001, 57


@dataclass(frozen=True, eq=False)
class ByteVariant(Audio):
    """A clip whose WAV holds a chunk to be skipped before its samples."""

    variant: int = 1

    @cached_property
    def wav(self) -> bytes:
        """The clip as PCM_16 WAV, with a ``JUNK`` chunk (RIFF 1.0: to be ignored by readers)."""
        plain = super().wav
        size = _SKIPPED + _MORE * self.variant
        junk = b"JUNK" + struct.pack("<I", size) + bytes(size + size % 2)  # chunks begin at even places
        body = plain[_RIFF:_HEAD] + junk + plain[_HEAD:]
        return b"RIFF" + struct.pack("<I", len(body)) + body


def byte_variant(clip: Audio, variant: int) -> Audio:
    """The clip in bytes of its own for each ``variant``; variant 0 is as a run sends it."""
    return ByteVariant(clip.pcm, clip.rate, variant) if variant else clip


@dataclass(frozen=True)
class Question:
    """The text of a probe; without options, a reply in free text is wanted."""

    text: str
    options: tuple[str, ...] = ()

    @property
    def full_text(self) -> str:
        return question_text(self.text, self.options) if self.options else self.text


@dataclass(frozen=True)
class ProbeSound:
    """A sound with a name, rendered when it is first needed; two of one name are the same input."""

    name: str
    render: Callable[[], Audio] | None = None

    @cached_property
    def clip(self) -> Audio | None:
        return None if self.render is None else self.render()


@dataclass(frozen=True)
class Probe:
    """One request: a question about a sound."""

    question: Question
    sound: ProbeSound
    right_letter: str | None = None

    def prompt(self, variant: int = 0) -> Prompt:
        """The prompt, the clip first; each ``variant`` sends the same sound in other bytes."""
        text = self.question.full_text
        parts: list[TextPart | ClipPart] = [TextPart(text=text)]
        digest = sha256(f"canary\0{text}".encode())
        clip = self.sound.clip
        if clip is not None:
            digest.update(clip.digest.encode())
            sent = byte_variant(clip, variant)
            parts.insert(0, ClipPart.of(lambda: sent))
        return Prompt(parts=tuple(parts), options=self.question.options, digest=digest.hexdigest(), key=_KEY)


def _in_both_orders(text: str, one: str, other: str) -> tuple[Question, Question]:
    return Question(text, (one, other)), Question(text, (other, one))


def _control(letter: str, sought: str, *sounds: str) -> tuple[Question, str]:
    first, second, third, fourth = sounds
    text = (
        f"No sound is needed for this question. Somebody played {first}, {second}, {third} and {fourth}, "
        f"in this order. Which one was {sought}?"
    )
    return Question(text, ("The first one", "The second one", "The third one", "The fourth one")), letter


#: Free text shows most: any change in the sound may change it.
DESCRIBE = Question(
    "Describe this recording in one sentence: which sounds are heard, when, and in which ear?"
)
_EXTRA = (
    "Take your time, be exact, and mention neither the quality of the recording nor the way in which it may "
    "have been made, because only the sounds themselves are of interest here to those who read it later."
)
#: The same with more words, which a count of tokens must show.
DESCRIBE_AT_LENGTH = Question(f"{DESCRIBE.text} {_EXTRA}")
EXTRA_WORDS = len(_EXTRA.split())
#: For models that answer with letters only.
NAME = Question("Which of these is heard in this recording?", tuple(PALETTE))
#: Worded as the perception task words it, so that a model that understands the task understands this.
WHICH_IS_HIGHER = _in_both_orders(
    "This recording holds two tones. Which of the two tones is higher in pitch?",
    "The first tone",
    "The second tone",
)
WHICH_SIDE = _in_both_orders(
    "This recording was made for headphones. On which side is the sound?", "To the left", "To the right"
)
#: Of pitches that only two ears hear.
WHICH_FAINT_IS_HIGHER = _in_both_orders(
    "This recording was made for headphones. It holds two noises, and in each of them a faint tone. "
    "Which of the two faint tones is higher in pitch?",
    "The first tone",
    "The second tone",
)
#: Questions that need no sound, each with its right letter: a model that reads the text answers them. All
#: four right by guessing: 0.4 %.
CONTROLS = (
    _control("B", "the highest", "a tone of 400 Hz", "one of 900 Hz", "one of 250 Hz", "one of 600 Hz"),
    _control(
        "D", "the longest", "a note of 2 seconds", "one of 3 seconds", "one of 1 second", "one of 5 seconds"
    ),
    _control("A", "the lowest", "a tone of 100 Hz", "one of 300 Hz", "one of 800 Hz", "one of 200 Hz"),
    _control("C", "made by an animal", "a car horn", "a doorbell", "the barking of a dog", "a fire alarm"),
)
