"""How long a test waits for what ought to come. It ends only what hangs, however busy the machine.

A limit that is near to what a thing takes decides on the machine and not on the thing: no test has
one of its own (`tests/house/test_patience.py`).
"""

PATIENCE = 900.0
"""Seconds. Nobody waits so long for what comes, and whoever waits for what does not is let go."""
