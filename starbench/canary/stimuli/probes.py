"""What a probe is: a question about a sound, or about none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from starbench.audio import Audio
from starbench.canary.stimuli.byte_variants import byte_variant
from starbench.protocols.starbench import question_text
from starbench.schema import ClipPart, Prompt, TextPart

#: One key for all probes: a baseline that draws its answer by the key must not look as if it had heard.
_KEY = "canary"


@dataclass(frozen=True)
class Question:
    """The text of a probe; without options, a reply in free text is wanted."""

    text: str
    options: tuple[str, ...] = ()

    @property
    def full_text(self) -> str:
        """The text as it is sent."""
        return question_text(self.text, self.options) if self.options else self.text


class Stimulus:
    """A sound with a name, rendered when it is first needed; two of one name are the same input."""

    def __init__(self, name: str, render: Callable[[], Audio] | None = None) -> None:
        self.name = name
        self._render = render

    @cached_property
    def clip(self) -> Audio | None:
        """The clip, None where there is none."""
        return None if self._render is None else self._render()


@dataclass(frozen=True)
class Probe:
    """One request: a question about a stimulus."""

    question: Question
    stimulus: Stimulus

    def prompt(self, variant: int = 0) -> Prompt:
        """The prompt, the clip first; each ``variant`` sends the same sound in other bytes."""
        digest = sha256(f"canary\0{self.question.full_text}".encode())
        parts: list[TextPart | ClipPart] = []
        clip = self.stimulus.clip
        if clip is not None:
            digest.update(clip.digest.encode())
            sent = byte_variant(clip, variant)
            parts.append(ClipPart.of(lambda: sent))
        parts.append(TextPart(text=self.question.full_text))
        return Prompt(parts=tuple(parts), options=self.question.options, digest=digest.hexdigest(), key=_KEY)
