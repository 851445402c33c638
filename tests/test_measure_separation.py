"""SI-SDR and the assignment of streams are those of the definitions, and of the libraries that others use."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from starbench.measure.separation import score_streams, si_sdr_db


def by_definition(estimate: np.ndarray, reference: np.ndarray) -> float:
    estimate, reference = estimate - estimate.mean(), reference - reference.mean()
    target = (estimate @ reference) / (reference @ reference) * reference
    return float(10 * np.log10((target @ target) / np.square(estimate - target).sum()))


def signals(seed: int, n: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Sources with an offset, and streams that leak, scaled and in another order."""
    rng = np.random.default_rng(seed)
    sources = rng.standard_normal((n, 4000)) + rng.uniform(-0.5, 0.5, (n, 1))
    leak = np.eye(n) + 0.3 * rng.standard_normal((n, n))
    return (leak @ sources * rng.uniform(0.1, 5.0, (n, 1)))[rng.permutation(n)], sources


def test_every_ratio_is_that_of_the_definition() -> None:
    streams, sources = signals(0)
    expected = [[by_definition(stream, source) for source in sources] for stream in streams]
    np.testing.assert_allclose(si_sdr_db(streams, sources), expected, atol=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_streams_are_assigned_as_the_best_permutation_does(seed: int) -> None:
    streams, sources = signals(seed, 4)
    mixture = sources.sum(axis=0)
    scores = score_streams(streams, sources, mixture)
    assert scores is not None
    ratios = si_sdr_db(streams, sources)
    best = max(permutations(range(4)), key=lambda order: ratios[list(order), range(4)].mean())
    assert tuple(scores.stream) == best
    expected = [by_definition(streams[k], source) for k, source in zip(best, sources, strict=True)]
    np.testing.assert_allclose(scores.si_sdr_db, expected, atol=1e-9)
    over = [by_definition(mixture, source) for source in sources]
    np.testing.assert_allclose(scores.improvement_db, np.array(expected) - over, atol=1e-9)


def test_scale_and_offset_change_nothing() -> None:
    streams, sources = signals(1)
    np.testing.assert_allclose(
        si_sdr_db(-7.0 * streams + 3.0, 0.01 * sources - 1.0), si_sdr_db(streams, sources), atol=1e-6
    )


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1e200])
def test_ratios_depend_on_no_level_however_small_or_large(scale: float) -> None:
    streams, sources = signals(1)
    np.testing.assert_allclose(si_sdr_db(scale * streams, sources), si_sdr_db(streams, sources), atol=1e-6)


@pytest.mark.parametrize("constant", [0.0, 0.3])
def test_a_silent_stream_is_nothing_of_a_source_and_no_score(constant: float) -> None:
    streams, sources = signals(1)
    streams[1] = constant
    ratios = si_sdr_db(streams, sources)
    assert (ratios[1] == -np.inf).all()
    assert np.isfinite(ratios[[0, 2]]).all()
    for given in (streams, streams[1:2]):
        with pytest.raises(ValueError, match="a stream is silent, and its source is not"):
            score_streams(given, sources, sources.sum(axis=0))
    spare = score_streams(np.vstack([sources, 0 * sources]), sources, sources.sum(axis=0))
    assert spare is not None
    assert spare.stream.tolist() == [0, 1, 2]


def test_a_silent_source_is_dropped_and_counted() -> None:
    streams, sources = signals(2)
    silent = np.vstack([sources[:2], np.full((1, sources.shape[1]), 0.25)])
    scores = score_streams(streams, silent, silent.sum(axis=0))
    assert scores is not None
    assert (len(scores.si_sdr_db), scores.n_silent) == (2, 1)
    assert np.isfinite(scores.si_sdr_db).all()
    assert score_streams(streams, np.zeros((2, 50)), np.zeros(50)) is None


def test_a_perfect_stream_has_a_finite_ratio() -> None:
    _, sources = signals(3)
    scores = score_streams(sources, sources, sources.sum(axis=0))
    assert scores is not None
    assert (scores.si_sdr_db > 100).all()
    assert np.isfinite(scores.si_sdr_db).all()
    assert not scores.misassigned.any()


def test_the_mixture_stands_for_every_source_and_gains_nothing() -> None:
    _, sources = signals(4)
    mixture = sources.sum(axis=0)
    scores = score_streams(mixture[None], sources, mixture)
    assert scores is not None
    np.testing.assert_allclose(scores.improvement_db, 0.0, atol=1e-12)
    assert scores.misassigned.any()
    with pytest.raises(ValueError, match="2 streams cannot stand for 3 sources"):
        score_streams(sources[:2], sources, mixture)


def test_a_stream_that_is_more_like_another_source_is_misassigned() -> None:
    _, sources = signals(5, 2)
    streams = np.stack([sources[0], 0.9 * sources[0] + 0.1 * sources[1]])
    scores = score_streams(streams, sources, sources.sum(axis=0))
    assert scores is not None
    assert scores.misassigned.tolist() == [False, True]


@pytest.mark.local
@pytest.mark.parametrize("seed", range(5))
def test_it_equals_torchmetrics_and_fast_bss_eval(seed: int) -> None:
    torch = pytest.importorskip("torch")
    audio = pytest.importorskip("torchmetrics.functional.audio")
    fast_bss_eval = pytest.importorskip("fast_bss_eval")
    streams, sources = signals(seed)
    scores = score_streams(streams, sources, sources.sum(axis=0))
    assert scores is not None
    tensors = torch.tensor(streams)[None], torch.tensor(sources)[None]
    best, order = audio.permutation_invariant_training(
        *tensors,
        lambda p, t: audio.scale_invariant_signal_distortion_ratio(p, t, zero_mean=True),
        eval_func="max",
    )
    assert scores.si_sdr_db.mean() == pytest.approx(float(best[0]), abs=1e-5)
    assert scores.stream.tolist() == order[0].tolist()
    other = fast_bss_eval.si_sdr(sources, streams, zero_mean=True)
    np.testing.assert_allclose(scores.si_sdr_db, other, atol=1e-5)
