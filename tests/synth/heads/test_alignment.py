"""Filters without delay: when they begin and end, at which level, at any rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from head_spectra import erb_levels, rendered, rms
from sofa_files import sphere

from starbench.synth.geometry import unit
from starbench.synth.heads.hrtf import Head
from starbench.synth.heads.loading import load


def test_white_noise_from_the_front_keeps_its_level_and_arrives_at_time_zero(head: Head) -> None:
    delays, filters = head.at(np.array([[3.0, 0.0, 0.0]]))
    assert np.square(filters, dtype=np.float64).sum(axis=-1).mean() == pytest.approx(1.0, abs=1e-6)
    assert delays.mean() == pytest.approx(0.0, abs=1e-12)


def test_filters_begin_together_and_end_in_silence(head: Head) -> None:
    assert head.filters.shape == (710, 2, 256)
    assert head.filters.dtype == np.float32
    size = np.abs(head.filters)
    peak = size.max(axis=-1, keepdims=True)
    begun = np.argmax(size > 0.12 * peak, axis=-1)
    assert begun.min() >= head.lead
    assert begun.max() <= head.lead + 2
    assert (size[..., : head.lead // 2].max(axis=-1) / peak[..., 0]).max() < 0.05
    assert (size[..., -1] / peak[..., 0]).max() < 1e-4


def test_the_same_head_at_another_rate_has_the_same_spectrum(head: Head) -> None:
    directions = unit([20, 100, 250], [0, 30, -20])
    f, here = rendered(head, directions)
    _, there = rendered(load(None, 96_000), directions)
    error = erb_levels(f, there) - erb_levels(f, here)
    assert rms(error - error.mean()) < 0.2
    assert load(None, 96_000).filters.shape[-1] == 512


def test_responses_that_begin_at_once_keep_their_onsets(sofa_file: Callable[..., str]) -> None:
    directions = sphere()
    early = np.zeros((len(directions), 2, 64))
    early[:, :, 0] = 1.0
    early[:, :, 1] = -0.4
    head = load(sofa_file(Data_IR=early), 32_000)
    _, filters = head.at(unit([30.0, 200.0]))
    assert np.isin(np.abs(filters).argmax(axis=-1) - head.lead, (1, 2)).all()
    assert np.abs(head.delays_s).max() < 1e-9
