"""Clips too large for a request, put into Google's Files API once each and taken out again at the end."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starbench.errors import AdapterError, TransientError

from .failures import translated

if TYPE_CHECKING:
    from google.genai.files import AsyncFiles
    from google.genai.types import File

#: Google keeps a file for 48 h (ai.google.dev/gemini-api/docs/files); to name it later would be a 403.
_KEPT_S = 40 * 3600.0
_FIRST_LOOK_S = 0.2
_LONGEST_LOOK_S = 5.0
#: Audio is ready at once or within seconds.
_PATIENCE_S = 120.0
#: Deleting is a courtesy that no run waits long for.
_FAREWELL_S = 10.0
_DELETED_AT_A_TIME = 8
#: A clip is up and ready within this or never, s, with time on top for what a slow line (1 Mbit/s) takes.
_UPLOAD_S = 300.0
_SLOW_LINE = 125_000


@dataclass(frozen=True)
class _Upload:
    address: asyncio.Task[str]
    started: float


class Uploads:
    """Uploaded clips by their digest.

    Parameters
    ----------
    files : AsyncFiles
        The SDK's Files API.
    """

    def __init__(self, files: AsyncFiles) -> None:
        self._files = files
        self._uploads: dict[str, _Upload] = {}
        self._names: list[str] = []

    async def address(self, digest: str, wav: bytes) -> str:
        """Upload a clip, unless that was done or is under way, and return the address to refer to it by.

        Raises
        ------
        AdapterError
            As the upload failed; the next call tries again.
        """
        now = asyncio.get_running_loop().time()
        upload = self._uploads.get(digest)
        if upload is None or now - upload.started > _KEPT_S:
            upload = _Upload(asyncio.create_task(self._put(wav)), now)
            self._uploads[digest] = upload
            upload.address.add_done_callback(lambda task: self._forget_failed(digest, task))
        # A question that times out takes no upload with it that others wait for.
        return await asyncio.shield(upload.address)

    async def discard(self) -> None:
        """Delete what was uploaded, as far as that works in a few seconds; Google itself deletes the rest.

        Nothing is left to delete then: a second call has nothing to do.
        """
        tasks = [upload.address for upload in self._uploads.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        names, self._names = self._names, []
        self._uploads.clear()
        limit = asyncio.Semaphore(_DELETED_AT_A_TIME)
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await asyncio.gather(*(self._delete(name, limit) for name in names))

    def _forget_failed(self, digest: str, task: asyncio.Task[str]) -> None:
        failed = task.cancelled() or task.exception() is not None
        if failed and digest in self._uploads and self._uploads[digest].address is task:
            del self._uploads[digest]

    async def _put(self, wav: bytes) -> str:
        """Upload a clip within bounded time: no question's timeout reaches it, and later ones join it."""
        patience = _UPLOAD_S + len(wav) / _SLOW_LINE
        try:
            async with asyncio.timeout(patience):
                return await self._put_patiently(wav)
        except TimeoutError as error:
            raise TransientError(f"a clip is not uploaded after {patience:.0f} s", kind="timeout") from error

    async def _put_patiently(self, wav: bytes) -> str:
        with _understood():
            file = await self._files.upload(file=io.BytesIO(wav), config={"mime_type": "audio/wav"})
        if file.name:
            self._names.append(file.name)
        file = await self._ready(file)
        if not file.uri:
            raise TransientError("the uploaded clip has no address", kind="malformed")
        return file.uri

    async def _ready(self, file: File) -> File:
        wait, waited = _FIRST_LOOK_S, 0.0
        while _state(file) == "PROCESSING":
            if waited > _PATIENCE_S:
                raise TransientError(f"an uploaded clip is not ready after {waited:.0f} s", kind="timeout")
            await asyncio.sleep(wait)
            waited += wait
            wait = min(2 * wait, _LONGEST_LOOK_S)
            with _understood():
                file = await self._files.get(name=file.name or "")
        if _state(file) == "FAILED":
            raise TransientError("Google could not process an uploaded clip", kind="server")
        return file

    async def _delete(self, name: str, limit: asyncio.Semaphore) -> None:
        with suppress(AdapterError):
            async with limit:
                with _understood():
                    await self._files.delete(name=name)


def _state(file: File) -> str:
    return "" if file.state is None else file.state.name


@contextmanager
def _understood() -> Iterator[None]:
    """Turn failures into ours; of a reply that it does not expect the SDK lets its own parser complain."""
    try:
        with translated("the Files API"):
            yield
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise TransientError(f"the Files API's reply is not understood: {error}", kind="malformed") from error
