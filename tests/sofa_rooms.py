"""Measured rooms whose ratios and decays are known, written as SOFA files and as folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import soundfile
from numpy.typing import NDArray

Array = NDArray[Any]
RATE = 44_100
#: Azimuth (clockwise from the front), elevation, distance.
PLACES = np.array(
    [
        [az, 0.0, distance]
        for az in (0.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0, 210.0, 240.0, 270.0, 300.0, 330.0)
        for distance in (1.2, 4.5)
    ]
)
EARS = (np.array([[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]]), "cartesian")


def drr_db(place: Array) -> float:
    return 6.0 - 10.0 * float(np.log10(place[2]))


def brirs(places: Array = PLACES, t30_s: float = 0.4, rate: int = RATE, seconds: float = 0.8) -> Array:
    """Responses (n, 2, taps): an impulse, 5 ms later noise that decays; the ears apart in time and level."""
    rng = np.random.default_rng(5)
    n = round(seconds * rate)
    out = np.zeros((len(places), 2, n))
    for response, place in zip(out, places, strict=True):
        side = np.sin(np.radians(place[0])) * np.cos(np.radians(place[1]))
        onset = 200 + round(place[2] / 343.0 * rate)
        for ear, sign in enumerate((1.0, -1.0)):
            first = onset + round(sign * side * 3.3e-4 * rate)
            gain = 10.0 ** (-sign * side * 3.0 / 20.0) / place[2]
            tail = rng.standard_normal(n) * 10.0 ** (-3.0 * (np.arange(n) - first) / rate / t30_s)
            tail[: first + round(0.005 * rate)] = 0.0
            response[ear] = tail * gain * np.sqrt(10.0 ** (-drr_db(place) / 10.0) / np.sum(tail**2))
            response[ear, first] += gain
    return out


def spherical(places: Array) -> Array:
    """In the coordinates of SOFA: counter-clockwise."""
    return places * [-1.0, 1.0, 1.0] % [360.0, 1e9, 1e9]


def write(
    path: Path, convention: str, kind: str, responses: Array, rate: float = RATE, **variables: Any
) -> Path:
    """A SOFA file; a variable is values and their type (None leaves it out), an attribute is a text."""
    attributes = {"Conventions": "SOFA", "SOFAConventions": convention, "DataType": kind, "Title": "a room"}
    units = variables.pop("units", {})
    with h5py.File(path, "w") as file:
        for name, value in variables.items():
            if isinstance(value, str):
                attributes[name] = value
            elif value is not None:
                data = file.create_dataset(name.replace("Data_", "Data."), data=value[0])
                data.attrs["Type"] = np.bytes_(value[1])
                usual = "degree, degree, metre" if value[1] == "spherical" else "metre"
                data.attrs["Units"] = np.bytes_(units.get(name, usual))
        for name, text in attributes.items():
            file.attrs[name] = np.bytes_(text)
        if responses is not None:
            file["Data.IR"] = responses
        file["Data.SamplingRate"] = np.array([float(rate)])
        file["Data.SamplingRate"].attrs["Units"] = np.bytes_("hertz")
    return path


def single_room(path: Path, responses: Array | None = None, places: Array = PLACES, **changes: Any) -> Path:
    """Convention SingleRoomSRIR: one loudspeaker that was moved."""
    variables: dict[str, Any] = {"SourcePosition": (spherical(places), "spherical"), "ReceiverPosition": EARS}
    responses = brirs(places) if responses is None else responses
    return write(path, "SingleRoomSRIR", "FIR", responses, **variables | changes)


def folder(path: Path, responses: Array, places: Array, rate: int = RATE) -> Path:
    """WAVs of 32-bit float and a table."""
    path.mkdir()
    lines = ["file,azimuth_deg,elevation_deg,distance_m"]
    for number, (response, place) in enumerate(zip(responses, places, strict=True)):
        soundfile.write(path / f"{number}.wav", response.T, rate, subtype="FLOAT")
        lines.append(f"{number}.wav,{place[0]:g},{place[1]:g},{place[2]:g}")
    (path / "rirs.csv").write_text("\n".join(lines) + "\n")
    return path
