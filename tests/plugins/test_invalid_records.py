"""A record that a plug-in makes wrongly, wherever it does so, is told in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from starbench.errors import PluginError
from starbench.models.resolve import resolve

_SCHEMA = "from starbench.schema import Capabilities, Response\nclass A:\n"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (
            "    capabilities = Capabilities(max_clip=1)\n",
            "bad.py:3: Capabilities has no field max_clip; did you mean max_clips?",
        ),
        (
            "    capabilities = Capabilities(speed=1)\n",
            "bad.py:3: Capabilities has no field speed: there are text_only, formats, max_clips",
        ),
        (
            "    capabilities = Capabilities(max_clips='few')\n",
            "bad.py:3: Capabilities(max_clips='few'): Input should be a valid integer",
        ),
        ("    x = Response(stop='cut', text='')\n", "bad.py:3: Response(stop='cut'): Input should be 'end'"),
        ("    x = Response()\n", "bad.py:3: Response needs text"),
        (
            "    capabilities = Capabilities()\n    capabilities.max_clips = 1\n",
            "bad.py:4: Capabilities cannot be changed: make another",
        ),
        (
            "    def __init__(self):\n        Capabilities(max_secs=3, rates='x')\n",
            "cannot be made: Capabilities(rates='x'): Input should be a valid tuple; "
            "Capabilities has no field max_secs; did you mean max_seconds? (bad.py:4)",
        ),
    ],
)
def test_a_record_that_is_made_wrongly_is_one_sentence_without_pydantics_page(
    source: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.py").write_text(_SCHEMA + source)
    with pytest.raises(PluginError) as refused:
        resolve("bad.py:A")
    assert says in str(refused.value)
    assert "http" not in str(refused.value)
    assert "validation error" not in str(refused.value)
