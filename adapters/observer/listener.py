"""The observer: it gets what a model gets, the text and the sound, and nothing else.

It answers questions about tones (:mod:`.tone_questions`), about gaps, order, fluctuation, tempo and tones in noise
(:mod:`.temporal_questions`) and about space (:mod:`.space_questions`) by measurement, and declines all others.
"""

from __future__ import annotations

from starbench.schema import Capabilities, Prompt

from . import head as heads
from . import space_questions, temporal_questions, tone_questions
from .words import DECLINES, question, without_notes

#: Longer clips (two minutes at 48 kHz) hold no question of ours and would take much memory.
MAX_SAMPLES = 6_000_000
_DECLINED = "Unable to determine."


class Observer:
    """Answers questions about tones and about space by measurement, and declines all others.

    Clips of any sample rate are used as they are. Tones are measured in the mean of the channels, the place
    of a sound in two channels, as the ears of a head.

    Parameters
    ----------
    model : str
        Ignored: there is one observer.
    head : str, optional
        The head that it listens with: ``kemar`` (the default), ``kemar-large``, or a SOFA file
        (SimpleFreeFieldHRIR).
    head_equalisation : str, optional
        ``diffuse-field`` for sounds that were made with heads equalised so; default: none.

    Raises
    ------
    InputError
        If the head cannot be read, or there is no such equalisation.
    """

    capabilities = Capabilities(text_only=True, channels_kept=True)

    def __init__(self, model: str = "", head: str = "", head_equalisation: str = "") -> None:
        self.model = model
        is_chosen = bool(head or head_equalisation)
        self.head = heads.load(head or heads.NAMES[0], head_equalisation or None) if is_chosen else None

    def generate(self, prompt: Prompt) -> str:
        """Reply with a letter, as ``<B>``; decline by the option that declines, or else in words."""
        chosen = self._listen(prompt)
        if chosen is not None:
            return f"<{prompt.letters[chosen]}>"
        shown = zip(prompt.letters, prompt.options, strict=True)
        declining = next((letter for letter, option in shown if DECLINES.search(option)), None)
        return f"<{declining}>" if declining else _DECLINED

    def _listen(self, prompt: Prompt) -> int | None:
        """Return the place of the right option, if that can be heard."""
        text = question(prompt)
        understood = (
            space_questions.read(text, prompt.options)
            or temporal_questions.read(without_notes(text), prompt.options)
            or tone_questions.read(without_notes(text), prompt.options)
        )
        if understood is None or len(prompt.clips) != understood.n_clips:
            return None
        clips = [clip.audio() for clip in prompt.clips]
        if not all(0 < clip.pcm.shape[0] <= MAX_SAMPLES for clip in clips):
            return None
        return understood.answer(clips, self.head)
