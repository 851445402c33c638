"""``starbench sae report``: dictionaries measured on frames, every figure with what it depends on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starbench.diagnose.sae.activations import Frames, read_layers
from starbench.diagnose.sae.checkpoint import read_checkpoint
from starbench.diagnose.sae.dictionary import Dictionary
from starbench.diagnose.sae.domains import domains
from starbench.diagnose.sae.erasure import erasure
from starbench.diagnose.sae.folder import dictionaries_of, read_frames, read_training
from starbench.diagnose.sae.quality import quality
from starbench.diagnose.sae.sounds import SoundRequest, sounds_of
from starbench.diagnose.sae.stability import fired, stability
from starbench.diagnose.sae.train import VERSIONED
from starbench.errors import InputError
from starbench.execution.environment import versions
from starbench.models.encoder import NamedEncoder
from starbench.schema.sae import LayerReport, SaeReport


def report_folder(folder: Path, concepts: Sequence[str] = (), seed: int = 0) -> SaeReport:
    """Measure the dictionaries that :func:`starbench.diagnose.sae.train.train_layers` wrote.

    Raises :class:`InputError` if there are none, or a concept is not known.
    """
    training = read_training(folder)
    layers = []
    for one in training.layers:
        named = dict(zip(map(str, training.seeds), dictionaries_of(folder, one), strict=True))
        measured = measure(named, read_frames(folder, one.held_out), one.layer, concepts, seed)
        layers.append(
            measured.model_copy(update={"stage": one.stage, "tokens": one.tokens, "held_out": True})
        )
    return SaeReport(
        encoder=training.encoder,
        note=training.note,
        source=training.source,
        settings=training.settings,
        layers=tuple(layers),
        seed=seed,
        versions=versions(VERSIONED),
    )


def report_checkpoints(
    paths: Sequence[Path],
    encoder: NamedEncoder,
    layer: str,
    sounds: SoundRequest,
    concepts: Sequence[str] = (),
    seed: int = 0,
) -> SaeReport:
    """Measure published dictionaries of one layer of an encoder on sounds of ours.

    Raises :class:`InputError` if a file is not one, or does not fit the layer.
    """
    named = {path.name if len(paths) == 1 else str(path): read_checkpoint(path) for path in paths}
    pieces, source = sounds_of(sounds)
    frames = read_layers(encoder, pieces, [layer])[layer]
    for name, dictionary in named.items():
        if dictionary.dim != frames.values.shape[1]:
            raise InputError(
                f"{name} is for activations of {dictionary.dim} features, and layer {layer!r} has "
                f"{frames.values.shape[1]}: name the layer that it was trained on"
            )
    measured = measure(named, frames, layer, concepts, seed)
    return SaeReport(
        encoder=encoder.spec,
        note=encoder.note,
        source=source,
        layers=(measured.model_copy(update={"stage": encoder.stage(layer)}),),
        seed=seed,
        versions=versions(VERSIONED),
    )


def measure(
    dictionaries: dict[str, Dictionary],
    frames: Frames,
    layer: str,
    concepts: Sequence[str] = (),
    seed: int = 0,
) -> LayerReport:
    """Everything that can be said of a layer's dictionaries, by name, from frames with labels."""
    codes = {name: one.codes(frames.values) for name, one in dictionaries.items()}
    first = next(iter(dictionaries.values()))
    return LayerReport(
        layer=layer,
        dim=first.dim,
        width=first.width,
        k=first.k,
        tokens=None,
        frames=len(frames.values),
        clips=len(set(frames.clip.tolist())),
        held_out=False,
        quality=tuple(quality(name, one, frames, codes[name], seed) for name, one in dictionaries.items()),
        stability=stability(
            [fired(one, codes[name]) for name, one in dictionaries.items()], frames.values, seed
        ),
        domains=domains(list(codes.values()), frames, seed),
        erasures=tuple(
            erasure(name, concept, codes[name], frames, seed) for concept in concepts for name in dictionaries
        ),
    )
