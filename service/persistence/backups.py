"""Copies of the whole record: what one holds, whether it is one of ours, and where it is put."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from service.own_files import own_folder
from service.persistence.schema_steps import known_steps

# Of tables that were there from the first schema step on, so that every release's copy can tell.
WHAT_IT_HOLDS: Final = (
    "SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM person), "
    "(SELECT count(*) FROM decision), (SELECT count(*) FROM flag), (SELECT count(*) FROM event), "
    "(SELECT at FROM event ORDER BY sequence DESC LIMIT 1)"
)


class BackupRefused(RuntimeError):
    """A backup was not made, or not brought back; nothing was changed. The words say what to do."""


@dataclass(frozen=True, slots=True)
class CopyContents:
    """What a copy holds: its schema step, how much of what, and when the last of it happened."""

    step: str
    contacts: int
    people: int
    decisions: int
    flags: int
    events: int
    newest_at: datetime | None

    @classmethod
    def of(cls, step: str, row: Sequence[Any]) -> "CopyContents":
        """From the answer to `WHAT_IT_HOLDS`."""
        contacts, people, decisions, flags, events, newest = row
        if isinstance(newest, str):
            newest = datetime.fromisoformat(newest).replace(tzinfo=UTC)
        return cls(step, contacts, people, decisions, flags, events, newest)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back, and where what was there before is kept."""

    holding: CopyContents
    aside: Path | None


def require_known(step: str | None, path: Path) -> str:
    """The schema step of a copy. Raises BackupRefused when this release cannot know it."""
    if step is None:
        raise BackupRefused(
            f"{path} is no backup of a front door: it has no schema step. Nothing was changed."
        )
    if step not in known_steps():
        raise BackupRefused(
            f"{path} is at schema step {step}, which this release does not know: it was made by a "
            "newer one. Restore it with that release. Nothing was changed."
        )
    return step


@contextmanager
def draft_beside(path: Path) -> Iterator[Path]:
    """A file for its owner alone, in the folder of `path`, that is gone in the end."""
    folder = path.absolute().parent
    own_folder(folder)
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.")
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
    finally:
        for left in (draft, *draft.parent.glob(f"{draft.name}-*")):
            left.unlink(missing_ok=True)


def put_in_place(draft: Path, path: Path) -> None:
    """Gives a finished draft its name, where there was none. Raises BackupRefused if there was."""
    keep_on_the_disk(draft)
    try:
        os.link(draft, path)
    except FileExistsError:
        raise BackupRefused(
            f"{path} is there already, and a backup is never written over another file. Choose "
            "another name."
        ) from None
    draft.unlink()
    keep_on_the_disk(path.parent)


def keep_on_the_disk(path: Path) -> None:
    """Waits until a file, or the names in a folder, have reached the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def owned_as(path: Path, pattern: Path) -> None:
    """Gives a file to who owns another, where it is root who works for them."""
    if os.geteuid() == 0:
        found = pattern.stat()
        with suppress(OSError):
            os.chown(path, found.st_uid, found.st_gid)
