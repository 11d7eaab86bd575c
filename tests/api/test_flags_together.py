"""Many flags taken on in one act: all or none, each failure named, the words said once."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from service.domain.access import Role
from service.usecases.flags import sweep
from tests.support.builders import Body, child_body
from tests.support.desks import Desk, done, expect_refusal, open_desk

WORKER, MANAGER = Role.mash_worker, Role.mash_manager
WORDS = "I sit down with the desk now; all of these are decided by noon."


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database_url, tmp_path) as opened:
        yield opened


async def late(desk: Desk, count: int) -> list[Body]:
    """So many contacts that nobody has rated in time, each with its flag."""
    for number in range(count):
        await desk.contact(children=[child_body(f"Child {number}")])
    desk.clock.forward(hours=1)
    await sweep(desk.house)
    found = await standing(desk)
    assert len(found) == count
    return found


async def standing(desk: Desk) -> list[Body]:
    found: list[Body] = done(await desk.get(WORKER, "/v1/flags?limit=100"))["items"]
    return found


async def take_on(
    desk: Desk, flags: list[Body], role: Role = WORKER, **more: object
) -> httpx.Response:
    named = [{"id": one["id"], "version": one["version"]} for one in flags]
    body = {"flags": named, "words": WORDS, **more}
    return await desk.post(role, "/v1/flags/acknowledgements", body)


async def test_many_flags_are_taken_on_in_one_act_with_the_words_said_once(desk: Desk) -> None:
    flags = await late(desk, 5)
    answer = done(await take_on(desk, flags), 201)
    assert [one["id"] for one in answer["flags"]] == [one["id"] for one in flags]
    assert answer["refused"] == []
    me = str(await desk.account_of(WORKER))
    for one in await standing(desk):
        assert (one["acknowledged_by"], one["acknowledgement"]) == (me, WORDS)
    # Each is an event of its own, about its own children.
    said = "SELECT count(*), count(DISTINCT subject_id), count(DISTINCT person_id) FROM event "
    assert await desk.rows(said + "WHERE type = 'flag.acknowledged'") == [(5, 5, 5)]


async def test_whatever_cannot_be_taken_on_is_named_and_then_none_is(desk: Desk) -> None:
    flags = await late(desk, 4)
    taken, stale, good, gone = flags
    done(await take_on(desk, [taken]), 201)
    contact = done(await desk.get(WORKER, f"/v1/contacts/{gone['contact_id']}"))
    path = f"/v1/contacts/{contact['id']}/triage"
    rated = {"rating": "green"}
    done(await desk.post(WORKER, path, rated, version=contact["version"]))
    nobodys = {"id": contact["id"], "version": 1}
    asked = [taken, {**stale, "version": 7}, good, gone, nobodys, good]
    refused = expect_refusal(await take_on(desk, asked), 409, "flags_not_acknowledged")
    assert [(one["pointer"], one["code"]) for one in refused["errors"]] == [
        ("/flags/0", "flag_already_acknowledged"),
        ("/flags/1", "stale"),
        ("/flags/3", "flag_cleared"),
        ("/flags/4", "flag_not_found"),
        ("/flags/5", "named_twice"),
    ]
    assert {one["id"]: one["acknowledged_at"] for one in await standing(desk)}[good["id"]] is None
    answer = done(await take_on(desk, asked, those_that_can=True), 201)
    assert [one["id"] for one in answer["flags"]] == [good["id"]]
    assert [(one["place"], one["code"]) for one in answer["refused"]] == [
        (0, "flag_already_acknowledged"),
        (1, "stale"),
        (3, "flag_cleared"),
        (4, "flag_not_found"),
        (5, "named_twice"),
    ]


async def test_danger_among_many_is_not_silenced_by_a_worker(desk: Desk) -> None:
    danger = await desk.contact(immediate_danger=True)
    assert danger["rating"] == "red"
    flags = await standing(desk)
    refused = expect_refusal(await take_on(desk, flags), 409, "flags_not_acknowledged")
    assert [one["code"] for one in refused["errors"]] == ["flag_not_yours"]
    # Where none can be taken on, asking for those that can changes nothing.
    expect_refusal(await take_on(desk, flags, those_that_can=True), 409, "flags_not_acknowledged")
    done(await take_on(desk, flags, MANAGER), 201)


async def test_taking_on_is_done_once_for_its_key_and_needs_words_and_flags(desk: Desk) -> None:
    flags = await late(desk, 2)
    named = [{"id": one["id"], "version": one["version"]} for one in flags]
    body = {"flags": named, "words": WORDS}
    key = "5b0c7d7e-31a5-4c0e-9a53-6a2f0d1c0777"
    first = await desk.post(WORKER, "/v1/flags/acknowledgements", body, key=key)
    again = await desk.post(WORKER, "/v1/flags/acknowledgements", body, key=key)
    assert done(first, 201) == done(again, 201)
    for wrong in (
        {**body, "flags": []},
        {"flags": named},
        {**body, "words": " "},
        {**body, "flags": [{"id": named[0]["id"]}]},
        {**body, "flags": named * 51},
    ):
        answer = await desk.post(WORKER, "/v1/flags/acknowledgements", wrong)
        assert answer.status_code == 422, wrong
    analyst = await desk.post(Role.performance_analyst, "/v1/flags/acknowledgements", body)
    expect_refusal(analyst, 403, "role_missing")
