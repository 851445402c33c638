"""Physical quantities found in samples alone: by observers, and to check what a stimulus claims."""
