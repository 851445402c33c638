"""Which check measures which claim: a registry from the keys of a truth to what measures them.

A truth is checked for every key that stands here, whatever synthesizer wrote it; a new kind of claim is a
line here, a function beside the others and a line in the table of tolerances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from starbench.verify import burst_claims, clip_claims, place_claims, room_claims, source_claims
from starbench.verify.claims import Absent, ClaimResult, Clip, Source, Unmeasured, sources

#: Key of a clip's truth -> what measures it.
CLIP_CHECKS: dict[str, Callable[[Clip], Iterator[ClaimResult]]] = {
    "rate": clip_claims.rate,
    "total_s": clip_claims.length,
    "channels": clip_claims.channels,
    "tones": clip_claims.tones,
    "bursts": burst_claims.bursts,
    "background": clip_claims.background,
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

#: Keys of a source's truth that are measured together with another one.
_MEASURED_WITH = frozenset({"duration_s", "elevation_deg", "ild_db", "level_db_spl"})

#: What a truth of another shape than its key promises raises.
_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, MemoryError)


def check(clip: Clip) -> Iterator[ClaimResult]:
    """Measure every claim of a clip that can be measured."""
    for key, measure in CLIP_CHECKS.items():
        if key in clip.truth:
            yield from _readable(key, measure, clip)
    if "sources" in clip.truth:
        yield from _readable("sources", _of_sources, clip)


def _of_sources(clip: Clip) -> Iterator[ClaimResult]:
    for source in list(sources(clip)):
        for key, measures in SOURCE_CHECKS.items():
            if key in source.truth:
                for measure in measures:
                    yield from _readable(f"{source.name}: {key}", measure, source)
        for key in sorted(set(source.truth) - set(SOURCE_CHECKS) - _MEASURED_WITH):
            yield Unmeasured(key, "nothing measures it")


def _readable(
    key: str, measure: Callable[..., Iterator[ClaimResult]], part: Clip | Source
) -> Iterator[ClaimResult]:
    try:
        yield from measure(part)
    except _MALFORMED as error:
        yield Absent("truth", key, f"something that cannot be read ({type(error).__name__}: {error})")
