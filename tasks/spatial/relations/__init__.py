"""Multi-source relations: which sound is further to a side, higher, nearer or first; how many places."""

from .heights_and_distances import HIGHER, NEARER, NEARER_BY_LEVEL
from .places_and_order import FIRST_AND_WHERE, HOW_MANY_PLACES
from .sides import FURTHER_SIDE, FURTHER_SIDE_ALIKE, FURTHER_SIDE_THREE

QUESTION_TYPES = (
    FURTHER_SIDE,
    FURTHER_SIDE_ALIKE,
    FURTHER_SIDE_THREE,
    HIGHER,
    NEARER,
    NEARER_BY_LEVEL,
    HOW_MANY_PLACES,
    FIRST_AND_WHERE,
)
