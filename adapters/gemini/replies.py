"""Reading the replies of the Gemini API. One with status 200 may report an error, or hold no answer.

The JSON is read as it came, not through the SDK's types: those warn of every name that is newer than
themselves, and a reply must get its outcome whatever Google adds.
"""

from __future__ import annotations

import re

from starbench.errors import FatalError, TransientError
from starbench.schema import Response, Stop, Usage

from ..http_client.replies import field, items, json_object, token_count
from .failures import raise_for_error

#: Every reply of ``generateContent`` has one of these; JSON without any comes from something else.
_FIELDS = frozenset({"candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId"})

#: ``FinishReason`` of the API reference. All others (``STOP``, ``OTHER``, ``LANGUAGE``, ``MALFORMED_…``, and
#: future ones) end a reply normally: with text it is read, without it is empty.
_STOPS: dict[str, Stop] = {
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "SAFETY": "blocked",
    "RECITATION": "blocked",
    "BLOCKLIST": "blocked",
    "PROHIBITED_CONTENT": "blocked",
    "SPII": "blocked",
    "ESCALATION": "blocked",
    "MODEL_ARMOR": "blocked",
    "IMAGE_SAFETY": "blocked",
    "IMAGE_PROHIBITED_CONTENT": "blocked",
    "IMAGE_RECITATION": "blocked",
}
#: An HTTP status of a failure; other numbers are, for example, codes of gRPC.
_STATUS = re.compile(r"[345]\d\d")
#: The account is limited for breaking Google's use policy: no other question can succeed.
_ACCOUNT_LIMITED = "PUP_LIMITED_DISABLED"


def read(body: str) -> Response:
    """Read the body of a ``generateContent`` with status 200.

    Raises
    ------
    AdapterError
        If it is not such a reply (``malformed``), or reports an error.
    """
    reply = json_object(body)
    if reply.get("error"):
        code = str(field(reply, "error", "code"))
        status = int(code) if _STATUS.fullmatch(code) else 500
        raise_for_error(status, reply, f"the server says: {reply['error']}", {})
    if reply and not _FIELDS & reply.keys():
        raise TransientError("the reply is JSON of something else than generateContent", kind="malformed")
    candidates = reply.get("candidates") or []
    if not isinstance(candidates, list):
        raise TransientError("the reply's candidates are not a list", kind="malformed")
    blocked = _name(field(reply, "promptFeedback", "blockReason"))
    if not (candidates and isinstance(candidates[0], dict)) and not blocked:
        raise TransientError("the reply holds no candidate, and no reason for that", kind="malformed")
    text, reason = _candidate(candidates[0]) if candidates else (None, None)
    stop = _STOPS.get((reason or "").upper(), "end")
    if blocked and text is None and reason is None:
        reason, stop = f"promptFeedback: {blocked}", "blocked"
    if reason == _ACCOUNT_LIMITED:
        raise FatalError(f"Google ended the reply with {reason}: the account is limited", kind="auth")
    return Response(
        text=text,
        stop=stop,
        finish_reason=reason,
        served_model=_name(reply.get("modelVersion")),
        usage=_usage(reply.get("usageMetadata")),
    )


def _candidate(candidate: object) -> tuple[str | None, str | None]:
    """Return the text of the answer (not of the thoughts before it), and why it ended."""
    parts = items(field(candidate, "content", "parts"))
    texts = [
        part["text"] for part in parts if isinstance(field(part, "text"), str) and not part.get("thought")
    ]
    return "".join(texts) if texts else None, _name(field(candidate, "finishReason"))


def _usage(counts: object) -> Usage | None:
    """Google counts thoughts beside the answer, our schema within it."""
    if not isinstance(counts, dict):
        return None
    thoughts = token_count(counts.get("thoughtsTokenCount"))
    written = [n for n in (token_count(counts.get("candidatesTokenCount")), thoughts) if n is not None]
    return Usage(
        input_tokens=token_count(counts.get("promptTokenCount")),
        output_tokens=token_count(sum(written)) if written else None,
        audio_tokens=_audio_tokens(counts.get("promptTokensDetails")),
        reasoning_tokens=thoughts,
    )


def _audio_tokens(details: object) -> int | None:
    """Tokens of sound: 0 where the counts are by modality and sound is not among them."""
    if not isinstance(details, list) or not details:
        return None
    # A count of 0 is left out of the JSON; one that makes no sense is not 0.
    sounds = [token_count(d.get("tokenCount", 0)) for d in details if field(d, "modality") == "AUDIO"]
    known = [n for n in sounds if n is not None]
    return token_count(sum(known)) if len(known) == len(sounds) else None


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
