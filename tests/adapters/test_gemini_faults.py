"""Whatever the Gemini API does, a trial ends in the outcome that it earned.

Everything goes over real sockets, through Google's own SDK and starbench's own command line. Two tables
drive the adapter to every outcome and to every kind of error that it declares; one that is declared and
not driven fails.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from gemini_server import BAD_KEY, PATH, RATE, failure, quota, reply, served
from pytest_httpserver import HTTPServer
from scripted_servers import ATTEMPTS, Runs, assert_errors, raw_server, stalling
from werkzeug import Response

from starbench.adapters.gemini.adapter import CAPABILITIES
from starbench.schema import Outcome


def nothing(finish: Any = None, **fields: Any) -> dict[str, Any]:
    return {"candidates": [{"finishReason": finish, "index": 0}], **fields}


DAILY = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
MINUTELY = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
CREDITS = "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing."


# Every outcome --------------------------------------------------------------------------------------

THOUGHT = {"text": "It might be <B>. So: <B>", "thought": True}
CALL = {"functionCall": {"name": "answer", "args": {"letter": "A"}}}
BLOCKED_PROMPT = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {}}

OUTCOMES: dict[Outcome, dict[str, Any]] = {
    Outcome.ANSWERED: {
        "plain": reply("<A>"),
        "several parts": reply("The answer", " is <", "A>"),
        "a thought before": reply(THOUGHT, "<A>"),
        "a call beside": reply(CALL, "<A>"),
        "a reason nobody knows": reply("<A>", finish="SUPERNOVA"),
        "no reason": reply("<A>", finish=None),
        "a reason that is no text": reply("<A>", finish=7),
        "a reason for the text's end": reply("<A>", finish="OTHER"),
        "fields nobody knows": reply("<A>", {"hologram": {}}, novelty={"of": ["2027"]}),
        "surrogates and signs": reply("\ud800 größer \u202e 音 \x00\nAnswer: <A>"),
        "usage no object": reply("<A>", usageMetadata="plenty"),
        "usage absurd": reply("<A>", usageMetadata={"promptTokenCount": "9", "candidatesTokenCount": 10**30}),
        "parts nobody expects": reply("<A>", {"text": 7}, {"text": None}, {}),
        "a feedback beside": reply("<A>", promptFeedback={"blockReason": "BLOCKED_REASON_UNSPECIFIED"}),
        "huge": reply("lorem ipsum " * 100_000 + "\nAnswer: <A>"),
    },
    Outcome.REFUSED: {"in words": reply("I'm sorry, I cannot process audio.")},
    Outcome.AMBIGUOUS: {"torn": reply("<A> or <B>")},
    Outcome.UNPARSED: {"no letter": reply("A sound of some kind.")},
    Outcome.TRUNCATED: {
        "thoughts ate the budget": nothing("MAX_TOKENS"),
        "thoughts alone": reply(THOUGHT, finish="MAX_TOKENS"),
        "parts null": {"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}]},
        "cut text": reply("<A>, as", finish="MAX_TOKENS"),
        "small letters": nothing("max_tokens"),
        "to be continued": reply("<A>, as", finish="CONTINUATION"),
    },
    Outcome.BLOCKED: {
        "the prompt": BLOCKED_PROMPT,
        "the prompt, no candidate": {"candidates": [], **BLOCKED_PROMPT},
        "the prompt, reason new": {"promptFeedback": {"blockReason": "BAD_VIBES"}},
        "the prompt, candidate hollow": {"candidates": [{"index": 0}], **BLOCKED_PROMPT},
        **{
            name: nothing(name)
            for name in (
                "SAFETY",
                "RECITATION",
                "BLOCKLIST",
                "PROHIBITED_CONTENT",
                "SPII",
                "ESCALATION",
                "MODEL_ARMOR",
                "IMAGE_SAFETY",
                "safety",
            )
        },
        "with some text": reply("<A>, an", finish="SAFETY"),
    },
    Outcome.EMPTY: {
        "content null": {"candidates": [{"content": None, "finishReason": "STOP"}]},
        "parts null": {"candidates": [{"content": {"parts": None}, "finishReason": "STOP"}]},
        "parts an object": {"candidates": [{"content": {"parts": {"text": "<A>"}}}]},
        "no parts": reply(),
        "empty text": reply(""),
        "blank text": reply(" \n\t"),
        "thought alone": reply(THOUGHT),
        "call alone": reply(CALL),
        "call nobody asked for": nothing("UNEXPECTED_TOOL_CALL"),
        "other": nothing("OTHER"),
        "language": nothing("LANGUAGE"),
        "malformed call": nothing("MALFORMED_FUNCTION_CALL"),
    },
    Outcome.ERROR: {"an error inside a 200": {"error": {"code": 503, "message": "overloaded <A>"}}},
}
SHAPES = [
    pytest.param(outcome, payload, id=f"{outcome}: {name}")
    for outcome, payloads in OUTCOMES.items()
    for name, payload in payloads.items()
]


def test_every_outcome_that_is_declared_is_driven_to() -> None:
    assert set(OUTCOMES) == set(CAPABILITIES.outcomes)
    assert all(OUTCOMES.values())


@pytest.mark.parametrize(("outcome", "payload"), SHAPES)
def test_a_delivered_reply_has_the_outcome_it_earned(
    httpserver: HTTPServer, starbench_gemini: Runs, outcome: Outcome, payload: Any
) -> None:
    ran = starbench_gemini(served(httpserver, payload))
    letter = "A" if outcome is Outcome.ANSWERED else None
    assert {(line.outcome, line.letter) for line in ran.lines} == {(outcome, letter)}, ran.err
    assert ran.code == (1 if outcome is Outcome.ERROR else 0)
    assert "Traceback" not in ran.err


# Every kind of error --------------------------------------------------------------------------------

GOOD = json.dumps(reply("<A>"))
HTML = Response("<html><body>Answer: <A></body></html>", 200, mimetype="text/html")


class Fault(NamedTuple):
    """What a server does, and how often it is asked for one trial."""

    payload: Any
    attempts: int = ATTEMPTS
    permanent: bool = False


def ends(payload: Any) -> Fault:
    return Fault(payload, attempts=1)


ERRORS: dict[str, dict[str, Fault]] = {
    "rate_limit": {
        "429": Fault(failure(429, name=RATE)),
        "a crowded minute": Fault(failure(429, "quota", quota(MINUTELY), name=RATE)),
        "inside a 200": Fault({"error": {"code": "429", "message": "slowly", "status": RATE}}),
    },
    "server": {
        "500": Fault(failure(500, name="INTERNAL")),
        "503": Fault(failure(503, "overloaded", name="UNAVAILABLE")),
        "504": Fault(failure(504, name="DEADLINE_EXCEEDED")),
        "HTML": Fault(Response("<html>bad gateway", 502, mimetype="text/html")),
        "empty": Fault(Response("", 500)),
        "no UTF-8": Fault(Response(b'{"error": "\xff\xfe"}', 500, mimetype="application/json")),
        "an error that is a text": Fault(Response('{"error": "down"}', 503)),
        "an error nobody coded": Fault({"error": "down"}),
        "an error coded by gRPC": Fault({"error": {"code": 14, "message": "UNAVAILABLE"}}),
        "in a list": Fault(Response('[{"error": {"code": 503, "message": "x"}}]', 503)),
        "deep": Fault(Response("[" * 100_000, 500)),
    },
    "malformed": {
        "cut JSON": Fault(GOOD[: len(GOOD) // 2]),
        "HTML": Fault(HTML),
        "HTML that claims to be JSON": Fault(HTML.get_data()),
        "nothing": Fault(""),
        "null": Fault("null"),
        "list": Fault(f"[{GOOD}]"),
        "string": Fault('"<A>"'),
        "number": Fault("7"),
        "deep": Fault("[" * 100_000),
        "nothing at all": Fault({}),
        "no candidates": Fault({"usageMetadata": {"promptTokenCount": 3}}),
        "candidates null": Fault({"candidates": None, "modelVersion": "m"}),
        "candidates empty": Fault({"candidates": [], "modelVersion": "m"}),
        "candidate null": Fault({"candidates": [None]}),
        "candidate no object": Fault({"candidates": ["<A>"]}),
        "feedback without block": Fault({"promptFeedback": {}}),
        "50 MB": Fault(GOOD + " " * 50_000_000),
        "another service's JSON": Fault({"status": "ok", "text": "<A>"}),
        "candidates an object": Fault({"candidates": {"0": reply("<A>")["candidates"][0]}}),
        "no content": Fault(Response("", 204)),
        "no gzip": Fault(Response("<A>", 200, {"Content-Encoding": "gzip"})),
    },
    "bad_request": {
        "400": Fault(failure(400, "too long"), 1, permanent=True),
        "413": Fault(failure(413, "too large"), 1, permanent=True),
        "inside a 200": Fault({"error": {"code": 400, "message": "no"}}, 1, permanent=True),
    },
    "auth": {
        "401": ends(failure(401, name="UNAUTHENTICATED")),
        "403": ends(failure(403, name="PERMISSION_DENIED")),
        "no UTF-8": ends(Response(b'{"error": "\xff\xfe"}', 403)),
        "a wrong key is a 400": ends(failure(400, "API key not valid.", BAD_KEY)),
        "a wrong key, in a list": ends(
            Response(json.dumps([{"error": {"message": "no", "details": [BAD_KEY]}}]), 400)
        ),
        "an account that is limited": ends(nothing("PUP_LIMITED_DISABLED")),
    },
    "quota": {
        "a spent day": ends(failure(429, "quota", quota(MINUTELY), quota(DAILY), name=RATE)),
        "spent credits": ends(failure(429, CREDITS, name=RATE)),
        "402": ends(failure(402)),
    },
    "not_found": {
        "404": ends(failure(404, "no such model", name="NOT_FOUND")),
        "a redirect": ends(Response("", 302, {"Location": "http://127.0.0.1:1/"})),
    },
    "timeout": {},  # the two below take more than a payload
    "connection": {},
}
FAULTS = [
    pytest.param(kind, fault, id=f"{kind}: {name}")
    for kind, faults in ERRORS.items()
    for name, fault in faults.items()
]


def test_every_kind_of_error_that_is_declared_is_driven_to() -> None:
    assert set(ERRORS) == set(CAPABILITIES.error_kinds)
    assert {kind for kind, faults in ERRORS.items() if not faults} == {"timeout", "connection"}


@pytest.mark.parametrize(("kind", "fault"), FAULTS)
def test_a_failed_request_is_an_error_of_its_kind(
    httpserver: HTTPServer, starbench_gemini: Runs, kind: str, fault: Fault
) -> None:
    ran = starbench_gemini(served(httpserver, fault.payload), "--max-in-flight", "1")
    assert "Traceback" not in ran.err
    if kind == "not_found":
        assert (ran.code, ran.path.exists(), len(httpserver.log)) == (2, False, 1)
        return
    assert ran.code == 1
    assert_errors(ran, kind, attempts=fault.attempts, permanent=fault.permanent)
    assert len(httpserver.log) == fault.attempts * len(ran.lines)


@pytest.mark.parametrize("kind", ["auth", "quota", "not_found"])
def test_what_ends_a_run_ends_it_at_the_first_question(
    httpserver: HTTPServer, starbench_gemini: Runs, kind: str
) -> None:
    fault = next(iter(ERRORS[kind].values()))
    ran = starbench_gemini(served(httpserver, fault.payload), limit=6)
    assert len(httpserver.log) == 1
    assert sum(line.startswith("starbench: ") for line in ran.err.splitlines()) == 1


def test_a_server_that_stalls_is_a_timeout(starbench_gemini: Runs) -> None:
    with stalling(PATH) as url:
        ran = starbench_gemini(url, "--timeout", "0.3")
    assert_errors(ran, "timeout")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="dropped before a reply"),
        pytest.param(HEAD + GOOD.encode()[:50], id="dropped in the body"),
        pytest.param(HEAD.replace(b"200", b"500") + b"{", id="dropped in an error's body"),
        pytest.param(b"220 mail.example.org ESMTP\r\n", id="not HTTP"),
    ],
)
def test_a_broken_connection_is_a_connection_error(starbench_gemini: Runs, sent: bytes) -> None:
    with raw_server(lambda connection: connection.sendall(sent)) as url:
        ran = starbench_gemini(url)
    assert_errors(ran, "connection")
