"""Strategy meetings: who must come, what must be decided, and several meetings as one story."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from service.domain.access import Caller, Role, RoleMissing
from service.domain.calendar import london_date
from service.domain.contacts import Channel, Contact
from service.domain.decisions import Outcome, StatutoryBasis
from service.domain.errors import Stale
from service.domain.instants import CLOCK_TOLERANCE
from service.domain.new_contacts import NewChild, NewContact
from service.domain.queues import NextAction, Queue, QueueFilters, QueueItem
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import (
    EnquiryIncomplete,
    EnquiryState,
    Section47Enquiry,
)
from service.domain.states import WrongState
from service.domain.strategy_conclusions import Conclusion
from service.domain.strategy_meetings import (
    Agency,
    Attendance,
    EnquiryDecision,
    Harm,
    InvitationsUnanswered,
    InvitedBecause,
    MedicalDecision,
    MeetingAction,
    MeetingFilters,
    MeetingIncomplete,
    MeetingState,
    MeetingUnderWay,
    MissingPart,
    ProtectionUnderWay,
    StrategyMeeting,
)
from service.domain.transfers import Direction, NotAccountable
from service.usecases import (
    held_strategy_meetings,
    strategy_conclusions,
    strategy_invitations,
    strategy_meetings,
    transfers,
)
from service.usecases.contacts import log_contact, read_contact
from service.usecases.decisions import decide
from service.usecases.flags import sweep
from service.usecases.held_strategy_meetings import Attended
from service.usecases.queues import read_queue
from service.usecases.section_47_enquiries import record_child_seen
from service.usecases.strategy_invitations import AlsoInvited, InvitationAnswer
from service.usecases.strategy_meetings import NewMeetingChild, WholeMeeting
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY_MORNING
from tests.support.houses import caller, open_house
from tests.support.meetings import (
    AMARA,
    UNBORN,
    WHY,
    WORDS,
    Office,
    concluded,
    medical,
    office_in,
    task,
)
from tests.support.protection import seen
from tests.support.situations import new_decision
from tests.support.standing_flags import each_flag
from tests.support.steps import steps_in

TEENAGER = replace(AMARA, given_name="Bo", date_of_birth=date(2011, 5, 1))
TODDLER = replace(AMARA, given_name="Cem", date_of_birth=date(2024, 5, 1))


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    clock = FixedClock(FRIDAY_MORNING)
    async with open_house(database_url, clock, tmp_path) as house:
        yield await office_in(house, clock)


@pytest.fixture
async def rooms(database_url: str, tmp_path: Path) -> AsyncIterator[list[Office]]:
    """Two processes over one database."""
    clock = FixedClock(FRIDAY_MORNING)
    async with AsyncExitStack() as stack:
        yield [
            await office_in(
                await stack.enter_async_context(open_house(database_url, clock, tmp_path / name)),
                clock,
            )
            for name in ("one", "other")
        ]


def lines(whole: WholeMeeting) -> list[tuple[str, str]]:
    return [(one.agency.value, one.because.value) for one in whole.invitations]


def faults(refused: pytest.ExceptionInfo[MeetingIncomplete]) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in refused.value.problems]


async def line_of(office: Office, meeting: StrategyMeeting, agency: Agency) -> Any:
    whole = await office.whole(meeting)
    return next(one for one in whole.invitations if one.agency is agency)


async def answer(office: Office, meeting: StrategyMeeting, *answers: Any, **more: Any) -> Any:
    version = (await office.whole(meeting)).meeting.version
    return await office.do(
        lambda work: strategy_invitations.invite_to_strategy_meeting(
            work, office.worker, meeting.id, version, **{"answers": answers, "others": (), **more}
        )
    )


async def strategy_queue(office: Office) -> list[QueueItem]:
    return await office.house.ask(
        lambda ask: read_queue(
            ask, office.manager, Queue.strategy, QueueFilters(), limit=100, after=None
        )
    )


# ---- Who must be invited -------------------------------------------------------------------------


async def test_social_care_police_health_the_referrer_and_the_school_are_always_proposed(
    office: Office,
) -> None:
    [referral] = await office.referred()
    whole = await office.whole(await office.call(referral))
    assert lines(whole) == [
        ("social_care", "always"),
        ("police", "always"),
        ("health", "always"),
        ("referrer", "told_the_front_door"),
        ("school", "school_age"),
    ]
    social_care, police, health, referrer, school = whole.invitations
    assert (social_care.name, social_care.role) == ("social worker", "Assessment team north")
    assert police.organisation_id == "riverbourne-police"
    assert health.organisation_id is None, "several organisations are health"
    assert (referrer.name, referrer.organisation_id) == ("Priya Shah", None)
    assert school.organisation_id is None
    assert {one.part for one in whole.missing} == set(MissingPart) - {
        MissingPart.attendance,
        MissingPart.medical,
    }


@pytest.mark.parametrize(
    ("contact", "agency", "organisation"),
    [
        ({"source_code": "6"}, Agency.police, "riverbourne-police"),
        ({"source_code": "3A"}, Agency.health, "riverbourne-surgeries"),
        (
            {"source_code": "3F", "sender_organisation_id": "riverbourne-hospital"},
            Agency.health,
            "riverbourne-hospital",
        ),
    ],
    ids=["police", "surgery", "hospital"],
)
async def test_a_referrer_who_is_police_or_health_has_one_line_that_says_so(
    office: Office, contact: dict[str, Any], agency: Agency, organisation: str
) -> None:
    [referral] = await office.referred(TODDLER, **contact)
    whole = await office.whole(await office.call(referral))
    assert sorted(one.agency for one in whole.invitations) == ["health", "police", "social_care"]
    line = await line_of(office, whole.meeting, agency)
    assert (line.because, line.organisation_id, line.name) == (
        InvitedBecause.told_the_front_door,
        organisation,
        "Priya Shah",
    )


async def test_the_referring_school_of_the_child_has_one_line(office: Office) -> None:
    child = replace(AMARA, school="Mill Lane  primary school")
    [referral] = await office.referred(child, sender_organisation_id="mill-lane-primary")
    whole = await office.whole(await office.call(referral))
    assert lines(whole)[3:] == [("school", "told_the_front_door")]
    assert whole.invitations[3].organisation_id == "mill-lane-primary"


async def test_each_school_is_proposed_once_and_a_named_nursery_too(office: Office) -> None:
    children = [
        replace(AMARA, school="Weir Academy"),
        replace(TEENAGER, school="weir academy"),
        replace(TODDLER, school="Little Otters"),
        replace(TODDLER, given_name="Dee"),
    ]
    referrals = await office.referred(*children, source_code="9", referrer_name=None)
    whole = await office.whole(await office.call(*referrals))
    assert lines(whole)[3:] == [("school", "school_age"), ("school", "school_age")]
    assert [(one.organisation_id, one.role) for one in whole.invitations[3:]] == [
        ("weir-academy", None),
        (None, "Little Otters"),
    ]


@pytest.mark.parametrize(
    ("birthday", "invited"),
    [
        (date(2022, 3, 6), True),
        (date(2022, 3, 7), False),
        (date(2008, 3, 7), True),
        (date(2008, 3, 6), False),
    ],
    ids=["four today", "four tomorrow", "eighteen tomorrow", "eighteen today"],
)
async def test_school_age_is_reckoned_by_birthdays_on_the_london_day(
    office: Office, birthday: date, invited: bool
) -> None:
    assert london_date(office.clock.now) == date(2026, 3, 6)
    [referral] = await office.referred(replace(AMARA, date_of_birth=birthday))
    whole = await office.whole(await office.call(referral))
    assert (Agency.school in {one.agency for one in whole.invitations}) is invited


async def test_midwifery_comes_for_the_unborn_and_the_clinician_for_a_child_in_hospital(
    office: Office,
) -> None:
    [unborn] = await office.referred(UNBORN)
    whole = await office.whole(await office.call(unborn))
    assert lines(whole)[4:] == [("midwifery", "unborn")]
    [in_ward] = await office.referred(TODDLER)
    whole = await office.whole(await office.call(in_ward, in_hospital=True))
    assert lines(whole)[4:] == [("hospital_clinician", "in_hospital")]
    [in_emergency] = await office.referred(TODDLER, source_code="3E")
    whole = await office.whole(await office.call(in_emergency))
    assert lines(whole)[2:] == [
        ("health", "told_the_front_door"),
        ("hospital_clinician", "in_hospital"),
    ]
    assert whole.invitations[3].organisation_id == "riverbourne-hospital"


async def test_early_help_that_was_open_until_social_care_took_over_is_proposed_by_name(
    office: Office,
) -> None:
    steps = await steps_in(office.house)
    episode = await steps.child_in_early_help()
    asked = await steps.opened(await steps.step_up(episode))
    moved = await steps.accept(asked, statutory_basis=StatutoryBasis.section_47)
    assert moved.referral_id is not None
    whole = await office.whole(await office.call(await office.referral(moved.referral_id)))
    [line] = [one for one in whole.invitations if one.agency is Agency.early_help]
    assert (line.because, line.name) == (InvitedBecause.early_help_open, "early help worker")
    assert line.role == "Early help single point of contact"


# ---- Calling -------------------------------------------------------------------------------------


async def test_a_meeting_is_called_for_children_for_whom_social_care_answers_alone(
    office: Office,
) -> None:
    [closed] = await office.referred(TODDLER, basis=StatutoryBasis.section_17)
    await office.close(closed)
    with pytest.raises(NotAccountable, match=r"/children/0/referral_id is closed"):
        await office.call(closed)
    steps = await steps_in(office.house)
    going = await steps.child_in_social_care()
    await steps.accept(await steps.opened(await steps.step_down(going)))
    with pytest.raises(NotAccountable, match="handed over to early help"):
        await office.call(going)


async def test_no_child_is_met_about_twice_at_once(office: Office) -> None:
    one, other = await office.referred(AMARA, TEENAGER)
    with pytest.raises(MeetingIncomplete) as twice:
        await office.call(one, other, one)
    assert faults(twice) == [("/children/2/referral_id", "listed_twice")]
    first = await office.call(one)
    with pytest.raises(MeetingUnderWay, match=first.reference) as refused:
        await office.call(other, one)
    assert refused.value.state == "called"
    held = await office.hold(await office.invited(first))
    with pytest.raises(MeetingUnderWay):
        await office.call(one)
    await office.conclude(held)
    assert (await office.call(one, other)).state is MeetingState.called


async def test_a_meeting_is_not_planned_for_before_the_contact_was_received(office: Office) -> None:
    [referral] = await office.referred()
    with pytest.raises(MeetingIncomplete) as refused:
        await office.call(referral, planned_for=FRIDAY_MORNING - timedelta(minutes=1))
    assert faults(refused) == [("/planned_for", "before_contact")]


async def test_only_managers_call_and_early_help_may_not_even_read(office: Office) -> None:
    [referral] = await office.referred()
    children = [NewMeetingChild(referral.id, [Harm.neglect])]
    for who in (office.worker, office.social_worker, office.early_help):
        with pytest.raises(RoleMissing):
            await office.do(
                lambda work, who=who: strategy_meetings.call_strategy_meeting(
                    work, who, FRIDAY_MORNING, children
                )
            )
    meeting = await office.call(referral)
    partner = await caller(
        office.house, Role.partner_system, organisation="riverbourne-police", name="police"
    )
    for who in (office.early_help, partner):
        with pytest.raises(RoleMissing):
            await office.house.ask(
                lambda ask, who=who: strategy_meetings.read_strategy_meeting(ask, who, meeting.id)
            )


async def test_a_meeting_is_moved_and_cancelled_with_a_reason_and_its_clock_goes_on(
    office: Office,
) -> None:
    [referral] = await office.referred()
    meeting = await office.call(referral)
    later = FRIDAY_MORNING + timedelta(hours=5)

    async def move(planned_for: datetime, because: str) -> StrategyMeeting:
        return await office.do(
            lambda work: strategy_meetings.rearrange_strategy_meeting(
                work, office.manager, meeting.id, 1, planned_for=planned_for, because=because
            )
        )

    with pytest.raises(MeetingIncomplete) as refused:
        await move(FRIDAY_MORNING - timedelta(days=1), "n/a")
    assert faults(refused) == [("/because", "boiler_plate"), ("/planned_for", "before_contact")]
    with pytest.raises(MeetingIncomplete) as refused:
        await move(meeting.planned_for, WORDS)
    assert faults(refused) == [("/planned_for", "not_moved")]
    moved = await move(later, "The paediatrician can come at three.")
    assert (moved.planned_for, moved.state, moved.version) == (later, MeetingState.called, 2)

    async def cancel(because: str) -> StrategyMeeting:
        return await office.do(
            lambda work: strategy_meetings.cancel_strategy_meeting(
                work, office.manager, meeting.id, 2, because=because
            )
        )

    with pytest.raises(MeetingIncomplete):
        await cancel("n/a")
    gone = await cancel("The hospital has explained the bruises.")
    assert gone.state is MeetingState.cancelled
    [clock] = await office.clock_on(referral, referral.id, "strategy_meeting")
    assert clock.stopped_at is None, "somebody still has to meet, or to decide anew"
    with pytest.raises(WrongState, match="nothing more"):
        await office.hold(gone)
    whole = await office.whole(meeting)
    assert [(step.action, step.planned_for, step.words) for step in whole.steps] == [
        ("call", meeting.planned_for, None),
        ("rearrange", later, "The paediatrician can come at three."),
        ("cancel", None, "The hospital has explained the bruises."),
    ]
    assert (whole.missing, whole.possible_actions) == ([], ())
    assert (await office.call(referral)).state is MeetingState.called


# ---- Invitations and attendance ------------------------------------------------------------------


async def test_not_inviting_one_takes_a_reason_and_until_then_nobody_came(office: Office) -> None:
    [referral] = await office.referred()
    meeting = await office.call(referral)
    school = await line_of(office, meeting, Agency.school)
    for wrong, code in (
        (InvitationAnswer(school.id, invited=False), "reason_missing"),
        (InvitationAnswer(school.id, invited=False, because="N/A."), "boiler_plate"),
        (InvitationAnswer(school.id, invited=True, because="It knows the child."), "surplus"),
    ):
        with pytest.raises(MeetingIncomplete) as refused:
            await answer(office, meeting, wrong)
        assert faults(refused) == [("/invitations/0/because", code)]
    with pytest.raises(MeetingIncomplete) as refused:
        await answer(
            office,
            meeting,
            InvitationAnswer(uuid4(), invited=True),
            InvitationAnswer(school.id, invited=True, organisation_id="nowhere"),
            InvitationAnswer(school.id, invited=True),
        )
    assert faults(refused) == [
        ("/invitations/0/invitation_id", "invitation_unknown"),
        ("/invitations/1/organisation_id", "organisation_unknown"),
        ("/invitations/2", "listed_twice"),
    ]
    with pytest.raises(MeetingIncomplete) as refused:
        await answer(office, meeting)
    assert faults(refused) == [("", "nothing_said")]
    await answer(
        office, meeting, InvitationAnswer(school.id, invited=False, because="It is half term.")
    )
    with pytest.raises(InvitationsUnanswered, match="social care, police, health, referrer") as no:
        await office.hold(meeting)
    assert no.value.allowed == ("invite", "rearrange", "cancel")
    whole = await office.whole(meeting)
    answers = [
        InvitationAnswer(one.id, invited=True, name="Somebody", role="Somebody who knows")
        for one in whole.invitations
        if one.id != school.id
    ]
    other = AlsoInvited(Agency.other, "riverbourne-homes", role="Housing officer")
    await answer(office, meeting, *answers, others=[other])
    whole = await office.whole(meeting)
    assert [one.name for one in whole.invitations[:4]] == ["Somebody"] * 4
    assert [(one.because, one.invited_at) for one in whole.invitations[5:]] == [
        ("added", FRIDAY_MORNING)
    ]
    with pytest.raises(MeetingIncomplete) as refused:
        await answer(office, meeting, others=[AlsoInvited(Agency.other)])
    assert faults(refused) == [("/others/0", "nobody_named")]
    assert (await office.hold(meeting)).quorate is True


async def test_a_mind_is_changed_about_an_invitation_until_the_meeting_is_held(
    office: Office,
) -> None:
    [referral] = await office.referred()
    meeting = await office.invited(await office.call(referral))
    school = await line_of(office, meeting, Agency.school)
    told = InvitationAnswer(school.id, invited=False, because="The head is accused herself.")
    await answer(office, meeting, told)
    assert (await line_of(office, meeting, Agency.school)).invited_at is None
    await office.hold(meeting)
    with pytest.raises(MeetingIncomplete) as refused:
        await answer(office, meeting, InvitationAnswer(school.id, invited=True))
    assert faults(refused) == [("/invitations/0", "meeting_held")]


async def test_who_came_and_who_sent_what_is_recorded_of_everybody_who_was_invited(
    office: Office,
) -> None:
    [referral] = await office.referred()
    meeting = await office.invited(await office.call(referral))
    social_care, police, health, referrer, school = (await office.whole(meeting)).invitations
    with pytest.raises(MeetingIncomplete) as refused:
        await office.hold(
            meeting,
            FRIDAY_MORNING,
            [
                Attended(social_care.id, Attendance.attended),
                Attended(police.id, Attendance.sent_information),
                Attended(health.id, Attendance.absent, information="She is known to us."),
                Attended(uuid4(), Attendance.attended),
            ],
        )
    assert faults(refused) == [
        ("/attendance/1/information", "information_missing"),
        ("/attendance/2/attendance", "sent_information"),
        ("/attendance/3/invitation_id", "invitation_unknown"),
        ("/attendance", "attendance_missing"),
        ("/attendance", "attendance_missing"),
    ]
    came = [
        Attended(social_care.id, Attendance.attended),
        Attended(police.id, Attendance.sent_information, "Three calls to the address."),
        Attended(health.id, Attendance.attended, name="Dr Ama Boateng"),
        Attended(referrer.id, Attendance.sent_apologies),
        Attended(school.id, Attendance.absent),
    ]
    with pytest.raises(MeetingIncomplete) as refused:
        await office.hold(meeting, FRIDAY_MORNING, came)
    assert faults(refused) == [("/not_quorate_because", "not_quorate")]
    with pytest.raises(MeetingIncomplete) as refused:
        await office.hold(meeting, FRIDAY_MORNING, came, not_quorate_because="n/a")
    assert faults(refused) == [("/not_quorate_because", "boiler_plate")]
    why = "The officer was called to another child and had sent what she knew."
    held = await office.hold(meeting, FRIDAY_MORNING, came, not_quorate_because=why)
    assert (held.quorate, held.not_quorate_because) == (False, why)
    office.clock.forward(hours=1)
    with pytest.raises(MeetingIncomplete) as refused:
        await office.do(
            lambda work: held_strategy_meetings.record_strategy_meeting(
                work,
                office.worker,
                meeting.id,
                held.version,
                held_at=office.clock.now,
                attendance=[],
                not_quorate_because=None,
            )
        )
    assert faults(refused) == [("/held_at", "held_at_settled")]
    again = await office.hold(meeting, None, [Attended(police.id, Attendance.attended)])
    assert (again.quorate, again.not_quorate_because, again.held_at) == (True, None, FRIDAY_MORNING)
    [clock] = await office.clock_on(referral, meeting.id, "strategy_minutes")
    assert clock.started_at == FRIDAY_MORNING
    assert (await line_of(office, meeting, Agency.health)).name == "Dr Ama Boateng"


async def test_a_midwife_and_a_clinician_make_up_for_health(office: Office) -> None:
    [referral] = await office.referred(UNBORN)
    meeting = await office.invited(await office.call(referral))
    health = await line_of(office, meeting, Agency.health)
    came = [
        Attended(one.id, Attendance.attended if one.id != health.id else Attendance.sent_apologies)
        for one in (await office.whole(meeting)).invitations
    ]
    assert (await office.hold(meeting, FRIDAY_MORNING, came)).quorate is True


async def test_who_came_without_being_on_the_list_is_added_and_then_has_to_be_recorded(
    office: Office,
) -> None:
    [referral] = await office.referred()
    meeting = await office.hold(await office.invited(await office.call(referral)))
    await answer(office, meeting, others=[AlsoInvited(Agency.other, role="Grandmother's advocate")])
    whole = await office.whole(meeting)
    assert whole.possible_actions == (MeetingAction.record_attendance, MeetingAction.invite)
    with pytest.raises(MeetingIncomplete) as refused:
        await office.conclude(meeting)
    assert faults(refused) == [("/attendance", "attendance_missing")]
    await office.hold(meeting, None, [Attended(whole.invitations[-1].id, Attendance.attended)])
    assert (await office.conclude(meeting)).state is MeetingState.concluded


async def test_who_was_not_invited_may_have_come_and_is_never_absent(office: Office) -> None:
    [referral] = await office.referred()
    meeting = await office.invited(await office.call(referral))
    school = await line_of(office, meeting, Agency.school)
    await answer(
        office, meeting, InvitationAnswer(school.id, invited=False, because="It is half term.")
    )
    others = [
        Attended(one.id, Attendance.attended)
        for one in (await office.whole(meeting)).invitations
        if one.id != school.id
    ]
    with pytest.raises(MeetingIncomplete) as refused:
        await office.hold(
            meeting, FRIDAY_MORNING, [*others, Attended(school.id, Attendance.absent)]
        )
    assert faults(refused) == [("/attendance/4/attendance", "not_invited")]
    await office.hold(meeting, FRIDAY_MORNING, [*others, Attended(school.id, Attendance.attended)])
    assert (await line_of(office, meeting, Agency.school)).attendance is Attendance.attended


@pytest.mark.parametrize(
    ("held_at", "code"),
    [
        (FRIDAY_MORNING + CLOCK_TOLERANCE + timedelta(seconds=1), "ahead"),
        (FRIDAY_MORNING - timedelta(seconds=1), "before_contact"),
    ],
    ids=["still to come", "before the contact"],
)
async def test_a_meeting_is_not_recorded_before_it_was_held_or_could_be(
    office: Office, held_at: datetime, code: str
) -> None:
    [referral] = await office.referred()
    meeting = await office.invited(await office.call(referral))
    with pytest.raises(MeetingIncomplete) as refused:
        await office.hold(meeting, held_at)
    assert faults(refused) == [("/held_at", code)]


async def test_a_meeting_called_and_recorded_after_it_was_held_is_in_time_by_when_it_was_held(
    office: Office,
) -> None:
    one, other = await office.referred(AMARA, TEENAGER)
    office.clock.forward(days=4)
    held_at = FRIDAY_MORNING + timedelta(hours=2)
    meeting = await office.call(one, other, planned_for=held_at)
    held = await office.hold(await office.invited(meeting), held_at)
    assert held.held_at == held_at < meeting.called_at
    for referral in (one, other):
        [clock] = await office.clock_on(referral, referral.id, "strategy_meeting")
        assert (clock.stopped_at, clock.happened_at) == (office.clock.now, held_at)
        assert clock.happened_at is not None
        assert clock.happened_at <= clock.due_at < office.clock.now
    [minutes] = await office.clock_on(one, meeting.id, "strategy_minutes")
    assert (minutes.started_at, minutes.subject_kind) == (held_at, "strategy_meeting")
    done = await office.minuted(await office.conclude(held), held_at + timedelta(hours=1))
    assert done.state is MeetingState.minuted
    [minutes] = await office.clock_on(one, meeting.id, "strategy_minutes")
    assert minutes.happened_at == held_at + timedelta(hours=1)


# ---- Concluding ----------------------------------------------------------------------------------


async def held_about(
    office: Office, *children: NewChild, alleged: tuple[Harm, ...] = (Harm.injury,)
) -> StrategyMeeting:
    referrals = await office.referred(*children)
    return await office.hold(await office.invited(await office.call(*referrals, alleged=alleged)))


async def test_everything_that_a_conclusion_lacks_is_named_at_once(office: Office) -> None:
    meeting = await held_about(office, AMARA, TEENAGER)
    one, other = (await office.whole(meeting)).children
    with pytest.raises(MeetingIncomplete) as refused:
        await office.conclude(meeting, Conclusion())
    assert faults(refused) == [
        ("/children", "child_missing"),
        ("/children", "child_missing"),
        ("/actions", "actions_missing"),
    ]
    with pytest.raises(MeetingIncomplete) as refused:
        await office.conclude(
            meeting,
            Conclusion(
                [
                    replace(concluded(one.person_id), enquiry=None, enquiry_reason=None, told=None),
                    concluded(uuid4(), **medical()),
                    concluded(one.person_id, **medical()),
                    replace(concluded(one.person_id), person_id=None),
                ],
                [
                    task(FRIDAY_MORNING, what=None, owner=None, due_at=None),
                    task(FRIDAY_MORNING, what="n/a", due_at=FRIDAY_MORNING - timedelta(minutes=1)),
                ],
            ),
        )
    assert faults(refused) == [
        ("/children/0/enquiry", "enquiry_missing"),
        ("/children/0/enquiry_reason", "enquiry_reason_missing"),
        ("/children/0/medical", "medical_decision_missing"),
        ("/children/0/medical_reason", "medical_reason_missing"),
        ("/children/0/told", "told_missing"),
        ("/children/1", "not_at_this_meeting"),
        ("/children/2", "listed_twice"),
        ("/children/3", "missing"),
        ("/children", "child_missing"),
        ("/actions/0/what", "what_missing"),
        ("/actions/0/owner", "owner_missing"),
        ("/actions/0/due_at", "due_at_missing"),
        ("/actions/1/what", "boiler_plate"),
        ("/actions/1/due_at", "due_before_meeting"),
    ]
    assert (await office.whole(meeting)).meeting.state is MeetingState.held
    assert await office.enquiry(await office.referral(other.referral_id)) is None


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"enquiry": None}, "enquiry", "enquiry_missing"),
        ({"enquiry_reason": None}, "enquiry_reason", "enquiry_reason_missing"),
        ({"enquiry_reason": "She is afraid."}, "enquiry_reason", "too_short"),
        ({"enquiry_reason": "n/a"}, "enquiry_reason", "boiler_plate"),
        ({"medical": None}, "medical", "medical_decision_missing"),
        ({"medical_reason": None}, "medical_reason", "medical_reason_missing"),
        ({"medical_reason": "n/a"}, "medical_reason", "boiler_plate"),
        ({"told": None}, "told", "told_missing"),
        ({"told": "None."}, "told", "boiler_plate"),
        ({"alleged": [Harm.neglect]}, "alleged", "alleged_before"),
        ({"enquiry": EnquiryDecision.continues}, "enquiry", "no_enquiry_under_way"),
    ],
    ids=[
        "no decision",
        "no reason",
        "short reason",
        "stock reason",
        "no medical",
        "no medical reason",
        "stock medical reason",
        "child told nothing",
        "stock words for the child",
        "an allegation taken back",
        "nothing to go on with",
    ],
)
async def test_each_required_part_of_a_conclusion_is_refused_by_name(
    office: Office, changes: dict[str, Any], pointer: str, code: str
) -> None:
    meeting = await held_about(office)
    if code == "medical_decision_missing":
        changes = {**changes, "medical_reason": "The bruises are old."}
    with pytest.raises(MeetingIncomplete) as refused:
        await office.conclude(meeting, **(medical() | changes))
    assert (f"/children/0/{pointer}", code) in faults(refused)
    assert len({where for where, _ in faults(refused)}) == 1


@pytest.mark.parametrize("harm", [Harm.injury, Harm.sexual_abuse])
async def test_a_medical_is_decided_when_it_was_alleged_now_or_at_any_earlier_meeting(
    office: Office, harm: Harm
) -> None:
    [referral] = await office.referred()
    first = await office.met(referral, alleged=[harm], **medical())
    office.clock.forward(days=3)
    second = await office.hold(await office.invited(await office.call(referral)))
    parts = {one.part for one in (await office.whole(second)).missing}
    assert MissingPart.medical in parts
    with pytest.raises(MeetingIncomplete) as refused:
        await office.conclude(second, enquiry=EnquiryDecision.continues)
    assert faults(refused) == [
        ("/children/0/medical", "medical_decision_missing"),
        ("/children/0/medical_reason", "medical_reason_missing"),
    ]
    with pytest.raises(MeetingIncomplete) as refused:
        await office.conclude(second, alleged=[Harm.neglect], **medical())
    assert faults(refused) == [("/children/0/alleged", "alleged_before")]
    done = await office.conclude(
        second,
        enquiry=EnquiryDecision.continues,
        **medical(MedicalDecision.took_place),
    )
    whole = await office.whole(done)
    assert set(whole.children[0].alleged) == {harm, Harm.neglect}
    assert [one.id for one in whole.others] == [first.id]


async def test_a_reason_for_a_medical_without_a_decision_on_it_is_refused_whatever_is_alleged(
    office: Office,
) -> None:
    meeting = await held_about(office, alleged=(Harm.neglect,))
    with pytest.raises(MeetingIncomplete) as refused:
        await office.conclude(meeting, medical_reason="The paediatrician sees the child today.")
    assert faults(refused) == [("/children/0/medical", "missing")]
    with pytest.raises(MeetingIncomplete) as refused:
        await office.conclude(meeting, medical=MedicalDecision.will_take_place)
    assert faults(refused) == [("/children/0/medical_reason", "medical_reason_missing")]


async def test_what_happens_next_may_be_due_as_the_meeting_is_held_and_no_earlier(
    office: Office,
) -> None:
    """What is done on the spot is on the list, too."""
    meeting = await held_about(office, alleged=(Harm.neglect,))
    assert meeting.held_at is not None
    [child] = (await office.whole(meeting)).children
    for early, accepted in ((timedelta(microseconds=1), False), (timedelta(), True)):
        told = Conclusion(
            [concluded(child.person_id)], [task(FRIDAY_MORNING, due_at=meeting.held_at - early)]
        )
        if accepted:
            assert (await office.conclude(meeting, told)).state is MeetingState.concluded
        else:
            with pytest.raises(MeetingIncomplete) as refused:
                await office.conclude(meeting, told)
            assert faults(refused) == [("/actions/0/due_at", "due_before_meeting")]


async def test_a_meeting_held_as_the_enquiry_began_lets_it_go_on_and_one_before_says_nothing(
    office: Office,
) -> None:
    [referral] = await office.referred()
    office.clock.forward(hours=2)
    began_at = office.clock.now
    await office.met(referral)
    with pytest.raises(MeetingIncomplete) as refused:
        await office.met(referral, held_at=began_at - timedelta(microseconds=1))
    assert faults(refused) == [("/children/0/enquiry", "held_before_enquiry_began")]
    enquiry = await office.enquiry(referral)
    assert enquiry is not None
    [waiting] = [
        one
        for one in await office.house.ask(
            lambda ask: strategy_meetings.list_strategy_meetings(
                ask, office.manager, MeetingFilters(), limit=10
            )
        )
        if one.meeting.state is MeetingState.held
    ]
    await office.conclude(waiting.meeting, enquiry=EnquiryDecision.continues)
    await office.met(referral, held_at=began_at)
    assert await office.enquiry(referral) == enquiry


async def test_no_medical_need_be_decided_when_neither_is_alleged_and_one_may_be(
    office: Office,
) -> None:
    [referral] = await office.referred()
    plain = await office.met(referral, enquiry=EnquiryDecision.none)
    assert plain.state is MeetingState.concluded
    [other] = await office.referred(TODDLER)
    await office.met(other, enquiry=EnquiryDecision.none, **medical())


async def test_an_enquiry_begins_with_its_assessment_and_clocks_from_when_the_meeting_was_held(
    office: Office,
) -> None:
    [referral] = await office.referred(basis=StatutoryBasis.section_17)
    held_at = office.clock.now
    office.clock.forward(hours=20)
    meeting = await office.met(referral, held_at=held_at)
    enquiry = await office.enquiry(referral)
    assert enquiry is not None
    assert (enquiry.meeting_id, enquiry.began_at, enquiry.kind) == (meeting.id, held_at, "joint")
    whole = await office.whole(meeting)
    assert whole.children[0].enquiry_id == enquiry.id
    assert (await office.referral(referral.id)).statutory_basis is StatutoryBasis.section_47
    started = {one.kind: one.started_at for one in whole.deadlines}
    assert started == {
        "strategy_minutes": held_at,
        "child_seen": held_at,
        "initial_child_protection_conference": held_at,
    }
    assert [(one.what, one.owner) for one in whole.meeting.actions] == [
        ("Visit the child at home.", "Jo Mensah")
    ]


async def test_a_referral_under_section_47_without_a_worker_is_to_be_allocated_the_same_day(
    office: Office,
) -> None:
    """From when it is one: at once, or by what a meeting decided about it."""
    [at_once] = await office.referred(allocated=False)
    [later] = await office.referred(TODDLER, basis=StatutoryBasis.section_17, allocated=False)
    [held] = await office.referred(TEENAGER, basis=StatutoryBasis.section_17)

    async def clocks(referral: Referral) -> list[datetime]:
        found = await office.clock_on(referral, referral.id, "section_47_allocation")
        return [one.due_at for one in found if one.stopped_at is None]

    end_of_day = office.clock.now.replace(hour=23, minute=59, second=59)
    assert await clocks(at_once) == [end_of_day]
    assert await clocks(later) == await clocks(held) == []
    office.clock.forward(days=1)
    await office.met(later)
    await office.met(held)
    assert await clocks(later) == [end_of_day + timedelta(days=1)]
    assert await clocks(held) == []
    await office.allocated(await office.referral(later.id))
    assert await clocks(later) == []


async def test_siblings_at_one_meeting_may_part_ways(office: Office) -> None:
    meeting = await held_about(office, AMARA, TEENAGER, UNBORN, alleged=(Harm.neglect,))
    one, other, unborn = (await office.whole(meeting)).children
    await office.conclude(
        meeting,
        Conclusion(
            [
                concluded(unborn.person_id, enquiry=EnquiryDecision.single_agency),
                concluded(one.person_id, alleged=[Harm.neglect, Harm.injury], **medical()),
                replace(
                    concluded(other.person_id, enquiry=EnquiryDecision.none),
                    person_id=None,
                    referral_id=other.referral_id,
                ),
            ],
            [task(FRIDAY_MORNING)],
        ),
    )
    whole = await office.whole(meeting)
    assert [child.enquiry for child in whole.children] == ["joint", "none", "single_agency"]
    assert whole.children[0].alleged == ["injury", "neglect"]
    assert [child.enquiry_id is not None for child in whole.children] == [True, False, True]
    assert whole.possible_actions == (MeetingAction.circulate_minutes,)
    assert [one.part for one in whole.missing] == [MissingPart.minutes]
    begun = await office.enquiry(await office.referral(one.referral_id))
    assert begun is not None
    assert begun.person_id == one.person_id


async def test_several_meetings_are_one_story_and_the_one_that_began_it_dates_the_conference(
    office: Office,
) -> None:
    [referral] = await office.referred()
    first = await office.met(referral, enquiry=EnquiryDecision.single_agency)
    enquiry = await office.enquiry(referral)
    assert enquiry is not None

    async def conference() -> list[datetime]:
        found = await office.clock_on(referral, enquiry.id, "initial_child_protection_conference")
        return [one.started_at for one in found if one.stopped_at is None]

    office.clock.forward(days=3)
    second = await office.met(referral, enquiry=EnquiryDecision.continues)
    assert await conference() == [FRIDAY_MORNING]
    office.clock.forward(days=2)
    third = await office.met(referral, enquiry=EnquiryDecision.joint)
    assert await conference() == [FRIDAY_MORNING]
    again = await office.enquiry(referral)
    assert again is not None
    assert (again.id, again.meeting_id, again.kind) == (enquiry.id, first.id, "joint")
    seen = await office.clock_on(referral, enquiry.id, "child_seen")
    assert [one.started_at for one in seen] == [FRIDAY_MORNING]
    # One that was held in between and is recorded last moves nothing back.
    office.clock.forward(days=1)
    between = FRIDAY_MORNING + timedelta(days=4)
    late = await office.call(referral, planned_for=between)
    late = await office.hold(await office.invited(late), between)
    # What the police have part in stays so.
    with pytest.raises(MeetingIncomplete) as refused:
        await office.conclude(late, enquiry=EnquiryDecision.single_agency)
    assert faults(refused) == [("/children/0/enquiry", "enquiry_is_joint")]
    with pytest.raises(MeetingIncomplete) as refused:
        await office.conclude(late, enquiry=EnquiryDecision.none)
    assert faults(refused) == [("/children/0/enquiry", "enquiry_under_way")]
    await office.conclude(late, enquiry=EnquiryDecision.continues)
    assert await conference() == [FRIDAY_MORNING]
    whole = await office.whole(first)
    assert [one.id for one in whole.others] == [second.id, late.id, third.id]
    assert [one.children[0].enquiry for one in whole.others] == [
        "continues",
        "continues",
        "joint",
    ]


async def test_nothing_is_done_out_of_order(office: Office) -> None:
    [referral] = await office.referred()
    called = await office.call(referral)
    with pytest.raises(WrongState, match="conclude is not possible now"):
        await office.conclude(called)
    with pytest.raises(WrongState, match="circulate minutes is not possible"):
        await office.minuted(called)
    held = await office.hold(await office.invited(called))
    with pytest.raises(WrongState, match="Possible now"):
        await office.minuted(held)
    with pytest.raises(WrongState):
        await office.do(
            lambda work: strategy_meetings.cancel_strategy_meeting(
                work, office.manager, held.id, held.version, because=WORDS
            )
        )
    office.clock.forward(hours=2)
    done = await office.conclude(held)
    with pytest.raises(WrongState):
        await office.conclude(done)
    with pytest.raises(WrongState):
        await office.hold(done)
    for at, code in (
        (FRIDAY_MORNING - timedelta(minutes=1), "before_meeting"),
        (office.clock.now + CLOCK_TOLERANCE + timedelta(seconds=1), "ahead"),
    ):
        with pytest.raises(MeetingIncomplete) as refused:
            await office.minuted(done, at)
        assert faults(refused) == [("/circulated_at", code)]
    minuted = await office.minuted(done)
    assert (minuted.minutes_circulated_at, minuted.state) == (office.clock.now, "minuted")
    with pytest.raises(WrongState, match="nothing more"):
        await office.minuted(minuted)


async def test_a_child_does_not_leave_social_care_while_a_meeting_or_an_enquiry_is_unfinished(
    office: Office,
) -> None:
    [referral] = await office.referred()
    called = await office.call(referral)
    plan = (await steps_in(office.house)).step_down
    anew = new_decision(
        office.house,
        referral.child_id,
        Outcome.referral,
        supersedes_id=referral.decision_id,
        supersedes_because="The school has told more.",
        statutory_basis=StatutoryBasis.section_17,
        history_considered="This is the first contact about the child.",
        last_closed_because="It is still open.",
    )

    draft = await office.do(lambda work: decide(work, office.worker, referral.contact_id, anew))

    async def nothing_moves() -> None:
        with pytest.raises(ProtectionUnderWay):
            await office.close(referral)
        with pytest.raises(ProtectionUnderWay):
            await plan(await office.referral(referral.id))
        with pytest.raises(ProtectionUnderWay):
            await office.signed(draft)

    await nothing_moves()
    held = await office.hold(await office.invited(called))
    await nothing_moves()
    await office.conclude(held, enquiry=EnquiryDecision.none)
    asked = await plan(await office.referral(referral.id))
    await office.do(
        lambda work: transfers.withdraw_transfer(
            work, office.assessment, asked.id, asked.version, words=WORDS
        )
    )
    assert asked.direction is Direction.step_down
    await office.met(referral)
    await nothing_moves()


async def test_a_child_does_not_leave_social_care_while_a_meeting_is_owed_that_nobody_held(
    office: Office,
) -> None:
    [referral] = await office.referred()
    plan = (await steps_in(office.house)).step_down

    async def nothing_moves() -> None:
        with pytest.raises(ProtectionUnderWay, match="is owed"):
            await office.close(referral)
        with pytest.raises(ProtectionUnderWay, match="is owed"):
            await plan(await office.referral(referral.id))

    await nothing_moves()
    called = await office.call(referral)
    await office.do(
        lambda work: strategy_meetings.cancel_strategy_meeting(
            work, office.manager, called.id, called.version, because=WORDS
        )
    )
    await nothing_moves()
    await office.met(referral, enquiry=EnquiryDecision.none)
    assert (await office.close(referral)).closed_at is not None


async def test_a_step_down_asked_for_before_the_concern_is_not_accepted_while_a_meeting_is_owed(
    office: Office,
) -> None:
    [referral] = await office.referred(basis=StatutoryBasis.section_17)
    steps = await steps_in(office.house)
    asked = await steps.opened(await steps.step_down(await office.referral(referral.id)))
    await told_again(office, referral)
    with pytest.raises(ProtectionUnderWay, match="is owed"):
        await steps.accept(asked)


async def told_again(office: Office, referral: Referral) -> Contact:
    """A new contact about the child, whose decision says that section 47 may be met."""
    new = NewContact(
        concern="The bruise is on the other arm now, and Amara says who did it.",
        source_code="1A",
        channel=Channel.telephone,
        children=[replace(AMARA, person_id=referral.person_id)],
        referrer_name="Jo Mensah",
    )
    file = await office.do(lambda work: log_contact(work, office.worker, new))
    decision = new_decision(
        office.house,
        file.children[0].id,
        Outcome.referral,
        statutory_basis=StatutoryBasis.section_47,
        history_considered="One contact, which led to the open referral.",
        last_closed_because="It is still open.",
    )
    await office.decided(file.contact.id, decision)
    return file.contact


async def test_what_was_told_after_a_meeting_still_waits_for_one_however_late_it_is_recorded(
    office: Office,
) -> None:
    [referral] = await office.referred()
    called = await office.invited(await office.call(referral))
    office.clock.now = FRIDAY_MORNING + timedelta(hours=2)
    await told_again(office, referral)
    office.clock.now = FRIDAY_MORNING + timedelta(hours=3)
    held_at = FRIDAY_MORNING + timedelta(hours=1)
    held = await office.hold(called, held_at)
    first, since = await office.clock_on(referral, referral.id, "strategy_meeting")
    assert (first.stopped_because, first.happened_at) == ("held", held_at)
    assert (since.started_at, since.stopped_at) == (FRIDAY_MORNING + timedelta(hours=2), None)
    await office.conclude(held, enquiry=EnquiryDecision.none)
    waiting = [(one.waiting.subject_id, one.next_action) for one in await strategy_queue(office)]
    assert (referral.id, NextAction.call_strategy_meeting) in waiting


async def test_a_meeting_of_long_ago_does_not_answer_a_concern_told_since(office: Office) -> None:
    [referral] = await office.referred(basis=StatutoryBasis.section_17)
    office.clock.now = FRIDAY_MORNING + timedelta(days=28)
    await told_again(office, referral)
    await office.met(
        referral, held_at=FRIDAY_MORNING + timedelta(days=7), enquiry=EnquiryDecision.none
    )
    [clock] = await office.clock_on(referral, referral.id, "strategy_meeting")
    assert (clock.started_at, clock.stopped_at) == (office.clock.now, None)
    await office.met(referral, enquiry=EnquiryDecision.none)
    [clock] = await office.clock_on(referral, referral.id, "strategy_meeting")
    assert clock.stopped_because == "held"


async def test_a_child_is_seen_after_the_concern_and_not_in_the_months_before_it(
    office: Office,
) -> None:
    [referral] = await office.referred(basis=StatutoryBasis.section_17)
    office.clock.now = concern = FRIDAY_MORNING + timedelta(days=28)
    await told_again(office, referral)
    office.clock.now = concern + timedelta(hours=2)
    await office.met(referral)
    enquiry = await office.enquiry(referral)
    assert enquiry is not None

    async def visited(at: datetime) -> Section47Enquiry:
        return await office.do(
            lambda work: record_child_seen(work, office.social_worker, enquiry.id, 1, seen(at))
        )

    with pytest.raises(EnquiryIncomplete) as refused:
        await visited(concern - timedelta(days=20))
    assert [one.code for one in refused.value.problems] == ["time_not_possible"]
    assert (await visited(concern + timedelta(hours=1))).seen_alone


async def test_early_help_sees_neither_clock_nor_flag_of_what_social_care_looks_into(
    office: Office,
) -> None:
    steps = await steps_in(office.house)
    asked = await steps.opened(await steps.step_up(await steps.child_in_early_help()))
    moved = await steps.accept(asked, statutory_basis=StatutoryBasis.section_47)
    office.clock.now += timedelta(days=2)
    await sweep(office.house)

    async def kinds(who: Caller) -> tuple[set[str], set[str]]:
        file = await office.house.ask(lambda ask: read_contact(ask, who, moved.contact_id))
        flags = await each_flag(office.house, who)
        return {one.kind for one in file.deadlines}, {one.kind for one in flags}

    for shown in await kinds(office.assessment):
        assert "strategy_meeting" in shown
    clocks, flags = await kinds(office.early_help)
    assert "step_up_answered" in clocks
    secret = {"strategy_meeting", "single_assessment", "allocation"}
    assert (clocks & secret, flags & secret) == (set(), set())


# ---- At the same moment --------------------------------------------------------------------------


async def test_of_two_managers_who_conclude_at_once_one_wins(rooms: list[Office]) -> None:
    office = rooms[0]
    [referral] = await office.referred()
    held = await office.hold(await office.invited(await office.call(referral)))
    told = Conclusion([concluded(referral.person_id)], [task(FRIDAY_MORNING)])
    outcomes = await asyncio.gather(
        *(
            one.do(
                lambda work, who=who: strategy_conclusions.conclude_strategy_meeting(
                    work, who, held.id, held.version, told
                )
            )
            for one, who in zip(rooms, (office.manager, office.assessment), strict=True)
        ),
        return_exceptions=True,
    )
    won = [one for one in outcomes if isinstance(one, StrategyMeeting)]
    lost = [one for one in outcomes if isinstance(one, WrongState)]
    assert (len(won), len(lost)) == (1, 1), outcomes
    assert (lost[0].state, lost[0].allowed) == ("concluded", ("circulate_minutes",))
    assert (await office.whole(held)).meeting == won[0]
    assert len(await office.clock_on(referral, held.id, "strategy_minutes")) == 1


async def test_a_meeting_called_while_the_referral_closes_has_one_winner(
    rooms: list[Office],
) -> None:
    office, other = rooms
    for child in (AMARA, TEENAGER, TODDLER):
        [referral] = await office.referred(child, basis=StatutoryBasis.section_17)
        called, closed = await asyncio.gather(
            office.call(referral), other.close(referral), return_exceptions=True
        )
        if isinstance(called, StrategyMeeting):
            assert isinstance(closed, ProtectionUnderWay), closed
        else:
            assert isinstance(called, NotAccountable), called
            assert not isinstance(closed, BaseException), closed


async def test_two_who_call_at_once_call_one_meeting(rooms: list[Office]) -> None:
    one, other = await rooms[0].referred(AMARA, TEENAGER)
    outcomes = await asyncio.gather(
        rooms[0].call(one, other), rooms[1].call(other, one), return_exceptions=True
    )
    kinds = sorted(type(outcome).__name__ for outcome in outcomes)
    assert kinds == ["MeetingUnderWay", "StrategyMeeting"], outcomes


async def test_who_changes_what_has_changed_meanwhile_is_told_so(office: Office) -> None:
    [referral] = await office.referred()
    meeting = await office.call(referral)
    await office.invited(meeting)
    with pytest.raises(Stale):
        await office.do(
            lambda work: strategy_meetings.cancel_strategy_meeting(
                work, office.manager, meeting.id, meeting.version, because=WORDS
            )
        )


# ---- Lists and the queue -------------------------------------------------------------------------


async def test_meetings_are_listed_newest_first_and_narrowed(office: Office) -> None:
    one, other = await office.referred(AMARA, TEENAGER)
    [alone] = await office.referred(TODDLER)
    first = await office.met(one, other)
    office.clock.forward(minutes=1)
    second = await office.call(alone)

    async def listed(**filters: Any) -> list[Any]:
        found = await office.house.ask(
            lambda ask: strategy_meetings.list_strategy_meetings(
                ask, office.social_worker, MeetingFilters(**filters), limit=10
            )
        )
        return [one.meeting.id for one in found]

    assert await listed() == [second.id, first.id]
    assert await listed(states=[MeetingState.called]) == [second.id]
    assert await listed(person_id=other.person_id) == [first.id]
    assert await listed(referral_id=alone.id) == [second.id]
    assert await listed(contact_id=one.contact_id) == [first.id]
    assert await listed(contact_id=one.contact_id, person_id=alone.person_id) == []
    [called, done] = await office.house.ask(
        lambda ask: strategy_meetings.list_strategy_meetings(
            ask, office.manager, MeetingFilters(), limit=10
        )
    )
    [holding] = await office.clock_on(alone, alone.id, "strategy_meeting")
    [minutes] = await office.clock_on(one, first.id, "strategy_minutes")
    assert (called.due_at, done.due_at) == (holding.due_at, minutes.due_at)
    assert [child.person_id for child in done.children] == [one.person_id, other.person_id]


async def test_the_queue_leads_from_the_signed_decision_to_the_conference(office: Office) -> None:
    one, other = await office.referred(AMARA, TEENAGER)
    await office.referred(TODDLER, basis=StatutoryBasis.section_17)

    async def shown() -> list[tuple[str, str, list[str]]]:
        return [
            (item.waiting.subject_kind.value, item.next_action.value, list(item.children))
            for item in await strategy_queue(office)
        ]

    both = ["Amara Okafor", "Bo Okafor"]
    assert sorted(await shown()) == [
        ("referral", "call_strategy_meeting", ["Amara Okafor"]),
        ("referral", "call_strategy_meeting", ["Bo Okafor"]),
    ]
    [line, _] = await strategy_queue(office)
    assert [clock.kind for clock in line.deadlines] == ["strategy_meeting"]
    assert line.waiting.due_at == line.deadlines[0].due_at
    assert (line.waiting.team_id, line.waiting.worker_name) == ("assessment-north", "social worker")
    meeting = await office.call(one, other)
    assert await shown() == [("strategy_meeting", "invite_to_strategy_meeting", both)]
    [line] = await strategy_queue(office)
    assert [clock.kind for clock in line.deadlines] == ["strategy_meeting", "strategy_meeting"]
    assert line.waiting.due_at == line.deadlines[0].due_at
    assert line.waiting.worker_name == "social worker"
    await office.invited(meeting)
    assert await shown() == [("strategy_meeting", "hold_strategy_meeting", both)]
    held = await office.hold(meeting)
    assert await shown() == [("strategy_meeting", "conclude_strategy_meeting", both)]
    [line] = await strategy_queue(office)
    assert [clock.kind for clock in line.deadlines] == ["strategy_minutes"]
    await office.conclude(
        held,
        Conclusion(
            [
                concluded(one.person_id),
                concluded(other.person_id, enquiry=EnquiryDecision.none),
            ],
            [task(FRIDAY_MORNING)],
        ),
    )
    # The child is to be seen by Saturday, the minutes circulated by Monday.
    assert await shown() == [
        ("section_47_enquiry", "see_child", ["Amara Okafor"]),
        ("strategy_meeting", "circulate_strategy_minutes", both),
    ]
    await office.minuted(held)
    [line] = await strategy_queue(office)
    enquiry = await office.enquiry(one)
    assert enquiry is not None
    assert line.waiting.reference == enquiry.reference
    assert {clock.kind for clock in line.deadlines} == {
        "child_seen",
        "initial_child_protection_conference",
    }
    assert enquiry.state is EnquiryState.under_way


async def test_an_unborn_child_is_not_to_be_seen_before_the_outcome(office: Office) -> None:
    [unborn] = await office.referred(UNBORN)
    await office.minuted(await office.met(unborn))
    [line] = await strategy_queue(office)
    assert line.next_action is NextAction.record_enquiry_outcome
    assert line.children == ["Okafor"]


async def test_a_cancelled_meeting_is_to_be_called_again_while_its_clock_runs(
    office: Office,
) -> None:
    [referral] = await office.referred()
    meeting = await office.call(referral)
    await office.do(
        lambda work: strategy_meetings.cancel_strategy_meeting(
            work, office.manager, meeting.id, 1, because=WHY
        )
    )
    [line] = await strategy_queue(office)
    assert (line.waiting.subject_id, line.next_action) == (
        referral.id,
        NextAction.call_strategy_meeting,
    )
