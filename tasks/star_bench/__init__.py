"""STAR-Bench itself: the official data set, read from a folder or from the Hugging Face hub."""

from .data_set import StarBench

__all__ = ["StarBench"]
