"""What Python collects as garbage in a run of tests, and how often it looks.

With eleven thousand tests in memory, Python's own rhythm took a tenth of the processor's time.
"""

import gc


def seldom_collected() -> None:
    """Keeps what there is out of it, and waits for more before looking again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
