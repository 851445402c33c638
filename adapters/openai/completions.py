"""Reading a chat completion. A reply with status 200 may still report an error, or hold no answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from starbench.errors import FatalError, RequestError, TransientError
from starbench.schema import Prompt, Response, Stop, Usage

from ..http_client.failures import QUOTA, raise_for
from ..http_client.replies import field, items, json_object, token_count
from .letter_logprobs import letter_logprobs

_STOPS: dict[str, Stop] = {"length": "length", "max_tokens": "length", "content_filter": "blocked"}
#: Finish reasons of replies that broke off at the server: OpenRouter's, and vLLM's and SGLang's.
_BROKEN = frozenset({"error", "abort"})
#: Codes of a filter that withheld the reply: Azure's, and OpenAI's and OpenRouter's.
_FILTERED = frozenset({"content_filter", "content_policy_violation"})
_ERROR_STATUS = range(400, 600)


def read_completion(
    reply: object, prompt: Prompt, answer_in: Literal["text", "json", "tool"] = "text"
) -> Response:
    """Read the reply to ``prompt``: a JSON value, or the text of a body that is not declared as JSON.

    ``answer_in`` is where the letter stands under answer mode ``choice`` (:class:`.dialects.Choice`).

    Raises
    ------
    TransientError, RequestError, FatalError
        If it reports an error or is not a completion; under answer mode ``logprobs`` a ``RequestError`` of
        kind ``no_logprobs`` if it has none of the answer's.
    """
    completion = json_object(reply)
    if completion.get("error"):
        return _error_in_body(completion, completion["error"])
    choices = completion.get("choices")
    if not isinstance(choices, list):
        raise TransientError("the reply is JSON without choices, not a chat completion", kind="malformed")
    if not (choices and isinstance(choices[0], dict)):
        raise TransientError("the reply has no choice among its choices", kind="malformed")
    name, usage = _name(completion), _usage(completion.get("usage"))
    choice = choices[0]
    if field(choice, "error"):
        return _error_in_body(completion, choice["error"])
    reason = field(choice, "finish_reason")
    if str(reason) in _BROKEN:
        raise TransientError(f"the reply broke off (finish reason {reason!r})", kind="server")
    refusal = field(choice, "message", "refusal")
    letters = prompt.letters if prompt.answer_mode == "choice" else ()
    response = Response(
        text=_text(field(choice, "message"), letters, answer_in) or refusal,
        stop="refused" if refusal else _STOPS.get(str(reason), "end"),
        finish_reason=None if reason is None else str(reason),
        served_model=name,
        usage=usage,
    )
    if prompt.answer_mode == "logprobs" and prompt.letters:
        return _most_probable(response, choice, prompt.letters)
    return response


def raise_or_blocked(status: int, error: object, message: str, headers: Mapping[str, str]) -> Response:
    """Raise what an error means, unless a filter withheld the reply: that is an outcome of its own.

    ``status`` is the HTTP status, or what stands for it inside a 200; ``error`` the body's own, of which
    ``code``, ``type`` and ``metadata`` count; ``message`` what the server said.
    """
    codes = {str(field(error, "code")), str(field(error, "type"))}
    # OpenRouter's moderation answers with a 403, as for a wrong key.
    flagged = field(error, "metadata", "reasons") or field(error, "metadata", "flagged_input")
    if not (codes & _FILTERED or flagged):
        raise_for(status, codes, message, headers)
    return Response(text=None, stop="blocked", finish_reason=f"error {status}")


def _error_in_body(completion: object, error: object) -> Response:
    """Raise what an error in the body of a 200 means, as :func:`raise_or_blocked`."""
    if not isinstance(error, dict):
        raise TransientError(f"the server says: {error}", kind="server")
    code, message = str(error.get("code")), str(error.get("message", error))
    if {code, str(error.get("type"))} & QUOTA:
        raise FatalError(message, kind="quota")
    status = int(code) if len(code) == 3 and code.isdecimal() else 500
    response = raise_or_blocked(status if status in _ERROR_STATUS else 500, error, message, {})
    usage = _usage(field(completion, "usage"))
    return response.model_copy(update={"served_model": _name(completion), "usage": usage})


def _text(message: object, letters: tuple[str, ...], answer_in: str) -> str | None:
    """Return the text to read: the letter where the answer was constrained to one, else the message's."""
    if letters and answer_in == "tool":
        arguments = [field(call, "function", "arguments") for call in items(field(message, "tool_calls"))]
        answers = [_unwrapped(text, letters) for text in arguments if isinstance(text, str)]
        if answers:
            return "\n".join(answers)
    text = _message_text(message)
    return _unwrapped(text, letters) if text and letters and answer_in == "json" else text


def _unwrapped(text: str, letters: tuple[str, ...]) -> str:
    """Return the letter in ``{"letter": "A"}`` as ``<A>``, and any other text as it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    letter = value.get("letter") if isinstance(value, dict) and len(value) == 1 else None
    return f"<{letter}>" if letter in letters else text


def _message_text(message: object) -> str | None:
    content = field(message, "content")
    if isinstance(content, list):  # some servers answer in parts; thoughts and sound are others than texts
        texts = (field(part, "text") for part in content if field(part, "type") == "text")
        return "".join(text for text in texts if isinstance(text, str))
    if content is None:
        # With spoken output the text stands beside the sound.
        content = field(message, "audio", "transcript")
    if content is None or isinstance(content, str):
        return content
    # Turned into text, it could pass for an answer that the model did not give.
    raise TransientError(f"the reply's text is a JSON {type(content).__name__}, not a text", kind="malformed")


def _most_probable(response: Response, choice: object, letters: tuple[str, ...]) -> Response:
    """Answer with the most probable letter; where none has a probability, with nothing, whatever the text."""
    if response.stop in ("blocked", "refused") or not (response.text and response.text.strip()):
        return response
    if field(choice, "message", "reasoning") or field(choice, "message", "reasoning_content"):
        raise RequestError(
            "the model reasons before it answers, so the probabilities are of its thoughts: switch reasoning "
            "off (--model-arg extra_body=…), or use another answer mode",
            kind="no_logprobs",
        )
    tokens = items(field(choice, "logprobs", "content"))
    if not tokens:
        raise RequestError(
            "the server sent no log-probabilities: it does not know them, or ignores them",
            kind="no_logprobs",
        )
    logprobs = letter_logprobs(tokens, letters)
    if not logprobs:
        return response.model_copy(update={"text": None, "letter_logprobs": {}})
    best = max(logprobs, key=lambda letter: logprobs[letter])
    # If anything was cut off, it stood after the letter.
    return response.model_copy(update={"text": f"<{best}>", "stop": "end", "letter_logprobs": logprobs})


def _name(completion: object) -> str | None:
    """Return the model that answered, and its provider where a router names it."""
    name, provider = field(completion, "model"), field(completion, "provider")
    if name is None:
        return None
    return f"{name} via {provider}" if isinstance(provider, str) and provider else str(name)


def _usage(counts: object) -> Usage | None:
    if counts is None:
        return None
    return Usage(
        input_tokens=token_count(field(counts, "prompt_tokens")),
        output_tokens=token_count(field(counts, "completion_tokens")),
        audio_tokens=token_count(field(counts, "prompt_tokens_details", "audio_tokens")),
        reasoning_tokens=token_count(field(counts, "completion_tokens_details", "reasoning_tokens")),
    )
