"""Scores, a concept a file."""
