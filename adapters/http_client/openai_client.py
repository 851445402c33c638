"""The client of OpenAI's SDK for any compatible server, and what its errors mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from starbench.errors import TransientError

from .body_limit import ENCODINGS, read_bounded
from .server import CONNECT_S, connection_limits

if TYPE_CHECKING:
    from openai import AsyncOpenAI

#: SDK placeholder for servers that ask for no key.
_NO_KEY = "none"


def openai_client(url: str, key: str | None) -> AsyncOpenAI:
    """A client of the server at ``url``, without a key for one that asks for none."""
    import openai

    # Retries are the harness's: two layers would hide each other's counts.
    return openai.AsyncOpenAI(
        api_key=key or _NO_KEY,
        base_url=url,
        max_retries=0,
        timeout=openai.Timeout(None, connect=CONNECT_S),
        # The SDK's own client would send sound and key wherever a redirect leads.
        http_client=openai.DefaultAsyncHttpxClient(
            follow_redirects=False,
            limits=connection_limits(url),
            headers={"Accept-Encoding": ENCODINGS},
            event_hooks={"response": [read_bounded]},
        ),
    )


@contextmanager
def failed_requests(server: str = "") -> Iterator[None]:
    """Raise what a request without a whole reply ends in as a :class:`TransientError`; ``server`` is named in it."""
    import openai

    try:
        yield
    except openai.APITimeoutError as error:
        raise TransientError(str(error), kind="timeout") from error
    except openai.APIConnectionError as error:
        lead = f"{server}: " if server else ""
        raise TransientError(f"{lead}{error} ({error.__cause__})", kind="connection") from error
    except ValueError as error:
        raise TransientError(f"the reply is not complete JSON: {error}", kind="malformed") from error
    except RecursionError as error:
        raise TransientError("the reply is nested too deep to be read", kind="malformed") from error
