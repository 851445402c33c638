"""Draws two pictures of docs/recordings.md: the band that files really have, and clips cut from a recording.

Run it as ``python docs/draw_recordings.py FOLDER`` on what ``.ci/recordings.py FOLDER`` has made.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import soundfile
import soxr
from scipy.signal import welch

mpl.use("Agg")
from matplotlib import pyplot as plt

from starbench.measure.bandwidth import bandwidth_hz
from starbench.plugins import registry
from starbench.synthesis import BuildSpec

PICTURES = Path(__file__).parent / "pictures"
WATER, ENGINE = "sounds-env_sounds_water.1.ogg", "hh65-engine_shutdown.wav"
BLUE, ORANGE = "#0072b2", "#d55e00"


def draw_bands(folder: Path) -> None:
    """Two files of 48 kHz: water, and the same after a telephone's 8 kHz."""
    wave, rate = soundfile.read(folder / WATER)
    telephone = soxr.resample(soxr.resample(wave, rate, 8_000), 8_000, rate)
    figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
    for samples, name, colour in (
        (wave, "as recorded", BLUE),
        (telephone, "by telephone, saved at 48 kHz", ORANGE),
    ):
        frequency, power = welch(samples, rate, nperseg=2048)
        axes.plot(frequency / 1000, 10 * np.log10(power + 1e-16), color=colour, label=name)
        edge = bandwidth_hz(samples, rate) / 1000
        axes.axvline(edge, color=colour, linestyle=":")
        axes.annotate(f" reaches {edge:.1f} kHz", (edge, -58), fontsize=8, color=colour)
    axes.set(xlabel="frequency, kHz", ylabel="level, dB/Hz", xlim=(0, 25), ylim=(-150, -50))
    axes.legend(frameon=False, fontsize=8, loc="lower left")
    figure.savefig(PICTURES / "recordings-band.png", dpi=120)


def draw_cuts(folder: Path) -> None:
    """Level of an engine that stops, and the clips of one item in it."""
    spec = BuildSpec(("clip_order",), "default", 1, None, {"recordings": str(folder), "mix": "yes"})
    drafts = registry.make("tasks", "temporal").plan(spec).drafts
    draft = next(one for one in drafts if ENGINE in str(one.clips[0].parameters["path"]))
    wave, rate = soundfile.read(folder / ENGINE)
    hop = rate // 20
    power = np.square(wave.mean(axis=1))[: len(wave) // hop * hop].reshape(-1, hop).mean(axis=1)
    figure, axes = plt.subplots(figsize=(7, 2.6), layout="constrained")
    axes.plot(np.arange(power.size) * hop / rate, 10 * np.log10(power + 1e-9), color="0.4", linewidth=0.8)
    for number, clip in enumerate(draft.clips, 1):
        start, seconds = clip.parameters["start_s"], clip.parameters["duration_s"]
        axes.axvspan(start, start + seconds, color=BLUE, alpha=0.25)
        axes.annotate(
            f"clip {number}", (start + seconds / 2, -2), ha="center", va="top", fontsize=8, color=BLUE
        )
    axes.set(xlabel="time in the recording, s", ylabel="level, dB", ylim=(-60, 0), xlim=(0, len(wave) / rate))
    figure.savefig(PICTURES / "recordings-cuts.png", dpi=120)


if __name__ == "__main__":
    draw_bands(Path(sys.argv[1]))
    draw_cuts(Path(sys.argv[1]))
