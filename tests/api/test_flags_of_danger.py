"""Flags of danger stand before all others, for as long as they stand, and after an upgrade too."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from api.app import create_app
from api.cursors import Cursors, Place
from service.domain.access import Role
from service.domain.flags import FlagFilters
from service.usecases.flags import sweep
from tests.support.builders import Body, child_body
from tests.support.desks import Desk, done, expect_refusal, open_desk

MANAGER = Role.mash_manager
HEARD = "I send the duty worker with the police now, and ring back by noon."
NOT_NOW = "The police were there: the baby is with the grandmother, unhurt, and he has been taken."


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database_url, tmp_path) as opened:
        yield opened


async def late_and_then_danger(desk: Desk) -> tuple[Body, Body]:
    """Contacts that are late, and one of danger that is told after them, and due after them."""
    late = await desk.contact(children=[child_body("Late")])
    await desk.contact(children=[child_body("Later")])
    desk.clock.forward(hours=26)
    danger = await desk.contact(immediate_danger=True, children=[child_body("Danger")])
    await sweep(desk.house)
    return late, danger


async def listed(desk: Desk) -> list[Body]:
    """Every flag that the manager has, page by page."""
    found: list[Body] = []
    path: str | None = "/v1/flags?limit=2"
    while path is not None:
        page = await desk.read(MANAGER, path)
        found += page["items"]
        path = page["next"]
    return found


def dues(flags: Sequence[Body]) -> list[str]:
    return [one["due_at"] for one in flags]


async def test_danger_stands_before_what_was_due_long_before_on_every_page(desk: Desk) -> None:
    _, danger = await late_and_then_danger(desk)
    [first, *others] = await listed(desk)
    assert (first["contact_id"], first["severity"], first["danger"]) == (
        danger["id"],
        "danger",
        True,
    )
    assert others
    assert not any(one["danger"] for one in others)
    assert len({one["id"] for one in others}) == len(others)
    assert dues(others) == sorted(dues(others))
    assert min(dues(others)) < first["due_at"]


async def test_danger_that_grows_late_stands_first_still_and_taken_on_too(desk: Desk) -> None:
    _, danger = await late_and_then_danger(desk)
    desk.clock.forward(hours=5)
    await sweep(desk.house)
    [first, *others] = await listed(desk)
    assert (first["contact_id"], first["severity"], first["danger"]) == (
        danger["id"],
        "breach",
        True,
    )
    assert not any(one["danger"] for one in others)
    path = f"/v1/flags/{first['id']}/acknowledgement"
    taken = await desk.post(MANAGER, path, {"words": HEARD}, version=first["version"])
    assert done(taken)["danger"] is True
    assert (await listed(desk))[0]["id"] == first["id"]


async def test_what_a_manager_rated_down_stands_in_its_turn(desk: Desk) -> None:
    _, danger = await late_and_then_danger(desk)
    rating = {"rating": "amber", "rationale": NOT_NOW}
    path = f"/v1/contacts/{danger['id']}/triage"
    done(await desk.post(MANAGER, path, rating, version=danger["version"]))
    assert not any(one["danger"] for one in await listed(desk))
    desk.clock.forward(hours=30)
    await sweep(desk.house)
    found = await listed(desk)
    assert danger["id"] in {one["contact_id"] for one in found}
    assert not any(one["danger"] for one in found)


async def test_a_page_of_the_order_before_is_asked_for_anew(desk: Desk) -> None:
    await late_and_then_danger(desk)
    flag = (await listed(desk))[-1]
    due_at, id_ = datetime.fromisoformat(flag["due_at"]), UUID(flag["id"])
    cursors: Cursors = create_app(desk.house).state.cursors
    filters = {one.name: one.default for one in fields(FlagFilters)}
    account_id = await desk.account_of(MANAGER)
    now, before = (
        cursors.give(name, Place(key, id_), account_id=account_id, filters=filters)
        for name, key in (("flags:one-a-contact", (2, due_at)), ("flags", (due_at,)))
    )
    assert (await desk.read(MANAGER, f"/v1/flags?cursor={now}"))["items"] == []
    refused = await desk.get(MANAGER, f"/v1/flags?cursor={before}")
    expect_refusal(refused, 400, "cursor_invalid")
