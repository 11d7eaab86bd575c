"""Police domestic abuse notifications: sent singly, or as a file with one row for each child."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID

from service.domain.contacts import AgreementState, Channel, LawfulBasis
from service.domain.errors import Invalid, NotAllowed, Problem
from service.domain.identifiers import nhs_number, postcode, unique_pupil_number
from service.domain.identities import NUMBERS, are_one_child
from service.domain.instants import (
    FIRST_YEAR,
    LAST_YEAR,
    InstantFaulty,
    lies_ahead,
    read_instant,
)
from service.domain.kept_as_told import LONGEST, AsTold, with_unread_aside
from service.domain.new_contacts import Faults, NewAdult, NewChild, NewContact
from service.domain.people import AdultRelationship, BirthKnowledge, Sex, YesNo
from service.domain.police_files import FileTooLong, FileUnreadable, Row, rows_of, unreadable
from service.domain.states import StateTable
from service.domain.texts import counted, plain_lines, without_hidden_signs

Choice = TypeVar("Choice", bound=StrEnum)

MOST_ROWS: Final = 20_000
MOST_BYTES: Final = 25 * 1024 * 1024
MOST_FAULTS: Final = 1_000
MOST_CHILDREN: Final = 20


class Risk(StrEnum):
    """How the police graded the incident (domestic abuse, stalking and harassment checklist)."""

    standard = "standard"
    medium = "medium"
    high = "high"


@dataclass(frozen=True, slots=True)
class PoliceNotification:
    """What a police notification tells beyond the contact that it is.

    `meeting_on` is the London day of the daily meeting that it waits for first. By `told_digests`
    it is known again whether the same is told once more; none were kept before release 0.4.0.
    """

    id: UUID
    contact_id: UUID
    organisation_id: str
    incident_number: str
    incident_at: datetime
    risk: Risk
    children_present: YesNo
    meeting_on: date
    import_id: UUID | None
    told_digests: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class NewNotification:
    """A police notification as the caller tells of it.

    `organisation_id` is the police force, for staff who tell of it: the policy's only one when
    left out. A force's own system is its own.
    """

    contact: NewContact
    incident_number: str
    incident_at: datetime
    risk: Risk
    children_present: YesNo
    organisation_id: str | None = None


class ImportState(StrEnum):
    """Where a file of police notifications stands."""

    received = "received"
    checking = "checking"
    loading = "loading"
    loaded = "loaded"
    refused = "refused"


class FileTaking(StrEnum):
    """What is loaded of a file in which an incident has a fault: nothing, or the other ones."""

    whole = "whole"
    sound_incidents = "sound_incidents"


class ImportAction(StrEnum):
    """What happens to a file; all of it by itself."""

    check = "check"
    load = "load"
    take_over = "take_over"
    refuse = "refuse"
    finish = "finish"


_S, _A = ImportState, ImportAction
NOTIFICATION_IMPORT = StateTable(
    noun="file of police notifications",
    start=_S.received,
    moves={
        (_S.received, _A.check): _S.checking,
        (_S.checking, _A.take_over): _S.checking,
        (_S.checking, _A.refuse): _S.refused,
        (_S.checking, _A.load): _S.loading,
        (_S.loading, _A.take_over): _S.checking,
        (_S.loading, _A.finish): _S.loaded,
    },
    final=frozenset({_S.loaded, _S.refused}),
    by_itself=frozenset(_A),
)


@dataclass(frozen=True, slots=True)
class NotificationImport:
    """A file of police notifications: how far it has come.

    All of it is taken or nothing, or the incidents without a fault where the sender asks for that:
    `incidents_left_out` counts the others. `updates_made` counts incidents that were on file and
    are told otherwise now, `sent_before` those that are told as before, `facts_kept_as_told` the
    optional facts that could not be read.
    `claimed_at` is when the worker that has it in hand last said so.
    """

    id: UUID
    organisation_id: str
    channel: Channel
    state: ImportState
    submitted_at: datetime
    submitted_by: UUID
    rows_total: int
    rows_checked: int
    notifications_made: int
    faults_total: int
    claimed_at: datetime | None
    finished_at: datetime | None
    version: int
    updates_made: int = 0
    sent_before: int = 0
    taking: FileTaking = FileTaking.whole
    incidents_left_out: int = 0
    facts_kept_as_told: int = 0


@dataclass(frozen=True, slots=True)
class NotificationFile:
    """The text of a file, as long as it is needed."""

    import_id: UUID
    content: str


@dataclass(frozen=True, slots=True)
class ImportFault:
    """One fault in a file: its row as a spreadsheet counts them (the columns' names are row 1).

    Of the code `kept_as_told` it is none: a fact that could not be read, and was loaded as it is.
    """

    id: UUID
    import_id: UUID
    row: int
    column: str | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class WholeImport:
    """A file with the first of its faults."""

    imported: NotificationImport
    faults: Sequence[ImportFault]


class NotThePolice(NotAllowed):
    """Police notifications come from a police force of the authority's policy."""

    code = "not_the_police"
    title = "Only the police send these"


class PoliceForceUnknown(Invalid):
    """The police force was not named, or is none of the policy's."""

    code = "police_force_unknown"
    title = "Say which police force"


def check_incident(
    faults: Faults, new: NewNotification, received_at: datetime, now: datetime
) -> None:
    """What cannot be true of the incident itself: it lies ahead, or after it was told of."""
    faults.add(
        IncidentAhead,
        "An incident is told of after it happened. Check the times and their zones.",
        [
            Problem(
                "/incident_at",
                "Give the time at which it happened, which is not after it was received.",
                "incident_ahead",
            )
        ]
        if lies_ahead(new.incident_at, min(now, received_at))
        else [],
    )


class IncidentAhead(Invalid):
    """The incident was said to have happened after it was told of."""

    code = "incident_ahead"
    title = "It happened after it was told of"


@dataclass(frozen=True, slots=True)
class RowFault:
    """A fault in a row. Its message says what to do and never repeats what the row says."""

    row: int
    column: str | None
    code: str
    message: str


class _Wrong(ValueError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


# As the API takes them: no control characters, in a line not even tab and line ends.
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _text(most: int, *, lines: bool = True) -> Callable[[str], str]:
    def read(value: str) -> str:
        value = plain_lines(value) if lines else " ".join(plain_lines(value).split())
        if _CONTROL.search(value):
            raise _Wrong("control_character", "Leave out control characters.")
        if len(value) > most:
            raise _Wrong("too_long", f"Send at most {counted(most, 'character')}.")
        return value

    return read


def _line(most: int) -> Callable[[str], str]:
    return _text(most, lines=False)


def _one_of(kind: type[Choice]) -> Callable[[str], Choice]:
    meant = {_plain_word(one): one for one in kind}

    def read(value: str) -> Choice:
        try:
            return meant[_plain_word(value)]
        except KeyError:
            raise _Wrong("code_unknown", f"Use one of: {', '.join(kind)}.") from None

    return read


def _day(value: str) -> date:
    how = "Send a date as year-month-day, for example 2026-10-25."
    if not _DAY.fullmatch(value):
        raise _Wrong("wrong_form", how)
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise _Wrong("wrong_form", f"There is no such date. {how}") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise _Wrong("out_of_range", f"Send a year from {FIRST_YEAR} to {LAST_YEAR}.")
    return day


def _instant(value: str) -> datetime:
    shown = _AS_A_SPREADSHEET_SHOWS_IT.fullmatch(value)
    try:
        return read_instant(
            f"{shown[1]}T{shown[2]}{shown[3] or ':00'}{shown[4]}" if shown else value
        )
    except InstantFaulty as fault:
        raise _Wrong(fault.code, str(fault)) from None


# A space for the T, and no seconds.
_AS_A_SPREADSHEET_SHOWS_IT: Final = re.compile(
    r"([0-9-]{10})[ Tt]([0-9]{2}:[0-9]{2})(:[0-9]{2}(?:\.[0-9]+)?)?([Zz]|[+-][0-9:]{5})", re.ASCII
)


def _plain_word(value: str) -> str:
    """A code as somebody may type it: in capitals, with spaces or hyphens for the underscores."""
    return re.sub(r"[\s_-]+", "_", value.strip()).casefold()


_FLAGS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("true", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "no", "n", "0"), False),
}


def _flag(value: str) -> bool:
    meant = _FLAGS.get(value.casefold())
    if meant is None:
        raise _Wrong("wrong_form", "Send true or false.")
    return meant


def _number(check: Callable[[str], str], most: int) -> Callable[[str], str]:
    bounded = _line(most)

    def read(value: str) -> str:
        bounded(value)
        try:
            return check(value)
        except ValueError as refusal:
            raise _Wrong("wrong_form", str(refusal)) from None

    return read


def _email(value: str) -> str:
    _line(254)(value)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise _Wrong("wrong_form", "Send an e-mail address, or leave it out.")
    return value


def _codes(value: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in value.split(";") if part.strip())
    if len(found) > 13 or any(len(one) > 8 for one in found):
        raise _Wrong("code_unknown", "Send disability codes with semicolons between them.")
    return found


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: what it holds, for people, and how it is read.

    `of_child` columns are each row's own; the others are said on the first row of an incident, and
    on its other rows the same or nothing.
    """

    name: str
    holds: str
    read: Callable[[str], Any] = field(repr=False)
    required: bool = False
    of_child: bool = False


def _adult_columns(number: int) -> tuple[Column, ...]:
    at, who = f"adult_{number}_", f"Adult {number}: "
    return (
        Column(f"{at}relationship", who + "relationship.", _one_of(AdultRelationship)),
        Column(f"{at}given_name", who + "given names.", _line(100)),
        Column(f"{at}family_name", who + "family name.", _line(100)),
        Column(f"{at}date_of_birth", who + "date of birth.", _day),
        Column(f"{at}in_household", who + "in the household: yes, no, not_known.", _one_of(YesNo)),
    )


ADULTS: Final = (1, 2, 3)
COLUMNS: Final[tuple[Column, ...]] = (
    Column("incident_number", "The force's own number.", _line(64), required=True),
    Column("incident_at", "When it happened, with its offset.", _instant, required=True),
    Column("received_at", "When it reached the front door; now when empty.", _instant),
    Column("risk", "standard, medium or high.", _one_of(Risk), required=True),
    Column("children_present", "yes, no or not_known.", _one_of(YesNo), required=True),
    Column(
        "agreement",
        "Whether the parent's agreement was sought: given, refused, withdrawn, not_sought or "
        "not_known.",
        _one_of(AgreementState),
        required=True,
    ),
    Column("agreement_note", "What was said about agreement.", _text(2000)),
    Column("lawful_basis", "Lawful basis for sharing.", _one_of(LawfulBasis)),
    Column("sharing_reason", "Why shared without agreement.", _text(2000)),
    Column("concern", "What happened, and what the worry is.", _text(20_000), required=True),
    Column("immediate_danger", "true or false.", _flag),
    Column("address", "Where the children live.", _text(500)),
    Column("town", "Town.", _line(100)),
    Column("postcode", "Postcode.", _number(postcode, 10)),
    Column("officer_name", "Who told.", _line(100)),
    Column("officer_role", "Role of who told.", _line(100)),
    Column("officer_telephone", "Telephone of who told.", _line(40)),
    Column("officer_email", "E-mail of who told.", _email),
    *(column for number in ADULTS for column in _adult_columns(number)),
    Column("child_given_name", "Given names.", _line(100), of_child=True),
    Column("child_family_name", "Family name.", _line(100), of_child=True),
    Column("child_description", "For a child without a name.", _text(500), of_child=True),
    Column("child_date_of_birth", "Date of birth.", _day, of_child=True),
    Column(
        "child_birth_knowledge",
        "known, estimated, not_known or unborn.",
        _one_of(BirthKnowledge),
        of_child=True,
    ),
    Column("child_expected_delivery_on", "For an unborn child.", _day, of_child=True),
    Column("child_sex", "M, F or U.", _one_of(Sex), of_child=True),
    Column("child_nhs_number", "NHS number.", _number(nhs_number, 20), of_child=True),
    Column(
        "child_unique_pupil_number",
        "Pupil number.",
        _number(unique_pupil_number, 20),
        of_child=True,
    ),
    Column("child_ethnicity_code", "Ethnicity code.", _line(8), of_child=True),
    Column("child_disability_codes", "Codes, semicolons between.", _codes, of_child=True),
    Column("child_first_language", "First language.", _line(60), of_child=True),
    Column("child_school", "School or setting.", _line(200), of_child=True),
)
_BY_NAME: Final[Mapping[str, Column]] = {column.name: column for column in COLUMNS}
_REQUIRED: Final = tuple(column.name for column in COLUMNS if column.required)
# What never refuses a worry; the rest steers what is done with it.
_FACTS: Final = frozenset(
    column.name
    for column in COLUMNS
    if column.name.startswith(("child_", "adult_", "officer_"))
    or column.name in ("address", "town", "postcode")
)


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


def told_of(
    incident: IncidentRows, *, channel: Channel
) -> tuple[NewNotification | None, list[RowFault]]:
    """What the rows of an incident tell, or every fault in them."""
    faults: list[RowFault] = []
    values: list[dict[str, Any]] = []
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
        values.append(_values(incident.columns, Row(row.number, cells), not values, faults))
    if len(incident.rows) > MOST_CHILDREN:
        faults.append(
            RowFault(
                incident.rows[MOST_CHILDREN].number,
                None,
                "too_many_children",
                f"Send at most {MOST_CHILDREN} children of one incident.",
            )
        )
    if not faults:
        _compare(incident, values, faults)
    if faults:
        return None, faults
    return _notification(values, channel), []


def _values(
    columns: Sequence[str], row: Row, first: bool, faults: list[RowFault]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, cell in zip(columns, row.cells, strict=True):
        column, text = _BY_NAME[name], without_hidden_signs(cell).strip()
        if not text:
            if column.required and first:
                faults.append(RowFault(row.number, name, "missing", "This is needed."))
            continue
        try:
            values[name] = column.read(text)
        except _Wrong as wrong:
            if name in _FACTS and len(text) <= LONGEST and not _CONTROL.search(text):
                values[name] = AsTold(text)
            else:
                faults.append(RowFault(row.number, name, wrong.code, str(wrong)))
    return values


def _compare(
    incident: IncidentRows, values: Sequence[Mapping[str, Any]], faults: list[RowFault]
) -> None:
    first = values[0]
    for place in range(1, len(values)):
        row, own = incident.rows[place].number, values[place]
        faults += [
            RowFault(
                row,
                name,
                "differs",
                f"Row {incident.first} is of the same incident and says something else: say the "
                "same, or leave this empty.",
            )
            for name, value in own.items()
            if not _BY_NAME[name].of_child and value != first.get(name)
        ]
        told = _new_child(own)
        for before in range(place):
            other = _new_child(values[before])
            if are_one_child(other, told) or _same_number(other, told):
                faults.append(
                    RowFault(
                        row,
                        None,
                        "same_child_twice",
                        f"This is the same child as on row {incident.rows[before].number}: send "
                        "one row for each child, with that child's own number.",
                    )
                )
                break


def _child_of(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if _BY_NAME[name].of_child}


def _new_child(values: Mapping[str, Any]) -> NewChild:
    told = {name.removeprefix("child_"): value for name, value in _child_of(values).items()}
    return NewChild(**with_unread_aside(told))


def _same_number(one: NewChild, other: NewChild) -> bool:
    return any(
        getattr(one, name) is not None and getattr(one, name) == getattr(other, name)
        for name in NUMBERS
    )


def _notification(values: Sequence[Mapping[str, Any]], channel: Channel) -> NewNotification:
    told = values[0]
    children = [_new_child(own) for own in values]
    adults = []
    for number in ADULTS:
        at = f"adult_{number}_"
        adult = {name.removeprefix(at): one for name, one in told.items() if name.startswith(at)}
        if adult:
            named = "given_name" in adult or "family_name" in adult
            adults.append(NewAdult(name_known=named, **with_unread_aside(adult)))
    facts = {name: told.get(name) for name in ("address", "town", "postcode")}
    facts |= {
        f"referrer_{name}": told.get(f"officer_{name}")
        for name in ("name", "role", "telephone", "email")
    }
    contact = NewContact(
        **with_unread_aside(facts),
        concern=told["concern"],
        source_code="",
        children=children,
        channel=channel,
        received_at=told.get("received_at"),
        immediate_danger=told.get("immediate_danger", False),
        adults=adults,
        agreement=told["agreement"],
        agreement_note=told.get("agreement_note"),
        lawful_basis=told.get("lawful_basis"),
        sharing_reason=told.get("sharing_reason"),
    )
    return NewNotification(
        contact=contact,
        incident_number=told["incident_number"],
        incident_at=told["incident_at"],
        risk=told["risk"],
        children_present=told["children_present"],
    )


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
