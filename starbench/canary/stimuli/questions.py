"""The questions that the probes ask."""

from __future__ import annotations

from starbench.canary.stimuli.palette import PALETTE
from starbench.canary.stimuli.probes import Question

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


def _control(letter: str, asked: str, *sounds: str) -> tuple[Question, str]:
    first, second, third, fourth = sounds
    text = (
        f"No sound is needed for this question. Somebody played {first}, {second}, {third} and {fourth}, "
        f"in this order. Which one was {asked}?"
    )
    return Question(text, _ORDINALS), letter


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
