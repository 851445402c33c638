"""What a second model said about the replies of a run, and how far it agrees with the reader."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from starbench.schema.base import Facts, Float, Frozen, Int
from starbench.schema.response import DroppedText, Failure, Outcome, ReportedUsage, Stop
from starbench.schema.score import RunScore
from starbench.schema.trial import TrialKey


class JudgeIdentity(Frozen):
    """Everything that must be equal for verdicts to share a file."""

    model: str
    model_args: Facts
    prompt_version: str
    plugins: dict[str, str] = Field(default_factory=dict)
    """Digest of the plug-in's file that the judge is made of, if it is made of one."""


class JudgeHeader(Frozen):
    """The first line of a file of verdicts."""

    schema_version: Literal[1] = 1
    identity: JudgeIdentity
    served_by: str | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    created: str


class JudgeLine(Frozen):
    """One judgement of a reply. It is a verdict only where it is ``answered``."""

    reply: str
    """Digest of the reply, the options in the order shown, and the question."""
    order: str
    """The letters in the order in which the judge saw their options; the last of the alphabet stood for none."""
    outcome: Outcome
    letter: str | None = Field(pattern=r"^[A-Z]$")
    """The verdict: the option that the reply chooses, by the letter that the model saw (None: none), or a cause."""
    response: str | None
    finish_reason: str | None = None
    stop: Stop = "end"
    dropped: DroppedText | None = None
    """What was cut out of a response that was too long to keep."""
    error: Failure | None = None
    attempts: Int = Field(ge=0)
    latency_s: Float = Field(ge=0)
    served_model: str | None = None
    usage: ReportedUsage | None = None
    request_digest: str
    at: str

    @property
    def key(self) -> TrialKey:
        """The trial this line is about: the reply with its question, whichever trials of the run it ended."""
        return ("", self.reply, 0, "")


class Disagreement(Frozen):
    """A trial of which reader and judge say something else."""

    suite: str
    item_id: str
    rotation: Int
    condition: str
    outcome: Outcome
    """What the reader says became of it."""
    reader: str | None
    judge: str | None
    reply: str
    """Beginning and end of the reply."""


class Agreement(Frozen):
    """How far a judge agrees with the reader, in trials; a judgement that is no verdict counts neither way."""

    judge: JudgeIdentity
    file: str
    n_replies: Int
    """Replies that were to be judged, each once however many trials ended in it."""
    n_trials: Int
    """Trials that ended in these replies."""
    same: Int
    """Both read the same letter."""
    differ: Int
    """Both read a letter, and not the same."""
    only_reader: Int
    only_judge: Int
    neither: Int
    """Both read no letter."""
    no_verdict: Int
    """The judge answered something else than a letter alone."""
    missing: Int
    """The judge was not asked yet, or that ended in an error."""
    agreement: Float | None
    """(``same`` + ``neither``) / trials with a verdict."""
    kappa: Float | None
    """Cohen's kappa over the letters and none; None where both always say the same one thing."""
    disagreements: tuple[Disagreement, ...] = ()
    """The first trial of each reply; two different letters come first."""


class JudgedScore(RunScore):
    """What ``starbench score RUN --judge SPEC --json`` prints: the scores, which no judge changes, and an agreement."""

    judge: Agreement
