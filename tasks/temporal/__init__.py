"""Temporal reasoning from anybody's recordings: the order of clips, which came first, forwards or backwards."""
