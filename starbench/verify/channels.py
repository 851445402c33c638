"""Which layout the clips of a suite have, and which questions about space have clips that hold nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from starbench.execution.processes import available_cpus
from starbench.suites.suite import Suite
from starbench.verify.remeasure import ItemMeasurements, measure_all
from starbench.verify.space_words import Aspect, aspect_of_space

#: Layouts that hold one sound for both ears.
_ONE = frozenset({"mono", "dual mono", "silence"})


@dataclass(frozen=True)
class SpaceQuestion:
    """An item that asks about space, whose clips are all of one channel, or of equal ones."""

    item: str
    aspect: Aspect
    layouts: tuple[str, ...]


@dataclass(frozen=True)
class ChannelAudit:
    """The channels of every clip that a suite's items name, the uncut recordings aside."""

    layouts: Mapping[str, tuple[str, ...]]
    """Layout -> paths of the clips that have it, the most frequent layout first."""
    space_questions: int
    """Items that ask about space, by their words."""
    without_space: tuple[SpaceQuestion, ...]
    """Those of them that one channel must answer: for ``direction`` it cannot."""


def channel_audit(
    suite: Suite,
    measurements: Sequence[ItemMeasurements] | None = None,
    *,
    workers: int | None = None,
    on_item: Callable[[int, int], None] = lambda _done, _all: None,
) -> ChannelAudit:
    """Look at the channels of every clip of ``suite``, in ``workers`` processes (default: one for each CPU).

    ``measurements`` saves measuring again what was measured. The rest is as in :func:`starbench.verify.audit.verify`.
    """
    if measurements is None:
        measurements = measure_all(suite, workers or available_cpus(), on_item, claims=False)
    by_path = {
        path: clip.layout
        for item, one in zip(suite.items, measurements, strict=True)
        for path, clip in zip(item.audio_paths, one.clips, strict=True)
    }
    by_layout: dict[str, list[str]] = {}
    for path, layout in by_path.items():
        by_layout.setdefault(layout, []).append(PurePath(path).as_posix())
    asked = [(item, aspect) for item in suite.items if (aspect := aspect_of_space(item)) is not None]
    without = (
        SpaceQuestion(item.id, aspect, tuple(by_path[path] for path in item.audio_paths))
        for item, aspect in asked
    )
    return ChannelAudit(
        layouts={
            name: tuple(by_layout[name]) for name in sorted(by_layout, key=lambda name: -len(by_layout[name]))
        },
        space_questions=len(asked),
        without_space=tuple(one for one in without if _ONE.issuperset(one.layouts)),
    )
