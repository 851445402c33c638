"""What a header says of waiting, however it is written; and what is said of a server that is not there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from starbench.adapters.http_client import server as reachable
from starbench.adapters.http_client.failures import raise_for, retry_after
from starbench.errors import FatalError, InputError, TransientError


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "7", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "7", "retry-after-ms": "nan"}, 7.0),
        ({"retry-after": "7", "retry-after-ms": "-1"}, 7.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "\u0663"}, None),  # a three in Arabic digits
        ({}, None),
    ],
)
def test_a_header_says_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_date_is_waited_for() -> None:
    later = datetime.now(UTC) + timedelta(seconds=60)
    waited = retry_after({"retry-after": format_datetime(later, usegmt=True)})
    assert waited is not None
    assert 55 < waited <= 60


@pytest.mark.parametrize(
    "hostile",
    [
        "nan",
        "inf",
        "-inf",
        "-1",
        "1e999",
        "9" * 5000,
        "",
        "soon",
        "Fri, 31 Dec 9999 23:59:59 -9999",
        "Fri, 31 Dec 9999 23:59:59 +99999999999999",
        "Fri, 31 Dec 99999999999999999999 23:59:59 GMT",
        "Fri, 31 Dec 2000 99999999999999999999:59:59 GMT",
    ],
)
def test_what_is_no_time_to_wait_counts_as_absent(hostile: str) -> None:
    assert retry_after({"retry-after": hostile}) is None
    with pytest.raises(TransientError) as raised:
        raise_for(429, (), "slowly", {"retry-after": hostile})
    assert (raised.value.kind, raised.value.retry_after) == ("rate_limit", None)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://else.example/v1?token=abc#d", "https://else.example/v1"),
        ("//user:password@else.example/", "//else.example"),
        ("/login", "/login"),
        ("http://[::1/", "no address"),
        ("", "no address"),
        (None, "no address"),
    ],
)
def test_a_redirect_says_where_it_wanted_to_go(location: str | None, target: str) -> None:
    headers = {} if location is None else {"location": location}
    with pytest.raises(FatalError) as raised:
        raise_for(307, (), "<html>", headers)
    assert raised.value.kind == "not_found"
    assert str(raised.value).startswith(f"307: the server redirects to {target}, and")


@given(st.text(alphabet="0123456789+-:., aceFiJnMrtGMTZ", max_size=40))
@example("31 Dec 9999 23:59:59 -2359")
def test_no_header_is_more_than_a_time_to_wait(value: str) -> None:
    found = retry_after({"retry-after": value})
    assert found is None or 0 <= found < float("inf")


def test_a_server_that_never_answers_is_said_not_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exception of a wait that ran out has no text of its own."""

    async def never(*_: object) -> None:
        await asyncio.sleep(60)

    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(reachable, "CONNECT_S", 0.05)
    monkeypatch.setattr(asyncio, "open_connection", never)
    with pytest.raises(InputError, match=r"cannot be reached: no reply$"):
        asyncio.run(reachable.connect("http://127.0.0.1:9/v1"))
