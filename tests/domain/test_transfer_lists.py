"""What a row of a list tells of time: since when a transfer waits, and how long each step took."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from service.domain.transfer_lists import (
    ListedTransfer,
    StepInShort,
    StepTimes,
    TransferInShort,
    minutes_between,
)
from service.domain.transfer_waits import WaitsFor
from service.domain.transfers import (
    Direction,
    FamilyAgreement,
    Party,
    TransferAction,
    TransferState,
)

ASKED = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
A, S = TransferAction, TransferState


def at(hours: float) -> datetime:
    return ASKED + timedelta(hours=hours)


def listed(
    *steps: tuple[float, TransferAction, TransferState],
    direction: Direction = Direction.step_down,
    **changes: Any,
) -> ListedTransfer:
    """A transfer that went through these steps, at so many hours after it was asked for."""
    transfer = TransferInShort(
        id=uuid4(),
        reference="T-1",
        direction=direction,
        asked_by=Party.sender,
        contact_id=uuid4(),
        child_id=uuid4(),
        person_id=uuid4(),
        referral_id=uuid4(),
        early_help_episode_id=uuid4(),
        state=steps[-1][2],
        reason_code="need_reduced",
        sender_team_id="assessment-north",
        receiver_team_id="family-centres",
        receiver_worker_id=None,
        family_agreement=FamilyAgreement.not_yet_asked,
        requested_at=ASKED,
        requested_by=uuid4(),
        opened_at=None,
        answered_at=None,
        refusal_code=None,
        refusal_agreed_at=None,
        accepted_at=None,
        family_agreed_at=None,
        first_visit_at=None,
        returned_at=None,
        completed_at=None,
        ended_at=None,
        version=1,
    )
    kept = [
        StepInShort(transfer.id, action, state, at(hours), None, None)
        for hours, action, state in steps
    ]
    return ListedTransfer(replace(transfer, **changes), None, None, None, kept, ())


REQUEST = (0, A.request, S.requested)
OPEN = (1, A.open, S.opened)
ACCEPT = (5, A.accept, S.accepted)


def test_it_waits_for_an_answer_since_it_was_opened_whatever_the_family_said_meanwhile() -> None:
    one = listed(REQUEST, OPEN, (3, A.record_family_agreement, S.opened))
    assert (one.waits_for, one.waiting_since) == (WaitsFor.answer, at(1))


@pytest.mark.parametrize(
    ("agreed", "visited", "waits_for", "since"),
    [
        (None, None, WaitsFor.family_agreement, 5),
        (2, None, WaitsFor.first_visit, 5),
        (8, None, WaitsFor.first_visit, 8),
        (None, 9, WaitsFor.family_agreement, 5),
        (8, 9, WaitsFor.completion, 9),
        (10, 9, WaitsFor.completion, 10),
    ],
)
def test_after_the_acceptance_it_waits_since_the_last_thing_it_waited_for_was_there(
    agreed: int | None, visited: int | None, waits_for: WaitsFor, since: int
) -> None:
    steps = [REQUEST, OPEN, ACCEPT]
    if visited is not None:
        steps.append((visited, A.record_first_visit, S.accepted))
    one = listed(
        *steps,
        accepted_at=at(5),
        family_agreement=FamilyAgreement.given if agreed else FamilyAgreement.asked,
        family_agreed_at=None if agreed is None else at(agreed),
        # The visit was made an hour before somebody recorded it.
        first_visit_at=None if visited is None else at(visited - 1),
    )
    assert (one.waits_for, one.waiting_since) == (waits_for, at(since))


def test_asked_for_again_it_waits_anew() -> None:
    back = (6, A.send_back, S.returned)
    again = (9, A.request_again, S.requested)
    assert listed(REQUEST, OPEN, back).waiting_since == at(6)
    assert listed(REQUEST, OPEN, back, again).waiting_since == at(9)
    one = listed(REQUEST, OPEN, back, again, (10, A.open, S.opened), opened_at=at(10))
    assert one.waiting_since == at(10)
    assert one.times.opening_minutes == 60


def test_what_has_ended_waits_for_nothing_and_grows_no_older() -> None:
    one = listed(REQUEST, (4, A.withdraw, S.withdrawn), ended_at=at(4))
    assert (one.waits_for, one.waiting_since) == (None, None)
    assert one.age_minutes(at(4)) == one.age_minutes(at(400)) == 240
    assert listed(REQUEST).age_minutes(at(400)) == 400 * 60


def test_each_finished_step_has_its_time_and_no_other() -> None:
    done = listed(
        REQUEST,
        OPEN,
        ACCEPT,
        (30, A.complete, S.completed),
        opened_at=at(1),
        answered_at=at(5),
        accepted_at=at(5),
        family_agreed_at=at(2.5),
        first_visit_at=at(25),
        completed_at=at(30),
        ended_at=at(30),
    )
    assert done.times == StepTimes(60, 300, 150, 20 * 60, 300)
    assert listed(REQUEST).times == StepTimes(None, None, None, None, None)


def test_a_step_up_is_complete_when_it_is_accepted_so_that_takes_no_time_of_its_own() -> None:
    one = listed(
        REQUEST,
        OPEN,
        ACCEPT,
        (5, A.complete, S.completed),
        direction=Direction.step_up,
        opened_at=at(1),
        answered_at=at(5),
        accepted_at=at(5),
        completed_at=at(5),
        ended_at=at(5),
    )
    assert one.times == StepTimes(60, 300, None, None, None)


def test_a_visit_made_before_the_acceptance_took_no_time_after_it() -> None:
    one = listed(REQUEST, OPEN, ACCEPT, accepted_at=at(5), first_visit_at=at(3))
    assert one.times.first_visit_minutes == 0


def test_minutes_are_whole_and_those_begun_do_not_count() -> None:
    assert minutes_between(ASKED, ASKED + timedelta(seconds=119)) == 1
    assert minutes_between(ASKED, None) is None
    assert minutes_between(None, ASKED) is None


def test_the_last_refusal_counts() -> None:
    one = listed(
        REQUEST,
        OPEN,
        (2, A.refuse, S.refusal_pending),
        (3, A.challenge_refusal, S.refusal_challenged),
    )
    assert one.refused is not None
    assert one.refused.at == at(2)
    assert listed(REQUEST).refused is None
    assert one.open_challenge is None


def test_it_is_stuck_when_its_limit_has_passed_and_not_at_the_limit() -> None:
    one = replace(listed(REQUEST), stuck_at=at(4))
    assert [one.stuck(at(hours)) for hours in (3, 4, 4.1)] == [False, False, True]
    assert not listed(REQUEST).stuck(at(400))
