"""A tone in one half of a clip, or in neither: the stimulus of the audiogram."""

from __future__ import annotations

from typing import Literal

import numpy as np

from starbench.errors import StimulusError
from starbench.synthesis import Stimulus

from .tones import Ramp, RampShape, make_tone, render_tones


def tone_in_half(
    *,
    rng: np.random.Generator,
    half: Literal[1, 2] | None,
    f0_hz: float | None = None,
    level_db_hl: float | None = None,
    level_db_spl: float | None = None,
    duration_s: float = 2.0,
    edge_s: float = 0.1,
    total_s: float = 5.0,
    rate: int = 48_000,
    ramp_s: float = 0.010,
    ramp: RampShape = "raised-cosine",
    nominal: bool = False,
    dither: bool = True,
    keep_impossible: bool = False,
) -> Stimulus:
    """Make a mono clip with a sine near the outer edge of its first or second half.

    The defaults of ``duration_s``, ``edge_s`` and ``total_s`` are STAR-Bench's (measured).

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the start phase, then of the dither.
    half : 1, 2 or None
        Where the tone is; None makes a catch trial without a tone, whose parameters must then be absent.
    f0_hz, level_db_hl, level_db_spl : float, optional
        Frequency, Hz, and one of two levels of the steady part.
    duration_s, edge_s, total_s : float
        Length of the tone, its distance from the clip's start (or end), and the clip's length, s.
    rate, ramp_s, ramp, nominal, dither, keep_impossible
        See :func:`starbench.synth.tone_pair.tone_pair`.

    Returns
    -------
    Stimulus
        Samples of shape (n, 1). Truth: ``half``, and that of ``render_tones``.

    Raises
    ------
    StimulusError
        If the tone would leave its half, or is not possible (see ``render_tones``).
    """
    if half not in (1, 2, None):
        raise StimulusError(f"a clip has the halves 1 and 2 (or None for no tone), not {half!r}")
    optional = {"f0_hz": f0_hz, "level_db_hl": level_db_hl, "level_db_spl": level_db_spl}
    parameters = {name: value for name, value in optional.items() if value is not None}
    if half is None and parameters:
        raise StimulusError(f"a clip without a tone has no {' and no '.join(parameters)}")
    tones = []
    if half is not None:
        if edge_s + duration_s > total_s / 2:
            raise StimulusError(
                f"a tone of {duration_s:g} s, {edge_s:g} s from the edge, leaves its {total_s / 2:g} s half"
            )
        onset_s = edge_s if half == 1 else total_s - edge_s - duration_s
        parameters["duration_s"] = duration_s
        tones = [make_tone(parameters, onset_s, Ramp(ramp, ramp_s), nominal=nominal, rng=rng)]
    stimulus = render_tones(
        tones, rng=rng, total_s=total_s, rate=rate, dither=dither, keep_impossible=keep_impossible
    )
    stimulus.truth["half"] = half
    return stimulus
