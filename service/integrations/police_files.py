"""The police's file: its columns, and what its rows tell, read by the same strict types as a body.

A person may have typed it or a spreadsheet saved it, so words may stand in any capitals, with
spaces for the underscores, and `yes` for true; what else a cell may hold is what the API takes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationError

from service.domain.contacts import AgreementState, Channel, LawfulBasis
from service.domain.errors import Problem
from service.domain.people import AdultRelationship, BirthKnowledge, Sex, YesNo
from service.domain.police_notifications import FileTooLong, FileUnreadable, NewNotification, Risk
from service.domain.police_rows import (
    ADULTS,
    MOST_ROWS,
    RowFault,
    RowTold,
    contradictions,
    is_a_fact,
    notification_of,
    too_many_children,
)
from service.domain.texts import counted, plain_lines, without_hidden_signs
from service.integrations.csv_files import Row, rows_of, unreadable
from service.strict.fields import (
    DateOn,
    Email,
    Flag,
    Instant,
    Line,
    Text,
    Wire,
    what_cannot_be_read_is_kept,
)
from service.strict.findings import finding, said_of
from service.strict.numbers import NhsNumber, Postcode, PupilNumber


def _plain_word(value: str) -> str:
    """A code as somebody may type it: in capitals, with spaces or hyphens for the underscores."""
    return re.sub(r"[\s_-]+", "_", value.strip()).casefold()


def _typed(kind: type[StrEnum]) -> BeforeValidator:
    """Reads a word of a list however it was typed."""
    meant = {_plain_word(one): one for one in kind}

    def read(value: str) -> StrEnum:
        try:
            return meant[_plain_word(value)]
        except KeyError:
            raise finding("code_unknown", f"Use one of: {', '.join(kind)}.") from None

    return BeforeValidator(read)


_FLAGS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("true", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "no", "n", "0"), False),
}


def _flag(value: str) -> bool:
    meant = _FLAGS.get(value.casefold())
    if meant is None:
        raise finding("wrong_form", "Send true or false.")
    return meant


def _codes(value: str) -> list[str]:
    found = [part.strip() for part in value.split(";") if part.strip()]
    if len(found) > 13 or any(len(one) > 8 for one in found):
        raise finding("code_unknown", "Send disability codes with semicolons between them.")
    return found


_Name = Annotated[str, Line(100)] | None
_Relationship = Annotated[AdultRelationship | None, _typed(AdultRelationship)]
_YesNo = Annotated[YesNo | None, _typed(YesNo)]
_Codes = Annotated[tuple[Annotated[str, Line(8)], ...] | None, BeforeValidator(_codes)]


def _holds(what: str) -> Any:
    """A column that may be empty, and what it holds, for people."""
    return Field(default=None, description=what)


class PoliceRow(Wire):
    """A row of the file: every column, in the order in which they are told of.

    Whatever is empty is None; what a first row needs is in `_REQUIRED`.
    """

    incident_number: Annotated[str, Line(64)] | None = _holds("The force's own number.")
    incident_at: Instant | None = _holds("When it happened, with its offset.")
    received_at: Instant | None = _holds("When it reached the front door; now when empty.")
    risk: Annotated[Risk | None, _typed(Risk)] = _holds("standard, medium or high.")
    children_present: _YesNo = _holds("yes, no or not_known.")
    agreement: Annotated[AgreementState | None, _typed(AgreementState)] = _holds(
        "Whether the parent's agreement was sought: given, refused, withdrawn, not_sought or "
        "not_known."
    )
    agreement_note: Annotated[str, Text(2000)] | None = _holds("What was said about agreement.")
    lawful_basis: Annotated[LawfulBasis | None, _typed(LawfulBasis)] = _holds(
        "Lawful basis for sharing."
    )
    sharing_reason: Annotated[str, Text(2000)] | None = _holds("Why shared without agreement.")
    concern: Annotated[str, Text(20_000)] | None = _holds("What happened, and what the worry is.")
    immediate_danger: Annotated[Flag | None, BeforeValidator(_flag)] = _holds("true or false.")
    address: Annotated[str, Text(500)] | None = _holds("Where the children live.")
    town: _Name = _holds("Town.")
    postcode: Postcode | None = _holds("Postcode.")
    officer_name: _Name = _holds("Who told.")
    officer_role: _Name = _holds("Role of who told.")
    officer_telephone: Annotated[str, Line(40)] | None = _holds("Telephone of who told.")
    officer_email: Annotated[str, Email(254)] | None = _holds("E-mail of who told.")
    adult_1_relationship: _Relationship = _holds("Adult 1: relationship.")
    adult_1_given_name: _Name = _holds("Adult 1: given names.")
    adult_1_family_name: _Name = _holds("Adult 1: family name.")
    adult_1_date_of_birth: DateOn | None = _holds("Adult 1: date of birth.")
    adult_1_in_household: _YesNo = _holds("Adult 1: in the household: yes, no, not_known.")
    adult_2_relationship: _Relationship = _holds("Adult 2: relationship.")
    adult_2_given_name: _Name = _holds("Adult 2: given names.")
    adult_2_family_name: _Name = _holds("Adult 2: family name.")
    adult_2_date_of_birth: DateOn | None = _holds("Adult 2: date of birth.")
    adult_2_in_household: _YesNo = _holds("Adult 2: in the household: yes, no, not_known.")
    adult_3_relationship: _Relationship = _holds("Adult 3: relationship.")
    adult_3_given_name: _Name = _holds("Adult 3: given names.")
    adult_3_family_name: _Name = _holds("Adult 3: family name.")
    adult_3_date_of_birth: DateOn | None = _holds("Adult 3: date of birth.")
    adult_3_in_household: _YesNo = _holds("Adult 3: in the household: yes, no, not_known.")
    child_given_name: _Name = _holds("Given names.")
    child_family_name: _Name = _holds("Family name.")
    child_description: Annotated[str, Text(500)] | None = _holds("For a child without a name.")
    child_date_of_birth: DateOn | None = _holds("Date of birth.")
    child_birth_knowledge: Annotated[BirthKnowledge | None, _typed(BirthKnowledge)] = _holds(
        "known, estimated, not_known or unborn."
    )
    child_expected_delivery_on: DateOn | None = _holds("For an unborn child.")
    child_sex: Annotated[Sex | None, _typed(Sex)] = _holds("M, F or U.")
    child_nhs_number: NhsNumber | None = _holds("NHS number.")
    child_unique_pupil_number: PupilNumber | None = _holds("Pupil number.")
    child_ethnicity_code: Annotated[str, Line(8)] | None = _holds("Ethnicity code.")
    child_disability_codes: _Codes = _holds("Codes, semicolons between.")
    child_first_language: Annotated[str, Line(60)] | None = _holds("First language.")
    child_school: Annotated[str, Line(200)] | None = _holds("School or setting.")


what_cannot_be_read_is_kept(*(name for name in PoliceRow.model_fields if is_a_fact(name)))(
    PoliceRow
)

_REQUIRED: Final = (
    "incident_number",
    "incident_at",
    "risk",
    "children_present",
    "agreement",
    "concern",
)


@dataclass(frozen=True, slots=True)
class FileColumn:
    """One column of the file: what it holds, for people, and whether a first row needs it."""

    name: str
    holds: str
    required: bool


COLUMNS: Final[tuple[FileColumn, ...]] = tuple(
    FileColumn(name, told.description or "", name in _REQUIRED)
    for name, told in PoliceRow.model_fields.items()
)
_BY_NAME: Final[Mapping[str, FileColumn]] = {column.name: column for column in COLUMNS}


@dataclass(frozen=True, slots=True)
class IncidentRows:
    """The rows of one incident, as they stand one after the other in a file."""

    columns: Sequence[str]
    rows: Sequence[Row]

    @property
    def first(self) -> int:
        """The number of its first row."""
        return self.rows[0].number


def count_rows(text: str) -> int:
    """How many rows a file has below the columns' names.

    Raises FileUnreadable when it is no such table, naming what is wrong with its first row or
    where it cannot be read on, and FileTooLong.
    """
    count = 0
    for incident in incidents(text):
        count += len(incident.rows)
        if count > MOST_ROWS:
            raise FileTooLong(
                f"Send at most {MOST_ROWS} rows in one file; send the rest as another.",
                problems=[Problem("", f"Send at most {MOST_ROWS} rows.", "too_many_rows")],
            )
    if not count:
        raise unreadable(
            "The file has no rows below the columns' names.",
            "Send one row for each child.",
            "empty",
        )
    return count


def incidents(text: str) -> Iterator[IncidentRows]:
    """The incidents of a file, each with its rows. Raises FileUnreadable and FileTooLong."""
    columns: Sequence[str] = ()
    held: list[Row] = []
    number_at = 0
    for row in rows_of(text):
        if not columns:
            columns = _columns(row.cells)
            number_at = columns.index("incident_number")
            continue
        if held and _incident(held[-1], number_at) != _incident(row, number_at):
            yield IncidentRows(columns, held)
            held = []
        held.append(row)
    if held:
        yield IncidentRows(columns, held)


def _incident(row: Row, place: int) -> str | int:
    """What tells incidents apart: rows without a number are each by itself."""
    found = without_hidden_signs(row.cells[place]).strip() if place < len(row.cells) else ""
    return found or row.number


def _columns(cells: Sequence[str]) -> Sequence[str]:
    """The columns' names, in whatever capitals, without the empty ones that a spreadsheet adds."""
    names = [_plain_word(without_hidden_signs(cell)) for cell in cells[: len(COLUMNS) + 1]]
    while names and not names[-1]:
        names.pop()
    cause = _one_cause(names)
    if cause is not None:
        raise unreadable("The first row is to name the columns, and does not.", cause, "unknown")
    problems = [
        Problem("", f"The name of column {place} is not known: see the documentation.", "unknown")
        for place, name in enumerate(names, 1)
        if name not in _BY_NAME
    ]
    if len(cells) > len(COLUMNS) and any(cell.strip() for cell in cells[len(COLUMNS) :]):
        problems = [
            Problem("", f"The first row names more than the {len(COLUMNS)} columns.", "unknown")
        ]
    problems += [
        Problem("", f"The column {name} is there twice.", "repeated")
        for name in _BY_NAME
        if names.count(name) > 1
    ]
    problems += [
        Problem("", f"The column {name} is missing.", "missing")
        for name in _REQUIRED
        if name not in names
    ]
    if problems:
        raise FileUnreadable(
            "The first row names the columns, with commas, semicolons or tabs between them. Put "
            "right what `errors` names and send the file again.",
            problems=problems[:100],
        )
    return names


def _one_cause(names: Sequence[str]) -> str | None:
    """Why no name in the first row is known, where that is one fault and not one for each column.

    What was sent is not repeated: it may be a row about a family.
    """
    for name in names:
        if name not in _BY_NAME and len(_BY_NAME.keys() & _WORDS.findall(name)) > 1:
            return (
                "The columns' names have something else than a comma, a semicolon or a tab between "
                "them, or quotation marks around them all: save the file with commas."
            )
    if any(name in _BY_NAME for name in names):
        return None
    return (
        "No name of a column is known in it. Put the columns' names, as the documentation lists "
        "them, into the first row, with nothing above them: no title, no empty row, no `sep=`."
    )


_WORDS: Final = re.compile("[a-z]+(?:_[a-z]+)*")


def _fitting(row: Row, columns: Sequence[str]) -> Sequence[str] | None:
    """The row's cells, one for each column; None when it has more that say something.

    A spreadsheet ends a row early when the rest is empty, and adds empty cells behind it.
    """
    cells, surplus = row.cells[: len(columns)], row.cells[len(columns) :]
    if any(cell.strip() for cell in surplus):
        return None
    return [*cells, *[""] * (len(columns) - len(cells))]


# As in a text of JSON, and none of the signs that no text of the API may hold.
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def told_of(
    incident: IncidentRows, *, channel: Channel
) -> tuple[NewNotification | None, list[RowFault]]:
    """What the rows of an incident tell, or every fault in them."""
    faults: list[RowFault] = []
    rows: list[RowTold] = []
    for row in incident.rows:
        cells = _fitting(row, incident.columns)
        if cells is None:
            faults.append(
                RowFault(
                    row.number,
                    None,
                    "wrong_number_of_cells",
                    f"The row has {counted(len(row.cells), 'cell')}, and the first row of the file "
                    f"{len(incident.columns)}.",
                )
            )
            continue
        told, wrong = _read(Row(row.number, cells), incident.columns, first=not rows)
        rows.append(told)
        faults += wrong
    faults += too_many_children([row.number for row in incident.rows])
    if not faults:
        faults = contradictions(rows)
    return (None, faults) if faults else (notification_of(rows, channel), [])


def _read(row: Row, columns: Sequence[str], *, first: bool) -> tuple[RowTold, list[RowFault]]:
    """What a row tells, and what cannot be read in it, by the places of its columns."""
    cells = zip(columns, map(_plain, row.cells), strict=True)
    told = {name: text for name, text in cells if text}
    wrong = {
        name: ("missing", "This is needed.")
        for name in (_REQUIRED if first else ())
        if name not in told
    }
    for name, text in list(told.items()):
        if _CONTROL.search(text):
            wrong[name] = ("control_character", "Leave out control characters.")
            del told[name]
    try:
        read = PoliceRow.model_validate(told)
    except ValidationError as failure:
        for error in failure.errors(include_url=False, include_input=False):
            wrong.setdefault(str(error["loc"][0]), said_of(error))
        return RowTold(row.number, {}), _in_order(row, columns, wrong)
    values = {name: getattr(read, name) for name in told}
    return RowTold(row.number, values), _in_order(row, columns, wrong)


def _plain(cell: str) -> str:
    return plain_lines(without_hidden_signs(cell)).strip()


def _in_order(
    row: Row, columns: Sequence[str], wrong: Mapping[str, tuple[str, str]]
) -> list[RowFault]:
    return [RowFault(row.number, name, *wrong[name]) for name in columns if name in wrong]


def _adults_told(incident: IncidentRows) -> list[int]:
    told = {
        name
        for name, cell in zip(incident.columns, incident.rows[0].cells, strict=False)
        if cell.strip()
    }
    return [number for number in ADULTS if any(one.startswith(f"adult_{number}_") for one in told)]


_CHILD_AT: Final = re.compile(r"/children/([0-9]+)(?:/([a-z_]+))?")
_ADULT_AT: Final = re.compile(r"/adults/([0-9]+)(?:/([a-z_]+))?")
_OFFICER_AT: Final = re.compile(r"/referrer/([a-z]+)")


def as_row_fault(incident: IncidentRows, problem: Problem) -> RowFault:
    """A fault found in what an incident tells, at the row and column that it came from."""
    row, column = incident.first, None
    child = _CHILD_AT.match(problem.pointer)
    adult = _ADULT_AT.match(problem.pointer)
    officer = _OFFICER_AT.match(problem.pointer)
    if child is not None:
        row = incident.rows[int(child[1])].number
        column = f"child_{child[2]}" if child[2] else None
    elif adult is not None:
        number = _adults_told(incident)[int(adult[1])]
        column = f"adult_{number}_{adult[2]}"
    elif officer is not None:
        column = f"officer_{officer[1]}"
    else:
        column = problem.pointer.strip("/").split("/")[0]
    known = column if column in _BY_NAME else None
    return RowFault(row, known, problem.code, problem.message)
