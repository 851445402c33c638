"""When the sounds of a clip are heard, and what is known of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starbench.schema import Item

#: Sounds that begin within this time of each other sound together, s.
_TOGETHER_S = 0.02


@dataclass(frozen=True)
class Sound:
    """A stretch of one clip in which one sound, or several at once, are heard; times in s.

    ``sources`` are the places of its sources in the list of the clip's truth, ``truth`` is the first one's.
    """

    clip: int
    start_s: float
    stop_s: float
    sources: tuple[int, ...] = ()
    truth: Mapping[str, Any] | None = None

    @property
    def kind(self) -> str:
        """The name of its kind of signal; empty where the truth has none."""
        signal = (self.truth or {}).get("signal")
        return str(signal.get("kind", "")) if isinstance(signal, Mapping) else ""


def sounds_of(item: Item, seconds: Sequence[float]) -> tuple[Sound, ...]:
    """The sounds of an item in the order heard, by its truth; whole clips, of these ``seconds``, where it has none."""
    truths = item.truth.get("clips")
    sounds: list[Sound] = []
    for number, length in enumerate(seconds):
        truth = truths[number] if isinstance(truths, list) and number < len(truths) else {}
        found = _in_clip(truth if isinstance(truth, dict) else {}, number, length)
        sounds += found or [Sound(number, 0.0, length)]
    return tuple(sounds)


def whole_clips(seconds: Sequence[float]) -> tuple[Sound, ...]:
    """Each clip as one sound."""
    return tuple(Sound(number, 0.0, length) for number, length in enumerate(seconds))


def _in_clip(truth: Mapping[str, Any], clip: int, seconds: float) -> list[Sound]:
    listed = truth.get("sources") or truth.get("tones") or []
    timed = [
        (float(one["onset_s"]), float(one["duration_s"]), place, one)
        for place, one in enumerate(listed)
        if isinstance(one, dict) and "onset_s" in one and "duration_s" in one
    ]
    timed.sort(key=lambda row: row[:3])
    sounds: list[Sound] = []
    for onset, duration, place, one in timed:
        stop = min(onset + duration, seconds)
        if sounds and onset < sounds[-1].stop_s - _TOGETHER_S:
            last = sounds[-1]
            sounds[-1] = Sound(clip, last.start_s, max(stop, last.stop_s), (*last.sources, place), last.truth)
        elif stop > onset:
            sounds.append(Sound(clip, onset, stop, (place,), one))
    return sounds
