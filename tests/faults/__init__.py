"""The fault campaign: attacks on every border of the package, each with a judge (docs/reliability.md).

``python -m tests.faults`` runs the long form; ``test_campaign.py`` is the short one.
"""
