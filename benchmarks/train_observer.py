"""Train what the observer takes the cues of distance for: ``python benchmarks/train_observer.py``.

Rooms, sounds and places are drawn here, wider than those of any suite, from a seed that nothing else uses.
A network of one small layer learns the logarithm of the distance re the room's critical one. It writes
``adapters/observer/distance.json`` and prints the error by tenfold cross-validation.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.neural_network import MLPRegressor

from starbench.adapters.observer import distance
from starbench.adapters.observer.ears import Ears
from starbench.audio import Audio, quantise
from starbench.errors import StimulusError
from starbench.synth.scene import scene

TARGET = Path(__file__).resolve().parents[1] / "adapters" / "observer" / "distance.json"
UNITS, PENALTY = 6, 10.0
#: Kinds of signals with their own parameters; those of profile ``default-1`` come first.
_OLD: dict[str, dict[str, Any]] = {
    "noise": {},
    "complex": {"f0_hz": (90, 330)},
    "siren": {"f0_hz": (450, 700), "depth_semitones": (1, 6), "per_second": (0.8, 8)},
    "pulses": {"per_second": (5, 9)},
}
_NEW: dict[str, dict[str, Any]] = {
    **_OLD,
    "gaussian-noise": {},
    "modulated-noise": {"per_second": (5, 20)},
    "speech-noise": {"per_second": (3, 5)},
    "crackle": {"per_second": (40, 120)},
    "chirps": {"per_second": (4, 10)},
    "voice": {"f0_hz": (120, 280)},
    "plucked": {"f0_hz": (150, 300), "per_second": (3, 6)},
    "struck": {"f0_hz": (300, 700), "per_second": (2, 5)},
}


class Rooms(NamedTuple):
    """Bounds of the sides of rooms, m, of reverberation times, s, and of distances in them, m."""

    sides_m: tuple[tuple[float, float], ...]
    rt60_s: tuple[float, float]
    distance_m: tuple[float, float]


LIVING = Rooms(((6.5, 9.0), (4.8, 6.5), (2.7, 3.3)), (0.25, 0.55), (0.6, 6.2))
ROOMS = (
    LIVING,
    Rooms(((17.0, 20.0), (12.0, 14.0), (7.8, 9.0)), (0.45, 0.75), (0.9, 5.2)),
    Rooms(((12.5, 16.0), (8.0, 12.0), (3.5, 5.0)), (0.35, 0.45), (0.5, 12.0)),
)


def draw(rng: np.random.Generator, number: int) -> tuple[dict[str, Any], float, str]:
    """Parameters of a scene with one burst in a room, its distance re the critical one, and its kind."""
    is_old = number % 3 == 0
    kinds = _OLD if is_old else _NEW
    kind = list(kinds)[number // 3 % len(kinds)]
    rooms = LIVING if is_old else ROOMS[int(rng.integers(len(ROOMS)))]
    away = _log_uniform(rng, rooms.distance_m)
    while True:  # the room must not know the distance: it always holds the farthest one
        size = [float(rng.uniform(*bounds)) for bounds in rooms.sides_m]
        listener = [float(rng.uniform(0.8, side - 0.8)) for side in size[:2]] + [float(rng.uniform(1.2, 1.7))]
        facing, azimuth = rng.uniform(0, 360), rng.uniform(-60, 60)
        turned = np.radians(facing + azimuth)
        place = np.array(listener[:2]) + rooms.distance_m[1] * np.array([np.cos(turned), -np.sin(turned)])
        if np.all((place > 0.35) & (place < np.array(size[:2]) - 0.35)):
            break
    rt60, lasts = float(rng.uniform(*rooms.rt60_s)), float(rng.uniform(0.5, 1.3))
    source = {
        "signal": signal(kind, kinds[kind], lasts, rng, is_old=is_old),
        "onset_s": float(rng.uniform(0.1, 0.3)),
        "at": {"azimuth_deg": float(azimuth), "distance_m": away},
        "level_db_spl": float(rng.uniform(55, 67)),
    }
    parameters: dict[str, Any] = {
        "total_s": source["onset_s"] + lasts + rt60 + 0.1,
        "room": {"size_m": size, "rt60_s": rt60, "listener_m": listener, "facing_deg": float(facing)},
        "sources": [source],
    }
    if rng.random() < 0.5:
        parameters["background"] = {"snr_db": float(rng.uniform(12 if is_old else 18, 25))}
    # The distance at which direct and reverberant sound are equal (Kuttruff, Room Acoustics).
    return parameters, away / (0.057 * np.sqrt(np.prod(size) / rt60)), kind


def signal(
    kind: str, own: dict[str, Any], lasts: float, rng: np.random.Generator, *, is_old: bool
) -> dict[str, Any]:
    """Parameters of a source signal: with a smooth spectrum, or with random gains and a steep tilt."""
    values = {name: _log_uniform(rng, bounds) for name, bounds in own.items()}
    drawn: dict[str, Any] = {"kind": kind, "duration_s": lasts, "high_hz": 16_000.0, **values}
    if is_old:
        ripple = {"ripple_db": 5.0} if kind == "noise" and rng.random() < 0.3 else {}
        return {**drawn, **ripple, "tilt_db_per_octave": float(rng.uniform(-6, 0))}
    tilt = float(np.clip(rng.normal(0.0, 4.0), -8.0, 8.0))
    return {**drawn, "spectrum": {"gains": [[3.0, 8.0]], "tilt_db_per_octave": tilt}}


def _log_uniform(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(*np.log(bounds))))


def listened(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Cues, distances in octaves re the critical one, kinds, and which are in a living room, of ``count`` scenes."""
    rng = np.random.default_rng(seed)
    cues, octaves, kinds, living = [], [], [], []
    for number in range(count):
        parameters, away, kind = draw(rng, number)
        try:
            stimulus = scene(rng=rng, **parameters)
        except StimulusError:  # it would clip
            continue
        ears = Ears(Audio(quantise(stimulus.samples), stimulus.rate))
        if not ears.bursts:
            continue
        if number % 100 == 0:
            print(number, flush=True)
        cues.append(distance.cues(ears, ears.bursts))
        octaves.append(np.log2(away))
        kinds.append(kind)
        living.append(number % 3 == 0)
    return np.array(cues), np.array(octaves), np.array(kinds), np.array(living)


def fitted(cues: np.ndarray, octaves: np.ndarray, curve: np.ndarray | None = None) -> dict[str, Any]:
    """Fit one hidden layer to scaled cues, by L-BFGS with a penalty on all weights."""
    mean, scale = cues.mean(axis=0), cues.std(axis=0) + 1e-6
    network = MLPRegressor(
        hidden_layer_sizes=(UNITS,),
        activation="tanh",
        solver="lbfgs",
        alpha=PENALTY,
        max_iter=2000,
        random_state=0,
    ).fit(distance.standardised(cues, mean, scale), octaves)
    weights = {
        "mean": mean,
        "scale": scale,
        "hidden": network.coefs_[0],
        "thresholds": network.intercepts_[0],
        "coefficients": np.append(network.coefs_[1][:, 0], network.intercepts_[1]),
        "curve": np.array([1.0, 0.0]) if curve is None else curve,
    }
    return {name: np.round(values, 4).tolist() for name, values in weights.items()}


def validated(cues: np.ndarray, octaves: np.ndarray) -> np.ndarray:
    """What regressions trained on nine tenths make of the last one."""
    fold = np.arange(octaves.size) % 10
    predicted = np.empty(octaves.size)
    for k in range(10):
        weights = distance.Weights.of(fitted(cues[fold != k], octaves[fold != k]))
        predicted[fold == k] = weights.network(cues[fold == k])
    return predicted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=20_262)
    asked = parser.parse_args()
    cues, octaves, kinds, living = listened(asked.seed, asked.n)
    predicted = validated(cues, octaves)
    error = predicted - octaves
    print(f"n = {error.size}, error {error.std():.3f} octaves (cross-validated); by kind of sound:")
    for kind in sorted(set(kinds)):
        print(f"  {kind}: {error[kinds == kind].std():.3f} ({(kinds == kind).sum()})")
    stored: dict[str, Any] = {
        "trained_by": f"benchmarks/train_observer.py --n {asked.n} --seed {asked.seed}",
        "units": UNITS,
        "penalty": PENALTY,
        "cues": list(distance.NAMES),
        # Metres are asked for in living rooms; elsewhere two distances are compared.
        "weights": fitted(cues, octaves, np.polyfit(octaves[living], predicted[living], 2)),
    }
    TARGET.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
