"""Who may hold which work: they can open it, and find it among what is theirs."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from service.domain.access import DUTIES, GRANTS, Permission, Role
from service.domain.accounts import Account, Worker, named
from service.domain.authority import TeamWork
from service.domain.holders import HOLDERS, READS, HeldWork, WorkerUnknown, holder, why_not

NOW = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)


def worker(*roles: Role, suspended: bool = False, names: str | None = None) -> Worker:
    said = named(roles) if names is None else names
    account = Account(UUID(int=7), "i", "s", "Grace", None, None, None, NOW, said, NOW, None, NOW)
    return Worker(account, suspended)


def test_the_table_names_all_work_that_a_team_answers_for() -> None:
    assert HOLDERS.keys() == READS.keys() == set(HeldWork)
    assert {one.value for one in HeldWork} == {one.value for one in TeamWork}


@pytest.mark.parametrize("work", HeldWork)
def test_whoever_may_hold_work_can_read_it_and_has_a_queue_of_their_own(work: HeldWork) -> None:
    assert HOLDERS[work]
    for role in HOLDERS[work]:
        assert role in GRANTS[READS[work]].roles
        assert role in GRANTS[Permission.read_queue_mine].roles
        assert DUTIES[role].reach is not None


@pytest.mark.parametrize("work", HeldWork)
@pytest.mark.parametrize("role", Role)
def test_one_role_of_the_table_is_enough_and_no_other_does(role: Role, work: HeldWork) -> None:
    refusal = why_not(worker(role), work, "/worker_id")
    if role in HOLDERS[work]:
        assert refusal is None
    else:
        assert refusal is not None
        assert refusal.code == "worker_may_not_hold"
        assert [(one.pointer, one.code) for one in refusal.problems] == [
            ("/worker_id", "worker_may_not_hold")
        ]
    both = worker(Role.performance_analyst, *sorted(HOLDERS[work])[:1])
    assert holder(both, work, "/worker_id") is both.account


@pytest.mark.parametrize("work", HeldWork)
def test_nothing_is_given_to_somebody_of_whom_too_little_is_known(work: HeldWork) -> None:
    able = sorted(HOLDERS[work])[0]
    with pytest.raises(WorkerUnknown):
        holder(None, work, "/worker_id")
    for who, code in (
        (worker(able, suspended=True), "worker_suspended"),
        (worker(names=""), "worker_may_not_hold"),
        (worker(names="a_role_of_a_later_release"), "worker_may_not_hold"),
        (
            Worker(Account(UUID(int=8), "i", "s", "Ada", None, None, None, NOW), False),
            "worker_roles_unknown",
        ),
    ):
        refusal = why_not(who, work, "/worker_id")
        assert refusal is not None
        assert refusal.code == code
        assert "worker" in refusal.detail
