"""The body of a chat completion's request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from starbench.errors import InputError
from starbench.redact import names_secret
from starbench.schema import Prompt, TextPart

from ..http_client.audio_body import CLIP, EncodedClips, json_body

#: Fields of a request that are the adapter's own: another value would ask something else, or break the reply.
_OURS = frozenset({"model", "messages", "stream", "n"})
#: How a clip is written, by the type of its content part.
_CLIP_PARTS: Mapping[str, dict[str, Any]] = {
    "input_audio": {"type": "input_audio", "input_audio": {"data": CLIP, "format": "wav"}},
    "audio_url": {"type": "audio_url", "audio_url": {"url": f"data:audio/wav;base64,{CLIP}"}},
}


def request_body(
    prompt: Prompt,
    clips: EncodedClips,
    *,
    model: str,
    system: str | None,
    audio_part: str,
    fields: Mapping[str, Any],
) -> bytes:
    """Return the JSON of a request, byte for byte what the SDK would make of the same fields.

    The prompt becomes the user's message, its parts in their order, after a ``system`` message if there is
    one. ``audio_part`` is the type of the content part that carries a clip. Decodes the prompt's clips, which
    takes milliseconds: call it in a thread.
    """
    content = [
        {"type": "text", "text": part.text} if isinstance(part, TextPart) else _CLIP_PARTS[audio_part]
        for part in prompt.parts
    ]
    messages: list[dict[str, Any]] = [] if system is None else [{"role": "system", "content": system}]
    messages.append({"role": "user", "content": content})
    encoded = [clips.encode(part.audio()) for part in prompt.clips]
    return json_body({"model": model, "messages": messages, **fields}, encoded)


def checked_fields(extra_body: dict[str, Any] | None) -> dict[str, Any]:
    """Return the user's own fields; ``InputError`` if the harness sets one, or it is named like a key."""
    fields = extra_body or {}
    for name in sorted(_OURS & set(fields)):
        raise InputError(f"extra_body cannot set {name!r}: the harness does")
    for name in filter(names_secret, _names(fields)):
        raise InputError(f"extra_body holds {name!r}: keys are read from the environment only")
    return fields


def merged(fields: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``fields`` with ``more`` on top, objects within objects too."""
    result = dict(fields)
    for name, value in more.items():
        before = result.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            value = merged(before, value)  # noqa: PLW2901
        result[name] = value
    return result


def _names(value: Any) -> Iterator[str]:
    """Yield the names of all fields, at any depth."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        yield from _names(inner)
