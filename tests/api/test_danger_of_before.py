"""Danger that an earlier release was told of and did not heed: the worker heeds it, once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from service.domain.access import Role
from service.usecases.flags import sweep
from tests.api.test_danger import MANAGER, at, clocks, contact_of, flags, notified, rate
from tests.support.builders import Body, child_body
from tests.support.desks import Desk, done, open_desk
from tests.support.houses import open_house
from tests.support.tampering import tamper
from workers.jobs import start_missing_clocks


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database_url, tmp_path) as opened:
        yield opened


async def as_before(desk: Desk, *in_danger: Body, high_risk: bool = False) -> None:
    """Leaves the file as an earlier release did: danger was told and kept, and nothing followed.

    No clock waited for a rating in it.
    """
    desk.tampered = True
    told = [
        f"UPDATE contact SET immediate_danger = true WHERE id = '{UUID(one['id']).hex}'"  # noqa: S608 - an id of our own
        for one in in_danger
    ]
    if high_risk:
        if desk.house.database.is_sqlite:
            told.append("DROP TRIGGER IF EXISTS refuse_update_of_police_notification")
        told.append("UPDATE police_notification SET risk = 'high'")
    await tamper(desk.house.database, "DELETE FROM deadline WHERE kind = 'rated'", *told)


async def dangers(desk: Desk) -> list[Body]:
    return [one for one in await flags(desk) if one["severity"] == "danger"]


async def test_open_contacts_of_which_danger_was_told_are_red_and_flagged_after_an_upgrade(
    desk: Desk,
) -> None:
    unrated = await desk.contact(children=[child_body("Unrated")])
    amber = await desk.contact(children=[child_body("Amber")])
    done(await rate(desk, amber, "amber"))
    police = await notified(desk, risk="standard", children=[child_body("Police")])
    await as_before(desk, unrated, amber, high_risk=True)
    desk.clock.forward(minutes=30)
    await start_missing_clocks.run(desk.house)
    for contact, danger in (
        (unrated, "immediate_danger"),
        (amber, "immediate_danger"),
        (police, "police_high_risk"),
    ):
        found = await contact_of(desk, contact["id"])
        assert (found["rating"], found["danger"], found["rated_by"]) == ("red", danger, None)
        running = clocks(found)
        assert "rated" not in running
        red = running["triage"]
        assert red["started_at"] == contact["received_at"]
        assert (at(red["due_at"]) - at(contact["received_at"])).total_seconds() == 4 * 3600
    raised = await dangers(desk)
    assert {one["contact_id"] for one in raised} == {one["id"] for one in (unrated, amber, police)}
    assert {(one["kind"], one["owner_role"]) for one in raised} == {("triage", "mash_manager")}
    assert len(raised) == 3


async def test_danger_of_before_that_is_late_by_now_stands_before_all_that_is_late(
    desk: Desk,
) -> None:
    other = await desk.contact(children=[child_body("Other")])
    danger = await desk.contact(children=[child_body("Danger")])
    await as_before(desk, danger)
    desk.clock.forward(hours=30)
    await start_missing_clocks.run(desk.house)
    await sweep(desk.house)
    [first, *rest] = await flags(desk)
    assert (first["contact_id"], first["severity"], first["danger"]) == (
        danger["id"],
        "breach",
        True,
    )
    assert other["id"] in {one["contact_id"] for one in rest}


async def test_what_nobody_rated_waits_for_it_and_what_is_decided_is_left_alone(
    desk: Desk,
) -> None:
    waiting = await desk.contact(children=[child_body("Waiting")])
    decided = await desk.contact(children=[child_body("Decided")])
    child_id = decided["children"][0]["id"]
    await desk.decide_for(decided["id"], child_id, "no_further_action")
    await as_before(desk, decided)
    before = await contact_of(desk, decided["id"])
    await start_missing_clocks.run(desk.house)
    assert (
        clocks(await contact_of(desk, waiting["id"]))["rated"]["started_at"]
        == (waiting["received_at"])
    )
    assert await contact_of(desk, decided["id"]) == before
    assert await dangers(desk) == []


async def test_two_workers_at_once_heed_it_once_and_a_manager_who_rates_it_down_is_not_undone(
    desk: Desk, database_url: str, tmp_path: Path
) -> None:
    contacts = [await desk.contact(children=[child_body(f"Child {n}")]) for n in range(3)]
    await as_before(desk, *contacts)
    async with open_house(database_url, desk.clock, tmp_path / "other") as other:
        done_by = await asyncio.gather(
            start_missing_clocks.run(desk.house), start_missing_clocks.run(other)
        )
    assert sum(done_by) == len(contacts)
    raised = await dangers(desk)
    assert sorted(one["contact_id"] for one in raised) == sorted(one["id"] for one in contacts)
    first = await contact_of(desk, contacts[0]["id"])
    reason = "The police were there: the child is unhurt and with the grandmother tonight."
    done(await rate(desk, first, "amber", reason, MANAGER))
    assert await start_missing_clocks.run(desk.house) == 0
    assert (await contact_of(desk, first["id"]))["rating"] == "amber"
    told = await desk.read(Role.mash_manager, f"/v1/contacts/{first['id']}")
    assert told["rated_by"] is not None
