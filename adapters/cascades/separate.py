"""A separator in front of a model: each clip is sent as streams, one a sound."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

import numpy as np

from starbench.audio import Audio, quantise
from starbench.errors import InputError, NotApplicableError, RequestError
from starbench.models.call import in_thread
from starbench.models.processor import SEPARATOR, resolve_separator
from starbench.schema import ClipPart, Prompt, TextPart

from .cascade import Cascade, rebuilt, split_arguments, split_spec
from .estimates import MOST_SOURCES, count_sources

_STREAMS = (
    "This recording was separated into {n} streams, one a sound. They follow as {n} clips, the loudest first."
)
#: Clips whose streams are kept: the rotations of an item are asked at about the same time.
_KEPT = 64
#: Separators use every core, and the random generator that numpy shares.
_SEPARATING = Lock()


class Separate(Cascade):
    """Any model, with a separator before it (``separate:SEPARATOR+MODEL``): each clip is sent as several, one a sound.

    Streams have the channels of the clip, so where each sound comes from is kept; they are in order of their level, the
    loudest first. The question says how many there are, and is otherwise as it was. Separators are ``none``,
    ``oracle`` (a suite's own stems), ``ratio-mask`` (masks made of them), ``ipd-mask``, ``ilrma``, ``auxiva``,
    ``fastmnmf``, ``checkpoint:FOLDER`` and ``file.py:FUNCTION``.

    Parameters
    ----------
    model : str
        Separator and model, such as ``ipd-mask+openai:gpt-audio-1.5``.
    sources : int, optional
        How many streams are asked for; default: estimated from the directions that are heard in each clip.
    arguments : str
        ``separator.NAME`` for arguments of the separator, such as ``separator.stems=SUITE`` for ``oracle``; all
        others are the model's.

    Raises
    ------
    InputError
        If separator or model cannot be made.
    """

    error_kinds = (SEPARATOR,)

    def __init__(self, model: str, sources: int | None = None, **arguments: str) -> None:
        if sources is not None and not 1 <= sources <= MOST_SOURCES:
            raise InputError(f"sources={sources}: must be from 1 to {MOST_SOURCES}")
        name, inner = split_spec(model, "separate:SEPARATOR+MODEL")
        own, others = split_arguments(arguments, "separator")
        self._separator = resolve_separator(name, own, "--model-arg separator.")
        super().__init__("separator", self._separator, inner, others)
        self._sources = sources
        self._most_clips = self._inner.capabilities.max_clips
        try:
            needed = self._separator.least_channels(sources or 2)
            streams_of_a_clip = self._streams_of_a_clip
        except RequestError as error:  # it says wrong things of itself
            raise InputError(str(error)) from error
        if sources is None and self._separator.needs_count:
            needed = max(needed, 2)  # by which sources are counted
        least = max(needed, self._inner.capabilities.min_channels or 1)
        self.capabilities = self.declare(
            max_clips=None if self._most_clips is None else self._most_clips // streams_of_a_clip,
            min_channels=least if least > 1 else None,
        )
        self._kept: OrderedDict[tuple[str, int], tuple[Audio, ...]] = OrderedDict()

    @property
    def _streams_of_a_clip(self) -> int:
        """Streams that a clip becomes; at least, where they are counted in each clip."""
        if self._separator.needs_count:
            return self._sources or 2
        return self._separator.most_sources or 2

    async def changed(self, prompt: Prompt) -> Prompt:
        """The prompt with the streams of each clip in its place."""
        return await in_thread(lambda: self._separated(prompt)) if prompt.clips else prompt

    def delivered(self, _audio: Audio) -> Audio:
        """Raise :class:`NotApplicableError`: the model behind gets several sounds of each clip."""
        raise NotApplicableError(
            "sends the streams of a separator in place of each clip: audit the model behind it"
        )

    def _separated(self, prompt: Prompt) -> Prompt:
        most = MOST_SOURCES if self._most_clips is None else self._most_clips // len(prompt.clips)
        parts: list[TextPart | ClipPart] = []
        digests, is_changed = [], False
        for part in prompt.parts:
            if isinstance(part, TextPart):
                parts.append(part)
                continue
            clip = part.audio()
            streams = self._streams(clip, most)
            is_changed |= [stream.digest for stream in streams] != [clip.digest]
            digests += [stream.digest for stream in streams]
            if len(streams) > 1:
                parts.append(TextPart(text=_STREAMS.format(n=len(streams))))
            for number, stream in enumerate(streams, 1):
                if len(streams) > 1:
                    parts.append(TextPart(text=f"Stream {number} of {len(streams)}:"))
                parts.append(ClipPart.of(lambda stream=stream: stream))  # type: ignore[misc]
        return rebuilt(prompt, parts, [self._separator.spec, *digests]) if is_changed else prompt

    def _streams(self, clip: Audio, most: int) -> tuple[Audio, ...]:
        key = (clip.digest, most)
        with _SEPARATING:
            if key not in self._kept:
                self._kept[key] = self._computed(clip, most)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]

    def _computed(self, clip: Audio, most: int) -> tuple[Audio, ...]:
        samples = clip.samples.astype(np.float64)
        n_sources = self._sources or 0
        if not n_sources and self._separator.needs_count:
            if clip.channels < 2:
                raise NotApplicableError(
                    "the sources of a clip of one channel cannot be counted: give --model-arg sources=N"
                )
            n_sources = min(count_sources(samples, clip.rate), most)
        streams = self._separator(samples, clip.rate, n_sources)
        if len(streams) > most:
            raise NotApplicableError(
                f"a clip of {len(streams)} streams, and the model takes {self._most_clips} clips"
            )
        energy = np.square(streams).sum(axis=(1, 2))
        streams = streams[np.argsort(-energy, kind="stable")]
        # One factor for all, so that none is louder than it was beside the others.
        peak = max(float(np.abs(streams).max(initial=0.0)), 1.0)
        return tuple(Audio(quantise(stream / peak), clip.rate) for stream in streams)
