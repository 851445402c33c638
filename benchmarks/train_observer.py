"""Train what the observer takes the cues of distance for: ``python benchmarks/train_observer.py``.

Rooms, sounds and places are drawn here, wider than those of any suite, from a seed that nothing else uses.
A network of one small layer learns the logarithm of the distance; steady sounds and ticking ones apart. It
writes ``adapters/observer/distance.json`` and prints the error by tenfold cross-validation.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.neural_network import MLPRegressor

from starbench.adapters.observer import distance
from starbench.adapters.observer.ears import Ears
from starbench.audio import Audio, quantise
from starbench.synth.scene import scene

TARGET = Path(__file__).resolve().parents[1] / "adapters" / "observer" / "distance.json"
KINDS = ("noise", "complex", "noise", "complex", "ripple", "siren", "pulses", "pulses")
UNITS, PENALTY = 12, 10.0
FARTHEST_M = 6.2


def draw(rng: np.random.Generator, number: int) -> tuple[dict[str, Any], float]:
    """Parameters of a scene with one burst in a room, and its distance, m."""
    kind = KINDS[number % len(KINDS)]
    away = float(np.exp(rng.uniform(np.log(0.6), np.log(FARTHEST_M))))
    while True:  # the room must not know the distance: it always holds the farthest one
        size = [float(rng.uniform(*bounds)) for bounds in ((6.5, 9.0), (4.8, 6.5), (2.7, 3.3))]
        listener = [float(rng.uniform(0.8, side - 0.8)) for side in size[:2]] + [float(rng.uniform(1.2, 1.7))]
        facing, azimuth = rng.uniform(0, 360), rng.uniform(-60, 60)
        turned = np.radians(facing + azimuth)
        place = np.array(listener[:2]) + FARTHEST_M * np.array([np.cos(turned), -np.sin(turned)])
        if np.all((place > 0.35) & (place < np.array(size[:2]) - 0.35)):
            break
    rt60, lasts = float(rng.uniform(0.25, 0.55)), float(rng.uniform(0.5, 1.3))
    source = {
        "signal": signal(kind, lasts, rng),
        "onset_s": float(rng.uniform(0.1, 0.3)),
        "at": {"azimuth_deg": float(azimuth), "distance_m": away},
        "level_db_spl": float(rng.uniform(58, 70)),
    }
    parameters: dict[str, Any] = {
        "total_s": source["onset_s"] + lasts + rt60 + 0.1,
        "room": {"size_m": size, "rt60_s": rt60, "listener_m": listener, "facing_deg": float(facing)},
        "sources": [source],
    }
    if rng.random() < 0.5:
        parameters["background"] = {"snr_db": float(rng.uniform(12, 25))}
    return parameters, away


def signal(kind: str, lasts: float, rng: np.random.Generator) -> dict[str, Any]:
    """Parameters of a source signal."""
    own: dict[str, Any] = {
        "noise": {"kind": "noise"},
        "ripple": {"kind": "noise", "ripple_db": 5.0},
        "complex": {"kind": "complex", "f0_hz": float(90 * (330 / 90) ** rng.random())},
        "siren": {
            "kind": "siren",
            "f0_hz": float(rng.uniform(450, 700)),
            "depth_semitones": float(rng.uniform(3, 6)),
            "per_second": float(rng.uniform(0.8, 2)),
        },
        "pulses": {"kind": "pulses", "per_second": float(rng.uniform(5, 9))},
    }[kind]
    return {**own, "duration_s": lasts, "tilt_db_per_octave": float(rng.uniform(-6, 0))}


def listened(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cues, distances in octaves re 1 m and kinds of ``count`` scenes."""
    rng = np.random.default_rng(seed)
    cues, octaves, kinds = [], [], []
    for number in range(count):
        parameters, away = draw(rng, number)
        stimulus = scene(rng=rng, **parameters)
        ears = Ears(Audio(quantise(stimulus.samples), stimulus.rate))
        if not ears.bursts:
            continue
        cues.append(distance.cues(ears, ears.bursts))
        octaves.append(np.log2(away))
        kinds.append(KINDS[number % len(KINDS)])
    return np.array(cues), np.array(octaves), np.array(kinds)


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
    parser.add_argument("--n", type=int, default=12000)
    parser.add_argument("--seed", type=int, default=20_261)
    asked = parser.parse_args()
    cues, octaves, kinds = listened(asked.seed, asked.n)
    ticking = distance.is_ticking(cues)
    stored: dict[str, Any] = {
        "trained_by": f"benchmarks/train_observer.py --n {asked.n} --seed {asked.seed}",
        "units": UNITS,
        "penalty": PENALTY,
        "cues": list(distance.NAMES),
    }
    for name, chosen in (("steady", ~ticking), ("ticking", ticking)):
        predicted = validated(cues[chosen], octaves[chosen])
        error = predicted - octaves[chosen]
        print(
            f"{name}: n = {error.size}, error {error.std():.3f} octaves (cross-validated); by kind of sound:"
        )
        for kind in sorted(set(kinds[chosen])):
            print(f"  {kind}: {error[kinds[chosen] == kind].std():.3f} ({(kinds[chosen] == kind).sum()})")
        stored[name] = fitted(cues[chosen], octaves[chosen], np.polyfit(octaves[chosen], predicted, 2))
    TARGET.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
