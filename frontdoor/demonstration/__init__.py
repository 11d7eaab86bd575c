"""The demonstration data: a whole past year at the front door, and a live desk of today.

Everything in it is done by the real use-cases, in the order of time, by people who each have an
account; so what it shows (deadlines, history, measures) comes of the rules and is not written in.
The whole load is one transaction: interrupted, it has not happened. The words and the names stand
in the files beside the modules.
"""

from frontdoor.demonstration.loading import Loaded, NotLoaded, load

__all__ = ["Loaded", "NotLoaded", "load"]
