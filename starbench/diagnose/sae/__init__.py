"""Sparse autoencoders of a network's layers: trained, measured, and used to steer (AudioSAE, arXiv:2602.05027)."""
