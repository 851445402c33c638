"""The embedded head is the whole published set; its converter loses nothing."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from sofa_files import write_sofa

from starbench.errors import StimulusError
from starbench.synth.geometry import angles, unit
from starbench.synth.heads import kemar, sofa
from starbench.synth.heads.kemar import convert
from starbench.synth.heads.loading import load
from starbench.synth.heads.sofa import HrirSet

# Read from the SOFA files with nothing but h5py: name, largest sample, sum of squares.
PUBLISHED = {
    "kemar": ("KEMAR, normal pinna", 0.817657470703125, 1430.3856104332954),
    "kemar-large": ("KEMAR, large pinna", 0.911773681640625, 1332.1377747077495),
}


@pytest.mark.parametrize("asset", kemar.ASSETS)
def test_an_embedded_head_is_the_whole_published_set(asset: str) -> None:
    hrirs = kemar.read(asset)
    _, elevation, length = angles(hrirs.directions)
    rings = np.round(elevation).astype(int)
    counts = dict(
        zip(range(-40, 91, 10), (56, 60, 72, 72, 72, 72, 72, 60, 56, 45, 36, 24, 12, 1), strict=True)
    )
    assert {int(ring): int((rings == ring).sum()) for ring in np.unique(rings)} == counts
    np.testing.assert_allclose(length, 1.0, atol=1e-12)
    assert hrirs.responses.shape == (710, 2, 512)
    assert hrirs.rate == 44_100
    name, largest, energy = PUBLISHED[asset]
    assert (hrirs.name, np.abs(hrirs.responses).max()) == (name, largest)
    assert float(np.sum(hrirs.responses**2)) == pytest.approx(energy, rel=1e-12)


@pytest.mark.parametrize("asset", kemar.ASSETS)
def test_an_embedded_head_names_its_source_and_its_authors(asset: str) -> None:
    file = Path(kemar.__file__).with_name(kemar.ASSETS[asset])
    folder = file.parent
    assert re.fullmatch("[0-9a-f]{64}", kemar.read(asset).digest)
    assert file.stat().st_size <= 450 * 1024
    with np.load(file, allow_pickle=False) as stored:
        credit = str(stored["credit"])
    for text in (credit, (folder / "README.md").read_text("utf-8")):
        assert "Gardner" in text
        assert "Martin" in text
        assert "MIT Media Lab" in text
        assert "provided the authors" in text


def test_the_source_file_gives_the_same_head(hrirs: HrirSet) -> None:
    source = os.environ.get("STARBENCH_KEMAR_SOFA", "/usr/share/libmysofa/MIT_KEMAR_normal_pinna.sofa")
    if not Path(source).is_file():
        pytest.skip("the published SOFA file is not here (STARBENCH_KEMAR_SOFA may name it)")
    original = sofa.read(source)
    assert original.digest == hrirs.digest
    nearest = (original.directions @ hrirs.directions.T).argmax(axis=0)
    assert sorted(nearest) == list(range(710))
    np.testing.assert_array_equal(hrirs.responses, original.responses[nearest])


def test_byte_planes_give_the_samples_back() -> None:
    extremes = np.array([[0, 32767, -32768, -1, 1, -32768, 32767]], dtype=np.int16)
    np.testing.assert_array_equal(kemar.join_planes(kemar.split_planes(extremes)), extremes)


@pytest.fixture
def symmetric_sofa(tmp_path: Path) -> Path:
    right = unit(np.tile(np.arange(15.0, 180.0, 15.0), 3), np.repeat([-15.0, 0.0, 15.0], 11))
    directions = np.concatenate([right, right * [1, -1, 1], unit([0, 180], 0)])
    directions[-2:, 1] = 0.0
    samples = np.random.default_rng(7).integers(-3000, 3000, (len(directions), 2, 64))
    half = len(right)
    samples[half : 2 * half] = samples[:half, ::-1]
    samples[2 * half :, 1] = samples[2 * half :, 0]
    return write_sofa(tmp_path / "source.sofa", directions, samples / 32768, 44_100.0)


def test_the_converter_loses_nothing_and_repeats_itself(
    symmetric_sofa: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    convert.convert(symmetric_sofa, first)
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    convert.convert(shutil.copy(symmetric_sofa, tmp_path / "elsewhere.sofa"), second)
    assert first.read_bytes() == second.read_bytes()

    monkeypatch.setattr(kemar.resources, "files", lambda _: tmp_path)
    monkeypatch.setattr(kemar, "ASSETS", {"kemar": "first.npz"})
    asset, source = kemar.read(), sofa.read(symmetric_sofa)
    nearest = (source.directions @ asset.directions.T).argmax(axis=0)
    assert sorted(nearest) == list(range(len(source.directions)))
    np.testing.assert_array_equal(asset.responses, source.responses[nearest])
    np.testing.assert_allclose(asset.directions, source.directions[nearest], atol=1e-12)
    assert (asset.name, asset.digest, asset.rate) == (source.name, source.digest, source.rate)


def test_the_converter_refuses_what_it_would_have_to_change(
    symmetric_sofa: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with h5py.File(symmetric_sofa, "a") as file:
        file["Data.IR"][3, 0, 5] += 1 / 32768
    with pytest.raises(StimulusError, match="not left-right symmetric"):
        convert.convert(symmetric_sofa, tmp_path / "a.npz")
    with h5py.File(symmetric_sofa, "a") as file:
        file["Data.IR"][3, 0, 5] += 0.4 / 32768
    with pytest.raises(StimulusError, match="not made of plain 16-bit samples"):
        convert.convert(symmetric_sofa, tmp_path / "a.npz")
    assert not (tmp_path / "a.npz").exists()
    assert convert.main([]) == 2
    assert convert.main(["kemar-tiny", str(symmetric_sofa)]) == 2
    assert "usage: python -m starbench.synth.heads.kemar.convert kemar|kemar-large" in capsys.readouterr().err
    assert convert.main(["kemar", str(tmp_path / "missing.sofa")]) == 2
    assert "no head file" in capsys.readouterr().err
    assert load(None, 48_000).filters.shape == (710, 2, 256)  # the asset is as it was
