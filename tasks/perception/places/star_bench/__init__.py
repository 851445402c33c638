"""Questions about places as STAR-Bench asks them: its levels, counts, wording and options, and its level cue.

Published or measured on its files: the questions, the levels, 44.1 kHz, azimuths in steps of 15° or more,
elevations up to 75° either way, distances of 1 to 10 m, one sound a clip, two clips to compare, a source that
emits the same level far away as near. Not published, and ours: the rooms, the reverberation, the pairs of
places, the sounds (noise, a harmonic complex and a siren in place of applause, telephones and an alarm).
"""
