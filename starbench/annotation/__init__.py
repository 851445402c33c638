"""Saying by hand why trials are not right: pages served to this machine alone, and a file of what is said."""
