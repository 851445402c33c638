"""OpenAI Chat Completions with ``input_audio``, at OpenAI or at any compatible server.

Facts behind the mapping of failures: the openai SDK 3.x raises its own tree for HTTP errors, but
lets a cut body through as ``json.JSONDecodeError`` and returns a ``str`` for HTML in a 200; some
servers report errors inside a 200, or leave ``choices`` out.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from starbench.errors import FatalError, InputError, RequestError, TransientError
from starbench.redact import address
from starbench.schema import Capabilities, ClipPart, Prompt, Response, Stop, TextPart, Usage

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from openai.types.chat import ChatCompletion

OFFICIAL = "https://api.openai.com/v1"
#: These answer 400 to a request with no audio in it (adapters fact sheet §1).
_NEED_AUDIO = ("gpt-audio", "gpt-4o-audio", "gpt-4o-mini-audio")
_CONNECT_S = 10.0
#: SDK placeholder for servers that ask for no key.
_NO_KEY = "none"

_FATAL = {401: "auth", 402: "quota", 403: "auth", 404: "not_found"}
_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_STOPS: dict[str, Stop] = {"length": "length", "content_filter": "blocked"}


class OpenAI:
    """Any model behind OpenAI's Chat Completions API or a compatible server (``openai:MODEL``).

    Parameters
    ----------
    model : str
        The model's name at the server.
    base_url : str, optional
        The server; default: ``OPENAI_BASE_URL``, else OpenAI.
    text_only : bool, optional
        Whether the model takes prompts without audio; default: known by the model's name.
    temperature, max_tokens, seed
        Sent only when given; the server's own defaults hold otherwise.

    Raises
    ------
    InputError
        If OpenAI itself is to be asked and ``OPENAI_API_KEY`` is not set.
    """

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        text_only: bool | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        seed: int | None = None,
    ) -> None:
        import openai

        self._url = (base_url or os.environ.get("OPENAI_BASE_URL") or OFFICIAL).rstrip("/")
        if urlsplit(self._url).scheme not in ("http", "https"):
            raise InputError("base_url is not an http(s) address, such as http://localhost:8000/v1")
        key = os.environ.get("OPENAI_API_KEY")
        if not key and self._url == OFFICIAL:
            raise InputError("OPENAI_API_KEY is not set: export it, or name another server with --base-url")
        self.server = address(self._url)
        self._model = model
        options: dict[str, Any] = {
            "temperature": temperature,
            "max_completion_tokens": max_tokens,
            "seed": seed,
        }
        self._options = {name: value for name, value in options.items() if value is not None}
        # Retries are the harness's: two layers would hide each other's counts.
        self._client = openai.AsyncOpenAI(
            api_key=key or _NO_KEY,
            base_url=self._url,
            max_retries=0,
            timeout=openai.Timeout(None, connect=_CONNECT_S),
        )
        if text_only is None:
            text_only = not model.startswith(_NEED_AUDIO)
        self.capabilities = Capabilities(text_only=text_only, formats=("wav", "mp3"))

    async def check(self) -> None:
        """Object before anything is asked if the server cannot be reached or knows no such model.

        A compatible server is only connected to: what it lists at ``/models`` binds it to nothing.

        Raises
        ------
        InputError
            If no question can succeed.
        """
        if not _is_proxied(self._url):
            await self._connect()
        if self._url == OFFICIAL:
            await self._check_model()

    async def _connect(self) -> None:
        parts = urlsplit(self._url)
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            async with asyncio.timeout(_CONNECT_S):
                _, writer = await asyncio.open_connection(parts.hostname, port)
        except (OSError, ValueError) as error:
            raise InputError(f"the server {self.server} cannot be reached: {error or 'no reply'}") from error
        writer.close()

    async def _check_model(self) -> None:
        import openai

        try:
            await self._client.models.retrieve(self._model)
        except openai.NotFoundError as error:
            raise InputError(f"{self.server} has no model {self._model!r} for this key") from error
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise InputError(f"{self.server} does not accept OPENAI_API_KEY") from error
        except openai.OpenAIError:
            return  # the questions themselves will meet it, with retries

    async def generate(self, prompt: Prompt) -> Response:
        """Put one prompt; see the module for what becomes of each failure."""
        import openai

        content: Any = await asyncio.to_thread(_content, prompt)
        try:
            completion = await self._client.chat.completions.create(
                model=self._model,
                messages=[{"role": "user", "content": content}],
                **self._options,
            )
        except openai.APITimeoutError as error:
            raise TransientError(str(error), kind="timeout") from error
        except openai.APIConnectionError as error:
            raise TransientError(f"{error} ({error.__cause__})", kind="connection") from error
        except openai.APIStatusError as error:
            _raise_for(error.status_code, {error.code, error.type}, error.message, error.response.headers)
        except (json.JSONDecodeError, UnicodeDecodeError, openai.APIResponseValidationError) as error:
            raise TransientError(f"the reply is not whole JSON: {error}", kind="malformed") from error
        return _response(completion)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _is_proxied(url: str) -> bool:
    """Whether the environment sends ``url`` through a proxy, so that no direct way need be open."""
    parts = urlsplit(url)
    proxies = getproxies()
    return (parts.scheme in proxies or "all" in proxies) and not proxy_bypass(parts.hostname or "")


def _content(prompt: Prompt) -> list[dict[str, Any]]:
    return [_text(part) if isinstance(part, TextPart) else _clip(part) for part in prompt.parts]


def _text(part: TextPart) -> dict[str, Any]:
    return {"type": "text", "text": part.text}


def _clip(part: ClipPart) -> dict[str, Any]:
    data = base64.b64encode(part.audio().wav).decode("ascii")
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


def _raise_for(status: int, codes: Collection[object], message: str, headers: Mapping[str, str]) -> NoReturn:
    said = message if str(status) in message else f"{status}: {message}"
    if 300 <= status < 400:
        raise FatalError(f"{said} (a redirect: name the server's own address)", kind="not_found")
    if status in _FATAL:
        raise FatalError(said, kind=_FATAL[status])
    if status == 429 and _QUOTA.intersection(codes):
        raise FatalError(said, kind="quota")
    if status == 429:
        raise TransientError(said, kind="rate_limit", retry_after=_retry_after(headers))
    if status in (408, 409) or status >= 500:
        raise TransientError(said, kind="server", retry_after=_retry_after(headers))
    raise RequestError(said)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from ``retry-after-ms`` or ``Retry-After`` (seconds or a date, RFC 9110 §10.2.3)."""
    for name, scale in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            return max(0.0, float(value) * scale)
        except ValueError:
            pass
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time())
        except ValueError:
            continue
    return None


def _response(completion: ChatCompletion | object) -> Response:
    """Read a reply that came with status 200, which promises little."""
    choices = getattr(completion, "choices", None)
    if not isinstance(choices, list):
        _raise_for_error_inside(completion)
    if not choices:
        return Response(text=None, served_model=_name(completion), usage=_usage(completion))
    message, reason = getattr(choices[0], "message", None), getattr(choices[0], "finish_reason", None)
    refusal = getattr(message, "refusal", None)
    text = _message_text(message)
    return Response(
        text=text if text else refusal,
        stop="refused" if refusal else _STOPS.get(str(reason), "end"),
        finish_reason=None if reason is None else str(reason),
        served_model=_name(completion),
        usage=_usage(completion),
    )


def _raise_for_error_inside(completion: object) -> NoReturn:
    error = getattr(completion, "error", None)
    if isinstance(error, dict):
        code, message = error.get("code"), str(error.get("message", error))
        codes = {str(code), str(error.get("type"))}
        if _QUOTA & codes:
            raise FatalError(message, kind="quota")
        _raise_for(int(str(code)) if str(code).isdecimal() else 500, codes, message, {})
    if error:
        raise TransientError(f"the server says: {error}", kind="server")
    kind = "HTML or text" if isinstance(completion, str) else "JSON without choices"
    raise TransientError(f"the reply is {kind}, not a chat completion", kind="malformed")


def _message_text(message: object) -> str | None:
    content = getattr(message, "content", None)
    if isinstance(content, list):  # some servers answer in parts
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if content is None:
        # With spoken output the text stands beside the sound.
        content = getattr(getattr(message, "audio", None), "transcript", None)
    return None if content is None else str(content)


def _name(completion: object) -> str | None:
    name = getattr(completion, "model", None)
    return None if name is None else str(name)


def _usage(completion: object) -> Usage | None:
    usage = getattr(completion, "usage", None)
    if usage is None:
        return None
    given, made = (
        getattr(usage, "prompt_tokens_details", None),
        getattr(usage, "completion_tokens_details", None),
    )
    return Usage(
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
        audio_tokens=_count(given, "audio_tokens"),
        reasoning_tokens=_count(made, "reasoning_tokens"),
    )


def _count(owner: object, name: str) -> int | None:
    value = getattr(owner, name, None)
    return value if isinstance(value, int) else None
