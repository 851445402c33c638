"""Folders of dictionaries: one place a layer, and whatever is wrong with what stands there is one sentence."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from starbench.diagnose.sae.activations import Frames, Piece
from starbench.diagnose.sae.dictionary import Dictionary
from starbench.diagnose.sae.folder import (
    dictionaries_of,
    read_dictionary,
    read_frames,
    read_training,
    write_dictionary,
    write_frames,
    write_training,
)
from starbench.errors import InputError
from starbench.schema.sae import LayerTraining, SaeSettings, SaeSource, SaeTraining

pytest.importorskip("safetensors")


def frames(offset: float = 0.0) -> Frames:
    values = np.arange(12, dtype=np.float32).reshape(4, 3) + np.float32(offset)
    return Frames(values, np.array([0, 0, 1, 1], np.int32), (Piece(0, 1.0, {}), Piece(1, 1.0, {})))


def dictionary(bias: float) -> Dictionary:
    eye = np.eye(3, dtype=np.float32)
    return Dictionary(eye, np.full(3, bias, np.float32), eye, np.zeros(3, np.float32), 1, None)


def layer(name: str, files: dict[str, str], held_out: str) -> LayerTraining:
    return LayerTraining(
        layer=name, stage="encoder", dim=3, width=3, k=1, tokens=4, unique_tokens=4, files=files,
        held_out=held_out,
    )  # fmt: skip


def training(*layers: LayerTraining) -> SaeTraining:
    return SaeTraining(
        encoder="e", source=SaeSource(), settings=SaeSettings(), seeds=(0,), layers=layers, versions={}
    )


def test_layers_of_like_names_do_not_overwrite_each_other(tmp_path: Path) -> None:
    names = ("block 1", "block-1", "层一", "层二", "x" * 300, "x" * 301)
    layers = []
    for number, name in enumerate(names):
        file, digest = write_dictionary(dictionary(float(number)), tmp_path, name, 0)
        layers.append(layer(name, {file: digest}, write_frames(frames(number), tmp_path, name)))
    write_training(training(*layers), tmp_path)
    for number, one in enumerate(read_training(tmp_path).layers):
        assert dictionaries_of(tmp_path, one)[0].bias[0] == number
        assert read_frames(tmp_path, one.held_out).values[0, 0] == number
    assert (tmp_path / "block-1" / "seed-0.safetensors").is_file()  # as before, where the name is plain


@pytest.mark.parametrize(
    ("values", "piece"),
    [
        (np.zeros((0, 3), np.float32), np.zeros(0, np.int32)),
        (np.full((4, 3), np.nan, np.float32), np.zeros(4, np.int32)),
        (np.zeros((4, 3), np.float32), np.zeros(4, np.float32)),
        (np.zeros((4, 3), np.int32), np.zeros(4, np.int32)),
        (np.zeros((4, 3), np.float32), np.full(4, 2, np.int32)),
    ],
    ids=["none", "not numbers", "piece of floats", "whole numbers", "no such piece"],
)
def test_damaged_frames_are_refused(tmp_path: Path, values: np.ndarray, piece: np.ndarray) -> None:
    file = write_frames(Frames(values, piece, frames().pieces), tmp_path, "layer")
    with pytest.raises(InputError, match=r"held-out\.safetensors does not hold the frames"):
        read_frames(tmp_path, file)


def test_a_file_that_is_no_dictionary_is_refused_whatever_its_digest(tmp_path: Path) -> None:
    (tmp_path / "seed-0.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"seed-0\.safetensors holds no dictionary"):
        read_dictionary(tmp_path, "seed-0.safetensors", sha256(b"nothing").hexdigest())


def test_a_record_without_layers_or_with_files_of_other_seeds_is_refused(tmp_path: Path) -> None:
    write_training(training(layer("a", {"a/seed-0": "0", "a/seed-1": "1"}, "a/held-out")), tmp_path)
    with pytest.raises(InputError, match="2 files of layer 'a', and 1 seeds"):
        read_training(tmp_path)
    record = json.loads((tmp_path / "sae.json").read_text())
    (tmp_path / "sae.json").write_text(json.dumps({**record, "layers": []}))
    with pytest.raises(InputError, match=r"sae\.json: layers"):
        read_training(tmp_path)
