"""What comes with status 200: a trial's outcome is what the reply says, whatever else it looks like."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from chat_servers import completion, failure, n_questions, served
from pytest_httpserver import HTTPServer
from scripted_servers import ATTEMPTS, Runs, all_answered, assert_errors
from werkzeug import Response

from starbench.schema import Outcome, Usage

GOOD = json.dumps(completion())
#: A good reply with something else beside it, that is nested deep.
NESTED = f'{GOOD[:-1]}, "more": {"[" * 100_000}{"]" * 100_000}}}'
BOMB = Response(gzip.compress(f"{GOOD}{' ' * 40_000_000}".encode()), 200, {"Content-Encoding": "gzip"})
HTML = Response("<html><body>Answer: <A></body></html>", 200, mimetype="text/html")


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(GOOD[: len(GOOD) // 2], id="cut JSON"),
        pytest.param(GOOD.encode().replace(b"served", b"\xff\xfe"), id="no UTF-8"),
        pytest.param(HTML, id="HTML"),
        pytest.param(HTML.get_data(), id="HTML that claims to be JSON"),
        pytest.param(Response("<A>", 200, mimetype="text/plain"), id="bare text"),
        pytest.param("", id="nothing"),
        pytest.param("null", id="null"),
        pytest.param("[]", id="list"),
        pytest.param('"<A>"', id="string"),
        pytest.param("7", id="number"),
        pytest.param("{}", id="no choices"),
        pytest.param({**completion(), "choices": None}, id="choices null"),
        pytest.param({**completion(), "choices": []}, id="choices empty"),
        pytest.param({**completion(), "choices": [None]}, id="choice null"),
        pytest.param(NESTED, id="nested 100,000 deep"),
        pytest.param(GOOD + " " * 50_000_000, id="50 MB"),
        pytest.param(BOMB, id="40 MB in 40 kB"),
        pytest.param(
            Response(GOOD, 200, {"Content-Encoding": "br"}), id="an encoding that was not asked for"
        ),
        pytest.param({**completion(), "choices": {"0": completion()["choices"][0]}}, id="choices not a list"),
    ],
)
def test_what_is_no_completion_is_retried_and_then_malformed(
    httpserver: HTTPServer, starbench: Runs, payload: Any
) -> None:
    ran = starbench(served(httpserver, payload))
    assert ran.code == 1
    assert_errors(ran, "malformed")


def test_a_reply_that_was_cut_once_is_mended_by_the_next(httpserver: HTTPServer, starbench: Runs) -> None:
    ran = starbench(served(httpserver, GOOD[:60], completion()))
    assert ran.code == 0
    assert all_answered(ran)
    assert sum(line.attempts - 1 for line in ran.lines) == 1


@pytest.mark.parametrize(
    ("code", "kind", "attempts", "permanent"),
    [
        (502, "server", ATTEMPTS, False),
        (429, "rate_limit", ATTEMPTS, False),
        (400, "bad_request", 1, True),
        ("provider_down", "server", ATTEMPTS, False),
        (None, "server", ATTEMPTS, False),
    ],
)
def test_an_error_inside_a_200_is_that_error(
    httpserver: HTTPServer, starbench: Runs, code: Any, kind: str, attempts: int, permanent: bool
) -> None:
    ran = starbench(served(httpserver, {"error": {"code": code, "message": "upstream <A>"}}))
    assert ran.code == 1
    assert_errors(ran, kind, attempts=attempts, permanent=permanent)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 401}, "auth"),
        ({"code": "402"}, "quota"),
        ({"code": 403}, "auth"),
        ({"code": "insufficient_quota"}, "quota"),
        ({"code": 429, "type": "insufficient_quota"}, "quota"),
    ],
)
def test_a_fatal_error_inside_a_200_ends_the_run(
    httpserver: HTTPServer, starbench: Runs, error: dict[str, Any], kind: str
) -> None:
    ran = starbench(served(httpserver, {"error": {**error, "message": "no"}}), "--max-in-flight", "1")
    assert ran.code == 1
    assert_errors(ran, kind, attempts=1)
    assert n_questions(httpserver) == 1


def broken_choice(finish: Any = "error", **fields: Any) -> dict[str, Any]:
    """A completion whose text broke off, as OpenRouter tells it."""
    whole = completion("<A>", finish)
    return {**whole, "choices": [{**whole["choices"][0], **fields}]}


@pytest.mark.parametrize(
    ("payload", "kind", "attempts", "permanent"),
    [
        pytest.param(
            broken_choice(error={"code": 502, "message": "vendor down"}), "server", ATTEMPTS, False, id="502"
        ),
        pytest.param(
            broken_choice("stop", error={"code": 429, "message": "busy"}),
            "rate_limit",
            ATTEMPTS,
            False,
            id="429",
        ),
        pytest.param(
            broken_choice(error={"code": 400, "message": "no"}), "bad_request", 1, True, id="400 of a vendor"
        ),
        pytest.param(broken_choice(error="vendor down"), "server", ATTEMPTS, False, id="error a text"),
        pytest.param(broken_choice(), "server", ATTEMPTS, False, id="finish reason error"),
        pytest.param(broken_choice("abort"), "server", ATTEMPTS, False, id="finish reason abort"),
        pytest.param({**completion(), "error": {"code": 502}}, "server", ATTEMPTS, False, id="beside a text"),
        pytest.param(
            {**completion(), "choices": [], "error": {"code": 502}},
            "server",
            ATTEMPTS,
            False,
            id="no choices",
        ),
        pytest.param({"error": {"code": "9" * 5000}}, "server", ATTEMPTS, False, id="code without end"),
        pytest.param({"error": {"code": 200, "message": "odd"}}, "server", ATTEMPTS, False, id="code 200"),
    ],
)
def test_a_reply_that_broke_off_is_an_error_whatever_text_it_has(
    httpserver: HTTPServer, starbench: Runs, payload: Any, kind: str, attempts: int, permanent: bool
) -> None:
    ran = starbench(served(httpserver, payload))
    assert ran.code == 1
    assert_errors(ran, kind, attempts=attempts, permanent=permanent)


FLAGGED = {"code": 403, "message": "flagged", "metadata": {"reasons": ["x"], "flagged_input": "..."}}


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(failure(403, **FLAGGED), id="moderation at a router"),
        pytest.param({"error": FLAGGED}, id="moderation within a 200"),
        pytest.param(failure(400, code="content_filter"), id="Azure's filter"),
        pytest.param(failure(400, code="content_policy_violation"), id="OpenAI's policy"),
        pytest.param(failure(403, type="content_policy_violation"), id="a router's type"),
    ],
)
def test_a_filter_blocks_one_question_and_neither_fails_nor_ends_the_run(
    httpserver: HTTPServer, starbench: Runs, payload: Any
) -> None:
    ran = starbench(served(httpserver, payload))
    assert ran.code == 0
    assert len(ran.lines) > 1
    assert {(line.outcome, line.letter, line.attempts) for line in ran.lines} == {(BLOCKED, None, 1)}


def test_a_403_without_a_reason_is_still_a_matter_of_keys(httpserver: HTTPServer, starbench: Runs) -> None:
    ran = starbench(served(httpserver, failure(403, code=403, metadata={})), "--max-in-flight", "1")
    assert ran.code == 1
    assert_errors(ran, "auth", attempts=1)
    assert n_questions(httpserver) == 1


def test_who_served_the_model_is_recorded(httpserver: HTTPServer, starbench: Runs) -> None:
    ran = starbench(served(httpserver, {**completion(), "provider": "A vendor"}))
    assert {line.served_model for line in ran.lines} == {"served via A vendor"}
    assert {line.usage.output_tokens for line in ran.lines if line.usage} == {2}


ANSWERED, TRUNCATED, BLOCKED, EMPTY, REFUSED, UNPARSED = (
    Outcome.ANSWERED,
    Outcome.TRUNCATED,
    Outcome.BLOCKED,
    Outcome.EMPTY,
    Outcome.REFUSED,
    Outcome.UNPARSED,
)


@pytest.mark.parametrize("protocol", ["starbench", "star-bench"])
@pytest.mark.parametrize(
    ("payload", "outcome", "letter"),
    [
        pytest.param({**completion(), "choices": [{"message": None}]}, EMPTY, None, id="message null"),
        pytest.param(completion(""), EMPTY, None, id="empty text"),
        pytest.param(completion(" \n\t"), EMPTY, None, id="blank text"),
        pytest.param(completion(None), EMPTY, None, id="content null"),
        pytest.param(completion(None, reasoning_content="so <A>"), EMPTY, None, id="reasoning only"),
        pytest.param(completion([]), EMPTY, None, id="no parts"),
        pytest.param(completion([{"type": "text", "text": None}]), EMPTY, None, id="part without text"),
        pytest.param(
            completion([{"type": "text", "text": "<B>"}, {"type": "text", "text": None}]),
            ANSWERED,
            "B",
            id="a part without text beside the answer",
        ),
        pytest.param(
            completion([{"type": "thinking", "text": "<A>"}, {"type": "text", "text": "<B>"}]),
            ANSWERED,
            "B",
            id="thoughts beside the answer",
        ),
        pytest.param(completion(None, "length"), TRUNCATED, None, id="length without text"),
        pytest.param(
            completion(None, "length", reasoning_content="<A>"),
            TRUNCATED,
            None,
            id="reasoning ate the budget",
        ),
        pytest.param(completion(None, "content_filter"), BLOCKED, None, id="filtered without text"),
        pytest.param(completion("<A>", "eos"), ANSWERED, "A", id="unknown finish reason"),
        pytest.param(completion("<A>", None), ANSWERED, "A", id="no finish reason"),
        pytest.param(
            completion(
                [
                    {"type": "text", "text": "Answer: "},
                    {"type": "text", "text": "<B>"},
                    "x",
                    {"type": "image"},
                ]
            ),
            ANSWERED,
            "B",
            id="parts",
        ),
        pytest.param(
            completion(None, audio={"id": "a", "data": "", "expires_at": 0, "transcript": "<B>"}),
            ANSWERED,
            "B",
            id="transcript",
        ),
        pytest.param(completion("\ud83d\ude00 \ud800 Answer: <B>"), ANSWERED, "B", id="lone surrogate"),
        pytest.param({**completion("<B>"), "model": "m\udfff"}, ANSWERED, "B", id="surrogate in model"),
        pytest.param(completion("<B>", "st\ud800op"), ANSWERED, "B", id="surrogate in finish reason"),
        pytest.param(completion("lorem ipsum " * 100_000 + "\nAnswer: <B>"), ANSWERED, "B", id="huge"),
        pytest.param(
            completion("".join(map(chr, range(32))) + "\x7f\x85\u2028\u202e\ufeff\nAnswer: <B>\u0000"),
            ANSWERED,
            "B",
            id="control characters",
        ),
        pytest.param({**completion("<B>"), "usage": "plenty"}, ANSWERED, "B", id="usage no object"),
        pytest.param(
            {**completion("<B>"), "usage": {"prompt_tokens": 10**30, "completion_tokens": "2"}},
            ANSWERED,
            "B",
            id="usage absurd",
        ),
    ],
)
def test_a_delivered_reply_has_the_outcome_it_earned(
    httpserver: HTTPServer, starbench: Runs, payload: Any, outcome: Outcome, letter: str | None, protocol: str
) -> None:
    ran = starbench(served(httpserver, payload), "--protocol", protocol)
    assert ran.code == 0, ran.err
    assert {(line.outcome, line.letter, line.attempts) for line in ran.lines} == {(outcome, letter, 1)}
    assert not any(line.correct for line in ran.lines if line.letter != line.answer_letter)


@pytest.mark.parametrize(
    ("payload", "protocol", "outcome", "letter", "truncated"),
    [
        (completion("<A>, as", "length"), "starbench", TRUNCATED, None, True),
        (completion("<A>, as", "length"), "star-bench", ANSWERED, "A", True),
        (completion("the sound", "length"), "starbench", TRUNCATED, None, True),
        (completion("the sound", "length"), "star-bench", UNPARSED, None, True),
        (completion("<A>", "content_filter"), "starbench", BLOCKED, None, False),
        (completion("<A>", "content_filter"), "star-bench", ANSWERED, "A", False),
        (completion(None, refusal="I cannot say <A>."), "starbench", REFUSED, None, False),
        (completion("", refusal="I cannot help."), "starbench", REFUSED, None, False),
        (completion(None, refusal="I cannot say <A>."), "star-bench", REFUSED, None, False),
    ],
)
def test_protocols_differ_in_what_they_make_of_a_cut_or_withheld_reply(
    httpserver: HTTPServer,
    starbench: Runs,
    payload: Any,
    protocol: str,
    outcome: Outcome,
    letter: str | None,
    truncated: bool,
) -> None:
    ran = starbench(served(httpserver, payload), "--protocol", protocol)
    assert ran.code == 0
    assert {(line.outcome, line.letter, line.truncated) for line in ran.lines} == {
        (outcome, letter, truncated)
    }


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(completion(None, refusal={"text": "<A>"}), id="refusal no text"),
        pytest.param(completion({"text": 1}), id="content an object"),
        pytest.param(completion(7), id="content a number"),
        pytest.param(completion([{"type": "text", "text": None}]), id="part without text"),
        pytest.param(completion({"text": "<A>"}), id="an object that holds a letter"),
        pytest.param(completion([{"type": "text", "text": {"value": "<A>"}}]), id="text an object"),
        pytest.param(completion([{"type": "thinking", "text": "<A>"}]), id="thoughts alone"),
        pytest.param(
            completion(None, audio={"id": "a", "data": "", "expires_at": 0, "transcript": ["<A>"]}),
            id="transcript a list",
        ),
    ],
)
def test_shapes_that_nobody_documents_never_become_a_letter(
    httpserver: HTTPServer, starbench: Runs, payload: Any
) -> None:
    ran = starbench(served(httpserver, payload))
    assert ran.lines
    assert all(line.letter is None and not line.correct for line in ran.lines)
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("content", [{"text": "<A>"}, 7, True])
def test_what_is_no_text_is_malformed(httpserver: HTTPServer, starbench: Runs, content: Any) -> None:
    ran = starbench(served(httpserver, completion(content)))
    assert_errors(ran, "malformed")


@pytest.mark.parametrize("absurd", [-5, 1.5])
def test_a_count_of_tokens_that_can_be_none_is_not_known(
    httpserver: HTTPServer, starbench: Runs, absurd: Any
) -> None:
    details = {"audio_tokens": absurd, "reasoning_tokens": absurd}
    usage = {
        "prompt_tokens": absurd,
        "completion_tokens": absurd,
        "prompt_tokens_details": details,
        "completion_tokens_details": details,
    }
    ran = starbench(served(httpserver, {**completion(), "usage": usage}))
    assert all_answered(ran)
    assert {line.usage for line in ran.lines} == {Usage()}


def test_a_truth_value_is_no_count_of_tokens(httpserver: HTTPServer, starbench: Runs) -> None:
    usage = {"prompt_tokens": True, "completion_tokens": False}
    ran = starbench(served(httpserver, {**completion(), "usage": usage}))
    assert {line.usage for line in ran.lines} == {Usage()}
