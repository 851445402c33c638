"""The two ends of the scale, no separation and the sources as they were mixed; and the best that masks can do."""

from __future__ import annotations

import numpy as np

from starbench.audio import Audio, quantise
from starbench.errors import InputError, NotApplicableError
from starbench.suites.open import open_suite
from starbench.suites.stems import StemLibrary

from ..estimates import Samples, masked, transform


class NoSeparation:
    """Returns the clip as its one stream: what a model hears without a separator."""

    needs_count = False
    most_sources = 1

    def __call__(self, samples: Samples, rate: int, n_sources: int) -> Samples:  # noqa: ARG002
        """Return the clip."""
        return samples[None]


class Oracle:
    """Returns the sources of a suite's clips as they were before they were mixed.

    A clip is found by its sound alone, also where it was resampled on its way; no name of it is known here.

    Parameters
    ----------
    stems : str
        The suite: its directory, built by a task that keeps stems.

    Raises
    ------
    InputError
        If it is not a suite, or keeps no stems.
    """

    needs_count = False

    def __init__(self, stems: str) -> None:
        self._library = StemLibrary(open_suite(stems))
        self.most_sources = self._library.most_sources
        if not self.most_sources:
            raise InputError(
                f"stems={stems}: the suite keeps no stems: build it with --stems, or build mixtures"
            )

    def __call__(self, samples: Samples, rate: int, n_sources: int) -> Samples:  # noqa: ARG002
        """Return the sources that are mixed in the clip; a :class:`NotApplicableError` if they are not known."""
        stems = self._library.stems_of(Audio(quantise(samples), rate))
        if stems is None:
            raise NotApplicableError(
                "the stems of this clip are not known: it is not a whole clip of the suite"
            )
        return stems


class RatioMask(Oracle):
    """Masks from the powers of the sources, on both ears: the best that masks can do; arguments as of oracle."""

    def __call__(self, samples: Samples, rate: int, n_sources: int) -> Samples:
        """Return what the masks leave; a :class:`NotApplicableError` if the sources are not known."""
        stems = super().__call__(samples, rate, n_sources)
        power = np.stack([np.square(np.abs(transform(stem, rate)[0])) for stem in stems])
        return masked(power / np.maximum(power.sum(axis=0), 1e-30), samples, rate)
