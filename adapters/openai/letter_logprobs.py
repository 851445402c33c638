"""The probabilities of the letters at the position of the answer in a reply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import exp, log1p

from starbench.errors import TransientError

from ..http_client.replies import field, items

#: Marks that may precede a letter, as a token of their own or within the letter's: spaces, also as
#: vocabularies write them, brackets, quotes and emphasis.
_OPENING = " \t\r\n▁Ġ<([{\"'*_`"
_CLOSING = " \t\r\n>)]}\"'*_`.,:;"
#: Servers write a logarithm below this for a token that is impossible (-9999 at OpenAI and vLLM).
_IMPOSSIBLE = -1000.0
#: How far rounding can lift the logarithm of a probability above 0.
_ROUNDING = 1e-3


def letter_logprobs(tokens: Sequence[object], letters: tuple[str, ...]) -> dict[str, float]:
    """Return the natural logarithm of the probability of each letter among a reply's tokens.

    The answer's token is the first that is more than opening marks: in a reply ``<B>`` made of ``<``, ``B``
    and ``>`` the second, so that the probabilities are those of each letter after the bracket. Tokens that
    differ in marks only (``A``, `` A``, ``A>``) count together. A letter that is not among the most probable
    tokens, as many as the server lists, is left out: all that is known is that it is less probable than they
    are.

    Parameters
    ----------
    tokens : list
        ``choices[0].logprobs.content`` of a completion: of each token ``token``, ``logprob`` and
        ``top_logprobs``.
    letters : tuple of str
        The letters that name options.

    Raises
    ------
    TransientError
        Of kind ``malformed``, if the server states a number that is not the logarithm of a probability.
    """
    for token in tokens:
        if _text(token).strip(_OPENING):
            return _sums(token, letters)
    return {}


def _sums(token: object, letters: tuple[str, ...]) -> dict[str, float]:
    # The token that was sampled may be missing among the most probable, or stand there again.
    listed = (token, *items(field(token, "top_logprobs")))
    known = {text: logprob for one in listed for text, logprob in _logprob(one)}
    sums: dict[str, float] = {}
    for text, logprob in known.items():
        letter = text.lstrip(_OPENING).rstrip(_CLOSING)
        if letter in letters:
            sums[letter] = _log_add(sums[letter], logprob) if letter in sums else logprob
    return {letter: sums[letter] for letter in letters if letter in sums}


def _logprob(token: object) -> Iterator[tuple[str, float]]:
    logprob = field(token, "logprob")
    if not isinstance(logprob, int | float):
        return
    if isinstance(logprob, bool) or not logprob <= _ROUNDING:  # which NaN is not either
        raise TransientError(f"{logprob} is not the logarithm of a probability", kind="malformed")
    if logprob > _IMPOSSIBLE:
        yield _text(token), min(float(logprob), 0.0)


def _text(token: object) -> str:
    text = field(token, "token")
    return text if isinstance(text, str) else ""


def _log_add(a: float, b: float) -> float:
    """``log(exp(a) + exp(b))`` without overflow."""
    return min(max(a, b) + log1p(exp(-abs(a - b))), 0.0)
