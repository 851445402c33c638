"""Dictionaries on disk: safetensors, the frames that they never saw, and ``sae.json``, which says what they are."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from starbench.diagnose.records import read_record, write_record
from starbench.diagnose.sae.activations import Frames, Piece
from starbench.diagnose.sae.dictionary import Dictionary, require
from starbench.errors import InputError
from starbench.schema.sae import LayerTraining, SaeTraining
from starbench.storage.atomic import write_bytes
from starbench.storage.inputs import read_bytes
from starbench.text import slug

RECORD = "sae.json"
_MOST_BYTES = 8 * 2**30
_PIECES: TypeAdapter[tuple[Piece, ...]] = TypeAdapter(tuple[Piece, ...])


def write_dictionary(dictionary: Dictionary, folder: Path, layer: str, seed: int) -> tuple[str, str]:
    """Write one; returns its file below the folder, and the digest of its bytes."""
    from safetensors.numpy import save

    file = f"{_place(layer)}/seed-{seed}.safetensors"
    data = save(dictionary.tensors())
    _write(folder / file, data)
    return file, sha256(data).hexdigest()


def read_dictionary(folder: Path, file: str, digest: str) -> Dictionary:
    """Read one back; raises :class:`InputError` if it is not the one that was written."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    data = _read(folder, file)
    if sha256(data).hexdigest() != digest:
        raise InputError(f"{folder / file} was changed after it was written: train it again")
    try:
        tensors = load(data)
    except (
        SafetensorError,
        KeyError,
        TypeError,
    ) as error:  # the latter two: of numbers that numpy does not know
        raise InputError(f"{folder / file} holds no dictionary: train it again") from error
    return Dictionary.of_tensors(tensors, str(folder / file))


def write_frames(frames: Frames, folder: Path, layer: str) -> str:
    """Write the frames that were held out; returns their file below the folder."""
    from safetensors.numpy import save

    file = f"{_place(layer)}/held-out.safetensors"
    pieces = json.dumps(_PIECES.dump_python(frames.pieces, mode="json"))
    arrays = {"values": np.ascontiguousarray(frames.values), "piece": frames.piece}
    _write(folder / file, save(arrays, metadata={"pieces": pieces}))
    return file


def read_frames(folder: Path, file: str) -> Frames:
    """Read them back; raises :class:`InputError` if the file is damaged."""
    from safetensors import SafetensorError, safe_open

    _read(folder, file)
    try:
        with safe_open(folder / file, "numpy") as opened:
            pieces = _PIECES.validate_json((opened.metadata() or {}).get("pieces", ""))
            values, piece = opened.get_tensor("values"), opened.get_tensor("piece")
    except (SafetensorError, ValidationError, TypeError, AttributeError) as error:
        raise InputError(f"{folder / file} does not hold the frames of a layer: train again") from error
    if (
        values.ndim != 2
        or values.dtype.kind != "f"
        or not values.size
        or not np.isfinite(values).all()
        or piece.shape != values.shape[:1]
        or piece.dtype.kind != "i"
        or not 0 <= piece.min() <= piece.max() < len(pieces)
    ):
        raise InputError(f"{folder / file} does not hold the frames of a layer: train again")
    return Frames(values, piece, pieces)


def write_training(training: SaeTraining, folder: Path) -> None:
    """Write ``sae.json``, last of all: a folder without it is not finished."""
    write_record(training, folder / RECORD)


def read_training(folder: Path) -> SaeTraining:
    """Read ``sae.json``; raises :class:`InputError` if there is none, or it is damaged."""
    require("safetensors")
    if not (folder / RECORD).is_file():
        raise InputError(
            f"{folder} holds no {RECORD}: train dictionaries with starbench sae train --out {folder}"
        )
    training = read_record(SaeTraining, folder / RECORD)
    for layer in training.layers:
        if len(layer.files) != len(training.seeds):
            raise InputError(
                f"{folder / RECORD}: {len(layer.files)} files of layer {layer.layer!r}, and {len(training.seeds)} "
                "seeds: train again"
            )
    return training


def dictionaries_of(folder: Path, layer: LayerTraining) -> list[Dictionary]:
    """The dictionaries of a layer, by seed."""
    return [read_dictionary(folder, file, digest) for file, digest in layer.files.items()]


def _place(layer: str) -> str:
    """The folder of a layer: its name, with a digest where that is no name for a folder, and another's may be alike."""
    plain = slug(layer)
    return plain if plain == layer else f"{plain}-{sha256(layer.encode()).hexdigest()[:8]}"


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, data)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error


def _read(folder: Path, file: str) -> bytes:
    if not (folder / file).resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{folder / RECORD} names {file!r}, which is not in the folder")
    try:
        return read_bytes(folder / file, _MOST_BYTES)
    except OSError as error:
        raise InputError(f"{folder / file} cannot be read: {error.strerror}") from error
