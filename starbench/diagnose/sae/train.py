"""``starbench sae train``: the dictionaries of several layers by several seeds, in a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from starbench.diagnose.sae.activations import Frames, read_layers, split_clips
from starbench.diagnose.sae.dictionary import require
from starbench.diagnose.sae.folder import RECORD, write_dictionary, write_frames, write_training
from starbench.diagnose.sae.sounds import SoundRequest, sounds_of
from starbench.diagnose.sae.training import train
from starbench.errors import InputError
from starbench.execution.environment import versions
from starbench.models.encoder import NamedEncoder
from starbench.schema.sae import LayerTraining, SaeSettings, SaeTraining

HELD_OUT = 0.25
VERSIONED = ("numpy", "scipy", "torch", "safetensors", "concept-erasure")

#: Called with the number of steps of training that are done, of all layers and seeds.
Progress = Callable[[int], None]


@dataclass(frozen=True)
class SaeRequest:
    """What to train: which layers, on which sounds, how, and how often."""

    layers: tuple[str, ...]
    sounds: SoundRequest
    settings: SaeSettings = field(default_factory=SaeSettings)
    seeds: int = 3


def train_layers(
    encoder: NamedEncoder, request: SaeRequest, out: Path, on_progress: Progress = lambda _: None
) -> SaeTraining:
    """Train a dictionary for each layer and seed, and write them to ``out``.

    Raises :class:`InputError` if something is missing, the folder holds dictionaries already, or a layer is not there.
    """
    require("torch", "safetensors")
    if (out / RECORD).exists():
        raise InputError(f"{out} holds dictionaries already: name another folder, or delete it first")
    sounds, source = sounds_of(request.sounds)
    frames = read_layers(encoder, sounds, request.layers)
    steps = count(1)

    def on_step() -> None:
        on_progress(next(steps))

    layers = [
        _train_layer(encoder.stage(name), name, frames.pop(name), request, out, on_step)
        for name in request.layers
    ]
    training = SaeTraining(
        encoder=encoder.spec,
        note=encoder.note,
        source=source,
        settings=request.settings,
        seeds=tuple(range(request.seeds)),
        layers=tuple(layers),
        versions=versions(VERSIONED),
    )
    write_training(training, out)
    return training


def _train_layer(
    stage: str, layer: str, frames: Frames, request: SaeRequest, out: Path, on_step: Callable[[], None]
) -> LayerTraining:
    settings = request.settings
    learnt, held_out = split_clips(frames, HELD_OUT, request.sounds.seed)
    files, width, k = {}, 0, 0
    for seed in range(request.seeds):
        dictionary = train(learnt.values, settings, seed, on_step)
        file, digest = write_dictionary(dictionary, out, layer, seed)
        files[file] = digest
        width, k = dictionary.width, dictionary.k
    return LayerTraining(
        layer=layer,
        stage=stage,
        dim=frames.values.shape[1],
        width=width,
        k=k,
        tokens=settings.steps * settings.batch,
        unique_tokens=len(learnt.values),
        files=files,
        held_out=write_frames(held_out, out, layer),
    )
