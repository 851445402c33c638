"""What the words of a truth mean exactly, as suites of the newest version declare it."""

from __future__ import annotations

#: Key of a source's truth -> its definition.
DEFINITIONS = {
    "itd_us": (
        "lead of the right ear: the peak of the cross-correlation of the two direct responses below 1.5 kHz, "
        "all frequencies weighted as for a flat source"
    ),
    "ild_db": (
        "energy of the right ear's direct response over that of the left one's, in the head's ild_band_hz where it "
        "is equalised, else over all frequencies"
    ),
}
