"""Official protocols: a benchmark's own prompt and its own scorer, beside our reading of the same replies.

A run under such a protocol has two results. Our reader reads every reply as under protocol ``starbench``, so that
refusals and failures have their outcomes and stay in every denominator. The benchmark's scorer, defects and all,
gets the raw replies once the run is complete, and makes nothing but the official figures.

A protocol is a class of a plug-in, in the entry-point group ``starbench.protocols``: see docs/protocols.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple

from starbench.errors import StarbenchError
from starbench.protocols.base import Part, Result, labelled
from starbench.protocols.starbench import Starbench, aids, clip_labels
from starbench.schema import ClipSpec, Item, Presentation, TextSpec

#: ``Item.truth`` holds under this name what the benchmark's own record of an item says, by the names of its fields.
PUBLISHED = "published"


class ScorerError(StarbenchError):
    """The benchmark's script would end in an error on these replies, so it gives no figure; the message says why."""


class ReplyScore(NamedTuple):
    """What a scorer makes of one reply."""

    correct: bool | None
    """None: it leaves the reply out of its denominator."""
    defect: str | None = None
    """Which of the protocol's ``defects`` decided it, if one did."""


class OfficialProtocol(Starbench):
    """Base of the protocols of other benchmarks: their prompt, their scorer, our reading.

    A subclass sets ``name`` and ``prompt_version``, writes :meth:`prompt`, and has a scorer (``scorer`` and
    :meth:`score_replies`) or says why it has none (``unscored``).
    """

    scorer: ClassVar[str | None] = None
    """Whose scorer :meth:`score_replies` reproduces: repository, file and commit."""
    unscored: ClassVar[str | None] = None
    """Why there is none, as the end of a sentence."""
    defects: ClassVar[Mapping[str, str]] = {}
    """Known defects of the scorer: a code, and a sentence that users read."""
    groups: ClassVar[tuple[str, ...]] = ()
    """What the benchmark's report is split by: fields of its records (``PUBLISHED``), or of :class:`Item`."""
    has_total: ClassVar[bool] = True
    """Whether its report has a figure of all items."""

    def prompt(self, item: Item, options: tuple[str, ...]) -> str:
        """The text of the prompt, letter by letter; ``options`` stand in the order shown."""
        raise NotImplementedError

    def score_replies(self, results: Sequence[Result]) -> Sequence[ReplyScore]:
        """What the benchmark's scorer makes of each reply; ``results`` stand in the order of the data set.

        Raises :class:`ScorerError` where the benchmark's script would end in an error.
        """
        raise NotImplementedError

    def rotations(self, item: Item) -> int:  # noqa: ARG002
        """One: benchmarks ask each question once, with the options as published."""
        return 1

    def is_extension(self, item: Item, condition: str) -> bool:  # noqa: ARG002
        """Whether it is a control of ours."""
        return condition != "audio"

    def parts(
        self, item: Item, presentation: Presentation, options: tuple[str, ...], order: tuple[int, ...]
    ) -> tuple[Part, ...]:
        """Clips without labels, then the text; controls keep the text as it is."""
        parts = aids(presentation)
        if presentation.captions is None and len(presentation.transforms) < 2:
            parts += [
                ClipSpec(clip=clip, transform=transform)
                for clip in order
                for transform in presentation.transforms
            ]
        else:
            parts += labelled(clip_labels(len(order)), presentation, order)
        return (*parts, TextSpec(text=self.prompt(item, options)))

    def groups_of(self, item: Item) -> Iterator[tuple[str, str]]:
        """Each group of the benchmark's report that an item is in: what it is by, and its name."""
        for group in self.groups:
            value = published(item, group)
            names = value if isinstance(value, list) else [value]
            yield from ((group, str(name)) for name in names if name is not None)


def published(item: Item, field: str) -> object:
    """What the benchmark's record of an item says in ``field``; else what the item does, or None."""
    record = item.truth.get(PUBLISHED)
    if isinstance(record, dict) and field in record:
        return record[field]
    return getattr(item, field.replace("-", "_"), None)


def letter_of(place: int) -> str:
    """The letter of the option at this place, from 0."""
    return chr(ord("A") + place)
