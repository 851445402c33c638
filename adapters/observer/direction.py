"""Where a sound comes from: the direction whose head responses explain both ears best."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from starbench.measure.spectra import CrossSpectra, band_centres, erb_bands, erb_density

from . import head as heads
from . import templates
from .head import Head, unit
from .templates import Pairs, Templates

#: Width and range of the bands, Hz; the upper end is cut to this share of the rate.
_BAND_HZ, _LOWEST_HZ, _HIGHEST_HZ, _USABLE = 50.0, 300.0, 16_000.0, 0.46
#: Below this the spectrum's shape does not depend on elevation, Hz.
_PINNA_HZ = 500.0
#: A band is filled by the source if it has this share of the highest power among so many neighbours.
_PRESENT, _NEARBY_BANDS = 0.25, 9
_FILLED = 1e-4
#: Steps of the two grids, the horizon and the sphere, degrees.
_RING_STEP, _SPHERE_STEP = 2.0, 5.0
#: Weight of the unexplained spectrum, dB², beside the mismatch of the ears.
_RESIDUAL_WEIGHT = 0.012
#: Misfits this small are perfect (a share; dB²), and how much more the shape's counts than the ears'.
_LEAST_MISMATCH, _LEAST_RESIDUAL, _SHAPES = 0.01, 0.5, 2.0


class EarSpectra(NamedTuple):
    """Spectra of both ears, and how far, 0 to 1, each band can be relied on; shape (..., F)."""

    spectra: CrossSpectra
    reliability: NDArray[np.float64]


@dataclass(frozen=True)
class Direction:
    """A direction, degrees, azimuth clockwise from the front."""

    azimuth: float
    elevation: float

    @property
    def lateral(self) -> float:
        """Angle from the median plane, positive on the right, degrees."""
        side = np.sin(np.radians(self.azimuth)) * np.cos(np.radians(self.elevation))
        return float(np.degrees(np.arcsin(np.clip(side, -1, 1))))


@dataclass(frozen=True, eq=False)
class Grid:
    """Directions with their templates."""

    azimuths: NDArray[np.float64]
    elevations: NDArray[np.float64]
    pairs: Pairs

    @classmethod
    def of(cls, head: Templates, azimuths: NDArray[np.float64], elevations: NDArray[np.float64]) -> Grid:
        azimuths, elevations = np.broadcast_arrays(azimuths, elevations)
        return cls(azimuths, elevations, head.at(unit(azimuths, elevations)))


class DirectionFinder:
    """Finds directions of sounds at one rate, Hz, with one head, or None for the default one."""

    def __init__(self, head: Head | None, rate: int) -> None:
        highest = min(_HIGHEST_HZ, _USABLE * min(rate, (head or heads.load()).rate))
        self.centres = band_centres(_BAND_HZ, _LOWEST_HZ, highest)
        self.templates = templates.of(head, tuple(self.centres))
        self.density = erb_density(self.centres)
        self._groups, self._middles = erb_bands(self.centres)

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, head: Head | None, rate: int) -> DirectionFinder:
        """Return the finder of a head at a rate; cached, because its templates take a tenth of a second."""
        return cls(head, rate)

    @cached_property
    def ring(self) -> Grid:
        """The horizon."""
        return Grid.of(self.templates, np.arange(0.0, 360.0, _RING_STEP), np.zeros(1))

    @cached_property
    def sphere(self) -> Grid:
        """All directions the head has data for."""
        lowest = float(np.degrees(np.arcsin(self.templates.directions[:, 2].min())))
        rows = []
        for elevation in np.arange(np.ceil(lowest), 90.1, _SPHERE_STEP):
            count = max(1, round(360.0 / _SPHERE_STEP * np.cos(np.radians(elevation))) // 2 * 2)
            rows += [(360.0 * k / count, elevation) for k in range(count)]
        azimuths, elevations = np.array(rows).T
        return Grid.of(self.templates, azimuths, elevations)

    def pair(self, azimuth: float, elevation: float = 0.0) -> Pairs:
        """What the ears receive from one direction, degrees."""
        return self.templates.at(unit(np.array([azimuth]), np.array([elevation])))

    def rows(self, ears: EarSpectra) -> NDArray[np.float32]:
        """Spectra as :meth:`.templates.Pairs.mismatch` takes them."""
        spectra, reliability = ears
        weight = self.density * reliability
        weight = weight / np.maximum(weight.sum(axis=-1, keepdims=True), 1e-30)
        scaled = weight / np.maximum(spectra.total, 1e-30)
        parts = (spectra.left, spectra.right, spectra.cross.real, spectra.cross.imag)
        return np.concatenate([part * scaled for part in parts], axis=-1).astype(np.float32)

    def azimuth(self, ears: EarSpectra) -> Direction:
        """Direction on the horizon."""
        row = self.rows(ears)
        cost = self.ring.pairs.mismatch(row)
        best = float(self.ring.azimuths[int(cost.argmin())])
        for reach, step in ((2.0, 0.5), (0.5, 0.1)):
            near = best + np.arange(-reach, reach + step / 2, step)
            cost = self.templates.at(unit(near)).mismatch(row)
            best = _vertex(near, cost)
        return Direction(best % 360.0, 0.0)

    def nearest(self, ears: EarSpectra) -> float:
        """Azimuth on the horizon, degrees, front and back distinguished by the spectrum's shape as well."""
        return float(self.ring.azimuths[int(self.cost(self.ring, ears).argmin())])

    def direction(self, ears: EarSpectra) -> Direction:
        """Direction anywhere: what differs between the ears, and the shape of both ears' spectra."""
        grid = self.sphere
        best = int(self._log_misfit(grid, ears).argmin())
        azimuth, elevation = float(grid.azimuths[best]), float(grid.elevations[best])
        lowest = float(grid.elevations.min())
        for reach, step in ((6.0, 2.0), (1.5, 0.5)):
            wider = min(3.0, 1.0 / max(np.cos(np.radians(elevation)), 1e-3))
            offsets = np.arange(-reach, reach + step / 2, step)
            rise = elevation + offsets
            rise = rise[(rise >= lowest) & (rise <= 90)]
            sides, rises = (part.ravel() for part in np.meshgrid(azimuth + wider * offsets, rise))
            near = Grid.of(self.templates, sides, rises)
            best = int(self._log_misfit(near, ears).argmin())
            azimuth, elevation = float(near.azimuths[best]), float(near.elevations[best])
        return Direction(azimuth % 360.0, elevation)

    def _log_misfit(self, grid: Grid, ears: EarSpectra) -> NDArray[np.float64]:
        """How unlikely directions are, shape (m,), where the smoothness of the source's spectrum is unknown.

        The sum of logarithms of both misfits: the likelihood when the variances of two kinds of Gaussian
        errors are unknown. A source of uneven spectrum makes its shape count for less by itself.
        """
        mismatch = grid.pairs.mismatch(self.rows(ears)).astype(np.float64)
        residual = self._residual(grid.pairs, ears)
        # Both are sums of squares found as differences, and rounding can take them below zero.
        at_least = np.maximum(mismatch, 0.0) + _LEAST_MISMATCH, np.maximum(residual, 0.0) + _LEAST_RESIDUAL
        return np.asarray(np.log(at_least[0]) + _SHAPES * np.log(at_least[1]))

    def cost(self, grid: Grid, ears: EarSpectra) -> NDArray[np.float64]:
        """Mismatch of the ears, 0 to 1, plus what their spectra's shape leaves unexplained; shape (m,)."""
        mismatch = grid.pairs.mismatch(self.rows(ears)).astype(np.float64)
        return mismatch + _RESIDUAL_WEIGHT * self._residual(grid.pairs, ears)

    def _residual(self, pairs: Pairs, ears: EarSpectra) -> NDArray[np.float64]:
        """Mean square, dB², of the ERB spectrum of both ears beyond a level and a tilt; shape (m,).

        All that is known of the source's spectrum is that it is smooth. So what a direction leaves over
        after the best straight line in dB per octave counts against it.
        """
        averages, weight = self._averages(ears)
        levels = 10 * np.log10(np.maximum(ears.spectra.total, 1e-30))
        left_over = averages @ levels - pairs.levels_db @ averages.T.astype(np.float32)
        octave = np.log2(self._middles)
        octave = octave - weight @ octave
        left_over = left_over - (left_over @ weight)[..., None]
        tilt = left_over @ (weight * octave) / max(weight @ octave**2, 1e-30)
        return np.asarray(np.square(left_over - np.multiply.outer(tilt, octave)) @ weight)

    def filled_erbs(self, spectra: CrossSpectra) -> int:
        """How many bands an ERB wide hold more than a ten thousandth of the energy of the fullest."""
        energy = np.add.reduceat(spectra.total, self._groups)
        return int(np.sum(energy > _FILLED * energy.max()))

    def _averages(self, ears: EarSpectra) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rows that average decibels over the ERB-wide groups, shape (g, F), and a weight of each group.

        Only bands that the source fills count: between the harmonics of a complex there is nothing to
        compare with.
        """
        energy = ears.spectra.total * ears.reliability
        presence = filled_bands(energy) * ears.reliability
        presence[self.centres < _PINNA_HZ] = 0.0
        filled = np.add.reduceat(presence, self._groups)
        group = np.repeat(np.arange(self._groups.size), np.diff(self._groups, append=energy.size))
        rows = np.zeros((self._groups.size, energy.size))
        rows[group, np.arange(energy.size)] = presence / np.maximum(filled, 1e-9)[group]
        weight = np.minimum(filled, 1.0)
        return rows, weight / max(weight.sum(), 1e-30)


def filled_bands(energy: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far, 0 to 1, each band is filled by a source and not only by what leaks from its neighbours."""
    nearby = maximum_filter1d(energy, _NEARBY_BANDS)
    return np.asarray(np.clip(energy / np.maximum(_PRESENT * nearby, 1e-30), 0.0, 1.0) ** 2)


def _vertex(places: NDArray[np.float64], cost: NDArray[np.float32]) -> float:
    """Minimum of even samples, refined by a parabola."""
    at = int(np.clip(cost.argmin(), 1, cost.size - 2))
    before, here, after = cost[at - 1 : at + 2].astype(np.float64)
    curvature = before - 2 * here + after
    shift = float(np.clip(0.5 * (before - after) / curvature, -1, 1)) if curvature > 0 else 0.0
    return float(places[at] + shift * (places[1] - places[0]))
