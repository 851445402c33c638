"""The data set from the hub: the real client against a loopback copy of the hub's API.

Each case runs in its own process, because huggingface_hub reads its settings when it is imported.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hub_server import COMMIT, REPOSITORY, Hub, failure
from pytest_httpserver import HTTPServer
from werkzeug import Response

from starbench.tasks.star_bench import StarBench

OTHER_COMMIT = "f" * 40

LOAD = """
import json, sys, time
time.sleep = lambda _: None  # the client waits between its attempts
from starbench.errors import SuiteError
from starbench.tasks.star_bench import StarBench
from starbench.suites.clip_store import ClipStore
try:
    suite = StarBench().load(sys.argv[1])
except SuiteError as error:
    print(json.dumps({"error": str(error), "problems": error.problems}))
else:
    store = ClipStore(suite)
    print(json.dumps({
        "ids": sorted(item.id for item in suite.items), "spec": suite.spec, "digest": suite.digest,
        "clips": sorted({store.get(path).digest for path in suite.clips}),
    }))
"""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1", threaded=True) as http_server:
        yield http_server


@pytest.fixture
def load(tmp_path: Path) -> Any:
    """Load a source in a new process with ``endpoint`` as the hub; the cache is kept between calls."""

    def load(source: str, endpoint: str, **settings: str) -> dict[str, Any]:
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("HF_") and not name.lower().endswith("_proxy")
        }
        environment |= {
            "HF_ENDPOINT": endpoint.rstrip("/"),
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            **settings,
        }
        done = subprocess.run(
            [sys.executable, "-c", LOAD, source],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return load


def sentence(answer: dict[str, Any]) -> str:
    """The error message of an answer, which is one sentence."""
    assert "error" in answer, f"it loaded: {answer}"
    assert "\n" not in answer["error"]
    assert "Traceback" not in answer["error"]
    return answer["error"]


def serve(server: HTTPServer, hub: Any) -> str:
    server.clear()
    server.expect_request(re.compile("/.*")).respond_with_handler(hub)
    return server.url_for("/")


def test_a_pinned_commit_is_downloaded_and_is_the_same_suite_as_the_folder(
    server: HTTPServer, load: Any, samples: Path
) -> None:
    local = StarBench().load(str(samples))
    hub = Hub(server, samples)
    loaded = load(f"{REPOSITORY}@{COMMIT}", serve(server, hub))
    assert "error" not in loaded, loaded
    assert loaded["ids"] == sorted(item.id for item in local.items)
    assert loaded["digest"] == local.digest
    assert loaded["clips"] == sorted({clip.digest for clip in local.clips.values()})
    assert loaded["spec"] == {"source": REPOSITORY, "revision": COMMIT}
    assert not any(path.endswith("README.md") for path in hub.paths), "only the data are downloaded"


def test_a_branch_is_recorded_as_its_commit_and_a_cached_one_loads_offline(
    server: HTTPServer, load: Any, samples: Path
) -> None:
    endpoint = serve(server, Hub(server, samples))
    online = load(f"{REPOSITORY}@main", endpoint)
    assert online["spec"]["revision"] == COMMIT
    hub = Hub(server)
    serve(server, hub)
    assert load(f"{REPOSITORY}@main", endpoint, HF_HUB_OFFLINE="1") == online
    assert hub.paths == [], "offline means that nothing is requested"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (f"{REPOSITORY}@no-such-branch", "has no revision 'no-such-branch'"),
        (f"{REPOSITORY}@{OTHER_COMMIT}", f"has no revision '{OTHER_COMMIT}'"),
        ("nobody/nothing", "no data set nobody/nothing on the hub"),
        (f"nobody/nothing@{COMMIT}", "no data set nobody/nothing on the hub"),
    ],
)
def test_what_the_hub_does_not_have_is_named(server: HTTPServer, load: Any, source: str, words: str) -> None:
    assert words in sentence(load(source, serve(server, Hub(server))))


def test_a_gated_repository_is_distinguished_from_a_missing_one(server: HTTPServer, load: Any) -> None:
    endpoint = serve(server, lambda _: failure(403, "GatedRepo", "Access is restricted"))
    assert "is gated" in sentence(load(f"{REPOSITORY}@{COMMIT}", endpoint))


def test_a_repository_that_lists_its_files_but_withholds_them_is_gated_too(
    server: HTTPServer, load: Any, tmp_path: Path
) -> None:
    (tmp_path / "data" / "meta_info").mkdir(parents=True)
    (tmp_path / "data" / "meta_info" / "foundation_perception.json").write_text("[]")
    hub = Hub(server, tmp_path / "data")
    hub.gated_files = True
    assert "is gated" in sentence(load(f"{REPOSITORY}@{COMMIT}", serve(server, hub)))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda _: failure(500), id="500"),
        pytest.param(lambda _: failure(404), id="404 without a code"),
        pytest.param(lambda _: Response("<html>log in to this network</html>"), id="captive portal"),
        pytest.param(lambda _: Response(b"[{", headers={"Content-Length": "999"}), id="lost connection"),
        pytest.param(
            lambda _: Response('{"unexpected": []}', content_type="application/json"), id="other JSON"
        ),
    ],
)
@pytest.mark.parametrize("revision", [COMMIT, "main"])
def test_bad_replies_of_the_hub_are_reported_in_one_sentence(
    server: HTTPServer, load: Any, answer: Any, revision: str
) -> None:
    message = sentence(load(f"{REPOSITORY}@{revision}", serve(server, answer), HF_HUB_ETAG_TIMEOUT="2"))
    assert message.startswith(f"there is no folder {REPOSITORY}@{revision}, and the hub could not be reached")


def test_a_hub_that_cannot_be_reached_is_reported_in_one_sentence(load: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
    assert "the hub could not be reached" in sentence(load(f"{REPOSITORY}@{COMMIT}", endpoint))


def test_offline_with_an_empty_cache_is_one_sentence_and_no_request(server: HTTPServer, load: Any) -> None:
    hub = Hub(server)
    message = sentence(load(f"{REPOSITORY}@{COMMIT}", serve(server, hub), HF_HUB_OFFLINE="1"))
    assert "there is no folder" in message
    assert hub.paths == []


@pytest.mark.parametrize(
    "source", ["no-such-folder", "/no/such/folder", "a/b/c", "~nobody-of-that-name/data"]
)
def test_a_missing_folder_that_is_no_repository_name_is_never_looked_up(load: Any, source: str) -> None:
    message = sentence(load(source, "http://127.0.0.1:1"))
    assert message.startswith(f"there is no folder {source}")
    assert "not the name of a hub repository" in message
