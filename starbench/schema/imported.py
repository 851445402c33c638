"""Predictions of others: replies that somebody else asked for, on their way to a run of ours."""

from __future__ import annotations

from pydantic import Field

from starbench.schema.base import Facts, Frozen, Int
from starbench.schema.item import Item
from starbench.schema.response import Stop


class Imported(Frozen):
    """Where the replies of a run come from that was not run by us, and what was done to them on the way."""

    format: str
    source: str
    """Who published them, and where."""
    licence: str | None = None
    date: str | None = None
    """When they were published, ISO 8601, as far as that is known."""
    fields: dict[str, Int] = Field(default_factory=dict)
    """Field of the file that was read -> replies."""
    changed: Int = 0
    """Replies whose authors also give a text that they processed further, and that is another one."""
    changed_readings: Int = 0
    """Of these, those in which another answer is read than in the raw reply."""
    prompts: Facts = Field(default_factory=dict)
    """What was added to the questions when they were asked."""


class Prediction(Frozen):
    """One reply to one item."""

    item_id: str
    reply: str | None
    rotation: Int = Field(default=0, ge=0)
    stop: Stop = "end"
    processed: str | None = None
    """What its authors made of the reply, where they give both."""
    answer_letter: str | None = Field(default=None, pattern=r"^[A-Z]$")
    """The right letter as the file states it, to be compared with ours."""
    where: str = ""
    """Its place in the file."""


class PredictionSet(Frozen):
    """The predictions of one system on one data set."""

    model: str
    suite: str
    protocol: str
    items: tuple[Item, ...]
    predictions: tuple[Prediction, ...]
    imported: Imported
