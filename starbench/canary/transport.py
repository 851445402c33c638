"""Does sound reach the model at all? Replies decide; counts of tokens help; a phrase alone never does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from starbench.canary import naming
from starbench.canary.denial import denies, is_deaf_to_speech
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
from starbench.canary.statistics import Groups, apart, binomial, dependence
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
#: So many descriptions must be there before it counts that all deny.
_ENOUGH = 6
#: Where nothing shows that clearly, these p-values still forbid to hold that nothing arrives.
_DOUBT, _MAY_BE_PRESENT = 0.2, 0.05
#: Share of letters among the replies to questions with options: fewer mean that it hears now and then.
_ALL_LETTERS = 2 / 3
#: Why replies to one sound cannot be told from replies to its bytes.
PICKY = "the same sound in other bytes is refused, so that nothing tells replies to the sound from the bytes'"
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
    p_right: float = 1.0
    """p-value for the right answers to the questions that need the sound."""
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

    def _with_sound(self, question: Question) -> list[Answer]:
        by_name = self.interview.by_stimulus(question)
        return [
            reply for name, replies in by_name.items() if name != self.terms.none.name for reply in replies
        ]

    @cached_property
    def denies(self) -> bool:
        """Whether every description says that there is nothing to hear, and nothing speaks against it.

        Who chooses an option now and then, and else says that it hears nothing, hears now and then.
        """
        said = self._with_sound(DESCRIBE)
        chosen = [reply for question in (*WHICH_IS_HIGHER, *NAME_IT) for reply in self._with_sound(question)]
        letters = sum(reply.letter is not None for reply in chosen)
        steady = not letters or letters >= _ALL_LETTERS * len(chosen)
        return len(said) >= _ENOUGH and all(denies(reply.text) for reply in said) and steady

    @cached_property
    def p_chosen(self) -> float:
        """p-value for the right choices of what is heard."""
        right = asked = 0
        for turned, question in enumerate(NAME_IT):
            for n, stimulus in enumerate(self.terms.palette):
                place = len(question.options) - 1 - n if turned else n
                letters = [answer.letter for answer in self.interview.answers(question, stimulus)]
                asked += sum(letter is not None for letter in letters)
                right += letters.count(chr(ord("A") + place))
        return binomial(right, asked, 1 / len(self.terms.palette))

    @cached_property
    def p_named(self) -> float:
        """p-value for descriptions that name the very sound."""
        return naming.rightly([self.interview.answers(DESCRIBE, stimulus) for stimulus in self.terms.palette])

    @property
    def may_hear(self) -> str | None:
        """What speaks for a model that hears, be it weakly: no proof, and yet no reason to stop a run."""
        signs = {
            "which of two tones is higher is answered rightly more often than not": self.p_right,
            "sounds are chosen rightly more often than by chance": self.p_chosen,
        }
        if not self.denies:
            signs["the replies may depend on the sound"] = self.p_dependent
            signs["descriptions name the right sounds"] = self.p_named
            if any(is_deaf_to_speech(reply.text) for reply in self._with_sound(DESCRIBE)):
                return "a reply tells of sound without speech"
        what, p = min(signs.items(), key=lambda sign: sign[1])
        return f"{what} (p = {p:.2g})" if p < _DOUBT else None

    @property
    def presence_is_nothing(self) -> bool:
        """Whether the description is the same without any clip, as that of a text alone would be."""
        without = self.interview.answers(DESCRIBE, self.terms.none)
        if self.independent:
            said = {reply.text for reply in self._with_sound(DESCRIBE)}
            return {reply.text for reply in without} == said
        return bool(without) and self.p_present > _MAY_BE_PRESENT

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
    if seen.may_hear is not None:
        return None
    if seen.denies:
        return "dropped", f"the replies to all sounds say that there is nothing to hear{_and_counts(seen)}"
    return _by_silence(seen)


def _by_silence(seen: Transport) -> Verdict | None:
    reader = _reader(seen)
    if reader is None or seen._is_stub or seen.interview.is_picky or not seen.presence_is_nothing:
        return None
    if seen.counts.kind == "flat":
        return "dropped", f"{seen.counts.reason}, no reply depends on the sound, and {reader}"
    if seen.counts.kind == "few" and seen.independent:
        return "dropped", f"{seen.counts.reason}, every reply is the same whatever sounds, and {reader}"
    if seen.counts.kind == "none" and seen.independent and seen.right_controls >= COMPETENT:
        return "dropped", f"every reply is the same with any sound and without, and {reader}"
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
    sign = f"; {seen.may_hear}" if seen.may_hear else ""
    if seen.interview.is_picky:
        sign += f"; {PICKY}"
    elif seen.independent and not seen.presence_is_nothing:
        sign += "; a clip changes the reply"
    return f"{replies}{sign}; {seen.counts.reason}{somebody if answered else ''}"
