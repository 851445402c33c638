"""What an adapter gives back: letters in the modes it declares, usage that adds up, no secret."""

from __future__ import annotations

import re
from math import isfinite

from starbench.contract.probes import QUESTION
from starbench.contract.report import Judgement, failed, passed, skipped
from starbench.contract.subject import Subject
from starbench.engine.client import TIMEOUT
from starbench.errors import AdapterError, FatalError, RequestError
from starbench.models.call import BY_ACCIDENT
from starbench.plugins.source_location import at, line_of
from starbench.redact import redact
from starbench.schema import AnswerMode, Outcome, Prompt, Response
from starbench.text import sentence

#: How far above 0 a logarithm of a probability may come out by rounding.
_ROUNDING = 1e-3
#: Kinds of errors that the core makes of what an adapter does.
_OF_THE_CORE = {BY_ACCIDENT, TIMEOUT}
_LETTER = re.compile(r"\W{0,3}([A-Z])\W{0,3}")
_OUTCOME = {"length": Outcome.TRUNCATED, "blocked": Outcome.BLOCKED, "refused": Outcome.REFUSED}


async def choice(subject: Subject) -> Judgement:
    """Under answer mode ``choice`` the reply is a letter of the options, and nothing else."""
    if "choice" not in subject.model.capabilities.answer_modes:
        return skipped("answer mode choice is not declared")
    prompt, reply = await _asked(subject, "choice")
    if isinstance(reply, AdapterError):
        return skipped(f"declared, and refused here: {reply}")
    if _letter(reply) not in prompt.letters:
        return failed(
            f"the reply is {sentence(repr(reply.text))} and not one of "
            f"{', '.join(prompt.letters)}{at(line_of(subject.method))}",
            "hold decoding to the options' letters, or do not declare the mode",
        )
    return passed(f"chose {_letter(reply)}")


async def logprobs(subject: Subject) -> Judgement:
    """Under ``logprobs`` every letter has the logarithm of its probability, and the text is the best."""
    if "logprobs" not in subject.model.capabilities.answer_modes:
        return skipped("answer mode logprobs is not declared")
    prompt, reply = await _asked(subject, "logprobs")
    if isinstance(reply, AdapterError):
        return skipped(f"declared, and refused here: {reply}")
    wrong = _wrong_logprobs(prompt, reply)
    if wrong:
        return failed(
            f"{wrong}{at(line_of(subject.method))}",
            "fill Response.letter_logprobs with natural logarithms, and text with the best as <X>",
        )
    told = ", ".join(f"{letter} {value:.2f}" for letter, value in (reply.letter_logprobs or {}).items())
    return passed(told)


def _wrong_logprobs(prompt: Prompt, reply: Response) -> str | None:
    found = reply.letter_logprobs
    if not found:
        return "the reply has no letter_logprobs"
    if strangers := set(found) - set(prompt.letters):
        return f"letter_logprobs names {', '.join(map(repr, sorted(strangers)))}, which is no option's letter"
    if impossible := [value for value in found.values() if not isfinite(value) or value > _ROUNDING]:
        return f"letter_logprobs holds {impossible[0]}, which is no logarithm of a probability"
    best = max(found.values())
    if found.get(_letter(reply)) != best:
        return f"the text is {sentence(repr(reply.text))} and not the most probable letter"
    return None


async def _asked(subject: Subject, mode: AnswerMode) -> tuple[Prompt, Response | AdapterError]:
    """A question in a mode, and its reply; or the error that says that this server knows no such mode."""
    clips = [] if subject.model.capabilities.max_clips == 0 else [subject.probes.tone()]
    prompt = subject.probes.question(QUESTION, clips, mode=mode)
    try:
        return prompt, await subject.ask(prompt)
    except (RequestError, FatalError) as error:
        if error.kind == BY_ACCIDENT:
            raise
        return prompt, error


def _letter(reply: Response) -> str:
    """The letter that a reply is, whatever brackets or quotes it stands in."""
    found = _LETTER.fullmatch(reply.text or "")
    return found[1] if found else ""


async def usage(subject: Subject) -> Judgement:
    """Counts of tokens are no less than nothing, and parts no more than their whole."""
    counted = [reply.usage for reply in subject.replies if reply.usage is not None]
    if not counted:
        return skipped("no reply reports its tokens")
    for part, whole in (("reasoning_tokens", "output_tokens"), ("audio_tokens", "input_tokens")):
        for use in counted:
            fewer, more = getattr(use, part), getattr(use, whole)
            if min(fewer or 0, more or 0) < 0:
                return failed(f"{part}={fewer}, {whole}={more}", "report None where a count is not known")
            if fewer is not None and more is not None and fewer > more:
                return failed(f"{part}={fewer} is more than {whole}={more}", f"count them in {whole}, too")
    last = counted[-1].model_dump(exclude_none=True)
    return passed(f"{len(counted)} replies report tokens, the last {last}")


async def outcomes(subject: Subject) -> Judgement:
    """Nothing came back that the adapter does not declare."""
    declared = subject.model.capabilities
    seen = {_OUTCOME[reply.stop] for reply in subject.replies if reply.stop in _OUTCOME}
    kinds = {error.kind for error in subject.errors}
    if undeclared := seen - set(declared.outcomes):
        return failed(
            f"replies were {', '.join(sorted(undeclared))}, which is not declared",
            "add it to Capabilities(outcomes=…)",
        )
    if declared.error_kinds and (unknown := kinds - _OF_THE_CORE - set(declared.error_kinds)):
        return failed(
            f"errors were of kind {', '.join(sorted(unknown))}, which is not declared",
            "add it to Capabilities(error_kinds=…)",
        )
    return passed(f"{len(subject.replies)} replies, {len(subject.errors)} errors, all as declared")


async def secrets(subject: Subject) -> Judgement:
    """No key of the environment stands in any reply or error."""
    texts = [str(error) for error in subject.errors]
    for reply in subject.replies:
        texts += [text for text in (reply.text, reply.finish_reason, reply.served_model) if text]
    leaks = [text for text in texts if redact(text) != text]
    if leaks:
        return failed(
            f"{len(leaks)} of {len(texts)} texts held a key of the environment: {sentence(leaks[0])}",
            "keep keys out of messages and replies; starbench.redact.redact() blanks those of a library",
        )
    return passed(f"none in {len(texts)} texts")
