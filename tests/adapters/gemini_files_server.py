"""Google's Files API on this machine, and an adapter that puts every clip into it."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gemini_server import ANSWER, MODEL, PATH
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from starbench.adapters.gemini import Gemini
from starbench.audio import Audio
from starbench.errors import AdapterError
from starbench.schema import ClipPart, Prompt, TextPart
from starbench.schema import Response as Answer


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
        route(PATH, "POST", "ask", lambda _: as_json(ANSWER))

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
            answer: Answer = await adapter.generate(prompt)
            return answer
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
