"""What an adapter is given: ordered parts, each a text or a clip of decoded audio."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from pydantic import PrivateAttr

from starbench.schema.base import Frozen
from starbench.schema.capabilities import AnswerMode

if TYPE_CHECKING:
    from starbench.audio import Audio


class TextPart(Frozen):
    """Some text of the prompt."""

    type: Literal["text"] = "text"
    text: str


class ClipPart(Frozen):
    """A sound of the prompt: samples and rate, never a name or a path.

    Decoding waits until an adapter asks for the audio, and costs milliseconds then: an ``async``
    adapter calls :meth:`audio` in a thread (``await asyncio.to_thread(part.audio)``).
    """

    type: Literal["clip"] = "clip"
    _load: Callable[[], Audio] = PrivateAttr()

    @classmethod
    def of(cls, load: Callable[[], Audio]) -> ClipPart:
        """Make a part whose audio ``load`` returns when it is first needed."""
        part = cls()
        part._load = load
        return part

    def audio(self) -> Audio:
        """The clip as it is sent: 16-bit samples, rate and WAV bytes (see :class:`starbench.audio.Audio`)."""
        return self._load()


class Prompt(Frozen):
    """One question as a model gets it.

    ``options`` repeats the option texts in the order shown, for adapters that constrain the answer
    to a letter; a prompt that is no question has none. ``answer_mode`` says how the answer is to be got, and
    is always one that the adapter declares. ``digest`` is equal for equal texts and sounds; ``key`` also
    differs between trials that happen to be asked alike, is the same in every run, and seeds random
    baselines. Neither tells what it was made from.
    """

    parts: tuple[TextPart | ClipPart, ...]
    options: tuple[str, ...] = ()
    answer_mode: AnswerMode = "text"
    digest: str = ""
    key: str = ""

    @property
    def text(self) -> str:
        """All text of the prompt, joined by line breaks."""
        return "\n".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def clips(self) -> tuple[ClipPart, ...]:
        """The clips in the order they are heard."""
        return tuple(part for part in self.parts if isinstance(part, ClipPart))

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters that name the options, ``"A"`` first."""
        return tuple(chr(ord("A") + i) for i in range(len(self.options)))
