"""What is shown with a line of a queue, and what comes next for it, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from service.domain.contact_kinds import ContactKind
from service.domain.contacts import Channel, ContactState
from service.domain.deadlines import Rating
from service.domain.flags import SubjectKind
from service.domain.queue_lines import (
    OF_HOLDING,
    ChildInLine,
    EnquiryInLine,
    MeetingInLine,
    ShownWithLines,
    line_of,
)
from service.domain.queues import IN_ITS_TURN, NextAction, Queue, RunningClock, Waiting
from service.domain.section_47_enquiries import EnquiryState
from service.domain.strategy_meetings import MeetingChild, MeetingState

NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)
CONTACT, SUBJECT, CHILD, SIBLING, REFERRAL = (UUID(int=number) for number in range(1, 6))
NOTHING = ShownWithLines(
    meetings={},
    enquiries={},
    running={},
    children={
        CONTACT: [ChildInLine(CHILD, "Amara Okafor", 1), ChildInLine(SIBLING, "Unborn child", 0, 3)]
    },
    flags={},
    transfers={},
    challenges={},
    asked=(),
    chasers={},
)
LATER, SOON = (
    RunningClock("triage", NOW + timedelta(hours=4)),
    RunningClock("sign_off", NOW + timedelta(hours=1)),
)
HOLDING = RunningClock(OF_HOLDING, NOW + timedelta(hours=2))
ALLEGED = MeetingChild(
    id=UUID(int=9),
    meeting_id=SUBJECT,
    position=0,
    referral_id=REFERRAL,
    contact_id=CONTACT,
    child_id=CHILD,
    person_id=UUID(int=8),
    in_hospital=False,
    alleged=[],
    enquiry=None,
    enquiry_reason=None,
    medical=None,
    medical_reason=None,
    told=None,
    enquiry_id=None,
)


def _waiting(kind: SubjectKind = SubjectKind.contact, subject_id: UUID = CONTACT) -> Waiting:
    return Waiting(
        subject_kind=kind,
        subject_id=subject_id,
        rank=IN_ITS_TURN,
        due_at=NOW,
        returned=False,
        reference="C-1",
        contact_id=CONTACT,
        child_id=None,
        contact_state=ContactState.in_triage,
        contact_kind=ContactKind.concern,
        channel=Channel.telephone,
        received_at=NOW,
        source_code="6",
        rating=Rating.red,
        town=None,
        immediate_danger=False,
        danger=None,
        team_id="mash",
        worker_id=UUID(int=7),
        worker_name="Ann Archer",
        worker_suspended=False,
        organisation_id=None,
        notification_id=None,
        police_risk=None,
        children_present=None,
        police_risk_now=None,
        police_unread=False,
    )


def test_a_contact_whose_child_may_be_on_file_asks_that_before_a_decision() -> None:
    line = line_of(_waiting(), NOTHING, Queue.contacts)
    assert line.next_action is NextAction.answer_possible_match
    assert (line.possible_matches, line.children) == (1, ["Amara Okafor", "Unborn child"])
    answered = replace(NOTHING, children={CONTACT: [ChildInLine(CHILD, "Amara Okafor", 0)]})
    assert line_of(_waiting(), answered, Queue.contacts).next_action is NextAction.decide


def test_a_line_about_one_child_names_that_child_alone() -> None:
    one = replace(_waiting(SubjectKind.referral, REFERRAL), child_id=SIBLING)
    line = line_of(one, NOTHING, Queue.allocation)
    assert (line.children, line.possible_matches) == (["Unborn child"], 0)


def test_a_decision_to_sign_shows_the_clocks_and_flags_of_its_contact_as_well() -> None:
    shown = replace(
        NOTHING,
        running={CONTACT: [LATER], SUBJECT: [SOON]},
        flags={CONTACT: {"breach": 2}, SUBJECT: {"warning": 1}},
    )
    line = line_of(_waiting(SubjectKind.decision, SUBJECT), shown, Queue.sign_off)
    assert (line.deadlines, line.flags) == ([SOON, LATER], 3)
    assert line.next_action is NextAction.sign_off


@pytest.mark.parametrize(
    ("state", "unanswered", "clocks", "flags", "action"),
    [
        (MeetingState.called, True, [HOLDING], 1, NextAction.invite_to_strategy_meeting),
        (MeetingState.called, False, [HOLDING], 1, NextAction.hold_strategy_meeting),
        (MeetingState.held, False, [], 0, NextAction.conclude_strategy_meeting),
    ],
)
def test_a_meeting_bears_the_clock_of_holding_it_until_it_is_held(
    state: MeetingState,
    unanswered: bool,
    clocks: list[RunningClock],
    flags: int,
    action: NextAction,
) -> None:
    shown = replace(
        NOTHING,
        meetings={SUBJECT: MeetingInLine(state, unanswered, [ALLEGED])},
        running={REFERRAL: [LATER, HOLDING]},
        flags={REFERRAL: {OF_HOLDING: 1, "single_assessment": 5}},
    )
    line = line_of(_waiting(SubjectKind.strategy_meeting, SUBJECT), shown, Queue.strategy)
    assert (line.deadlines, line.flags, line.next_action) == (clocks, flags, action)
    assert line.children == ["Amara Okafor"]


def test_a_child_at_risk_without_a_meeting_waits_for_one_to_be_called() -> None:
    shown = replace(NOTHING, running={REFERRAL: [LATER, HOLDING]})
    one = _waiting(SubjectKind.referral, REFERRAL)
    line = line_of(one, shown, Queue.strategy)
    assert (line.next_action, line.deadlines) == (NextAction.call_strategy_meeting, [HOLDING])
    assert line_of(one, shown, Queue.mine).next_action is NextAction.work_case


def test_an_enquiry_waits_first_of_all_for_the_child_to_be_seen() -> None:
    seeing = RunningClock("child_seen", NOW)
    one = _waiting(SubjectKind.section_47_enquiry, SUBJECT)
    shown = replace(NOTHING, enquiries={SUBJECT: EnquiryInLine(EnquiryState.under_way, False)})
    line = line_of(one, shown, Queue.strategy)
    assert line.next_action is NextAction.record_enquiry_outcome
    seen = line_of(one, replace(shown, running={SUBJECT: [seeing]}), Queue.strategy)
    assert seen.next_action is NextAction.see_child


def test_how_often_an_agency_was_chased_is_said_of_what_agencies_were_asked_alone() -> None:
    one = _waiting(SubjectKind.information_request, SUBJECT)
    asked = line_of(one, replace(NOTHING, asked=(SUBJECT,)), Queue.information_requests)
    assert (asked.chasers, asked.next_action) == (0, NextAction.answer)
    assert line_of(_waiting(), NOTHING, Queue.contacts).chasers is None
