"""From recipes to sound files: what one worker of a build does."""

from __future__ import annotations

import io
import json
import traceback
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio, quantise
from starbench.errors import AudioError, PluginError, StarbenchError, StimulusError
from starbench.plugins import registry
from starbench.schema.base import Frozen
from starbench.storage.atomic import write_bytes
from starbench.suites.suite import AUDIO
from starbench.synthesis import Recipe, Stimulus, Synthesizer, generator

#: Folder of the sources alone, beside the clips.
STEMS = "stems"


class Order(NamedTuple):
    """The clips of one item, still to be made."""

    item_id: str
    clips: tuple[Recipe, ...]


class MadeClip(Frozen):
    """A clip on disk: digest of its sound, channels, rate in Hz, length in s, and its truth."""

    digest: str
    channels: int
    rate: int
    seconds: float
    truth: dict[str, Any]

    @property
    def path(self) -> str:
        """Where it lies in the suite. Its name tells nothing, nor does its size, save its length.

        It is plain PCM: how far a compressed file shrinks tells what is in it, so that those without a
        tone could be told from the others by ``ls -l``.
        """
        return f"{AUDIO}/{self.digest}.wav"

    @property
    def stems(self) -> tuple[str, ...]:
        """Where its sources alone lie."""
        return tuple(self.truth.get("stems", ()))


class Made(Frozen):
    """The clips of one item, on disk."""

    id: str
    clips: tuple[MadeClip, ...]


def make(order: Order, seed: int, root: Path) -> Made:
    """Make the clips of one item and write them below ``root``; the same bytes in any process.

    Raises
    ------
    StimulusError
        If a clip asks for what cannot be made.
    PluginError
        If a synthesizer fails in any other way.
    OSError
        If the disk does not take it.
    """
    return Made(id=order.item_id, clips=tuple(_clips(order, seed, root)))


def _clips(order: Order, seed: int, root: Path) -> Iterator[MadeClip]:
    for place, recipe in enumerate(order.clips):
        try:
            audio, stimulus = stimulate(recipe, generator(seed, order.item_id, "clip", str(place)))
        except StarbenchError as error:
            # Plain classes of ours, whatever was raised: the error has to cross to another process.
            kind = PluginError if isinstance(error, PluginError) else StimulusError
            raise kind(f"{order.item_id}: clip {place + 1} cannot be made: {error}") from error
        truth = dict(stimulus.truth)
        if stimulus.stems:
            truth["stems"] = [_write_stem(root, stem, audio.rate) for stem in stimulus.stems]
        clip = MadeClip(
            digest=audio.digest, channels=audio.channels, rate=audio.rate, seconds=audio.seconds, truth=truth
        )
        write_bytes(root / clip.path, audio.wav)
        yield clip


def stimulate(recipe: Recipe, rng: np.random.Generator) -> tuple[Audio, Stimulus]:
    """Make one stimulus: as 16-bit sound, and as it was made, its truth in plain JSON values.

    Raises
    ------
    StimulusError
        If it cannot exist, or 16 bits would clip it.
    PluginError
        If there is no such synthesizer, or it fails in any other way.
    """
    try:
        stimulus = _synthesizer(recipe.synthesizer)(rng=rng, **recipe.parameters)
        # A build that goes on reads truths back from a file, and must not know them more exactly.
        truth = json.loads(json.dumps(stimulus.truth, allow_nan=False))
        if any(stem.shape != stimulus.samples.shape for stem in stimulus.stems):
            raise ValueError("a stem has not the shape of the clip")
        audio = Audio(quantise(stimulus.samples), stimulus.rate)
    except AudioError as error:
        raise StimulusError(str(error)) from error
    except StarbenchError:
        raise
    except Exception as error:
        raise PluginError(
            f"synthesizer {recipe.synthesizer!r} failed ({_place(error)}): {type(error).__name__}: {error}"
        ) from error
    return audio, Stimulus(stimulus.samples, stimulus.rate, truth, stimulus.stems)


@cache
def _synthesizer(name: str) -> Synthesizer:
    loaded: Synthesizer = registry.load("synthesizers", name)
    return loaded


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def stem_wav(samples: NDArray[np.float64], rate: int) -> bytes:
    """One source alone as 32-bit float WAV: 16 bits could lose a quiet one, and need not hold a loud one.

    SciPy's writer, because libsndfile stamps the time into every float WAV.
    """
    from scipy.io import wavfile

    buffer = io.BytesIO()
    wavfile.write(buffer, rate, samples.astype(np.float32))
    return buffer.getvalue()


def _write_stem(root: Path, samples: NDArray[np.float64], rate: int) -> str:
    data = stem_wav(samples, rate)
    path = f"{STEMS}/{sha256(data).hexdigest()}.wav"
    (root / STEMS).mkdir(exist_ok=True)
    write_bytes(root / path, data)
    return path
