"""What of a suite's cues a model gets: a cochlear listener hears the audio as it is delivered."""
