"""From a prompt to what the model's processor takes: one user turn, its parts in the order given.

What lies beyond the model is refused here, prompt by prompt: processors cut, fold and resample nothing of
an array, or do so without a word.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from starbench.audio import Audio
from starbench.errors import RequestError
from starbench.schema import Capabilities, ClipPart, Prompt

Chat = list[dict[str, Any]]


def _as_array(audio: Audio) -> dict[str, Any]:
    return {"audio": audio.samples[:, 0]}


def _as_base64(audio: Audio) -> dict[str, Any]:
    return {"base64": base64.b64encode(audio.wav).decode("ascii")}


#: Processors that do not take a clip as an array of samples, as all others do.
_LIKED = {"VoxtralProcessor": _as_base64}


@dataclass(frozen=True)
class Desk:
    """Where prompts become inputs.

    Attributes
    ----------
    processor : object
        The checkpoint's own.
    takes : Capabilities
        The limits that are held.
    system : str, optional
        What stands in the system turn; by default there is none but the template's own.
    """

    processor: Any
    takes: Capabilities
    system: str | None = None

    def chat(self, prompt: Prompt) -> Chat:
        """The prompt as a chat of one question.

        Raises
        ------
        RequestError
            If the model cannot take it as it is.
        """
        if self.takes.max_clips is not None and len(prompt.clips) > self.takes.max_clips:
            raise RequestError(f"{len(prompt.clips)} clips, and the model takes {self.takes.max_clips}")
        content = [
            self._clip(part) if isinstance(part, ClipPart) else self._text(part.text) for part in prompt.parts
        ]
        turns = [] if self.system is None else [{"role": "system", "content": [self._text(self.system)]}]
        return [*turns, {"role": "user", "content": content}]

    def inputs(self, chats: Sequence[Chat]) -> Any:
        """Tensors for one forward pass, padded on the left.

        Raises
        ------
        ValueError
            As the processor raises it, if it finds anything wrong.
        """
        return self.processor.apply_chat_template(
            list(chats),
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            # A bare padding=True would reach the front end too, and shorten its window.
            processor_kwargs={"text_kwargs": {"padding": True, "padding_side": "left"}},
        )

    def audio_tokens(self, inputs: Any) -> list[int | None]:
        """How many tokens of each row stand for sound, None where the model names no such token."""
        if self._audio_token is None:
            return [None] * len(inputs["input_ids"])
        counted: list[int | None] = (inputs["input_ids"] == self._audio_token).sum(-1).tolist()
        return counted

    @cached_property
    def _audio_token(self) -> int | None:
        token = getattr(self.processor, "audio_token_id", None)
        if token is None and isinstance(getattr(self.processor, "audio_token", None), str):
            token = self.processor.tokenizer.convert_tokens_to_ids(self.processor.audio_token)
        return token if isinstance(token, int) else None

    @cached_property
    def _control(self) -> tuple[str, ...]:
        added = getattr(self.processor.tokenizer, "added_tokens_decoder", None)
        if not isinstance(added, Mapping):
            return ()  # mistral-common's: it never reads a command in a text
        of_a_clip = getattr(self.processor, "audio_token", None)
        known = {token.content for token in added.values() if token.special or token.content == of_a_clip}
        return tuple(sorted(token for token in known if token.strip()))

    def _text(self, text: str) -> dict[str, str]:
        """Some text; what a data set says must not end a turn or stand for a clip."""
        found = next((token for token in self._control if token in text), None)
        if found is not None:
            raise RequestError(f"the text holds {found!r}, which the model takes for a command")
        return {"type": "text", "text": text}

    def _clip(self, part: ClipPart) -> dict[str, Any]:
        audio = part.audio()
        (rate,) = self.takes.rates or (audio.rate,)
        if audio.rate != rate:
            raise RequestError(
                f"a clip of {audio.rate} Hz, and the model reads {rate} Hz: resample it with --rate {rate}"
            )
        if audio.channels != 1:
            raise RequestError(
                f"a clip of {audio.channels} channels, and the model hears one: --channels split, or mono"
            )
        if self.takes.max_seconds is not None and audio.seconds > self.takes.max_seconds:
            raise RequestError(
                f"a clip of {audio.seconds:.1f} s, and the model hears {self.takes.max_seconds:g} s: its end "
                "would be cut off"
            )
        return {"type": "audio", **_LIKED.get(type(self.processor).__name__, _as_array)(audio)}
