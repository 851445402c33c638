"""Weights of the directions around a direction, and directions that a mesh is impossible for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sofa_files import model, sphere, write_sofa

from starbench.errors import StimulusError
from starbench.synth.geometry import unit
from starbench.synth.heads import kemar
from starbench.synth.heads.loading import load
from starbench.synth.heads.mesh import triangulate


def test_weights_point_in_the_given_direction() -> None:
    mesh = triangulate(kemar.read().directions)
    directions = np.random.default_rng(4).normal(size=(4000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    corners, weights, covered = mesh.locate(directions)
    assert covered[directions[:, 2] > -0.64].all()
    assert not covered[directions[:, 2] < -0.645].any()
    assert weights[covered].min() >= 0.0
    np.testing.assert_allclose(weights[covered].sum(axis=1), 1.0)
    points = np.einsum("mk,mkx->mx", weights, kemar.read().directions[corners])[covered]
    np.testing.assert_allclose(
        points / np.linalg.norm(points, axis=1, keepdims=True), directions[covered], atol=1e-8
    )


def test_directions_in_a_plane_or_too_far_apart_are_refused(tmp_path: Path) -> None:
    ring = unit(np.arange(0, 360, 10))
    with pytest.raises(StimulusError, match="lie in one plane"):
        load(str(write_sofa(tmp_path / "ring.sofa", ring, model(ring, 48_000), 48_000.0)), 48_000)
    sparse = unit(np.tile(np.arange(0, 360, 72), 3), np.repeat([-50.0, 0.0, 50.0], 5))
    with pytest.raises(StimulusError, match="too far apart"):
        load(str(write_sofa(tmp_path / "sparse.sofa", sparse, model(sparse, 48_000), 48_000.0)), 48_000)


def test_a_head_measured_above_only_has_no_data_below(tmp_path: Path) -> None:
    above = sphere(800)
    above = above[above[:, 2] > -1e-9]
    rim = np.concatenate([above, unit(np.arange(0, 360, 5) + 0.5)])
    head = load(str(write_sofa(tmp_path / "above.sofa", rim, model(rim, 48_000), 48_000.0)), 48_000)
    assert head.covers(unit(np.arange(0, 360, 7), 3.0)).all()
    assert not head.covers(unit(np.arange(0, 360, 7), -3.0)).any()
