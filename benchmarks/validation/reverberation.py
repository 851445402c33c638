"""Reverberation time: asked against realised, and what a response costs, from 0.2 to 1.2 s."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from starbench.synth.ambisonics import foa_response
from starbench.synth.binaural import binaural_response
from starbench.synth.geometry import unit
from starbench.synth.heads import loading
from starbench.synth.image_sources import ImageSources, shoebox_images
from starbench.synth.impulse_response import ImpulseResponse
from starbench.synth.microphones import array_response
from starbench.synth.shoebox import Shoebox

from .pulses import PAIR_M
from .rooms import RATE, our_figures
from .table import Row, told

RT60_S = (0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.2)
QUICK_RT60_S = (0.2, 0.4)
#: Places where the times are realised: sizes, m.
SIZES_M = ((4.5, 3.6, 2.6), (6.0, 5.0, 3.0), (9.0, 6.5, 3.3))
#: The room that is timed, by its place in SIZES_M.
TIMED = 1
REPEAT = 3

RECEIVERS: dict[str, Callable[[ImageSources], ImpulseResponse]] = {
    "binaural": lambda heard: binaural_response(loading.load(None, RATE), heard, RATE),
    "two microphones": lambda heard: array_response(heard, PAIR_M, RATE),
    "FOA": lambda heard: foa_response(heard, RATE),
}


@dataclass(frozen=True, eq=False)
class Swept:
    """By RT60 asked (k,): T30 realised (sizes, k), s, of the binaural response; images and CPU s (k,)."""

    rt60_s: np.ndarray
    t30_s: np.ndarray
    images: np.ndarray
    cpu_s: dict[str, np.ndarray]


def found(quick: bool) -> Swept:
    asked = QUICK_RT60_S if quick else RT60_S
    realised = [[_realised(size, rt60_s) for rt60_s in asked] for size in SIZES_M]
    timed = [_timed(SIZES_M[TIMED], rt60_s, 1 if quick else REPEAT) for rt60_s in asked]
    return Swept(
        np.array(asked),
        np.array(realised),
        np.array([count for count, _ in timed]),
        {name: np.array([cost[name] for _, cost in timed]) for name in RECEIVERS},
    )


def _room(size_m: tuple[float, float, float], rt60_s: float) -> tuple[Shoebox, np.ndarray]:
    """A room with the listener somewhat off its middle, and where the source is."""
    x, y, z = size_m
    return Shoebox(size_m, rt60_s, (0.42 * x, 0.55 * y, min(1.5, 0.5 * z)), 40.0), unit(30.0, 5.0) * 1.3


def _realised(size_m: tuple[float, float, float], rt60_s: float) -> float:
    response = RECEIVERS["binaural"](shoebox_images(*_room(size_m, rt60_s)))
    return float(np.mean(our_figures(response)[1]))


def _timed(size_m: tuple[float, float, float], rt60_s: float, repeat: int) -> tuple[int, dict[str, float]]:
    """Images, and CPU seconds to find them and to make each response.

    The least of them: other work on the machine only adds.
    """
    room, offset = _room(size_m, rt60_s)
    count, cost = 0, {}
    for name, respond in RECEIVERS.items():
        spent = []
        for _ in range(repeat):
            started = time.process_time()
            heard = shoebox_images(room, offset)
            respond(heard)
            spent.append(time.process_time() - started)
            count = len(heard)
        cost[name] = min(spent)
    return count, cost


def rows(swept: Swept) -> list[Row]:
    ratio = swept.t30_s / swept.rt60_s
    sizes = f"{ratio.shape[0]} rooms"
    lines = [
        told(
            f"RT60 {rt60_s:g} s asked: T30 realised",
            " / ".join(f"{t30:.2f}" for t30 in realised) + " s",
            sizes,
        )
        for rt60_s, realised in zip(swept.rt60_s, swept.t30_s.T, strict=True)
    ]
    size = " × ".join(f"{side:g}" for side in SIZES_M[TIMED])
    for k in range(0, len(swept.rt60_s), 2):
        cost = ", ".join(f"{name} {1000 * cpu[k]:.0f}" for name, cpu in swept.cpu_s.items())
        told_images = f"{swept.images[k] / 1e3:,.0f} thousand images"
        lines.append(
            told(f"CPU for a response, RT60 {swept.rt60_s[k]:g} s, {size} m", f"{cost} ms", told_images)
        )
    return lines
