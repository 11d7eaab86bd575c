"""The demonstration data: the published year comes of them, and the desk of today is alive."""

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from frontdoor.demonstration import Loaded, NotLoaded, load
from service.bootstrap import Asking, House
from service.domain import challenges, section_47_enquiries, strategy_meetings, transfers
from service.domain.access import Role
from service.domain.assessments import (
    Assessment,
    AssessmentAction,
    AssessmentState,
    AssessmentStep,
)
from service.domain.challenges import Challenge, ChallengedThing
from service.domain.contacts import Channel, Child, Contact, ContactState
from service.domain.deadlines import Deadline
from service.domain.events import Event
from service.domain.flags import Flag
from service.domain.identifiers import nhs_number
from service.domain.information_requests import (
    Chaser,
    InformationRequest,
    InformationRequestState,
)
from service.domain.measure_cases import MeasureCases
from service.domain.measure_definitions import MEASURES
from service.domain.measures import Breakdown, MeasureReading, Part
from service.domain.missing_episodes import MissingEpisode, MissingState
from service.domain.new_contacts import NewChild, NewContact
from service.domain.police_notifications import ImportFault, NotificationImport
from service.domain.police_updates import PoliceUpdate
from service.domain.pregnancies import PregnancyAction, PregnancyStep
from service.domain.queues import NextAction, Queue, QueueFilters
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import (
    ConferenceOutcome,
    EnquiryOutcome,
    EnquiryState,
    Section47Enquiry,
)
from service.domain.strategy_meetings import MeetingState, StrategyMeeting
from service.domain.transfer_waits import WaitsFor
from service.domain.transfers import (
    Direction,
    Party,
    Transfer,
    TransferState,
)
from service.domain.whole_contacts import ContactFilters
from service.issuers import IssuerSettings
from service.persistence.records import table_of
from service.persistence.repositories import impossibilities
from service.persistence.repositories.contacts import nothing_on_file
from service.settings import load_settings
from service.usecases.contacts import list_contacts, log_contact
from service.usecases.daily_meetings import read_daily_meeting
from service.usecases.flags import sweep
from service.usecases.jobs import CLOCKS_UNTIL_DECIDED
from service.usecases.measures import read_measure
from service.usecases.queues import read_queue
from tests.support.clocks import FixedClock
from tests.support.demonstrations import NOW, Demonstration
from tests.support.houses import caller, open_house
from tests.support.named import unnamed

pytestmark = pytest.mark.long
CONTACT, CHILD, DEADLINE = table_of(Contact), table_of(Child), table_of(Deadline)
TRANSFER, CHALLENGE, FLAG = table_of(Transfer), table_of(Challenge), table_of(Flag)
REFERRAL = table_of(Referral)
MEETING, ENQUIRY = table_of(StrategyMeeting), table_of(Section47Enquiry)
ASSESSMENT, STEP = table_of(Assessment), table_of(AssessmentStep)
MISSING = table_of(MissingEpisode)
IMPORT, FAULT = table_of(NotificationImport), table_of(ImportFault)
UPDATE = table_of(PoliceUpdate)
REQUEST, CHASER = table_of(InformationRequest), table_of(Chaser)
PREGNANCY = table_of(PregnancyStep)
EVENT = table_of(Event)
# Nothing else is possible: a challenge of the year has ended, a meeting is not concluded without,
# and what was withdrawn is counted and no part of anything.
ALL_OF_THEM = {
    *("challenges_ended", "strategy_medical_decided"),
    *("contacts_withdrawn", "contacts_by_kind"),
}

# Nobody acts out of hours in the year that is loaded.
NEVER_IN_THE_YEAR = {"emergency_acts_signed_off_in_time"}

# The figures as published for 2018, month by month; of PI3 the nearest that so small a town has.
PUBLISHED = {
    "PI1": "83.0 74.0 78.9 81.7 70.1 82.8 69.4 57.5 73.5 73.8 75.4 66.6",
    "PI4": "86.8 93.2 86.9 86.2 80.3 86.7 89.6 84.5 72.0 71.9 84.5 85.9",
    "PI5": "46 45 61 17 12 7 38 8 13 26 25 17",
    "PI9": "42.4 39.1 54.2 92.3 71.0 57.9 51.9 71.4 50.0 76.2 91.3 60.6",
}
NEARLY = {"PI3": "85.8 88.9 67.9 92.3 83.1 80.6 67.6 71.7 59.6 75.7 86.1 82.1"}
EXACTLY = {"2018-02", "2018-04", "2018-12"}
# The clocks of children who may be at risk, and of what is asked and told about them.
AT_RISK = {
    *strategy_meetings.CLOCKS,
    *section_47_enquiries.CLOCKS,
    "pre_birth_assessment_begun",
    "pre_birth_assessment_done",
    "expected_delivery_known",
    "return_home_interview",
    "late_answer_read",
    "daily_meeting",
}


@pytest.fixture
async def house(demonstration: Demonstration) -> AsyncIterator[House]:
    async with open_house(demonstration.url, FixedClock(NOW), demonstration.folder) as opened:
        yield opened


async def _months(house: House, code: str) -> dict[str, str]:
    manager = await caller(house, Role.mash_manager)
    reading = await house.ask_at_length(
        lambda ask: read_measure(
            ask, manager, code, now=NOW, from_on=date(2018, 1, 1), to_on=date(2019, 1, 1)
        )
    )
    return {point.period: str(point.value) for point in reading.points}


@pytest.mark.parametrize("code", PUBLISHED)
async def test_the_published_year_comes_of_what_was_done_for_each_child(
    house: House, code: str
) -> None:
    assert list((await _months(house, code)).values()) == PUBLISHED[code].split()


@pytest.mark.parametrize("code", NEARLY)
async def test_the_published_year_is_met_to_within_a_child_where_the_town_is_too_small(
    house: House, code: str
) -> None:
    months = await _months(house, code)
    published = dict(zip(months, NEARLY[code].split(), strict=True))
    assert {month for month, value in months.items() if value == published[month]} == EXACTLY
    assert all(
        abs(Decimal(value) - Decimal(published[month])) < Decimal("0.7")
        for month, value in months.items()
    )


async def test_the_figures_of_the_year_list_their_very_cases(house: House) -> None:
    manager = await caller(house, Role.mash_manager)
    for by in (None, Breakdown.source):
        reading = await house.ask_at_length(
            lambda ask, by=by: read_measure(
                ask,
                manager,
                "PI1",
                now=NOW,
                from_on=date(2018, 8, 1),
                to_on=date(2018, 9, 1),
                by=by,
            )
        )
        for point in reading.points:
            for part in Part:
                filters = ContactFilters(
                    received_from=point.begins_at,
                    received_to=point.ends_at,
                    source_codes=() if point.group is None else (point.group,),
                    behind=MeasureCases("PI1", part, NOW),
                )
                listed = await house.ask_at_length(
                    lambda ask, filters=filters: list_contacts(ask, manager, filters, limit=1000)
                )
                assert len(listed) == getattr(point, part)


async def test_loading_tells_how_far_it_is(
    demonstration: Demonstration,
) -> None:
    done = [one for one, _ in demonstration.told]
    assert done == sorted(done)
    assert len(done) > 50
    assert demonstration.told[-1] == (demonstration.loaded.contacts,) * 2


async def test_loading_again_does_nothing_and_says_so(
    house: House, demonstration: Demonstration
) -> None:
    assert await load(house, progress=_silent) == Loaded(already_there=True, contacts=0)
    assert await _count(house, CONTACT) == demonstration.loaded.contacts


async def test_everything_of_the_year_is_finished_so_that_only_the_desk_of_today_is_red(
    house: House,
) -> None:
    oldest = (
        await house.ask(
            lambda ask: ask.first(
                select(func.min(DEADLINE.c.started_at)).where(DEADLINE.c.stopped_at.is_(None))
            )
        )
    )[0]
    assert oldest > NOW - timedelta(days=40)
    undecided = await house.ask(
        lambda ask: ask.all(select(CONTACT.c.received_at).where(CONTACT.c.decided_at.is_(None)))
    )
    assert 45 <= len(undecided) <= 65
    assert all(NOW - timedelta(days=4) < row[0] < NOW for row in undecided)


async def test_nothing_happens_in_the_future(house: House) -> None:
    for column in (CONTACT.c.received_at, CONTACT.c.logged_at, DEADLINE.c.stopped_at):
        latest = (await house.ask(lambda ask, column=column: ask.first(select(func.max(column)))))[
            0
        ]
        assert latest <= NOW


async def test_the_desk_of_today_shows_every_state_rating_and_way_in(house: House) -> None:
    rows = await house.ask(
        lambda ask: ask.all(
            select(
                CONTACT.c.state, CONTACT.c.rating, CONTACT.c.channel, CONTACT.c.assignee_id
            ).where(CONTACT.c.decided_at.is_(None))
        )
    )
    states = Counter(row.state for row in rows)
    off_the_desk = {ContactState.withdrawn, ContactState.attached, ContactState.ended}
    assert set(states) == set(ContactState) - {ContactState.decided, *off_the_desk}
    assert {row.rating for row in rows} == {None, "red", "amber", "green"}
    assert sum(row.channel == Channel.partner_system for row in rows) >= 5
    assert sum(row.assignee_id is not None for row in rows) >= 5


async def test_each_queue_has_work_for_whoever_signs_in_with_a_development_token(
    house: House,
) -> None:
    for queue, role in (
        (Queue.contacts, Role.mash_worker),
        (Queue.mine, Role.mash_worker),
        (Queue.information_requests, Role.mash_worker),
        (Queue.sign_off, Role.mash_manager),
        (Queue.allocation, Role.assessment_team_manager),
        (Queue.allocation, Role.early_help_spoc_manager),
        (Queue.step_up, Role.mash_manager),
        (Queue.step_down, Role.early_help_spoc_manager),
        (Queue.challenges, Role.mash_manager),
        (Queue.strategy, Role.mash_manager),
        (Queue.strategy, Role.assessment_team_manager),
        (Queue.pre_birth, Role.assessment_team_manager),
    ):
        who = await caller(house, role)
        lines = await house.ask(
            lambda ask, who=who, queue=queue: read_queue(ask, who, queue, QueueFilters(), limit=100)
        )
        assert len(lines) >= 3, queue


async def test_the_year_has_steps_both_ways_to_every_end(house: House) -> None:
    in_the_year = TRANSFER.c.requested_at < datetime(2019, 6, 1, tzinfo=UTC)
    rows = await house.ask(
        lambda ask: ask.all(
            select(TRANSFER.c.direction, TRANSFER.c.asked_by, TRANSFER.c.state, func.count())
            .where(in_the_year)
            .group_by(TRANSFER.c.direction, TRANSFER.c.asked_by, TRANSFER.c.state)
        )
    )
    for direction in Direction:
        counts = {tuple(row[1:3]): row[3] for row in rows if row[0] == direction}
        assert 40 <= sum(counts.values()) <= 100
        assert {state for _, state in counts} == transfers.TRANSFER.final
        assert counts[Party.receiver, TransferState.completed] >= 1
        assert counts[Party.receiver, TransferState.refused] >= 1
    codes = await house.ask(lambda ask: ask.all(select(REFERRAL.c.closure_code).distinct()))
    assert "RC9" in {row[0] for row in codes}
    months = await house.ask(
        lambda ask: ask.all(select(TRANSFER.c.requested_at).where(in_the_year))
    )
    assert len({row[0].month for row in months}) >= 10


async def test_challenges_of_the_year_end_in_every_way_at_every_stage(house: House) -> None:
    rows = await house.ask(
        lambda ask: ask.all(
            select(CHALLENGE.c.thing, CHALLENGE.c.stage, CHALLENGE.c.outcome)
            .where(CHALLENGE.c.ended_at.is_not(None))
            .distinct()
        )
    )
    ends = {(stage, outcome) for _, stage, outcome in rows}
    assert ends >= {
        (stage, outcome) for stage in (1, 2, 3) for outcome in ("agreed", "upheld", "changed")
    }
    assert {thing for thing, _, _ in rows} == set(ChallengedThing)


async def test_every_measure_has_something_to_tell(house: House) -> None:
    manager = await caller(house, Role.early_help_spoc_manager)

    async def read(code: str, by: Breakdown | None = None, year: int = 2018) -> MeasureReading:
        return await house.ask_at_length(
            lambda ask: read_measure(
                ask,
                manager,
                code,
                now=NOW,
                from_on=date(year, 1, 1),
                to_on=date(year + 1, 1, 1),
                by=by,
            )
        )

    for measure in MEASURES.values():
        total = (await read(measure.code)).total
        if measure.standing or measure.code in NEVER_IN_THE_YEAR:
            continue
        assert total.denominator > 0, measure.code
        if measure.code not in ALL_OF_THEM:
            assert 0 < total.numerator < total.denominator, measure.code
    waiting = await read("step_downs_waiting", Breakdown.waits_for, year=2026)
    assert {point.group for point in waiting.points} == {one.value for one in WaitsFor} - {
        WaitsFor.acceptance
    }
    assert waiting.total.numerator >= 5


async def test_the_next_sweep_raises_every_kind_of_flag(
    demonstration: Demonstration, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite3"
    with (
        closing(sqlite3.connect(make_url(demonstration.url).database or "")) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    async with open_house(f"sqlite:///{copy}", FixedClock(NOW), tmp_path) as house:
        await sweep(house)
        rows = await house.ask(
            lambda ask: ask.all(select(FLAG.c.kind).where(FLAG.c.severity == "breach").distinct())
        )
    assert {row[0] for row in rows} >= {*transfers.CLOCKS, *challenges.CLOCKS, *AT_RISK}


async def _lines(house: House, queue: Queue, role: Role) -> set[tuple[NextAction, bool]]:
    """What is to be done in a queue, and whether it is late."""
    who = await caller(house, role)
    lines = await house.ask(lambda ask: read_queue(ask, who, queue, QueueFilters(), limit=100))
    return {
        (line.next_action_on(NOW.date()), bool(line.deadlines) and line.waiting.due_at < NOW)
        for line in lines
    }


async def test_the_desk_of_today_has_every_step_for_children_who_may_be_at_risk(
    house: House,
) -> None:
    assert await _lines(house, Queue.strategy, Role.mash_manager) == {
        (NextAction.call_strategy_meeting, False),
        (NextAction.call_strategy_meeting, True),
        (NextAction.invite_to_strategy_meeting, False),
        (NextAction.hold_strategy_meeting, False),
        (NextAction.hold_strategy_meeting, True),
        (NextAction.conclude_strategy_meeting, False),
        (NextAction.circulate_strategy_minutes, False),
        (NextAction.circulate_strategy_minutes, True),
        (NextAction.see_child, False),
        (NextAction.see_child, True),
        (NextAction.record_enquiry_outcome, False),
        (NextAction.hold_conference, False),
        (NextAction.hold_conference, True),
    }


async def test_the_desk_of_today_has_unborn_children_at_every_week(house: House) -> None:
    assert await _lines(house, Queue.pre_birth, Role.assessment_team_manager) == {
        (NextAction.ask_expected_delivery, True),
        (NextAction.ask_whether_born, True),
        (NextAction.begin_assessment, False),
        (NextAction.begin_assessment, True),
        (NextAction.authorise_assessment, False),
        (NextAction.authorise_assessment, True),
    }


async def test_agencies_were_chased_and_late_answers_wait_to_be_read(house: House) -> None:
    lines = await _lines(house, Queue.information_requests, Role.mash_worker)
    assert {action for action, _ in lines} == {NextAction.answer, NextAction.read_late_answer}
    waits = select(func.count()).where(REQUEST.c.state == InformationRequestState.asked)
    chased = waits.where(REQUEST.c.id.in_(select(CHASER.c.request_id)))
    assert (await house.ask(lambda ask: ask.all(chased)))[0][0] >= 3
    was_read = select(func.count()).where(REQUEST.c.read_at.is_not(None))
    assert (await house.ask(lambda ask: ask.all(was_read)))[0][0] >= 50


async def test_children_are_missing_today_and_interviews_are_owed(house: House) -> None:
    recently = MISSING.c.recorded_at > NOW - timedelta(days=10)
    rows = await house.ask(lambda ask: ask.all(select(MISSING.c.state).where(recently)))
    assert {row[0] for row in rows} == set(MissingState)
    assert [row[0] for row in rows].count(MissingState.missing) == 3


async def test_the_daily_meeting_of_today_is_half_way_and_has_what_was_carried_over_to_it(
    house: House,
) -> None:
    manager = await caller(house, Role.mash_manager)
    agenda = await house.ask(
        lambda ask: read_daily_meeting(
            ask, manager, NOW.date(), now=NOW, policy=house.policy, limit=100
        )
    )
    assert 18 <= len(agenda.items) <= 30
    assert agenda.waiting >= 8
    assert agenda.decided >= 5
    assert {line.item.times_carried for line in agenda.items} == {0, 1, 2}


async def test_one_file_of_the_police_was_loaded_and_one_refused_for_three_faults(
    house: House,
) -> None:
    files = await house.ask(
        lambda ask: ask.all(
            select(IMPORT.c.state, IMPORT.c.notifications_made, IMPORT.c.faults_total).order_by(
                IMPORT.c.id
            )
        )
    )
    assert [tuple(row) for row in files] == [("refused", 0, 3), ("loaded", 4, 0)]
    faults = await house.ask(
        lambda ask: ask.all(select(FAULT.c.row, FAULT.c.column).order_by(FAULT.c.row))
    )
    assert [tuple(row) for row in faults] == [
        (2, "risk"),
        (3, "children_present"),
        (4, "incident_number"),
    ]


async def test_the_police_sent_more_since_and_the_desk_shows_what_nobody_has_read(
    house: House,
) -> None:
    rows = await house.ask(
        lambda ask: ask.all(
            select(
                UPDATE.c.kind, UPDATE.c.risk, UPDATE.c.unread_since, UPDATE.c.reading_words
            ).order_by(UPDATE.c.id)
        )
    )
    assert [(kind, risk, since is None) for kind, risk, since, _ in rows] == [
        ("sent_again", "high", False),
        ("sent_again", "standard", True),
        ("withdrawn", None, False),
    ]
    assert rows[1][3]
    manager = await caller(house, Role.mash_manager)
    lines = await house.ask(
        lambda ask: read_queue(ask, manager, Queue.contacts, QueueFilters(), limit=200)
    )
    actions = Counter(line.next_action_on(NOW.date()) for line in lines)
    assert actions[NextAction.read_police_update] == 2


async def test_children_at_risk_were_looked_after_to_the_end_in_the_year(house: House) -> None:
    in_the_year = datetime(2020, 1, 1, tzinfo=UTC)
    for table, column, finished in (
        (MEETING, MEETING.c.called_at, {MeetingState.minuted}),
        (ENQUIRY, ENQUIRY.c.opened_at, {EnquiryState.ended}),
        (
            ASSESSMENT,
            ASSESSMENT.c.begun_at,
            {AssessmentState.authorised, AssessmentState.ended_unfinished},
        ),
    ):
        rows = await house.ask(
            lambda ask, table=table, column=column: ask.all(
                select(table.c.state, func.count())
                .where(column < in_the_year)
                .group_by(table.c.state)
            )
        )
        counts = {row[0]: row[1] for row in rows}
        assert set(counts) == finished
        # An assessment ends unfinished where a second one was under way as the case closed.
        assert sum(counts.values()) >= 50
    outcomes = await house.ask(lambda ask: ask.all(select(ENQUIRY.c.outcome).distinct()))
    assert {row[0] for row in outcomes} == {*EnquiryOutcome, None}
    conferences = await house.ask(
        lambda ask: ask.all(select(ENQUIRY.c.conference_outcome).distinct())
    )
    assert {row[0] for row in conferences} == {*ConferenceOutcome, None}
    steps = await house.ask(lambda ask: ask.all(select(STEP.c.action).distinct()))
    assert {row[0] for row in steps} == set(AssessmentAction)
    born = select(func.count()).where(PREGNANCY.c.action == PregnancyAction.record_birth)
    assert (await house.ask(lambda ask: ask.all(born)))[0][0] >= 10


async def test_some_families_were_spoken_of_twice_within_a_week(house: House) -> None:
    again = select(DEADLINE.c.started_at).where(DEADLINE.c.kind == "repeat_concern")
    at = [row[0] for row in await house.ask(lambda ask: ask.all(again))]
    assert sum(one < NOW - timedelta(days=60) for one in at) >= 5
    assert sum(one > NOW - timedelta(days=1) for one in at) >= 2


async def test_nothing_that_should_be_impossible_is_on_file(house: House) -> None:
    teams = [team.id for team in house.policy.teams]
    found = await house.ask_at_length(
        lambda ask: impossibilities.count(
            ask, clocks_until_decided=CLOCKS_UNTIL_DECIDED, teams=teams
        )
    )
    assert found == {}


async def test_every_event_of_the_year_names_the_children_whom_it_concerns(house: House) -> None:
    assert await unnamed(house) == []
    kinds = await house.ask(lambda ask: ask.all(select(EVENT.c.type).distinct()))
    # The others happen in the tests of the API, each of which ends with the same question.
    assert len(kinds) > 30


async def test_every_source_and_kind_of_child_occurs(house: House) -> None:
    sources = await house.ask(lambda ask: ask.all(select(CONTACT.c.source_code).distinct()))
    assert {row[0] for row in sources} == set(house.policy.codes.referral_source)
    kinds = await house.ask(lambda ask: ask.all(select(CHILD.c.birth_knowledge).distinct()))
    assert {row[0] for row in kinds} == {"known", "estimated", "not_known", "unborn"}


async def test_nhs_numbers_are_good_and_from_the_range_kept_for_tests(house: House) -> None:
    rows = await house.ask(
        lambda ask: ask.all(
            select(CHILD.c.nhs_number).where(CHILD.c.nhs_number.is_not(None)).distinct()
        )
    )
    assert len(rows) > 500
    assert all(nhs_number(row[0]) == row[0] and row[0].startswith("999") for row in rows)


async def test_an_interrupted_load_leaves_nothing_and_can_be_started_again(
    database_url: str, tmp_path: Path
) -> None:
    class Interrupted(Exception):
        pass

    def interrupt(done: int, of: int) -> None:
        if done > 40:
            raise Interrupted

    async with open_house(database_url, FixedClock(NOW), tmp_path) as house:
        for _ in range(2):
            with pytest.raises(Interrupted):
                await load(house, progress=interrupt)
            assert await house.ask(nothing_on_file)


async def test_it_is_never_loaded_among_other_contacts(database_url: str, tmp_path: Path) -> None:
    new = NewContact(
        concern="A bruise, and a story that does not fit it.",
        source_code="2A",
        channel=Channel.telephone,
        referrer_role="Teacher",
        children=[NewChild(given_name="Ada")],
    )
    async with open_house(database_url, FixedClock(NOW), tmp_path) as house:
        worker = await caller(house, Role.mash_worker)
        await house.perform(lambda work: log_contact(work, worker, new))
        with pytest.raises(NotLoaded, match="contacts in this database already"):
            await load(house, progress=_silent)
        assert await _count(house, CONTACT) == 1


async def test_it_is_loaded_only_where_development_tokens_are_made(
    database_url: str, tmp_path: Path
) -> None:
    settings = load_settings(
        environment="development",
        issuers=(
            IssuerSettings(
                issuer="https://sign-in.example/",
                audience="frontdoor",
                algorithms=("ES256",),
                jwks_url="https://sign-in.example/keys",
                may_assert_roles=frozenset({Role.mash_worker}),
            ),
        ),
        database_url=database_url,
        var_folder=tmp_path,
    )
    house = await House.open(settings, clock=FixedClock(NOW))
    try:
        with pytest.raises(NotLoaded, match="development issuer"):
            await load(house, progress=_silent)
    finally:
        await house.close()


async def test_a_year_that_is_not_over_is_refused(database_url: str, tmp_path: Path) -> None:
    async with open_house(database_url, FixedClock(NOW), tmp_path) as house:
        with pytest.raises(NotLoaded, match="not over"):
            await load(house, progress=_silent, year=2026)


def _silent(done: int, of: int) -> None:
    """Takes no notice of the progress."""


async def _count(house: House, table: object) -> int:
    async def count(ask: Asking) -> int:
        row = await ask.first(select(func.count()).select_from(table))
        assert row is not None
        return int(row[0])

    return await house.ask(count)
