"""Files that the service makes: children's records and keys, readable by their owner alone.

Everything that makes a file or a folder goes through here, or runs `keeping_to_ourselves`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_FILE: Final = 0o600
_FOLDER: Final = 0o700
_OTHERS: Final = 0o077


@contextmanager
def keeping_to_ourselves() -> Iterator[None]:
    """Whatever this process makes meanwhile, by whatever library, is for its owner alone."""
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def keep_to_ourselves() -> None:
    """Whatever this process makes from now on is for its owner alone."""
    os.umask(_OTHERS)


def own_folder(path: Path) -> None:
    """Makes a folder of ours, and those above it, where they are not there."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=_FOLDER, exist_ok=True)


def own_file(path: str, flags: int) -> int:
    """Opens a file that is ours, with the mode that ours have where it makes one."""
    return os.open(path, flags, _FILE)


def make_own_file(path: str) -> None:
    """Makes an empty file of ours, where there is none.

    One that is there is not opened: to close it would let go of the locks that SQLite holds on it.
    What stands in the way is left to whoever opens it to tell.
    """
    with suppress(OSError):
        os.close(own_file(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))


def close_to_others(path: Path) -> None:
    """Takes the reading of a file of ours away from others, where they had it."""
    with suppress(FileNotFoundError, PermissionError):
        mode = path.stat().st_mode
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)
