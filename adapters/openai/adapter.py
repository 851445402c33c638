"""OpenAI Chat Completions with sound in the prompt, at OpenAI or at any compatible server.

What servers do differently is data (:mod:`.dialects`); what replies mean stands in :mod:`.completions`.
The openai SDK 3.x raises exceptions of its own for HTTP errors, but lets a truncated body through as
``ValueError``, and returns a ``str`` for a 200 that is not declared as JSON.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from starbench.errors import AdapterError, InputError, TransientError
from starbench.redact import address
from starbench.schema import Capabilities, Outcome, Prices, Prompt, Response

from ..http_client.audio_body import EncodedClips
from ..http_client.failures import ERROR_KINDS
from ..http_client.keys import key_of_environment
from ..http_client.openai_client import failed_requests, openai_client
from ..http_client.server import LOOK_UP_S, connect, http_address
from ..price_table import lookup
from .completions import raise_or_blocked, read_completion
from .dialects import Dialect, by_address, by_name
from .listing import ListedModels
from .request import checked_fields, merged, request_body

if TYPE_CHECKING:
    from openai import APIStatusError

#: These answer 400 to a request without audio (docs/models.md has the source).
_NEED_AUDIO = ("gpt-audio", "gpt-4o-audio", "gpt-4o-mini-audio")


class OpenAI:
    """Any model behind OpenAI's Chat Completions API or a compatible server (``openai:MODEL``).

    Parameters
    ----------
    model : str
        The model's name at the server.
    base_url : str, optional
        The server; default: ``OPENAI_BASE_URL``, else the dialect's own vendor, else OpenAI.
    dialect : str, optional
        How the server differs from others: ``openai``, ``openrouter``, ``vllm``, ``sglang``,
        ``llama.cpp``, ``transformers`` or ``compatible``; default: chosen by the server's host.
    text_only : bool, optional
        Whether the model takes prompts without audio; default: derived from the model's name.
    temperature : float, optional
        Temperature of sampling; default: the server's.
    max_tokens : int, optional
        The longest reply, tokens, those of reasoning included; default: the server's.
    seed : int, optional
        Seed of sampling, where the server supports one.
    system : str, optional
        The text of a system message before the question; by default there is none.
    max_clips : int, optional
        Clips that the model takes in a prompt; this and the next four default to what the dialect states.
    max_seconds : float, optional
        The longest clip that the model takes, s.
    front_end_hz : int, optional
        The rate that the model resamples to, Hz: it hears nothing above half of it.
    max_channels : int, optional
        Channels that the model takes in a clip.
    channels_kept : bool, optional
        Whether the model keeps two channels separate (true) or mixes them to mono (false).
    extra_body : dict, optional
        Further fields of every request, such as ``{"reasoning_effort": "low"}``.

    Raises
    ------
    InputError
        If an argument cannot work, or the server is a vendor's own and its key is not set.
    """

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        dialect: str | None = None,
        text_only: bool | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        seed: int | None = None,
        system: str | None = None,
        max_clips: int | None = None,
        max_seconds: float | None = None,
        front_end_hz: int | None = None,
        max_channels: int | None = None,
        channels_kept: bool | None = None,
        extra_body: dict[str, Any] | None = None,
    ) -> None:
        self._model = model
        self._url, self._dialect = _server(base_url or os.environ.get("OPENAI_BASE_URL"), dialect)
        self.server = address(self._url)
        # Chosen by the host, it decides what is sent as much as an argument would.
        self.identity = {"dialect": self._dialect.name}
        options = {"temperature": temperature, self._dialect.max_tokens_field: max_tokens, "seed": seed}
        self._fields = merged(
            {name: value for name, value in options.items() if value is not None}, self._dialect.extra_body
        )
        self._extra_body = checked_fields(extra_body)
        self._system = system
        self._client = openai_client(self._url, _key(self._dialect, self._url))
        self._clips = EncodedClips()
        self._listed_models = ListedModels(self._client)
        if text_only is None:
            text_only = self._dialect.text_only and not model.rpartition("/")[2].startswith(_NEED_AUDIO)
        limits = {
            "max_clips": max_clips,
            "max_seconds": max_seconds,
            "front_end_hz": front_end_hz,
            "max_channels": max_channels,
            "channels_kept": channels_kept,
        }
        self.capabilities = _capabilities(self._dialect, text_only, limits)
        vendor = self._dialect.vendor if self._is_the_vendor else None
        self.prices: Prices | None = lookup(vendor, model) if vendor else None

    @property
    def _is_the_vendor(self) -> bool:
        return self._url == self._dialect.base_url

    async def check(self) -> None:
        """Raise an ``InputError`` if the server cannot be reached or has no such model.

        A compatible server is only connected to: it may serve more models than it lists at ``/models``.
        """
        await connect(self._url)
        if self._is_the_vendor and self._dialect.lists_models:
            await self._check_model()

    async def _check_model(self) -> None:
        import openai

        try:
            async with asyncio.timeout(LOOK_UP_S):
                await self._client.models.retrieve(self._model)
        except openai.NotFoundError as error:
            advice = await self._listed_models.advice(self._model)
            message = f"{self.server} has no model {self._model!r} for this key"
            raise InputError(f"{message}: {advice}" if advice else message) from error
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise InputError(f"{self.server} does not accept {self._dialect.key_variables[0]}") from error
        except (openai.OpenAIError, AdapterError, ValueError, RecursionError, TimeoutError):
            return  # the questions will meet it, and are retried

    async def generate(self, prompt: Prompt) -> Response:
        """Answer one prompt; see :mod:`.completions` for what becomes of each failure."""
        body = await asyncio.to_thread(self._body, prompt)
        try:
            return await self._ask(body, prompt)
        except RecursionError as error:
            raise TransientError("the reply is nested too deep to be read", kind="malformed") from error

    async def _ask(self, body: bytes, prompt: Prompt) -> Response:
        import openai

        try:
            with failed_requests(self.server):
                reply = await self._client.post(
                    "/chat/completions",
                    cast_to=object,
                    content=body,
                    options={"security": {"bearer_auth": True}},
                )
        except openai.APIStatusError as error:
            message = _server_message(error)
            if error.status_code == 404:
                message = f"{message} {await self._listed_models.advice(self._model)}".rstrip()
            return raise_or_blocked(error.status_code, error.body, message, error.response.headers)
        choice = self._dialect.choice
        return read_completion(reply, prompt, choice.answer_in if choice else "text")

    def _body(self, prompt: Prompt) -> bytes:
        mode_fields = self._dialect.mode_fields(prompt.answer_mode, prompt.letters)
        return request_body(
            prompt,
            self._clips,
            model=self._model,
            system=self._system,
            audio_part=self._dialect.audio_part,
            fields=merged(merged(self._fields, mode_fields), self._extra_body),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _server(url: str | None, dialect: str | None) -> tuple[str, Dialect]:
    """Return the address and its dialect, given either, both or neither."""
    example = "http://localhost:8000/v1"
    if url is not None:
        url = http_address(url, example)
        return url, by_name(dialect) if dialect else by_address(url)
    record = by_name(dialect or "openai")
    if record.base_url is None:
        raise InputError(
            f"dialect {dialect!r} has no server of its own: name yours with --base-url {example}"
        )
    return record.base_url, record


def _key(dialect: Dialect, url: str) -> str | None:
    own = key_of_environment(dialect.key_variables)
    if own is None and url == dialect.base_url:
        raise InputError(
            f"{dialect.key_variables[0]} is not set: export it, or name another server with --base-url"
        )
    return own


def _capabilities(dialect: Dialect, text_only: bool, arguments: dict[str, Any]) -> Capabilities:
    """Return what the dialect declares, except for the limits that the user gives."""
    limits = {name: getattr(dialect, name) if value is None else value for name, value in arguments.items()}
    try:
        return Capabilities(
            text_only=text_only,
            formats=dialect.formats,
            answer_modes=dialect.answer_modes,
            outcomes=tuple(Outcome),
            error_kinds=(*ERROR_KINDS, "no_logprobs"),
            **limits,
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"--model-arg {first['loc'][0]}={first['input']}: {first['msg']}") from error


def _server_message(error: APIStatusError) -> str:
    """Return the server's message: the SDK repeats an ``error.message`` alone, no ``detail`` and no text."""
    repeated = error.body.get("message") if isinstance(error.body, dict) else None
    return error.message if repeated or not error.body else f"{error.message} - {error.body}"
