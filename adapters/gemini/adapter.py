"""Gemini through Google's own SDK, at Google or at any server that speaks the Gemini API.

The SDK only builds and sends requests here: it repeats none, follows no redirect (which would carry the key
to another host), and reads no reply (:mod:`.replies` does). Tried with google-genai 3.4.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from starbench.errors import AdapterError, FatalError, InputError, RequestError, TransientError
from starbench.redact import address
from starbench.schema import Capabilities, Outcome, Prompt, Response, TextPart

from ..http_client.body_limit import ENCODINGS, read_bounded
from ..http_client.failures import ERROR_KINDS, redirected
from ..http_client.keys import key_of_environment
from ..http_client.server import LOOK_UP_S, connect, connection_limits, http_address
from ..price_table import lookup
from .failures import raise_unless_success, transport_errors
from .files import Uploads
from .replies import read
from .thinking import Thinking, thinking_config

if TYPE_CHECKING:
    import ssl

    import httpx2
    from google.genai import Client
    from google.genai.types import GenerateContentConfig, Part

    from starbench.audio import Audio

OFFICIAL = "https://generativelanguage.googleapis.com"
#: In the SDK's own order.
_KEYS = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
#: For servers that ask for no key; the SDK demands one.
_NO_KEY = "none"
#: The SDK puts the name into a path as it is.
_MODEL = re.compile(r"(?!.*\.\.)[\w.:@/-]+", re.ASCII)
_VERSION = re.compile(r"/(v\d+(?:alpha|beta)?\d*)$")
#: Base64 makes four letters of three bytes.
_BASE64 = 4 / 3

CAPABILITIES = Capabilities(
    # ai.google.dev/gemini-api/docs/audio: any number of clips, 9.5 h of sound in a prompt.
    formats=("wav", "mp3", "aiff", "aac", "ogg", "flac"),
    max_seconds=9.5 * 3600,
    # The same page: Gemini combines several channels into a single one.
    channels_kept=False,
    # The same page: "downsamples audio files to a 16 Kbps data resolution", which is not a sample rate. We
    # take it as 16 kHz, as the Gemini 1.0 report has it (arXiv:2312.11805 §2: audio at 16 kHz, as features
    # of the Universal Speech Model); Google has published nothing wider since.
    front_end_hz=16_000,
    answer_modes=("text", "choice"),
    outcomes=tuple(Outcome),
    error_kinds=ERROR_KINDS,
)


class Gemini:
    """Any model behind the Gemini API (``gemini:MODEL``).

    The key is read from ``GOOGLE_API_KEY``, else ``GEMINI_API_KEY``.

    Parameters
    ----------
    model : str
        The model's name, such as ``gemini-3.8-flash``.
    base_url : str, optional
        The server, without the API's version; default: ``GOOGLE_GEMINI_BASE_URL``, else Google.
    api_version : str, optional
        Version of the API, such as ``v1beta``; default: the SDK's.
    thinking : str or int, optional
        ``minimal``, ``low``, ``medium`` or ``high`` for Gemini 3; ``off``, ``dynamic`` or a budget in
        tokens for Gemini 2.5.
    temperature : float, optional
        Temperature of sampling; default: the server's. Google advises against any from Gemini 3.6 on.
    max_tokens : int, optional
        The longest reply, tokens, thoughts included; default: the server's.
    seed : int, optional
        Seed of sampling; default: none is sent.
    system : str, optional
        The text of a system instruction; by default there is none.
    max_inline_mb : float, optional
        Sound that is sent within a request, MB; prompts with more go through the Files API. Google takes
        at least 20 MB.

    Raises
    ------
    InputError
        If google-genai is not installed, the server is Google's own and no key is set, or an argument
        cannot work.
    """

    capabilities = CAPABILITIES

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        api_version: str | None = None,
        thinking: Thinking | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        seed: int | None = None,
        system: str | None = None,
        max_inline_mb: float = 15.0,
    ) -> None:
        if not _MODEL.fullmatch(model):
            raise InputError(f"model {model!r} is not a model's name such as gemini-3.8-flash")
        self._model = model
        self._url = _checked_url(base_url or os.environ.get("GOOGLE_GEMINI_BASE_URL") or OFFICIAL)
        self.server = address(self._url)
        self.prices = lookup("gemini", model) if self._url == OFFICIAL else None
        settings = {
            "temperature": temperature,
            "max_output_tokens": max_tokens,
            "seed": seed,
            "system_instruction": system,
            "thinking_config": None if thinking is None else thinking_config(model, thinking),
        }
        self._settings = {name: value for name, value in settings.items() if value is not None}
        self._max_inline = max_inline_mb * 1e6
        key = _key(needed=self._url == OFFICIAL)
        self._http, self._client = _clients(self._url, api_version, key)
        self._uploads = Uploads(self._client.aio.files)

    async def check(self) -> None:
        """Raise an ``InputError`` if the server cannot be reached or has no such model.

        A server other than Google is only connected to: it may serve more models than it lists.
        """
        await connect(self._url)
        if self._url == OFFICIAL:
            await self._check_model()

    async def _check_model(self) -> None:
        try:
            async with asyncio.timeout(LOOK_UP_S):
                with transport_errors(self.server):
                    model = await self._client.aio.models.get(model=self._model)
        except FatalError as error:
            fixes = {
                "not_found": f"has no model {self._model!r} for this key: see its list of models",
                "auth": "does not accept the key in GOOGLE_API_KEY or GEMINI_API_KEY",
            }
            raise InputError(f"{self.server} {fixes.get(error.kind, 'refuses')} ({error})") from error
        except RequestError as error:
            raise InputError(f"{self.server} has no model {self._model!r}: {error}") from error
        except (AdapterError, ValueError, TimeoutError):
            return  # the questions will meet it, and are retried
        if model.supported_actions and "generateContent" not in model.supported_actions:
            raise InputError(
                f"{self._model} answers no questions: choose a model that supports generateContent"
            )

    async def generate(self, prompt: Prompt) -> Response:
        """Answer one prompt; :mod:`.failures` and :mod:`.replies` say what becomes of each failure."""
        from google.genai.types import Content

        content = Content(role="user", parts=await self._parts(prompt))
        with transport_errors(self.server):
            reply = await self._client.aio.models.generate_content(
                model=self._model, contents=content, config=self._config(prompt)
            )
        body = reply.sdk_http_response.body if reply.sdk_http_response else None
        try:
            return read(body or "")
        except RecursionError as error:
            raise TransientError("the reply is nested too deep to be read", kind="malformed") from error

    async def close(self) -> None:
        """Delete the uploaded clips and close the connections."""
        try:
            await self._uploads.discard()
        finally:
            await self._http.aclose()
            self._client.close()

    async def _parts(self, prompt: Prompt) -> list[Part]:
        """Return texts and clips in their order; clips within the request if all of them fit."""
        from google.genai.types import Part

        clips = await asyncio.to_thread(_decoded, prompt)
        if sum(len(clip.wav) for clip in clips) * _BASE64 <= self._max_inline:
            sounds = [Part.from_bytes(data=clip.wav, mime_type="audio/wav") for clip in clips]
        else:
            uris = await asyncio.gather(*(self._uploads.uri(clip.digest, clip.wav) for clip in clips))
            sounds = [Part.from_uri(file_uri=uri, mime_type="audio/wav") for uri in uris]
        clip_parts = iter(sounds)
        return [
            Part.from_text(text=part.text) if isinstance(part, TextPart) else next(clip_parts)
            for part in prompt.parts
        ]

    def _config(self, prompt: Prompt) -> GenerateContentConfig:
        from google.genai.types import AutomaticFunctionCallingConfig, GenerateContentConfig

        settings: dict[str, Any] = dict(self._settings)
        if prompt.answer_mode == "choice":
            settings |= {
                "response_mime_type": "text/x.enum",
                "response_schema": {"type": "STRING", "enum": list(prompt.letters)},
            }
        return GenerateContentConfig(
            should_return_http_response=True,
            automatic_function_calling=AutomaticFunctionCallingConfig(disable=True),
            **settings,
        )


def _checked_url(url: str) -> str:
    url = http_address(url, example="http://localhost:8000")
    version = _VERSION.search(url)
    if version:
        raise InputError(
            f"base_url ends in the API's version: leave it out, and give --model-arg api_version={version[1]}"
        )
    return url


def _key(*, needed: bool) -> str:
    """Return the key of the environment, in the SDK's own order."""
    key = key_of_environment(_KEYS)
    if key is None and needed:
        raise InputError("GEMINI_API_KEY is not set: export it, or name another server with --base-url")
    if key is not None and key.startswith("auth_tokens/"):
        raise InputError(f"{' or '.join(_KEYS)} holds a token of the Live API: export an API key instead")
    return key or _NO_KEY


def _clients(url: str, api_version: str | None, key: str) -> tuple[httpx2.AsyncClient, Client]:
    try:
        import httpx2
        from google import genai
        from google.genai.types import HttpOptions, HttpRetryOptions
    except ImportError as error:
        raise InputError("google-genai is not installed: pip install 'starbench[gemini]'") from error
    # Our own HTTP client: the SDK's would follow redirects, be replaced by aiohttp where that is installed
    # (with other exceptions), and keep at most 100 connections. Timeouts are the harness's.
    tls = _tls()
    http = httpx2.AsyncClient(
        verify=tls,
        timeout=None,
        limits=connection_limits(url),
        headers={"Accept-Encoding": ENCODINGS},
        event_hooks={
            "request": [_to_its_host_only(url)],
            "response": [read_bounded, raise_unless_success],
        },
    )
    options = HttpOptions(
        base_url=url,
        api_version=api_version,
        httpx_async_client=http,
        # For its synchronous and its websocket client, neither of which we use.
        client_args={"verify": tls},
        async_client_args={"ssl": tls},
        retry_options=HttpRetryOptions(attempts=1),
    )
    # Explicit, because an environment set up for Vertex AI would select another API.
    return http, genai.Client(api_key=key, vertexai=False, http_options=options)


def _to_its_host_only(url: str) -> Callable[[httpx2.Request], Awaitable[None]]:
    """Return a hook that lets no request go to another host: an upload goes where the server says."""
    import httpx2

    own = httpx2.URL(url)

    async def refuse_others(request: httpx2.Request) -> None:
        if (request.url.scheme, request.url.host, request.url.port) != (own.scheme, own.host, own.port):
            raise redirected(str(request.url))

    return refuse_others


@cache
def _tls() -> ssl.SSLContext:
    """Return the one TLS context: reading the certificates takes 70 ms, and the SDK would do it thrice."""
    import httpx2

    return httpx2.create_ssl_context()


def _decoded(prompt: Prompt) -> list[Audio]:
    """Decode and encode all clips; in a thread, because both take milliseconds a clip."""
    clips = [part.audio() for part in prompt.clips]
    for clip in clips:
        clip.wav  # noqa: B018 - cached by the clip
    return clips
