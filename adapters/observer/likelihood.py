"""How likely a sound in each direction would leave what two ears received.

Two kinds of evidence are independent of each other. What *differs* between the ears needs no knowledge of the
source. What they *share*, the spectrum, shows a direction as far as the source's own spectrum is smooth, which
is not known beforehand.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Share of a band's energy that interpolated templates leave unexplained even at the right direction.
LEAST_SHARE = 2e-3
#: How much the ears' difference counts: about the number of bands that err independently.
_INTERAURAL_BANDS = 150.0
#: What a source's spectrum may be: standard deviations of random gains of each third of an octave, and of
#: further ones of each band an ERB wide, which single partials may fill, dB.
_RIPPLES_DB = ((0.7, 1.2), (5.0, 1.5), (8.0, 1.5), (8.0, 4.0))
#: Standard deviations of a source's tilt, dB per octave, and of its level, dB.
_TILT_DB, _LEVEL_DB = 6.0, 60.0


def interaural(
    shares: NDArray[np.float32], noise: Floats, weight: Floats, least_share: float = LEAST_SHARE
) -> Floats:
    """Log-likelihood, shape (m,), of the ears' difference, up to a constant.

    ``shares``, (m, F), are the shares of energy that directions leave unexplained, ``noise`` those that the
    background has; ``least_share`` is left even by the right direction. The logarithm is that of errors of
    unknown variance, of which a few may be large.
    """
    shares, weight = np.maximum(shares, 0.0), weight.astype(np.float32)
    scale = np.maximum(least_share, (shares @ weight).min()) + noise
    return np.asarray(-_INTERAURAL_BANDS * (np.log1p(shares / scale.astype(np.float32)) @ weight), np.float64)


def spectral(left_over_db: Floats, presence: Floats, octaves: Floats) -> Floats:
    """Log-likelihood, shape (m,), of a source's spectrum in bands an ERB wide, dB, shape (m, g).

    A mixture of kinds of sources, each Gaussian: a level, a tilt and random gains of thirds of an
    octave, more or less wide, and an error that is the larger the less of a band is filled (``presence``).
    """
    log_likelihoods = []
    for ripple_db, error_db in _RIPPLES_DB:
        covariance = _source(tuple(octaves), ripple_db) + np.diag(error_db**2 / np.clip(presence, 1e-4, 1.0))
        root = np.linalg.cholesky(covariance)
        whitened = np.linalg.inv(root) @ left_over_db.T
        log_likelihoods.append(-0.5 * np.square(whitened).sum(axis=0) - np.log(np.diag(root)).sum())
    return np.asarray(np.logaddexp.reduce(log_likelihoods, axis=0))


@lru_cache(maxsize=32)
def _source(octaves: tuple[float, ...], ripple_db: float) -> Floats:
    """Covariance of a source's levels, dB², at places on the octave scale."""
    place = np.asarray(octaves)
    knots = np.arange(np.floor(3 * place.min()), np.ceil(3 * place.max()) + 1) / 3
    gains = np.maximum(0.0, 1.0 - 3.0 * np.abs(place[:, None] - knots))  # linear between thirds of an octave
    centred = place - place.mean()
    tilt = _TILT_DB**2 * np.outer(centred, centred)
    return np.asarray(ripple_db**2 * gains @ gains.T + tilt + _LEVEL_DB**2)
