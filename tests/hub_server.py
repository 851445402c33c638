"""A loopback copy of the Hugging Face hub's API with one data set, which has one commit."""

from __future__ import annotations

import json
import re
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

REPOSITORY = "internlm/STAR-Bench"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
#: Files that are delivered by a redirect to a content server, and read in parts.
LARGE = (".wav", ".zip", ".gz")


class Hub:
    """The hub's API with one data set, which has one commit."""

    def __init__(self, server: HTTPServer, folder: Path | None = None, repository: str = REPOSITORY) -> None:
        self.server = server
        self.repository = repository
        self.ranges: list[tuple[str, int]] = []
        self.files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*") if folder else ())
            if folder and path.is_file()
        }
        self.blobs = {sha256(data).hexdigest(): data for data in self.files.values()}
        self.paths: list[str] = []
        self.gated_files = False

    def __call__(self, request: Request) -> Response:
        self.paths.append(request.path)
        api = f"/api/datasets/{self.repository}"
        if request.path in (f"{api}/revision/main", f"{api}/revision/{COMMIT}"):
            return self._json({"id": self.repository, "sha": COMMIT, "siblings": []})
        if request.path == f"{api}/tree/{COMMIT}":
            return self._json([self._entry(name, data) for name, data in self.files.items()])
        if request.path.startswith(f"{api}/tree/{COMMIT}/"):
            folder = request.path.removeprefix(f"{api}/tree/{COMMIT}/")
            within = [(name, data) for name, data in self.files.items() if name.rpartition("/")[0] == folder]
            return self._json([self._entry(name, data) for name, data in within])
        if request.path.startswith((f"{api}/revision/", f"{api}/tree/")):
            return failure(404, "RevisionNotFound", "Invalid rev id")
        resolve = f"/datasets/{self.repository}/resolve/{COMMIT}/"
        if request.path.startswith(resolve):
            return self._file(request.path.removeprefix(resolve))
        if request.path == f"{api}/paths-info/{COMMIT}":
            asked = request.form.getlist("paths") or (request.get_json(silent=True) or {}).get("paths", [])
            return self._json([self._entry(name, self.files[name]) for name in asked if name in self.files])
        if request.path.startswith("/cdn/"):
            return self._part(request, self.blobs[request.path.removeprefix("/cdn/")])
        return failure(401, "RepoNotFound", "Invalid username or password.")

    def _entry(self, name: str, data: bytes) -> dict[str, Any]:
        entry = {"type": "file", "path": name, "size": len(data), "oid": sha1(data).hexdigest()}
        if name.endswith(LARGE):
            entry["lfs"] = {"oid": sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
        return entry

    def _file(self, name: str) -> Response:
        """A text file is sent at once, a large one by a redirect to a content server."""
        if self.gated_files:
            return failure(403, "GatedRepo", "Access to dataset is restricted")
        data = self.files[name]
        if not name.endswith(LARGE):
            return Response(data, headers={"ETag": f'"{sha1(data).hexdigest()}"', "X-Repo-Commit": COMMIT})
        digest = sha256(data).hexdigest()
        return Response(
            status=302,
            headers={
                # Another host: the client treats redirects that leave the hub differently.
                "Location": f"http://localhost:{self.server.port}/cdn/{digest}",
                "X-Repo-Commit": COMMIT,
                "X-Linked-Etag": f'"{digest}"',
                "X-Linked-Size": str(len(data)),
            },
        )

    def _part(self, request: Request, data: bytes) -> Response:
        """The bytes that a request asks for, all of them or a range."""
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        if match is None:
            self.ranges.append((request.path, len(data)))
            return Response(data)
        first, last = int(match[1]), min(int(match[2]), len(data) - 1)
        self.ranges.append((request.path, last - first + 1))
        headers = {"Content-Range": f"bytes {first}-{last}/{len(data)}"}
        return Response(data[first : last + 1], 206, headers)

    @staticmethod
    def _json(value: object) -> Response:
        return Response(json.dumps(value), content_type="application/json")


def failure(status: int, code: str | None = None, message: str = "") -> Response:
    headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
    return Response(json.dumps({"error": message}), status, headers, content_type="application/json")
