"""A report of runs as pages that open from disk: facts of runs, tables, charts, clips, and the files made of them."""
