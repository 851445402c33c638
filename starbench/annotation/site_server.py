"""A server of one folder to this machine alone: files below a secret address, and one place to post to.

The address holds a secret and the ``Host`` must be this machine's, so neither another user nor a page from elsewhere
that runs in the same browser can read or post anything.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from starbench.errors import InputError, StarbenchError
from starbench.storage.inputs import read_bytes

HOST = "127.0.0.1"
_LARGEST_POST = 1 << 16
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".csv": "text/csv; charset=utf-8",
    ".tex": "text/plain; charset=utf-8",
}
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class SiteServer(ThreadingHTTPServer):
    """Serves the files of ``folder``; ``scripts`` are made when they are asked for, ``post`` takes what is sent.

    ``post`` raises :class:`StarbenchError` for what it does not take; the sender gets its sentence.
    Raises :class:`InputError` if the port is not free.
    """

    daemon_threads = True

    def __init__(
        self,
        folder: Path,
        port: int,
        scripts: Mapping[str, Callable[[], str]],
        post: Callable[[bytes], None],
    ) -> None:
        self.folder, self.scripts, self.post = folder.absolute(), scripts, post
        self.secret = secrets.token_urlsafe(18)
        try:
            super().__init__((HOST, port), _Request)
        except OSError as error:
            raise InputError(
                f"--port {port} cannot be used: {error.strerror}; 0 takes one that is free"
            ) from error

    @property
    def address(self) -> str:
        """Where the folder is, with the secret."""
        return f"http://{HOST}:{self.server_port}/{self.secret}/"


class _Request(BaseHTTPRequestHandler):
    server: SiteServer
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        name = self._name()
        if self.path == "/favicon.ico":  # browsers ask for it by themselves
            self._send(HTTPStatus.NO_CONTENT)
        elif name is None:
            self._send(HTTPStatus.NOT_FOUND)
        elif (script := self.server.scripts.get(name)) is not None:
            self._send(HTTPStatus.OK, script().encode(), _TYPES[".js"])
        else:
            self._send_file(name)

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        if self._name() != "annotations" or not size.isdecimal() or int(size) > _LARGEST_POST:
            self.close_connection = True  # what was sent is not read
            self._send(HTTPStatus.NOT_FOUND)
            return
        try:
            self.server.post(self.rfile.read(int(size)))
        except StarbenchError as error:
            self._send(HTTPStatus.BAD_REQUEST, str(error).encode(), "text/plain; charset=utf-8")
        else:
            self._send(HTTPStatus.NO_CONTENT)

    def _name(self) -> str | None:
        """What is asked for, below the secret; None for whoever does not know it, or comes from elsewhere."""
        host = self.headers.get("Host", "")
        first, _, name = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        is_ours = secrets.compare_digest(first.encode(), self.server.secret.encode())
        return name or "items.html" if is_ours and host == f"{HOST}:{self.server.server_port}" else None

    def _send_file(self, name: str) -> None:
        """A file of the folder, or the part of it that a player asks for."""
        path, content_type = PurePosixPath(name), _TYPES.get(PurePosixPath(name).suffix)
        # Sounds may be links to the suite's files; no name that is asked for leads out of the folder by itself.
        if content_type is None or path.is_absolute() or ".." in path.parts:
            self._send(HTTPStatus.NOT_FOUND)
            return
        try:
            data = read_bytes(self.server.folder.joinpath(path))
        except (OSError, ValueError):
            self._send(HTTPStatus.NOT_FOUND)
            return
        part = _RANGE.fullmatch(self.headers.get("Range", ""))
        if part is None or int(part[1]) >= len(data):
            self._send(HTTPStatus.OK, data, content_type)
            return
        first, last = int(part[1]), min(int(part[2] or len(data) - 1), len(data) - 1)
        whole = {"Content-Range": f"bytes {first}-{last}/{len(data)}"}
        self._send(HTTPStatus.PARTIAL_CONTENT, data[first : last + 1], content_type, whole)

    def _send(
        self,
        status: HTTPStatus,
        body: bytes = b"",
        content_type: str = "text/plain; charset=utf-8",
        headers: Mapping[str, str] = {},
    ) -> None:
        self.send_response(status)
        for name, value in {
            **_HEADERS,
            **headers,
            "Accept-Ranges": "bytes",
            "Content-Type": content_type,
            "Content-Length": str(len(body)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing: the address holds the secret."""
