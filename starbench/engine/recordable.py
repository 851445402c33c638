"""What of a response can be recorded: no secret, no half of a character, and not more than a megabyte."""

from __future__ import annotations

from hashlib import sha256

from starbench.redact import redact
from starbench.schema import DroppedText, Response

#: Bytes of a response's text that are kept; of what stood in its middle, length and digest are.
LONGEST_TEXT = 1_000_000
#: Stands where a text was cut out.
_GAP = "\n…\n"
#: Characters of a name that a server gives: of a model, of why a reply ended.
_LONGEST_NAME = 1000


def recordable(response: Response) -> Response:
    """Return ``response`` as it may be recorded, and read."""
    changed: dict[str, object] = {
        name: clean
        for name, most in (("text", None), ("finish_reason", _LONGEST_NAME), ("served_model", _LONGEST_NAME))
        if (text := getattr(response, name)) and (clean := _clean(text)[:most]) != text
    }
    text = str(changed.get("text", response.text or ""))
    if len(text) > LONGEST_TEXT // 4:  # a character takes four bytes at most
        changed |= _cut(text)
    return response.model_copy(update=changed) if changed else response


def _clean(text: str) -> str:
    return redact(text if text.isascii() else text.encode("utf-8", "replace").decode())


def _cut(text: str) -> dict[str, object]:
    """Keep beginning and end, which is where answers stand."""
    data = text.encode()
    if len(data) <= LONGEST_TEXT:
        return {}
    half = (LONGEST_TEXT - len(_GAP.encode())) // 2
    head, tail = data[:half].decode("utf-8", "ignore"), data[-half:].decode("utf-8", "ignore")
    middle = data[len(head.encode()) : len(data) - len(tail.encode())]
    dropped = DroppedText(length=len(middle), sha256=sha256(middle).hexdigest())
    return {"text": head + _GAP + tail, "dropped": dropped}
