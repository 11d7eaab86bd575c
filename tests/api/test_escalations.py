"""A flag of every kind goes up to people who see it, can take it on, and read what it is about."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from service.domain.access import DUTIES, Role
from service.domain.escalations import SUBJECTS
from service.usecases.flags import sweep
from tests.support.builders import Body
from tests.support.desks import Desk, done
from tests.support.everything_late import let_every_clock_run

WORDS = "I have rung the team; the worker goes there now and I hear by noon."
PATHS = {
    "contact": "/v1/contacts/{}",
    "decision": "/v1/decisions/{}",
    "information_request": "/v1/information-requests/{}",
    "referral": "/v1/referrals/{}",
    "early_help_episode": "/v1/early-help-episodes/{}",
    "passed_concern": "/v1/passed-concerns/{}",
    "emergency_act": "/v1/emergency-acts/{}",
    "transfer": "/v1/transfers/{}",
    "challenge": "/v1/challenges/{}",
    "strategy_meeting": "/v1/strategy-meetings/{}",
    "section_47_enquiry": "/v1/section-47-enquiries/{}",
    "missing_episode": "/v1/missing-episodes/{}",
}


async def standing(desk: Desk, role: Role, kind: str) -> list[Body]:
    path = f"/v1/flags?kind={kind}&severity=breach&limit=100"
    found: list[Body] = done(await desk.get(role, path))["items"]
    return found


async def one_of_each(desk: Desk) -> dict[tuple[str, str], Body]:
    """A breach of each timescale, as the head of service reads them."""
    found: dict[tuple[str, str], Body] = {}
    for kind in SUBJECTS:
        for flag in await standing(desk, Role.head_of_service, kind):
            whole = done(await desk.get(Role.head_of_service, f"/v1/flags/{flag['id']}"))
            found.setdefault((kind, whole["deadline"]["explanation"]["title"]), whole)
    return found


async def hears_and_takes_on(desk: Desk, role: Role, flag: Body) -> None:
    """The role lists the flag, reads it, reads what it is about, and takes it on."""
    assert flag["id"] in [one["id"] for one in await standing(desk, role, flag["kind"])]
    path = f"/v1/flags/{flag['id']}"
    whole = done(await desk.get(role, path))
    done(await desk.get(role, PATHS[whole["subject_kind"]].format(whole["subject_id"])))
    answer = await desk.post(
        role, f"{path}/acknowledgement", {"words": WORDS}, version=whole["version"]
    )
    assert done(answer)["acknowledgement"] == WORDS
    # Nobody had heard, as far as the next step is concerned.
    async with desk.house.database.writing() as connection:
        await connection.execute(
            text("UPDATE flag SET acknowledged_at = NULL, acknowledged_by = NULL")
        )
        await connection.commit()


@pytest.mark.heavy
async def test_each_role_that_a_flag_of_any_kind_goes_to_sees_it_and_takes_it_on(
    desk: Desk,
) -> None:
    await let_every_clock_run(desk)
    desk.clock.forward(days=400)
    raised_at = desk.clock.now
    await sweep(desk.house)
    flags = await one_of_each(desk)
    assert set(flags) == {(one.kind, one.title) for one in desk.house.policy.timescales}
    assert {kind for kind, _ in flags} == SUBJECTS.keys()
    for (kind, _), flag in flags.items():
        assert flag["subject_kind"] == SUBJECTS[kind]
        await hears_and_takes_on(desk, Role(flag["owner_role"]), flag)
    told: dict[tuple[str, str], list[str]] = {which: [] for which in flags}
    for after in (timedelta(minutes=15), *(timedelta(hours=one) for one in (1, 2, 4, 8, 24))):
        desk.clock.set(raised_at + after)
        await sweep(desk.house)
        for which, before in flags.items():
            flag = done(await desk.get(Role.head_of_service, f"/v1/flags/{before['id']}"))
            if flag["escalation_level"] > len(told[which]):
                told[which].append(flag["escalated_to"])
                await hears_and_takes_on(desk, Role(flag["escalated_to"]), flag)
    for which, roles in told.items():
        owner = flags[which]["owner_role"]
        assert owner not in roles, which
        assert roles[-1:] == ["director"], which
        assert owner == Role.head_of_service or "head_of_service" in roles, which
    assert {one for roles in told.values() for one in roles} <= {role.value for role in DUTIES}
