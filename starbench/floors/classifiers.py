"""Cross-validated classifiers: what share of answers they get right, learnt from other items' answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from starbench.floors.questions import QuestionTable

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
#: Takes training rows, their classes' numbers, how many classes there are, and rows to judge, of which it gives
#: a score for each class, shape (rows, classes).
Classifier = Callable[[Array, NDArray[np.intp], int, Array], Array]

FOLDS = 5
SEED = 0
TREES = 100
#: What attempts are made with, as it is written beside their results.
CLASSIFIERS = {
    "shrunken LDA": "linear discriminants, covariance shrunk by Ledoit & Wolf's share",
    "SVM": "support vector machine, radial kernel of the width of the standardised rows' spread, C = 3",
    "extra trees": f"{TREES} extremely randomised trees, three items a leaf at least, 30 % of the features a split",
}


class Attempt(NamedTuple):
    """One classifier on one table of features: for each item whether its guess, learnt from other folds, is right."""

    name: str
    right: Flags


class Reached(NamedTuple):
    """What a listener reaches: the share that is right, its standard error, and by what features and classifier.

    ``highest`` is the best of all attempts, which is by chance higher than it deserves.
    """

    accuracy: float
    standard_error: float
    how: str
    highest: float


def folds(n: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Training and test items of each fold."""
    from sklearn.model_selection import KFold

    yield from KFold(FOLDS, shuffle=True, random_state=SEED).split(np.zeros(n))


def reached(attempts: Sequence[Attempt]) -> Reached:
    """What the best attempt gets, which for each fold is the best one of the other folds.

    To report the best of many attempts by the same answers that chose it would be too high by a standard
    error or two.
    """
    right = np.array([one.right for one in attempts])
    n_items = right.shape[1]
    chosen = np.zeros(n_items, dtype=bool)
    for train, test in folds(n_items):
        chosen[test] = right[np.argmax(right[:, train].mean(axis=1)), test]
    accuracy, shares = float(chosen.mean()), right.mean(axis=1)
    error = float(np.sqrt(accuracy * (1 - accuracy) / n_items))
    return Reached(accuracy, error, attempts[int(np.argmax(shares))].name, float(shares.max()))


def attempts(name: str, features: Array, questions: QuestionTable) -> Iterator[Attempt]:
    """Every classifier on features of the sounds of each item, shape (items, sounds, features)."""
    everything, differences = tables(features, questions)
    yield Attempt(f"{name}, extra trees", _right(everything, questions, extra_trees))
    for label, table in (("", everything), (" differences", differences)):
        if table is not None:
            rotated = _rotated(table)
            yield Attempt(f"{name}{label}, shrunken LDA", _right(rotated, questions, shrunken_lda))
            yield Attempt(f"{name}{label}, SVM", _right(rotated, questions, support_vectors))


def cuts(values: Mapping[str, Array], questions: QuestionTable) -> Iterator[Attempt]:
    """Cuts on one number at a time: a small tree of it, and of which way round the question is asked."""
    for name, column in values.items():
        table = np.stack([column, column * questions.sign, questions.sign], axis=1)
        yield Attempt(name, _right(table, questions, small_tree))


def tables(features: Array, questions: QuestionTable) -> tuple[Array, Array | None]:
    """Rows for classifiers: all there is; and of two sounds only what differs, which fewer items suffice to learn."""
    n_items, n_sounds, _ = features.shape
    flat = features.reshape(n_items, -1)
    if n_sounds == 1:
        return _with_question(flat, questions), None
    if n_sounds > 2:
        return _with_question(np.concatenate([flat, _distances(features)], axis=1), questions), None
    change = features[:, 1] - features[:, 0]
    everything = np.concatenate([flat, change, np.abs(change)], axis=1)
    return _with_question(everything, questions), _with_question(change, questions)


def _with_question(table: Array, questions: QuestionTable) -> Array:
    if questions.sign.any():
        table = np.concatenate([table, table * questions.sign[:, None]], axis=1)
    return np.concatenate([table, questions.known], axis=1)


def _distances(features: Array) -> Array:
    """How far sounds are from each other, sorted; shape (items, pairs)."""
    scaled = features / (features.std(axis=(0, 1)) + 1e-9)
    n_sounds = features.shape[1]
    pairs = [
        np.sqrt(np.mean(np.square(scaled[:, a] - scaled[:, b]), axis=1))
        for a in range(n_sounds)
        for b in range(a)
    ]
    return np.sort(np.stack(pairs, axis=1), axis=1)


def _rotated(table: Array) -> Array:
    """Columns of mean 0 and variance 1, rotated into as few as there are rows: distances stay what they are."""
    varied = table[:, table.std(axis=0) > 1e-9]
    if not varied.shape[1]:
        return np.zeros((len(table), 1))
    scaled = (varied - varied.mean(axis=0)) / varied.std(axis=0) / np.sqrt(max(1, varied.shape[1]))
    if scaled.shape[1] <= scaled.shape[0]:
        return np.asarray(scaled)
    values, vectors = np.linalg.eigh(scaled @ scaled.T)
    keep = values > 1e-9 * values[-1]
    return np.asarray(vectors[:, keep] * np.sqrt(values[keep]))


def _right(table: Array, questions: QuestionTable, classify: Classifier) -> Flags:
    """Whether the guess for each row, among the options of its own item, is right."""
    names = sorted(set(questions.classes))
    y = np.array([names.index(name) for name in questions.classes])
    offered = np.array([[name in allowed for name in names] for allowed in questions.allowed])
    right = np.zeros(len(y), dtype=bool)
    for train, test in folds(len(y)):
        scores = classify(table[train], y[train], len(names), table[test])
        right[test] = np.argmax(np.where(offered[test], scores, -np.inf), axis=1) == y[test]
    return right


def shrunken_lda(x: Array, y: NDArray[np.intp], n_classes: int, new: Array) -> Array:
    """Linear discriminants, with the covariance shrunk by Ledoit & Wolf (2004, J. Multivar. Anal. 88:365)."""
    counts = np.bincount(y, minlength=n_classes)
    means = np.zeros((n_classes, x.shape[1]))
    np.add.at(means, y, x)
    means /= np.maximum(counts, 1)[:, None]
    rest = x - means[y]
    n, width = rest.shape
    covariance = rest.T @ rest / n
    size = float(np.trace(covariance)) / width
    squared = float(np.sum(np.square(covariance)))
    spread = squared / width - size**2
    noise = (float(np.mean(np.square(np.sum(np.square(rest), axis=1)))) - squared) / (n * width)
    share = min(max(noise / spread, 1e-4), 1.0) if spread > 0 else 1.0
    covariance = (1 - share) * covariance + (share * size + 1e-12) * np.eye(width)
    weights = np.linalg.solve(covariance, means.T)
    prior = np.where(counts > 0, np.log(np.maximum(counts, 1) / n), -np.inf)
    return np.asarray(new @ weights - 0.5 * np.sum(means.T * weights, axis=0) + prior)


def support_vectors(x: Array, y: NDArray[np.intp], n_classes: int, new: Array) -> Array:
    """A support vector machine with a radial kernel, as wide as the rows' own spread."""
    from sklearn.svm import SVC

    return _scores(SVC(C=3.0, gamma=1.0, random_state=SEED), x, y, n_classes, new)


def extra_trees(x: Array, y: NDArray[np.intp], n_classes: int, new: Array) -> Array:
    """Extremely randomised trees."""
    from sklearn.ensemble import ExtraTreesClassifier

    trees = ExtraTreesClassifier(TREES, min_samples_leaf=3, max_features=0.3, random_state=SEED)
    return _scores(trees, x, y, n_classes, new)


def small_tree(x: Array, y: NDArray[np.intp], n_classes: int, new: Array) -> Array:
    """A tree of at most eight leaves."""
    from sklearn.tree import DecisionTreeClassifier

    leaf = max(5, len(y) // 40)
    tree = DecisionTreeClassifier(max_leaf_nodes=8, min_samples_leaf=leaf, random_state=SEED)
    return _scores(tree, x, y, n_classes, new)


def _scores(model: object, x: Array, y: NDArray[np.intp], n_classes: int, new: Array) -> Array:
    """Scores of a scikit-learn classifier; a class that no training row has is never guessed."""
    scores = np.full((len(new), n_classes), -1e9)
    present = np.unique(y)
    if present.size == 1:
        scores[:, present] = 0.0
        return scores
    model.fit(x, y)  # type: ignore[attr-defined]
    if hasattr(model, "predict_proba"):
        scores[:, present] = model.predict_proba(new)
    else:
        values = model.decision_function(new)  # type: ignore[attr-defined]
        scores[:, present] = np.stack([-values, values], axis=1) if values.ndim == 1 else values
    return scores
