"""Recordings with sounds at known places, and metadata about them, in the formats of STARSS23 and Stereo SELD.

Angles are DCASE's here: counter-clockwise, 90 on the left. The encodings are written down anew from the data sets'
own documentation, and nothing of the code under test is used.
"""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RATE, FRAME = 24_000, 2_400
WOMAN, MAN, CLAPPING, TELEPHONE, BELL = 0, 1, 2, 3, 11


class Event(NamedTuple):
    """A sound from one frame to before another; with ``to_deg`` it moves there."""

    sound: int
    start: int
    stop: int
    azimuth_deg: float
    to_deg: float | None = None
    elevation_deg: float = 0.0
    distance_cm: int = 150
    source: int = 1

    def places(self) -> list[tuple[int, int]]:
        """Each frame with the azimuth in it, whole degrees from -180 to 180."""
        n = self.stop - self.start
        course = np.linspace(self.azimuth_deg, self.azimuth_deg if self.to_deg is None else self.to_deg, n)
        return [(self.start + k, round((degrees + 180) % 360 - 180)) for k, degrees in enumerate(course)]


def foa(events: Sequence[Event], n_frames: int, seed: int = 0) -> NDArray[np.float64]:
    """Noise from each event's direction in channels W, Y, Z, X, and a little noise of its own in each channel."""
    rng = np.random.default_rng(seed)
    samples = 1e-4 * rng.standard_normal((n_frames * FRAME, 4))
    for event in events:
        elevation = np.radians(event.elevation_deg)
        for frame, degrees in event.places():
            azimuth = np.radians(degrees)
            gains = [
                1.0,
                np.sin(azimuth) * np.cos(elevation),
                np.sin(elevation),
                np.cos(azimuth) * np.cos(elevation),
            ]
            noise = rng.standard_normal(FRAME) * 0.05 / (event.distance_cm / 100)
            samples[frame * FRAME : (frame + 1) * FRAME] += np.outer(noise, gains)
    return samples


def write_starss(root: Path, name: str, events: Sequence[Event], n_frames: int, seed: int = 0) -> None:
    """A recording in ambisonics below ``foa_dev``, and its metadata without a header."""
    write_wav(root / "foa_dev" / f"{name}.wav", foa(events, n_frames, seed))
    rows = sorted(
        (frame, event.sound, event.source, degrees, round(event.elevation_deg), event.distance_cm)
        for event in events
        for frame, degrees in event.places()
    )
    write_lines(root / "metadata_dev" / f"{name}.csv", [",".join(map(str, row)) for row in rows])


def write_stereo(root: Path, name: str, events: Sequence[Event], seed: int = 0) -> None:
    """A clip of 5 s in mid-side stereo below ``stereo_dev``, and its metadata with a header."""
    w, y, _, _ = foa(events, 50, seed).T
    write_wav(root / "stereo_dev" / f"{name}.wav", np.stack([w + y, w - y], axis=1))
    rows = sorted(
        (frame, event.sound, event.source, mirrored_to_front(degrees), event.distance_cm, 0)
        for event in events
        for frame, degrees in event.places()
    )
    header = "frame,class,source,azimuth,distance,onscreen"
    write_lines(root / "metadata_dev" / f"{name}.csv", [header, *(",".join(map(str, row)) for row in rows)])


def mirrored_to_front(degrees: int) -> int:
    """What the generator of Stereo SELD does to an azimuth from -180 to 180."""
    return -180 - degrees if degrees < -90 else 180 - degrees if degrees > 90 else degrees


def write_wav(path: Path, samples: NDArray[np.float64]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(samples.shape[1])
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def read_wav(path: Path) -> NDArray[np.float64]:
    with wave.open(str(path), "rb") as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return data.reshape(-1, file.getnchannels()) / 32768.0


def write_lines(path: Path, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def slots(*slot: Sequence[Event]) -> list[Event]:
    """Events of clips of 5 s, one after the other in one recording."""
    return [
        event._replace(start=event.start + 50 * k, stop=event.stop + 50 * k)
        for k, events in enumerate(slot)
        for event in events
    ]


def everything() -> list[list[Event]]:
    """Clips that have every answer of every type of question, for two kinds of sounds."""
    clips = []
    for sound in (MAN, BELL):
        clips += [
            [Event(sound, 0, 30, azimuth, distance_cm=distance)]
            for azimuth in (0, 7, 84, 97, 180, -170, -90, -80)
            for distance in (100, 320)
        ]
        ways = ((60, -60), (-60, 60), (120, 60), (-150, -60))
        clips += [[Event(sound, 0, 40, start, stop, distance_cm=200)] for start, stop in ways]
        clips += [[Event(sound, 0, 40, azimuth, distance_cm=200)] for azimuth in (-130, 40)]
    for left, right in ((TELEPHONE, CLAPPING), (CLAPPING, TELEPHONE)):
        for near, far in ((100, 300), (300, 100)):
            for _ in range(6):
                clips.append(
                    [
                        Event(left, 0, 22, 50, distance_cm=near, source=1),
                        Event(right, 16, 45, -30, distance_cm=far, source=2),
                    ]
                )
    for azimuth in (0, 90):
        clips.append([Event(k, 5 * k, 40, azimuth + 40 * k, source=k) for k in (WOMAN, MAN, CLAPPING)])
    return clips
