"""Erasing concepts: one feature, many that say the same, LEACE, and what cannot be asked."""

from __future__ import annotations

import numpy as np
import pytest
from planted_atoms import by_clip, csr, sparse_codes

from starbench.diagnose.sae.concepts import classes_of
from starbench.diagnose.sae.erasure import REMOVED, erasure
from starbench.errors import InputError
from starbench.schema.sae import SaeErasure

CLIPS, EACH, FEATURES = 160, 5, 100


def planted(carriers: int, seed: int = 0, also: int = 0) -> SaeErasure:
    """Two classes that ``carriers`` features tell; ``also`` others belong to a concept that goes with it in 9 of 10."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, CLIPS)
    related = np.where(rng.random(CLIPS) < 0.9, label, 1 - label)
    frames = by_clip(
        [{"domain": "ab"[one], "other": "xy"[two]} for one, two in zip(label, related, strict=True)], EACH
    )
    codes = sparse_codes(CLIPS * EACH, FEATURES, 0.1, seed)
    codes[:, :carriers] += label[frames.piece][:, None] * 1.0
    codes[:, carriers : carriers + also] += related[frames.piece][:, None] * 1.0
    return erasure("0", "domain", csr(codes), frames, seed)


def at(found: SaeErasure, share: float) -> tuple[float, float]:
    point = found.points[REMOVED.index(share)]
    return point.frozen, point.refit


@pytest.mark.local
def test_a_concept_of_one_feature_is_gone_with_it_and_leace_erases_it() -> None:
    found = planted(1)
    assert found.intact > 0.95
    assert max(at(found, 0.05)) < 0.65
    assert found.needed["refit"] == 0.01
    assert found.points[3].random_refit > 0.9
    assert found.leace == pytest.approx(found.chance, abs=0.02)
    assert found.leace_ci[0] <= found.chance <= found.leace_ci[1]


@pytest.mark.local
def test_a_frozen_probe_fails_where_a_refit_one_still_reads_the_concept() -> None:
    found = planted(60)
    frozen, refit = at(found, 0.4)
    assert frozen < 0.8
    assert refit > 0.95
    assert found.needed["refit"] == pytest.approx(0.6, abs=0.11)
    assert found.needed["frozen"] is not None
    assert found.needed["refit"] is not None
    assert found.needed["frozen"] < found.needed["refit"]
    assert found.auc["frozen"] < found.auc["refit"] < found.auc["random_refit"] + 0.05
    assert found.leace == pytest.approx(found.chance, abs=0.02)  # however many features carry it
    assert at(found, 1.0)[1] == pytest.approx(found.chance)


@pytest.mark.local
def test_what_goes_with_a_concept_keeps_it_readable() -> None:
    alone, related = planted(2), planted(2, also=10)
    assert at(alone, 0.02)[1] < 0.65
    assert at(related, 0.02)[1] > 0.8  # nine of ten: read by the other concept's features
    assert related.leace == pytest.approx(related.chance, abs=0.02)


@pytest.mark.local
def test_a_concept_that_is_not_there_is_read_by_chance() -> None:
    found = planted(0, seed=3)
    assert found.intact_ci[0] < found.chance + 0.02
    assert found.needed["refit"] == 0


LABELS: list[dict[str, str | float]] = [
    {
        "domain": "speech" if n < 5 else "music",
        "class": ("voice", "horn", "drum")[n % 3],
        "pitch_hz": 100.0 + n,
    }
    for n in range(12)
]


def test_concepts_are_labels_values_and_halves_of_numbers() -> None:
    frames = by_clip(LABELS, 2)
    assert classes_of("domain", frames)[0] == ("music", "speech")
    assert classes_of("speech", frames)[0] == ("not speech", "speech")
    assert classes_of("class=horn", frames) == classes_of("horn", frames)
    names, classes = classes_of("pitch_hz", frames)
    assert names == ("above 105.5", "up to 105.5")
    assert list(classes.values()).count(0) == 6


def test_a_concept_that_nothing_has_or_too_few_is_refused() -> None:
    frames = by_clip(LABELS, 2)
    with pytest.raises(InputError, match="no held-out clip has it: did you mean 'speech'"):
        classes_of("speach", frames)
    with pytest.raises(InputError, match="two classes with 4 held-out clips each"):
        classes_of("pitch_hz=101.0", frames)
