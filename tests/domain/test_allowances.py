"""The arithmetic of allowances: never more in any time than it gives in it and is full of."""

from itertools import accumulate
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.access import Caller, Role
from service.domain.allowances import Allowance, Allowances, Errand, Left, holder_of, left_of
from service.domain.errors import TooManyRequests

ALLOWANCES = st.builds(
    Allowance,
    st.just("requests"),
    st.integers(min_value=1, max_value=5000),
    st.sampled_from([1, 60, 3600]),
)
PAUSES = st.lists(st.integers(min_value=-5_000, max_value=120_000), min_size=1, max_size=80)


def let_through(allowance: Allowance, pauses: list[int]) -> list[int]:
    """When requests were let through, by the caller's own time: each asked for after a pause."""
    left, asked_at, through = allowance.full, 0, []
    for pause in pauses:
        asked_at += max(0, pause)
        left = allowance.refilled(left, pause)
        if left >= allowance.cost:
            left = allowance.spent(left, 1)
            through.append(asked_at)
    return through


@given(ALLOWANCES, PAUSES)
def test_in_any_time_no_more_goes_through_than_comes_back_in_it_and_once_the_whole(
    allowance: Allowance, pauses: list[int]
) -> None:
    """Also where the clock is put back between two requests: it gives nothing for that."""
    through = let_through(allowance, pauses)
    for first, began in enumerate(through):
        for last in range(first, len(through)):
            most = allowance.full + (through[last] - began) * allowance.number
            assert (last - first + 1) * allowance.cost <= most


@given(ALLOWANCES, st.integers(min_value=1, max_value=100))
def test_what_is_asked_as_fast_as_it_comes_back_is_never_refused(
    allowance: Allowance, requests: int
) -> None:
    pause = -(-allowance.cost // allowance.number)
    assert len(let_through(allowance, [pause] * requests)) == requests


@given(
    ALLOWANCES,
    st.lists(st.integers(min_value=-(10**12), max_value=10**12), max_size=20),
    st.integers(min_value=0, max_value=10**6),
)
def test_no_step_of_a_clock_gives_more_than_the_whole_or_makes_a_longer_debt(
    allowance: Allowance, steps: list[int], requests: int
) -> None:
    after = accumulate(
        steps, lambda left, step: allowance.spent(allowance.refilled(left, step), requests)
    )
    assert all(-allowance.full <= left <= allowance.full for left in list(after)[1:])


@given(ALLOWANCES, st.integers(min_value=1, max_value=100))
def test_who_waits_as_long_as_is_said_is_let_through(allowance: Allowance, debt: int) -> None:
    refused = left_of(allowance, -debt, refused=True)
    assert refused.retry_after is not None
    assert refused.requests == 0
    assert refused.seconds == refused.retry_after >= 1
    waited = allowance.refilled(-debt, refused.retry_after * 1000)
    assert waited >= min(allowance.cost, allowance.full)


def test_what_is_left_is_told_in_whole_requests_and_seconds() -> None:
    allowance = Allowance("requests", 600, 60)
    assert left_of(allowance, allowance.full, refused=False) == Left(allowance, 600, 0)
    assert left_of(allowance, allowance.full - 1, refused=False) == Left(allowance, 599, 1)
    half = allowance.full // 2
    assert left_of(allowance, half, refused=False) == Left(allowance, 300, 30)
    assert left_of(allowance, 0, refused=False) == Left(allowance, 0, 1)


def test_a_refusal_says_what_to_do_and_an_urgent_one_whom_to_call() -> None:
    limits = Allowances.of(requests_a_minute=600, urgent_posts_a_minute=60, validations_an_hour=300)
    said = {}
    for errand, allowance in (
        (Errand.ordinary, limits.requests),
        (Errand.urgent, limits.urgent_posts),
        (Errand.validation, limits.validations),
    ):
        with pytest.raises(TooManyRequests) as refused:
            Left(allowance, 0, 7, 7).or_refused(errand)
        assert refused.value.retry_after == 7
        said[errand] = refused.value.detail
        Left(allowance, 1, 7).or_refused(errand)
    assert said[Errand.ordinary] == "Wait 7 seconds and send the request again."
    assert "999" in said[Errand.urgent]
    assert "At most 300" in said[Errand.validation]
    assert "send it" in said[Errand.validation]


def test_one_second_is_one_second() -> None:
    limits = Allowances.of(requests_a_minute=600, urgent_posts_a_minute=60, validations_an_hour=300)
    with pytest.raises(TooManyRequests) as refused:
        Left(limits.requests, 0, 1, 1).or_refused(Errand.ordinary)
    assert refused.value.detail == "Wait 1 second and send the request again."


def caller(role: Role, **changes: str | None) -> Caller:
    told = {
        "issuer": "https://issuer.test/",
        "subject": "one",
        "client_id": "system-1",
        "organisation_id": "riverbourne-hospital",
        **changes,
    }
    return Caller(
        account_id=uuid4(),
        name="",
        team_id=None,
        roles=frozenset({role}),
        scopes=frozenset(),
        issuer=told["issuer"] or "",
        subject=told["subject"] or "",
        client_id=told["client_id"],
        organisation_id=told["organisation_id"],
    )


def test_a_partners_client_is_one_under_whatever_name_it_speaks() -> None:
    one = holder_of(caller(Role.partner_system))
    assert one == holder_of(caller(Role.partner_system, subject="two"))
    others = {
        holder_of(caller(Role.partner_system, client_id="system-2")),
        holder_of(caller(Role.partner_system, organisation_id="mill-lane-primary")),
        holder_of(caller(Role.partner_system, issuer="https://other.test/")),
        holder_of(caller(Role.partner_system, client_id=None)),
        holder_of(caller(Role.partner_system, client_id=None, subject="two")),
    }
    assert len(others) == 5
    assert one not in others


def test_staff_are_counted_each_by_themselves_whatever_application_they_share() -> None:
    somebody = caller(Role.mash_worker)
    assert holder_of(somebody) == somebody.account_id
