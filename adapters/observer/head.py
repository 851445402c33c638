"""The head that the observer listens through: measured impulse responses of two ears.

Only data is shared with the synthesizers: the assets of both KEMARs, read here as files and decoded by code of
its own, or any SOFA file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from starbench.errors import InputError

#: Heads that come with the package, by name. The first is the one that listens where nothing else is said.
NAMES = ("kemar", "kemar-large")
EQUALISATIONS = ("diffuse-field",)
_FOLDER = "heads/kemar"
_STEP = 1.0 / 32768.0
_FEWEST_DIRECTIONS = 12
_MOST_VALUES = 50_000_000

Vectors = NDArray[np.float64]


def unit(azimuth_deg: ArrayLike, elevation_deg: ArrayLike = 0.0) -> Vectors:
    """Unit vectors (..., 3), x front, y left, z up, of azimuths (clockwise) and elevations, degrees."""
    azimuth, elevation = np.broadcast_arrays(np.radians(azimuth_deg), np.radians(elevation_deg))
    level = np.cos(elevation)
    return np.stack([level * np.cos(azimuth), -level * np.sin(azimuth), np.sin(elevation)], axis=-1)


@dataclass(frozen=True, eq=False)
class Head:
    """Impulse responses of a head in the free field, shape (n, 2, taps), left ear first, at a rate in Hz.

    ``directions``, shape (n, 3), are unit vectors to the sources, as :func:`unit` has them. With ``is_equalised``,
    it hears without the colour that all directions share.
    """

    rate: int
    directions: Vectors
    responses: NDArray[np.float64]
    is_equalised: bool = False


def load(source: str = NAMES[0], equalisation: str | None = None) -> Head:
    """Read a head: one of ``NAMES``, or a SimpleFreeFieldHRIR SOFA file. The same object for the same arguments.

    Raises an InputError if there is no such file, or equalisation.
    """
    if equalisation not in (None, *EQUALISATIONS):
        raise InputError(
            f"the observer has no head_equalisation {equalisation!r}: there is {', '.join(EQUALISATIONS)}"
        )
    return _load(source, is_equalised=equalisation is not None)


def candidates() -> list[Head]:
    """The heads that come with the package, the default one first: as measured, and equalised."""
    return [load(), *(load(name, EQUALISATIONS[0]) for name in NAMES)]


@lru_cache(maxsize=8)
def _load(source: str, *, is_equalised: bool) -> Head:
    if is_equalised:
        return replace(_load(source, is_equalised=False), is_equalised=True)
    return _embedded(source) if source in NAMES else _sofa(Path(source))


def _embedded(name: str) -> Head:
    # The asset's folder is found without importing the package that makes sounds with it.
    home = find_spec("starbench.synth")
    folders = list(home.submodule_search_locations or ()) if home else []
    paths = [path for folder in folders if (path := Path(folder) / _FOLDER / f"{name}.npz").is_file()]
    if not paths:
        raise InputError(f"the observer finds no head {name!r}: give one as --model-arg head=FILE.sofa")
    with np.load(paths[0]) as asset:
        right, planes, rate = asset["directions"], asset["planes"], int(asset["rate"])
    # Two byte planes of first differences that wrap in 16 bits; the left half mirrors the right one.
    steps = planes[0].astype(np.uint16) | (planes[1].astype(np.uint16) << np.uint16(8))
    responses = np.cumsum(steps, axis=-1, dtype=np.uint16).view(np.int16) * _STEP
    lateral = right[:, 1] != 0.0
    directions = np.concatenate([right, right[lateral] * (1.0, -1.0, 1.0)])
    return Head(rate, directions, np.concatenate([responses, responses[lateral, ::-1]]))


def _sofa(path: Path) -> Head:
    import h5py

    wrong = InputError(
        f"the observer cannot use {str(path)!r} as a head: it is not a SOFA file of free-field HRIRs"
    )
    if not path.is_file():
        raise InputError(f"the observer finds no head file {str(path)!r}")
    try:
        with h5py.File(path, "r") as file:
            named = ("Data.IR", "Data.SamplingRate", "SourcePosition", "ReceiverPosition")
            if any(file[name].size > _MOST_VALUES for name in (*named, *({"Data.Delay"} & set(file)))):
                raise wrong
            responses, rates, positions, ears = (
                np.asarray(file[name][()], dtype=np.float64) for name in named
            )
            rate = float(rates.flat[0])
            delays = np.asarray(file.get("Data.Delay", np.zeros((1, 2))), dtype=np.float64)
            kind = file["SourcePosition"].attrs.get("Type", b"spherical")
            ears = ears.reshape(2, -1)
    except (OSError, LookupError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise wrong from error
    count = len(responses)
    if responses.ndim != 3 or responses.shape[1] != 2 or count < _FEWEST_DIRECTIONS or not rate > 0:
        raise wrong
    if positions.shape != (count, 3) or not np.isfinite(responses).all() or not responses.any(axis=2).all():
        raise wrong
    if np.ptp(delays, axis=-1).any() or np.ptp(delays, axis=0).any():
        responses = _delayed(responses, np.broadcast_to(delays, (count, 2)))
    if ears[0, 1] < ears[1, 1]:
        responses = responses[:, ::-1]
    if (kind.decode() if isinstance(kind, bytes) else str(kind)).lower() == "spherical":
        directions = unit(-positions[:, 0], positions[:, 1])  # SOFA's azimuths are counter-clockwise
    else:
        directions = positions / np.linalg.norm(positions, axis=1, keepdims=True)
    return Head(round(rate), directions, np.ascontiguousarray(responses))


def _delayed(responses: NDArray[np.float64], samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Responses with their separate delays applied."""
    extra = int(np.ceil(samples.max())) + 1
    padded = np.pad(responses, ((0, 0), (0, 0), (0, extra)))
    turns = np.fft.rfftfreq(padded.shape[-1]) * samples[..., None]
    return np.fft.irfft(np.fft.rfft(padded) * np.exp(-2j * np.pi * turns), padded.shape[-1])
