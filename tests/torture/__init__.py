"""Faults done to the running service on purpose, and what was acknowledged counted afterwards.

`make torture` runs them for long; the suite runs each for a moment. The figures
are in docs/reliability.md.
"""
