"""What two dictionaries have in common: by hand, for the same one in another order, and for two that share nothing."""

from __future__ import annotations

import numpy as np
import pytest
from planted_atoms import atoms, by_clip, csr, sparse_codes

from starbench.diagnose.sae.domains import domains, firing_shares
from starbench.diagnose.sae.stability import Fired, best_overlaps, stability


def test_the_best_overlap_is_the_largest_iou() -> None:
    first = csr(np.array([[1, 0], [1, 0], [0, 1], [0, 1.0]]))
    second = csr(np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0], [0, 0, 1.0]]))
    # {0,1}: with {0,1,2} 2/3, with {0} 1/2; {2,3}: with {3} 1/2, with {0,1,2} 1/4.
    assert best_overlaps(first, second).tolist() == [pytest.approx(2 / 3), pytest.approx(1 / 2)]


def fires(values: np.ndarray) -> np.ndarray:
    return (values > 0).astype(np.float32)


def test_the_same_features_in_another_order_are_all_found_and_chance_finds_none() -> None:
    codes, directions = fires(sparse_codes(4000, 60, 0.03, 1)), atoms(60, 32, 1)
    order = np.random.default_rng(2).permutation(60)
    frames = np.random.default_rng(3).standard_normal((500, 32)).astype(np.float32)
    pair = [Fired(csr(codes), directions), Fired(csr(codes[:, order]), directions[order])]
    found = stability(pair, frames, seed=0)
    assert found is not None
    assert found.n_pairs == 2
    for measure in (found.overlap, found.cosine, found.matched):
        assert measure.mean.mean == pytest.approx(1, abs=1e-5)
        assert [one.share.mean for one in measure.shared] == [1, 1, 1]
    assert found.overlap.null.mean < 0.05
    assert [one.null.greatest for one in found.overlap.shared] == [0, 0, 0]
    assert found.cosine.shared[-1].null.mean < 0.05


def test_dictionaries_that_share_nothing_look_like_chance() -> None:
    frames = np.random.default_rng(3).standard_normal((500, 32)).astype(np.float32)
    pair = [Fired(csr(fires(sparse_codes(4000, 60, 0.03, s))), atoms(60, 32, s)) for s in (1, 2)]
    found = stability(pair, frames, seed=0)
    assert found is not None
    for measure in (found.overlap, found.cosine, found.matched):
        assert measure.mean.mean == pytest.approx(measure.null.mean, abs=0.02)


def test_a_feature_has_one_partner_only() -> None:
    directions = atoms(3, 16, 1)
    twice = np.repeat(directions[:1], 3, axis=0)
    codes = csr(fires(sparse_codes(200, 3, 0.3, 1)))
    found = stability([Fired(codes, twice), Fired(codes, directions)], np.eye(16, dtype=np.float32), seed=0)
    assert found is not None
    assert found.cosine.mean.greatest == pytest.approx(1, abs=1e-5)  # each of the three finds the first
    assert found.matched.shared[-1].share.mean == pytest.approx(1 / 3)


def test_one_dictionary_is_compared_with_nothing() -> None:
    one = Fired(csr(fires(sparse_codes(200, 3, 0.3, 1))), atoms(3, 16, 1))
    assert stability([one], np.eye(16, dtype=np.float32), seed=0) is None


def test_domains_count_alike_however_long_they_are() -> None:
    counts = np.array([[10.0, 5], [0, 5], [0, 0]])
    sizes = np.array([10.0, 10, 1000])
    shares = firing_shares(counts, sizes, np.array([0, 0, 1]), 2)
    np.testing.assert_allclose(shares, [[1, 1], [0, 0]])
    shares = firing_shares(np.array([[10.0], [100]]), np.array([10.0, 100]), np.array([0, 1]), 2)
    np.testing.assert_allclose(shares, [[0.5], [0.5]])


def test_planted_domains_are_found_and_permuted_ones_are_not() -> None:
    names = ["speech"] * 20 + ["music"] * 20
    frames = by_clip([{"domain": name} for name in names], 50)
    rng = np.random.default_rng(0)
    is_music = np.array(names)[frames.piece] == "music"
    codes = rng.random((len(frames.piece), 40)) < 0.1
    codes[:, :10] &= is_music[:, None]
    found = domains([csr(codes.astype(float))], frames, seed=0)
    assert found is not None
    music, speech = found.domains
    assert (music.domain, music.n_clips) == ("music", 20)
    assert music.special.mean == pytest.approx(0.25)
    assert speech.special.mean == 0
    assert music.special_null.mean < 0.02


def test_one_domain_or_none_gives_no_figures() -> None:
    frames = by_clip([{"domain": "speech"}] * 4 + [{}] * 4, 10)
    assert domains([csr(sparse_codes(80, 5, 0.5, 0))], frames, seed=0) is None
