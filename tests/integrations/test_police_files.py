"""A file as spreadsheets save it: read for what it says, and each fault at its row and column."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from api.schemas.people import AdultIn, ChildIn
from service.domain.contacts import Channel
from service.domain.police_notifications import FileTooLong, FileUnreadable, NewNotification
from service.domain.police_rows import RowFault
from service.integrations.csv_files import LONGEST_ROW, MOST_EMPTY_ROWS, text_of
from service.integrations.police_files import PoliceRow, count_rows, incidents, told_of
from service.strict.fields import Instant, Wire
from service.strict.findings import said_of
from tests.support.effort import effort

HEAD = "incident_number,incident_at,risk,children_present,agreement,concern,immediate_danger"
CHILD = "child_given_name,child_date_of_birth,child_sex"
ROW = "RVB-1,2026-01-23T20:30:00Z,medium,yes,not_known,Shouting.,true,Rosa,2017-09-14,F"


def read(text: str) -> tuple[list[NewNotification], list[RowFault]]:
    told: list[NewNotification] = []
    faults: list[RowFault] = []
    for incident in incidents(text):
        new, found = told_of(incident, channel=Channel.email)
        faults += found
        if new is not None:
            told.append(new)
    return told, faults


def one(text: str) -> NewNotification:
    (told,), faults = read(text)
    assert faults == []
    return told


@pytest.mark.parametrize(
    ("head", "row"),
    [
        (f"{HEAD},{CHILD}", ROW),
        (f"{HEAD},{CHILD}".upper(), ROW),
        (f"{HEAD},{CHILD}".replace("_", " ").title(), ROW),
        (f"\ufeff {HEAD} ,{CHILD}".replace("incident_at", "Incident-At").lstrip("\ufeff"), ROW),
        (f"{HEAD},{CHILD},,,", f"{ROW},,,"),
        (f"{HEAD},{CHILD},,", ROW),
        (f"{HEAD},{CHILD}", f"{ROW},,,,"),
        (f"{HEAD},{CHILD}".replace(",", ";"), ROW.replace(",", ";")),
        (f"{HEAD},{CHILD}".replace(",", "\t"), ROW.replace(",", "\t")),
        (f"{HEAD},{CHILD}", ROW.replace("true", "TRUE").replace("medium", "Medium")),
        (f"{HEAD},{CHILD}", ROW.replace("yes", "Yes").replace("not_known", "Not known")),
        (f"{HEAD},{CHILD}", ROW.replace("true", "Y").replace(",F", ",f")),
        (f"{HEAD},{CHILD}", ROW.replace("2026-01-23T20:30:00Z", "2026-01-23 20:30Z")),
        (f"{HEAD},{CHILD}", ROW.replace("20:30:00Z", "20:30:00.1234567+00:00")),
        (f"{HEAD},{CHILD},postcode", ROW),
    ],
)
def test_what_a_spreadsheet_saves_is_taken_for_what_it_says(head: str, row: str) -> None:
    told = one(f"{head}\r\n{row}\r\n")
    assert (told.incident_number, told.risk, told.children_present) == ("RVB-1", "medium", "yes")
    assert told.incident_at.replace(microsecond=0) == datetime(2026, 1, 23, 20, 30, tzinfo=UTC)
    assert told.contact.immediate_danger is True
    (child,) = told.contact.children
    assert (child.given_name, child.date_of_birth, child.sex) == ("Rosa", date(2017, 9, 14), "F")


def test_a_row_that_ends_early_is_empty_in_the_rest() -> None:
    told = one(f"{HEAD},{CHILD}\n{ROW.removesuffix(',2017-09-14,F')}\n")
    assert told.contact.children[0].date_of_birth is None


def test_a_row_that_says_more_than_the_columns_is_a_fault_of_that_row() -> None:
    told, faults = read(f"{HEAD},{CHILD}\n{ROW},,and more\n{ROW.replace('RVB-1', 'RVB-2')}\n")
    assert [new.incident_number for new in told] == ["RVB-2"]
    assert [(fault.row, fault.code) for fault in faults] == [(2, "wrong_number_of_cells")]


def test_a_line_end_inside_a_cell_is_one_and_in_a_name_is_a_space() -> None:
    row = ROW.replace("Shouting.", '"Shouting.\x0bA door."').replace("Rosa", '"Rosa\r\nMaria"')
    told = one(f"{HEAD},{CHILD}\n{row}\n")
    assert told.contact.concern == "Shouting.\nA door."
    assert told.contact.children[0].given_name == "Rosa Maria"


def test_a_first_row_of_more_than_the_columns_is_refused_without_looking_at_each() -> None:
    with pytest.raises(FileUnreadable) as refused:
        count_rows(HEAD + "," + ",".join(["x"] * 90_000) + "\n")
    assert len(refused.value.problems) <= 101
    assert "more than the" in refused.value.problems[0].message


def test_a_first_row_of_commas_alone_is_no_head() -> None:
    with pytest.raises(FileUnreadable) as refused:
        count_rows("," * 100_000)
    assert [problem.code for problem in refused.value.problems] == ["unknown"]


@pytest.mark.parametrize(
    ("first", "cause"),
    [
        (HEAD.replace(",", "|"), "something else than a comma"),
        (HEAD.replace(",", ":").upper(), "something else than a comma"),
        (f'"{HEAD}"', "quotation marks around them all"),
        (HEAD.replace(",", ";", 2), "something else than a comma"),
        ("Police notifications of November", "nothing above them"),
        ("sep=;", "nothing above them"),
        (ROW.partition("\n")[0], "nothing above them"),
        ("PK\x03\x04", "nothing above them"),
    ],
)
def test_one_fault_of_the_first_row_is_said_once_with_its_likely_cause(
    first: str, cause: str
) -> None:
    with pytest.raises(FileUnreadable) as refused:
        count_rows(f"{first}\n{HEAD}\n{ROW}\n")
    assert len(refused.value.problems) == 1
    assert cause in refused.value.problems[0].message


@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("spelt", [str, str.upper, str.title])
def test_the_first_row_may_be_spelt_as_a_spreadsheet_or_a_person_writes_it(
    between: str, spelt: Callable[[str], str]
) -> None:
    head = spelt(HEAD.replace("_", " ")).replace(",", f" {between}")
    assert count_rows(f"{head}\n{ROW.replace(',', between)}\n") == 1


def test_a_column_too_many_is_still_named_by_its_place() -> None:
    with pytest.raises(FileUnreadable) as refused:
        count_rows(f"{HEAD},officer\n{ROW}\n")
    assert [problem.message for problem in refused.value.problems] == [
        f"The name of column {HEAD.count(',') + 2} is not known: see the documentation."
    ]


MIB = 1024 * 1024
WHOLE = f"{HEAD},{CHILD}\n"
ENDLESS = {
    "a first row of commas": (b"," * (12 * MIB), "not_csv"),
    "a first row of names": (b"a," * (12 * MIB), "not_csv"),
    "a row without end": (WHOLE.encode() + b"a," * (12 * MIB), "not_csv"),
    "a cell without end": (WHOLE.encode() + b"a" * (24 * MIB), "not_csv"),
    "a quotation without end": (WHOLE.encode() + b'"' + b"a\n" * (12 * MIB), "not_csv"),
    "quotations of nothing": (WHOLE.encode() + b'"\n"' * (8 * MIB), "not_csv"),
    "empty rows": (WHOLE.encode() + b"\n" * (24 * MIB), "too_many_rows"),
    "empty rows of a typewriter": (WHOLE.encode() + b"\r" * (24 * MIB), "too_many_rows"),
    "rows of empty cells": (WHOLE.encode() + b",,,\n" * (6 * MIB), "too_many_rows"),
    "nothing but line ends": (b"\n" * (24 * MIB), "empty"),
}


@pytest.mark.heavy
@pytest.mark.parametrize("what", list(ENDLESS))
def test_what_is_no_such_table_is_refused_for_little_however_large_it_is(what: str) -> None:
    """Counted in our own lines, and in what is held beside the file and its text."""
    content, code = ENDLESS[what]
    # A part of it is refused at the same place: of the rest, nothing but that it is UTF-8 is seen.
    spent = []
    for part in (content[: 2 * MIB], content):
        with effort() as counted, pytest.raises((FileUnreadable, FileTooLong)) as refused:
            count_rows(text_of(part))
        assert [problem.code for problem in refused.value.problems] == [code]
        spent.append(counted.lines)
    assert spent[1] - spent[0] < len(content) // MIB * 100
    tracemalloc.start()
    try:
        with pytest.raises((FileUnreadable, FileTooLong)):
            count_rows(text_of(content))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The text is there twice while it is put together.
    assert most < 2 * len(content) + 16 * MIB


def test_the_longest_row_is_taken_and_empty_rows_that_a_spreadsheet_leaves() -> None:
    concern = "x" * (LONGEST_ROW - len(ROW) - 20)
    text = WHOLE + ROW.replace("Shouting.", f'"{concern}"') + "\n" + ",,\n" * MOST_EMPTY_ROWS
    with pytest.raises(FileUnreadable):  # no cell may be so long
        count_rows(text)
    assert count_rows(WHOLE + f"{ROW}\n" + ",,\n" * MOST_EMPTY_ROWS) == 1
    with pytest.raises(FileTooLong):
        count_rows(WHOLE + f"{ROW}\n" + ",,\n" * (MOST_EMPTY_ROWS + 1))


def test_rows_are_numbered_with_the_empty_ones_and_by_whatever_line_ends() -> None:
    for end in ("\n", "\r\n", "\r"):
        broken = ROW.replace("Shouting.", f'"Shouting.{end}{end}A door."')
        text = end.join([WHOLE.strip(), ROW, "", broken, ",,,", ROW.replace("RVB-1", "RVB-2")])
        found = [row.number for incident in incidents(text) for row in incident.rows]
        assert found == [2, 4, 6]


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("length", [0, 10, 256 * 1024 - 2, 256 * 1024 - 1, 256 * 1024, 300_000])
@pytest.mark.parametrize("wrong", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xe2\x82"])
def test_where_a_file_is_not_utf_8_is_said_by_the_byte(
    before: bytes, length: int, wrong: bytes
) -> None:
    content = before + b"a" * length + wrong
    with pytest.raises(FileUnreadable) as refused:
        text_of(content)
    assert f"see byte {len(before) + length + 1}." in refused.value.problems[0].message


def test_a_sign_of_several_bytes_is_read_across_the_pieces() -> None:
    for length in range(256 * 1024 - 4, 256 * 1024 + 1):
        text = "a" * length + "\u20ac\U0001f600é"
        assert text_of(text.encode()) == text
        assert text_of(text.encode("utf-8-sig")) == text


TIMES = [
    "2026-01-23T20:30:00Z",
    "2026-01-23 20:30Z",
    "2026-01-23t20:30:00.1234567+01:00",
    "2026-01-23T20:30+01:00",
    "2026-01-23T23:59:60Z",
    "2026-01-23T20:30:00",
    "2026-01-23 20:30",
    "2026-01-23  20:30Z",
    "2026-01-23 20:30:00 +00:00",
    "2026-01-23T20Z",
    "23/01/2026 20:30",
    "2026-02-30T20:30:00Z",
    "1899-12-31T20:30:00Z",
]


@pytest.mark.parametrize("text", TIMES)
def test_an_instant_is_in_the_file_what_it_is_in_a_body(text: str) -> None:
    told, faults = read(f"{HEAD},{CHILD}\n{ROW.replace('2026-01-23T20:30:00Z', text)}\n")
    try:
        at = TypeAdapter(Instant).validate_python(text)
    except ValidationError as failure:
        [error] = failure.errors()
        assert told == []
        assert [(one.column, (one.code, one.message)) for one in faults] == [
            ("incident_at", said_of(error))
        ]
    else:
        assert [one.incident_at for one in told] == [at]


TEXTS = ["F", "x" * 8, "x" * 9, "x" * 61, "x" * 101, "x" * 501, "2017-09-14", "2017-02-30"]
TEXTS += ["14/09/2017", "1899-12-31", "943 476 5919", "9434765918", "not_known", "a\tb\x0bc"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("body", "at"), [(ChildIn, "child_"), (AdultIn, "adult_1_"), (AdultIn, "adult_3_")]
)
def test_what_a_row_may_say_of_somebody_is_what_a_body_may_say(
    body: type[Wire], at: str, text: str
) -> None:
    shared = [name for name in body.model_fields if f"{at}{name}" in PoliceRow.model_fields]
    assert len(shared) > 4
    for name in set(shared) - {"disability_codes"}:
        in_row = getattr(PoliceRow.model_validate({f"{at}{name}": text}), f"{at}{name}")
        in_body = getattr(body.model_validate({name: text}), name)
        assert (type(in_row), in_row) == (type(in_body), in_body), name
