"""Fixtures of the tests that put clips into Google's Files API, as a plug-in that they name."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from gemini_files_server import FilesAPI
from pytest_httpserver import HTTPServer

from starbench.adapters.gemini import files as gemini_files


@pytest.fixture(scope="session")
def files_server() -> Iterator[HTTPServer]:
    """One server for all: to stop one takes longer than a test."""
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def api(files_server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FilesAPI]:
    """The Files API, no way to any other, and no wait worth the name between two looks."""
    for name in [n for n in os.environ if "proxy" in n.lower() or n.startswith(("GOOGLE_", "GEMINI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(gemini_files, "_FIRST_LOOK_S", 0.01)
    files_server.clear()
    yield FilesAPI(files_server)
    files_server.check_assertions()
