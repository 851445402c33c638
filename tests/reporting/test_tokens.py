"""What is said of a tokenizer, and how its continuations are drawn; without torch."""

from __future__ import annotations

import numpy as np
import pytest

from starbench.diagnose.tokens.continuation import Continuation
from starbench.reporting.pictures.cochleagrams import continuation_png
from starbench.reporting.tokens import show
from starbench.schema.tokens import Kept, NextCode, Reconstruction, Tokens

RECORD = Tokens(
    name="mine",
    kind="starbench",
    bits=13,
    codes_per_second=200.0,
    bands=64,
    parameters=1_727_821,
    seed=0,
    steps=1300,
    batch=12,
    segment_seconds=0.5,
    learning_rate=1e-3,
    training_seconds=149.0,
    reconstruction=(
        Reconstruction(kind="[red]speech", clips=4, seconds=80.0, r2=0.83, interval=(0.8, 0.86)),
    ),
)


def next_code(interval: tuple[float, float]) -> NextCode:
    return NextCode(
        parameters=10,
        train_codes=100,
        test_codes=50,
        perplexity=300.0,
        interval=(250.0, 350.0),
        unigram=600.0,
        uniform=8192.0,
        bits_gained=sum(interval) / 2,
        bits_gained_interval=interval,
    )


@pytest.mark.parametrize(
    ("interval", "words"),
    [((0.5, 1.5), "context helps"), ((-1.0, -0.5), "context harms"), ((-0.1, 0.1), "no help of context")],
)
def test_a_gain_is_claimed_where_its_interval_allows(
    interval: tuple[float, float], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show(RECORD.model_copy(update={"next_code": next_code(interval)}))
    out = capsys.readouterr().out
    assert words in out
    assert "[red]speech" in out
    assert "0.83 [0.80, 0.86]" in out


def test_a_difference_that_is_not_reached_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    kept = (
        Kept(attribute="pitch", unit="semitones", layer="bits", r2=0.1, r2_interval=(0.0, 0.2), jnd=None),
        Kept(
            attribute="pitch",
            unit="semitones",
            layer="cochleagram",
            r2=0.9,
            r2_interval=(0.8, 0.95),
            jnd=2.4,
            jnd_interval=(2.0, None),
        ),
    )
    show(RECORD.model_copy(update={"kept": kept, "probe_clips": 900}))
    out = capsys.readouterr().out
    assert "not reached" in out
    assert "2.4 [2, –] semitones" in out


def test_a_continuation_is_drawn_alike_each_time() -> None:
    rng = np.random.default_rng(0)
    drawn = [rng.random((40, 64)).astype(np.float32) for _ in range(3)]
    shown = Continuation("$x^2$ <b>", *drawn, prompt_frames=20, seed=0)
    assert continuation_png(shown) == continuation_png(shown)
    assert continuation_png(shown).startswith(b"\x89PNG")
