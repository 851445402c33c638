"""Suites and runs in the formats of other programs: a file a format."""
