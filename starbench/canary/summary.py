"""A canary's verdicts in words: a line each when they are found, one line beside the scores."""

from __future__ import annotations

from datetime import UTC, datetime

from starbench.schema import Canary

#: In the evidence, beside the verdicts' names: probes without a reply.
LOST = "lost"
VERDICTS = ("transport", "hearing", "ears", "length", "band")
#: Those of a basic canary, which change most what a score means.
_BASIC = VERDICTS[:3]
_ABOUT = {
    "transport": "sound",
    "hearing": "two tones",
    "ears": "ears",
    "length": "long clips",
    "band": "high frequencies",
}
_SEPARATE = "sent as separate clips"
NOT_HELD = "no canary was held: whether sound reached the model is not known"


def lines(canary: Canary, *, apart: bool = False) -> list[str]:
    """One line a verdict, with its reason; and what went wrong, if anything did."""
    values = _values(canary, _SEPARATE if apart else None)
    verdicts = [
        f"canary: {_ABOUT[name]} {values[name]} ({canary.evidence.get(name, 'no reason recorded')})"
        for name in _probed(canary)
    ]
    return [*verdicts, f"canary: {canary.evidence[LOST]}"] if LOST in canary.evidence else verdicts


def line(canary: Canary | None, *, apart: bool = False) -> str:
    """The verdicts in one line; ``apart``: each ear was sent as a clip, so folding them changes nothing."""
    if canary is None:
        return NOT_HELD
    values = _values(canary, _SEPARATE if apart else None)
    verdicts = "canary: " + ", ".join(f"{_ABOUT[name]} {values[name]}" for name in _probed(canary))
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
    values = _values(canary, "split" if apart else None)
    return "/".join(values[name] for name in _BASIC) + (" (in part)" if canary.unproven else "")


def _probed(canary: Canary) -> tuple[str, ...]:
    return VERDICTS if canary.probe == "all" else _BASIC


def _values(canary: Canary, ears: str | None) -> dict[str, str]:
    """The verdicts, with other words for the ears where there are any."""
    return {name: getattr(canary, name) for name in VERDICTS} | ({"ears": ears} if ears else {})
