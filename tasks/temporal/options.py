"""Options of the temporal task: where the recordings are, and the controls against shortcuts, each of which is on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from starbench.errors import InputError
from starbench.text import printable

from ..design.plans import check_name, yes_or_no

#: Of the clips of an order, s: as STAR-Bench's.
CLIP_S = (2.5, 10.7)
#: Values of options that are words; the first is the control.
_WORDS = {"levels": ("equal", "natural"), "matching": ("balanced", "any")}
#: Smallest and largest value of options that are numbers.
_NUMBERS = {"gap": (0.0, 30.0), "fade": (0.0, 1.0), "per_recording": (1.0, 100.0)}
_TRIES = 32
_WITHOUT_CONTROLS: dict[str, Any] = {"gap": 0.0, "fade": 0.0, "levels": "natural", "matching": "any"}


@dataclass(frozen=True)
class TemporalOptions:
    """What the user chose.

    At least ``gap`` s of the recording are removed between two clips; 0 leaves nothing out, so that clips follow each
    other without a seam. Ends are faded over ``fade`` s. ``levels`` of an item's clips are made equal, or natural.
    Where ``matching`` is balanced, clips are cut where a listener who matches edges is right as often as by guessing.
    A recording gives ``per_recording`` items of a kind at most; ``mix`` says whether several channels may be mixed.
    """

    recordings: str
    gap: float = 0.5
    fade: float = 0.05
    levels: str = "equal"
    matching: str = "balanced"
    per_recording: int = 3
    mix: bool = False

    @property
    def is_balanced(self) -> bool:
        return self.matching == "balanced"

    @property
    def tries(self) -> int:
        """In how many ways a recording is cut to choose from."""
        return _TRIES if self.is_balanced else 4 * self.per_recording

    @property
    def controls(self) -> dict[str, Any]:
        """What a suite declares about them."""
        return {
            "gap_s": self.gap,
            "fade_s": self.fade,
            "levels": self.levels,
            "matching": self.matching,
            "lengths": "equal",
            "per_recording": self.per_recording,
        }

    @property
    def flaws(self) -> dict[str, Any]:
        """What a suite without a control declares, so that what follows from it is shown and is no breach."""
        reasons = {
            "splice": [
                f"{name}={getattr(self, name):g}" for name in ("gap", "fade") if not getattr(self, name)
            ]
            + ["matching=any"] * (not self.is_balanced),
            "metadata": ["levels=natural"] * (self.levels == "natural"),
        }
        listed = {name: "built with " + ", ".join(off) for name, off in reasons.items() if off}
        return {"flaws": {f"order of {n} clips": listed for n in (2, 3)}} if listed else {}


def parse_options(raw: Mapping[str, Any]) -> TemporalOptions:
    """Parse the task's options; ``controls=off`` switches all controls off that are not given by themselves.

    Raises an InputError in one sentence that names the option and what would work.
    """
    known = [field.name for field in fields(TemporalOptions)]
    for name in raw:
        check_name("temporal", "option", str(name), sorted([*known, "controls"]))
    if "recordings" not in raw:
        raise InputError(
            "temporal questions are made from recordings: give a folder of them, --recordings DIR"
        )
    values = dict(raw)
    if _word(values.pop("controls", "on"), "controls", ("on", "off")) == "off":
        values = _WITHOUT_CONTROLS | values
    values |= {name: _word(values[name], name, words) for name, words in _WORDS.items() if name in values}
    if "mix" in values:
        values["mix"] = yes_or_no(values["mix"], "mix")
    values |= {name: _number(values[name], name) for name in _NUMBERS if name in values}
    if values.get("gap") == 0:  # where nothing is removed, every edge matches, and nothing could be balanced
        values.setdefault("matching", "any")
    if "per_recording" in values:
        values["per_recording"] = int(values["per_recording"])
    return TemporalOptions(**{**values, "recordings": str(raw["recordings"])})


def _word(value: Any, option: str, words: tuple[str, ...]) -> str:
    word = str(value).strip().lower()
    if word not in words:
        raise InputError(f"option {option}: there is no {printable(word)!r}: there are {', '.join(words)}")
    return word


def _number(value: Any, option: str) -> float:
    low, high = _NUMBERS[option]
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not low <= number <= high:
        raise InputError(
            f"option {option}: {printable(str(value))!r} cannot be used: give {low:g} to {high:g}"
        )
    return number
