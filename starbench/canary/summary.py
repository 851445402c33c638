"""A canary's verdicts in words: a line each when they are found, one line beside the scores."""

from __future__ import annotations

from datetime import UTC, datetime

from starbench.schema import Canary

#: In the evidence, beside the verdicts' names: probes without a reply.
LOST = "lost"
_ABOUT = {
    "transport": "sound",
    "hearing": "two tones",
    "ears": "ears",
    "length": "long clips",
    "band": "high frequencies",
}
VERDICTS = tuple(_ABOUT)
#: Those of a basic canary, which change most what a score means.
_BASIC = VERDICTS[:3]
NOT_HELD = "no canary was held: whether sound reached the model is not known"


def lines(canary: Canary, *, apart: bool = False) -> list[str]:
    """One line a verdict, with its reason; and what went wrong, if anything did."""
    verdicts = [
        f"canary: {verdict} ({canary.evidence.get(name, 'no reason recorded')})"
        for name, verdict in _verdicts(canary, apart=apart).items()
    ]
    return [*verdicts, f"canary: {canary.evidence[LOST]}"] if LOST in canary.evidence else verdicts


def line(canary: Canary | None, *, apart: bool = False) -> str:
    """The verdicts in one line; ``apart``: each ear was sent as a clip, so mixing to mono changes nothing."""
    if canary is None:
        return NOT_HELD
    verdicts = f"canary: {', '.join(_verdicts(canary, apart=apart).values())}"
    return f"{verdicts}; {canary.unproven} trials were asked without one" if canary.unproven else verdicts


def kept(canary: Canary, *, apart: bool = False) -> str:
    """That an earlier canary is used, how old it is, and its verdicts."""
    minutes = (datetime.now(UTC) - datetime.fromisoformat(canary.at)).total_seconds() / 60
    age = f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.0f} h"
    return f"the canary of {age} ago still counts, no probe is sent ({line(canary, apart=apart)})"


def short(canary: Canary | None, *, apart: bool = False) -> str | None:
    """Delivery, discrimination and ears, as ``arrived/heard/kept``; None if no canary was run."""
    if canary is None:
        return None
    ears = "split" if apart else canary.ears
    return f"{canary.transport}/{canary.hearing}/{ears}" + (" (in part)" if canary.unproven else "")


def _verdicts(canary: Canary, *, apart: bool) -> dict[str, str]:
    """What was probed, and the verdict on it."""
    names = VERDICTS if canary.probe == "all" else _BASIC
    verdicts = {name: f"{_ABOUT[name]} {getattr(canary, name)}" for name in names}
    return verdicts | ({"ears": "ears sent as separate clips"} if apart else {})
