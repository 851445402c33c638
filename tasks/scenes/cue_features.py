"""Features that carry questions about places and movements.

A suite declares for each sub-category from which features the answer may be predicted. The audit for leaks
(``starbench verify``) tests all others. Names are those of ``starbench.verify.features``: a truth's keys
without numbers, and what is measured on the clip itself (``rms``, ``peak``, ``bytes``).
"""

from __future__ import annotations

#: What a place does to the two ears and, in a room, to each of them: cues of direction and of distance.
_EARS = (
    "sources.itd_us",
    "sources.ild_db",
    "sources.received_db_spl",
    "sources.drr_db",
    "sources.c50_db",
    "sources.t30_s",
    "room.t30_s",
    # The louder ear has the higher peak. In clips of one mean level the peak therefore depends on laterality.
    "peak",
)
AZIMUTH = ("sources.azimuth_deg", *_EARS)
ELEVATION = ("sources.elevation_deg", "sources.azimuth_deg", *_EARS)
DISTANCE = ("sources.distance_m", *_EARS)
#: A movement is heard as a changing level, so its mean and its peak are part of what is asked.
MOVEMENT = ("sources.path", "sources.received_db_spl", "sources.level_db_spl", "rms", "peak")
#: Distance changes the received level where all sources have one level of their own.
LEVEL = ("rms", "sources.level_db_spl")

#: Listeners who lack something and still hear what is asked about, by the names of their floors: elevation colours the
#: sound at each ear, and distance is heard by reverberation, with one ear as well.
HEAR_ELEVATION = ("one_ear", "colour", "downmix")
HEAR_DISTANCE = ("one_ear", "downmix")
