"""Words by a server with OpenAI's endpoint ``/audio/transcriptions``."""

from __future__ import annotations

import os
from typing import Any

from starbench.audio import Audio, quantise
from starbench.errors import InputError, TransientError
from starbench.models.call import in_thread

from ...http_client.failures import ERROR_KINDS, raise_for
from ...http_client.keys import key_of_environment
from ...http_client.openai_client import failed_requests, openai_client
from ...http_client.replies import field, json_object
from ...http_client.server import http_address
from ..estimates import Samples

_OPENAI = "https://api.openai.com/v1"


class Transcription:
    """Asks an OpenAI-compatible server for the words of the mean of the channels.

    Parameters
    ----------
    model : str
        The model's name at the server.
    base_url : str, optional
        The server; default: ``OPENAI_BASE_URL``, else OpenAI.
    language : str, optional
        ISO 639-1 code of the language, where it is known.

    Raises
    ------
    InputError
        If the address cannot be one, or the server is OpenAI's and ``OPENAI_API_KEY`` is not set.
    """

    error_kinds = ERROR_KINDS

    def __init__(self, model: str, base_url: str | None = None, language: str | None = None) -> None:
        url = http_address(
            base_url or os.environ.get("OPENAI_BASE_URL") or _OPENAI, "http://localhost:8000/v1"
        )
        key = key_of_environment(("OPENAI_API_KEY",))
        if key is None and url == _OPENAI:
            raise InputError(
                "OPENAI_API_KEY is not set: export it, or give --model-arg recogniser.base_url=…"
            )
        self._fields = {"model": model, **({} if language is None else {"language": language})}
        self._client = openai_client(url, key)

    async def __call__(self, samples: Samples, rate: int) -> str:
        """Recognise one clip; failures are those of any server behind HTTP."""
        mono = samples.mean(axis=1, keepdims=True)
        wav = await in_thread(lambda: Audio(quantise(mono), rate).wav)
        text = field(json_object(await self._post(wav)), "text")
        if not isinstance(text, str):
            raise TransientError("the reply holds no text", kind="malformed")
        return text

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _post(self, wav: bytes) -> Any:
        import openai

        try:
            with failed_requests():
                return await self._client.post(
                    "/audio/transcriptions",
                    cast_to=object,
                    body=dict(self._fields),
                    files={"file": ("clip.wav", wav, "audio/wav")},
                    options={
                        "security": {"bearer_auth": True},
                        "headers": {"Content-Type": "multipart/form-data"},
                    },
                )
        except openai.APIStatusError as error:
            code = error.body.get("code") if isinstance(error.body, dict) else None
            return raise_for(error.status_code, {code}, error.message, error.response.headers)
