"""The data card of a built suite: facts of its manifest, in words; what labels say is shown and never obeyed."""

from __future__ import annotations

from pathlib import Path

from recorded import write_folder

import starbench
from starbench.reporting.data_card import DATA_CARD


def test_a_suite_of_recordings_has_a_card_with_sources_licences_bands_and_what_was_left_out(
    tmp_path: Path,
) -> None:
    folder = write_folder(tmp_path / "recordings")
    lines = (folder / "labels.csv").read_text().splitlines()
    hostile = 'phone0.wav,"<b>phone</b> | [x](http://evil)",phone,"<script>"'
    labelled = [f"{line},CC0 1.0" for line in lines[1:] if not line.startswith("phone0")]
    labelled = [f"{lines[0]},licence", hostile, *labelled]
    (folder / "labels.csv").write_text("\n".join(labelled) + "\n")
    (folder / "broken.wav").write_bytes(b"RIFF")
    suite = starbench.build_suite(
        "spatial", tmp_path / "suite", attributes="localisation", size=12, recordings=folder
    )
    card = (suite.root / DATA_CARD).read_text()
    assert "Its sounds are 13 recordings" in card
    assert "CC0 1.0 (12)" in card
    assert "| step.wav | lasts 1.00 s, and 1.44 s are needed |" in card
    assert "| broken.wav | labels.csv has no line for it |" in card
    phone = next(line for line in card.splitlines() if line.startswith("| phone1.wav"))
    assert int(phone.split("|")[7]) < 4000  # reaches, Hz
    height = next(line for line in card.splitlines() if "do not reach 10 kHz" in line)
    assert height.startswith("| height | 8 | 5 do not reach")
    assert "<script>" not in card
    assert "<b>" not in card
    assert "](http" not in card


def test_a_suite_of_synthesized_sounds_says_so(tmp_path: Path) -> None:
    suite = starbench.build_suite("perception", tmp_path / "suite", attributes="pitch", size=4)
    card = (suite.root / DATA_CARD).read_text()
    assert "Its sounds are synthesized. Licence: CC0-1.0." in card
    assert "| sensitivity\\_pitch | 4 |" in card
    assert suite.digest[:12] in card
    assert "left out" not in card
