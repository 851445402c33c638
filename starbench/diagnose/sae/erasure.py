"""How much of a dictionary must go until a concept cannot be read: by a frozen probe, a refit one, and after LEACE.

Features are removed (their activation is set to 0) in the order of how much each tells of the concept by itself, or at
random. A probe that was trained before may fail where one that is trained again still reads the concept, so both are
given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from starbench.diagnose.sae.activations import Frames
from starbench.diagnose.sae.concepts import Examples, classes_of, examples_of
from starbench.diagnose.sae.dictionary import require
from starbench.diagnose.sae.quality import ratio_interval
from starbench.schema.base import Interval
from starbench.schema.sae import ErasurePoint, SaeErasure

Values = NDArray[np.float64]

#: Shares of the live features that are removed.
REMOVED = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
RANDOM_DRAWS = 3
_TEST_SHARE = 0.4
#: More examples of either side are thinned out evenly: the probe solves a system of so many equations.
_MOST_EXAMPLES = 1000
#: Ridge, as a share of the mean squared length of an example.
_RIDGE = 0.1


def erasure(name: str, concept: str, codes: sparse.csr_array, frames: Frames, seed: int) -> SaeErasure:
    """The curve of one concept in one dictionary, called ``name``, whose codes of the frames are given.

    Raises :class:`InputError` as :func:`classes_of`, and if torch or concept-erasure is missing.
    """
    require("torch", "concept_erasure")
    names, classes = classes_of(concept, frames)
    examples = examples_of(codes, frames, classes)
    rng = np.random.default_rng(seed)
    train, test = _split(examples, rng)
    train, test, n_live = _scaled(train, test)
    order = np.argsort(-_told(train), kind="stable")
    erased = _Removal(train, test, len(names))
    ranked = erased.curve(order)
    random = [erased.curve(rng.permutation(n_live)) for _ in range(RANDOM_DRAWS)]
    points = tuple(
        ErasurePoint(
            removed=share,
            frozen=_accuracy(ranked[place].frozen, test),
            frozen_ci=_interval(ranked[place].frozen, test, seed),
            refit=_accuracy(ranked[place].refit, test),
            refit_ci=_interval(ranked[place].refit, test, seed),
            random_frozen=float(np.mean([_accuracy(one[place].frozen, test) for one in random])),
            random_refit=float(np.mean([_accuracy(one[place].refit, test) for one in random])),
        )
        for place, share in enumerate(REMOVED)
    )
    chance = float(np.bincount(test.label).max() / len(test.label))
    leace_frozen, leace = erased.after_leace()
    sides = ("frozen", "refit", "random_frozen", "random_refit")
    return SaeErasure(
        concept=concept,
        dictionary=name,
        classes={
            label: sum(number == place for number in classes.values()) for place, label in enumerate(names)
        },
        train_clips=len(np.unique(train.clip)),
        test_clips=len(np.unique(test.clip)),
        chance=chance,
        intact=points[0].refit,
        intact_ci=points[0].refit_ci,
        points=points,
        auc={
            side: float(np.trapezoid([getattr(point, side) for point in points], REMOVED)) for side in sides
        },
        needed={side: _needed(points, side, chance) for side in ("frozen", "refit")},
        leace=_accuracy(leace, test),
        leace_ci=_interval(leace, test, seed),
        leace_frozen=_accuracy(leace_frozen, test),
        random_draws=RANDOM_DRAWS,
    )


def _split(examples: Examples, rng: np.random.Generator) -> tuple[Examples, Examples]:
    """Examples to learn from and to be tested on, by clip, with clips of every class on both sides."""
    held: list[int] = []
    for label in np.unique(examples.label):
        clips = rng.permutation(np.unique(examples.clip[examples.label == label]))
        held += clips[: max(round(_TEST_SHARE * len(clips)), 1)].tolist()
    is_test = np.isin(examples.clip, held)
    return _some(examples, np.flatnonzero(~is_test)), _some(examples, np.flatnonzero(is_test))


def _some(examples: Examples, rows: NDArray[np.intp]) -> Examples:
    rows = rows[:: len(rows) // _MOST_EXAMPLES + 1]
    return Examples(examples.values[rows], examples.clip[rows], examples.label[rows])


def _scaled(train: Examples, test: Examples) -> tuple[Examples, Examples, int]:
    """The features that vary, each divided by its standard deviation over the examples to learn from."""
    deviation = train.values.std(axis=0)
    varies = deviation > 0
    scaled = [
        Examples(one.values[:, varies] / deviation[varies], one.clip, one.label) for one in (train, test)
    ]
    return scaled[0], scaled[1], int(varies.sum())


def _told(train: Examples) -> Values:
    """How much each feature tells of the class by itself: the share of its variance between classes (η²)."""
    mean = train.values.mean(axis=0)
    between = np.zeros(train.values.shape[1])
    for label in np.unique(train.label):
        members = train.values[train.label == label]
        between += len(members) * np.square(members.mean(axis=0) - mean)
    return between / np.maximum(np.square(train.values - mean).sum(axis=0), np.finfo(float).tiny)


@dataclass(frozen=True)
class _Read:
    """The class that either probe reads for each example of the test."""

    frozen: NDArray[np.intp]
    refit: NDArray[np.intp]


class _Removal:
    """A ridge probe of classes in its dual form, so that removing features subtracts from products of examples."""

    def __init__(self, train: Examples, test: Examples, n_classes: int) -> None:
        self._train, self._test = train.values, test.values
        targets = np.eye(n_classes)[train.label]
        self._prior = targets.mean(axis=0)
        self._targets = targets - self._prior
        self._ridge = _RIDGE * float(np.square(self._centred(self._train)).sum()) / len(self._train)
        self._weights = self._centred(self._train).T @ self._solved(self._train @ self._train.T)

    def curve(self, order: NDArray[np.intp]) -> list[_Read]:
        """What is read as the features go in this order, at each of :data:`REMOVED`."""
        own, other = self._train @ self._train.T, self._test @ self._train.T
        frozen = (self._test - self._train.mean(axis=0)) @ self._weights
        reads, gone = [], 0
        for share in REMOVED:
            now = round(share * len(order))
            block = order[gone:now]
            own -= self._train[:, block] @ self._train[:, block].T
            other -= self._test[:, block] @ self._train[:, block].T
            frozen -= self._test[:, block] @ self._weights[block]
            gone = now
            refit = self._scores(own, other) if now < len(order) else np.zeros_like(frozen)
            reads.append(_Read((frozen + self._prior).argmax(axis=1), (refit + self._prior).argmax(axis=1)))
        return reads

    def after_leace(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """What the frozen and a refit probe read after LEACE, which learns from the same examples as the probes."""
        import torch
        from concept_erasure import LeaceFitter

        # Outside the span of the examples LEACE changes nothing, and no probe of them has weights there.
        mean = self._train.mean(axis=0)
        _, sizes, axes = np.linalg.svd(self._train - mean, full_matrices=False)
        axes = axes[sizes > 1e-9 * sizes[0]]
        train, test = (self._train - mean) @ axes.T, (self._test - mean) @ axes.T
        eraser = LeaceFitter.fit(
            torch.from_numpy(train), torch.from_numpy(self._targets), shrinkage=False, svd_tol=1e-9
        ).eraser
        own, other = eraser(torch.from_numpy(train)).numpy(), eraser(torch.from_numpy(test)).numpy()
        frozen = other @ (axes @ self._weights)
        refit = self._scores(own @ own.T, other @ own.T)
        return (frozen + self._prior).argmax(axis=1), (refit + self._prior).argmax(axis=1)

    def _scores(self, own: Values, other: Values) -> Values:
        """Scores of the test by a probe that is trained on these products of examples."""
        dual = self._solved(own)
        mean = own.mean(axis=1)
        return np.asarray((other - mean - (other.mean(axis=1)[:, None] - mean.mean())) @ dual)

    def _solved(self, products: Values) -> Values:
        centred = products - products.mean(axis=0) - products.mean(axis=1)[:, None] + products.mean()
        factor = cho_factor(centred + self._ridge * np.eye(len(centred)))
        return np.asarray(cho_solve(factor, self._targets))

    @staticmethod
    def _centred(values: Values) -> Values:
        return np.asarray(values - values.mean(axis=0))


def _accuracy(read: NDArray[np.intp], test: Examples) -> float:
    return float(np.mean(read == test.label))


def _interval(read: NDArray[np.intp], test: Examples, seed: int) -> Interval:
    return ratio_interval((read == test.label).astype(float), np.ones(len(read)), test.clip, seed)


def _needed(points: Sequence[ErasurePoint], side: str, chance: float) -> float | None:
    """The smallest share removed from which on the interval reaches down to chance."""
    above = [point.removed for point in points if getattr(point, f"{side}_ci")[0] > chance]
    return next((point.removed for point in points if not above or point.removed > above[-1]), None)
