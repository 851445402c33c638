"""A recogniser in front of a language model: each clip is sent as what was recognised and measured in it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from starbench.audio import Audio
from starbench.errors import InputError, NotApplicableError
from starbench.models.adapter import finished
from starbench.models.call import in_thread
from starbench.models.processor import RECOGNISER, resolve_recogniser
from starbench.schema import ClipPart, Prompt, TextPart

from .cascade import Cascade, rebuilt, split_arguments, split_spec
from .estimates import Estimates, estimates

_LEAD = "What a program recognised and measured in this recording (estimates, which may be wrong):"
_KEPT = 256


class Recognise(Cascade):
    """A language model that reads what a program hears (``recognise:RECOGNISER+MODEL``): no sound is sent.

    Each clip becomes a text: what the recogniser recognised, and what is measured in the samples of the clip itself:
    onset, duration, level, pitch, and the side that the sound comes from. Recognisers are ``pocketsphinx`` (words, or
    ``pocketsphinx:phones``), ``transcription:MODEL`` (an OpenAI-compatible server), ``speech-to-text:FOLDER``
    (transformers), ``powsm:FOLDER`` (ESPnet) and ``file.py:FUNCTION``.

    Parameters
    ----------
    model : str
        Recogniser and model, such as ``pocketsphinx+openai:gpt-5``.
    arguments : str
        ``recogniser.NAME`` for arguments of the recogniser, such as ``recogniser.base_url=http://localhost:8000/v1``;
        all others are the model's.

    Raises
    ------
    InputError
        If recogniser or model cannot be made, or the model takes no text without sound.
    """

    error_kinds: Sequence[str] = (RECOGNISER,)

    def __init__(self, model: str, **arguments: str) -> None:
        name, inner = split_spec(model, "recognise:RECOGNISER+MODEL")
        own, others = split_arguments(arguments, "recogniser")
        self._recogniser = resolve_recogniser(name, own, "--model-arg recogniser.")
        super().__init__("recogniser", self._recogniser, inner, others)
        if not self._inner.capabilities.text_only:
            raise InputError(
                f"{inner} takes no prompt without sound, and captions are text: name another model"
            )
        self.error_kinds = (RECOGNISER, *self._recogniser.error_kinds)
        self.capabilities = self.declare(
            max_clips=None,
            max_seconds=None,
            rates=None,
            front_end_hz=None,
            max_channels=None,
            min_channels=None,
            channels_kept=None,
            formats=("wav",),
        )
        self._kept: OrderedDict[str, str] = OrderedDict()

    async def close(self) -> None:
        """Let the model behind and the recogniser clean up."""
        await super().close()
        close = getattr(self._recogniser.recognise, "close", None)
        if close is not None:
            await finished(close())

    async def changed(self, prompt: Prompt) -> Prompt:
        """The prompt with a caption in the place of each clip."""
        if not prompt.clips:
            return prompt
        captions = [await self._caption(await in_thread(clip.audio)) for clip in prompt.clips]
        left = iter(captions)
        parts = [TextPart(text=next(left)) if isinstance(part, ClipPart) else part for part in prompt.parts]
        return rebuilt(prompt, parts, [self._recogniser.spec, *captions])

    def delivered(self, _audio: Audio) -> Audio:
        """Raise :class:`NotApplicableError`: the model behind reads a text."""
        raise NotApplicableError("sends what a recogniser wrote of each clip")

    async def _caption(self, clip: Audio) -> str:
        caption = self._kept.get(clip.digest)
        if caption is None:
            samples = clip.samples.astype(np.float64)
            text = await self._recogniser(samples, clip.rate)
            measured = await in_thread(lambda: estimates(samples, clip.rate))
            caption = self._kept[clip.digest] = caption_of(text, self._recogniser.unit, measured)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return caption


def caption_of(text: str, unit: str, measured: Estimates) -> str:
    """One clip in words."""
    facts = [f"{unit} recognised: {text.strip()!r}" if text.strip() else f"no {unit} recognised"]
    if measured.onset_s is None or measured.duration_s is None:
        return f"{_LEAD} silence."
    facts.append(f"sound from {measured.onset_s:.2f} s, for {measured.duration_s:.2f} s")
    facts.append(f"level {measured.level_dbfs:.1f} dB re full scale")
    facts.append("no pitch" if measured.pitch_hz is None else f"pitch {measured.pitch_hz:.4g} Hz")
    if measured.side is not None:
        facts.append(f"from the {measured.side}")
    return f"{_LEAD} {'; '.join(facts)}."
