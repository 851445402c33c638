"""Whether a server can be reached, before the first question."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from starbench.errors import InputError
from starbench.redact import address, register_address

if TYPE_CHECKING:
    import httpx2

#: Seconds to wait for a connection, here and in the OpenAI client; Gemini's SDK supports no such timeout.
CONNECT_S = 10.0
#: Seconds to wait for what a server knows of its models.
LOOK_UP_S = 30.0


def http_address(url: str, example: str) -> str:
    """Return ``url`` without a slash at its end; ``InputError`` if it is not an address like ``example``.

    What it holds besides, such as a password, is refused and never shown; a key in its path is only not shown.
    """
    register_address(url)
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in url
    except ValueError:  # brackets without an IPv6 address in them
        is_address = False
    if not is_address or not url.isprintable():
        raise InputError(f"base_url is not an http(s) address, such as {example}")
    extras = {"@": "a user or password", "?": "a query", "#": "a fragment"}
    for mark, extra in extras.items():
        if mark in (parts.netloc if mark == "@" else url):
            raise InputError(
                f"base_url holds {extra}: give the address alone, such as {example}; keys are read from the "
                "environment"
            )
    return url.rstrip("/")


def connection_limits(url: str) -> httpx2.Limits:
    """As many connections as are asked for; for plain ``http`` a new one for each request.

    A connection that is used again hands what a broken server sent too much to the next request, as its reply. To
    connect without TLS costs next to nothing; behind TLS stand vendors' own front ends, and a handshake is dear.
    """
    import httpx2

    kept = 0 if url.startswith("http:") else 100
    return httpx2.Limits(max_connections=None, max_keepalive_connections=kept)


async def connect(url: str) -> None:
    """Raise an ``InputError`` if no server answers at ``url``.

    Behind a proxy there need not be a direct way, so nothing is tried.
    """
    if _is_proxied(url):
        return
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, ValueError) as error:
        reason = str(error) or "no reply"
        raise InputError(f"the server {address(url)} cannot be reached: {reason}") from error
    writer.close()


def _is_proxied(url: str) -> bool:
    parts = urlsplit(url)
    proxies = getproxies()
    return (parts.scheme in proxies or "all" in proxies) and not proxy_bypass(parts.hostname or "")
