"""A canary's verdicts in words: one line each as it is held, one line beside the scores."""

from __future__ import annotations

from starbench.schema import Canary

#: In the evidence, beside the verdicts' names: probes that came to nothing.
LOST = "lost"
VERDICTS = ("transport", "hearing", "ears", "length", "band")
#: Those that change what a score means most, in a row of a board.
_SHORT = ("transport", "hearing", "ears")
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
    told = _told(canary, _SEPARATE if apart else None)
    found = [
        f"canary: {_ABOUT[name]} {told[name]} ({canary.evidence.get(name, 'no reason recorded')})"
        for name in VERDICTS
    ]
    return [*found, f"canary: {canary.evidence[LOST]}"] if LOST in canary.evidence else found


def line(canary: Canary | None, *, apart: bool = False) -> str:
    """All verdicts in one line; ``apart``: each ear was sent as a clip, so folding them changes nothing."""
    if canary is None:
        return NOT_HELD
    told = _told(canary, _SEPARATE if apart else None)
    said = "canary: " + ", ".join(f"{_ABOUT[name]} {told[name]}" for name in VERDICTS)
    return f"{said}; {canary.unproven} trials were asked without one" if canary.unproven else said


def short(canary: Canary | None, *, apart: bool = False) -> str | None:
    """The verdicts on sound, hearing and ears, as ``arrived/heard/kept``; None if no canary was held."""
    if canary is None:
        return None
    told = _told(canary, "split" if apart else None)
    return "/".join(told[name] for name in _SHORT) + (" (in part)" if canary.unproven else "")


def _told(canary: Canary, ears: str | None) -> dict[str, str]:
    """The verdicts, with other words on the ears where there are any."""
    return {name: getattr(canary, name) for name in VERDICTS} | ({"ears": ears} if ears else {})
