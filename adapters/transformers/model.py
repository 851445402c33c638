"""Models on this machine, through transformers: any that takes sound, writes text and has a class there."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cached_property, partial
from threading import Event
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.errors import AdapterError, InputError
from starbench.models.encoder import Layers, Stage
from starbench.schema import AnswerMode, Capabilities, Outcome, Prompt, Response

from .decoding import special_tokens
from .engine import Answer, Engine
from .front_end import delivery_of
from .layer_reader import LayerReader
from .letters import letter_tokens
from .limits import limits_of
from .loading import load, open_checkpoint, pick_device, quiet
from .prompt_encoder import PromptEncoder
from .steering import steered

T = TypeVar("T")
DType = Literal["auto", "float32", "bfloat16", "float16"]


class Transformers:
    """An open audio-language model, loaded by its own class and run here (``transformers:MODEL``).

    Clips arrive as one channel at the rate of the model's front end. Decoding is greedy; what the checkpoint
    suggests for chatting (sampling, penalties) is not used. Answers of a batch equal those of single prompts
    up to rounding: in 16-bit types a near tie may come out differently.

    Parameters
    ----------
    model : str
        A directory with a checkpoint, or a name on the hub (``Qwen/Qwen2-Audio-7B-Instruct``).
    device : str
        Where to compute, as torch names it; ``auto`` is the GPU if there is one, else the CPU.
    dtype : {"auto", "float32", "bfloat16", "float16"}
        Type of the weights; ``auto`` is the one they are stored in.
    max_new_tokens : int
        The longest reply, tokens; a longer one is truncated, and recorded as such.
    batch : int
        The most prompts in one pass.
    temperature : float, optional
        Draw from the whole distribution at this temperature, one prompt at a time; by default, and at 0,
        greedy.
    seed : int
        The seed of these draws; each also depends on its prompt, and on nothing else.
    attn : str, optional
        The library's name of an implementation of attention (``sdpa``, ``flash_attention_2``).
    revision : str, optional
        Branch, tag or commit on the hub.
    system : str, optional
        The text of a system turn, if the model's chat template has one; by default the template decides.
    max_clips : int, optional
        Clips that the model takes in a prompt; default: as known of its architecture.
    max_seconds : float, optional
        The longest clip that the model takes, s; default: as known of its architecture.
    trust_remote_code : bool
        Whether Python code that comes with the checkpoint may be executed.

    Raises
    ------
    InputError
        If there is no such model, it takes no sound, an argument is unusable, or a package is missing.
    """

    #: The first run downloads the weights, s.
    check_limit_s = 24 * 3600.0

    def __init__(
        self,
        model: str,
        device: str = "auto",
        dtype: DType = "auto",
        max_new_tokens: int = 256,
        batch: int = 1,
        temperature: float | None = None,
        seed: int = 0,
        attn: str | None = None,
        revision: str | None = None,
        system: str | None = None,
        max_clips: int | None = None,
        max_seconds: float | None = None,
        trust_remote_code: bool = False,
    ) -> None:
        _check_at_least(1, max_new_tokens=max_new_tokens, batch=batch)
        _check_at_least(0, temperature=temperature, max_clips=max_clips)
        if max_seconds is not None and not max_seconds > 0:
            raise InputError(f"max_seconds={max_seconds:g}: must be more than 0")
        self._checkpoint = open_checkpoint(model, revision, is_trusted=trust_remote_code)
        self.identity = {"checkpoint": self._checkpoint.served_name}
        self._device = pick_device(device)
        self._dtype, self._attention, self._system = dtype, attn, system
        self.delivered = delivery_of(self._checkpoint.processor, self._checkpoint.rate)
        self.capabilities = self._capabilities(batch, max_clips, max_seconds)
        self._engine: Engine | None = None
        self._new_engine = partial(
            Engine,
            device=self._device,
            name=self.identity["checkpoint"],
            batch=batch,
            max_new_tokens=max_new_tokens,
            temperature=temperature or None,
            seed=seed,
        )
        # One pass at a time, in one thread: what still waits for it can be cancelled.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="transformers")
        self._closing = Event()

    async def check(self) -> None:
        """Load the weights; ``InputError`` if that fails, or the system turn would be lost."""
        await self._in_turn(self._ready, Event())

    async def generate(self, prompt: Prompt) -> Response:
        """Answer one prompt; a ``RequestError`` if the model cannot take it, or runs out of memory."""
        (answer,) = await self.generate_batch([prompt])
        if isinstance(answer, AdapterError):
            raise answer
        return answer

    async def generate_batch(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """Answer several prompts in as few passes as possible; the answer to one that fails is its error."""
        stop = Event()

        def work() -> list[Answer]:
            engine = self._ready()
            with quiet():
                return engine.answer(prompts, lambda: stop.is_set() or self._closing.is_set())

        return await self._in_turn(work, stop)

    @property
    def stages(self) -> dict[str, Stage]:
        """Layer -> the part of the model that it is of; loads the weights."""
        return self._reader.stages

    @property
    def note(self) -> str:
        """What must stand beside every figure of its layers."""
        return LayerReader.note

    def encode(self, audio: Audio) -> Layers:
        """What each layer of tower, projector and language model makes of a clip."""
        return self._reader.encode(audio)

    def random_twin(self, seed: int) -> LayerReader:
        """The same network, never trained."""
        return self._reader.random_twin(seed)

    def steered(self, layer: str, vector: NDArray[np.float32]) -> AbstractContextManager[None]:
        """Add a direction to every frame that a layer gives, while the block is left open; loads the weights."""
        return steered(self._reader.modules, layer, vector)

    @cached_property
    def _reader(self) -> LayerReader:
        return LayerReader(self._ready(), self._checkpoint.rate)

    def close(self) -> None:
        """Stop what is running and free the memory."""
        import torch

        self._closing.set()
        self._worker.shutdown(wait=True, cancel_futures=True)
        self._engine = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    async def _in_turn(self, work: Callable[[], T], stop: Event) -> T:
        """Do ``work`` when its turn comes. When cancelled, a waiting call is dropped, a running one stops."""
        try:
            return await asyncio.wrap_future(self._worker.submit(_without_stop_iteration, work))
        except asyncio.CancelledError:
            stop.set()
            raise

    def _ready(self) -> Engine:
        if self._engine is None:
            encoder = PromptEncoder(self._checkpoint.processor, self.capabilities, self._system)
            with quiet():
                encoder.check_system()
            model = load(self._checkpoint, self._device, self._dtype, self._attention)
            model.generation_config = special_tokens(model.generation_config, self._checkpoint.tokenizer)
            self._engine = self._new_engine(model=model, encoder=encoder)
        return self._engine

    def _capabilities(self, batch: int, max_clips: int | None, max_seconds: float | None) -> Capabilities:
        clips, seconds = limits_of(self._checkpoint.kind, self._checkpoint.processor)
        single = letter_tokens(self._checkpoint.tokenizer) is not None
        modes: tuple[AnswerMode, ...] = ("text", "choice", "logprobs") if single else ("text",)
        return Capabilities(
            text_only=True,
            max_clips=clips if max_clips is None else max_clips,
            max_seconds=seconds if max_seconds is None else max_seconds,
            rates=(self._checkpoint.rate,),
            front_end_hz=self._checkpoint.rate,
            max_channels=1,
            channels_kept=False,
            answer_modes=modes,
            max_batch=batch,
            # More would only wait, with their timeouts running.
            max_in_flight=2 * batch,
            # Nothing between these weights and us could withhold an answer.
            outcomes=tuple(outcome for outcome in Outcome if outcome is not Outcome.BLOCKED),
            error_kinds=("bad_request", "audio", "dropped", "letters", "memory", "nan"),
        )


def _without_stop_iteration(work: Callable[[], T]) -> T:
    """Do ``work``. No future can hold a StopIteration (its waiter would hang), so that one is replaced."""
    try:
        return work()
    except StopIteration as error:
        raise RuntimeError("the library raised StopIteration") from error


def _check_at_least(least: int, **arguments: float | None) -> None:
    for name, value in arguments.items():
        if value is not None and not value >= least:
            raise InputError(f"{name}={value}: must be at least {least}")
