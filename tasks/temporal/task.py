"""The temporal task: from a folder of recordings to the plan of a suite."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from starbench.audio import decode
from starbench.recordings import LeftOut, Library, Recording, load_library
from starbench.storage.inputs import read_bytes
from starbench.synthesis import BuildPlan, BuildSpec, Draft, generator

from ..design.plans import PartPlan, build_plan, select_attributes
from .candidates import EXCERPT_S, direction_candidates, order_candidates
from .cuts import Material
from .options import TemporalOptions, parse_options
from .questions import BACKWARDS, CAME_FIRST, CLIP_ORDER, KINDS, direction_drafts, kind_of, order_draft
from .selection import Candidate, spread


@dataclass(frozen=True)
class QuestionForm:
    """How a sub-category is made: the cuts of a recording, or why there are none; the items of a cut, and how many."""

    candidates: Callable[[Material, TemporalOptions, np.random.Generator], tuple[list[Candidate], str]]
    drafts: Callable[[Candidate, int, TemporalOptions], Sequence[Draft]]
    items_a_cut: int = 1


_FORMS = {
    CLIP_ORDER: QuestionForm(
        lambda material, options, rng: order_candidates(material, 3, options, rng),
        lambda one, number, options: [order_draft(one, number, options)],
    ),
    CAME_FIRST: QuestionForm(
        lambda material, options, rng: order_candidates(material, 2, options, rng),
        lambda one, number, options: [order_draft(one, number, options)],
    ),
    BACKWARDS: QuestionForm(direction_candidates, direction_drafts, items_a_cut=2),
}


@dataclass
class _Part:
    """One sub-category while it is planned: the candidates of each recording, those chosen, why others have none."""

    form: QuestionForm
    candidates: dict[str, list[Candidate]] = field(default_factory=dict)
    chosen: list[Candidate] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.chosen) * self.form.items_a_cut

    def look_at(self, material: Material, options: TemporalOptions, rng: np.random.Generator) -> None:
        found, reason = self.form.candidates(material, options, rng)
        if found:
            self.candidates[material.recording.file] = found
        else:
            self.reasons[material.recording.file] = reason

    def choose(self, options: TemporalOptions, rng: np.random.Generator) -> None:
        self.chosen = spread(
            list(self.candidates.values()),
            options.per_recording,
            balanced=options.is_balanced,
            rng=rng,
        )
        used = {one.material.recording.file for one in self.chosen}
        self.reasons |= dict.fromkeys(
            self.candidates.keys() - used,
            "matching the edges of its clips gives their order away, and nothing balances it",
        )

    def drafts(self, n: int, options: TemporalOptions, rng: np.random.Generator) -> list[Draft]:
        """The first ``n`` items, in random order; what is chosen is as balanced in every beginning of it."""
        cuts = self.chosen[: n // self.form.items_a_cut]
        drafts = [draft for k, one in enumerate(cuts, 1) for draft in self.form.drafts(one, k, options)]
        return [drafts[k] for k in rng.permutation(len(drafts))]


class Temporal:
    """The order of clips of one recording, which of two came first, and whether one is played backwards."""

    attributes = tuple(_FORMS)
    profiles = ("default",)

    def plan(self, spec: BuildSpec) -> BuildPlan:
        """Plan every item: recordings are cut, and cuts are heard by the listener that they are balanced against.

        No attributes means all three; no size means all that the recordings give.

        Raises an InputError for an unknown attribute, profile or option, or recordings that give no item.
        """
        attributes = select_attributes(spec, "temporal", self.attributes, self.profiles)
        options = parse_options(spec.options)
        library = load_library(options.recordings, min_seconds=EXCERPT_S[0], mix=options.mix)
        parts = {name: _Part(_FORMS[name]) for name in attributes}
        for recording in library.recordings:
            material = _material(recording)
            for name, part in parts.items():
                part.look_at(material, options, generator(spec.seed, name, recording.digest))
        for name, part in parts.items():
            part.choose(options, generator(spec.seed, name, "choice"))
        sizes = _sizes(parts, spec.size)
        drafts = {
            name: part.drafts(sizes[name], options, generator(spec.seed, name, "order"))
            for name, part in parts.items()
        }
        used = {
            draft.item.truth["planned"]["recording"]["file"]
            for of_part in drafts.values()
            for draft in of_part
        }
        return build_plan(
            [
                *(
                    PartPlan(
                        drafts[name], [f"{name}: {file}: {reason}" for file, reason in part.reasons.items()]
                    )
                    for name, part in parts.items()
                ),
                PartPlan(dropped=[*_unknown_kinds(library), *_short_of(spec.size, sum(sizes.values()))]),
            ],
            declared={
                "asked": {BACKWARDS: ["excerpt.reversed"]},
                "sufficient": {BACKWARDS: ["level"]},  # over time: what rises suddenly, and falls slowly
                "controls": options.controls,
                **options.flaws,
                "recordings": _facts(library, parts, used),
            },
            options={**spec.options, "recordings": library.identity},
            attributes=attributes,
            licence=_licence([one for one in library.recordings if one.file in used]),
        )


def _material(recording: Recording) -> Material:
    samples = decode(read_bytes(Path(recording.path)), is_material=True).samples
    return Material(recording, samples.mean(axis=1, dtype=np.float64))


def _sizes(parts: Mapping[str, _Part], size: int | None) -> dict[str, int]:
    """How many items of each sub-category: all, or as equally many of each as there are, in whole cuts."""
    sizes = dict.fromkeys(parts, 0)
    room = sum(part.size for part in parts.values()) if size is None else size
    while growing := [
        name
        for name, part in parts.items()
        if sizes[name] < part.size and sum(sizes.values()) + part.form.items_a_cut <= room
    ]:
        name = min(growing, key=lambda one: sizes[one])
        sizes[name] += parts[name].form.items_a_cut
    return sizes


def _short_of(size: int | None, n: int) -> list[str]:
    return (
        [f"{size - n} of {size} items: the recordings give no more"] if size is not None and n < size else []
    )


def _unknown_kinds(library: Library) -> list[str]:
    return [
        f"kind {one.kind!r} of {one.file}: is not one of {', '.join(KINDS)}, so its items have none"
        for one in library.recordings
        if one.kind and not kind_of(one.kind)
    ]


def _facts(library: Library, parts: Mapping[str, _Part], used: set[str]) -> dict[str, Any]:
    """What the suite declares about its recordings: those that items are made of, and why others are not there."""
    unused = [
        LeftOut(
            one.file,
            "; ".join(f"{name}: {part.reasons.get(one.file, 'not needed')}" for name, part in parts.items()),
        )
        for one in library.recordings
        if one.file not in used
    ]
    of_use = tuple(one for one in library.recordings if one.file in used)
    left_out = sorted((*library.left_out, *unused), key=lambda one: one.file)
    return Library(of_use, tuple(left_out)).facts


def _licence(recordings: Sequence[Recording]) -> str | None:
    """The one licence that all of them have; None where they have several, or one of them none."""
    licences = {one.licence for one in recordings}
    return licences.pop() if len(licences) == 1 else None
