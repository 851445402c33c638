"""Where a sound comes from: the direction whose head responses explain both ears best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from starbench.measure.spectra import CrossSpectra, band_centres, erb_bands, erb_density

from . import head as heads
from . import likelihood, templates
from .head import Head, unit
from .templates import Pairs, Templates

#: Width and range of the bands, Hz; the upper end is cut to this share of the rate.
_BAND_HZ, _LOWEST_HZ, _HIGHEST_HZ, _USABLE = 50.0, 300.0, 16_000.0, 0.46
#: Below this the spectrum's shape does not depend on elevation, Hz.
_PINNA_HZ = 500.0
#: A band is filled by the source if it has this share of the highest power among so many neighbours.
_PRESENT, _NEARBY_BANDS = 0.25, 9
_FILLED = 1e-6
#: Power of the reliability with which only bands without noise count, and noise re what reliability lacks.
_ONLY_CLEAN, _CAUTIOUS = 20, 3.0
#: Share of the noise in those bands that may pass for a mismatch.
_OF_NOISE = 0.4
#: Steps of the grids, the horizon, the sphere and cones about the ears' axis, degrees.
_RING_STEP, _SPHERE_STEP, _POLAR_STEP = 2.0, 5.0, 3.0
#: How far a sound above or below may be from the cone of the direction that fits best on the horizon, degrees.
_ASIDE_DEG = 7
#: How many directions between two are tried as the one that both sounds come from.
_ON_THE_WAY = 5
_PARTS = ("left", "right", "cross")


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

    @classmethod
    def joined(cls, grids: Sequence[Grid]) -> Grid:
        """All directions of several grids."""
        pairs = Pairs(*(np.concatenate([getattr(g.pairs, part) for g in grids]) for part in _PARTS))
        azimuths = np.concatenate([g.azimuths for g in grids])
        return cls(azimuths, np.concatenate([g.elevations for g in grids]), pairs)


class DirectionFinder:
    """Finds directions of sounds at one rate, Hz, with one head, or None for the default one."""

    def __init__(self, head: Head | None, rate: int) -> None:
        highest = min(_HIGHEST_HZ, _USABLE * min(rate, (head or heads.load()).rate))
        self.centres = band_centres(_BAND_HZ, _LOWEST_HZ, highest)
        self.templates = templates.of(head, tuple(self.centres))
        self.density = erb_density(self.centres)
        self._groups, self._middles = erb_bands(self.centres)
        self._lowest = float(np.ceil(np.degrees(np.arcsin(self.templates.directions[:, 2].min()))))
        self._cones: dict[int, Grid] = {}

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
    def coarse_ring(self) -> Grid:
        """Every other direction of the horizon."""
        ring = self.ring
        pairs = Pairs(*(getattr(ring.pairs, part)[::2] for part in _PARTS))
        return Grid(ring.azimuths[::2], ring.elevations[::2], pairs)

    @cached_property
    def sphere(self) -> Grid:
        """All directions the head has data for."""
        rows = []
        for elevation in np.arange(self._lowest, 90.1, _SPHERE_STEP):
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
        return float(self.ring.azimuths[int(self.log_likelihood(self.ring, ears).argmax())])

    def direction(self, ears: EarSpectra) -> Direction:
        """Direction anywhere: what differs between the ears, and the shape of both ears' spectra."""
        middle = round(self.azimuth(ears).lateral)
        cones = [self._cone(lateral) for lateral in range(middle - _ASIDE_DEG, middle + _ASIDE_DEG + 1)]
        grid = Grid.joined([cone for cone in cones if cone is not None])
        best = int(self.log_likelihood(grid, ears).argmax())
        azimuth, elevation = float(grid.azimuths[best]), float(grid.elevations[best])
        for reach, step in ((3.0, 1.0), (0.75, 0.25)):
            wider = min(3.0, 1.0 / max(np.cos(np.radians(elevation)), 1e-3))
            offsets = np.arange(-reach, reach + step / 2, step)
            rise = elevation + offsets
            rise = rise[(rise >= self._lowest) & (rise <= 90)]
            sides, rises = (part.ravel() for part in np.meshgrid(azimuth + wider * offsets, rise))
            near = Grid.of(self.templates, sides, rises)
            best = int(self.log_likelihood(near, ears).argmax())
            azimuth, elevation = float(near.azimuths[best]), float(near.elevations[best])
        return Direction(azimuth % 360.0, elevation)

    def evidence_of_two(self, sounds: Sequence[EarSpectra], directions: Sequence[Direction]) -> float:
        """How much likelier two sounds come from their own ``directions`` than from one, as a logarithm.

        How precise a direction is follows from how smooth the sound's spectrum is, by the likelihood. The one
        direction is looked for on the way from the first to the second.
        """
        first, second = directions
        way = np.linspace(0.0, 1.0, _ON_THE_WAY)
        turn = (second.azimuth - first.azimuth + 180.0) % 360.0 - 180.0
        rise = second.elevation - first.elevation
        between = Grid.of(self.templates, first.azimuth + way * turn, first.elevation + way * rise)
        from_first, from_second = (self.log_likelihood(between, sound) for sound in sounds)
        return float(from_first[0] + from_second[-1] - (from_first + from_second).max())

    def _cone(self, lateral: int) -> Grid | None:
        """Directions of one angle from the median plane, degrees: about the same difference between the ears."""
        if abs(lateral) >= 90:
            return None
        if lateral not in self._cones:
            aside, up = np.radians(lateral), np.radians(np.arange(-90.0, 270.0, _POLAR_STEP))
            height = np.cos(aside) * np.sin(up)
            up = up[height >= np.sin(np.radians(self._lowest))]
            azimuths = np.degrees(np.arctan2(np.sin(aside), np.cos(aside) * np.cos(up)))
            elevations = np.degrees(np.arcsin(np.cos(aside) * np.sin(up)))
            self._cones[lateral] = Grid.of(self.templates, azimuths, elevations)
        return self._cones[lateral]

    def log_likelihood(
        self, grid: Grid, ears: EarSpectra, least_share: float = likelihood.LEAST_SHARE
    ) -> NDArray[np.float64]:
        """How likely directions are, shape (m,), by what differs between the ears and by what they share."""
        return self.interaural(grid, ears, least_share) + self._spectral(grid.pairs, ears)

    def least_mismatch(self, ears: EarSpectra) -> float:
        """Share of the energy, 0 to 1, that the best direction leaves unexplained, less what noise may leave."""
        weight = self._clean(ears)
        noise = float(weight @ (1.0 - np.minimum(ears.reliability, 1.0)))
        return float(self._clean_mismatch(self.sphere.pairs, ears).min()) - _OF_NOISE * noise

    def mismatch_at(self, pair: Pairs, ears: EarSpectra) -> float:
        """The same for one direction, as :meth:`pair` gives it."""
        return float(self._clean_mismatch(pair, ears)[0])

    def _clean_mismatch(self, pairs: Pairs, ears: EarSpectra) -> NDArray[np.float32]:
        return pairs.mismatch(_shares(ears.spectra, self._clean(ears)))

    def _clean(self, ears: EarSpectra) -> NDArray[np.float64]:
        """Weights of bands, of which only those without noise count."""
        weight = self.density * np.minimum(ears.reliability, 1.0) ** _ONLY_CLEAN
        return np.asarray(weight / weight.sum())

    def interaural(
        self, grid: Grid, ears: EarSpectra, least_share: float = likelihood.LEAST_SHARE
    ) -> NDArray[np.float64]:
        """How likely directions are, shape (m,), by what differs between the ears."""
        spectra, reliability = ears
        shares = grid.pairs.shares(_shares(spectra, reliability))
        noise = (1.0 - np.minimum(reliability, 1.0)) / _CAUTIOUS
        return likelihood.interaural(shares, noise, self.density / self.density.sum(), least_share)

    def _spectral(self, pairs: Pairs, ears: EarSpectra) -> NDArray[np.float64]:
        averages, presence = self._averages(ears)
        levels = 10 * np.log10(np.maximum(ears.spectra.total, 1e-30))
        left_over = averages @ levels - pairs.levels_db @ averages.T.astype(np.float32)
        return likelihood.spectral(left_over, presence, np.log2(self._middles / 1000.0))

    def filled_erbs(self, ears: EarSpectra) -> int:
        """How many bands an ERB wide hold more than the background and a millionth of the fullest's energy."""
        energy = np.add.reduceat(ears.spectra.total * (ears.reliability > 0.5), self._groups)
        return int(np.sum(energy > _FILLED * energy.max()))

    def _averages(self, ears: EarSpectra) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rows that average decibels over the ERB-wide groups, shape (g, F), and how far, 0 to 1, each is filled.

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
        return rows, np.minimum(filled, 1.0)


def _shares(spectra: CrossSpectra, of: NDArray[np.float64]) -> NDArray[np.float32]:
    """Spectra as :meth:`.templates.Pairs.shares` takes them, times ``of``, shape (F,)."""
    share = of / np.maximum(spectra.total, 1e-30)
    parts = (spectra.left, spectra.right, spectra.cross.real, spectra.cross.imag)
    return np.concatenate([part * share for part in parts]).astype(np.float32)


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
