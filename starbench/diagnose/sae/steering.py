"""Steering: what a feature's direction does to a model's answers, measured by the harness, beside random directions.

``steer`` asks a suite's items without steering, then with a direction added at a layer, and pairs the answers by item.
A direction of the same length that means nothing shows how much any push changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.diagnose.suite_run import ask
from starbench.errors import InputError
from starbench.models.adapter import Model
from starbench.models.steerable import Steerable
from starbench.schema import Setup
from starbench.schema.sae import SaeSteering, SteeredAnswers
from starbench.scoring import intervals
from starbench.scoring.observations import Observation, observe
from starbench.scoring.paired_tests import FEWEST_ITEMS, sign_flips
from starbench.suites.suite import Suite
from starbench.text import slug

CONTROLS = 3

Direction = NDArray[np.float32]
#: (item, rotation, condition) -> how that trial ended.
Answers = Mapping[tuple[str, int, str], Observation]


@dataclass(frozen=True, eq=False)
class Push:
    """A direction to be added at a layer: of length ``strength``, in units of the layer's activations."""

    layer: str
    direction: Direction
    strength: float
    name: str = "feature"

    @property
    def vector(self) -> Direction:
        length = float(np.linalg.norm(self.direction))
        if not np.isfinite(length) or not length > 0 or not np.isfinite(self.strength):
            raise InputError(f"{self.name}: a direction has a length, and its strength is a number")
        return np.asarray(self.direction * (self.strength / length), np.float32)


def steer(
    model: Model,
    suite: Suite,
    push: Push,
    setup: Setup | None = None,
    *,
    seed: int = 0,
    controls: int = CONTROLS,
    out: Path | None = None,
) -> SaeSteering:
    """Ask the suite's items without ``push``, with it, and with random directions of the same length.

    ``setup`` is how questions are put; default: at the rate and with the channels that the model takes. The runs are
    kept in ``out``, if it is given, as any run. Closes the model.

    Raises :class:`InputError` if the model cannot be steered there, and what :func:`ask_all` raises.
    """
    if not isinstance(model.adapter, Steerable):
        raise InputError(
            f"model {model.spec!r} cannot be steered: its adapter has no method steered(layer, vector)"
        )
    rng = np.random.default_rng(seed)
    random = [
        replace(
            push,
            direction=rng.standard_normal(len(push.direction)).astype(np.float32),
            name=f"random {number}",
        )
        for number in range(controls)
    ]
    with TemporaryDirectory(prefix="starbench-steering-") as folder:
        root = out or Path(folder)
        base = _answers(model, suite, setup, None, root, is_last=False)
        pushes = [push, *random]
        pushed = [_answers(model, suite, setup, one, root, is_last=one is pushes[-1]) for one in pushes]
    feature, *others = (_compared(one.name, base, after) for one, after in zip(pushes, pushed, strict=True))
    return SaeSteering(
        model=model.spec,
        layer=push.layer,
        suite=suite.name,
        suite_digest=suite.digest,
        strength=push.strength,
        n_items=len({item for item, _, _ in base}),
        n_trials=len(base),
        base_aa=float(np.mean([one.correct for one in base.values()])),
        feature=feature,
        controls=tuple(others),
        exceeds_controls=bool(others) and all(feature.changed > one.changed for one in others),
        seed=seed,
    )


class _Steered:
    """An adapter whose runs say how it is steered; it stays open until its last run."""

    def __init__(self, adapter: Any, push: Push | None, *, is_last: bool) -> None:
        self._adapter, self._is_last = adapter, is_last
        self.identity = dict(getattr(adapter, "identity", None) or {})
        if push is not None:
            digest = sha256(push.vector.tobytes()).hexdigest()[:12]
            self.identity["steered"] = f"{push.name} at {push.layer}, strength {push.strength:g}, {digest}"

    def __getattr__(self, name: str) -> Any:
        if name == "close" and not self._is_last:
            raise AttributeError(name)
        return getattr(self._adapter, name)


def _answers(
    model: Model, suite: Suite, setup: Setup | None, push: Push | None, root: Path, *, is_last: bool
) -> Answers:
    adapter: Any = model.adapter
    steered = replace(model, adapter=_Steered(adapter, push, is_last=is_last))
    with nullcontext() if push is None else adapter.steered(push.layer, push.vector):
        run = ask(steered, suite, root / slug("unsteered" if push is None else push.name), setup)
    return {(one.item.id, one.trial.rotation, one.trial.condition): one for one in observe(run)}


def _compared(name: str, base: Answers, after: Answers) -> SteeredAnswers:
    """Answers with a direction against those without, each item with its trials as one unit."""
    number = {item: place for place, item in enumerate(dict.fromkeys(key[0] for key in base))}
    planned, right, right_after, changed = np.zeros((4, len(number)))
    for key, one in base.items():
        other, place = after[key], number[key[0]]
        planned[place] += 1
        right[place] += one.correct
        right_after[place] += other.correct
        changed[place] += (one.outcome, one.letter) != (other.outcome, other.letter)
    return SteeredAnswers(
        direction=name,
        aa=float(right_after.sum() / planned.sum()),
        diff=float((right_after - right).sum() / planned.sum()),
        diff_ci=intervals.difference(right, planned, right_after, planned),
        p=sign_flips(right_after - right) if len(number) >= FEWEST_ITEMS else None,
        changed=float(changed.sum() / planned.sum()),
        changed_ci=intervals.rate(changed, planned),
    )
