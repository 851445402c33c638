"""What a probe is: a question and a sound, or none. The questions that the canary puts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from starbench.audio import Audio
from starbench.canary.sounds import PALETTE
from starbench.canary.wrapping import wrapped
from starbench.protocols.starbench import question_text
from starbench.schema import ClipPart, Prompt, TextPart

#: One key for all probes: a baseline that draws by the key must not look as if it had heard.
_KEY = "canary"


@dataclass(frozen=True)
class Question:
    """What is asked: free text if there are no options."""

    text: str
    options: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """The text as it is sent."""
        return question_text(self.text, self.options) if self.options else self.text


class Stimulus:
    """A sound by name, made when it is first asked for.

    Parameters
    ----------
    name : str
        Two stimuli of one name are one input.
    make : callable, optional
        Makes the clip; None: no clip is sent.
    """

    def __init__(self, name: str, make: Callable[[], Audio] | None = None) -> None:
        self.name = name
        self._make = make

    @cached_property
    def clip(self) -> Audio | None:
        """The clip, None where there is none."""
        return None if self._make is None else self._make()

    @property
    def is_sent(self) -> bool:
        """Whether a clip is sent."""
        return self._make is not None


@dataclass(frozen=True)
class Probe:
    """One request: a question about a stimulus."""

    question: Question
    stimulus: Stimulus

    def prompt(self, copy: int = 0) -> Prompt:
        """The prompt; the clip comes first, and in other bytes for each ``copy``."""
        digest = sha256(f"canary\0{self.question.whole}".encode())
        parts: list[TextPart | ClipPart] = []
        clip = self.stimulus.clip
        if clip is not None:
            digest.update(clip.digest.encode())
            sent = wrapped(clip, copy)
            parts.append(ClipPart.of(lambda: sent))
        parts.append(TextPart(text=self.question.whole))
        return Prompt(parts=tuple(parts), options=self.question.options, digest=digest.hexdigest(), key=_KEY)


#: Free text tells most: whatever changes in the sound may change it.
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

#: For models that answer nothing but letters; the second asks the same with the options turned.
NAME_IT = tuple(
    Question("Which of these is heard in this recording?", options)
    for options in (tuple(PALETTE), tuple(reversed(PALETTE)))
)

#: Worded as the perception task words it, so that whoever understands that understands this.
_HIGHER = "This recording holds two tones. Which of the two tones is higher in pitch?"
WHICH_IS_HIGHER = tuple(
    Question(_HIGHER, options)
    for options in (("The first tone", "The second tone"), ("The second tone", "The first tone"))
)

_SIDE = "This recording was made for headphones. On which side is the sound?"
WHICH_SIDE = tuple(
    Question(_SIDE, options) for options in (("To the left", "To the right"), ("To the right", "To the left"))
)

_ORDINALS = ("The first one", "The second one", "The third one", "The fourth one")


def _control(right: int, asks: str, *numbers: str) -> tuple[Question, str]:
    question = Question(
        f"No sound is needed for this question. Somebody played {numbers[0]}, {numbers[1]}, {numbers[2]} and "
        f"{numbers[3]}, in this order. Which one was {asks}?",
        _ORDINALS,
    )
    return question, chr(ord("A") + right)


#: Questions that need no sound, each with its letter: who reads the text answers them, by luck one does
#: not (five of six by guessing among four: 0.5 %).
CONTROLS = (
    _control(1, "the highest", "a tone of 400 Hz", "one of 900 Hz", "one of 250 Hz", "one of 600 Hz"),
    _control(
        3, "the longest", "a note of 2 seconds", "one of 3 seconds", "one of 1 second", "one of 5 seconds"
    ),
    _control(0, "the lowest", "a tone of 100 Hz", "one of 300 Hz", "one of 800 Hz", "one of 200 Hz"),
    _control(2, "made by an animal", "a car horn", "a doorbell", "the barking of a dog", "a fire alarm"),
    _control(
        2, "the shortest", "a note of 4 seconds", "one of 6 seconds", "one of 1 second", "one of 3 seconds"
    ),
    _control(1, "made by an instrument", "a jet engine", "a violin", "rain", "footsteps"),
)
#: So many right controls are no luck.
COMPETENT = 5
