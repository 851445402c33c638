"""What the listener is asked in training: the suite's own questions, and others about the same sounds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from starbench.schema import Item

#: Attribute -> in which words the first or the second sound may have more of it, or less, and how none has.
_COMPARISONS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "pitch": (
        ("has a higher pitch", "is higher in pitch", "is higher"),
        ("has a lower pitch", "is lower in pitch", "is lower"),
        ("Both {}s have the same pitch", "The {}s are equally high"),
    ),
    "level": (
        ("is louder", "has a higher level"),
        ("is softer", "is quieter", "has a lower level"),
        ("Both {}s are equally loud", "The {}s are equal in loudness"),
    ),
    "duration": (
        ("is longer", "lasts longer", "takes more time"),
        ("is shorter", "takes less time"),
        ("Both {}s are equally long", "The {}s last equally long"),
    ),
}
_SAME = ("Both {}s are the same", "They are the same", "There is no difference", "Neither")
_NAMES = (
    ("The first {} {}", "The second {} {}"),
    ("The first {}", "The second {}"),
    ("The first", "The second"),
)
_BEGINNINGS = ("", "", "", "You hear two {0}s. ", "This recording holds two {0}s. ", "Listen. ")
_ASKED = (
    "Which {0} {1}: the first {0}, the second {0}, or are they the same?",
    "Which {0} {1}?",
    "Which of the two {0}s {1}?",
    "Of two {0}s, which {1}?",
)


class Sound(NamedTuple):
    """When a sound of a clip is heard, and its properties where they are known."""

    onset_s: float
    seconds: float
    pitch: float | None
    """Octaves above 440 Hz."""
    level: float
    """dB SPL."""
    azimuth: float | None
    """Sine of the angle to the right."""


class Question(NamedTuple):
    text: str
    options: tuple[str, ...]
    answer: int


def sounds(truth: dict[str, Any]) -> list[Sound]:
    """The sounds of a clip by its truth, none if there are more than two."""
    found = []
    for row in truth.get("tones") or truth.get("bursts") or truth.get("sources") or []:
        f0_hz = row.get("f0_hz", row.get("signal", {}).get("f0_hz"))
        level = np.mean(row["received_db_spl"]) if "received_db_spl" in row else row.get("level_db_spl")
        azimuth = row.get("azimuth_deg")
        if level is None or "onset_s" not in row or "duration_s" not in row:
            return []
        found.append(
            Sound(
                row["onset_s"],
                row["duration_s"],
                None if f0_hz is None or azimuth is not None else float(np.log2(f0_hz / 440)),
                float(level),
                None if azimuth is None else float(np.sin(np.radians(azimuth))),
            )
        )
    return found if len(found) <= 2 else []


def own_question(item: Item) -> Question:
    """The question of a built item."""
    return Question(item.question, tuple(item.options), item.options.index(str(item.answer)))


def another_question(item: Item, heard: list[Sound], rng: np.random.Generator) -> Question:
    """A question in other words: about the attribute of the item, about what both sounds share, or about a side."""
    attribute = str(item.sub_category).partition("_")[2].replace("loudness", "level")
    if attribute == "azimuth" and len(heard) == 1:
        side = heard[0].azimuth or 0.0
        text = ("On which side is the sound?", "Does the sound come from the left or from the right?")
        return Question(str(rng.choice(text)), ("To the left", "To the right"), int(side > 0))
    if attribute not in _COMPARISONS or len(heard) != 2:
        return own_question(item)
    own, planned = attribute, item.truth["planned"]
    if rng.random() < 0.4:
        # Tones of a pair share what is not asked about, except that those with a timbre have levels of their own.
        attribute = str(
            rng.choice([name for name in _COMPARISONS if name != "level" or "timbre" not in planned])
        )
    larger = {"first": 0, "second": 1}.get(str(planned["larger"])) if attribute == own else None
    more, less, neither = _COMPARISONS[attribute]
    is_less = rng.random() < 0.5
    predicate, noun = str(rng.choice(less if is_less else more)), str(rng.choice(["sound", "tone"]))
    text = str(rng.choice(_BEGINNINGS) + rng.choice(_ASKED)).format(noun, predicate)
    names = [name.format(noun, predicate) for name in _NAMES[rng.integers(len(_NAMES))]]
    answer = 2 if larger is None else larger ^ int(is_less)
    if answer == 2 or rng.random() < 0.7:
        names.append(str(rng.choice([*neither, *_SAME])).format(noun))
    return Question(text, tuple(names), answer)
