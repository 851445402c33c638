"""Recognisers: samples in, words or phones out."""
