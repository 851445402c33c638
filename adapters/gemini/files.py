"""Clips too large for a request: each uploaded once to Google's Files API, and deleted at the end."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from starbench.errors import AdapterError, TransientError

from .failures import transport_errors

if TYPE_CHECKING:
    from google.genai.files import AsyncFiles
    from google.genai.types import File

#: Google keeps a file for 48 h (ai.google.dev/gemini-api/docs/files); to refer to it later would be a 403.
_KEEP_S = 40 * 3600.0
_FIRST_POLL_S = 0.2
_LONGEST_POLL_S = 5.0
#: Audio is ready at once or within seconds.
_READY_WITHIN_S = 120.0
#: No run waits longer than this for its files to be deleted.
_DELETE_WITHIN_S = 10.0
_DELETES_IN_FLIGHT = 8
#: A clip is uploaded and ready within this, s, and the time that a slow line takes (bytes a second).
_UPLOAD_WITHIN_S = 300.0
_SLOW_LINE = 125_000


class _Upload(NamedTuple):
    uri: asyncio.Task[str]
    started: float


class Uploads:
    """Uploaded clips by their digest, through the SDK's Files API."""

    def __init__(self, files: AsyncFiles) -> None:
        self._files = files
        self._uploads: dict[str, _Upload] = {}
        self._names: list[str] = []

    async def uri(self, digest: str, wav: bytes) -> str:
        """Return the URI of a clip, uploaded by the first call; after one that failed the next tries again."""
        now = asyncio.get_running_loop().time()
        upload = self._uploads.get(digest)
        if upload is None or now - upload.started > _KEEP_S:
            upload = _Upload(asyncio.create_task(self._put(wav)), now)
            self._uploads[digest] = upload
            upload.uri.add_done_callback(lambda task: self._forget_failed(digest, task))
        # A question that times out must not cancel an upload that others wait for.
        return await asyncio.shield(upload.uri)

    async def discard(self) -> None:
        """Delete what was uploaded, as far as that works in a few seconds; Google itself deletes the rest."""
        tasks = [upload.uri for upload in self._uploads.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        names, self._names = self._names, []
        self._uploads.clear()
        limit = asyncio.Semaphore(_DELETES_IN_FLIGHT)
        with suppress(TimeoutError):
            async with asyncio.timeout(_DELETE_WITHIN_S):
                await asyncio.gather(*(self._delete(name, limit) for name in names))

    def _forget_failed(self, digest: str, task: asyncio.Task[str]) -> None:
        failed = task.cancelled() or task.exception() is not None
        if failed and digest in self._uploads and self._uploads[digest].uri is task:
            del self._uploads[digest]

    async def _put(self, wav: bytes) -> str:
        """Upload a clip within bounded time: no question's timeout applies to it."""
        limit = _UPLOAD_WITHIN_S + len(wav) / _SLOW_LINE
        try:
            async with asyncio.timeout(limit):
                with _files_api_errors():
                    file = await self._files.upload(file=io.BytesIO(wav), config={"mime_type": "audio/wav"})
                if file.name:
                    self._names.append(file.name)
                file = await self._ready(file)
        except TimeoutError as error:
            raise TransientError(f"a clip is not uploaded after {limit:.0f} s", kind="timeout") from error
        if not file.uri:
            raise TransientError("the uploaded clip has no URI", kind="malformed")
        return file.uri

    async def _ready(self, file: File) -> File:
        wait, waited = _FIRST_POLL_S, 0.0
        while _state(file) == "PROCESSING":
            if waited > _READY_WITHIN_S:
                raise TransientError(f"an uploaded clip is not ready after {waited:.0f} s", kind="timeout")
            await asyncio.sleep(wait)
            waited += wait
            wait = min(2 * wait, _LONGEST_POLL_S)
            with _files_api_errors():
                file = await self._files.get(name=file.name or "")
        if _state(file) == "FAILED":
            raise TransientError("Google could not process an uploaded clip", kind="server")
        return file

    async def _delete(self, name: str, limit: asyncio.Semaphore) -> None:
        with suppress(AdapterError):
            async with limit:
                with _files_api_errors():
                    await self._files.delete(name=name)


def _state(file: File) -> str:
    return "" if file.state is None else file.state.name


@contextmanager
def _files_api_errors() -> Iterator[None]:
    """Turn failures into ours; on an unexpected reply the SDK's own parser fails with plain exceptions."""
    try:
        with transport_errors("the Files API"):
            yield
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise TransientError(f"the Files API's reply cannot be read: {error}", kind="malformed") from error
