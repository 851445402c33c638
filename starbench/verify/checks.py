"""Which check measures which claim: a registry from the keys of a truth to what measures them.

A truth is checked for every key that stands here, whatever synthesizer wrote it; a new kind of claim is a
line here, a function beside the others and a line in the table of tolerances. What stands in no list is listed as
unknown (:class:`starbench.verify.claims.Unknown`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from starbench.suites.truth import Claim
from starbench.verify import burst_claims, clip_claims, place_claims, room_claims, source_claims
from starbench.verify.claims import Absent, ClaimResult, Clip, Source, sources

#: Key of a clip's truth -> what measures it.
CLIP_CHECKS: dict[str, Callable[[Clip], Iterator[ClaimResult]]] = {
    "rate": clip_claims.rate,
    "total_s": clip_claims.length,
    "channels": clip_claims.channels,
    "tones": clip_claims.tones,
    "bursts": burst_claims.bursts,
    "background": clip_claims.background,
    "excerpt": clip_claims.excerpt,
}

#: Key of the truth of one of a clip's ``sources`` -> what measures it.
SOURCE_CHECKS: dict[str, tuple[Callable[[Source], Iterator[ClaimResult]], ...]] = {
    "onset_s": (source_claims.timing,),
    "received_db_spl": (source_claims.received_level,),
    "signal": (source_claims.fundamental, source_claims.band),
    "itd_us": (source_claims.interaural, place_claims.precedence),
    "azimuth_deg": (place_claims.direction,),
    "path": (place_claims.path,),
    "t30_s": (room_claims.reverberation_time,),
    "t30_octaves_s": (room_claims.octave_reverberation_times,),
    "drr_db": (room_claims.direct_to_reverberant,),
    "distance_m": (room_claims.distance,),
}

#: Every key that the checks above measure, or without which one of them fails. A check that passes over one says so.
_MEASURED = {
    "": ("rate", "total_s", "channels"),
    "tones": ("f0_hz", "level_db_spl", "onset_s", "duration_s"),
    "bursts": ("onset_s", "duration_s", "level_db_spl", "level_db_spl_per_erb"),
    "bursts.signal": ("kind", "f0_hz", "lowest", "count", "shift"),
    "bursts.gap": ("at_s", "duration_s"),
    "bursts.modulation": ("rate_hz", "depth_db"),
    "bursts.repetition": ("interval_s", "events"),
    "background": ("snr_db", "level_db_spl", "below"),
    "excerpt": ("duration_s", "level_dbfs"),
    "sources": (
        "onset_s", "duration_s", "received_db_spl", "level_db_spl", "itd_us", "ild_db", "azimuth_deg",
        "elevation_deg", "distance_m", "t30_s", "drr_db",
    ),
    "sources.path": ("points",),
    "sources.signal": ("f0_hz", "bandwidth_hz"),
}  # fmt: skip
MEASURED = frozenset(f"{parent}.{name}".lstrip(".") for parent, names in _MEASURED.items() for name in names)
#: Key of a source -> the key beside it whose check measures both.
_MEASURED_WITH = {
    "sources.duration_s": "onset_s", "sources.elevation_deg": "azimuth_deg", "sources.ild_db": "itd_us",
    "sources.level_db_spl": "received_db_spl",
}  # fmt: skip
#: Keys below which every key is measured.
_MEASURED_PARENTS = ("sources.t30_octaves_s.",)
#: Names and definitions: what other claims mean, and no claim about the samples.
_DEFINITIONS = frozenset({
    "calibration.full_scale_rms_db_spl", "calibration.retspl", "flags", "format", "receiver.digest",
    "receiver.equalisation", "receiver.ild_band_hz", "receiver.name", "stems", "timing",
})  # fmt: skip
#: Keys that say no more than that there is a file of this form.
OF_THE_FILE = frozenset({"rate", "total_s", "channels"}) | _DEFINITIONS

#: What a truth of another shape than its key promises raises.
_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, MemoryError)


def check(clip: Clip) -> Iterator[ClaimResult]:
    """Measure every claim of a clip that can be measured."""
    for key, measure in CLIP_CHECKS.items():
        if key in clip.truth:
            yield from _readable(key, measure, clip)
    if "sources" in clip.truth:
        yield from _readable("sources", _of_sources, clip)


def is_known(claim: Claim) -> bool:
    """Whether a check measures this claim, or says why it cannot; or it claims nothing."""
    companion = _MEASURED_WITH.get(claim.key)
    if companion is not None and claim.record.get(companion) is None:
        return False
    return is_known_key(claim.key)


def is_known_key(key: str) -> bool:
    """Whether there is a check for claims of this key, or they are names and definitions."""
    return key in MEASURED or key in _DEFINITIONS or key.startswith(_MEASURED_PARENTS)


def _of_sources(clip: Clip) -> Iterator[ClaimResult]:
    for source in list(sources(clip)):
        for key, measures in SOURCE_CHECKS.items():
            if key in source.truth:
                for measure in measures:
                    yield from _readable(f"{source.name}: {key}", measure, source)


def _readable(
    key: str, measure: Callable[..., Iterator[ClaimResult]], part: Clip | Source
) -> Iterator[ClaimResult]:
    try:
        yield from measure(part)
    except _MALFORMED as error:
        yield Absent("truth", key, f"something that cannot be read ({type(error).__name__}: {error})")
