"""One module a verdict: which probes it needs, and how their replies decide it."""
