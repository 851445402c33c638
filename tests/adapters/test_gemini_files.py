"""Clips too large for a request go through the Files API, by its own upload protocol, once each."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from gemini_files_server import FilesAPI, as_json, ask, clip, failure, question, uploading
from gemini_server import MODEL
from werkzeug import Response

from starbench.adapters.gemini import Gemini
from starbench.adapters.gemini import files as gemini_files
from starbench.adapters.gemini.files import Uploads
from starbench.errors import AdapterError, FatalError, RequestError, TransientError
from starbench.schema import Response as Answer

# What is uploaded -----------------------------------------------------------------------------------


def test_clips_are_uploaded_and_named_in_their_order(api: FilesAPI) -> None:
    clips = [clip(1), clip(2)]
    (answer,) = ask(uploading(api), question(*clips))
    assert isinstance(answer, Answer)
    assert answer.text == "<A>"
    (parts,) = api.questions
    texts = [part.get("text") for part in parts]
    assert texts == ["Audio 1:", None, "Audio 2:", None, "Which?"]
    names = [part["fileData"]["file_uri"].rpartition("/")[2] for part in parts if "fileData" in part]
    assert [api.files[name] for name in names] == [part.audio().wav for part in clips]
    assert {mime for _, mime in api.announced.values()} == {"audio/wav"}
    assert {part["fileData"]["mime_type"] for part in parts if "fileData" in part} == {"audio/wav"}


def test_what_fits_is_sent_within_the_request(api: FilesAPI) -> None:
    ask(Gemini(MODEL, api.url), question(clip(1)))
    assert api.counts == {"ask": 1}


@pytest.mark.parametrize(("encoded_bytes", "uploads"), [(-1, 2), (1, 0)])
def test_the_limit_is_held_against_all_clips_as_they_are_encoded(
    api: FilesAPI, encoded_bytes: int, uploads: int
) -> None:
    clips = [clip(1), clip(2)]
    size = sum(len(part.audio().wav) for part in clips) * 4 / 3
    ask(Gemini(MODEL, api.url, max_inline_mb=(size + encoded_bytes) / 1e6), question(*clips))
    assert api.counts["upload"] == uploads


def test_fifteen_megabytes_are_the_default(api: FilesAPI) -> None:
    n = 15_000_000 * 3 // 4 // 2
    ask(Gemini(MODEL, api.url), question(clip(1, n - 50)), question(clip(2, n + 50)), at_once=False)
    assert ["inlineData" in parts[1] for parts in api.questions] == [True, False]
    # 11 MB are uploaded in two chunks.
    assert api.counts["upload"] == 2
    assert api.files == {"clip-0": clip(2, n + 50).audio().wav}


@pytest.mark.parametrize("at_once", [True, False])
def test_a_clip_is_uploaded_once_however_many_ask_of_it(api: FilesAPI, at_once: bool) -> None:
    shared = clip(1)
    prompts = [question(shared, clip(2 + i % 2)) for i in range(6)]
    answers = ask(uploading(api), *prompts, at_once=at_once)
    assert all(isinstance(answer, Answer) for answer in answers)
    assert api.counts["start"] == api.counts["upload"] == 3
    named = {parts[1]["fileData"]["file_uri"] for parts in api.questions}
    assert len(named) == 1


def test_nothing_but_sound_is_told_of_a_clip(api: FilesAPI) -> None:
    ask(uploading(api), question(clip(1)))
    start = next(request for request, _ in api.server.log if request.path == "/upload/v1/files")
    assert set(start.get_json()["file"]) <= {"mimeType", "mime_type", "sizeBytes", "size_bytes"}


# Waiting for it, and forgetting it ------------------------------------------------------------------


def test_a_clip_is_named_only_when_it_is_ready(api: FilesAPI) -> None:
    api.states = ["PROCESSING", "PROCESSING", "ACTIVE"]
    ask(uploading(api), question(clip(1)))
    assert api.counts["look"] == 2
    paths = [request.path for request, _ in api.server.log]
    assert paths.index(f"/v1/models/{MODEL}:generateContent") > paths.index("/v1/files/clip-0")


def test_a_clip_that_never_gets_ready_is_a_timeout(api: FilesAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    api.states = ["PROCESSING"]
    monkeypatch.setattr(gemini_files, "_READY_WITHIN_S", 0.1)
    (failed,) = ask(uploading(api), question(clip(1)))
    assert isinstance(failed, TransientError)
    assert failed.kind == "timeout"
    assert api.counts["ask"] == 0
    assert api.deleted == {"clip-0"}


def test_a_clip_that_cannot_be_processed_is_uploaded_again_at_the_next_attempt(api: FilesAPI) -> None:
    api.states = ["PROCESSING", "FAILED", "ACTIVE"]
    failed, answer = ask(uploading(api), question(clip(1)), question(clip(1)), at_once=False)
    assert isinstance(failed, TransientError)
    assert failed.kind == "server"
    assert isinstance(answer, Answer)
    assert api.counts["upload"] == 2


def test_what_was_uploaded_is_deleted_at_the_end(api: FilesAPI) -> None:
    ask(uploading(api), *(question(clip(i)) for i in range(20)))
    assert len(api.files) == 20
    assert api.deleted == set(api.files)


def test_a_failure_to_delete_harms_nothing(api: FilesAPI) -> None:
    api.faults["delete"] = [failure(500), Response("gone", 200), failure(403)]
    answers = ask(uploading(api), *(question(clip(i)) for i in range(4)))
    assert all(isinstance(answer, Answer) for answer in answers)
    assert api.counts["delete"] == 4
    assert len(api.deleted) == 1


def test_nothing_waits_long_for_deleting(api: FilesAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemini_files, "_DELETE_WITHIN_S", 0.0)
    (answer,) = ask(uploading(api), question(clip(1)))
    assert isinstance(answer, Answer)
    assert api.deleted == set()


def test_a_clip_that_google_has_forgotten_is_uploaded_again(
    api: FilesAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gemini_files, "_KEEP_S", -1.0)
    ask(uploading(api), question(clip(1)), question(clip(1)), at_once=False)
    assert api.counts["upload"] == 2
    assert len(api.deleted) == 2


def test_a_question_that_gives_up_takes_no_upload_from_another(api: FilesAPI) -> None:
    api.states = ["PROCESSING"] * 20 + ["ACTIVE"]
    adapter = uploading(api)

    async def both() -> Answer:
        try:
            impatient = asyncio.create_task(adapter.generate(question(clip(1))))
            patient = asyncio.create_task(adapter.generate(question(clip(1))))
            while not api.files:
                await asyncio.sleep(0.01)
            impatient.cancel()
            with pytest.raises(asyncio.CancelledError):
                await impatient
            api.states = ["ACTIVE"]
            return await patient
        finally:
            await adapter.close()

    assert asyncio.run(both()).text == "<A>"
    assert api.counts["upload"] == 1


def test_closing_stops_an_upload_under_way(api: FilesAPI) -> None:
    api.states = ["PROCESSING"]
    adapter = uploading(api)

    async def abandon() -> None:
        asked = asyncio.create_task(adapter.generate(question(clip(1))))
        while not api.counts["look"]:
            await asyncio.sleep(0.01)
        await adapter.close()
        with pytest.raises(asyncio.CancelledError):
            await asked

    asyncio.run(abandon())
    assert api.deleted == {"clip-0"}


# Failures -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["start", "upload"])
@pytest.mark.parametrize(
    ("fault", "cls", "kind"),
    [
        (failure(503), TransientError, "server"),
        (failure(429), TransientError, "rate_limit"),
        (failure(413), RequestError, "bad_request"),
        (failure(403), FatalError, "auth"),
        (failure(400, reason="API_KEY_INVALID"), FatalError, "auth"),
        (Response("<html>", 502), TransientError, "server"),
    ],
)
def test_a_failed_upload_is_what_a_failed_question_is(
    api: FilesAPI, step: str, fault: Response, cls: type[AdapterError], kind: str
) -> None:
    api.faults[step] = [Response(fault.get_data(), fault.status_code, fault.headers)]
    failed, answer = ask(uploading(api), question(clip(1)), question(clip(1)), at_once=False)
    assert type(failed) is cls
    assert failed.kind == kind
    # Nobody repeats it but the harness, which then starts afresh.
    assert api.counts["start"] == 2
    assert api.counts["upload"] == (1 if step == "start" else 2)
    assert isinstance(answer, Answer)


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("start", as_json({})),
        ("upload", Response("<html>", 200, {"X-Goog-Upload-Status": "final"})),
        ("upload", as_json({"unexpected": 1}, X_Goog_Upload_Status="final")),
        ("upload", as_json([1], X_Goog_Upload_Status="final")),
        ("upload", as_json({"file": "clip"}, X_Goog_Upload_Status="final")),
        ("upload", as_json({"file": {"name": "files/clip-0"}}, X_Goog_Upload_Status="final")),
        ("upload", as_json({}, X_Goog_Upload_Status="active")),
        ("upload", as_json({}, X_Goog_Upload_Status="cancelled")),
        ("look", Response("cut {", 200)),
    ],
)
def test_what_the_files_api_does_not_say_is_malformed(api: FilesAPI, step: str, fault: Response) -> None:
    api.states = ["PROCESSING", "ACTIVE"]
    api.faults[step] = [fault]
    failed, answer = ask(uploading(api), question(clip(1)), question(clip(1)), at_once=False)
    assert isinstance(failed, TransientError)
    assert failed.kind == "malformed"
    assert isinstance(answer, Answer)


def test_a_failed_upload_fails_all_that_wait_for_it_and_nobody_after(api: FilesAPI) -> None:
    api.faults["start"] = [failure(500)]
    adapter = uploading(api)
    uploads = Uploads(adapter._client.aio.files)
    wav = clip(1).audio().wav

    async def three() -> tuple[list[Any], str]:
        try:
            both = await asyncio.gather(
                uploads.uri("digest", wav), uploads.uri("digest", wav), return_exceptions=True
            )
            return both, await uploads.uri("digest", wav)
        finally:
            await uploads.discard()
            await adapter.close()

    both, address = asyncio.run(three())
    assert [getattr(error, "kind", None) for error in both] == ["server", "server"]
    assert address.endswith("/v1/files/clip-0")
    assert api.counts["start"] == 2
