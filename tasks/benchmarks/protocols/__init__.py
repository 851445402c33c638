"""Official protocols of public benchmarks, a file each: their prompts letter by letter, and their scorers.

What a prompt or a scorer does is taken from the source that its file names, and written anew. Defects of the scorers
are kept, because published figures were made with them; each is declared, and users read of it beside the figure.
"""
