"""What a run is: the record that lets it be repeated, resumed, and told from every other."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from starbench.schema import version_1
from starbench.schema.adaptation import Adaptation, Inapplicable
from starbench.schema.base import Facts, Frozen
from starbench.schema.capabilities import Capabilities
from starbench.schema.caption import Captioner
from starbench.schema.floors import Floors
from starbench.schema.imported import Imported
from starbench.schema.prices import Prices
from starbench.schema.references import References
from starbench.schema.setup import Setup


class SuiteIdentity(Frozen):
    """Which questions were asked: a name is not enough, the digest is."""

    name: str
    digest: str
    profile: str | None = None
    protocol: str
    prompt_version: str


class Identity(Frozen):
    """Everything that must be equal for two runs to be the same run (docs/architecture.md)."""

    suites: tuple[SuiteIdentity, ...]
    model: str
    model_args: Facts
    setup: Setup
    """Protocol and prompt version stand with each suite."""

    @model_validator(mode="before")
    @classmethod
    def _of_version_1(cls, data: Any) -> Any:
        return version_1.identity(data)


class Run(Frozen):
    """``run.json``: an identity, and what else a reader of the results should know."""

    schema_version: Literal[2] = 2
    label: str | None = None
    """What the user calls the run (``--name``): shown beside the model, and no part of the identity."""
    identity: Identity
    adapter_facts: tuple[str, ...] = ()
    """Names in ``model_args`` of what the adapter says of itself (its ``identity``), which nobody gives."""
    capabilities: Capabilities
    served_by: str | None = None
    """Where the questions went when the run was begun: the server's address without any secret."""
    adaptations: tuple[Adaptation, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences that version 0.1 stored; today they are made from the facts when they are shown."""
    captioner: Captioner | None = None
    """Who wrote the captions of ``--captions``."""
    inapplicable: tuple[Inapplicable, ...] = ()
    """Items that no trial was made from."""
    skipped: tuple[str, ...] = ()
    """Items left out as damaged, each with its reason (``--skip-bad``)."""
    sources: dict[str, Facts] = Field(default_factory=dict)
    """Suite -> how it was built, or where it came from."""
    references: dict[str, References] = Field(default_factory=dict)
    """Suite -> human thresholds and ideal listeners that it declares."""
    floors: dict[str, dict[str, Floors]] = Field(default_factory=dict)
    """Suite -> sub-category -> the floors that lay beside the suite when the run was begun."""
    versions: dict[str, str] = Field(default_factory=dict)
    prices: Prices | None = None
    """What tokens cost when the run was begun."""
    files: dict[str, str] = Field(default_factory=dict)
    """Name of a file of the run -> SHA-256 of what was written to it when the run was begun."""
    imported: Imported | None = None
    """Where its replies came from, if it was not run by us."""
    created: str

    @model_validator(mode="before")
    @classmethod
    def _of_version_1(cls, data: Any) -> Any:
        return version_1.run(data)
