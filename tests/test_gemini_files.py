"""Clips too large for a request go through the Files API, by its own upload protocol, once each."""

from __future__ import annotations

import asyncio
import json
import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from starbench.adapters import gemini_files
from starbench.adapters.gemini import Gemini
from starbench.adapters.gemini_files import Uploads
from starbench.audio import Audio
from starbench.errors import AdapterError, FatalError, RequestError, TransientError
from starbench.schema import ClipPart, Prompt, TextPart
from starbench.schema import Response as Answer

MODEL = "gemini-3.8-flash"
ANSWER = {"candidates": [{"content": {"parts": [{"text": "<A>"}]}, "finishReason": "STOP"}]}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if "proxy" in n.lower() or n.startswith(("GOOGLE_", "GEMINI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(gemini_files, "_FIRST_LOOK_S", 0.01)


def as_json(body: Any, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps(body), status, named, mimetype="application/json")


def failure(status: int, **detail: str) -> Response:
    error = {"code": status, "message": "no", "status": "X", "details": [detail]}
    return as_json({"error": error}, status)


@contextmanager
def held_up(api: FilesAPI, step: str) -> Iterator[None]:
    """Let the next ``step`` say nothing until the block is left."""
    over = threading.Event()

    def wait() -> Iterator[bytes]:
        over.wait(20)
        yield b"{}"

    api.faults[step] = [Response(wait(), 200, mimetype="application/json")]
    try:
        yield
    finally:
        over.set()


@dataclass
class FilesAPI:
    """Google's Files API as its documentation has it: start, upload and finalize, look, delete.

    What stands in ``faults`` is answered in place of the next start, upload, look or delete.
    """

    server: HTTPServer
    states: list[str] = field(default_factory=lambda: ["ACTIVE"])
    faults: dict[str, list[Response]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    files: dict[str, bytes] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    announced: dict[str, tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        def route(
            path: str | re.Pattern[str], method: str, step: str, act: Callable[[Request], Response]
        ) -> None:
            def answer(request: Request) -> Response:
                self.counts[step] += 1
                faults = self.faults.get(step)
                return faults.pop(0) if faults else act(request)

            self.server.expect_request(path, method=method).respond_with_handler(answer)

        one = re.compile(r"/v1/files/clip-\d+")
        route("/upload/v1/files", "POST", "start", self._start)
        route(re.compile(r"/resume/clip-\d+"), "POST", "upload", self._upload)
        route(one, "GET", "look", lambda r: as_json(self._file(r.path.rpartition("/")[2])))
        route(one, "DELETE", "delete", self._delete)
        route(f"/v1/models/{MODEL}:generateContent", "POST", "ask", lambda _: as_json(ANSWER))

    @property
    def url(self) -> str:
        return self.server.url_for("/")

    @property
    def questions(self) -> list[list[dict[str, Any]]]:
        asked = [request for request, _ in self.server.log if request.path.endswith(":generateContent")]
        return [request.get_json()["contents"][0]["parts"] for request in asked]

    def _start(self, request: Request) -> Response:
        assert request.headers["X-Goog-Upload-Protocol"] == "resumable"
        assert request.headers["X-Goog-Upload-Command"] == "start"
        name = f"clip-{len(self.announced)}"
        size = int(request.headers["X-Goog-Upload-Header-Content-Length"])
        self.announced[name] = (size, request.headers["X-Goog-Upload-Header-Content-Type"])
        url = self.server.url_for(f"/resume/{name}?upload_id=u-{name}&upload_protocol=resumable")
        return as_json({}, X_Goog_Upload_URL=url, X_Goog_Upload_Status="active")

    def _upload(self, request: Request) -> Response:
        """Take one of the chunks that the SDK cuts a file into."""
        name = request.path.rpartition("/")[2]
        held = self.files.get(name, b"")
        assert int(request.headers["X-Goog-Upload-Offset"]) == len(held)
        self.files[name] = held + request.get_data()
        if request.headers["X-Goog-Upload-Command"] == "upload":
            return as_json({}, X_Goog_Upload_Status="active")
        assert request.headers["X-Goog-Upload-Command"] == "upload, finalize"
        assert len(self.files[name]) == self.announced[name][0]
        return as_json({"file": self._file(name)}, X_Goog_Upload_Status="final")

    def _file(self, name: str) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {
            "name": f"files/{name}",
            "uri": f"{self.url}v1/files/{name}",
            "mimeType": "audio/wav",
            "state": state,
        }

    def _delete(self, request: Request) -> Response:
        self.deleted.add(request.path.rpartition("/")[2])
        return as_json({})


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def api(server: HTTPServer) -> Iterator[FilesAPI]:
    server.clear()
    yield FilesAPI(server)
    server.check_assertions()


def clip(value: int, n: int = 400) -> ClipPart:
    audio = Audio(np.full((n, 1), value, dtype=np.int16), 16_000)
    return ClipPart.of(lambda: audio)


def question(*clips: ClipPart) -> Prompt:
    labelled = [part for i, c in enumerate(clips) for part in (TextPart(text=f"Audio {i + 1}:"), c)]
    return Prompt(parts=(*labelled, TextPart(text="Which?")))


def ask(adapter: Gemini, *prompts: Prompt, at_once: bool = True) -> list[Answer | AdapterError]:
    """Put all prompts; a failure stands in its answer's place."""

    async def one(prompt: Prompt) -> Answer | AdapterError:
        try:
            return await adapter.generate(prompt)
        except AdapterError as error:
            return error

    async def all_of_them() -> list[Answer | AdapterError]:
        try:
            if at_once:
                return list(await asyncio.gather(*map(one, prompts)))
            return [await one(prompt) for prompt in prompts]
        finally:
            await adapter.close()

    return asyncio.run(all_of_them())


def uploading(api: FilesAPI) -> Gemini:
    """An adapter that sends no sound within a request."""
    return Gemini(MODEL, api.url, max_inline_mb=0.0)


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
    monkeypatch.setattr(gemini_files, "_PATIENCE_S", 0.1)
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
    monkeypatch.setattr(gemini_files, "_FAREWELL_S", 0.0)
    (answer,) = ask(uploading(api), question(clip(1)))
    assert isinstance(answer, Answer)
    assert api.deleted == set()


def test_a_clip_that_google_has_forgotten_is_uploaded_again(
    api: FilesAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gemini_files, "_KEPT_S", -1.0)
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


@pytest.mark.parametrize("step", ["start", "upload", "look"])
def test_an_upload_that_hangs_is_a_timeout_for_all_that_wait_and_the_next_call_tries_again(
    api: FilesAPI, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(gemini_files, "_UPLOAD_S", 0.4)
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
    monkeypatch.setattr(gemini_files, "_UPLOAD_S", 0.0)
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
                uploads.address("digest", wav), uploads.address("digest", wav), return_exceptions=True
            )
            return both, await uploads.address("digest", wav)
        finally:
            await uploads.discard()
            await adapter.close()

    both, address = asyncio.run(three())
    assert [getattr(error, "kind", None) for error in both] == ["server", "server"]
    assert address.endswith("/v1/files/clip-0")
    assert api.counts["start"] == 2
