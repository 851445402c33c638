"""Fixtures of the adapters' tests; their servers and helpers lie beside them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

sys.path.append(str(Path(__file__).parent))

from gemini_files_server import FilesAPI
from gemini_server import MODEL
from scripted_servers import ATTEMPTS, GEMINI_KEY, OPENAI_KEY, Ran, Runs

from starbench.adapters.gemini import files as gemini_files
from starbench.build.build import build
from starbench.cli import main
from starbench.synthesis import BuildSpec


@pytest.fixture(scope="session")
def tone_suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve tone questions of four options."""
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch", "loudness", "duration"), "default", 7, 12), path, lambda *_: None)
    return path


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key for each vendor, and no way to any server but the one that a test names."""
    for name in os.environ:
        if "proxy" in name.lower() or name.startswith(("OPENAI_", "OPENROUTER_", "GOOGLE_", "GEMINI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("OPENAI_API_KEY", OPENAI_KEY)
    monkeypatch.setenv("GEMINI_API_KEY", GEMINI_KEY)


@pytest.fixture
def starbench(
    tone_suite: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    environment: None,
) -> Runs:
    """Run the command line in this process on one item of the suite (all its rotations)."""

    def run(url: str | None, *options: str, model: str = "openai:m", limit: int = 1) -> Ran:
        path = tmp_path / "run"
        command = ["run", "--model", model, "--suite", str(tone_suite), "--out", str(path), "--no-canary"]
        command += ["--base-url", url] if url else []
        command += ["--limit", str(limit), "--backoff", "0.02", "--max-attempts", str(ATTEMPTS), *options]
        monkeypatch.setattr(sys, "argv", ["starbench", *command])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        shown = capfd.readouterr()
        return Ran(int(stop.value.code or 0), shown.out, shown.err, path)

    return run


@pytest.fixture
def starbench_gemini(starbench: Runs) -> Runs:
    """Run the command line as ``starbench`` does, with a Gemini model."""
    return partial(starbench, model=f"gemini:{MODEL}")


@pytest.fixture
def httpserver_threaded() -> Iterator[HTTPServer]:
    """A server that can hold one request up while it answers another."""
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield server


@pytest.fixture(scope="session")
def files_server() -> Iterator[HTTPServer]:
    """One server for all: to stop one takes longer than a test."""
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def api(files_server: HTTPServer, monkeypatch: pytest.MonkeyPatch, environment: None) -> Iterator[FilesAPI]:
    """Google's Files API, asked again without a wait worth the name."""
    monkeypatch.setattr(gemini_files, "_FIRST_POLL_S", 0.01)
    files_server.clear()
    yield FilesAPI(files_server)
    files_server.check_assertions()
