"""Files that are not SOFA files of a head, or are damaged, are refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from sofa_files import model, sphere

from starbench.errors import StimulusError
from starbench.synth.heads import sofa
from starbench.synth.heads.loading import load

NOT_FINITE = model(sphere(), 32_000)
NOT_FINITE[7, 1, 3] = np.nan
SILENT = model(sphere(), 32_000)
SILENT[7, 1] = 0.0
THREE_EARS = np.zeros((len(sphere()), 3, 64)) + 1.0
BAD = {
    "another convention": ({"SOFAConventions": "GeneralFIR"}, "follows the convention 'GeneralFIR'"),
    "no convention": ({"SOFAConventions": None}, "HDF5 but not SOFA"),
    "another data type": ({"DataType": "TF"}, "data of type 'TF'"),
    "no responses": ({"Data_IR": None}, "no variable Data.IR"),
    "one ear": ({"Data_IR": model(sphere(), 32_000)[:, :1]}, "has 1 receiver, but a head has 2 ears"),
    "three ears": ({"Data_IR": THREE_EARS}, "has 3 receivers"),
    "not a number": ({"Data_IR": NOT_FINITE}, "not finite"),
    "silent": ({"Data_IR": SILENT}, "all zero"),
    "text for numbers": ({"Data_IR": np.full((20, 2, 64), b"x")}, "another shape or type"),
    "two axes": ({"Data_IR": np.ones((20, 64))}, "another shape or type"),
    "few taps": ({"Data_IR": np.ones((len(sphere()), 2, 8))}, "responses of 8 samples"),
    "few directions": ({"Data_IR": np.ones((5, 2, 64))}, "has 5 directions, and 12"),
    "other number of positions": ({"SourcePosition": sphere()[:-1]}, "one source position for every"),
    "position at the head": ({"SourcePosition": 0 * sphere()}, "one source position for every"),
    "elevation of 100": ({"SourcePosition": np.tile([0.0, 100.0, 1.0], (len(sphere()), 1))}, "beyond ±90"),
    "no rate": ({"Data_SamplingRate": None}, "no variable Data.SamplingRate"),
    "rate 0": ({"Data_SamplingRate": np.array([0.0])}, "sampling rate 0 hertz"),
    "rate of kHz": ({"Data_SamplingRate": np.array([48.0])}, "sampling rate 48 hertz"),
    "odd rate": (
        {"Data_SamplingRate": np.array([44099.5])},
        "sampling rate 4.41e\\+04|sampling rate 44099.5",
    ),
    "endless delay": ({"Data_Delay": np.full((1, 2), 1e9)}, "Data.Delay"),
    "delays of another head": ({"Data_Delay": np.zeros((3, 2))}, "Data.Delay"),
    "ears on one side": ({"ReceiverPosition": np.array([[0, 0.1, 0], [0, 0.2, 0.0]])}, "either side"),
    "one ear's place": ({"ReceiverPosition": np.array([[0, 0.1, 0]])}, "either side"),
    "looks to the left": ({"ListenerView": np.array([[0.0, 1.0, 0.0]])}, "does not look along x"),
    "radians": ({"types": {"SourcePosition": ("spherical", "radian")}}, "degrees or cartesian"),
    "harmonics": ({"types": {"SourcePosition": ("spherical harmonics", "metre")}}, "degrees or cartesian"),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD.keys())
def test_a_sofa_file_that_is_not_a_head_is_refused(
    sofa_file: Callable[..., str], changes: dict[str, Any], message: str
) -> None:
    source = sofa_file(**changes)
    with pytest.raises(StimulusError, match=message) as caught:
        load(source, 48_000)
    assert source in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_huge_file_is_refused_before_it_is_read(sofa_file: Callable[..., str]) -> None:
    source = sofa_file(Data_IR=None)
    with h5py.File(source, "a") as file:  # takes no room on disk: nothing is ever written to it
        file.create_dataset("Data.IR", shape=(1_000_000, 2, 65_536), dtype="f8", chunks=(1, 2, 512))
    with pytest.raises(StimulusError, match="too large"):
        load(source, 48_000)


def test_what_is_not_a_sofa_file_at_all_is_refused(sofa_file: Callable[..., str], tmp_path: Path) -> None:
    with pytest.raises(StimulusError, match="no head file"):
        load(str(tmp_path / "missing.sofa"), 48_000)
    with pytest.raises(StimulusError, match="no head file"):
        load(str(tmp_path), 48_000)
    with pytest.raises(StimulusError, match="no head file"):
        load("a\0b.sofa", 48_000)
    text = tmp_path / "text.sofa"
    text.write_text("SOFA, honestly\n" * 100)
    with pytest.raises(StimulusError, match="not a SOFA file"):
        load(str(text), 48_000)
    whole = Path(sofa_file()).read_bytes()
    truncated = tmp_path / "truncated.sofa"
    for part in (0.3, 0.9):
        truncated.write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(StimulusError, match="not a SOFA file, or a damaged one"):
            load(str(truncated), 48_000)


def test_corrupt_bytes_never_end_in_a_traceback(sofa_file: Callable[..., str], tmp_path: Path) -> None:
    whole = bytearray(Path(sofa_file()).read_bytes())
    rng = np.random.default_rng(6)
    corrupt = tmp_path / "corrupt.sofa"
    refused = 0
    for _ in range(40):
        damaged = whole.copy()
        for place in rng.integers(0, 12_000, 40):
            damaged[place] = rng.integers(256)
        corrupt.write_bytes(damaged)
        try:
            sofa.read(corrupt)
        except StimulusError:
            refused += 1
    assert refused >= 20
