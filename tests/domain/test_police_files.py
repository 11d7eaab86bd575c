"""A file as spreadsheets save it: read for what it says, and each fault at its row and column."""

from datetime import UTC, date, datetime

import pytest

from service.domain.contacts import Channel
from service.domain.police_notifications import (
    FileUnreadable,
    NewNotification,
    RowFault,
    count_rows,
    incidents,
    told_of,
)

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
        count_rows(HEAD + "," + ",".join(["x"] * 200_000) + "\n")
    assert len(refused.value.problems) <= 101
    assert "more than the" in refused.value.problems[0].message


def test_a_first_row_of_commas_alone_is_no_head() -> None:
    with pytest.raises(FileUnreadable) as refused:
        count_rows("," * 100_000)
    assert {problem.code for problem in refused.value.problems} == {"missing"}
