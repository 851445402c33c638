"""Two tones, one after the other: the stimulus of questions such as "which is higher, louder, longer?"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from starbench.errors import StimulusError
from starbench.synthesis import Stimulus

from .tones import Ramp, RampShape, make_tone, render_tones


def tone_pair(
    *,
    rng: np.random.Generator,
    tones: Sequence[Mapping[str, float]],
    onsets_s: Sequence[float],
    total_s: float,
    rate: int = 48_000,
    ramp_s: float = 0.010,
    ramp: RampShape = "raised-cosine",
    nominal: bool = False,
    dither: bool = True,
    keep_impossible: bool = False,
) -> Stimulus:
    """Make a mono clip of two sines.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of each tone's start phase, then of the dither.
    tones : two mappings
        Each ``{"f0_hz", "duration_s", "level_db_spl" or "level_db_hl"}``: Hz, s, dB of the steady part.
    onsets_s : two floats
        Onsets, s from the start of the clip.
    total_s, rate : float, int
        Length of the clip, s, and sample rate, Hz.
    ramp_s, ramp : float, str
        Length, s, and shape of the ramps. STAR-Bench: 10 ms, ``quarter-sine``.
    nominal : bool
        Whether onsets and durations include the ramps (STAR-Bench) or are at half amplitude.
    dither, keep_impossible : bool
        See :func:`starbench.synth.tones.render_tones`.

    Raises
    ------
    StimulusError
        If there are not two tones with two onsets, or they are not possible (see ``render_tones``).
    """
    if len(tones) != 2 or len(onsets_s) != 2:
        raise StimulusError(f"a pair needs 2 tones and 2 onsets, not {len(tones)} and {len(onsets_s)}")
    shape = Ramp(ramp, ramp_s)
    pair = [
        make_tone(tone, onset, shape, nominal=nominal, rng=rng)
        for tone, onset in zip(tones, onsets_s, strict=True)
    ]
    return render_tones(
        pair, rng=rng, total_s=total_s, rate=rate, dither=dither, keep_impossible=keep_impossible
    )
