"""Test whether large audio-language models hear sound in time and 3D space.

The package is used from the command line (``starbench --help``); these modules are what plug-ins
import: :mod:`starbench.schema` (the data types) and :mod:`starbench.errors` (the exception tree).
"""

__version__ = "0.1.0"
