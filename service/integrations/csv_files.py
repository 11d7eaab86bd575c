"""A file as it was sent, read by pieces: its text, and its rows of cells.

Nothing of it is looked at further than a row can be long, nor are more rows than a file can have:
so a file that is no such table is refused for little, however large it is.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from service.domain.errors import Problem
from service.domain.police_notifications import FileTooLong, FileUnreadable

LONGEST_ROW: Final = 200_000
"""Signs of a row with its line ends: some four times what its columns may hold together."""

MOST_EMPTY_ROWS: Final = 100_000
"""Spreadsheets leave some at the end; nobody leaves more."""

_PIECE: Final = 256 * 1024
_LONGEST_HEAD: Final = 8_192
_LINE: Final = re.compile(rf"[^\r\n]{{0,{LONGEST_ROW}}}(?:\r\n?|\n|\Z)")


def unreadable(detail: str, message: str, code: str) -> FileUnreadable:
    """A file that cannot be read, for one reason."""
    return FileUnreadable(detail, problems=[Problem("", message, code)])


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: its number, the first row being 1, and its cells."""

    number: int
    cells: Sequence[str]


def text_of(content: bytes) -> str:
    """The text of a file. Raises FileUnreadable for what is not UTF-8, or is empty."""
    begins = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    pieces: list[str] = []
    for start in range(begins, len(content), _PIECE):
        left_over = len(decoder.getstate()[0])
        ends = start + _PIECE >= len(content)
        try:
            piece = decoder.decode(content[start : start + _PIECE], ends)
        except UnicodeDecodeError as failure:
            at = start - left_over + failure.start + 1
            raise _no_text(f"The file is not UTF-8: see byte {at}.") from None
        if "\x00" in piece:
            raise _no_text("The file holds NUL characters: it is no text in UTF-8.")
        if not pieces and (not piece or piece.isspace()):
            raise unreadable("The file is empty.", "Send the columns' names and the rows.", "empty")
        pieces.append(piece)
    if not pieces:
        raise unreadable("The file is empty.", "Send the columns' names and the rows.", "empty")
    return "".join(pieces)


def _no_text(message: str) -> FileUnreadable:
    return unreadable("Save the file as CSV in UTF-8 and send it again.", message, "not_utf_8")


class _Lines:
    """The lines of a text one by one, as long as no row of them becomes too long."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._row_began = 0
        self.row = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._at == len(self._text):
            raise StopIteration
        line = _LINE.match(self._text, self._at)
        if line is None or line.end() - self._row_began > LONGEST_ROW:
            raise unreadable(
                "The file is not CSV from some row on.",
                f"Row {self.row} is longer than any row can be: look for a quotation mark that is "
                "not closed, or for line ends that are missing.",
                "not_csv",
            )
        self._at = line.end()
        return line[0]

    def row_ended(self) -> None:
        """A row is whole: the next one begins."""
        self._row_began = self._at
        self.row += 1


def rows_of(text: str) -> Iterator[Row]:
    """The rows that say something, the first one whatever it says.

    Raises FileUnreadable where it cannot be read on, and FileTooLong for empty rows without end.
    """
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True, delimiter=_separator(text))
    empty = 0
    while True:
        number = lines.row
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise unreadable(
                "The file is not CSV from some row on.",
                f"Row {number} cannot be read: look for a quotation mark that is not closed, or "
                "not doubled inside quotation marks.",
                "not_csv",
            ) from None
        lines.row_ended()
        if number == 1 or any(cell.strip() for cell in cells):
            yield Row(number, cells)
            continue
        empty += 1
        if empty > MOST_EMPTY_ROWS:
            raise FileTooLong(
                "The file has empty rows without end: take them out and send it again.",
                problems=[Problem("", "Take the empty rows out.", "too_many_rows")],
            )


def _separator(text: str) -> str:
    """What stands between the cells: a comma, or what a spreadsheet here saves in its place."""
    head = text[:_LONGEST_HEAD].lstrip("\r\n").partition("\n")[0]
    return max(",;\t", key=head.count)
