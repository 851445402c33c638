"""Tokenizers of cochleagrams: trained, read, and measured for what they keep of a sound."""
