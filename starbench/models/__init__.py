"""Finding a model's adapter, making it, and calling it."""
