"""What of a response is recorded."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starbench.engine.recordable import LONGEST_TEXT, recordable
from starbench.schema import Response


@pytest.mark.parametrize("character", ["x", "é", "音", "😀"])
@pytest.mark.parametrize("offset", range(3))
def test_a_megabyte_is_kept_beginning_and_end_and_the_rest_is_known(character: str, offset: int) -> None:
    text = "<" + "." * offset + character * 1_200_000 + " Answer: <A>"
    kept = recordable(Response(text=text))
    assert kept.text is not None
    assert kept.dropped is not None
    assert LONGEST_TEXT - 12 <= len(kept.text.encode()) <= LONGEST_TEXT
    head, tail = kept.text.split("\n…\n")
    assert text.startswith(head)
    assert text.endswith(tail)
    middle = text.encode()[len(head.encode()) : -len(tail.encode())]
    assert kept.dropped.length == len(middle)
    assert kept.dropped.sha256 == sha256(middle).hexdigest()


def test_a_shorter_text_is_kept_as_it_is() -> None:
    for text in ("<A>", "x" * LONGEST_TEXT, "é" * (LONGEST_TEXT // 2)):
        assert recordable(Response(text=text)) == Response(text=text)


def test_no_half_of_a_secret_is_left_where_a_text_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-0123456789abcdef")
    for before in range(LONGEST_TEXT // 2 - 30, LONGEST_TEXT // 2 + 5):
        kept = recordable(Response(text="x" * before + "sk-0123456789abcdef" + "y" * LONGEST_TEXT)).text
        assert kept is not None
        assert "sk-" not in kept
        assert "cdef" not in kept


def test_names_that_a_server_gives_are_cut() -> None:
    kept = recordable(Response(text="<A>", finish_reason="f" * 10**6, served_model="m" * 10**6))
    assert len(kept.finish_reason or "") == len(kept.served_model or "") == 1000


@given(text=st.text(st.characters(exclude_categories=())))
def test_whatever_is_recorded_fits_into_utf_8(text: str) -> None:
    for name in ("text", "finish_reason", "served_model"):
        kept = getattr(recordable(Response(**{"text": None, name: text})), name)
        assert kept.encode().decode() == kept
        assert len(kept) == min(len(text), 1000) or name == "text"
