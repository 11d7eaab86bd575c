"""Every clock that a queue sorts by stands in its line: nobody wonders which of them is late."""

import pytest

from service.domain.access import Role
from service.domain.queues import Queue
from service.usecases.flags import sweep
from tests.support.builders import Body
from tests.support.desks import Desk, done
from tests.support.everything_late import let_every_clock_run

READERS = {
    Queue.contacts: (Role.mash_worker, {}),
    Queue.sign_off: (Role.mash_manager, {}),
    Queue.allocation: (Role.assessment_team_manager, {}),
    Queue.information_requests: (Role.mash_worker, {}),
    Queue.step_up: (Role.mash_manager, {}),
    Queue.step_down: (Role.early_help_spoc_manager, {}),
    Queue.challenges: (Role.head_of_service, {}),
    Queue.strategy: (Role.assessment_team_manager, {}),
    Queue.pre_birth: (Role.head_of_service, {}),
    Queue.mine: (Role.assessment_team_worker, {"name": "social worker"}),
}


@pytest.fixture
async def late(desk: Desk) -> Desk:
    """Something waits in every queue, and some of it is late."""
    await let_every_clock_run(desk)
    desk.clock.forward(days=2)
    await sweep(desk.house)
    return desk


def said_wrongly(line: Body) -> str | None:
    """What a line says of its limit that its clocks do not say, if anything."""
    clocks = line["deadlines"]
    soonest = clocks[0] if clocks else None
    if line["due_at"] != (soonest and soonest["due_at"]):
        return f"{line['subject_kind']} is sorted by {line['due_at']}, and shows {clocks}"
    if line["time_left"] != (soonest and soonest["in_words"]):
        return f"{line['subject_kind']} says {line['time_left']}, and shows {clocks}"
    if line["overdue"] is not any(clock["overdue"] for clock in clocks):
        return f"{line['subject_kind']} is overdue: {line['overdue']}, and shows {clocks}"
    return None


def comes_later(line: Body, queue: Queue) -> bool:
    """Whether a line stands behind what red contacts wait for, in the queues of undecided ones."""
    undecided = line["contact_state"] not in ("decided", "withdrawn")
    if queue is Queue.mine and line["subject_kind"] != "contact":
        return True
    of_desk = (Queue.contacts, Queue.sign_off, Queue.information_requests, Queue.mine)
    return not (queue in of_desk and line["rating"] == "red" and undecided)


async def test_what_a_line_is_sorted_by_is_among_its_clocks_in_every_queue(late: Desk) -> None:
    assert set(READERS) == set(Queue)
    kinds: set[str] = set()
    for queue, (role, who) in READERS.items():
        lines = done(await late.get(role, f"/v1/queues/{queue}?limit=100", **who))["items"]
        assert lines, queue
        assert [(queue, found) for found in map(said_wrongly, lines) if found] == []
        dated = [line for line in lines if line["due_at"] and not line["pregnancy"]]
        limits = [(comes_later(line, queue), line["due_at"]) for line in dated]
        assert limits == sorted(limits), queue
        kinds |= {clock["kind"] for line in lines for clock in line["deadlines"]}
    assert {"sign_off", "contact_to_referral", "allocation", "strategy_meeting"} <= kinds


async def test_a_decision_shows_its_own_clock_beside_those_of_its_contact(late: Desk) -> None:
    [line] = done(await late.get(Role.mash_manager, "/v1/queues/sign-off"))["items"]
    kinds = {clock["kind"] for clock in line["deadlines"]}
    assert {"sign_off", "contact_to_referral", "statutory_decision"} <= kinds
    assert line["open_flags"] >= 3
