"""Measured rooms as folders: sound files of two channels, and a table of where the loudspeaker was."""

from __future__ import annotations

import io
from hashlib import sha256
from os.path import realpath
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, ValidationError

from starbench.errors import StimulusError
from starbench.measured_rooms.room import DISTANCES_M, Floats, MeasuredRoom, measured_room
from starbench.measured_rooms.sofa import MAX_SAMPLES, RATE_RANGE, RATE_STEP
from starbench.schema.base import Frozen
from starbench.storage.inputs import read_bytes
from starbench.storage.tables import read_rows
from starbench.text import printable, validation_problem

TABLE = "rirs.csv"


class _Line(Frozen):
    """One line of the table; azimuth is clockwise from the front, as everywhere but in SOFA files."""

    file: Annotated[str, Field(min_length=1)]
    azimuth_deg: Annotated[float, Field(ge=-360, le=360)]
    elevation_deg: Annotated[float, Field(ge=-90, le=90)]
    distance_m: Annotated[float, Field(ge=DISTANCES_M[0], le=DISTANCES_M[1])]


def read_folder(folder: Path) -> MeasuredRoom:
    """Read a folder with a table ``rirs.csv`` (file, azimuth_deg, elevation_deg, distance_m) and its sound files.

    Raises a StimulusError if the table, or one of its files, cannot be used; a SuiteError if it is no table.
    """
    lines = [_line(row.where, dict(row.cells), row.problems) for row in read_rows(folder / TABLE)]
    if not lines:
        raise StimulusError(f"{folder / TABLE} has no lines: write one for each sound file")
    digest = sha256(read_bytes(folder / TABLE))
    read = [_read(folder, line.file) for line in lines]
    rates = sorted({rate for _, rate, _ in read})
    if len(rates) > 1:
        raise StimulusError(
            f"{folder} has files of {rates[0]} and of {rates[-1]} Hz: they must have one rate"
        )
    if not RATE_RANGE[0] <= rates[0] <= RATE_RANGE[1] or rates[0] % RATE_STEP:
        raise StimulusError(
            f"{folder} has files of {rates[0]} Hz: the rate must be a multiple of {RATE_STEP} Hz, "
            f"{RATE_RANGE[0]} to {RATE_RANGE[1]}"
        )
    for _, _, file_digest in read:
        digest.update(file_digest)
    longest = max(samples.shape[1] for samples, _, _ in read)
    if 2 * longest * len(read) > MAX_SAMPLES:
        raise StimulusError(f"{folder} holds more than {MAX_SAMPLES:,} samples")
    responses = np.stack(
        [np.pad(samples, [(0, 0), (0, longest - samples.shape[1])]) for samples, _, _ in read]
    )
    places = np.array([[line.azimuth_deg, line.elevation_deg, line.distance_m] for line in lines])
    azimuth, elevation = np.radians(places[:, :2]).T
    level = np.cos(elevation)
    vectors = (
        np.stack([level * np.cos(azimuth), -level * np.sin(azimuth), np.sin(elevation)], axis=1)
        * places[:, 2:]
    )
    described = (printable(folder.name), digest.hexdigest(), "folder")
    return measured_room(described, rates[0], vectors, responses, printable(str(folder)))


def _line(where: str, cells: dict[str, object], problems: tuple[str, ...]) -> _Line:
    if problems:
        raise StimulusError(f"{where}: {problems[0]}")
    try:
        return _Line.model_validate({name: cells.get(name, "") for name in _Line.model_fields})
    except ValidationError as error:
        raise StimulusError(f"{where}: {validation_problem(error)}") from error


def _read(folder: Path, name: str) -> tuple[Floats, int, bytes]:
    """Samples of a file, shape (2, n), its rate, and the digest of its bytes."""
    import soundfile

    path = Path(realpath(folder / name))
    called = printable(name)
    if not path.is_relative_to(realpath(folder)):
        raise StimulusError(f"{called} of {folder / TABLE} lies outside the folder")
    try:
        data = read_bytes(path)
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            if file.channels != 2:
                raise StimulusError(
                    f"{called} has {file.channels} channel{'s' * (file.channels != 1)}, and two are needed"
                )
            if file.frames > MAX_SAMPLES // 2:
                raise StimulusError(f"{called} is too long to be a response")
            samples = file.read(dtype="float64", always_2d=True).T
            rate = int(file.samplerate)
    except (OSError, soundfile.SoundFileError, MemoryError) as error:
        reason = getattr(error, "error_string", None) or getattr(error, "strerror", None) or error
        raise StimulusError(f"{called} of {folder / TABLE} cannot be read: {reason}") from error
    if not samples.size or not np.isfinite(samples).all():
        raise StimulusError(f"{called} holds no samples, or such as are no finite numbers")
    return samples, rate, sha256(data).digest()
