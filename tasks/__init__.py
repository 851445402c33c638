"""Tasks: what is asked, of which clips, and what the right answer is."""
