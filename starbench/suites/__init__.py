"""Suites of questions: read, validated, sampled; their clips and captions."""
