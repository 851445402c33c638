"""Pictures of items; matplotlib is imported when one is drawn, and not before."""
