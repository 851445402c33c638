"""From a prompt to what the model's processor takes: one user turn, its parts in the order given.

What the model does not support is refused here, prompt by prompt: of an array, processors cut, mix and
resample nothing, or do so without saying it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any

from starbench.audio import Audio
from starbench.errors import InputError, RequestError
from starbench.schema import Capabilities, ClipPart, Prompt

Chat = list[dict[str, Any]]
"""The turns of one conversation, as the library's chat templates take them."""


def _as_array(audio: Audio) -> dict[str, Any]:
    return {"audio": audio.samples[:, 0]}


def _as_base64(audio: Audio) -> dict[str, Any]:
    return {"base64": base64.b64encode(audio.wav).decode("ascii")}


#: Processors that do not take a clip as an array of samples, as all others do.
_CLIP_FORMATS = {"VoxtralProcessor": _as_base64}


@dataclass(frozen=True)
class PromptEncoder:
    """Turns prompts into inputs of a checkpoint's processor, within the limits of its capabilities.

    ``system`` is the text of the system turn; None: no such turn beyond what the template itself writes.
    """

    processor: Any
    capabilities: Capabilities
    system: str | None = None

    def check_system(self) -> None:
        """Raise an ``InputError`` if the model's chat template refuses the system turn, or leaves it out."""
        from jinja2 import TemplateError

        if self.system is None:
            return
        template = f"system={self.system}: the model's chat template"
        question: Chat = [{"role": "user", "content": [{"type": "text", "text": "?"}]}]
        try:
            chats = question, [*self._system_turns(), *question]
            without, with_system = (self.inputs([chat])["input_ids"].tolist() for chat in chats)
        except (TemplateError, ValueError, RequestError) as error:
            raise InputError(f"{template} does not take it: {error}") from error
        if with_system == without:
            raise InputError(f"{template} has no system turn, or always writes this one: leave system out")

    def chat(self, prompt: Prompt) -> Chat:
        """The prompt as a chat of one question; a ``RequestError`` if the model cannot take it as it is."""
        limit = self.capabilities.max_clips
        if limit is not None and len(prompt.clips) > limit:
            raise RequestError(f"{len(prompt.clips)} clips, and the model takes {limit}")
        content = [
            self._clip(part) if isinstance(part, ClipPart) else self._text(part.text) for part in prompt.parts
        ]
        return [*self._system_turns(), {"role": "user", "content": content}]

    def inputs(self, chats: Sequence[Chat]) -> Any:
        """Tensors for one forward pass, padded on the left; raises what the processor finds wrong."""
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
        is_sound = self.is_sound(inputs)
        if is_sound is None:
            return [None] * len(inputs["input_ids"])
        counts: list[int | None] = is_sound.sum(-1).tolist()
        return counts

    def is_sound(self, inputs: Any) -> Any:
        """Which tokens stand for sound, in the shape of the tokens; None if the model names no such token."""
        token = getattr(self.processor, "audio_token_id", None)
        if token is None and isinstance(getattr(self.processor, "audio_token", None), str):
            token = self.processor.tokenizer.convert_tokens_to_ids(self.processor.audio_token)
        return inputs["input_ids"] == token if isinstance(token, int) else None

    @cached_property
    def _control_tokens(self) -> tuple[str, ...]:
        added = getattr(self.processor.tokenizer, "added_tokens_decoder", None)
        if not isinstance(added, Mapping):
            return ()  # mistral-common's: it never reads a command in a text
        of_a_clip = getattr(self.processor, "audio_token", None)
        texts = {token.content for token in added.values() if token.special or token.content == of_a_clip}
        return tuple(sorted(text for text in texts if text.strip()))

    def _system_turns(self) -> Chat:
        return [] if self.system is None else [{"role": "system", "content": [self._text(self.system)]}]

    def _text(self, text: str) -> dict[str, str]:
        """Some text; what a data set says must not end a turn or stand for a clip."""
        command = next((token for token in self._control_tokens if token in text), None)
        if command is not None:
            raise RequestError(f"the text holds {command!r}, which the model takes for a command")
        return {"type": "text", "text": text}

    def _clip(self, part: ClipPart) -> dict[str, Any]:
        audio = part.audio()
        (rate,) = self.capabilities.rates or (audio.rate,)
        longest = self.capabilities.max_seconds or inf
        if audio.rate != rate:
            problem = f"{audio.rate} Hz, and the model reads {rate} Hz: resample it with --rate {rate}"
        elif audio.channels != 1:
            problem = f"{audio.channels} channels, and the model hears one: --channels split, or mono"
        elif audio.seconds > longest:
            problem = f"{audio.seconds:.1f} s, and the model hears {longest:g} s: its end would be cut off"
        else:
            return {"type": "audio", **_CLIP_FORMATS.get(type(self.processor).__name__, _as_array)(audio)}
        raise RequestError(f"a clip of {problem}")
