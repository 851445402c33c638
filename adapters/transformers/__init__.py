"""Local models through transformers: the model, its prompts, its letters."""
