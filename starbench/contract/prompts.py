"""Prompts to try an adapter with: laid out as a run lays them out, within what the adapter declares."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from starbench.audio import Audio, quantise
from starbench.errors import AudioError
from starbench.protocols.starbench import clip_labels, question_text
from starbench.schema import AnswerMode, Capabilities, ClipPart, Prompt, TextPart

QUESTION = "What do you hear?"
OPTIONS = ("a tone", "silence")
#: Rotated from question to question, so that answers by letter differ: nothing else shows a mix-up.
SIX_OPTIONS = ("a tone", "silence", "speech", "a bell", "rain", "an engine")
#: Right to left, joined and astral characters, combining marks, other scripts, mark-up of several kinds.
UNICODE = "Ünïcödé e\u0301 · 日本語 · العربية עברית · ไทย · 👩🏽‍🔬🎧 · 𝄞 · <b>&amp;</b> {x} %s \\n “quotes”"
#: A rate that all front ends know, Hz, and that of our own suites.
USUAL_HZ, SUITE_HZ = 16_000, 48_000
#: Length of a clip, s.
USUAL_S = 1.0


class PromptMaker:
    """Makes prompts that an adapter of these capabilities must be able to take."""

    def __init__(self, capabilities: Capabilities) -> None:
        self._declared = capabilities
        self.clips: list[tuple[Audio, str]] = []
        """Every clip that was made, with the digest of its samples then."""

    @property
    def mode(self) -> AnswerMode:
        modes = self._declared.answer_modes
        return "text" if "text" in modes else modes[0]

    @property
    def rate(self) -> int:
        """The rate of ordinary clips, Hz."""
        rates = self._declared.rates
        return USUAL_HZ if rates is None or USUAL_HZ in rates else rates[0]

    def ordinary(
        self, text: str = QUESTION, options: tuple[str, ...] = OPTIONS, mode: AnswerMode | None = None
    ) -> Prompt:
        """A question about one clip, or about none if the model takes no clip."""
        return self.question(text, [] if self._declared.max_clips == 0 else [self.tone()], options, mode)

    def tone(
        self,
        hz: Sequence[float] = (440.0,),
        seconds: float | None = None,
        rate: int | None = None,
        amplitude: float = 0.1,
    ) -> Audio:
        """A clip with a tone in each channel, of as many as the model needs at least; no longer than it takes."""
        import numpy as np

        hz = [*hz, *[hz[-1]] * ((self._declared.min_channels or 1) - len(hz))]
        rate = rate or self.rate
        longest = self._declared.max_seconds
        seconds = seconds if seconds is not None else min(USUAL_S, 0.9 * (longest or USUAL_S))
        time = np.arange(max(1, round(seconds * rate)))[:, np.newaxis] / rate
        audio = Audio(quantise(amplitude * np.sin(2 * np.pi * np.asarray(hz) * time)), rate)
        self.clips.append((audio, samples_digest(audio)))
        return audio

    def question(
        self,
        text: str,
        clips: Sequence[Audio],
        options: tuple[str, ...] = OPTIONS,
        mode: AnswerMode | None = None,
    ) -> Prompt:
        """A question as protocol ``starbench`` puts it; without options, a plain request."""
        parts: list[TextPart | ClipPart] = []
        for label, clip in zip(clip_labels(len(clips)), clips, strict=True):
            parts += [TextPart(text=label), clip_part(clip)]
        whole = question_text(text, options) if options else text
        parts.append(TextPart(text=whole))
        digest = sha256("\0".join([whole, *(clip.digest for clip in clips)]).encode()).hexdigest()
        mode = mode or (self.mode if options else "text")
        return Prompt(parts=tuple(parts), options=options, answer_mode=mode, digest=digest, key=digest)

    def unreadable(self, opened: list[str]) -> Prompt:
        """A question whose clip cannot be read; ``opened`` grows when the adapter tries."""

        def load() -> Audio:
            opened.append("clip")
            raise AudioError("the clip of this check cannot be read, on purpose")

        ordinary = self.question(QUESTION, [self.tone()])
        parts = tuple(ClipPart.of(load) if isinstance(p, ClipPart) else p for p in ordinary.parts)
        return ordinary.model_copy(update={"parts": parts, "digest": "unreadable", "key": "unreadable"})


def clip_part(audio: Audio) -> ClipPart:
    return ClipPart.of(lambda: audio)


def samples_digest(audio: Audio) -> str:
    """Digest of a clip's samples as an adapter gets them, which it must leave as they are."""
    return sha256(audio.samples.tobytes() + audio.pcm.tobytes() + audio.wav).hexdigest()
