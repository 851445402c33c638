"""Make an embedded KEMAR asset from its SOFA file.

Usage: ``python -m starbench.synth.heads.kemar.convert kemar mit_kemar_normal_pinna.sofa``, and the same with
``kemar-large mit_kemar_large_pinna.sofa``.

Both sources are in the source distribution of pyroomacoustics 0.10.0, in ``pyroomacoustics/data/sofa``
(``kemar.npz`` was made of the first one as Debian's package libmysofa1 has it, ``MIT_KEMAR_normal_pinna.sofa``:
the same samples in a file of another date and so of another digest). All 512 taps are kept and the samples are
16-bit integers, so the conversion loses nothing. It refuses a source that is not left-right symmetric to the
last bit, or not made of 16-bit samples. A cut to 384 taps would save 24 % of the file and lose up to −15 dB
(median −32 dB) of a response's energy.

The same source gives the same bytes: the archive contains no time of creation.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import numpy as np

from starbench.errors import InputError, StimulusError
from starbench.storage.atomic import write_bytes

from ...geometry import MIRROR
from .. import sofa
from . import ASSETS, STEP, split_planes

CREDIT = (
    "Bill Gardner and Keith Martin, MIT Media Lab, 1994: HRTF measurements of a KEMAR. "
    "Copyright 1994 by the MIT Media Laboratory; free to use provided the authors are cited."
)


def convert(source: str | Path, target: Path) -> None:
    """Write the asset ``target`` from the SOFA file ``source``.

    Raises a StimulusError if the source is not a SOFA file of a head, is not symmetric, has delays, or does
    not have 16 bits.
    """
    hrirs = sofa.read(source)
    directions = np.where(np.abs(hrirs.directions) < 1e-9, 0.0, hrirs.directions)
    samples = np.round(hrirs.responses / STEP)
    if np.any(samples * STEP != hrirs.responses) or np.abs(samples).max() > 32767 or hrirs.delays_s.any():
        raise StimulusError(
            f"{str(source)!r} is not made of plain 16-bit samples, so the asset cannot store it"
        )
    separations = np.linalg.norm(directions[:, None] * MIRROR - directions[None], axis=-1)
    mirrored = separations.argmin(axis=1)
    if separations.min(axis=1).max() > 1e-6 or np.any(samples != samples[mirrored, ::-1]):
        raise StimulusError(f"{str(source)!r} is not left-right symmetric, so half of it is not enough")
    right = directions[:, 1] <= 0.0
    arrays = {
        "credit": np.array(CREDIT),
        "digest": np.array(hrirs.digest),
        "directions": directions[right],
        "name": np.array(hrirs.name),
        "planes": split_planes(samples[right].astype(np.int16)),
        "rate": np.array(hrirs.rate),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, values in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w") as stream:
                np.lib.format.write_array(stream, values, allow_pickle=False)
    write_bytes(target, content.getvalue())


def main(arguments: list[str]) -> int:
    """Run the command; 0 if the asset was written, 2 if it could not be."""
    if len(arguments) != 2 or arguments[0] not in ASSETS:
        names = "|".join(ASSETS)
        sys.stderr.write(f"usage: python -m starbench.synth.heads.kemar.convert {names} SOURCE.sofa\n")
        return 2
    target = Path(__file__).with_name(ASSETS[arguments[0]])
    try:
        convert(arguments[1], target)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{target}: {target.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
