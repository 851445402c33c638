"""Networks whose layers can be probed: small ones whose weights come with a Python package, and speech models."""
