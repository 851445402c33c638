"""Hearing over time: gaps, order, fluctuation and tempo."""
