"""Bodies of replies are read up to a limit: a server decides what it sends, not how much of it is kept in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starbench.errors import TransientError

if TYPE_CHECKING:
    import httpx2

#: A reply of a megabyte of text with the log-probabilities of its tokens is smaller, bytes.
MOST_BYTES = 16 * 2**20
#: What a client that uses :func:`read_bounded` asks for. Others can make a gigabyte of a kilobyte at one stroke.
ENCODINGS = "gzip, deflate"
_KNOWN = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


async def read_bounded(response: httpx2.Response) -> None:
    """Read a body, as a response hook of a client, before the SDK reads all of it.

    Raises
    ------
    TransientError
        Of kind ``malformed``, if it is longer than :data:`MOST_BYTES`, or in an encoding that was not asked for.
    """
    encodings = response.headers.get("content-encoding", "").lower().split(",")
    if unknown := {name.strip() for name in encodings} - _KNOWN:
        raise TransientError(f"the reply is encoded as {', '.join(sorted(unknown))}", kind="malformed")
    stated = response.headers.get("content-length", "")
    if stated.isdecimal():  # nothing need be read
        _refuse_long(int(stated[:20]))
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        _refuse_long(size)
        parts.append(part)
    response._content = b"".join(parts)


def _refuse_long(size: int) -> None:
    if size > MOST_BYTES:
        raise TransientError(f"the reply is longer than {MOST_BYTES:,} bytes", kind="malformed")
