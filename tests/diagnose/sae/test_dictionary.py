"""A dictionary by hand: what fires, what is reconstructed, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from starbench.diagnose.sae.activations import Frames, Piece
from starbench.diagnose.sae.dictionary import Dictionary
from starbench.diagnose.sae.quality import quality
from starbench.errors import InputError


def small(threshold: float | None = 0.5, k: int = 1) -> Dictionary:
    """Two features along the axes, one that never fires; b = (1, 1)."""
    directions = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    bias = np.array([0, 0, -100], np.float32)
    return Dictionary(directions, bias, directions, np.ones(2, np.float32), k, threshold)


def test_features_above_the_threshold_fire_and_reconstruct() -> None:
    frames = np.array([[3, 1.5], [1.6, 0], [1, 4]], np.float32)
    codes = small().codes(frames)
    assert codes.toarray().tolist() == [
        [2, 0, 0],
        [pytest.approx(0.6), 0, 0],
        [0, 3, 0],
    ]  # 0.5 is not above 0.5
    np.testing.assert_allclose(small().reconstruct(codes), [[3, 1], [1.6, 1], [1, 4]], rtol=1e-6)


def test_without_a_threshold_the_k_largest_of_each_frame_fire() -> None:
    frames = np.array([[3, 2], [1.1, 4]], np.float32)
    assert (small(None).codes(frames).toarray() > 0).tolist() == [[True, False, False], [False, True, False]]
    assert small(None, k=2).codes(frames).nnz == 4


def test_quality_is_what_the_formulas_say() -> None:
    frames = np.array([[3, 1.5], [1.6, 0], [1, 4]], np.float32)
    pieces = tuple(Piece(number, 1.0, {}) for number in range(3))
    of = Frames(frames, np.arange(3, dtype=np.int32), pieces)
    found = quality("0", small(), of, small().codes(frames), seed=0)
    error = 0.5**2 + 1**2
    assert found.fvu == pytest.approx(error / np.square(frames - frames.mean(axis=0)).sum(), rel=1e-5)
    assert found.fvu_ci[0] <= found.fvu <= found.fvu_ci[1]
    assert (found.l0, found.dead, found.threshold) == (1.0, pytest.approx(1 / 3), 0.5)


def test_tensors_are_those_that_were_written() -> None:
    back = Dictionary.of_tensors(small().tensors(), "x")
    frames = np.random.default_rng(0).standard_normal((50, 2)).astype(np.float32)
    assert (back.codes(frames) != small().codes(frames)).nnz == 0
    assert (back.k, back.threshold, back.width, back.dim) == (1, 0.5, 3, 2)


def test_directions_get_a_length_of_1_and_say_the_same() -> None:
    tensors = small(None, k=2).tensors()
    tensors["decoder.weight"] = np.asarray(tensors["decoder.weight"]) * np.array([2, 0.5, 1], np.float32)
    back = Dictionary.of_tensors(tensors, "x")
    np.testing.assert_allclose(np.linalg.norm(back.decoder, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(back.codes(np.array([[2, 3]], np.float32)).toarray(), [[2, 1, 0]], rtol=1e-6)


def test_what_is_no_dictionary_is_refused() -> None:
    tensors = small().tensors()
    with pytest.raises(InputError, match="not a BatchTopK dictionary: it has no b_dec"):
        Dictionary.of_tensors({key: value for key, value in tensors.items() if key != "b_dec"}, "x")
    with pytest.raises(InputError, match="do not fit each other"):
        Dictionary.of_tensors({**tensors, "encoder.bias": np.zeros(7, np.float32)}, "x")
    with pytest.raises(InputError, match="not finite"):
        Dictionary.of_tensors({**tensors, "b_dec": np.array([np.nan, 0], np.float32)}, "x")
    with pytest.raises(InputError, match="reads 2 features"):
        small().codes(np.zeros((4, 3), np.float32))
