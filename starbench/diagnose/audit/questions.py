"""What an item is about, and what its right answer says of the sounds: read from words, never from the truth."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starbench.schema import Item
from starbench.schema.audit import Cue


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b({pattern})\b", re.IGNORECASE)


#: Words in the name of a part of a task, and in a question, that say what it is about.
_NAMES: dict[Cue, re.Pattern[str]] = {
    "pitch": re.compile(r"pitch|frequency", re.IGNORECASE),
    "loudness": re.compile(r"loud|intensity|volume", re.IGNORECASE),
    "duration": re.compile(r"duration|length", re.IGNORECASE),
    "azimuth": re.compile(r"azimuth|lateral|left.?right", re.IGNORECASE),
    "elevation": re.compile(r"elevation|height", re.IGNORECASE),
    "distance": re.compile(r"distance", re.IGNORECASE),
}
_ASKED: dict[Cue, re.Pattern[str]] = {
    "pitch": _words("pitch|pitched"),
    "loudness": _words("louder|loudness|quieter|softer"),
    "duration": _words("longer|shorter|duration"),
    "azimuth": _words("left|right|azimuth"),
    "elevation": _words("elevation|above|below"),
    "distance": _words("distance|farther|nearer|closer"),
}
_MORE: dict[Cue, re.Pattern[str]] = {
    "pitch": _words("higher|highest|up|rises|rising"),
    "loudness": _words("louder|loudest|stronger"),
    "duration": _words("longer|longest"),
    "azimuth": _words("right|rightward|rightmost"),
    "elevation": _words("higher|highest|above|up"),
    "distance": _words("farther|further|farthest|more distant"),
}
_LESS: dict[Cue, re.Pattern[str]] = {
    "pitch": _words("lower|lowest|down|falls|falling"),
    "loudness": _words("softer|softest|quieter|quietest|weaker|fainter"),
    "duration": _words("shorter|shortest|briefer"),
    "azimuth": _words("left|leftward|leftmost"),
    "elevation": _words("lower|lowest|below|down"),
    "distance": _words("nearer|nearest|closer|closest"),
}
_SAME = _words(
    r"same|equal(ly)?|identical(ly)?|alike|no difference|neither|not differ(ent)?|both|unable|cannot|unknown"
)
_DECLINES = _words(r"unable|unknown|can ?not|not sure|uncertain|undetermined")
_NOUN = r"(sounds?|tones?|clips?|audios?|recordings?|notes?|intervals?|beeps?|bursts?|signals?)"
_FIRST = _words(rf"first|1st|former|earlier|{_NOUN} (1|one|a)")
_SECOND = _words(rf"second|2nd|latter|later|last|{_NOUN} (2|two|b)")
#: What a sound is compared with is not what is said to have more.
_REFERENCE = re.compile(
    rf"\b(than|of|from|to|as)\s+(in\s+)?(the\s+)?((first|second|other|former|latter)\b|{_NOUN}\s+(1|2|one|two|a|b)\b)",
    re.IGNORECASE,
)
#: Sentences that say what is not asked.
_NOTE = re.compile(r"[^.?!]*\b(may differ|not asked|ignore)\b[^.?!]*[.!]", re.IGNORECASE)


@dataclass(frozen=True)
class StatedDifference:
    """What the right answer says: the second sound has more of the cue (1), less (−1) or the same (0)."""

    sign: int
    of_one: bool = False
    """It says it of a single sound against the middle (to the right of it: 1)."""


def cue_of(part: str, items: list[Item]) -> Cue | None:
    """What the items of a part are about; None if that is nothing that a readout exists for, or no word says it."""
    named: list[Cue] = [cue for cue, pattern in _NAMES.items() if pattern.search(part)]
    if len(named) == 1:
        return named[0]
    if named or any(item.sub_category for item in items):
        return None
    asked = {
        cue
        for item in items
        for cue, pattern in _ASKED.items()
        if pattern.search(_NOTE.sub("", item.question))
    }
    return asked.pop() if len(asked) == 1 else None


def claim_of(item: Item, cue: Cue, sounds: int) -> StatedDifference | None:
    """What the right answer of an item says; None where its words do not tell.

    ``sounds`` says how many sounds the item's question is about.
    """
    answer = item.right_option
    if _DECLINES.search(answer) or item.option_orders is not None:
        return None
    if _SAME.search(answer):
        return StatedDifference(0)
    question = _NOTE.sub("", item.question)
    direction = _direction(answer, cue)
    if sounds == 1:
        is_side = cue == "azimuth" and direction is not None
        return StatedDifference(direction or 0, of_one=True) if is_side else None
    subject = _subject(answer)
    if subject is not None:
        direction = direction if direction is not None else _direction(question, cue)
        return None if direction is None else StatedDifference(subject * direction)
    if direction is None:
        return None
    # "Is the second sound …": the one that the question is about, the second if it is about neither.
    return StatedDifference((_subject(question) or 1) * direction)


def _subject(text: str) -> int | None:
    """Which of two sounds a text is about: 1 the second, −1 the first."""
    text = _REFERENCE.sub(" ", text)
    is_first, is_second = bool(_FIRST.search(text)), bool(_SECOND.search(text))
    return None if is_first == is_second else 1 if is_second else -1


def _direction(text: str, cue: Cue) -> int | None:
    is_more, is_less = bool(_MORE[cue].search(text)), bool(_LESS[cue].search(text))
    return None if is_more == is_less else 1 if is_more else -1
