"""Just noticeable differences of the audit's cochlear listener, by two-alternative trials; and what loaders do to it.

    python benchmarks/gammatone_jnds.py [--trials 40] [--seed 0] [--cues azimuth …]

Two sounds a trial, each a clip of its own with a noise floor 60 dB below full scale; everything but the cue is the
same in both and drawn anew for each trial. Printed are the share of right answers at each difference with its 95 %
interval, noiseless and with internal noise (set by hand to land near human values: a reference line, no evidence about
people), the difference of 75 % right answers, and the shares after a mono mix and after peak normalisation.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.special import ndtr, ndtri

sys.path.append(str(Path(__file__).parents[1] / "tests" / "diagnose" / "audit"))

from planted_sounds import tone

from starbench.audio import Audio, quantise
from starbench.diagnose.audit import INTERNAL_NOISE
from starbench.diagnose.audit.forms import loaders_known
from starbench.diagnose.audit.readouts import Heard, difference_jnd, read
from starbench.diagnose.audit.stretches import Stretch
from starbench.scoring.intervals import share

RATE = 48_000
FLOOR_DB = -60.0
#: Cue -> differences in its unit, the unit, and one JND in it.
LADDERS = {
    "pitch": ((0.1, 0.2, 0.5, 1.0, 2.0, 6.0), "%", 0.2),
    "loudness": ((0.1, 0.25, 0.5, 1.0, 2.0, 4.0), "dB", 0.5),
    "duration": ((1.0, 2.0, 5.0, 10.0, 20.0), "%", 10.0),
    "azimuth": ((0.25, 0.5, 1.0, 2.0, 4.0, 8.0), "degrees", 0.97),
}


def two_sounds(cue: str, delta: float, rng: np.random.Generator) -> tuple[dict[str, float], dict[str, float]]:
    first = {
        # The tones differ in time between the ears alone, which is heard below 1.4 kHz.
        "pitch_hz": float(np.exp(rng.uniform(np.log(150.0), np.log(400.0 if cue == "azimuth" else 1000.0)))),
        "level_db": rng.uniform(-36.0, -16.0),
        "duration_s": rng.uniform(0.2, 0.6),
        "azimuth_deg": rng.uniform(-20.0, 20.0) if cue == "azimuth" else 0.0,
    }
    second = dict(first)
    key = {"pitch": "pitch_hz", "loudness": "level_db", "duration": "duration_s", "azimuth": "azimuth_deg"}[
        cue
    ]
    second[key] = first[key] * (1.0 + delta / 100.0) if LADDERS[cue][1] == "%" else first[key] + delta
    return first, second


def perceive(sound: dict[str, float], timbre: str, rng: np.random.Generator, loader: str | None) -> Heard:
    samples = tone(**sound, timbre=timbre, rate=RATE)
    samples = samples + 10.0 ** (FLOOR_DB / 20.0) * rng.standard_normal((samples.shape[0], 1))
    audio = Audio(quantise(samples), RATE)
    if loader:
        audio = loaders_known()[loader](audio)
    stretch = Stretch(0.15, 0.15 + sound["duration_s"])
    return read(audio.samples, audio.rate, stretch)


def trials(cue: str, delta: float, n: int, seed: int, loader: str | None = None) -> np.ndarray:
    """Differences in JND that are heard where the second sound has more; both sounds have the same timbre."""
    heard = []
    for number in range(n):
        rng = np.random.default_rng([seed, number, int(delta * 1000)])
        sounds = two_sounds(cue, delta, rng)
        timbre = str(rng.choice(["sine", "sawtooth", "odd", "no f0"]))
        first, second = (perceive(sound, timbre, rng, loader) for sound in sounds)
        heard.append(difference_jnd(first, second, cue))
    return np.array(heard)


def right(heard: np.ndarray, noise: float) -> np.ndarray:
    """Probability that each trial is answered right; what is not heard, or does not differ, is a guess."""
    known = np.where(np.isfinite(heard) & (np.abs(heard) > 1e-6), heard, 0.0)
    return ndtr(known / (noise * np.sqrt(2.0))) if noise else (1.0 + np.sign(known)) / 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cues", nargs="*", default=list(LADDERS), choices=list(LADDERS))
    given = parser.parse_args()
    for cue in given.cues:
        deltas, unit, jnd = LADDERS[cue]
        noise = INTERNAL_NOISE["human"][cue]
        curves = []
        for delta in deltas:
            heard = trials(cue, delta, given.trials, given.seed)
            plain, noisy = float(right(heard, 0.0).mean()), float(right(heard, noise).mean())
            low, high = share(plain, given.trials)
            curves.append(noisy)
            print(
                f"{cue:9} {delta:6g} {unit:8} machine {plain:.2f} [{low:.2f}, {high:.2f}]  with noise {noisy:.2f}"
            )
        slope = np.interp(0.75, curves, deltas) if min(curves) < 0.75 < max(curves) else float("nan")
        ideal = float(ndtri(0.75)) * np.sqrt(2.0) * noise * jnd
        print(
            f"{cue:9} 75 % with noise at {slope:.2f} {unit} (an exact listener with this noise: {ideal:.2f})\n"
        )
    for loader, cue in (
        ("mono", "azimuth"),
        ("peak normalisation", "pitch"),
        ("peak normalisation", "loudness"),
    ):
        deltas = LADDERS[cue][0]
        heard = np.concatenate([trials(cue, delta, given.trials, given.seed, loader) for delta in deltas])
        value = float(right(heard, 0.0).mean())
        low, high = share(value, heard.size)
        print(f"{loader}: {cue} {value:.3f} [{low:.3f}, {high:.3f}] over {heard.size} trials (chance .5)")


if __name__ == "__main__":
    main()
