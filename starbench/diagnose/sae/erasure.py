"""How much of a dictionary must go until a concept cannot be read: by a frozen probe, a refit one, and after LEACE.

Features are removed (their activation is set to 0) in the order of how much each tells of the concept by itself, or at
random. A probe that was trained before may fail where one that is trained again still reads the concept, so both are
given.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from starbench.diagnose.sae.activations import Frames
from starbench.diagnose.sae.concepts import FEWEST_CLIPS, Examples, classes_of, examples_of
from starbench.diagnose.sae.dictionary import require
from starbench.diagnose.sae.quality import ratio_interval
from starbench.schema.base import Interval
from starbench.schema.sae import ErasurePoint, SaeErasure

Values = NDArray[np.float64]

#: Shares of the live features that are removed.
REMOVED = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
RANDOM_DRAWS = 3
FOLDS = FEWEST_CLIPS
#: More examples to learn from are thinned out evenly: the probe solves a system of so many equations.
_MOST_EXAMPLES = 800
#: Ridges to choose from, as shares of the mean squared length of an example.
_RIDGES = (3.0, 1.0, 0.3, 0.1, 0.03)


def erasure(name: str, concept: str, codes: sparse.csr_array, frames: Frames, seed: int) -> SaeErasure:
    """The curve of one concept in one dictionary, called ``name``, whose codes of the frames are given.

    Raises :class:`InputError` as :func:`classes_of`, and if torch or concept-erasure is missing.
    """
    require("torch", "concept_erasure")
    names, classes = classes_of(concept, frames)
    examples = examples_of(codes, frames, classes)
    rng = np.random.default_rng(seed)
    reads = _Reads(*(np.zeros((len(REMOVED), len(examples.label)), np.intp) for _ in range(2)))
    random = [_Reads(*(np.zeros_like(one) for one in reads)) for _ in range(RANDOM_DRAWS)]
    leace = _Reads(*(np.zeros(len(examples.label), np.intp) for _ in range(2)))
    fold = _folds(examples, rng)
    for number in range(FOLDS):
        learnt, tested = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        removal = _Removal(_some(examples, learnt), examples.values[tested], len(names))
        for kept, order in (
            (reads, removal.ranked),
            *((one, rng.permutation(removal.n_features)) for one in random),
        ):
            kept.put(tested, removal.curve(order))
        leace.put(tested, removal.after_leace())

    def right(read: NDArray[np.intp]) -> float:
        return float(np.mean(read == examples.label))

    def interval(read: NDArray[np.intp]) -> Interval:
        hits = (read == examples.label).astype(float)
        return ratio_interval(hits, np.ones(len(hits)), examples.clip, seed)

    points = tuple(
        ErasurePoint(
            removed=share,
            frozen=right(reads.frozen[place]),
            frozen_ci=interval(reads.frozen[place]),
            refit=right(reads.refit[place]),
            refit_ci=interval(reads.refit[place]),
            random_frozen=float(np.mean([right(one.frozen[place]) for one in random])),
            random_refit=float(np.mean([right(one.refit[place]) for one in random])),
        )
        for place, share in enumerate(REMOVED)
    )
    commonest = np.bincount(examples.label).argmax()
    by_chance = (examples.label == commonest).astype(float)

    def needed(read: NDArray[np.intp]) -> float | None:
        """The smallest share removed from which on more is not read than by always naming the commonest class."""
        gains = ((one == examples.label) - by_chance for one in read)
        is_read = [ratio_interval(gain, np.ones(len(gain)), examples.clip, seed)[0] > 0 for gain in gains]
        last = max((place for place, above in enumerate(is_read) if above), default=-1)
        return REMOVED[last + 1] if last + 1 < len(REMOVED) else None

    sides = ("frozen", "refit", "random_frozen", "random_refit")
    return SaeErasure(
        concept=concept,
        dictionary=name,
        classes={
            label: sum(number == place for number in classes.values()) for place, label in enumerate(names)
        },
        clips=len(np.unique(examples.clip)),
        examples=len(examples.label),
        folds=FOLDS,
        chance=float(by_chance.mean()),
        intact=points[0].refit,
        intact_ci=points[0].refit_ci,
        points=points,
        auc={
            side: float(np.trapezoid([getattr(point, side) for point in points], REMOVED)) for side in sides
        },
        needed={"frozen": needed(reads.frozen), "refit": needed(reads.refit)},
        leace=right(leace.refit),
        leace_ci=interval(leace.refit),
        leace_frozen=right(leace.frozen),
        random_draws=RANDOM_DRAWS,
    )


class _Reads(NamedTuple):
    """The class that either probe reads for each example: shape (…, examples)."""

    frozen: NDArray[np.intp]
    refit: NDArray[np.intp]

    def put(self, examples: NDArray[np.intp], found: _Reads) -> None:
        for own, other in zip(self, found, strict=True):
            own[..., examples] = other


def _folds(examples: Examples, rng: np.random.Generator) -> NDArray[np.intp]:
    """The fold in which each example is tested: all examples of a clip in one, clips of every class in each."""
    fold = np.zeros(len(examples.label), np.intp)
    for label in np.unique(examples.label):
        clips = rng.permutation(np.unique(examples.clip[examples.label == label]))
        for place, clip in enumerate(clips.tolist()):
            fold[examples.clip == clip] = place % FOLDS
    return fold


def _some(examples: Examples, rows: NDArray[np.intp]) -> Examples:
    """These examples, thinned out evenly if there are many."""
    rows = rows[:: -(-len(rows) // _MOST_EXAMPLES)]
    return Examples(examples.values[rows], examples.clip[rows], examples.label[rows])


def _told(values: Values, label: NDArray[np.intp]) -> Values:
    """How much each feature tells of the class by itself: the share of its variance between classes (η²)."""
    mean = values.mean(axis=0)
    between = np.zeros(values.shape[1])
    for one in np.unique(label):
        members = values[label == one]
        between += len(members) * np.square(members.mean(axis=0) - mean)
    return np.asarray(between / np.maximum(np.square(values - mean).sum(axis=0), np.finfo(float).tiny))


class _Removal:
    """A ridge probe of classes in its dual form, so that removing features subtracts from products of examples.

    Features are those that vary among the examples to learn from, each divided by its standard deviation there.
    """

    def __init__(self, train: Examples, test: Values, n_classes: int) -> None:
        deviation = train.values.std(axis=0)
        varies = deviation > 0
        self._train, self._test = (one[:, varies] / deviation[varies] for one in (train.values, test))
        self.n_features = int(varies.sum())
        self.ranked = np.argsort(-_told(self._train, train.label), kind="stable")
        targets = np.eye(n_classes)[train.label]
        self._prior = targets.mean(axis=0)
        self._targets = targets - self._prior
        self._mean = self._train.mean(axis=0)
        self._label, self._half = train.label, np.unique(train.clip, return_inverse=True)[1] % 2
        products = self._train @ self._train.T
        self._weights = (self._train - self._mean).T @ _solved(products, self._targets, self._ridge(products))

    def curve(self, order: NDArray[np.intp]) -> _Reads:
        """What is read as the features go in this order, at each of :data:`REMOVED`."""
        own, other = self._train @ self._train.T, self._test @ self._train.T
        frozen = (self._test - self._mean) @ self._weights
        reads, gone = [], 0
        for share in REMOVED:
            now = round(share * len(order))
            block = order[gone:now]
            own -= self._train[:, block] @ self._train[:, block].T
            other -= self._test[:, block] @ self._train[:, block].T
            frozen -= self._test[:, block] @ self._weights[block]
            gone = now
            refit = self._scores(own, other) if now < len(order) else np.zeros_like(frozen)
            reads.append(self._read(frozen, refit))
        return _Reads(*map(np.stack, zip(*reads, strict=True)))

    def after_leace(self) -> _Reads:
        """What the frozen and a refit probe read after LEACE, which learns from the same examples as the probes."""
        import torch

        with warnings.catch_warnings():  # it compiles with what torch has deprecated
            warnings.simplefilter("ignore", DeprecationWarning)
            from concept_erasure import LeaceFitter

        # Outside the span of the examples LEACE changes nothing, and no probe of them has weights there.
        _, sizes, axes = np.linalg.svd(self._train - self._mean, full_matrices=False)
        axes = axes[sizes > 1e-9 * sizes[0]]
        train, test = ((one - self._mean) @ axes.T for one in (self._train, self._test))
        eraser = LeaceFitter.fit(
            torch.from_numpy(train), torch.from_numpy(self._targets), shrinkage=False, svd_tol=1e-9
        ).eraser
        own, other = (eraser(torch.from_numpy(one)).numpy() for one in (train, test))
        return self._read(other @ (axes @ self._weights), self._scores(own @ own.T, other @ own.T))

    def _read(self, frozen: Values, refit: Values) -> _Reads:
        return _Reads((frozen + self._prior).argmax(axis=1), (refit + self._prior).argmax(axis=1))

    def _ridge(self, products: Values) -> float:
        """The ridge that reads most of one half of the clips from the other; of equal ones the largest."""
        scale = max(float(np.trace(_centred(products))) / len(products), np.finfo(float).tiny)
        halves = [np.flatnonzero(self._half == number) for number in (0, 1)]

        def right(share: float) -> int:
            hits = 0
            for learnt, tested in (halves, halves[::-1]):
                own, other = products[np.ix_(learnt, learnt)], products[np.ix_(tested, learnt)]
                read = _scores(own, other, self._targets[learnt], share * scale) + self._prior
                hits += int((read.argmax(axis=1) == self._label[tested]).sum())
            return hits

        return max(_RIDGES, key=right) * scale

    def _scores(self, own: Values, other: Values) -> Values:
        """Scores of the test by a probe that is trained on these products of examples."""
        return _scores(own, other, self._targets, self._ridge(own))


def _scores(own: Values, other: Values, targets: Values, ridge: float) -> Values:
    """Scores by a probe whose examples have the products ``own`` with each other, and ``other`` with what is read."""
    mean = own.mean(axis=1)
    centred = other - mean - (other.mean(axis=1)[:, None] - mean.mean())
    return np.asarray(centred @ _solved(own, targets, ridge))


def _solved(products: Values, targets: Values, ridge: float) -> Values:
    factor = cho_factor(_centred(products) + ridge * np.eye(len(products)))
    return np.asarray(cho_solve(factor, targets - targets.mean(axis=0)))


def _centred(products: Values) -> Values:
    return np.asarray(products - products.mean(axis=0) - products.mean(axis=1)[:, None] + products.mean())
