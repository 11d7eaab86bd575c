"""Tables as CSV: quoted by RFC 4180, and no cell that a spreadsheet would take for a formula."""

import csv
import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import IO, Final
from uuid import UUID

_IN_MEMORY: Final = 1024 * 1024
_PIECE: Final = 64 * 1024
# What a spreadsheet may take for the beginning of a formula; behind apostrophes, so that a cell
# that came with one of its own reads back as it was.
_FORMULA: Final = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")

Cell = str | int | bool | datetime | UUID | None


def guarded(text: str) -> str:
    """A text as a cell, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text that `guarded` made a cell of."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return guarded(value) if isinstance(value, str) else str(value)


class CsvTable:
    """A table that is written row by row to a file without a name, and then read whole.

    Little of it is in memory, and nothing is read before all of it is there.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.rows = 0
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed once it was read
        self._digest = hashlib.blake2b(digest_size=16)
        self._put([columns])

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Writes rows, each with as many cells as there are columns."""
        self._put([[_cell(value) for value in row] for row in rows])
        self.rows += len(rows)

    def _put(self, rows: Sequence[Sequence[str]]) -> None:
        text = StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        written = text.getvalue().encode()
        self._digest.update(written)
        self._file.write(written)

    def close(self) -> None:
        """Throws the table away."""
        self._file.close()

    @property
    def digest(self) -> str:
        """What tells this table from any other."""
        return self._digest.hexdigest()

    def written(self) -> tuple[int, Iterator[bytes]]:
        """How many bytes there are, and all of them by pieces; then the table is thrown away."""
        length = self._file.tell()
        self._file.seek(0)
        return length, self._pieces()

    def _pieces(self) -> Iterator[bytes]:
        try:
            while piece := self._file.read(_PIECE):
                yield piece
        finally:
            self._file.close()
