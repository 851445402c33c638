"""Errors of phones: edits, and edits weighed by articulatory features (extra ``cascades``: panphon)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from starbench.diagnose.separation.figures import RESAMPLES, ratio_figure
from starbench.errors import InputError
from starbench.plugins.extras import needed
from starbench.schema.separation import PhoneErrors


def phone_errors(
    recogniser: str,
    references: Sequence[str],
    hypotheses: Sequence[str],
    *,
    condition: str = "",
    seed: int = 0,
) -> PhoneErrors:
    """Compare IPA texts, one an utterance: PER and PFER, edits of all utterances over the phones of all references.

    Raises :class:`InputError` if panphon is missing, the texts are not as many, or no reference holds a phone.
    """
    if len(references) != len(hypotheses):
        raise InputError(f"{len(hypotheses)} texts cannot be compared with {len(references)} references")
    package = needed("panphon", "phone errors need panphon: pip install 'starbench[cascades]'")
    features = package.FeatureTable()
    pairs = [
        (_phones(features, one), _phones(features, two))
        for one, two in zip(references, hypotheses, strict=True)
    ]
    lengths = np.array([len(reference) for reference, _ in pairs], dtype=np.float64)
    if not lengths.sum():
        raise InputError("no reference holds a phone that panphon knows")
    edits, weighed = (
        np.array([_distance(reference, text, cost) for reference, text in pairs])
        for cost in (lambda a, b: float(a[0] != b[0]), _feature_cost)
    )
    return PhoneErrors(
        recogniser=recogniser,
        condition=condition,
        utterances=len(pairs),
        reference_phones=int(lengths.sum()),
        per=ratio_figure(edits, lengths, seed),
        pfer=ratio_figure(weighed, lengths, seed),
        seed=seed,
        resamples=RESAMPLES,
    )


#: A phone, and its articulatory features.
_Phone = tuple[str, tuple[int, ...]]


def _phones(features: Any, text: str) -> list[_Phone]:
    """Phones of a text that panphon knows; blanks and stress marks are none."""
    return [
        (phone, tuple(features.fts(phone).numeric()))
        for phone in features.ipa_segs(text.replace("ˈ", "").replace("ˌ", ""))
    ]


def _feature_cost(first: _Phone, second: _Phone) -> float:
    return sum(a != b for a, b in zip(first[1], second[1], strict=True)) / len(first[1])


def _distance(reference: Sequence[_Phone], text: Sequence[_Phone], cost: Any) -> float:
    """The least sum of edits: 1 for each that is added or left out."""
    row = list(map(float, range(len(text) + 1)))
    for number, phone in enumerate(reference, 1):
        above, row = row, [float(number)]
        for place, other in enumerate(text):
            row.append(min(above[place + 1] + 1.0, row[-1] + 1.0, above[place] + cost(phone, other)))
    return row[-1]
