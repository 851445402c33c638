"""What is heard in a clip of some seconds: the sounds, and where each of them is in each frame."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import fmean

from .annotations import CLASSES, FRAMES_PER_SECOND, Activity, SoundClass
from .conventions import lateral_deg, mean_direction, spread_deg

#: A sound must be heard for this long if a question is to be about it.
SHORTEST_FRAMES = FRAMES_PER_SECOND // 2
#: A source that stays in one place, by the largest angle to its mean direction, and by the ratio of its distances.
_STILL_DEG, _STILL_RATIO = 6.0, 1.2
#: A sideways movement: from one end to the other, without turning back (total way over the net way) and in steps small
#: enough that the movement itself is heard.
_MOVES_DEG, _TURNS_BACK, _LARGEST_STEP_DEG = 30.0, 1.25, 15.0


@dataclass(frozen=True)
class Track:
    """One source of one class of sounds in a clip: all frames in which it is active."""

    sound: SoundClass
    source: int
    activities: tuple[Activity, ...]

    @property
    def frames(self) -> list[int]:
        return [one.frame for one in self.activities]

    @cached_property
    def laterals_deg(self) -> list[float]:
        """Angle to the right in each frame."""
        return [lateral_deg(one.azimuth_deg, one.elevation_deg) for one in self.activities]

    @property
    def direction_deg(self) -> tuple[float, float]:
        """Mean azimuth and elevation."""
        return mean_direction(*self._angles)

    @property
    def distance_m(self) -> float | None:
        """Mean distance; None where a frame states none."""
        distances = [one.distance_m for one in self.activities]
        return fmean(distances) if all(distances) else None

    @property
    def keeps_distance(self) -> bool:
        distances = [one.distance_m for one in self.activities]
        return max(distances) <= _STILL_RATIO * min(distances)

    @property
    def keeps_direction(self) -> bool:
        return spread_deg(*self._angles) <= _STILL_DEG

    @cached_property
    def sideways_deg(self) -> float | None:
        """Degrees by which it moves to the right; None if it does not move clearly to one side."""
        steps = [after - before for before, after in pairwise(self.laterals_deg)]
        net, way = sum(steps), sum(map(abs, steps))
        is_smooth = max(map(abs, steps), default=0.0) <= _LARGEST_STEP_DEG
        return net if is_smooth and abs(net) >= _MOVES_DEG and way <= _TURNS_BACK * abs(net) else None

    @property
    def stretches(self) -> list[tuple[int, int]]:
        """First frame and end (exclusive) of each stretch without a gap."""
        found: list[tuple[int, int]] = []
        for frame in self.frames:
            if found and frame == found[-1][1]:
                found[-1] = (found[-1][0], frame + 1)
            else:
                found.append((frame, frame + 1))
        return found

    @property
    def _angles(self) -> tuple[list[float], list[float]]:
        return [one.azimuth_deg for one in self.activities], [one.elevation_deg for one in self.activities]


@dataclass(frozen=True)
class Scene:
    """A clip: frames ``start`` to ``start + n_frames`` of a recording, counted from 0 in its tracks."""

    recording: str
    start: int
    n_frames: int
    tracks: tuple[Track, ...]
    mixed: frozenset[SoundClass]
    """Classes that more than one source belongs to, so that their names do not say which."""

    @property
    def name(self) -> str:
        """What no other clip is called."""
        return f"{self.recording}@{self.start}"

    @cached_property
    def n_active(self) -> Counter[int]:
        """Frame -> number of sounds that are active in it."""
        return Counter(frame for track in self.tracks for frame in track.frames)

    def frames_alone(self, track: Track) -> int:
        """In how many frames nothing else is heard."""
        return sum(self.n_active[frame] == 1 for frame in track.frames)


def scene(
    recording: str,
    activities: Iterable[Activity],
    start: int,
    n_frames: int,
    classes: Mapping[int, SoundClass] = CLASSES,
) -> Scene:
    """The scene that begins at frame ``start`` of a recording."""
    of_track: defaultdict[tuple[int, int], list[Activity]] = defaultdict(list)
    for one in activities:
        if start <= one.frame < start + n_frames:
            of_track[one.sound, one.source].append(one._replace(frame=one.frame - start))
    sources = Counter(sound for sound, _ in of_track)
    twice = {key for key, track in of_track.items() if len({one.frame for one in track}) < len(track)}
    return Scene(
        recording=recording,
        start=start,
        n_frames=n_frames,
        tracks=tuple(Track(classes[key[0]], key[1], tuple(of_track[key])) for key in sorted(of_track)),
        mixed=frozenset(
            classes[sound] for sound, source in of_track if sources[sound] > 1 or (sound, source) in twice
        ),
    )


def scene_starts(
    activities: Iterable[Activity], n_recorded: int, n_frames: int, *, to_the_end: bool = False
) -> Iterator[int]:
    """Where scenes of ``n_frames`` begin in a recording of ``n_recorded`` frames.

    Each begins with the first activity after the one before, so that long silences are left out and none overlap.
    With ``to_the_end``, the last may begin earlier, so that it ends with the recording.
    """
    stop, last = 0, n_recorded - n_frames
    for frame in sorted({one.frame for one in activities}):
        start = min(frame, last) if to_the_end else frame
        if stop <= start <= last and frame >= stop:
            yield start
            stop = start + n_frames
