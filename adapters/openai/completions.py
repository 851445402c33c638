"""Reading a chat completion. A reply with status 200 may still report an error, or hold no answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from starbench.errors import FatalError, RequestError, TransientError
from starbench.schema import Prompt, Response, Stop, Usage

from ..http_client.failures import QUOTA, raise_for
from ..http_client.tokens import token_count
from .letter_logprobs import letter_logprobs

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

_STOPS: dict[str, Stop] = {"length": "length", "max_tokens": "length", "content_filter": "blocked"}
#: Finish reasons of replies that broke off at the server: OpenRouter's, and vLLM's and SGLang's.
_BROKEN = frozenset({"error", "abort"})
#: Codes of a filter that withheld the reply: Azure's, and OpenAI's and OpenRouter's.
_FILTERED = frozenset({"content_filter", "content_policy_violation"})
_ERROR_STATUS = range(400, 600)


def read_completion(
    completion: ChatCompletion | object, prompt: Prompt, answer_in: Literal["text", "json", "tool"] = "text"
) -> Response:
    """Read a completion.

    Parameters
    ----------
    completion : object
        What the SDK made of the reply's body: any JSON value, or the text of a body that is not JSON.
    prompt : Prompt
        The question.
    answer_in : str
        Where the letter stands under answer mode ``choice`` (:class:`.dialects.Choice`).

    Raises
    ------
    TransientError, RequestError, FatalError
        If it reports an error or is not a completion; under answer mode ``logprobs`` a ``RequestError`` of
        kind ``no_logprobs`` if it has none of the answer's.
    """
    choices = getattr(completion, "choices", None)
    error = getattr(completion, "error", None)
    if error:
        return _error_in_body(completion, error)
    if not isinstance(choices, list):
        kind = "HTML or text" if isinstance(completion, str) else "JSON without choices"
        raise TransientError(f"the reply is {kind}, not a chat completion", kind="malformed")
    if not choices:
        return Response(text=None, served_model=_name(completion), usage=_usage(completion))
    choice = choices[0]
    reason = getattr(choice, "finish_reason", None)
    if getattr(choice, "error", None):
        return _error_in_body(completion, choice.error)
    if str(reason) in _BROKEN:
        raise TransientError(f"the reply broke off (finish reason {reason!r})", kind="server")
    message = getattr(choice, "message", None)
    refusal = getattr(message, "refusal", None)
    letters = prompt.letters if prompt.answer_mode == "choice" else ()
    response = Response(
        text=_text(message, letters, answer_in) or refusal,
        stop="refused" if refusal else _STOPS.get(str(reason), "end"),
        finish_reason=None if reason is None else str(reason),
        served_model=_name(completion),
        usage=_usage(completion),
    )
    if prompt.answer_mode == "logprobs" and prompt.letters:
        return _most_probable(response, choice, prompt.letters)
    return response


def raise_or_blocked(status: int, error: object, message: str, headers: Mapping[str, str]) -> Response:
    """Raise what an error means, unless a filter withheld the reply: that is an outcome of its own.

    Parameters
    ----------
    status : int
        The HTTP status, or what stands for it inside a 200.
    error : object
        The body's ``error``, where it is a mapping: its ``code``, ``type`` and ``metadata`` count.
    message : str
        What the server said.
    headers : mapping
        The reply's headers.

    Raises
    ------
    TransientError, RequestError, FatalError
        Unless a filter withheld the reply.
    """
    fields = error if isinstance(error, Mapping) else {}
    codes = {str(fields.get("code")), str(fields.get("type"))}
    if not (codes & _FILTERED or _is_flagged(fields)):
        raise_for(status, codes, message, headers)
    return Response(text=None, stop="blocked", finish_reason=f"error {status}")


def _is_flagged(error: Mapping[str, object]) -> bool:
    """Whether OpenRouter's moderation withheld a request, which it answers with a 403 as for a wrong key."""
    metadata = error.get("metadata")
    return isinstance(metadata, Mapping) and bool(metadata.get("reasons") or metadata.get("flagged_input"))


def _error_in_body(completion: object, error: object) -> Response:
    """Raise what an error in the body of a 200 means, as :func:`raise_or_blocked`."""
    if not isinstance(error, Mapping):
        raise TransientError(f"the server says: {error}", kind="server")
    code, message = str(error.get("code")), str(error.get("message", error))
    if {code, str(error.get("type"))} & QUOTA:
        raise FatalError(message, kind="quota")
    status = int(code) if len(code) == 3 and code.isdecimal() else 500
    response = raise_or_blocked(status if status in _ERROR_STATUS else 500, error, message, {})
    return response.model_copy(update={"served_model": _name(completion), "usage": _usage(completion)})


def _text(message: object, letters: tuple[str, ...], answer_in: str) -> str | None:
    """Return the text to read: the letter where the answer was constrained to one, else the message's."""
    if letters and answer_in == "tool":
        calls = getattr(message, "tool_calls", None)
        arguments = [
            getattr(getattr(call, "function", None), "arguments", None)
            for call in (calls if isinstance(calls, list) else [])
        ]
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
    content = getattr(message, "content", None)
    if isinstance(content, list):  # some servers answer in parts
        return "".join(_part_texts(content))
    if content is None:
        # With spoken output the text stands beside the sound.
        content = getattr(getattr(message, "audio", None), "transcript", None)
    if content is None or isinstance(content, str):
        return content
    # Turned into text, it could pass for an answer that the model did not give.
    raise TransientError(f"the reply's text is a JSON {type(content).__name__}, not a text", kind="malformed")


def _part_texts(parts: list[object]) -> Iterator[str]:
    """Yield the text among the parts of a reply, without thoughts, sound and parts that have none."""
    for part in parts:
        text = part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None
        if isinstance(text, str):
            yield text


def _most_probable(response: Response, choice: object, letters: tuple[str, ...]) -> Response:
    """Answer with the most probable letter; where none has a probability, with nothing, whatever the text."""
    if response.stop in ("blocked", "refused") or not (response.text and response.text.strip()):
        return response
    if _reasons(getattr(choice, "message", None)):
        raise RequestError(
            "the model reasons before it answers, so the probabilities are of its thoughts: switch reasoning "
            "off (--model-arg extra_body=…), or use another answer mode",
            kind="no_logprobs",
        )
    tokens = getattr(getattr(choice, "logprobs", None), "content", None)
    if not isinstance(tokens, list) or not tokens:
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


def _reasons(message: object) -> bool:
    return bool(getattr(message, "reasoning", None) or getattr(message, "reasoning_content", None))


def _name(completion: object) -> str | None:
    """Return the model that answered, and its provider where a router names it."""
    name, provider = getattr(completion, "model", None), getattr(completion, "provider", None)
    if name is None:
        return None
    return f"{name} via {provider}" if isinstance(provider, str) and provider else str(name)


def _usage(completion: object) -> Usage | None:
    usage = getattr(completion, "usage", None)
    if usage is None:
        return None
    of_prompt = getattr(usage, "prompt_tokens_details", None)
    of_reply = getattr(usage, "completion_tokens_details", None)
    return Usage(
        input_tokens=token_count(getattr(usage, "prompt_tokens", None)),
        output_tokens=token_count(getattr(usage, "completion_tokens", None)),
        audio_tokens=token_count(getattr(of_prompt, "audio_tokens", None)),
        reasoning_tokens=token_count(getattr(of_reply, "reasoning_tokens", None)),
    )
