"""Training: planted atoms come back, and each formula equals what a hand calculates (as dictionary_learning has it)."""

from __future__ import annotations

import numpy as np
import pytest
from planted_atoms import atoms, mixtures, recovered

from starbench.diagnose.sae.activations import Frames, Piece
from starbench.diagnose.sae.quality import quality
from starbench.diagnose.sae.report import measure
from starbench.diagnose.sae.training import BatchTopK, train
from starbench.errors import InputError
from starbench.schema.sae import SaeSettings

pytestmark = pytest.mark.local

QUICK = SaeSettings(expansion=4, k=2, steps=1000, batch=128)


def test_planted_atoms_are_recovered_by_every_seed_and_chance_finds_nothing() -> None:
    of = atoms(24, 16, seed=1)
    frames, unseen = mixtures(of, 10_000, 2, 0.1, seed=2), mixtures(of, 4000, 2, 0.1, seed=3)
    trained = {str(seed): train(frames, QUICK, seed) for seed in (0, 1)}
    assert min(recovered(of, one) for one in trained.values()) >= 0.95
    pieces = tuple(Piece(number, 1.0, {}) for number in range(40))
    found = measure(trained, Frames(unseen, np.repeat(np.arange(40, dtype=np.int32), 100), pieces), "x")
    for one in found.quality:
        assert one.fvu < 0.15
        assert one.l0 == pytest.approx(
            2, rel=0.15
        )  # the threshold of inference keeps as many as training did
    assert found.stability is not None
    assert found.stability.overlap.null.mean < 0.05
    assert found.stability.overlap.shared[1].null.greatest == 0
    assert found.stability.overlap_by_firing.least > 0.7


def test_the_same_seed_gives_the_same_dictionary_at_any_scale() -> None:
    settings = SaeSettings(expansion=2, k=2, steps=30, batch=64)
    frames = mixtures(atoms(12, 8, 1), 500, 2, 0.1, seed=2)
    one, again, other = (train(frames, settings, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.decoder, again.decoder)
    assert np.abs(one.decoder - other.decoder).max() > 0.1
    louder = train(1000 * frames, settings, 0)
    np.testing.assert_allclose(louder.decoder, one.decoder, atol=1e-3)
    np.testing.assert_allclose(
        louder.reconstruct(louder.codes(1000 * frames)) / 1000, one.reconstruct(one.codes(frames)), atol=0.02
    )
    np.testing.assert_allclose(np.linalg.norm(one.decoder, axis=1), 1, rtol=1e-5)


def weights() -> BatchTopK:
    """Two features of two inputs, b = 0, W_e = W_d = 1."""
    import torch

    sae = BatchTopK(torch.zeros(2), 2, 1, torch.Generator().manual_seed(0))
    for own in (sae.encoder, sae.decoder):
        own.data = torch.eye(2)
    return sae


def test_a_batch_keeps_its_largest_activations_wherever_they_are() -> None:
    import torch

    sae = weights()
    batch = torch.tensor([[3.0, 2.0], [1.0, -4.0], [0.5, 0.25]])
    activations = sae.activations(batch)
    assert activations.tolist() == [[3, 2], [1, 0], [0.5, 0.25]]
    assert sae.kept(activations).tolist() == [[3, 2], [1, 0], [0, 0]]  # k · B = 3, two of them in one frame
    loss, fired = sae.loss(batch, torch.zeros(2, dtype=torch.bool), 1 / 32)
    assert float(loss.detach()) == pytest.approx((0 + 16 + (0.5**2 + 0.25**2)) / 3)
    assert fired.tolist() == [True, True]
    assert sae.threshold == 1  # the smallest that was kept
    sae.loss(torch.tensor([[3.0, 0.0]]), torch.zeros(2, dtype=torch.bool), 0)
    assert sae.threshold == pytest.approx(0.99 * 1 + 0.01 * 3)


def test_dead_features_learn_what_the_others_left() -> None:
    import torch

    sae = weights()
    batch = torch.tensor([[3.0, 2.0], [5.0, 0.0]])
    dead = torch.tensor([False, True])
    loss, _ = sae.loss(batch, dead, 1.0)
    # Kept: 3 and 5. Left: (0, 2) and (0, 0); the dead one explains all of it. Variance of what is left: 1.
    assert float(loss.detach()) == pytest.approx((4 + 0) / 2 + 0.0)
    sae.encoder.data = torch.tensor([[1.0, 0], [0, 0.5]])
    loss, _ = sae.loss(batch, dead, 1.0)
    assert float(loss.detach()) == pytest.approx((4 + 0) / 2 + ((2 - 1) ** 2 / 2) / 1.0)
    loss, _ = sae.loss(batch, dead, 0.0)
    assert float(loss.detach()) == pytest.approx(2.0)


def test_a_gradient_only_turns_directions() -> None:
    import torch

    sae = weights()
    sae.decoder.grad = torch.tensor([[5.0, 1.0], [2.0, -3.0]])
    sae.keep_directions()
    assert sae.decoder.grad.tolist() == [[0, 1], [2, 0]]
    sae.decoder.data = torch.tensor([[3.0, 4.0], [0.0, 2.0]])
    sae.normalise()
    assert sae.decoder.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 1]]


def test_features_that_never_fire_are_counted_as_dead() -> None:
    frames = mixtures(atoms(6, 16, 1), 2000, 1, 0.0, seed=2)
    dictionary = train(frames, SaeSettings(expansion=4, k=1, steps=300, batch=128, auxiliary=0), 0)
    pieces = tuple(Piece(number, 1.0, {}) for number in range(20))
    of = Frames(frames, np.repeat(np.arange(20, dtype=np.int32), 100), pieces)
    codes = dictionary.codes(frames)
    found = quality("0", dictionary, of, codes, 0)
    assert found.dead == pytest.approx(np.mean(codes.toarray().max(axis=0) == 0))
    assert found.dead > 0.5  # six atoms, 64 features, and nothing revives them


def test_what_cannot_be_learnt_from_is_refused() -> None:
    settings = SaeSettings(batch=16, steps=1)
    with pytest.raises(InputError, match="fewer than a batch"):
        train(np.zeros((3, 4), np.float32), settings, 0)
    with pytest.raises(InputError, match="the same on every frame"):
        train(np.ones((50, 4), np.float32), settings, 0)
