"""Whatever the adapter declares that it can end in, it is driven to over HTTP, by the command line itself.

A declared outcome or kind of error without a way to it here fails, and so does one that is met undeclared.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import pytest
from chat_servers import PATH, completion, failure, served
from pytest_httpserver import HTTPServer
from scripted_servers import Runs, raw_server, stalling

from starbench.adapters.openai import OpenAI
from starbench.schema import Outcome

DECLARED = OpenAI("m", base_url="http://127.0.0.1:1/v1").capabilities


class Way(NamedTuple):
    """What a server says, and what is asked of the command line, so that every trial ends in one way."""

    reply: Any
    options: tuple[str, ...] = ()


OUTCOMES = {
    Outcome.ANSWERED: Way(completion("<A>")),
    Outcome.REFUSED: Way(completion(None, refusal="I will not listen to this.")),
    Outcome.AMBIGUOUS: Way(completion("<A>\n<B>")),
    Outcome.UNPARSED: Way(completion("A dog barks.")),
    Outcome.TRUNCATED: Way(completion("The first", "length")),
    Outcome.BLOCKED: Way(completion(None, "content_filter")),
    Outcome.EMPTY: Way(completion("")),
    Outcome.ERROR: Way(failure(400)),
}
KINDS = {
    "auth": Way(failure(401)),
    "bad_request": Way(failure(422)),
    "malformed": Way("<html>"),
    "no_logprobs": Way(completion("<A>"), ("--answer-mode", "logprobs")),
    "not_found": Way(failure(404)),
    "quota": Way(failure(429, code="insufficient_quota")),
    "rate_limit": Way(failure(429)),
    "server": Way(failure(503)),
}


def dropping() -> AbstractContextManager[str]:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<A"
    return raw_server(lambda connection: connection.sendall(cut))


#: Kinds that no reply of a well-behaved server makes.
BROKEN: dict[str, tuple[Callable[[], AbstractContextManager[str]], tuple[str, ...]]] = {
    "connection": (dropping, ()),
    "timeout": (lambda: stalling(PATH), ("--timeout", "0.3")),
}


@pytest.mark.parametrize("outcome", DECLARED.outcomes)
def test_every_declared_outcome_is_met(httpserver: HTTPServer, starbench: Runs, outcome: Outcome) -> None:
    way = OUTCOMES[outcome]
    ran = starbench(served(httpserver, way.reply), *way.options)
    assert ran.lines
    assert {line.outcome for line in ran.lines} == {outcome}
    assert all((line.letter is not None) == (outcome is Outcome.ANSWERED) for line in ran.lines)


@pytest.mark.parametrize("kind", DECLARED.error_kinds)
def test_every_declared_kind_of_error_is_met(httpserver: HTTPServer, starbench: Runs, kind: str) -> None:
    if kind in BROKEN:
        server, options = BROKEN[kind]
        with server() as url:
            ran = starbench(f"{url}/v1", *options)
    else:
        ran = starbench(served(httpserver, KINDS[kind].reply), *KINDS[kind].options)
    if kind == "not_found":  # a model that the server does not know leaves no run
        assert (ran.code, ran.lines) == (2, [])
        return
    assert ran.code in (1, 2)
    assert ran.lines
    assert {line.error.kind for line in ran.lines if line.error} == {kind}
    assert not any(line.correct or line.letter for line in ran.lines)


def test_nothing_is_met_that_is_not_declared() -> None:
    assert set(OUTCOMES) == set(DECLARED.outcomes)
    assert KINDS.keys() | BROKEN.keys() == set(DECLARED.error_kinds)
    assert len(set(DECLARED.error_kinds)) == len(DECLARED.error_kinds)
