"""What probes read of every attribute from every layer: fitted on training clips, judged on test clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from starbench.diagnose.probe.attributes import Attribute
from starbench.diagnose.probe.features import Features
from starbench.diagnose.probe.kernels import Regression, fit
from starbench.diagnose.probe.statistics import Array, Resamples, TestPairs, pair_accuracy, r2, share
from starbench.schema.probe import Family, ProbeRow, Source
from starbench.scoring.paired_tests import holm

FAMILIES: tuple[Family, ...] = ("linear", "kernel")
#: Parts of the clips: training, validation; the rest is for the test.
_SHARES = (0.6, 0.13)
#: Cells of an attribute that get one random value each, and how often these are drawn.
_CELLS, _CONTROLS = 12, 3
#: Share of the training values below those that a probe of an unseen range is asked about.
_SEEN = 0.75


@dataclass(frozen=True, eq=False)
class Split:
    """Which clips probes learn from, choose by, and are judged on; every clip is in one part alone."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]

    @classmethod
    def draw(cls, clips: int, rng: np.random.Generator) -> Split:
        order = rng.permutation(clips)
        stops = np.cumsum([round(part * clips) for part in _SHARES])
        return cls(*np.split(order, stops))


@dataclass(frozen=True, eq=False)
class Target:
    """One attribute of all clips: ``values`` in equal steps, or the places of their names; and its control values."""

    attribute: Attribute
    values: Array
    names: tuple[str, ...]
    controls: Array
    pairs: TestPairs

    @property
    def columns(self) -> Array:
        """What is regressed, shape (clips, columns), before the controls."""
        return np.eye(len(self.names))[self.values.astype(int)] if self.names else self.values[:, None]

    @property
    def chance(self) -> float:
        return 1.0 / len(self.names) if self.names else 0.5


def targets_of(
    attributes: Sequence[Attribute],
    factors: Mapping[str, NDArray[np.generic]],
    split: Split,
    rng: np.random.Generator,
) -> tuple[Target, ...]:
    """Targets of the attributes that vary."""
    resamples = Resamples.draw(len(split.test), rng)
    targets = []
    for attribute in attributes:
        raw = factors[attribute.factor]
        names = () if attribute.is_number else tuple(np.unique(raw).tolist())
        numbers = np.searchsorted(names, raw) if names else attribute.scale(np.asarray(raw, np.float64))
        values = np.asarray(numbers, np.float64)
        if np.ptp(values) <= 1e-9 * max(1.0, float(np.abs(values).max())):
            continue
        edges = np.quantile(values, np.linspace(0, 1, _CELLS + 1)[1:-1])
        cells = np.digitize(values, edges)
        controls = rng.standard_normal((_CONTROLS, _CELLS))[:, cells].T
        pairs = TestPairs(values[split.test], resamples)
        targets.append(Target(attribute, values, names, controls, pairs))
    return tuple(targets)


@dataclass(frozen=True, eq=False)
class ProbeReading:
    """A row, and the probe behind it: what it says of the test clips, and of others."""

    row: ProbeRow
    predicted: Array
    regression: Regression
    column: int

    def predict(self, features: Features) -> Array:
        """Values of one attribute for other clips, by what the encoder makes of them."""
        return self.regression.predict(features[self.row.layer][self.row.pooling])[:, self.column]


@dataclass(frozen=True, eq=False)
class LayerProbes:
    """All probes of one layer and family, one for each pooling."""

    features: Mapping[str, NDArray[np.float32]]
    family: Family
    targets: Sequence[Target]
    split: Split

    @cached_property
    def _regressions(self) -> dict[str, Regression]:
        train = self.split.train
        columns = [
            one.columns if one.names else np.hstack([one.columns, one.controls]) for one in self.targets
        ]
        targets = np.hstack(columns)[train]
        return {name: fit(one[train], targets, self.family) for name, one in self.features.items()}

    @cached_property
    def _columns(self) -> list[slice]:
        widths = [one.columns.shape[1] + (0 if one.names else _CONTROLS) for one in self.targets]
        stops = np.cumsum(widths)
        return [slice(stop - width, stop) for width, stop in zip(widths, stops.tolist(), strict=True)]

    @cached_property
    def _predictions(self) -> dict[str, Array]:
        return {name: one.predict(self.features[name]) for name, one in self._regressions.items()}

    def read(self, place: int, source: Source, layer: str, *, thoroughly: bool) -> ProbeReading:
        """The row of one attribute; ``thoroughly`` also on unseen timbres and ranges."""
        target, columns = self.targets[place], self._columns[place]
        scores = {name: self._validated(target, one[:, columns]) for name, one in self._predictions.items()}
        pooling = max(scores, key=scores.__getitem__)
        predicted = self._predictions[pooling][self.split.test][:, columns]
        figures = _named(target, predicted) if target.names else self._figures(target, predicted)
        if thoroughly and not target.names:
            figures |= self._unseen(target, pooling)
        row = ProbeRow(
            attribute=target.attribute.name,
            source=source,
            layer=layer,
            family=self.family,
            pooling=pooling,
            validation=scores[pooling],
            p_holm=figures["p"],
            **figures,
        )
        return ProbeReading(row, predicted[:, 0], self._regressions[pooling], columns.start)

    def _validated(self, target: Target, predicted: Array) -> float:
        values, guesses = target.values[self.split.validation], predicted[self.split.validation]
        if target.names:
            return float(np.mean(guesses.argmax(axis=1) == values))
        return pair_accuracy(values, guesses[:, 0]) or 0.5

    def _figures(self, target: Target, predicted: Array) -> dict[str, Any]:
        ours, controls = predicted[:, 0], predicted[:, 1:]
        pairs, test = target.pairs, self.split.test
        accuracy, accuracy_interval = pairs.accuracy(ours)
        explained, r2_interval = pairs.r2(ours)
        jnd, jnd_interval = pairs.jnd(ours)
        difference = target.attribute.difference
        low, high = jnd_interval or (0.0, None)
        control = np.mean([r2(target.controls[test, n], controls[:, n]) for n in range(_CONTROLS)])
        return {
            "accuracy": accuracy,
            "accuracy_interval": accuracy_interval,
            "r2": explained,
            "r2_interval": r2_interval,
            "jnd": None if jnd is None else difference(jnd),
            "jnd_interval": None
            if jnd is None
            else (difference(low), None if high is None else difference(high)),
            "control_r2": float(control),
            "p": pairs.p(ours),
        }

    def _unseen(self, target: Target, pooling: str) -> dict[str, Any]:
        """What a probe reads of clips of a kind that it did not learn from."""
        features, values = self.features[pooling], target.values
        widths = tuple(self._regressions[pooling].duals) or None
        train, test = self.split.train, self.split.test

        def elsewhere(learns: NDArray[np.bool_], asked: NDArray[np.bool_]) -> tuple[Array, Array]:
            of_train, of_test = train[learns[train]], test[asked[test]]
            fitted = fit(features[of_train], values[of_train, None], self.family, widths)
            return values[of_test], fitted.predict(features[of_test])[:, 0]

        limit = np.quantile(values[train], _SEEN)
        found: dict[str, Any] = {
            "unseen_range_accuracy": pair_accuracy(*elsewhere(values <= limit, values > limit))
        }
        timbre = next((one for one in self.targets if one.names), None)
        if timbre is not None:
            kinds = range(len(timbre.names))
            explained = [r2(*elsewhere(timbre.values != kind, timbre.values == kind)) for kind in kinds]
            found["unseen_timbre_r2"] = float(np.mean(explained))
        return found


def read_layers(
    source: Source,
    features: Features,
    targets: Sequence[Target],
    split: Split,
    *,
    thoroughly: bool = False,
) -> list[ProbeReading]:
    """Rows of every attribute, layer and family, corrected for how many of one attribute there are."""
    readings: list[ProbeReading] = []
    for layer, poolings in features.items():
        for family in FAMILIES:
            probes = LayerProbes(poolings, family, targets, split)
            readings += [
                probes.read(place, source, layer, thoroughly=thoroughly) for place in range(len(targets))
            ]
    corrected = {
        name: iter(holm([one.row.p for one in readings if one.row.attribute == name]))
        for name in {one.row.attribute for one in readings}
    }
    return [
        replace(one, row=one.row.model_copy(update={"p_holm": next(corrected[one.row.attribute])}))
        for one in readings
    ]


def _named(target: Target, predicted: Array) -> dict[str, Any]:
    hits = predicted.argmax(axis=1) == target.pairs.values
    accuracy, interval = share(hits, target.pairs.resamples)
    p = stats.binomtest(int(hits.sum()), len(hits), target.chance, alternative="greater").pvalue
    return {"accuracy": accuracy, "accuracy_interval": interval, "p": float(p)}
