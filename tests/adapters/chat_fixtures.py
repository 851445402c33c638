"""Fixtures of the tests that talk to chat-completion servers, as a plug-in that they name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_servers import ATTEMPTS, Ran, Runs
from pytest_httpserver import HTTPServer

from starbench.build import build
from starbench.cli import main
from starbench.synthesis import BuildSpec

KEY = "sk-test-not-a-real-key"


@pytest.fixture(scope="session")
def chat_suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tone questions of four options."""
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch", "loudness", "duration"), "default", 7, 12), path, lambda *_: None)
    return path


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, and no way to any server but the one that a test names."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPENAI_BASE_URL", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def starbench(
    chat_suite: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: None,
) -> Runs:
    """Run the command line in this process on one item of the suite (all its rotations)."""

    def run(
        url: str | None, *options: str, model: str = "openai:m", limit: int = 1, name: str = "run"
    ) -> Ran:
        path = tmp_path / "run"
        given = ["run", "--model", model, "--suite", str(chat_suite), "--out", str(path), "--no-canary"]
        given += ["--base-url", url] if url else []
        given += ["--limit", str(limit), "--backoff", "0.02", "--max-attempts", str(ATTEMPTS), *options]
        monkeypatch.setattr(sys, "argv", ["starbench", *given])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        shown = capsys.readouterr()
        return Ran(int(stop.value.code or 0), shown.out, shown.err, path)

    return run


@pytest.fixture
def httpserver_threaded() -> Iterator[HTTPServer]:
    """A server that can hold one request up while it answers another."""
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield server
