"""A loaded model, and how a batch of prompts goes through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import Any, NamedTuple

from starbench.errors import AdapterError, AudioError, RequestError
from starbench.schema import AnswerMode, Prompt, Response, Usage
from starbench.text import sentence

from . import decoding, letters
from .prompt_encoder import Chat, PromptEncoder

#: How torch begins its message about a full memory of the CPU; it has no class for that.
_CPU_IS_FULL = "DefaultCPUAllocator"
_GPU_FAILED = "CUDA error"

Answer = Response | AdapterError
IsStopped = Callable[[], bool]
"""Whether nobody waits for the answers any more."""


class EncodedPrompt(NamedTuple):
    """A prompt as a chat, and its place among those it came with."""

    place: int
    prompt: Prompt
    chat: Chat

    @property
    def group(self) -> tuple[AnswerMode, bool]:
        """What may share a pass: Audio Flamingo's processor wants a clip in every row or in none."""
        return self.prompt.answer_mode, bool(self.prompt.clips)


class GeneratedRow(NamedTuple):
    """What a pass generated in one row: ``logprobs`` are the letters', under that answer mode."""

    text: str
    n_tokens: int = 1
    is_finished: bool = True
    logprobs: dict[str, float] | None = None


Group = Sequence[EncodedPrompt]
"""Prompts that share a pass."""
Rows = list[GeneratedRow]


@dataclass(frozen=True)
class Engine:
    """A model that answers prompts, up to ``batch`` in a pass.

    ``model`` is the library's own, on ``device``; ``name`` says what answered, for the record. Without a
    temperature decoding is greedy; with one, ``seed`` is that of the draws.
    """

    model: Any
    encoder: PromptEncoder
    device: str
    name: str
    batch: int
    max_new_tokens: int
    temperature: float | None
    seed: int

    def answer(self, prompts: Sequence[Prompt], is_stopped: IsStopped) -> list[Answer]:
        """Answer each prompt, in the order given; what fails for one is its own answer."""
        answers: dict[int, Answer] = {}
        encoded: list[EncodedPrompt] = []
        for place, prompt in enumerate(prompts):
            try:
                encoded.append(EncodedPrompt(place, prompt, self.encoder.chat(prompt)))
            except AudioError as error:
                answers[place] = RequestError(str(error), kind="audio")
            except AdapterError as error:
                answers[place] = error
        for group in self._groups(encoded):
            of_group = self._pass(group, is_stopped)
            answers |= {one.place: answer for one, answer in zip(group, of_group, strict=True)}
        return [answers[place] for place in range(len(prompts))]

    def _groups(self, encoded: Group) -> Iterator[Group]:
        # A draw must not depend on what is drawn beside it.
        size = self.batch if self.temperature is None else 1
        for _, alike in groupby(sorted(encoded, key=lambda one: one.group), key=lambda one: one.group):
            group = list(alike)
            yield from (group[i : i + size] for i in range(0, len(group), size))

    def _pass(self, group: Group, is_stopped: IsStopped) -> list[Answer]:
        """One pass for all; where that fails, one for each half, down to the prompt that is at fault."""
        import torch
        from jinja2 import TemplateError

        failure: AdapterError
        try:
            return self._forward(group, is_stopped)
        except AdapterError as error:
            failure = error
        except (ValueError, IndexError, RuntimeError, MemoryError, TemplateError) as error:
            # What template, processor, model or machine find wrong with it.
            if _is_device_failure(error):
                raise
            failure = self._failure(error)
        # Out here the pass and all it held are gone.
        if failure.kind == "memory" and torch.cuda.is_available():
            torch.cuda.empty_cache()
        if len(group) == 1:
            return [failure]
        half = len(group) // 2
        return self._pass(group[:half], is_stopped) + self._pass(group[half:], is_stopped)

    def _failure(self, error: Exception) -> RequestError:
        import torch

        if isinstance(error, torch.OutOfMemoryError | MemoryError) or _CPU_IS_FULL in str(error):
            return RequestError(f"the prompt does not fit into the memory of {self.device}", kind="memory")
        reason = sentence(str(error)) or type(error).__name__
        return RequestError(f"the model does not take this prompt: {reason}")

    def _forward(self, group: Group, is_stopped: IsStopped) -> list[Answer]:
        import torch

        _raise_if_stopped(is_stopped)
        mode = group[0].prompt.answer_mode
        generate = {"text": self._text, "choice": self._choice, "logprobs": self._logprobs}[mode]
        config = decoding.configuration(
            self.model.generation_config, self.max_new_tokens if mode == "text" else 1, self.temperature
        )
        with torch.inference_mode():
            inputs = self.encoder.inputs([one.chat for one in group])
            n_tokens = inputs["attention_mask"].sum(-1).tolist()
            n_audio = self.encoder.audio_tokens(inputs)
            _check_sound(group, n_audio)
            self._check_context(inputs["input_ids"].shape[1], config.max_new_tokens)
            inputs = inputs.to(device=self.device, dtype=self.model.dtype)
            with self._seeded(group[0].prompt):
                rows = generate(group, inputs, config, is_stopped)
        usages = (Usage(input_tokens=n, audio_tokens=a) for n, a in zip(n_tokens, n_audio, strict=True))
        return [self._response(row, usage) for row, usage in zip(rows, usages, strict=True)]

    def _response(self, row: GeneratedRow, usage: Usage) -> Response:
        return Response(
            text=row.text,
            stop="end" if row.is_finished else "length",
            finish_reason="stop" if row.is_finished else "length",
            served_model=self.name,
            usage=usage.model_copy(update={"output_tokens": row.n_tokens}),
            letter_logprobs=row.logprobs,
        )

    def _text(self, _: Group, inputs: Any, config: Any, is_stopped: IsStopped) -> Rows:
        """Free text."""
        out = self._generate(inputs, config, is_stopped)
        rows = [decoding.without_padding(row, config) for row in out.sequences.tolist()]
        texts = self._tokenizer.batch_decode([tokens for tokens, _ in rows], skip_special_tokens=True)
        return [
            GeneratedRow(text, len(tokens), is_finished)
            for text, (tokens, is_finished) in zip(texts, rows, strict=True)
        ]

    def _choice(self, group: Group, inputs: Any, config: Any, is_stopped: IsStopped) -> Rows:
        """One token, which must be a letter of the options."""
        tokens = [self._letters(one.prompt) for one in group]
        out = self._generate(inputs, config, is_stopped, prefix_allowed_tokens_fn=letters.only(tokens))
        chosen = zip(out.sequences.tolist(), tokens, strict=True)
        return [GeneratedRow(f"<{letters.letter_of(row[0], own)}>") for row, own in chosen]

    def _logprobs(self, group: Group, inputs: Any, config: Any, is_stopped: IsStopped) -> Rows:
        """The probabilities of the letters as the first token of the answer."""
        tokens = [self._letters(one.prompt) for one in group]
        out = self._generate(inputs, config, is_stopped)
        rows = [letters.logprobs(row, own) for row, own in zip(out.logits[0], tokens, strict=True)]
        return [GeneratedRow(f"<{letters.best(row)}>", logprobs=row) for row in rows]

    def _generate(self, inputs: Any, config: Any, is_stopped: IsStopped, **extra: Any) -> Any:
        """The library's own loop; of the sequences only what is new."""
        import torch

        def stopping(tokens: Any, _: Any, **__: Any) -> Any:
            return torch.full((tokens.shape[0],), is_stopped(), device=tokens.device)

        out = self.model.generate(**inputs, generation_config=config, stopping_criteria=[stopping], **extra)
        _raise_if_stopped(is_stopped)  # or what was stopped would pass for a short answer
        out.sequences = out.sequences[:, inputs["input_ids"].shape[1] :]
        return out

    def _letters(self, prompt: Prompt) -> letters.Tokens:
        tokens = letters.letter_tokens(self._tokenizer, prompt.letters)
        if not tokens:
            reason = "has letters that are not single tokens" if prompt.letters else "has no options"
            raise RequestError(f"the prompt {reason}: ask it with --answer-mode text", kind="letters")
        return tokens

    @property
    def _tokenizer(self) -> Any:
        return self.encoder.processor.tokenizer

    def _check_context(self, n_tokens: int, reply: int) -> None:
        context = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        if context is not None and n_tokens + reply > context:
            raise RequestError(
                f"{n_tokens} tokens and a reply of up to {reply} are beyond the model's context of "
                f"{context}: send fewer or shorter clips, or lower max_new_tokens"
            )

    @contextmanager
    def _seeded(self, prompt: Prompt) -> Iterator[None]:
        """Let draws follow from the seed and the prompt alone, and change no one else's."""
        if self.temperature is None:
            yield
            return
        import torch

        devices = [torch.device(self.device)] if self.device.startswith("cuda") else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(int.from_bytes(sha256(f"{self.seed}/{prompt.key}".encode()).digest()[:8]))
            yield


def _is_device_failure(error: Exception) -> bool:
    """Whether the GPU itself failed: from then on it fails every prompt, whichever was at fault."""
    import torch

    # Such an error has a class of its own since torch 2.8.
    return isinstance(error, getattr(torch, "AcceleratorError", ())) or _GPU_FAILED in str(error)


def _check_sound(group: Group, audio_tokens: Sequence[int | None]) -> None:
    """Make sure that sound became tokens: the library leaves out parts that it does not know, silently."""
    if any(tokens == 0 and one.prompt.clips for one, tokens in zip(group, audio_tokens, strict=True)):
        raise RequestError("the model's processor left the sound out", kind="dropped")


def _raise_if_stopped(is_stopped: IsStopped) -> None:
    if is_stopped():
        raise RequestError("stopped: nobody waits for the answer", kind="stopped")
