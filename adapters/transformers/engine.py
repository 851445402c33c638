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
from .chats import Chat, Desk

#: How torch begins to tell that the CPU's own memory is full; it has no class for that.
_CPU_IS_FULL = "DefaultCPUAllocator"
_GPU_FAILED = "CUDA error"

Answer = Response | AdapterError
IsStopped = Callable[[], bool]


class Asked(NamedTuple):
    """A prompt on its way, and its place among those it came with."""

    place: int
    prompt: Prompt
    chat: Chat

    @property
    def kind(self) -> tuple[AnswerMode, bool]:
        """What shares a pass: Audio Flamingo's processor wants a clip in every row or in none."""
        return self.prompt.answer_mode, bool(self.prompt.clips)


class Written(NamedTuple):
    """What a pass wrote in one row: the tokens, whether it ended by itself, the scores of its letters."""

    text: str
    tokens: int
    finished: bool = True
    scores: dict[str, float] | None = None


@dataclass(frozen=True)
class Engine:
    """A model that answers prompts, many in a pass.

    Attributes
    ----------
    model : object
        The library's own, on ``device``.
    desk : Desk
        Makes inputs of prompts.
    name : str
        What answers, for the record.
    batch : int
        The most prompts in one pass.
    max_new_tokens : int
        The longest reply.
    temperature : float, optional
        None: greedy decoding.
    seed : int
        Of sampling.
    """

    model: Any
    desk: Desk
    device: str
    name: str
    batch: int
    max_new_tokens: int
    temperature: float | None
    seed: int

    def answer(self, prompts: Sequence[Prompt], is_stopped: IsStopped) -> list[Answer]:
        """Answer each prompt, in the order given; what fails for one is its own answer."""
        answers: dict[int, Answer] = {}
        asked: list[Asked] = []
        for place, prompt in enumerate(prompts):
            try:
                asked.append(Asked(place, prompt, self.desk.chat(prompt)))
            except AudioError as error:
                answers[place] = RequestError(str(error), kind="audio")
            except AdapterError as error:
                answers[place] = error
        for group in self._groups(asked):
            made = self._pass(group, is_stopped)
            answers |= {one.place: answer for one, answer in zip(group, made, strict=True)}
        return [answers[place] for place in range(len(prompts))]

    def _groups(self, asked: list[Asked]) -> Iterator[list[Asked]]:
        # A draw must not depend on what is drawn beside it.
        size = self.batch if self.temperature is None else 1
        for _, alike in groupby(sorted(asked, key=lambda one: one.kind), key=lambda one: one.kind):
            group = list(alike)
            yield from (group[i : i + size] for i in range(0, len(group), size))

    def _pass(self, group: list[Asked], is_stopped: IsStopped) -> list[Answer]:
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
            if _is_beyond_repair(error):
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
        said = sentence(str(error)) or type(error).__name__
        return RequestError(f"the model does not take this prompt: {said}")

    def _forward(self, group: list[Asked], is_stopped: IsStopped) -> list[Answer]:
        import torch

        _check_going(is_stopped)
        mode = group[0].prompt.answer_mode
        write = {"text": self._write, "choice": self._choose, "logprobs": self._score}[mode]
        config = decoding.settings(
            self.model.generation_config, self.max_new_tokens if mode == "text" else 1, self.temperature
        )
        with torch.inference_mode():
            inputs = self.desk.inputs([one.chat for one in group])
            given = inputs["attention_mask"].sum(-1).tolist()
            heard = self.desk.audio_tokens(inputs)
            _check_sound(group, heard)
            self._check_context(inputs["input_ids"].shape[1], config.max_new_tokens)
            inputs = inputs.to(device=self.device, dtype=self.model.dtype)
            with self._seeded(group[0].prompt):
                written = write(group, inputs, config, is_stopped)
        usages = (Usage(input_tokens=n, audio_tokens=sound) for n, sound in zip(given, heard, strict=True))
        return [self._response(row, usage) for row, usage in zip(written, usages, strict=True)]

    def _response(self, row: Written, usage: Usage) -> Response:
        return Response(
            text=row.text,
            stop="end" if row.finished else "length",
            finish_reason="stop" if row.finished else "length",
            served_model=self.name,
            usage=usage.model_copy(update={"output_tokens": row.tokens}),
            letter_logprobs=row.scores,
        )

    def _write(self, _: list[Asked], inputs: Any, config: Any, is_stopped: IsStopped) -> list[Written]:
        """Free text."""
        out = self._generate(inputs, config, is_stopped)
        rows = [decoding.cut(row, config) for row in out.sequences.tolist()]
        texts = self._tokenizer.batch_decode([row.tokens for row in rows], skip_special_tokens=True)
        return [Written(text, len(row.tokens), row.finished) for text, row in zip(texts, rows, strict=True)]

    def _choose(self, group: list[Asked], inputs: Any, config: Any, is_stopped: IsStopped) -> list[Written]:
        """One token, held to the letters of the options."""
        tokens = [self._letters(one.prompt) for one in group]
        out = self._generate(inputs, config, is_stopped, prefix_allowed_tokens_fn=letters.held_to(tokens))
        chosen = [row[0] for row in out.sequences.tolist()]
        return [Written(f"<{letters.spoken(c, own)}>", 1) for c, own in zip(chosen, tokens, strict=True)]

    def _score(self, group: list[Asked], inputs: Any, config: Any, is_stopped: IsStopped) -> list[Written]:
        """The probabilities of the letters as the first token of the answer."""
        tokens = [self._letters(one.prompt) for one in group]
        out = self._generate(inputs, config, is_stopped)
        rows = [letters.logprobs(row, own) for row, own in zip(out.logits[0], tokens, strict=True)]
        return [Written(f"<{letters.best(scores)}>", 1, scores=scores) for scores in rows]

    def _generate(self, inputs: Any, config: Any, is_stopped: IsStopped, **extra: Any) -> Any:
        """The library's own loop; of the sequences only what is new."""
        import torch

        def stopping(tokens: Any, _: Any, **__: Any) -> Any:
            return torch.full((tokens.shape[0],), is_stopped(), device=tokens.device)

        out = self.model.generate(**inputs, generation_config=config, stopping_criteria=[stopping], **extra)
        _check_going(is_stopped)  # or what was stopped would pass for a short answer
        out.sequences = out.sequences[:, inputs["input_ids"].shape[1] :]
        return out

    def _letters(self, prompt: Prompt) -> letters.Tokens:
        tokens = letters.letter_tokens(self._tokenizer, prompt.letters)
        if not tokens:
            why = "has letters that are no single tokens" if prompt.letters else "has no options"
            raise RequestError(f"the prompt {why}: ask it with --answer-mode text", kind="letters")
        return tokens

    @property
    def _tokenizer(self) -> Any:
        return self.desk.processor.tokenizer

    def _check_context(self, given: int, reply: int) -> None:
        context = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        if context is not None and given + reply > context:
            raise RequestError(
                f"{given} tokens and a reply of up to {reply} are beyond the model's context of {context}: "
                "send fewer or shorter clips, or lower max_new_tokens"
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


def _is_beyond_repair(error: Exception) -> bool:
    """Whether the GPU itself failed: after that it fails every prompt, whichever was at fault."""
    import torch

    # Such an error has a class of its own since torch 2.8.
    return isinstance(error, getattr(torch, "AcceleratorError", ())) or _GPU_FAILED in str(error)


def _check_sound(group: Sequence[Asked], heard: Sequence[int | None]) -> None:
    """The library leaves parts that it does not know out of a chat without a word."""
    if any(tokens == 0 and one.prompt.clips for one, tokens in zip(group, heard, strict=True)):
        raise RequestError("the model's processor left the sound out", kind="dropped")


def _check_going(is_stopped: IsStopped) -> None:
    if is_stopped():
        raise RequestError("stopped: nobody waits for the answer", kind="stopped")
