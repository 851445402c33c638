"""Blind readers of built suites: what can be had without listening?

    python benchmarks/leaks.py                  # builds perception and spatial, three seeds, >= 5,000 items
    python benchmarks/leaks.py --tasks perception --items 900
    python benchmarks/leaks.py --suites DIR DIR # reads suites that are there

Four readers, each cross-validated by item within each sub-category, all seeds together:

* ``metadata``: gradient boosting on everything that is not asked (lengths, onsets, sizes, peak, rms, digests,
  order, and whatever of the truth is not declared as asked), which guesses the *content* that is right;
* ``letter``: the same, which guesses the *place* of the right option;
* ``sources``: the same of the sources that options name, each relative to the others (where a suite says
  which option names which source);
* ``question``: logistic regression on the words of the question and of the options alone.

Printed is what each gets over the best constant strategy, with 95 % bootstrap intervals over items, and a
one-sided binomial p adjusted by Holm over all readers and sub-categories. Exit code 1 if any gains 2 points
or more with an adjusted p below 0.05.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from starbench.build.build import build
from starbench.execution.processes import available_cpus
from starbench.floors.classifiers import folds
from starbench.plugins.registry import load
from starbench.schema import Item
from starbench.scoring.paired_tests import holm
from starbench.suites import suite as suites
from starbench.suites.suite import MANIFEST
from starbench.synthesis import BuildSpec
from starbench.verify.answers import Group, declared_for, groups
from starbench.verify.balance import constant_of
from starbench.verify.features import features, is_cue
from starbench.verify.leaks import source_numbers
from starbench.verify.remeasure import ItemMeasurements, measure_all

#: Stated before anything was built with them.
SEEDS = (271828, 314159, 161803)
ITEMS = 5_100
TASKS = ("perception", "spatial")
MOST_GAIN, MOST_P = 0.02, 0.05
#: A sub-category of fewer items is read by nobody: a fold would hold a handful.
LEAST = 20
RESAMPLES = 1000


@dataclass(frozen=True)
class Part:
    """One sub-category of one or more suites: its items, what was measured of each, the cues it asks about."""

    group: Group
    measurements: dict[str, ItemMeasurements]
    asked: list[str] | None


@dataclass(frozen=True)
class Result:
    """What one reader got in one sub-category; shares as fractions."""

    part: str
    reader: str
    items: int
    accuracy: float
    constant: float
    interval: tuple[float, float]
    p: float

    @property
    def gain(self) -> float:
        return self.accuracy - self.constant


# --- what there is to read ------------------------------------------------------------------------


def read(roots: Sequence[Path], workers: int) -> list[Part]:
    """The sub-categories of several suites; items of the same name in two suites are two items."""
    items: list[Item] = []
    measurements: dict[str, ItemMeasurements] = {}
    asked: dict[str, list[str] | None] = {}
    for number, root in enumerate(roots):
        suite = suites.read(root)
        declared = json.loads((root / MANIFEST).read_text("utf-8")).get("declared") or {}
        for item, one in zip(suite.items, measure_all(suite, workers, claims=False), strict=True):
            name = f"{number}/{item.id}"
            items.append(item.model_copy(update={"id": name}))
            measurements[name] = one
        for group in groups(suite.items):
            listed = declared_for(declared, "asked", group.name)
            asked[group.name] = listed if isinstance(listed, list) else None
    return [
        Part(group, measurements, asked[group.name]) for group in groups(items) if len(group.items) >= LEAST
    ]


def table(part: Part) -> NDArray[np.float64]:
    """Features as columns of numbers, names as one column a value; NaN where an item has none."""
    columns = []
    for feature in features(part.group, part.measurements, part.asked):
        if feature.is_number:
            columns.append([np.nan if value is None else float(value) for value in feature.values])
        else:
            names = sorted({str(value) for value in feature.values if value is not None})[:20]
            columns += [[float(value == name) for value in feature.values] for name in names]
    return np.array(columns, dtype=np.float64).reshape(len(columns), len(part.group.items)).T


# --- readers: each gives for every item whether its guess, made by the others' folds, is right -----


def by_metadata(
    part: Part, classes: Sequence[str], allowed: Sequence[Sequence[str]]
) -> NDArray[np.bool_] | None:
    x = table(part)
    if not x.shape[1] or len(set(classes)) < 2:
        return None
    y, right = np.array(classes), np.zeros(len(classes), dtype=bool)
    for train, test in folds(len(classes)):
        if len(set(y[train])) < 2:
            continue
        model = boosted().fit(x[train], y[train])
        shares = model.predict_proba(x[test])
        known = {name: k for k, name in enumerate(model.classes_)}
        for row, item in zip(shares, test, strict=True):
            guess = max(allowed[item], key=lambda name: row[known[name]] if name in known else -1.0)
            right[item] = guess == classes[item]
    return right


def by_sources(part: Part) -> NDArray[np.bool_] | None:
    named = [named_sources(item, part.asked or []) for item in part.group.items]
    if part.asked is None or not all(named):
        return None
    keys = sorted(set.intersection(*(set(row) for rows in named for row in rows)))
    if not keys:
        return None
    relative = []
    for rows in named:
        values = np.array([[row[key] for key in keys] for row in rows])
        relative.append(values - values.mean(axis=0))
    return by_option(part, relative, lambda x, y: boosted().fit(np.concatenate(x), y))


def by_question(part: Part) -> NDArray[np.bool_] | None:
    told = [[words(item, place) for place in range(len(item.options))] for item in part.group.items]
    vectors = DictVectorizer().fit([row for rows in told for row in rows])
    encoded = [vectors.transform(rows).toarray() for rows in told]
    return by_option(
        part, encoded, lambda x, y: LogisticRegression(C=0.5, max_iter=2000).fit(np.concatenate(x), y)
    )


def by_option(part: Part, rows: Sequence[NDArray[np.float64]], fit: Any) -> NDArray[np.bool_]:
    """Score every option of an item by itself, and take the best."""
    answers = [item.options.index(item.answer or "") for item in part.group.items]
    right = np.zeros(len(rows), dtype=bool)
    for train, test in folds(len(rows)):
        y = np.concatenate([np.arange(len(rows[k])) == answers[k] for k in train])
        model = fit([rows[k] for k in train], y)
        for item in test:
            right[item] = int(np.argmax(model.predict_proba(rows[item])[:, 1])) == answers[item]
    return right


def boosted() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=60,
        max_leaf_nodes=7,
        min_samples_leaf=10,
        learning_rate=0.1,
        early_stopping=False,
        random_state=0,
    )


def named_sources(item: Item, asked: Sequence[str]) -> list[dict[str, float]]:
    """What the sources that the options name claim and is not asked, option by option; [] if none do."""
    numbers, clips = item.truth.get("option_sources"), item.truth.get("clips")
    if not isinstance(numbers, list) or not clips or None in numbers:
        return []
    found = [source_numbers(clips[0]["sources"][number]) for number in numbers]
    return [{key: value for key, value in row.items() if not is_cue(key, asked)} for row in found]


def words(item: Item, place: int) -> dict[str, float]:
    """An option, its place, and every word of the question and every other option beside both."""
    option = item.options[place]
    beside = {f"word {word}" for word in re.findall(r"[\w°'-]+", item.question.lower())}
    beside |= {f"with {other}" for other in item.options if other != option}
    told = {f"option {option}": 1.0, f"place {place}": 1.0}
    told |= {f"{one} | {option}": 1.0 for one in beside}
    told |= {f"{one} | {place}": 1.0 for one in beside}
    return told


# --- what they get --------------------------------------------------------------------------------


def results(parts: Sequence[Part]) -> list[Result]:
    """Every reader in every sub-category, p values adjusted."""
    found = []
    for part in parts:
        group = part.group
        constant = constant_of(group.items).aa
        contents = [item.options for item in group.items]
        if set(group.classes) != {item.answer for item in group.items}:
            contents = [tuple(f"option {k + 1}" for k in range(len(item.options))) for item in group.items]
        places = [tuple(f"option {k + 1}" for k in range(len(item.options))) for item in group.items]
        fixed = len({item.options for item in group.items}) == 1  # then a content is a place
        readings = {
            "metadata": by_metadata(part, group.classes, contents),
            "letter": None if fixed else by_metadata(part, group.positions, places),
            "sources": by_sources(part),
            "question": by_question(part),
        }
        for reader, right in readings.items():
            if right is not None:
                found.append(result(group.name, reader, right, constant))
    adjusted = holm([one.p for one in found])
    return [Result(**{**one.__dict__, "p": float(p)}) for one, p in zip(found, adjusted, strict=True)]


def result(name: str, reader: str, right: NDArray[np.bool_], constant: float) -> Result:
    draws = np.random.default_rng(0).binomial(right.size, right.mean(), RESAMPLES) / right.size - constant
    low, high = np.quantile(draws, [0.025, 0.975])
    p = float(binomtest(int(right.sum()), right.size, constant, "greater").pvalue)
    return Result(name, reader, right.size, float(right.mean()), constant, (float(low), float(high)), p)


def leaky(found: Sequence[Result]) -> list[Result]:
    return [one for one in found if one.gain >= MOST_GAIN and one.p < MOST_P]


def show(found: Sequence[Result]) -> None:
    print(
        f"{'sub-category':24s} {'reader':9s} {'items':>6s} {'right':>7s} {'const':>7s}  gain [95 %], points p"
    )
    for one in found:
        low, high = (100 * bound for bound in one.interval)
        print(
            f"{one.part:24s} {one.reader:9s} {one.items:6d} {one.accuracy:7.1%} {one.constant:7.1%}  "
            f"{100 * one.gain:+5.1f} [{low:+5.1f}, {high:+5.1f}]  {one.p:10.2g}"
        )
    n = len({one.part for one in found})
    verdict = ", ".join(f"{one.part} by {one.reader} (+{100 * one.gain:.1f})" for one in leaky(found))
    print(f"{n} sub-categories; leaks: {verdict or 'none'}")


def build_all(
    tasks: Sequence[str], items: int, seeds: Sequence[int], where: Path, workers: int
) -> list[Path]:
    """Suites of every task and seed, sized in proportion to the tasks' full sizes."""
    full = {task: len(load("tasks", task)().plan(spec(task, None, seeds[0])).drafts) for task in tasks}
    roots = []
    for seed in seeds:
        for task in tasks:
            size = -(-items * full[task] // (sum(full.values()) * len(seeds)))
            root = where / f"{task}-{seed}"
            built = build(task, spec(task, size, seed), root, workers=workers)
            print(f"built {task}, seed {seed}: {len(built.items)} items", file=sys.stderr)
            roots.append(root)
    return roots


def spec(task: str, size: int | None, seed: int) -> BuildSpec:
    return BuildSpec(tuple(getattr(load("tasks", task), "attributes", ())), "default", seed, size)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suites", nargs="*", type=Path, help="read these; nothing is built")
    parser.add_argument("--tasks", nargs="*", default=list(TASKS))
    parser.add_argument("--items", type=int, default=ITEMS, help="of all suites together")
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--workers", type=int, default=available_cpus())
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        roots = asked.suites or build_all(asked.tasks, asked.items, asked.seeds, Path(folder), asked.workers)
        parts = read(roots, asked.workers)
    found = results(parts)
    show(found)
    if asked.json:
        asked.json.write_text(
            json.dumps([{**one.__dict__, "gain": one.gain} for one in found], indent=2) + "\n"
        )
    return 1 if leaky(found) else 0


if __name__ == "__main__":
    sys.exit(main())
