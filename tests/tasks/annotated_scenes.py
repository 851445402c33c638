"""Synthetic recordings whose truth is known, their annotation in DCASE's form, and the answers that follow from both.

Nothing of the code under test is used: sounds are rendered by the synthesizer ``scene``, and answers are worked out
from the events, not from the annotation that is written about them. Azimuth is clockwise from the front here.
"""

from __future__ import annotations

import wave
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from starbench.build.render import render_stimulus
from starbench.synthesis import Recipe, generator

#: Number in the metadata -> name in the description, and the name without its article.
CLASSES = {3: "a dog barking", 7: "footsteps", 20: "an old bell"}
WORDS = {3: "dog barking", 7: "footsteps", 20: "old bell"}
FRAME_S, CLIP_S = 0.1, 5.0


class Event(NamedTuple):
    """A sound between two frames of a recording; with ``to_deg`` it moves there at constant speed."""

    sound: int
    start: int
    stop: int
    azimuth_deg: float
    to_deg: float | None = None
    elevation_deg: float = 0.0
    distance_m: float = 1.2
    source: int = 1

    def azimuth_in(self, frame: int) -> float:
        way = 0.0 if self.to_deg is None else self.to_deg - self.azimuth_deg
        return self.azimuth_deg + way * (frame + 0.5 - self.start) / (self.stop - self.start)

    def lateral_in(self, frame: int) -> float:
        x = np.sin(np.radians(self.azimuth_in(frame))) * np.cos(np.radians(self.elevation_deg))
        return float(np.degrees(np.arcsin(x)))


Recording = Sequence[Event]


def recordings() -> dict[str, Recording]:
    """Some of 5 to 14 s: still, moving and overlapping sounds, two sources of one class, four at once."""
    clips: list[list[Event]] = []
    for sound in CLASSES:
        for k, azimuth in enumerate((0, 10, 85, 97, 180, 190, 272, 268)):
            near = (1.0, 3.2)[(k + sound) % 2]
            clips.append([Event(sound, 2, 30, azimuth, elevation_deg=(0, 10)[k % 2], distance_m=near)])
            clips.append([Event(sound, 4, 34, azimuth, distance_m=4.2 - near)])
        for start, stop in ((300, 420), (60, -60), (-70, -20), (130, 60), (200, 260)):
            clips.append([Event(sound, 1, 41, start, stop)])
        clips.append([Event(sound, 1, 41, 40), Event(sound, 43, 49, 40)])
        clips.append(
            [Event(sound, 0, 30, -60), Event(sound, 5, 40, 50, source=2)]
        )  # which one is "the bell"?
    pairs = ((3, 7), (7, 20), (20, 3))
    for first, second in pairs:
        for left_first in (True, False):
            for near_first in (True, False):
                for _ in range(3):
                    sides = (-40, 35) if left_first else (35, -40)
                    distances = (1.0, 2.5) if near_first else (2.5, 1.0)
                    clips.append(
                        [
                            Event(first, 0, 25, sides[0], distance_m=distances[0]),
                            Event(second, 15, 45, sides[1], distance_m=distances[1]),
                        ]
                    )
    three = [Event(sound, 3 * k, 40, 60.0 * k) for k, sound in enumerate(CLASSES)]
    clips += [three, [*three[:2], three[2]._replace(start=20)], [*three, Event(3, 10, 40, 200, source=5)]]
    found: dict[str, Recording] = {}
    for k in range(0, len(clips), 2):  # every other recording has two clips, with a pause between
        pair = clips[k : k + 2]
        if k % 4:
            later = [
                [one._replace(start=one.start + 63 * n, stop=one.stop + 63 * n) for one in clip]
                for n, clip in enumerate(pair)
            ]
            found[f"room {k:03}"] = [one for clip in later for one in clip]
        else:
            found[f"room {k:03}"], *others = pair
            found |= {f"part/room {k + 1:03}": clip for clip in others}
    return found


def seconds(events: Recording) -> float:
    return CLIP_S if max(one.stop for one in events) <= 50 else 12.0


def write(
    root: Path,
    every: Mapping[str, Recording],
    form: str,
    *,
    clockwise: bool,
    rate: int = 24_000,
    decode: str | None = None,
) -> None:
    """A folder for the task ``annotated``."""
    described = {
        "format": f'"{form}"',
        "azimuth": '"clockwise"' if clockwise else '"counter-clockwise"',
        "classes": "{ " + ", ".join(f'{number} = "{name}"' for number, name in CLASSES.items()) + " }",
        "licence": '"CC BY 4.0"',
        **({"decode": f'"{decode}"'} if decode else {}),
        **({"microphones_m": "[[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]]"} if form == "array" else {}),
    }
    root.mkdir(parents=True, exist_ok=True)
    (root / "annotated.toml").write_text("".join(f"{key} = {value}\n" for key, value in described.items()))
    for name, events in every.items():
        samples = render(tuple(events), form, rate, name)
        write_wav(root / "sounds" / f"{name}.wav", samples, rate)
        write_metadata(root / "metadata" / f"{name}.csv", events, clockwise=clockwise)


@cache
def render(events: tuple[Event, ...], form: str, rate: int, name: str) -> NDArray[np.int16]:
    sources = [
        {
            "signal": {
                "kind": "noise",
                "duration_s": (one.stop - one.start) * FRAME_S,
                "high_hz": 0.45 * rate,
            },
            "onset_s": 0.02 + one.start * FRAME_S,
            "level_db_spl": 60.0,
            **_place(one),
        }
        for one in events
    ]
    parameters = {
        "sources": sources,
        "total_s": seconds(events),
        "format": form,
        "rate": rate,
        "background": {"snr_db": 40.0},
    }
    audio, _ = render_stimulus(Recipe("scene", parameters), generator(0, name))
    return audio.pcm


def _place(one: Event) -> dict[str, object]:
    if one.to_deg is None:
        at = {
            "azimuth_deg": one.azimuth_deg,
            "elevation_deg": one.elevation_deg,
            "distance_m": one.distance_m,
        }
        return {"at": at}
    return {
        "path": {
            "kind": "arc",
            "from_deg": one.azimuth_deg,
            "to_deg": one.to_deg,
            "distance_m": one.distance_m,
        }
    }


def write_metadata(path: Path, events: Recording, *, clockwise: bool) -> None:
    rows = []
    for one in events:
        for frame in range(one.start, one.stop):
            azimuth = round((one.azimuth_in(frame) + 180.0) % 360.0 - 180.0)
            row = (frame, one.sound, one.source, azimuth if clockwise else -azimuth)
            rows.append((*row, round(one.elevation_deg), round(100 * one.distance_m)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in sorted(rows)))


def write_wav(path: Path, pcm: NDArray[np.int16], rate: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(pcm.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(pcm.astype("<i2").tobytes())


def window(events: Recording, start_s: float) -> list[Event]:
    """What a clip that begins here holds, in the recording's own frames."""
    first, last = round(start_s / FRAME_S), round((start_s + CLIP_S) / FRAME_S)
    return [one for one in events if one.start < last and one.stop > first]


def mirrored(events: Sequence[Event]) -> list[Event]:
    """The same with left and right exchanged."""
    return [
        one._replace(azimuth_deg=-one.azimuth_deg, to_deg=None if one.to_deg is None else -one.to_deg)
        for one in events
    ]


def answer(kind: str, question: str, events: Sequence[Event]) -> str:
    """The right answer to a question about a clip with these events."""
    named = [one for one in events if WORDS[one.sound] in question]
    if kind == "how_many":
        busy = Counter(frame for one in events for frame in range(one.start, one.stop))
        return ("One", "Two", "Three")[max(busy.values()) - 1]
    if kind == "nearer":
        return f"The {WORDS[min(events, key=lambda one: one.distance_m).sound]}"
    if kind == "further_side":
        furthest = max if "right" in question else min
        return f"The {WORDS[furthest(events, key=lambda one: one.lateral_in(one.start)).sound]}"
    assert len({one.sound for one in named}) == 1, question
    one = named[0]
    if kind == "sector":
        return ("In front", "Right side", "Behind", "Left side")[round(one.azimuth_deg / 90.0) % 4]
    if kind == "direction":
        lateral = one.lateral_in(one.start)
        assert not 8 < abs(lateral) < 24, "unclear"
        return "In the middle" if abs(lateral) <= 8 else "Right side" if lateral > 0 else "Left side"
    if kind == "near_far":
        return "Near (1.5 meters or less)" if one.distance_m <= 1.5 else "Far (2.5 meters or more)"
    assert kind == "path"
    way = one.lateral_in(one.stop - 1) - one.lateral_in(one.start)
    if one.to_deg is None:
        return "It stays in one place"
    assert abs(way) > 25, "unclear"
    return "It moves to the right" if way > 0 else "It moves to the left"


def caption_facts(caption: str) -> Iterator[tuple[str, str, str]]:
    """Name, times and place of each sentence about a sound."""
    for sentence in caption.split(". "):
        if " (" in sentence:
            name, _, rest = sentence.partition(" (")
            times, _, place = rest.partition("): ")
            yield (
                name.lower(),
                times,
                place.rstrip(".").split(",")[0] if "first" not in place else place.rstrip("."),
            )
