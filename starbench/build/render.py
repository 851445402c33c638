"""From recipes to sound files: what one worker of a build does with one item."""

from __future__ import annotations

import io
import json
import traceback
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
from starbench.synthesis import Draft, Recipe, Stimulus, Synthesizer, generator

#: Folder of the sources alone, beside the clips.
STEMS = "stems"


class RenderJob(NamedTuple):
    """The clips of one item, still to be rendered, and its uncut recording if it has one."""

    item_id: str
    clips: tuple[Recipe, ...]
    uncut: Recipe | None = None

    @classmethod
    def of(cls, draft: Draft) -> RenderJob:
        return cls(draft.item.id, draft.clips, draft.uncut)


class RenderedClip(Frozen):
    """A clip on disk: digest of its sound, channels, rate in Hz, length in s, and its truth."""

    digest: str
    channels: int
    rate: int
    seconds: float
    truth: dict[str, Any]

    @property
    def path(self) -> str:
        """Where it lies in the suite. Its name tells nothing, and its size nothing but its length.

        It is plain PCM: how far a compressed file shrinks depends on what is in it, so ``ls -l`` alone
        would distinguish clips without a tone from the others.
        """
        return f"{AUDIO}/{self.digest}.wav"

    @property
    def stems(self) -> tuple[str, ...]:
        """Paths of its sources alone."""
        return tuple(self.truth.get("stems", ()))


class RenderedItem(Frozen):
    """The clips of one item, on disk, and its uncut recording if it has one."""

    id: str
    clips: tuple[RenderedClip, ...]
    uncut: RenderedClip | None = None

    @property
    def files(self) -> tuple[RenderedClip, ...]:
        """All of them."""
        return self.clips if self.uncut is None else (*self.clips, self.uncut)


def render_item(job: RenderJob, seed: int, root: Path) -> RenderedItem:
    """Render the clips of one item and write them below ``root``; the same bytes in any process.

    Raises what :func:`render_stimulus` does, and an OSError if the disk does not take it.
    """
    clips = tuple(
        _clip(
            recipe,
            generator(seed, job.item_id, "clip", str(number)),
            root,
            f"{job.item_id}: clip {number + 1}",
        )
        for number, recipe in enumerate(job.clips)
    )
    uncut = None
    if job.uncut is not None:
        uncut = _clip(
            job.uncut, generator(seed, job.item_id, "uncut"), root, f"{job.item_id}: its uncut recording"
        )
    return RenderedItem(id=job.item_id, clips=clips, uncut=uncut)


def _clip(recipe: Recipe, rng: np.random.Generator, root: Path, name: str) -> RenderedClip:
    """Render one clip, called ``name`` in errors, and write it below ``root``."""
    try:
        audio, stimulus = render_stimulus(recipe, rng)
    except StarbenchError as error:
        # Plain classes of ours, whatever was raised: the error has to cross to another process.
        kind = PluginError if isinstance(error, PluginError) else StimulusError
        raise kind(f"{name} cannot be made: {error}") from error
    truth = dict(stimulus.truth)
    if stimulus.stems:
        truth["stems"] = [_write_stem(root, stem, audio.rate) for stem in stimulus.stems]
    facts = {name: getattr(audio, name) for name in ("digest", "channels", "rate", "seconds")}
    clip = RenderedClip(**facts, truth=truth)
    write_bytes(root / clip.path, audio.wav)
    return clip


def render_stimulus(recipe: Recipe, rng: np.random.Generator) -> tuple[Audio, Stimulus]:
    """Render one stimulus: as 16-bit sound, and as the synthesizer made it, its truth in plain JSON values.

    Raises a StimulusError if it cannot exist, or 16 bits would clip it; a PluginError if there is no such
    synthesizer, or it fails in any other way.
    """
    try:
        stimulus = _synthesizer(recipe.synthesizer)(rng=rng, **recipe.parameters)
        # A resumed build reads truths from a file: this one must not know them more exactly.
        truth = json.loads(json.dumps(stimulus.truth, allow_nan=False))
        if any(stem.shape != stimulus.samples.shape for stem in stimulus.stems):
            raise ValueError("a stem does not have the shape of the clip")
        audio = Audio(quantise(stimulus.samples), stimulus.rate)
    except AudioError as error:
        raise StimulusError(str(error)) from error
    except StarbenchError:
        raise
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        line = f"{Path(frame.filename).name}:{frame.lineno}"
        raise PluginError(
            f"synthesizer {recipe.synthesizer!r} failed ({line}): {type(error).__name__}: {error}"
        ) from error
    return audio, Stimulus(stimulus.samples, stimulus.rate, truth, stimulus.stems)


@cache
def _synthesizer(name: str) -> Synthesizer:
    loaded: Synthesizer = registry.load("synthesizers", name)
    return loaded


def stem_path(wav: bytes) -> str:
    """Where a source alone lies in the suite, by the digest of its bytes."""
    return f"{STEMS}/{sha256(wav).hexdigest()}.wav"


def stem_wav(samples: NDArray[np.float64], rate: int) -> bytes:
    """One source alone as 32-bit float WAV: 16 bits could lose a quiet one, and may clip a loud one.

    SciPy's writer, because libsndfile stamps the time into every float WAV.
    """
    from scipy.io import wavfile

    buffer = io.BytesIO()
    wavfile.write(buffer, rate, samples.astype(np.float32))
    return buffer.getvalue()


def _write_stem(root: Path, samples: NDArray[np.float64], rate: int) -> str:
    data = stem_wav(samples, rate)
    path = stem_path(data)
    (root / STEMS).mkdir(exist_ok=True)
    write_bytes(root / path, data)
    return path
