"""Whether separation would help a model: separators scored, and answers without one, with one, with the stems."""
