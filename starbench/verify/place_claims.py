"""Where each source of a clip claims to be, and how it claims to move.

A dry sound is read whole. In a room it is read in its first milliseconds, before most reflections: the ear
does the same (precedence). A path is read in short windows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from starbench.measure.levels import db, power
from starbench.verify.bearings import (
    Bearing,
    Place,
    Samples,
    bearings,
    head_delay_us,
    louder_ear_db,
    senses,
)
from starbench.verify.claims import ClaimResult, Measurement, Source, Unmeasured
from starbench.verify.source_claims import FAINT, NOISES, OVERLAPS, obstacle, whole_stretch
from starbench.verify.tolerances import KINDS

#: The stretch that the direct sound has nearly for itself, s about the half-amplitude onset, and a longer
#: one: where they disagree by more than this, µs, reflections or the background have confused them.
_FIRST_S, _LONGER_S, _AGREE_US = (-0.006, 0.008), (-0.006, 0.020), 250.0
#: A delay of more than this, µs, and the louder ear must be on the same side.
_CLEARLY_US = 150.0
#: Below this direct-to-reverberant ratio in both ears the direct sound cannot be distinguished, dB.
_LEAST_DRR_DB = -10.0
#: Windows of a path, s.
_WINDOW_S = 0.080
#: A path on which distance changes the level by less than this, dB, neither approaches nor recedes.
_LEAST_SPAN_DB = 6.0
#: A track of fewer windows has no sense; outliers of this many windows are bridged.
_LEAST_WINDOWS, _BRIDGED = 6, 5
CONFUSED = "reflections or noise confuse the first milliseconds"
_DROWNED = "the direct sound is drowned"


def direction(source: Source) -> Iterator[ClaimResult]:
    """The direction, as far as the clip's format tells one."""
    where = source.surroundings
    known = bearings(source.clip.truth)
    why = None if known else "one channel has none"
    if source.in_room:
        why = why or obstacle(source) or (_DROWNED if _is_drowned(source) else None)
    elif not source.alone:
        why = why or OVERLAPS
    if why:
        yield Unmeasured(f"direction, {where}", why)
        return
    if source.clip.truth["format"] == "binaural":
        yield Unmeasured(f"elevation, {where}", "what differs between the ears tells the lateral angle alone")
    place = Place(*(float(source.truth[key]) for key in ("azimuth_deg", "elevation_deg", "distance_m")))
    for bearing in known:
        expected = bearing.expected(place, source.clip.truth["receiver"])
        kind = f"{bearing.name}, {where}"
        stretch = whole_stretch(source)
        measured = _at_first(bearing, source) if source.in_room else _measured(bearing, stretch, source)
        if expected is None or measured is None:
            yield Unmeasured(kind, "no such direction" if expected is None else CONFUSED)
        elif np.isnan(measured):
            yield Unmeasured(kind, FAINT)
        else:
            yield Measurement(kind, source.name, expected, measured, bearing.per_degree(place))


def precedence(source: Source) -> Iterator[ClaimResult]:
    """Time difference between the ears of the direct sound in a room."""
    if source.truth.get("itd_us") is None or not source.in_room:
        return
    why = obstacle(source) or (_DROWNED if _is_drowned(source) else None)
    if why:
        yield Unmeasured("ITD, in a room", why)
        return
    rate = source.clip.rate
    first, longer = (
        head_delay_us(_from_onset(source, span), rate, source.known_tilt, source.clip.quiet)
        for span in (_FIRST_S, _LONGER_S)
    )
    side = louder_ear_db(_from_onset(source, _FIRST_S), rate, source.clip.quiet)
    if not abs(first - longer) <= _AGREE_US or (abs(first) > _CLEARLY_US and first * side < 0):
        yield Unmeasured("ITD, in a room", CONFUSED)
        return
    yield Measurement("ITD, in a room", source.name, float(source.truth["itd_us"]), first)


def _is_drowned(source: Source) -> bool:
    # Of a random spectrum a few strong bands decide, and they need both ears' direct sound.
    decisive = min if source.is_coloured else max
    return decisive(map(float, source.truth.get("drr_db") or [0.0])) < _LEAST_DRR_DB


def _from_onset(source: Source, span_s: tuple[float, float]) -> NDArray[np.float32]:
    return source.clip.cut(source.onset_s + span_s[0], source.onset_s + span_s[1])


def _at_first(bearing: Bearing, source: Source) -> float | None:
    """What the first milliseconds tell; None where a few more would tell something else altogether."""
    stretch = _from_onset(source, _FIRST_S)
    first = _measured(bearing, stretch, source)
    longer = _measured(bearing, _from_onset(source, _LONGER_S), source)
    kind = KINDS[f"{bearing.name}, in a room"]
    agree = abs(kind.error(longer, first)) <= kind.tolerance(longer)  # false where one is no number
    return (
        first if agree and not bearing.doubtful(stretch, source.clip.rate, first, source.clip.quiet) else None
    )


def _measured(bearing: Bearing, stretch: Samples, source: Source) -> float:
    clip = source.clip
    return bearing.measured(stretch, clip.rate, clip.truth["receiver"], source.known_tilt, clip.quiet)


def path(source: Source) -> Iterator[ClaimResult]:
    """The track of a moving source: how far off its directions are, and whether they change the right way."""
    where = source.surroundings
    if why := obstacle(source):
        yield Unmeasured(f"path, {where}", why)
        return
    points = np.array(source.truth["path"]["points"], dtype=np.float64)
    points[:, 0] += source.onset_s - source.ramp_s / 2  # they count from the first sample that is heard
    starts = np.arange(source.onset_s, source.offset_s - _WINDOW_S, _WINDOW_S / 2)
    places = [_on(points, start + _WINDOW_S / 2) for start in starts]
    taper = np.hanning(round(_WINDOW_S * source.clip.rate))[:, None]
    firsts = np.rint(starts * source.clip.rate).astype(int)
    windows = [source.clip.samples[first : first + taper.size] * taper for first in firsts]
    for bearing in bearings(source.clip.truth):
        if source.in_room and source.kind not in NOISES:
            yield Unmeasured(f"path: {bearing.name}, {where}", "harmonics and reflections beat")
        else:
            yield from _tracked(bearing, places, windows, source)
    for bearing in senses(source.clip.truth):
        yield from _moved(bearing, places, windows, source)
    yield from _approached(places, windows, source)


def _on(points: NDArray[np.float64], time_s: float) -> Place:
    """The place on a track of (time, azimuth, elevation, distance) at a time, azimuths unwrapped."""
    azimuth = np.degrees(np.unwrap(np.radians(points[:, 1])))
    values = (np.interp(time_s, points[:, 0], column) for column in (azimuth, points[:, 2], points[:, 3]))
    return Place(*map(float, values))


def _both(
    bearing: Bearing, places: list[Place], windows: Sequence[Samples], source: Source
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected and measured values of a bearing, where a place has one; NaN where too little is heard."""
    receiver = source.clip.truth["receiver"]
    pairs = [
        (expected, _measured(bearing, window, source))
        for place, window in zip(places, windows, strict=True)
        if (expected := bearing.expected(place, receiver)) is not None
    ]
    both = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _tracked(
    bearing: Bearing, places: list[Place], windows: Sequence[Samples], source: Source
) -> Iterator[ClaimResult]:
    name = f"{bearing.name}, {source.surroundings}"
    pairs = zip(*_both(bearing, places, windows, source), strict=True)
    errors = [abs(KINDS[name].error(*pair)) for pair in pairs if np.isfinite(pair[1])]
    if not errors:
        yield Unmeasured(f"path: {name}", "no such direction, or too little of it is heard")
        return
    yield Measurement(f"path: {name}", source.name, 0.0, float(np.median(errors)))


def _moved(
    bearing: Bearing, places: list[Place], windows: Sequence[Samples], source: Source
) -> Iterator[ClaimResult]:
    """Whether what a bearing measures goes up and down with what is expected of it."""
    kind = f"path: sense of motion, {'recorded' if source.is_recorded else source.surroundings}"
    expected, measured = _both(bearing, places, windows, source)
    if bearing.turns:
        expected = np.degrees(np.unwrap(np.radians(expected)))
    if not _turns_clearly(bearing, expected):
        return
    heard = np.isfinite(measured)
    expected, measured = expected[heard], measured[heard]
    if not _turns_clearly(bearing, expected):
        yield Unmeasured(kind, "too little of the path is heard")
        return
    if bearing.turns:
        measured = np.degrees(np.unwrap(np.radians(measured)))
    sense = float(np.corrcoef(expected, median_filter(measured, _BRIDGED, mode="nearest"))[0, 1])
    yield Measurement(kind, f"{source.name}, {bearing.name}", 1.0, sense)


def _turns_clearly(bearing: Bearing, expected: NDArray[np.float64]) -> bool:
    return expected.size >= _LEAST_WINDOWS and float(np.ptp(expected)) >= bearing.clear_span


def _approached(places: list[Place], windows: Sequence[Samples], source: Source) -> Iterator[ClaimResult]:
    expected = -20.0 * np.log10([place.distance_m for place in places])
    if np.ptp(expected) < _LEAST_SPAN_DB:
        return
    if source.has_level_course:
        yield Unmeasured(f"path: level over distance, {source.surroundings}", "the source's own level varies")
        return
    pressure = source.clip.level_channels
    level = np.array([float(db(power(window[:, pressure]).mean())) for window in windows])
    sense = float(np.corrcoef(expected, level)[0, 1])
    yield Measurement(f"path: level over distance, {source.surroundings}", source.name, 1.0, sense)
