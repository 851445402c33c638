"""Answers held to a letter, and letters by their probability: what counts as one, and what never does.

Servers here obey a constraint, ignore it, or answer beside it; whichever they do, no letter is read that the
reply does not give in the way that was asked for.
"""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

import pytest
from chat_servers import completion, scored, served
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from scripted_servers import Runs, assert_errors

from starbench.adapters.openai import OpenAI
from starbench.errors import RequestError
from starbench.schema import Outcome, Prompt, Response, TextPart

ANSWERED, TRUNCATED, BLOCKED, EMPTY, REFUSED, UNPARSED, AMBIGUOUS = (
    Outcome.ANSWERED,
    Outcome.TRUNCATED,
    Outcome.BLOCKED,
    Outcome.EMPTY,
    Outcome.REFUSED,
    Outcome.UNPARSED,
    Outcome.AMBIGUOUS,
)
OPTIONS = ("up", "down", "left", "right")


def called(*arguments: Any, content: Any = None, finish: str = "stop") -> dict[str, Any]:
    """A completion that calls a tool with each of ``arguments``."""
    calls = [
        {"id": str(i), "type": "function", "function": {"name": "answer", "arguments": text}}
        for i, text in enumerate(arguments)
    ]
    return completion(content, finish, tool_calls=calls)


def with_logprobs(told: Any) -> dict[str, Any]:
    reply = completion("<A>")
    reply["choices"][0]["logprobs"] = told
    return reply


def generated(server: HTTPServer, reply: Any, mode: Any, dialect: str = "vllm") -> Response:
    """What the adapter makes of ``reply`` to a question of four options."""
    adapter = OpenAI("m", base_url=served(server, reply), dialect=dialect)
    prompt = Prompt(parts=(TextPart(text="Which?"),), options=OPTIONS, answer_mode=mode)

    async def ask() -> Response:
        try:
            return await adapter.generate(prompt)
        finally:
            await adapter.close()

    try:
        return asyncio.run(ask())
    finally:
        server.clear_all_handlers()


pytestmark = pytest.mark.usefixtures("environment")


# Held to a letter -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "reply", "outcome", "letter"),
    [
        ("vllm", completion("<B>"), ANSWERED, "B"),
        ("sglang", completion("<B>"), ANSWERED, "B"),
        ("llama.cpp", completion("<B>"), ANSWERED, "B"),
        ("openrouter", completion('{"letter": "B"}'), ANSWERED, "B"),
        ("openai", called('{"letter": "B"}'), ANSWERED, "B"),
        pytest.param("openai", called('{"letter": "B"}', finish="tool_calls"), ANSWERED, "B", id="tool end"),
        pytest.param("openai", called('{"letter": "B"}', content="<A>"), ANSWERED, "B", id="tool and text"),
        pytest.param("openai", called('{"letter": "B"}', '{"letter": "B"}'), ANSWERED, "B", id="twice"),
        pytest.param("openai", called('{"letter": "A"}', '{"letter": "B"}'), AMBIGUOUS, None, id="torn"),
        pytest.param("openai", called('{"letter": "Z"}'), UNPARSED, None, id="no option"),
        pytest.param("openai", called('{"letter": ["A"]}'), UNPARSED, None, id="read as any reply"),
        pytest.param("openai", called('{"letter": null}'), UNPARSED, None, id="letter null"),
        pytest.param("openai", called("{}"), UNPARSED, None, id="no letter"),
        pytest.param("openai", called("", finish="length"), TRUNCATED, None, id="cut before"),
        pytest.param("openai", called('{"letter": "A', finish="length"), TRUNCATED, None, id="cut within"),
        pytest.param("openai", called(None, content=""), EMPTY, None, id="arguments null"),
        pytest.param("openai", completion(None, tool_calls="<A>"), EMPTY, None, id="calls no list"),
        pytest.param("openai", completion(None, tool_calls=[None]), EMPTY, None, id="call null"),
        pytest.param("openai", completion("I choose <B>."), UNPARSED, None, id="tool ignored"),
        pytest.param("openai", completion("Loud sounds."), UNPARSED, None, id="tool ignored, no answer"),
        pytest.param("openai", completion(None, refusal="I cannot say <A>."), REFUSED, None, id="refused"),
        pytest.param("openai", completion(None, "content_filter"), BLOCKED, None, id="filtered"),
        pytest.param("vllm", completion("Well, the second: <B>"), UNPARSED, None, id="constraint ignored"),
        pytest.param("vllm", completion("<A> or <B>"), AMBIGUOUS, None, id="constraint ignored, torn"),
        pytest.param("vllm", completion("Loud sounds."), UNPARSED, None, id="constraint ignored, no answer"),
        pytest.param("vllm", completion(None, reasoning="<A>"), EMPTY, None, id="reasoning only"),
        pytest.param("vllm", completion("<", "length"), TRUNCATED, None, id="cut"),
        pytest.param("openrouter", completion('{"letter": "B", "answer": "C"}'), AMBIGUOUS, None, id="two"),
        pytest.param("openrouter", completion("[" * 100_000), TRUNCATED, None, id="bottomless JSON"),
        pytest.param("openrouter", completion("Answer: <C>"), UNPARSED, None, id="schema ignored"),
        pytest.param("openrouter", completion('{"letter": "E"}'), UNPARSED, None, id="letter beyond"),
    ],
)
def test_a_held_answer_is_its_letter_and_nothing_else_is_made_one(
    httpserver: HTTPServer,
    starbench: Runs,
    dialect: str,
    reply: Any,
    outcome: Outcome,
    letter: str | None,
) -> None:
    ran = starbench(served(httpserver, reply), "--model-arg", f"dialect={dialect}", "--answer-mode", "choice")
    assert ran.code == 0, ran.err
    assert {(line.outcome, line.letter) for line in ran.lines} == {(outcome, letter)}


@pytest.mark.parametrize("dialect", ["compatible", "openai"])
def test_a_tool_call_that_nobody_asked_for_is_no_answer(
    httpserver: HTTPServer, starbench: Runs, dialect: str
) -> None:
    url = served(httpserver, called('{"letter": "A"}', finish="tool_calls"))
    ran = starbench(url, "--model-arg", f"dialect={dialect}")
    assert ran.code == 0
    assert {(line.outcome, line.letter) for line in ran.lines} == {(EMPTY, None)}


@pytest.mark.parametrize(
    ("dialect", "mode"),
    [
        ("compatible", "choice"),
        ("openai", "logprobs"),
        ("transformers", "choice"),
        ("transformers", "logprobs"),
    ],
)
def test_a_mode_that_a_server_does_not_know_is_refused_before_anything_is_asked(
    httpserver: HTTPServer, starbench: Runs, dialect: str, mode: str
) -> None:
    ran = starbench(
        served(httpserver, completion()), "--model-arg", f"dialect={dialect}", "--answer-mode", mode
    )
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert mode in ran.err
    assert not httpserver.log


# By probability -------------------------------------------------------------------------------------

LETTER = ("B", -0.2, {"B": -0.2, "A": -2.0, "C": -5.0})


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        pytest.param([LETTER], {"A": -2.0, "B": -0.2, "C": -5.0}, id="bare"),
        pytest.param([("B", 1e-6, {"B": 1e-6})], {"B": 0.0}, id="rounded above one"),
        pytest.param([("<", -0.1, {"<": -0.1, "A": -3.0}), LETTER, (">", 0.0, {})], None, id="bracket first"),
        pytest.param(
            [(" ", -0.1, {"A": -0.1}), ("**", -0.1, {"A": -0.1}), LETTER], None, id="emphasis first"
        ),
        pytest.param([("<B", -0.2, {"<B": -0.2, "<A": -2.0, "<C": -5.0})], None, id="bracket within"),
        pytest.param([("B>", -0.2, {"B>": -0.2, "A>": -2.0, "C>": -5.0})], None, id="closed within"),
        pytest.param([("▁B", -0.2, {"▁B": -0.2, "ĠA": -2.0, " C": -5.0})], None, id="spaces of vocabularies"),
        pytest.param([("B", -0.2, {"A": -2.0, "C": -5.0})], None, id="sampled one not listed"),
        pytest.param(
            [("B", -0.2, {"B": -0.2, "A": -2.0, "C": -5.0, "D": -9999.0})], None, id="impossible is absent"
        ),
        pytest.param(
            [("B", -0.2, {"B": -0.2, "A": -2.0, "C": -5.0, "b": -0.1, "Bright": -0.1, "E": -0.1, "": 0.0})],
            None,
            id="what is no letter",
        ),
        pytest.param(
            [("The", -0.1, {"The": -0.1, "B": -0.2, "A": -2.0, "C": -5.0})], None, id="a word more likely"
        ),
    ],
)
def test_probabilities_are_read_where_the_letter_stands(
    httpserver: HTTPServer, tokens: list[Any], expected: dict[str, float] | None
) -> None:
    response = generated(httpserver, scored("anything <D>", *tokens), "logprobs")
    assert response.letter_logprobs == (expected or {"A": -2.0, "B": -0.2, "C": -5.0})
    assert (response.text, response.stop) == ("<B>", "end")


@pytest.mark.parametrize("logprob", ["Infinity", "NaN", "5.0", "true"])
@pytest.mark.parametrize("where", ["sampled", "listed"])
def test_what_is_no_logarithm_of_a_probability_is_malformed(
    httpserver: HTTPServer, starbench: Runs, logprob: str, where: str
) -> None:
    wrong, right = ("B", -77.25, {}), ("B", -0.1, {"A": -77.25})
    reply = json.dumps(scored("<B>", wrong if where == "sampled" else right)).replace("-77.25", logprob)
    ran = starbench(served(httpserver, reply), "--model-arg", "dialect=vllm", "--answer-mode", "logprobs")
    assert_errors(ran, "malformed")


@given(
    weights=st.dictionaries(
        st.sampled_from(["A", " A", "A>", "B", " B", "<B", "C", "C.", "(C)"]),
        st.floats(1e-6, 1.0),
        min_size=1,
    )
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_tokens_of_one_letter_count_together(httpserver: HTTPServer, weights: dict[str, float]) -> None:
    whole = sum(weights.values())
    top = {token: math.log(weight / whole) for token, weight in weights.items()}
    sampled = next(iter(top))
    response = generated(httpserver, scored("x", (sampled, top[sampled], top)), "logprobs")
    expected = {letter: 0.0 for letter in "ABC" if any(letter in token for token in weights)}
    for token, weight in weights.items():
        expected[next(letter for letter in "ABC" if letter in token)] += weight / whole
    assert response.letter_logprobs is not None
    assert set(response.letter_logprobs) == set(expected)
    for letter, logprob in response.letter_logprobs.items():
        assert math.exp(logprob) == pytest.approx(expected[letter], rel=1e-9)
        assert logprob <= 0.0
    best = max(response.letter_logprobs, key=lambda letter: response.letter_logprobs[letter])  # type: ignore[index]
    assert response.text == f"<{best}>"


@pytest.mark.parametrize(
    ("reply", "outcome", "letter"),
    [
        (scored("<B>", ("<", 0.0, {}), LETTER, (">", 0.0, {})), ANSWERED, "B"),
        pytest.param(scored("<A>", LETTER), ANSWERED, "B", id="the text says another"),
        pytest.param(scored("B", LETTER, finish="length"), ANSWERED, "B", id="cut behind the letter"),
        pytest.param(scored("<", ("<", 0.0, {}), finish="length"), TRUNCATED, None, id="cut before it"),
        pytest.param(scored("It is <B>", ("It", 0.0, {"It": 0.0})), EMPTY, None, id="no letter likely"),
        pytest.param(scored("", LETTER), EMPTY, None, id="no text"),
        pytest.param(scored(None, LETTER), EMPTY, None, id="null"),
        pytest.param(scored("B", LETTER, finish="content_filter"), BLOCKED, None, id="filtered"),
        pytest.param(scored(None, LETTER, refusal="I cannot."), REFUSED, None, id="refused"),
        pytest.param(scored("B", ("B", 1e-6, {"B": 1e-6})), ANSWERED, "B", id="rounded above one"),
    ],
)
def test_a_letter_by_probability_is_none_where_none_was_told(
    httpserver: HTTPServer, starbench: Runs, reply: Any, outcome: Outcome, letter: str | None
) -> None:
    ran = starbench(served(httpserver, reply), "--model-arg", "dialect=vllm", "--answer-mode", "logprobs")
    assert ran.code == 0, ran.err
    assert {(line.outcome, line.letter, line.attempts) for line in ran.lines} == {(outcome, letter, 1)}


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(completion("<A>"), id="none"),
        pytest.param(scored("<A>"), id="of no token"),
        pytest.param(with_logprobs(7), id="7"),
        pytest.param(with_logprobs({"content": {"token": "A", "logprob": 0.0}}), id="no list"),
        pytest.param(scored("<A>", LETTER, reasoning_content="so <A>"), id="of a thought"),
        pytest.param(scored("<A>", LETTER, reasoning="so <A>"), id="of a thought, by another name"),
    ],
)
def test_a_server_that_ignores_the_wish_is_an_error_and_its_text_no_answer(
    httpserver: HTTPServer, starbench: Runs, reply: Any
) -> None:
    ran = starbench(served(httpserver, reply), "--answer-mode", "logprobs")
    assert ran.code == 1
    assert_errors(ran, "no_logprobs", attempts=1)


@pytest.mark.parametrize("wrong", [None, "x", [], {"token": "A", "logprob": None}, {"logprob": -1.0}])
def test_tokens_of_any_shape_give_no_letter(httpserver: HTTPServer, wrong: Any) -> None:
    reply = scored("<A>", ("", 0.0, {}))
    reply["choices"][0]["logprobs"]["content"][0] = wrong
    reply["choices"][0]["logprobs"]["content"].append({"token": 5, "logprob": "x", "top_logprobs": wrong})
    response = generated(httpserver, reply, "logprobs")
    assert response.text is None
    assert response.letter_logprobs == {}


def test_a_prompt_that_is_no_question_is_put_plainly(httpserver: HTTPServer) -> None:
    adapter = OpenAI("m", base_url=served(httpserver, completion("A dog barks.")), dialect="vllm")

    async def ask() -> Response:
        try:
            return await adapter.generate(Prompt(parts=(TextPart(text="Hear?"),), answer_mode="choice"))
        finally:
            await adapter.close()

    assert asyncio.run(ask()).text == "A dog barks."
    assert set(json.loads(httpserver.log[-1][0].get_data())) == {"model", "messages"}


def test_no_probabilities_is_told_by_its_kind(httpserver: HTTPServer) -> None:
    with pytest.raises(RequestError, match="sent no log-probabilities") as told:
        generated(httpserver, completion("<A>"), "logprobs")
    assert told.value.kind == "no_logprobs"
