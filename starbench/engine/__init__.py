"""Questions put to a model: how many at a time, how fast, how often again, and at what cost."""
