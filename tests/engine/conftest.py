"""A small suite, and a way to put it to any adapter."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from starbench.build.build import build
from starbench.engine.client import ModelClient
from starbench.engine.runner import run_trials
from starbench.engine.settings import Settings
from starbench.models.adapter import Model
from starbench.runs import journal
from starbench.schema import JournalLine
from starbench.synthesis import BuildSpec

sys.path.append(str(Path(__file__).parent))
from scripted_adapters import FAST, prepared


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch", "loudness", "duration"), "default", 7, 12), path, lambda *_: None)
    return path


@pytest.fixture
def ask(suite: Path, tmp_path: Path) -> Callable[..., list[JournalLine]]:
    """Put the suite to an adapter; the lines of the journal in the order they were written."""

    def asked(
        adapter: Any,
        settings: Settings | None = None,
        on_line: Callable[[JournalLine], None] = lambda _: None,
    ) -> list[JournalLine]:
        model = Model("test", {}, adapter)
        evaluation = prepared(suite, model)
        with journal.LineWriter(tmp_path / journal.NAME) as writer:
            asyncio.run(
                run_trials(
                    evaluation.trials,
                    evaluation.questions,
                    ModelClient(model, settings or Settings(backoff=FAST), len(evaluation.trials)),
                    writer,
                    on_line,
                )
            )
        lines = list(journal.read(tmp_path))
        assert Counter(line.key for line in lines) == Counter(trial.key for trial in evaluation.trials)
        return lines

    return asked
