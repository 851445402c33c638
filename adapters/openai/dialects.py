"""How servers of OpenAI's Chat Completions differ: one record for each, as data.

``dialects.json`` holds the records; each value that is not obvious has its source beside it. Strings
that begin with ``$`` in its request fields stand for what depends on the question (:func:`fill`).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from starbench.errors import InputError
from starbench.schema import AnswerMode
from starbench.schema.base import Frozen
from starbench.text import suggestion

#: The record for any server without one of its own.
COMPATIBLE = "compatible"


class Choice(Frozen):
    """How a server's answer is constrained to one of the letters."""

    answer_in: Literal["text", "json", "tool"]
    """Where the letter then stands: in the text as ``<A>``, or in ``{"letter": "A"}``, which is the text or
    the arguments of a tool."""
    fields: dict[str, Any]
    """The fields of the request that do it."""


class Dialect(Frozen):
    """How one server differs. None: not known, or not supported."""

    name: str
    """What ``dialects.json`` and the argument ``dialect`` call it."""
    about: str
    hosts: tuple[str, ...] = ()
    """Hosts that speak it, with their subdomains."""
    base_url: str | None = None
    """The vendor's own address."""
    key_variables: tuple[str, ...] = ("OPENAI_API_KEY",)
    """Environment variables that may hold the key; the first that is set counts."""
    vendor: str | None = None
    """Its name in the table of prices."""
    lists_models: bool = False
    """Whether the vendor answers only for models that it lists."""
    audio_part: Literal["input_audio", "audio_url"]
    """The content part that carries a clip."""
    formats: tuple[str, ...]
    """Encodings of sound that it reads."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"]
    """The field that limits the reply's length."""
    text_only: bool = True
    max_clips: int | None = None
    max_seconds: float | None = None
    front_end_hz: int | None = None
    max_channels: int | None = None
    channels_kept: bool | None = None
    extra_body: dict[str, Any] = Field(default_factory=dict)
    """Fields that every request has."""
    choice: Choice | None = None
    """Answer mode ``choice``."""
    logprobs: dict[str, Any] | None = None
    """Answer mode ``logprobs``: fields of the request, also those that make a letter the likely answer."""
    sources: dict[str, str]
    """The source of each value that is not obvious."""

    @property
    def answer_modes(self) -> tuple[AnswerMode, ...]:
        """The answer modes that it supports."""
        fields: dict[AnswerMode, object] = {"text": {}, "choice": self.choice, "logprobs": self.logprobs}
        return tuple(mode for mode, value in fields.items() if value is not None)

    def mode_fields(self, mode: AnswerMode, letters: tuple[str, ...]) -> dict[str, Any]:
        """Return the fields of a request that is answered in ``mode`` with one of ``letters``."""
        if mode == "text" or not letters:
            return {}
        fields = self.logprobs if mode == "logprobs" else self.choice and self.choice.fields
        filled: dict[str, Any] = fill(fields or {}, letters)
        return filled


@cache
def dialects() -> dict[str, Dialect]:
    """Return every record by name."""
    stored = json.loads(Path(__file__).with_name("dialects.json").read_text("utf-8"))
    return {name: Dialect.model_validate({**record, "name": name}) for name, record in stored.items()}


def by_name(name: str) -> Dialect:
    """Return the dialect called ``name``; ``InputError`` if there is none."""
    if name not in dialects():
        raise InputError(f"dialect {name!r} is not known: {suggestion(name.lower(), dialects())}")
    return dialects()[name]


def by_address(url: str) -> Dialect:
    """Return the dialect of the host of ``url``, or the record for any compatible server."""
    host = urlsplit(url).hostname or ""
    for dialect in dialects().values():
        if any(host == known or host.endswith(f".{known}") for known in dialect.hosts):
            return dialect
    return dialects()[COMPATIBLE]


def fill(template: Any, letters: tuple[str, ...]) -> Any:
    """Return ``template`` with every ``$name`` in it replaced.

    ``$letters`` are the bare letters, ``$answers`` the letters as ``<A>``, the form that both protocols ask
    for; ``$regex`` and ``$grammar`` allow one of those answers and nothing else, as a regular expression and
    in llama.cpp's GBNF.
    """
    if isinstance(template, dict):
        return {name: fill(value, letters) for name, value in template.items()}
    if isinstance(template, list):
        return [fill(value, letters) for value in template]
    values = {
        "$letters": list(letters),
        "$answers": [f"<{letter}>" for letter in letters],
        "$regex": f"<({'|'.join(letters)})>",
        "$grammar": "root ::= " + " | ".join(f'"<{letter}>"' for letter in letters),
    }
    return values[template] if isinstance(template, str) and template.startswith("$") else template
