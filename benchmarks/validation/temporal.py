"""Errors of the temporal attributes, of complex tones and of masked tones, by the estimators of ``starbench verify``.

In units of what people hear: 2.5 ms of a gap, 20 ms of order, 7 % of a modulation's rate, 2.5 % of a tempo, 0.2 % of a
pitch. Depths of modulation and levels in noise are in dB, because noise has no exact one in a second.
"""

from __future__ import annotations

import numpy as np

from starbench.audio import quantise
from starbench.plugins import registry
from starbench.synthesis import BuildSpec, generator
from starbench.tasks.perception import jnd
from starbench.verify.checks import check
from starbench.verify.claims import Clip, Measurement

from .errors_found import Found

SEED = 20_264
#: Cue -> attribute, kind of claim, and one JND in the claim's unit (a part of it where it is relative).
_CUES = {
    "partials of complex tones": ("pitch", "partial", None),
    "length of gaps": ("gap", "gap length", jnd.TABLE["gap"]["milliseconds"] / 1000.0),
    "position of gaps": ("gap", "gap position", jnd.TABLE["gap"]["milliseconds"] / 1000.0),
    "onset of overlapping tones": (
        "tone_order",
        "partial onset",
        jnd.TABLE["tone_order"]["milliseconds"] / 1000.0,
    ),
    "rate of modulation": ("am_rate", "modulation rate", None),
    "inter-onset interval": ("tempo", "inter-onset interval", None),
}
_WEBER = {
    "pitch": jnd.ratio("pitch", 1.0) - 1.0,
    "am_rate": jnd.ratio("am_rate", 1.0) - 1.0,
    "tempo": jnd.ratio("tempo", 1.0) - 1.0,
}


def found(items: int) -> dict[str, Found]:
    """Errors by attribute, of ``items`` items each."""
    claims = {name: _claims(name, items) for name in dict.fromkeys(name for name, _, _ in _CUES.values())}
    by_attribute: dict[str, dict[str, np.ndarray]] = {}
    for cue, (name, kind, one_jnd) in _CUES.items():
        errors = [
            abs(one.measured - one.claimed) / (one_jnd or _WEBER[name] * one.claimed)
            for one in claims[name]
            if one.kind == kind
        ]
        by_attribute.setdefault(f"{name} (version 2)", {})[cue] = np.array(errors)
    return {name: Found(errors, sum(map(len, errors.values()))) for name, errors in by_attribute.items()}


def _claims(attribute: str, items: int) -> list[Measurement]:
    task = registry.load("tasks", "perception")()
    results: list[Measurement] = []
    for draft in task.plan(BuildSpec((attribute,), "default-2", SEED, size=items, options={})).drafts:
        (recipe,) = draft.clips
        synthesizer = registry.load("synthesizers", recipe.synthesizer)
        stimulus = synthesizer(rng=generator(SEED, draft.item.id), **recipe.parameters)
        samples = quantise(stimulus.samples).astype(np.float32) / 32768.0
        claims = check(Clip(samples, stimulus.rate, stimulus.truth))
        results += [one for one in claims if isinstance(one, Measurement)]
    return results
