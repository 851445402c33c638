"""From activations to features: numbers of any size, and encoders whose layers change."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from starbench.audio import Audio
from starbench.diagnose.probe.features import Features, features_of
from starbench.errors import PluginError
from starbench.models.encoder import as_encoder

CLIPS = [Audio(np.zeros((1600, 1), np.int16), 16_000)] * 3
FRAMES = np.random.default_rng(0).uniform(-1.0, 1.0, (20, 4))


def features(*layers: Mapping[str, Any]) -> Features:
    """Of an encoder that gives these layers in turn."""
    turn = itertools.cycle(layers)
    return features_of(as_encoder(SimpleNamespace(encode=lambda _: next(turn)), "mine"), CLIPS, [0.05] * 3)


def test_large_numbers_are_pooled_as_small_ones() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        large = features({"s": FRAMES * 1e38})["s"]
    for pooling, small in features({"s": FRAMES})["s"].items():
        np.testing.assert_allclose(large[pooling] / 1e38, small, rtol=1e-5)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"t": FRAMES}, "gave the layers 's' for one clip, and 't' for another"),
        ({"s": FRAMES, "t": FRAMES}, "gave the layers 's' for one clip, and 's', 't' for another"),
        ({"s": FRAMES[:, :3]}, "layer 's' is not equally wide"),
    ],
)
def test_layers_that_differ_between_clips_are_refused(other: Mapping[str, Any], said: str) -> None:
    with pytest.raises(PluginError, match=said):
        features({"s": FRAMES}, other)
