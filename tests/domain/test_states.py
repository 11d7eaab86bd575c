"""State tables: every state is reached and left, and nothing but the table is possible."""

import re
from typing import Any

import pytest

from service.domain.assessments import ASSESSMENT, AssessmentAction, AssessmentState
from service.domain.challenges import CHALLENGE, ChallengeAction, ChallengeState
from service.domain.contacts import (
    CHILD,
    CONTACT,
    ChildAction,
    ChildState,
    ContactAction,
    ContactState,
)
from service.domain.daily_meetings import (
    DAILY_MEETING,
    ITEM,
    DailyMeetingAction,
    DailyMeetingState,
    ItemAction,
    ItemState,
)
from service.domain.decisions import DECISION, DecisionAction, DecisionState
from service.domain.emergency_acts import (
    EMERGENCY_ACT,
    EmergencyActAction,
    EmergencyActState,
)
from service.domain.errors import Conflict
from service.domain.information_requests import (
    INFORMATION_REQUEST,
    InformationRequestAction,
    InformationRequestState,
)
from service.domain.missing_episodes import MISSING_EPISODE, MissingAction, MissingState
from service.domain.passed_concerns import (
    PASSED_CONCERN,
    PassedConcernAction,
    PassedConcernState,
)
from service.domain.police_notifications import NOTIFICATION_IMPORT, ImportAction, ImportState
from service.domain.pregnancies import PREGNANCY, PregnancyAction, PregnancyState
from service.domain.referrals import CASE, CaseAction, CaseState
from service.domain.section_47_enquiries import (
    SECTION_47_ENQUIRY,
    EnquiryAction,
    EnquiryState,
)
from service.domain.states import StateTable, WrongState
from service.domain.strategy_meetings import STRATEGY_MEETING, MeetingAction, MeetingState
from service.domain.transfers import TRANSFER, TransferAction, TransferState

TABLES: list[tuple[StateTable[Any, Any], Any, Any]] = [
    (CONTACT, ContactState, ContactAction),
    (CHILD, ChildState, ChildAction),
    (DECISION, DecisionState, DecisionAction),
    (INFORMATION_REQUEST, InformationRequestState, InformationRequestAction),
    (CASE, CaseState, CaseAction),
    # Asking, raising and calling are how these begin, and no move of what is there.
    (TRANSFER, TransferState, set(TransferAction) - {TransferAction.request}),
    (ITEM, ItemState, ItemAction),
    (DAILY_MEETING, DailyMeetingState, DailyMeetingAction),
    (NOTIFICATION_IMPORT, ImportState, ImportAction),
    (CHALLENGE, ChallengeState, set(ChallengeAction) - {ChallengeAction.raise_}),
    (STRATEGY_MEETING, MeetingState, set(MeetingAction) - {MeetingAction.call}),
    # A release before 0.4.0 began an enquiry anew; that stands in histories, and is done no more.
    (
        SECTION_47_ENQUIRY,
        EnquiryState,
        set(EnquiryAction) - {EnquiryAction.begin, EnquiryAction.begin_again},
    ),
    (ASSESSMENT, AssessmentState, AssessmentAction),
    (MISSING_EPISODE, MissingState, set(MissingAction) - {MissingAction.report}),
    (PASSED_CONCERN, PassedConcernState, set(PassedConcernAction)),
    (EMERGENCY_ACT, EmergencyActState, set(EmergencyActAction)),
    # A contact that is put right is no move of the pregnancy.
    (PREGNANCY, PregnancyState, set(PregnancyAction) - {PregnancyAction.correct}),
]
each = pytest.mark.parametrize(
    ("table", "states", "actions"), TABLES, ids=[table.noun for table, _, _ in TABLES]
)


def reached(table: StateTable[Any, Any], start: Any) -> set[Any]:
    found, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        for (state, _), end in table.moves.items():
            if state == here and end not in found:
                found.add(end)
                waiting.append(end)
    return found


@each
def test_every_state_can_be_reached(table: Any, states: Any, actions: Any) -> None:
    assert reached(table, table.start) == set(states)


@each
def test_every_state_that_is_not_the_end_leads_to_one(
    table: Any, states: Any, actions: Any
) -> None:
    assert table.final, "a life without an end"
    for state in states:
        if state not in table.final:
            assert [end for (here, _), end in table.moves.items() if here == state != end], state
            assert reached(table, state) & table.final, state


@each
def test_every_action_is_possible_somewhere(table: Any, states: Any, actions: Any) -> None:
    assert {action for _, action in table.moves} == set(actions)


@each
def test_what_is_not_in_the_table_is_refused_with_the_actions_that_are_possible(
    table: Any, states: Any, actions: Any
) -> None:
    for state in states:
        allowed = table.allowed(state)
        for action in actions:
            if (state, action) in table.moves:
                assert (action in allowed) is (action not in table.by_itself)
                assert table.after(state, action) is table.moves[state, action]
                continue
            with pytest.raises(WrongState) as refused:
                table.after(state, action)
            assert isinstance(refused.value, Conflict)
            assert refused.value.state == state
            assert refused.value.allowed == allowed
            assert table.noun in refused.value.detail
            for possible in allowed:
                assert possible in refused.value.detail
            assert allowed or "nothing more" in refused.value.detail


@each
def test_the_diagram_shows_the_table_and_nothing_else(
    table: Any, states: Any, actions: Any
) -> None:
    head, start, *rest = table.diagram().splitlines()
    assert head == "stateDiagram-v2"
    assert start == f"    [*] --> {table.start}"
    drawn = [re.fullmatch(r"    (\w+) --> (\w+): (\w+)", line) for line in rest]
    moves = {(one[1], one[3], one[2]) for one in drawn if one}
    assert moves == {(here, action, end) for (here, action), end in table.moves.items()}
    ends = {line for line, one in zip(rest, drawn, strict=True) if one is None}
    assert ends == {f"    {state} --> [*]" for state in table.final}


def test_an_end_is_an_end() -> None:
    """A decision is replaced, a twin born, a contact restored; all else that ended stays so.

    One that was attached is detached. A contact that ended turns out to be a concern; its path goes
    on after its children's decision.
    """
    open_ended = {
        (table.noun, state)
        for table, states, _ in TABLES
        for state in table.final
        if table.allowed(state)
    }
    assert open_ended == {
        ("decision", DecisionState.signed),
        ("unborn child", PregnancyState.born),
        ("contact", ContactState.withdrawn),
        ("contact", ContactState.ended),
        ("contact", ContactState.attached),
        ("contact", ContactState.decided),
    }
