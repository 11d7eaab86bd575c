"""Whom each event on file should name, worked out from the rows alone, beside what it names.

Written without the code that names them. A child who was put right since counts as whom it turned
out to be; whoever was taken off a contact, or was added to it, counts for events on the other side
of that.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from service.bootstrap import House
from service.domain.events import CONCERNS_NOBODY, Event, EventType
from service.persistence.records import columns_of, read, table_of
from service.persistence.tables import metadata

OWN_CHILD = {
    "decision": "decision",
    "referral": "referral",
    "early_help_episode": "early_help_episode",
    "transfer": "transfer",
    "challenge": "challenge",
    "section_47_enquiry": "section_47_enquiry",
    "missing_episode": "missing_episode",
    "passed_concern": "passed_concern",
    "emergency_act": "emergency_act",
    "assessment": "assessment",
}


class Rows:
    """The rows that say of whom a thing is."""

    def __init__(self, found: Mapping[str, list[Any]]) -> None:
        self._found = found
        self._by_id: dict[str, dict[UUID, Any]] = {}
        self.children = {row.id: row for row in found["contact_child"]}
        self.on_contact: dict[UUID, set[UUID]] = defaultdict(set)
        for row in found["contact_child"]:
            self.on_contact[row.contact_id].add(row.person_id)

    def by_id(self, table: str) -> dict[UUID, Any]:
        """The rows of a table."""
        if table not in self._by_id:
            self._by_id[table] = {row.id: row for row in self._found[table]}
        return self._by_id[table]

    def of_thing(self, kind: str, id_: UUID, contact_id: UUID | None) -> set[UUID]:
        """Whom a thing of a kind concerns."""
        if kind in OWN_CHILD:
            return {self.by_id(OWN_CHILD[kind])[id_].person_id}
        if kind == "strategy_meeting":
            rows = self._found["strategy_meeting_child"]
            return {row.person_id for row in rows if row.meeting_id == id_}
        if kind in ("information", "information_request"):
            asked = self.by_id("information_request")[id_].child_ids
            return {self.children[one].person_id for one in asked if one in self.children}
        assert contact_id is not None, kind
        return self.on_contact[contact_id]

    def on_agenda(self, day: str) -> set[UUID]:
        """Who was on the agenda of a daily meeting."""
        items = [row for row in self._found["daily_meeting_item"] if str(row.meeting_on) == day]
        return {
            self.children[row.child_id].person_id for row in items if row.child_id in self.children
        }


def _expected(rows: Rows, event: Event) -> set[UUID]:
    noun, data = event.type.noun, event.data
    if event.type in CONCERNS_NOBODY:
        return set()
    if event.type is EventType.contact_child_removed:
        return set(event.people or ())
    if event.type is EventType.contact_child_moved:
        return {UUID(str(data["to"])), UUID(str(data["was"]))}
    if event.type is EventType.contact_match_answered:
        return {UUID(str(data["own_person_id"])), UUID(str(data["person_id"]))}
    if event.type is EventType.contact_schools_told:
        return {rows.children[UUID(str(one["child_id"]))].person_id for one in data["notices"]}
    if event.type is EventType.daily_meeting_concluded:
        return rows.on_agenda(str(data["meeting_on"]))
    if event.type is EventType.daily_meeting_item_carried_over:
        return {rows.children[UUID(str(data["child_id"]))].person_id}
    if noun == "information" and "requests" in data:
        assert event.subject_id == event.contact_id
        lines = [UUID(str(one["request_id"])) for one in data["requests"]]
        return set().union(*(rows.of_thing(noun, one, None) for one in lines))
    if noun in ("decision", "emergency_act") and "decisions" in data:
        # Of several children in one act: then it is of the contact, and names each of them.
        assert event.subject_id == event.contact_id
        return {rows.children[UUID(str(one["child_id"]))].person_id for one in data["decisions"]}
    if noun == "person":
        return {event.subject_id}
    if noun == "flag":
        flag = rows.by_id("flag")[event.subject_id]
        return rows.of_thing(flag.subject_kind, flag.subject_id, flag.contact_id)
    return rows.of_thing(noun, event.subject_id, event.contact_id)


_ADDING = (EventType.contact_amended, EventType.contact_attached, EventType.person_born)


def _put_right(events: Iterable[Event]) -> tuple[dict[UUID, UUID], set[UUID], set[UUID]]:
    """Who turned out to be whom; who was taken off a contact; who was added to one."""
    turned_out: dict[UUID, UUID] = {}
    gone, added = set(), set()
    for one in events:
        if one.type is EventType.contact_child_moved:
            left, to = UUID(str(one.data["was"])), UUID(str(one.data["to"]))
            turned_out.pop(to, None)
            turned_out[left] = to
        elif one.type is EventType.contact_child_removed:
            gone |= set(one.people or ())
        elif one.type in _ADDING:
            added |= set(one.people or ())
    return turned_out, gone, added


async def unnamed(house: House, but: Collection[EventType] = ()) -> list[str]:
    """What is wrong with whom events name; nothing when each names those whom it concerns."""
    tables = [*OWN_CHILD.values(), "contact_child", "strategy_meeting_child", "flag"]
    tables += ["information_request", "daily_meeting_item"]
    async with house.database.reading() as connection:
        found = {
            name: list((await connection.execute(select(metadata.tables[name]))).all())
            for name in tables
        }
        events = [
            read(Event, row)
            for row in await connection.execute(
                select(*columns_of(Event)).order_by(table_of(Event).c.sequence)
            )
        ]
    rows = Rows(found)
    turned_out, gone, added = _put_right(events)

    def now(people: Iterable[UUID]) -> set[UUID]:
        known = set()
        for one in people:
            while one in turned_out:
                one = turned_out[one]
            known.add(one)
        return known

    wrong = []
    for event in events:
        if event.type in but:
            continue
        if event.people is None:
            wrong.append(f"{event.type} says nothing of whom it concerns")
            continue
        named, expected = now(event.people), now(_expected(rows, event))
        missing, surplus = expected - named - now(added), named - expected - now(gone)
        if event.type is EventType.person_born:
            # The first child of the same birth is named beside the second.
            surplus -= now(added)
        if missing or surplus or len(event.people) != len(set(event.people)):
            wrong.append(f"{event.type}: {len(missing)} missing, {len(surplus)} too many")
    return wrong
