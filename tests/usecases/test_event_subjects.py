"""Events know whom they are about: as they are written, as carried from before, as put right."""

from pathlib import Path
from uuid import UUID

from service.bootstrap import House
from service.domain.access import THE_RECORD, Role
from service.domain.events import EventType, PlacedEvent
from service.domain.flags import SubjectKind
from service.persistence.asking import Asking
from service.persistence.repositories import event_subjects, events
from service.usecases.flags import sweep
from service.usecases.jobs import seal_events
from tests.support.builders import Body, child_body
from tests.support.carried import NOT_KNOWN_BEFORE, carried
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY
from tests.support.desks import Desk, done, open_desk
from tests.support.houses import open_house
from tests.support.named import unnamed
from tests.support.siblings import siblings

WORKER = Role.mash_worker


async def about(house: House, person_id: UUID) -> list[PlacedEvent]:
    async def ask(asking: Asking) -> list[PlacedEvent]:
        return await events.about_person(asking, THE_RECORD, person_id, limit=1000)

    return await house.ask(ask)


def kinds(found: list[PlacedEvent]) -> set[EventType]:
    return {one.event.type for one in found}


async def test_everything_done_for_siblings_names_the_children_it_is_about(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(FRIDAY)
    async with open_house(database_url, clock, tmp_path) as house:
        file = await siblings(house, clock)
        clock.forward(days=40)
        await sweep(house)
        assert await unnamed(house) == []
        await seal_events(house)
        assert await unnamed(house) == []
        people = await house.ask(
            lambda ask: event_subjects.people_of_children(ask, list(file.children.values()))
        )
        for person_id in people.values():
            found = await about(house, person_id)
            assert EventType.contact_received in kinds(found)
            assert all(person_id in one.people for one in found)


async def test_whom_events_concern_is_carried_from_what_was_kept_before(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(FRIDAY)
    async with open_house(database_url, clock, tmp_path) as house:
        await siblings(house, clock)
        clock.forward(days=40)
        await sweep(house)
        await seal_events(house)
        before, after = await carried(house.database)
    assert len({kind for kind, _ in before.values()}) > 25
    wrong = {
        kind: (named, after[id_][1])
        for id_, (kind, named) in before.items()
        if named - after[id_][1] and kind not in NOT_KNOWN_BEFORE
    }
    assert wrong == {}
    assert set(before) == set(after)


HOME = {"address": "14 Canal Street", "postcode": "ZZ9 9AA"}


async def contact_about(desk: Desk, *children: Body) -> Body:
    return await desk.contact(children=list(children), **HOME)


async def answered(desk: Desk, contact: Body, person_id: str, *, same: bool) -> Body:
    child = contact["children"][0]
    now = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}"))
    because = {} if same else {"because": "Another child of the name: the school knows both."}
    path = f"/v1/contacts/{contact['id']}/children/{child['id']}/match"
    body = {"person_id": person_id, "same_child": same, **because}
    return done(await desk.post(WORKER, path, body, version=now["version"]))


async def test_a_child_who_turns_out_to_be_another_brings_along_what_happened_before(
    database_url: str, tmp_path: Path
) -> None:
    """What was written then names whom the child was taken for; the other has it since the move."""
    async with open_desk(database_url, tmp_path) as desk:
        first = await contact_about(desk, child_body())
        second = await contact_about(desk, child_body(), child_body("Bea", family_name="Other"))
        left = second["children"][0]["person_id"]
        sibling = second["children"][1]["person_id"]
        to = first["children"][0]["person_id"]
        assert left != to
        await seal_events(desk.house)
        before = {one.event.id for one in await about(desk.house, UUID(left))}
        assert before
        await answered(desk, second, to, same=True)
        await seal_events(desk.house)
        known = {one.event.id: one for one in await about(desk.house, UUID(to))}
        assert before <= set(known)
        [moved] = [one for one in known.values() if one.event.type is EventType.contact_child_moved]
        assert {str(one) for one in moved.people} == {left, to}
        received = next(known[id_] for id_ in before)
        assert {str(one) for one in received.people} == {left, to, sibling}
        # Of the sibling, and of the other contact, nothing moved.
        assert {str(one) for one in await _people_of(desk.house, first)} == {to}
        assert kinds(await about(desk.house, UUID(sibling))) == {EventType.contact_received}
        # Sealed again, nothing is noted twice; and a later event names the child as it is now.
        path = f"/v1/contacts/{second['id']}/triage"
        now = done(await desk.get(WORKER, f"/v1/contacts/{second['id']}"))
        done(await desk.post(WORKER, path, {"rating": "amber"}, version=now["version"]))
        await seal_events(desk.house)
        [rated] = [
            one
            for one in await about(desk.house, UUID(to))
            if one.event.type is EventType.contact_triaged
        ]
        assert {str(one) for one in rated.people} == {to, sibling}


async def _people_of(house: House, contact: Body) -> list[UUID]:
    async def ask(asking: Asking) -> list[PlacedEvent]:
        return await events.about_subject(asking, THE_RECORD, UUID(contact["id"]), limit=10)

    return [person for one in await house.ask(ask) for person in one.people]


def test_every_kind_of_thing_that_a_clock_runs_on_says_whom_it_concerns() -> None:
    known = {*event_subjects.SAID_BY, SubjectKind.information_request}
    assert known == set(SubjectKind), "say in event_subjects which table names its children"
