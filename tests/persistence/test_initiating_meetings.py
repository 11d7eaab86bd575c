"""What earlier releases kept of enquiries that were begun anew is put right, and told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from service.domain.deadlines import Deadline
from service.domain.events import Event
from service.domain.flags import Flag
from service.domain.section_47_enquiries import (
    EnquiryAction,
    EnquiryStep,
    Section47Enquiry,
)
from service.domain.strategy_meetings import EnquiryDecision, StrategyMeeting
from service.persistence.engines import Database
from service.persistence.ids import new_id
from service.persistence.migrating import migrate_database
from service.persistence.records import columns_of, read, table_of
from service.persistence.schema_steps import CannotGoBack
from service.usecases.flags import sweep
from tests.persistence.test_migrating import opened
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY
from tests.support.houses import open_house
from tests.support.protection import enquiry_begun, referred

LATER = FRIDAY + timedelta(days=14)
CONFERENCE = "initial_child_protection_conference"
BEFORE = "0021"


async def _all(database: Database, kind: Any, *such: Any) -> list[Any]:
    async with database.reading() as connection:
        rows = await connection.execute(
            select(*columns_of(kind)).where(*such).order_by(table_of(kind).c.id)
        )
        return [read(kind, row) for row in rows]


async def _begun_anew(database: Database, enquiry: Section47Enquiry, *, ended: bool) -> None:
    """Writes what a release before 0.4.0 wrote when a later meeting began an enquiry anew."""
    clock, step, table = table_of(Deadline), table_of(EnquiryStep), table_of(Section47Enquiry)
    meetings = await _all(database, StrategyMeeting)
    [first] = await _all(database, Deadline, clock.c.kind == CONFERENCE)
    async with database.writing() as connection:
        of_first = {name: getattr(first, name) for name in Deadline.__dataclass_fields__}
        anew = of_first | {
            "id": new_id(),
            "started_at": LATER,
            "due_at": first.due_at + timedelta(days=14),
            "stopped_at": LATER + timedelta(days=1) if ended else None,
            "stopped_because": "conference_held" if ended else None,
        }
        await connection.execute(
            update(clock)
            .where(clock.c.id == first.id)
            .values(stopped_at=LATER, stopped_because="begun_again")
        )
        await connection.execute(insert(clock).values(**anew))
        await connection.execute(
            insert(step).values(
                id=new_id(),
                enquiry_id=enquiry.id,
                action=EnquiryAction.begin_again,
                state="under_way",
                at=LATER,
                by=meetings[0].called_by,
                happened_at=LATER,
                meeting_id=meetings[0].id,
                code="joint",
            )
        )
        await connection.execute(
            update(table).values(began_at=LATER, ended_at=LATER if ended else None)
        )
        await connection.commit()


@pytest.mark.parametrize("ended", [False, True])
async def test_an_enquiry_that_was_begun_anew_is_reckoned_from_its_first_meeting_again(
    empty_database_url: str, tmp_path: Path, *, ended: bool
) -> None:
    async with opened(empty_database_url) as database:
        await migrate_database(database)
        clock = FixedClock(FRIDAY)
        async with open_house(empty_database_url, clock, tmp_path) as house:
            referral = await referred(house)
            enquiry = await enquiry_begun(house, referral, kind=EnquiryDecision.single_agency)
        await _begun_anew(database, enquiry, ended=ended)
        before = await _all(database, Deadline, table_of(Deadline).c.kind == CONFERENCE)
        await migrate_database(database, BEFORE)
        await migrate_database(database)
        [found] = await _all(database, Section47Enquiry)
        assert (found.began_at, found.meeting_id) == (FRIDAY, enquiry.meeting_id)
        assert found.version == enquiry.version + 1
        clocks = await _all(database, Deadline, table_of(Deadline).c.kind == CONFERENCE)
        running = [one for one in clocks if one.stopped_at is None]
        if ended:
            assert clocks == before
        else:
            [one] = running
            assert (one.started_at, one.due_at) == (FRIDAY, before[0].due_at)
            assert one.explanation == before[0].explanation
            assert [one.stopped_because for one in clocks if one not in running] == [
                "begun_again",
                "start_put_right",
            ]
        [told] = await _all(
            database, Event, table_of(Event).c.type == "section_47_enquiry.start_put_right"
        )
        assert (told.subject_id, told.people) == (enquiry.id, [enquiry.person_id])
        assert told.data["was_began_at"] == LATER.isoformat()
        assert ("conference_due_at" in told.data) is not ended
        # What is put right is late by the limit that it always had.
        clock.set(before[0].due_at + timedelta(minutes=1))
        async with open_house(empty_database_url, clock, tmp_path) as house:
            await sweep(house)
        raised = await _all(database, Flag, table_of(Flag).c.kind == CONFERENCE)
        assert bool([one for one in raised if one.severity == "breach"]) is not ended


async def test_what_is_joint_from_a_later_meeting_on_does_not_go_back(
    empty_database_url: str, tmp_path: Path
) -> None:
    async with opened(empty_database_url) as database:
        await migrate_database(database)
        async with open_house(empty_database_url, FixedClock(FRIDAY), tmp_path) as house:
            referral = await referred(house)
            await enquiry_begun(house, referral, kind=EnquiryDecision.single_agency)
            await enquiry_begun(house, referral, kind=EnquiryDecision.joint)
        with pytest.raises(CannotGoBack, match="made joint"):
            await migrate_database(database, BEFORE)
