"""An upload that hangs ends, and a closed adapter leaves nothing behind, however often it is closed."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest
from gemini_files_server import FilesAPI, ask, clip, held_up, question, uploading
from pytest_httpserver import HTTPServer
from werkzeug import Response

from starbench.adapters.gemini import files as gemini_files
from starbench.errors import FatalError, TransientError
from starbench.schema import Response as Answer


@pytest.mark.parametrize("step", ["start", "upload", "look"])
def test_an_upload_that_hangs_is_a_timeout_for_all_that_wait_and_the_next_call_tries_again(
    api: FilesAPI, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(gemini_files, "_UPLOAD_WITHIN_S", 0.4)
    api.states = ["PROCESSING", "ACTIVE"] if step == "look" else ["ACTIVE"]
    adapter = uploading(api)

    async def three() -> tuple[list[Any], Answer]:
        try:
            with held_up(api, step):
                asked = (adapter.generate(question(clip(1))) for _ in range(2))
                both = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 10)
            return both, await adapter.generate(question(clip(1)))
        finally:
            await adapter.close()

    both, answer = asyncio.run(three())
    assert [(type(error), error.kind) for error in both] == [(TransientError, "timeout")] * 2
    assert "not uploaded after" in str(both[0])
    assert answer.text == "<A>"
    assert api.counts["start"] == 2


def test_a_large_clip_has_more_time(api: FilesAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemini_files, "_UPLOAD_WITHIN_S", 0.0)
    monkeypatch.setattr(gemini_files, "_SLOW_LINE", 40)
    (answer,) = ask(uploading(api), question(clip(1)))
    assert isinstance(answer, Answer)
    monkeypatch.setattr(gemini_files, "_SLOW_LINE", 1e9)
    (failed,) = ask(uploading(api), question(clip(1)))
    assert isinstance(failed, TransientError)
    assert failed.kind == "timeout"


def test_closing_twice_deletes_once(api: FilesAPI) -> None:
    adapter = uploading(api)

    async def twice() -> None:
        await adapter.generate(question(clip(1)))
        await adapter.close()
        await adapter.close()

    asyncio.run(twice())
    assert api.counts["delete"] == 1
    assert api.deleted == {"clip-0"}


def test_connections_are_closed_even_where_discarding_fails(
    api: FilesAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = uploading(api)

    async def fail() -> None:
        raise RuntimeError("discarding failed")

    monkeypatch.setattr(adapter._uploads, "discard", fail)
    with pytest.raises(RuntimeError, match="discarding failed"):
        asyncio.run(adapter.close())
    assert adapter._http.is_closed


def test_sound_goes_to_no_other_host_that_an_upload_names(api: FilesAPI) -> None:
    """Where a clip is to be uploaded to is what the server says; it may name itself only."""
    with HTTPServer() as other:
        away = {"X-Goog-Upload-URL": other.url_for("/take-it"), "X-Goog-Upload-Status": "active"}
        api.faults["start"] = [Response("{}", 200, away, mimetype="application/json")]
        (failed,) = ask(uploading(api), question(clip(1)))
        assert other.log == []
    assert isinstance(failed, FatalError)
    assert urlsplit(other.url_for("/")).netloc in str(failed)
