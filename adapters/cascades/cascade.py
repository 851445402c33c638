"""What cascades share: the model behind them, whose limits, answers and errors are theirs."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from starbench.audio import Audio
from starbench.errors import InputError, StarbenchError
from starbench.models.adapter import Model
from starbench.models.call import AdapterCall
from starbench.models.resolve import recorded_arguments, resolve
from starbench.schema import Capabilities, ClipPart, Outcome, Prices, Prompt, Response, TextPart

#: Kind of the error of a clip that the first stage is not for.
NOT_APPLICABLE = "not_applicable"


def split_spec(spec: str, form: str) -> tuple[str, str]:
    """The two stages of ``FIRST+MODEL``; :class:`InputError` if one is missing, with the form that is right."""
    first, _, model = spec.partition("+")
    if not first or not model:
        raise InputError(f"name both stages, as {form}")
    return first, model


def split_arguments(arguments: Mapping[str, str], stage: str) -> tuple[dict[str, str], dict[str, str]]:
    """Arguments of the first stage, which begin with ``stage.``, without that; and those of the model."""
    prefix = f"{stage}."
    own = {name.removeprefix(prefix): text for name, text in arguments.items() if name.startswith(prefix)}
    return own, {name: text for name, text in arguments.items() if not name.startswith(prefix)}


class Cascade(ABC):
    """Puts a changed prompt to the model behind it; a subclass says how prompts are changed, and what it declares.

    What the model answers, and every error that it raises, is the cascade's.
    """

    capabilities: Capabilities

    def __init__(self, stage: str, first: Any, model: str, arguments: Mapping[str, str]) -> None:
        self._inner: Model = resolve(model, arguments)
        self._first = first
        self.server = self._inner.server
        self.check_limit_s = self._inner.check_limit_s
        self.prices: Prices | None = self._inner.declared("prices")
        self.versions = {**self._inner.versions, **first.versions}
        self.identity = {
            stage: first.spec,
            f"{stage}_arguments": json.dumps(first.arguments, sort_keys=True),
            "inner_model": self._inner.spec,
            "inner_arguments": json.dumps(recorded_arguments(self._inner), sort_keys=True),
        }
        self._loop: asyncio.AbstractEventLoop | None = None
        if (self._inner.capabilities.max_batch or 1) > 1:
            self.generate_batch = self._generate_batch

    @abstractmethod
    async def changed(self, prompt: Prompt) -> Prompt:
        """The prompt as the model behind gets it."""

    @abstractmethod
    def delivered(self, _audio: Audio) -> Audio:
        """What the model behind gets of a clip; raises :class:`NotApplicableError` where that is no single sound."""

    async def generate(self, prompt: Prompt) -> Response:
        """Answer one prompt as the model behind does."""
        return await self._model()(await self.changed(prompt), alone=True)

    async def _generate_batch(self, prompts: list[Prompt]) -> list[object]:
        """Answer several prompts at once; those that cannot be changed are errors in their places."""
        changed = await asyncio.gather(*map(self._changed_or_error, prompts))
        sent = [prompt for prompt in changed if isinstance(prompt, Prompt)]
        answers = iter(await self._model().ask_together(sent) if sent else ())
        return [next(answers) if isinstance(prompt, Prompt) else prompt for prompt in changed]

    async def check(self) -> None:
        """Let the model behind object."""
        await self._inner.check()

    async def close(self) -> None:
        """Let the model behind clean up."""
        await self._inner.close()

    async def _changed_or_error(self, prompt: Prompt) -> Prompt | StarbenchError:
        try:
            return await self.changed(prompt)
        except StarbenchError as error:
            return error

    def _model(self) -> AdapterCall:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # slots belong to a loop
            self._loop, self._call = loop, AdapterCall(self._inner.adapter)
        return self._call

    def declare(self, **changes: Any) -> Capabilities:
        """The capabilities of the model behind, with the changes that its first stage makes."""
        inner = self._inner.capabilities
        kinds = dict.fromkeys((*inner.error_kinds, NOT_APPLICABLE, *self.error_kinds))
        outcomes = dict.fromkeys((*inner.outcomes, Outcome.ERROR))
        changes = {"outcomes": tuple(outcomes), "error_kinds": tuple(kinds), **changes}
        return Capabilities.model_validate({**dict(inner), **changes})

    @property
    def error_kinds(self) -> Sequence[str]:
        """Kinds of the errors that the first stage raises itself."""
        return ()


def rebuilt(prompt: Prompt, parts: Sequence[TextPart | ClipPart], how: Sequence[str]) -> Prompt:
    """The prompt with other parts; ``how`` tells what they were made by and what they hold, for its digest."""
    digest = sha256("\0".join((prompt.digest, *how)).encode()).hexdigest()
    return prompt.model_copy(update={"parts": tuple(parts), "digest": digest})
