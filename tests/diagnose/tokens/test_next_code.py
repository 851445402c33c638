"""The model of codes learns context where there is some, and claims none where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from starbench.diagnose.tokens.next_code import (
    NextCodeTraining,
    Unigram,
    score_next_code,
    train_next_code,
    train_unigram,
)
from starbench.errors import InputError

SIZE = 512
HOW = NextCodeTraining(steps=60, batch=4, context=64, layers=2, width=32, heads=2, learning_rate=5e-3)
local = pytest.mark.local


def clips(draw, n: int = 80, length: int = 120) -> list[np.ndarray]:
    return [np.asarray(draw(length), dtype=np.int64) for _ in range(n)]


def chain(rng: np.random.Generator, length: int) -> list[int]:
    """Codes of which each is followed by one of two."""
    codes = [int(rng.integers(64))]
    while len(codes) < length:
        codes.append((codes[-1] * 5 + 7 + int(rng.integers(2)) * 31) % 64 + 100)
        codes[-1] -= 100
    return [code * 8 % SIZE for code in codes]


def scored(everything: list[np.ndarray], how: NextCodeTraining = HOW):
    known, held_out = everything[:60], everything[60:]
    return score_next_code(
        train_next_code(known, SIZE, how), train_unigram(known, SIZE, how), held_out, seed=0
    )


@local
def test_structured_codes_are_told_better_than_without_context() -> None:
    rng = np.random.default_rng(0)
    found = scored(clips(lambda length: chain(rng, length)))
    assert found.bits_gained_interval[0] > 1
    assert found.perplexity < found.unigram / 2


@local
@pytest.mark.parametrize("exponent", [0.0, 1.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_random_codes_are_not_however_unequal_their_shares(exponent: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = np.arange(1, SIZE + 1) ** -exponent
    shares /= shares.sum()
    found = scored(clips(lambda length: rng.choice(SIZE, length, p=shares)))
    assert found.bits_gained_interval[0] <= 0
    assert abs(found.bits_gained) < 0.02
    entropy = np.exp(-(shares * np.log(shares)).sum())
    assert found.perplexity == pytest.approx(entropy, rel=0.08)


@local
def test_a_code_is_told_from_those_before_it_alone() -> None:
    rng = np.random.default_rng(0)
    model = train_next_code(clips(lambda length: chain(rng, length)), SIZE, HOW)
    codes = np.asarray(chain(rng, 200))
    before = model.log_probabilities(codes)
    assert before.size == 199
    codes[150:] = 0
    after = model.log_probabilities(codes)
    assert np.array_equal(before[:149], after[:149])
    assert not np.allclose(before[149:], after[149:])


@local
def test_probabilities_sum_to_one_and_windows_agree_with_a_single_pass() -> None:
    import torch

    rng = np.random.default_rng(0)
    model = train_next_code(clips(lambda length: chain(rng, length)), SIZE, HOW)
    codes = np.asarray(chain(rng, 40))
    with torch.inference_mode():
        logits = model.network(torch.from_numpy(codes)[None])[0].double().log_softmax(-1).numpy()
    expected = logits[np.arange(39), codes[1:]]
    assert np.allclose(model.log_probabilities(codes), expected, atol=1e-5)
    assert np.exp(logits).sum(axis=1) == pytest.approx(1)


@local
def test_the_same_seed_gives_the_same_model_and_the_same_continuation() -> None:
    rng = np.random.default_rng(0)
    known = clips(lambda length: chain(rng, length), n=20)
    how = NextCodeTraining(steps=5, batch=2, context=32, layers=1, width=16, heads=2)
    one, other = (train_next_code(known, SIZE, how) for _ in range(2))
    start = known[0][:10]
    assert np.array_equal(one.log_probabilities(known[0]), other.log_probabilities(known[0]))
    assert np.array_equal(one.continued(start, 30, seed=3), other.continued(start, 30, seed=3))
    assert np.array_equal(one.continued(start, 30, seed=3)[:10], start)
    assert not np.array_equal(one.continued(start, 30, seed=3), one.continued(start, 30, seed=4))


@local
def test_a_continuation_follows_the_chain() -> None:
    rng = np.random.default_rng(0)
    how = NextCodeTraining(steps=150, batch=8, context=64, layers=2, width=32, heads=2, learning_rate=5e-3)
    model = train_next_code(clips(lambda length: chain(rng, length)), SIZE, how)
    drawn = model.continued(np.asarray(chain(rng, 20)), 60, seed=0) // 8
    follows = [(drawn[:-1] * 5 + 7) % 64, (drawn[:-1] * 5 + 38) % 64]
    share = np.mean((drawn[1:] == follows[0]) | (drawn[1:] == follows[1]))
    assert share > 0.5  # of 64 codes, 2 follow


def test_the_unigram_is_a_share_mixed_with_equal_ones() -> None:
    known = [np.repeat(np.arange(4), 250)]
    unigram = Unigram.of(known, 8)
    assert unigram.shares.sum() == pytest.approx(1)
    assert unigram.shares[:4] == pytest.approx(0.25, abs=0.01)
    assert (unigram.shares[4:] > 0).all()
    assert unigram.log_probabilities(np.array([0, 1, 2])) == pytest.approx(np.log(unigram.shares[1:3]))


def test_gain_and_perplexity_are_those_of_a_hand_calculation() -> None:
    codes = [np.zeros(5, np.int64), np.zeros(9, np.int64)]
    half, eighth = Unigram(np.array([0.5, 0.5])), Unigram(np.array([0.125, 0.875]))
    found = score_next_code(half, eighth, codes, seed=0)
    assert found.test_codes == 12
    assert found.perplexity == pytest.approx(2)
    assert found.unigram == pytest.approx(8)
    assert found.bits_gained == pytest.approx(2)
    assert found.bits_gained_interval == pytest.approx((2, 2))


@local
def test_too_few_clips_are_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        train_next_code([np.zeros(10, np.int64)] * 2, SIZE, HOW)
