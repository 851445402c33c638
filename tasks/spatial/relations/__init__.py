"""Multi-source relations: which sound is further to a side, higher, nearer or first; how many places."""

from . import directions, heights_and_distances

QUESTION_TYPES = (
    directions.FURTHER_SIDE,
    directions.FURTHER_SIDE_ALIKE,
    directions.FURTHER_SIDE_THREE,
    heights_and_distances.HIGHER,
    heights_and_distances.NEARER,
    heights_and_distances.NEARER_BY_LEVEL,
    directions.HOW_MANY_PLACES,
    directions.FIRST_AND_WHERE,
)
