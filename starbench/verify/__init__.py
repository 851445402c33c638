"""Whether a suite is what it says: every claim measured again, and every leak looked for."""
