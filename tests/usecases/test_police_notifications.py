"""Police notifications: one queue, one meeting a day, and a file that is loaded whole or not."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.bootstrap import House, Work
from service.domain.access import Role
from service.domain.contacts import AgreementState, Channel
from service.domain.errors import Invalid
from service.domain.new_contacts import ChannelNotYours, NewChild, NewContact, ReceivedInTheFuture
from service.domain.police_notifications import (
    MOST_FAULTS,
    FileTooLong,
    FileUnreadable,
    ImportAction,
    ImportState,
    IncidentAhead,
    NotificationImport,
    NotThePolice,
    WholeImport,
)
from service.domain_services.police_notifications import claim_file, move_import
from service.persistence.repositories import police_notifications
from service.policy import OrganisationUnknown
from service.usecases.contacts import log_contact, read_contact
from service.usecases.jobs import check_impossible
from service.usecases.notification_loading import load_notifications
from service.usecases.police_imports import (
    NotificationImportNotFound,
    list_notification_imports,
    read_notification_import,
    submit_notification_file,
)
from service.usecases.police_notifications import (
    PoliceNotificationNotFound,
    read_police_notification,
    submit_police_notification,
)
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY_EARLY
from tests.support.houses import caller, open_house
from tests.support.notifications import (
    FILE_COLUMNS,
    as_file,
    import_file,
    load_file,
    new_notification,
    nhs_number,
    notification_file,
    notify,
    police,
    rows,
)
from tests.support.plain_statements import select_from

# A Friday at 08:30 in London: before the cut-off of the day's meeting.
TODAY, MONDAY = date(2026, 3, 6), date(2026, 3, 9)


@pytest.fixture()
def clock() -> FixedClock:
    return FixedClock(FRIDAY_EARLY)


@pytest.fixture()
async def house(database_url: str, clock: FixedClock, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, clock, tmp_path) as opened:
        yield opened


async def number_of(house: House, table: str) -> int:
    async with house.database.reading() as connection:
        return int((await connection.execute(text(select_from(table, "count(*)")))).scalar_one())


async def followed(house: House, taken: NotificationImport) -> WholeImport:
    who = await police(house)
    return await house.ask(lambda ask: read_notification_import(ask, who, taken.id))


async def nothing_is_impossible(house: House) -> None:
    await house.ask(lambda ask: check_impossible(ask, house.policy))


async def test_a_notification_is_a_contact_with_the_clocks_of_one_and_that_of_the_meeting(
    house: House,
) -> None:
    taken = await notify(house, "RVB-1", children=2)
    mash = await caller(house, Role.mash_worker)
    whole = await house.ask(lambda ask: read_contact(ask, mash, taken.contact.id))
    assert whole.contact.channel is Channel.partner_system
    assert whole.contact.agreement is AgreementState.not_sought
    assert (whole.contact.source_code, whole.contact.referrer_agency) == ("6", "Riverbourne Police")
    assert {one.kind for one in whole.deadlines} == {
        "contact_to_referral",
        "statutory_decision",
        "acknowledge_referrer",
        "rated" if taken.contact.danger is None else "triage",
        "daily_meeting",
    }
    assert (taken.notification.meeting_on, taken.before) == (TODAY, False)
    assert await number_of(house, "daily_meeting_item") == 2
    await nothing_is_impossible(house)


@pytest.mark.parametrize(
    ("received_at", "told_at", "heard_on"),
    [
        ("2026-03-06T09:00:00Z", "2026-03-06T09:30:00Z", TODAY),
        ("2026-03-06T09:00:01Z", "2026-03-06T09:30:00Z", MONDAY),
        ("2026-03-07T08:00:00Z", "2026-03-07T08:00:00Z", MONDAY),
        # Told of when the meeting of its own day lies behind.
        ("2026-03-03T08:00:00Z", "2026-03-06T08:30:00Z", TODAY),
        ("2026-03-03T08:00:00Z", "2026-03-06T10:00:00Z", MONDAY),
        # 08:30 in London in summer is 07:30 UTC; Good Friday and Easter Monday are skipped.
        ("2026-04-02T08:00:00Z", "2026-04-02T08:30:00Z", date(2026, 4, 2)),
        ("2026-04-02T08:00:01Z", "2026-04-02T08:30:00Z", date(2026, 4, 7)),
        # Past the years whose bank holidays are known weekends alone are skipped.
        ("2031-12-31T12:00:00Z", "2031-12-31T12:00:00Z", date(2032, 1, 1)),
    ],
)
async def test_up_to_the_cut_off_the_same_days_meeting_hears_it_else_the_next_working_days(
    house: House, clock: FixedClock, received_at: str, told_at: str, heard_on: date
) -> None:
    clock.now = datetime.fromisoformat(told_at)
    taken = await notify(house, "RVB-1", received_at=datetime.fromisoformat(received_at))
    assert taken.notification.meeting_on == taken.waits_for == heard_on


async def test_an_incident_sent_twice_is_taken_once_and_the_first_comes_back(
    house: House,
) -> None:
    first = await notify(house, "RVB-1")
    again = await notify(house, "RVB-1", children=3)
    assert again.before
    assert again.notification == first.notification
    assert [one.changed for one in again.updates] == [["children"]]
    assert await number_of(house, "contact") == 1


async def test_an_incident_sent_twice_at_once_is_taken_once(house: House) -> None:
    first, second = await asyncio.gather(notify(house, "RVB-1"), notify(house, "RVB-1"))
    assert {first.before, second.before} == {True, False}
    assert first.notification.id == second.notification.id


async def test_another_agency_is_told_that_only_the_police_send_these(house: House) -> None:
    for organisation in ("mill-lane-primary", "nobody-knows"):
        who = await caller(house, Role.partner_system, organisation=organisation)
        new = new_notification("RVB-1")
        with pytest.raises(NotThePolice):
            await house.perform(partial(submit_police_notification, who=who, new=new))
        with pytest.raises(NotThePolice):
            await house.perform(
                partial(submit_notification_file, who=who, content=b"x", organisation_id=None)
            )
    assert await number_of(house, "contact") == 0


async def test_staff_write_down_what_a_force_told_and_name_no_system(house: House) -> None:
    who = await caller(house, Role.mash_worker)
    taken = await house.perform(
        lambda work: submit_police_notification(work, who, new_notification("RVB-1"))
    )
    assert taken.contact.channel is Channel.email
    assert taken.contact.sender_organisation_id is None
    assert taken.notification.organisation_id == "riverbourne-police"
    told = new_notification("RVB-2")
    wrong = replace(told, contact=replace(told.contact, channel=Channel.partner_system))
    with pytest.raises(ChannelNotYours):
        await house.perform(lambda work: submit_police_notification(work, who, wrong))
    unknown = replace(told, organisation_id="mill-lane-primary")
    with pytest.raises(Invalid) as refused:
        await house.perform(lambda work: submit_police_notification(work, who, unknown))
    assert [one.pointer for one in refused.value.problems] == ["/organisation_id"]


async def test_times_that_cannot_be_are_refused(house: House) -> None:
    who = await police(house)
    later = replace(new_notification("RVB-1"), incident_at=FRIDAY_EARLY + timedelta(hours=1))
    with pytest.raises(IncidentAhead):
        await house.perform(lambda work: submit_police_notification(work, who, later))
    ahead = new_notification("RVB-1", received_at=FRIDAY_EARLY + timedelta(hours=1))
    with pytest.raises(ReceivedInTheFuture):
        await house.perform(lambda work: submit_police_notification(work, who, ahead))
    assert await number_of(house, "police_notification") == 0


async def test_a_force_sees_its_own_alone(house: House) -> None:
    taken = await notify(house, "RVB-1")
    file = await import_file(house, notification_file(2))
    stranger = await caller(house, Role.partner_system, organisation="mill-lane-primary")
    own = await police(house)
    mash = await caller(house, Role.mash_manager)
    for who in (own, mash):
        found = await house.ask(
            partial(read_police_notification, who=who, notification_id=taken.notification.id)
        )
        assert found.notification == taken.notification
        listed = await house.ask(partial(list_notification_imports, who=who, limit=10))
        assert [one.id for one in listed] == [file.id]
    with pytest.raises(PoliceNotificationNotFound):
        await house.ask(lambda ask: read_police_notification(ask, stranger, taken.notification.id))
    with pytest.raises(NotificationImportNotFound):
        await house.ask(lambda ask: read_notification_import(ask, stranger, file.id))
    assert await house.ask(lambda ask: list_notification_imports(ask, stranger, limit=10)) == []


# ---- Files --------------------------------------------------------------------------------------


async def test_a_file_of_five_thousand_rows_is_loaded_whole(house: House) -> None:
    taken = await load_file(house, notification_file(5000))
    found = await followed(house, taken)
    assert found.imported.state is ImportState.loaded
    assert (found.imported.rows_checked, found.imported.notifications_made) == (5000, 2500)
    assert await number_of(house, "contact") == 2500
    assert await number_of(house, "contact_child") == 5000
    assert await number_of(house, "daily_meeting_item") == 5000
    high = await number_of(house, "flag")
    assert 800 < high < 850
    assert await number_of(house, "event") == 2501 + high
    assert await number_of(house, "police_notification_file") == 0
    await nothing_is_impossible(house)


async def test_with_three_faults_among_two_thousand_rows_nothing_is_loaded(house: House) -> None:
    changes = {
        17: {"children_present": "9434765910"},
        1200: {"risk": "enormous"},
        2000: {"incident_at": "2026-02-30"},
    }
    taken = await load_file(house, notification_file(2000, changes))
    found = await followed(house, taken)
    assert found.imported.state is ImportState.refused
    assert found.imported.faults_total == 3
    assert [(one.row, one.column, one.code) for one in found.faults] == [
        (17, "children_present", "code_unknown"),
        (1200, "risk", "code_unknown"),
        (2000, "incident_at", "wrong_form"),
    ]
    told = " ".join(one.message for one in found.faults)
    assert not any(value in told for value in ("9434765910", "enormous", "2026-02-30"))
    for table in ("contact", "person", "police_notification", "daily_meeting_item"):
        assert await number_of(house, table) == 0, table
    assert await number_of(house, "police_notification_file") == 0


async def test_put_right_the_same_file_is_loaded(house: House) -> None:
    await load_file(house, notification_file(4, {3: {"risk": "enormous"}}))
    taken = await load_file(house, notification_file(4))
    assert (await followed(house, taken)).imported.state is ImportState.loaded


FAULTS: dict[str, tuple[dict[int, dict[str, str]], list[tuple[int, str | None, str]]]] = {
    "missing": ({2: {"agreement": ""}}, [(2, "agreement", "missing")]),
    "agreement": ({2: {"agreement": "perhaps"}}, [(2, "agreement", "code_unknown")]),
    "differs": ({3: {"risk": "high"}}, [(3, "risk", "differs")]),
    "instant": ({2: {"incident_at": "2026-01-05 21:40"}}, [(2, "incident_at", "wrong_form")]),
    "ahead": (
        {2: {"incident_at": "2026-03-07T00:00:00Z"}, 3: {"incident_at": ""}},
        [(2, "incident_at", "incident_ahead")],
    ),
    "unborn": (
        {3: {"child_birth_knowledge": "unborn"}},
        [
            (3, "child_date_of_birth", "unborn_with_date_of_birth"),
            (3, "child_sex", "unborn_with_sex"),
            (3, "child_nhs_number", "unborn_with_number"),
        ],
    ),
    "control": ({2: {"concern": "a\x07b"}}, [(2, "concern", "control_character")]),
    "unseen": ({2: {"concern": " \u200b\u3164\u202e"}}, [(2, "concern", "missing")]),
    "too long": (
        {2: {"officer_role": "x" * 1001}, 3: {"officer_role": ""}},
        [(2, "officer_role", "too_long")],
    ),
    "same child": ({3: {"child_nhs_number": nhs_number(0)}}, [(3, None, "same_child_twice")]),
    "apart": (
        {6: {"incident_number": "RVB-000000", "incident_at": ""}},
        [(6, "incident_at", "missing")],
    ),
}


@pytest.mark.parametrize("name", list(FAULTS))
async def test_each_fault_is_named_by_row_and_column(house: House, name: str) -> None:
    changes, expected = FAULTS[name]
    found = rows(4)
    for row, values in changes.items():
        if row - 2 < len(found):
            found[row - 2] |= values
        else:
            found.append({**rows(1, first=0)[0], **values})
    columns = (*FILE_COLUMNS, "child_birth_knowledge")
    taken = await load_file(house, as_file(found, columns))
    whole = await followed(house, taken)
    assert [(one.row, one.column, one.code) for one in whole.faults] == expected
    assert await number_of(house, "contact") == 0


async def test_an_incident_on_rows_apart_is_a_fault_that_names_the_row_and_one_on_file_is_none(
    house: House,
) -> None:
    await load_file(house, notification_file(2))
    found = [*rows(2), *rows(2, first=2), *rows(2, first=4), *rows(2, first=2)]
    whole = await followed(house, await load_file(house, as_file(found)))
    assert [(one.row, one.column, one.code) for one in whole.faults] == [
        (8, "incident_number", "sent_twice"),
    ]
    assert "row 4" in whole.faults[0].message
    assert await number_of(house, "police_notification") == 1


async def test_of_very_many_faults_the_first_are_kept_and_all_are_counted(house: House) -> None:
    changes = {row: {"risk": "enormous"} for row in range(2, 1502)}
    whole = await followed(house, await load_file(house, notification_file(1500, changes)))
    assert whole.imported.faults_total == 1500
    assert len(whole.faults) == MOST_FAULTS
    assert [one.row for one in whole.faults[:2]] == [2, 3]


def child_of(row: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name.startswith("child_")}


async def test_a_child_known_by_number_is_recognised_on_file_and_within_the_file(
    house: House,
) -> None:
    known = await notify(house, "RVB-1", given_name="Child0", nhs_number=nhs_number(0), sex="M")
    found = [rows(1)[0], {**rows(3)[2], **child_of(rows(1)[0])}]
    fresh = [{**rows(5)[4], **child_of(rows(8)[7])}, rows(8)[7]]
    whole = await followed(house, await load_file(house, as_file([*found, *fresh])))
    assert whole.imported.state is ImportState.loaded
    async with house.database.reading() as connection:
        people = (
            await connection.execute(
                text(
                    "SELECT nhs_number, count(DISTINCT person_id), count(*) FROM contact_child "
                    "GROUP BY nhs_number ORDER BY nhs_number"
                )
            )
        ).all()
    assert [tuple(row)[1:] for row in people] == [(1, 3), (1, 2)]
    assert await number_of(house, "person") == 2
    async with house.database.reading() as connection:
        born = (
            await connection.execute(
                text("SELECT count(*) FROM person WHERE date_of_birth IS NOT NULL")
            )
        ).scalar_one()
    # What the file told of the child who was on file is known from now on.
    assert (born, len(known.children)) == (2, 1)


async def test_a_second_concern_from_somebody_else_raises_its_clock_from_a_file_as_well(
    house: House,
) -> None:
    mash = await caller(house, Role.mash_worker)
    school = NewContact(
        concern="The child came to school hungry.",
        source_code="2A",
        channel=Channel.telephone,
        children=[NewChild(given_name="Child0", nhs_number=nhs_number(0))],
        referrer_name="Priya Shah",
    )
    await house.perform(lambda work: log_contact(work, mash, school))
    found = rows(6)
    # The third incident is of the second's child, told of by another officer.
    found[4] |= {**child_of(found[2]), "officer_name": "PC Lind"}
    found[5] |= {"officer_name": "PC Lind"}
    found[2] |= {"officer_name": "PC Ash"}
    found[3] |= {"officer_name": "PC Ash"}
    whole = await followed(
        house, await load_file(house, as_file(found, (*FILE_COLUMNS, "officer_name")))
    )
    assert whole.imported.state is ImportState.loaded
    async with house.database.reading() as connection:
        raised = await connection.execute(
            text(
                "SELECT n.incident_number FROM deadline d "
                "JOIN police_notification n ON n.contact_id = d.contact_id "
                "WHERE d.kind = 'repeat_concern' ORDER BY n.incident_number"
            )
        )
        assert [row[0] for row in raised] == ["RVB-000000", "RVB-000002"]


@pytest.mark.parametrize("change", ["bom", "line feeds", "quoted lines", "blank rows", "no end"])
async def test_a_file_is_read_as_spreadsheets_write_it(house: House, change: str) -> None:
    found = rows(4)
    if change == "quoted lines":
        found[0]["concern"] = found[1]["concern"] = 'Said: "leave",\r\nand they left, "at once"'
    content = as_file(found)
    if change == "bom":
        content = b"\xef\xbb\xbf" + content
    if change == "line feeds":
        content = content.replace(b"\r\n", b"\n")
    if change == "blank rows":
        content = content.replace(b"\r\n", b"\r\n\r\n") + b",,,,\r\n \r\n"
    if change == "no end":
        content = content.rstrip()
    whole = await followed(house, await load_file(house, content))
    assert (whole.imported.state, whole.imported.rows_total) == (ImportState.loaded, 4)
    async with house.database.reading() as connection:
        concerns = [row[0] for row in await connection.execute(text("SELECT concern FROM contact"))]
    assert (found[0]["concern"] in concerns) is True


async def test_what_a_spreadsheet_would_take_for_a_formula_is_text_like_any_other(
    house: House,
) -> None:
    texts = ["=cmd|'/c calc'!A0", "+1+1", "-2+3", "@SUM(A1)"]
    found = rows(4, children=1)
    for row, value in zip(found, texts, strict=True):
        row["concern"] = row["child_given_name"] = value
    await load_file(house, as_file(found))
    async with house.database.reading() as connection:
        kept = {row[0] for row in await connection.execute(text("SELECT concern FROM contact"))}
    assert kept == set(texts)


HEADER = as_file([]).decode().strip()
UNREADABLE: dict[str, tuple[bytes, list[str]]] = {
    "empty": (b"", ["empty"]),
    "blank": (b" \r\n\r\n", ["empty"]),
    "no rows": (HEADER.encode(), ["empty"]),
    "latin-1": (notification_file(2).replace(b"Weir", "Wéir".encode("latin-1")), ["not_utf_8"]),
    "utf-16": (notification_file(2).decode().encode("utf-16"), ["not_utf_8"]),
    "NUL": (notification_file(2).replace(b"Weir", b"We\x00ir"), ["not_utf_8"]),
    "bars": (notification_file(2).replace(b",", b"|"), ["unknown"]),
    "unknown column": (b"colour," + notification_file(2), ["unknown"]),
    "column twice": (b"risk," + notification_file(2), ["repeated"]),
    "column missing": (notification_file(2).replace(b"agreement", b"town"), ["missing"]),
    "open quotation": (notification_file(2) + b'"RVB', ["not_csv"]),
    "JSON": (b'{"incident_number": 1}', ["unknown"]),
}


@pytest.mark.parametrize("name", list(UNREADABLE))
async def test_what_is_no_such_table_is_refused_at_once(house: House, name: str) -> None:
    content, codes = UNREADABLE[name]
    with pytest.raises(FileUnreadable) as refused:
        await import_file(house, content)
    assert [one.code for one in refused.value.problems] == codes
    assert await number_of(house, "police_notification_import") == 0


async def test_a_file_with_too_many_rows_is_refused_at_once(house: House) -> None:
    with pytest.raises(FileTooLong):
        await import_file(house, notification_file(20_001))


async def test_two_workers_at_once_load_a_file_once(
    house: House, database_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    files = [await import_file(house, as_file(rows(60, first=start))) for start in (0, 60, 120)]
    async with open_house(database_url, clock, tmp_path) as other:
        done = await asyncio.gather(load_notifications(house), load_notifications(other))
    assert sum(done) == 3
    for one in files:
        assert (await followed(house, one)).imported.state is ImportState.loaded
    assert await number_of(house, "contact") == 90


async def test_a_file_whose_worker_died_is_taken_over_after_a_while_and_loaded_once(
    house: House, clock: FixedClock
) -> None:
    taken = await import_file(house, notification_file(10))
    claimed = await house.perform(claim_file)
    assert claimed is not None
    loading = await house.perform(lambda work: move_import(work, claimed, ImportAction.load))
    assert await load_notifications(house) == 0
    clock.now += timedelta(minutes=6)
    assert await load_notifications(house) == 1
    assert (await followed(house, taken)).imported.state is ImportState.loaded
    assert await number_of(house, "contact") == 5
    # The one that was thought dead comes to itself: it has nothing in hand any more.
    with pytest.raises(Exception, match="changed since"):
        await house.perform(lambda work: finish(work, loading))
    assert await load_notifications(house) == 0


async def finish(work: Work, loading: NotificationImport) -> Any:
    return await move_import(work, loading, ImportAction.finish)


async def test_progress_is_there_to_be_followed(house: House) -> None:
    taken = await import_file(house, notification_file(10))
    before = await followed(house, taken)
    assert (before.imported.state, before.imported.rows_total) == (ImportState.received, 10)
    claimed = await house.perform(claim_file)
    assert claimed is not None
    await house.perform(lambda work: police_notifications.progress(work, claimed, 4))
    now = await followed(house, taken)
    assert (now.imported.state, now.imported.rows_checked) == (ImportState.checking, 4)


async def test_a_force_that_left_the_policy_stops_the_job_loudly(house: House) -> None:
    taken = await import_file(house, notification_file(2))
    async with house.database.writing() as connection:
        await connection.execute(
            text("UPDATE police_notification_import SET organisation_id = 'gone-police'")
        )
        await connection.commit()
    with pytest.raises(OrganisationUnknown):
        await load_notifications(house)
    assert taken.version == 1
