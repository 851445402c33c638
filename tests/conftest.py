"""Shared fixtures. A checkout's tests run against an editable install of this very checkout."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command_line import Command

if "PYTEST_XDIST_WORKER" in os.environ:
    # Each process of several has one thread: with more, numpy's and torch's wait for each other and take ten times
    # as long. Read once, when numpy is imported; processes that tests start inherit it.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

REPOSITORY = Path(__file__).resolve().parents[1]
# Helpers that lie beside the tests; last, so that they hide nothing that is installed.
sys.path.append(str(REPOSITORY / "tests"))


def pytest_configure() -> None:
    # How long an example takes is the machine's business; what it finds must repeat.
    hypothesis.settings.register_profile("starbench", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("starbench")
    try:
        import starbench.tasks
    except ModuleNotFoundError as error:
        raise pytest.UsageError(
            f"{error}: the tests need an editable install (pip install -e '.[test]'); beside a plain "
            "install, 'python -m pytest' finds the checkout's folders first and cannot see starbench.tasks"
        ) from error
    import starbench

    if Path(starbench.__file__).resolve().parents[1] != REPOSITORY:
        raise pytest.UsageError(
            f"these tests would run against {starbench.__file__}, not this checkout: "
            "pip install -e '.[test]' here"
        )


@pytest.hookimpl(tryfirst=True)  # before -m selects by the marks that are set here
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of local models, and skip them where torch is missing: the README installs it only on request."""
    for item in items:
        # A fixture that is named only at run time is among the parameters.
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        names = [*getattr(item, "fixturenames", ()), *(text for text in parameters if isinstance(text, str))]
        if item.path.name.startswith("test_transformers") or any(name.startswith("tiny_") for name in names):
            item.add_marker(pytest.mark.local)
    if all(find_spec(package) for package in ("torch", "transformers")):
        return
    if os.environ.get("STARBENCH_REQUIRE_LOCAL"):
        raise pytest.UsageError("STARBENCH_REQUIRE_LOCAL is set: pip install -e '.[test-local]'")
    for item in items:
        if item.get_closest_marker("local"):
            item.add_marker(
                pytest.mark.skip(reason="local models need torch: pip install -e '.[test-local]'")
            )


@pytest.hookimpl(tryfirst=True)  # before any fixture builds a suite
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Render small suites in this process, since to start others takes seconds; tests of builds start them."""
    from starbench.build import build

    build._SMALL = 8 if item.path.parent.name == "build" else 50


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is known of sound files stays out of the user's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _no_secrets_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test registers as a secret is none in the next."""
    from starbench import redact

    monkeypatch.setattr(redact._Secrets, "registered", set())
    monkeypatch.setattr(redact._Secrets, "environment", None)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Run the command line in this process, where no second is lost to its start."""
    from command_line import CommandResult

    from starbench.cli import main

    def run(*arguments: str) -> CommandResult:
        monkeypatch.setattr(sys, "argv", ["starbench", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        return CommandResult(int(stop.value.code or 0), *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def shared() -> Path:
    """Test data that lies beside the checkout here and in CI, and not at users' homes."""
    path = REPOSITORY.parent / "shared"
    if not path.is_dir():
        if os.environ.get("STARBENCH_REQUIRE_SHARED"):
            pytest.fail("no ../shared beside this checkout, and STARBENCH_REQUIRE_SHARED is set")
        pytest.skip("no ../shared beside this checkout: the official vectors and samples are not public")
    return path


@pytest.fixture(scope="session")
def samples(shared: Path) -> Path:
    """The 18 published sample items of STAR-Bench, in the official layout."""
    return shared / "star-bench-samples"


@pytest.fixture(scope="session")
def tiny_qwen2_audio(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A checkpoint of a tiny Qwen2-Audio with random weights."""
    from tiny_lalms import build_qwen2_audio

    return build_qwen2_audio(tmp_path_factory.mktemp("qwen2-audio"))


@pytest.fixture(scope="session")
def tiny_audio_flamingo3(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A checkpoint of a tiny Audio Flamingo 3 with random weights: one clip in a prompt."""
    from tiny_lalms import build_audio_flamingo3

    return build_audio_flamingo3(tmp_path_factory.mktemp("audio-flamingo-3"))
