"""Proof that sound arrives, before anything is asked: probes, and what their replies must mean."""
