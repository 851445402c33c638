"""SOFA files of a head whose ears are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from starbench.synth.geometry import angles, unit

Array = NDArray[Any]
RADIUS_S = 0.0875 / 343.0


def sphere(count: int = 500) -> Array:
    """Directions spread evenly, the poles and the front among them."""
    z = np.linspace(1.0, -1.0, count)
    azimuth = np.degrees(np.pi * (3.0 - np.sqrt(5.0))) * np.arange(count)
    return np.concatenate([unit(azimuth, np.degrees(np.arcsin(z))), unit([0, 90, 180, 270])])


def model(directions: Array, rate: int, taps: int = 128) -> Array:
    """Responses (n, 2, taps) of a head of two ears: Woodworth's delays, the near ear up to 6 dB louder."""
    sine = -directions[:, 1]
    lateral = np.arcsin(np.clip(sine, -1, 1))
    near, far = -RADIUS_S * np.abs(sine), RADIUS_S * np.abs(lateral)
    on_right = sine > 0
    delays = np.stack([np.where(on_right, far, near), np.where(on_right, near, far)], axis=1) + 1e-3
    gains = np.stack([2.0 ** (-sine / 2), 2.0 ** (sine / 2)], axis=1)
    f = np.fft.rfftfreq(4 * taps, 1 / rate)
    band = np.cos(np.pi / 2 * np.clip(f / (0.45 * rate), 0, 1)) ** 2
    bins = gains[..., None] * band * np.exp(-2j * np.pi * f * delays[..., None])
    return np.fft.irfft(bins)[..., :taps]


def write_sofa(path: Path, directions: Array, responses: Array, rate: float, **changes: Any) -> Path:
    """A SOFA file; ``changes`` are variables (arrays) or attributes (text), None to leave one out."""
    azimuth, elevation, _ = angles(directions)
    attributes = {
        "Conventions": "SOFA",
        "SOFAConventions": "SimpleFreeFieldHRIR",
        "DataType": "FIR",
        "Title": "two ears",
    }
    variables: dict[str, Any] = {
        "Data.IR": responses,
        "Data.SamplingRate": np.array([rate]),
        "Data.Delay": np.zeros((1, 2)),
        "SourcePosition": np.stack([-azimuth % 360.0, elevation, np.full(len(azimuth), 1.2)], axis=1),
        "ReceiverPosition": np.array([[0, 0.09, 0], [0, -0.09, 0]])[..., None],
        "ListenerView": np.array([[1.0, 0.0, 0.0]]),
    }
    types = {"SourcePosition": ("spherical", "degree, degree, metre")}
    types |= changes.pop("types", {})
    for key, value in changes.items():
        name = key.replace("Data_", "Data.")
        (attributes if isinstance(value, str) or name in attributes else variables)[name] = value
    with h5py.File(path, "w") as file:
        for name, text in attributes.items():
            if text is not None:
                file.attrs[name] = np.bytes_(text)
        for name, values in variables.items():
            if values is not None:
                data = file.create_dataset(name, data=values)
                kind, units = types.get(name, ("cartesian", "metre"))
                if name.endswith("Position") or name == "ListenerView":
                    data.attrs["Type"], data.attrs["Units"] = np.bytes_(kind), np.bytes_(units)
    return path
