"""Does sound reach the model at all? Replies decide; counts of tokens help; a phrase alone never does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from starbench.canary.denial import denies
from starbench.canary.interview import Answer, Interview
from starbench.canary.probes import (
    COMPETENT,
    CONTROLS,
    DESCRIBE,
    NAME_IT,
    WHICH_IS_HIGHER,
    Probe,
    Question,
)
from starbench.canary.statistics import Groups, apart, dependence
from starbench.canary.terms import Terms
from starbench.canary.tokens import Counts, is_estimate, judge

#: So unlikely by chance that replies are taken to depend on the sound; looked at three times at most.
_SURE = 0.0005
#: A question whose replies tell sounds apart so far is fit to ask for ears, length and band with.
_FIT = 0.05
#: With and without a clip the replies differ so plainly.
_PRESENT = 0.005
#: Worth asking more.
_PROMISING = 0.3
_TIMES = 2
#: With fewer clips that were asked about twice nothing can be borne out, nor refuted.
_TOLD_APART = 6
#: Share of the replies that must deny, and that must be there to be told from chance.
_NEARLY_ALL, _ENOUGH = 0.9, 6
#: Controls whose replies are in the form that was asked for.
_FORMED = 4

Verdict = tuple[Literal["arrived", "dropped", "unknown"], str]


def repeated(question: Question, terms: Terms) -> list[Probe]:
    """Every sound of the palette, each as often as a repetition takes."""
    return [Probe(question, sound) for sound in terms.palette] * _TIMES


def controls(terms: Terms) -> list[Probe]:
    """Questions that the text alone answers."""
    return [Probe(question, terms.none) for question, _ in CONTROLS]


@dataclass(frozen=True)
class Transport:
    """What replies and counts tell of the way to the model."""

    interview: Interview
    terms: Terms
    heard: str | None
    """Why the model is known to hear, if it is."""
    was_luck: bool = False
    """Whether later replies do not bear out that they depend on the sound."""

    @cached_property
    def counts(self) -> Counts:
        """What the counts of tokens tell."""
        return judge(self.interview, self.terms)

    def _groups(self, question: Question) -> Groups:
        return self.interview.groups(question, self.terms.palette)

    @cached_property
    def p_dependent(self) -> float:
        """p-value for replies that have nothing to do with the sound."""
        return dependence([self._groups(question) for question in (DESCRIBE, *NAME_IT)])

    @property
    def depends(self) -> bool:
        """Whether what is replied depends on the sound: then it must have arrived."""
        return self.heard is not None or (self.p_dependent <= _SURE and not self.was_luck)

    @property
    def is_open(self) -> bool:
        """Whether more replies could still show that they depend on the sound."""
        return not self.depends and self.p_dependent <= _PROMISING

    @cached_property
    def fit_question(self) -> Question | None:
        """The question whose replies tell the sounds apart, if one does."""
        fit = (q for q in (DESCRIBE, *NAME_IT) if dependence([self._groups(q)]) <= _FIT)
        return next(fit, None) if self.depends else None

    def is_borne_out(self) -> bool:
        """Whether what was replied later, to other clips, depends on the clip as well."""
        if self.heard is not None or self.fit_question is None:
            return True
        known = {stimulus.name for stimulus in (*self.terms.palette, self.terms.none)}
        later = [
            group
            for name, group in self.interview.by_stimulus(self.fit_question).items()
            if name not in known
        ]
        return sum(len(group) > 1 for group in later) < _TOLD_APART or dependence([later]) <= _FIT

    @cached_property
    def independent(self) -> bool:
        """Whether each question got one reply, to the letter, whatever sounded."""
        strata = [self._groups(question) for question in (DESCRIBE, NAME_IT[0])]
        if any(len(groups) < len(self.terms.palette) for groups in strata):
            return False
        strata += [self.interview.all_groups(question) for question in WHICH_IS_HIGHER]
        return all(len({reply.text for group in groups for reply in group}) <= 1 for groups in strata)

    @cached_property
    def right_controls(self) -> int:
        """Questions without sound that were answered rightly."""
        return sum(answer.letter == letter for answer, letter in self._controls)

    @cached_property
    def follows(self) -> bool:
        """Whether questions without sound are answered in the form that was asked for."""
        return sum(answer.letter is not None for answer, _ in self._controls) >= _FORMED

    @property
    def _controls(self) -> list[tuple[Answer, str]]:
        return [
            (answer, letter)
            for question, letter in CONTROLS
            for answer in self.interview.answers(question, self.terms.none)
        ]

    @cached_property
    def denies(self) -> bool:
        """Whether nearly every description says that there is nothing to hear."""
        said = [reply.text for group in self._groups(DESCRIBE) for reply in group]
        return len(said) >= _ENOUGH and sum(map(denies, said)) >= _NEARLY_ALL * len(said)

    @cached_property
    def p_present(self) -> float:
        """p-value for a description that is the same with a clip and without."""
        with_sound = [reply for group in self._groups(DESCRIBE) for reply in group]
        return apart(self.interview.answers(DESCRIBE, self.terms.none), with_sound)

    @property
    def _is_stub(self) -> bool:
        """Whether no model is there at all: one reply to everything, and counts computed from the text."""
        one_reply = len({answer.text for answer in self.interview.every()}) == 1
        return one_reply and is_estimate(self.interview, self.terms)

    def verdict(self) -> Verdict:
        """The first rule that applies; what no rule decides is unknown."""
        if not self.interview.every():
            return "unknown", "no probe was answered"
        for rule in (_by_replies, _by_counts, _nothing_there):
            found = rule(self)
            if found is not None:
                return found
        return "unknown", _undecided(self)


def _by_replies(seen: Transport) -> Verdict | None:
    if seen.heard is not None:
        return "arrived", seen.heard
    if seen.depends:
        return "arrived", f"the replies depend on what sounds (permutation test, p = {seen.p_dependent:.2g})"
    return None


def _by_counts(seen: Transport) -> Verdict | None:
    if seen.counts.kind != "seconds":
        return None
    if seen.independent:
        return "unknown", f"{seen.counts.reason}, yet every reply is the same whatever sounds"
    if seen.denies:
        return "unknown", f"{seen.counts.reason}, yet the replies say that there is nothing to hear"
    if seen.p_present <= _PRESENT:
        return "arrived", f"{seen.counts.reason}, and a clip changes the reply (p = {seen.p_present:.2g})"
    return "unknown", f"{seen.counts.reason}, yet no reply shows any sound"


def _nothing_there(seen: Transport) -> Verdict | None:
    """Reasons to hold that nothing arrives: each needs that somebody is there who reads the text."""
    reader = _reader(seen)
    if seen.denies:
        return "dropped", f"the replies to all sounds say that there is nothing to hear{_and_counts(seen)}"
    if reader is None or seen._is_stub:
        return None
    if seen.counts.kind == "flat" and (seen.independent or seen.p_present > _PRESENT):
        return "dropped", f"{seen.counts.reason}, no reply depends on the sound, and {reader}"
    if seen.counts.kind == "few" and seen.independent:
        return "dropped", f"{seen.counts.reason}, every reply is the same whatever sounds, and {reader}"
    if seen.counts.kind == "none" and seen.independent and seen.right_controls >= COMPETENT:
        return "dropped", f"every reply is the same whatever sounds, and {reader}"
    return None


def _reader(seen: Transport) -> str | None:
    if seen.right_controls >= COMPETENT:
        return f"{seen.right_controls} of {len(CONTROLS)} questions that need no sound are answered rightly"
    return "questions that need no sound are answered by a letter, as asked" if seen.follows else None


def _and_counts(seen: Transport) -> str:
    return f", and {seen.counts.reason}" if seen.counts.kind in ("flat", "few") else ""


def _undecided(seen: Transport) -> str:
    replies = (
        "every reply is the same whatever sounds"
        if seen.independent
        else f"the replies do not show that they depend on the sound (p = {seen.p_dependent:.2g})"
    )
    answered: Sequence[Answer] = [answer for answer, _ in seen._controls]
    somebody = f"; {seen.right_controls} of {len(answered)} questions that need no sound are answered rightly"
    return f"{replies}; {seen.counts.reason}{somebody if answered else ''}"
