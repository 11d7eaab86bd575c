"""What is still with teams that the policy does not have, counted and found."""

from collections.abc import Collection
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, String, case, cast, func, literal, select, union_all

from service.domain.contacts import Child, ChildState, Contact
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.referrals import Referral
from service.domain.removed_teams import StillWithTeam
from service.domain.transfers import Direction, Party, Transfer, TransferState
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.accountabilities import is_open
from service.persistence.units_of_work import Work

CONTACT = table_of(Contact)
CHILD = table_of(Child)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
TRANSFER = table_of(Transfer)
_OPEN, _AWAITED = "open", "awaited"
Case = TypeVar("Case", Referral, EarlyHelpEpisode)


def _lines() -> list[Select[Any]]:
    """Team, child and kind of work of everything open, and of every step on its way to a team."""
    up = TRANSFER.c.direction == Direction.step_up
    asked = TRANSFER.c.asked_by == Party.sender
    # A step-up is put to the front door, which names the receiving team when it accepts.
    work = case(
        (up & asked, literal("contact", String)),
        (up, literal("referral", String)),
        else_=literal("early_help_episode", String),
    )
    return [
        select(
            CONTACT.c.team_id.label("team_id"),
            CHILD.c.person_id.label("person_id"),
            literal("contact", String).label("work"),
            literal(_OPEN, String).label("how"),
        )
        .join(CHILD, CHILD.c.contact_id == CONTACT.c.id)
        .where(CONTACT.c.decided_at.is_(None), CHILD.c.state != ChildState.decided),
        *(
            select(
                table.c.team_id,
                table.c.person_id,
                literal(name, String).label("work"),
                literal(_OPEN, String).label("how"),
            ).where(is_open(table))
            for name, table in (("referral", REFERRAL), ("early_help_episode", EPISODE))
        ),
        select(
            TRANSFER.c.receiver_team_id,
            TRANSFER.c.person_id,
            cast(work, String).label("work"),
            literal(_AWAITED, String).label("how"),
        ).where(TRANSFER.c.ended_at.is_(None), TRANSFER.c.state != TransferState.accepted),
    ]


async def still_with_others(ask: Asking, teams: Collection[str]) -> list[StillWithTeam]:
    """What is with teams other than these, by team and kind of work; nothing when all is well."""
    line = union_all(*_lines()).subquery("line")
    rows = await ask.all(
        select(line.c.team_id, line.c.work, line.c.how, func.count(line.c.person_id.distinct()))
        .where(line.c.team_id.not_in(teams))
        .group_by(line.c.team_id, line.c.work, line.c.how)
        .order_by(line.c.team_id, line.c.work)
    )
    found: dict[tuple[str, str], dict[str, int]] = {}
    for team_id, work, how, count in rows:
        found.setdefault((team_id, work), {})[how] = count
    return [
        StillWithTeam(team_id, work, counts.get(_OPEN, 0), counts.get(_AWAITED, 0))
        for (team_id, work), counts in found.items()
    ]


async def children_with(ask: Asking, team_id: str) -> list[tuple[UUID, UUID]]:
    """The children of whom a case is open in a team, or a step between teams names it.

    Each with a contact of what was found.
    """
    ways = [
        select(table.c.person_id, table.c.contact_id).where(
            is_open(table), table.c.team_id == team_id
        )
        for table in (REFERRAL, EPISODE)
    ]
    ways.append(
        select(TRANSFER.c.person_id, TRANSFER.c.contact_id).where(
            TRANSFER.c.ended_at.is_(None),
            (TRANSFER.c.receiver_team_id == team_id) | (TRANSFER.c.sender_team_id == team_id),
        )
    )
    found: dict[UUID, UUID] = {}
    for person_id, contact_id in await ask.all(union_all(*ways)):
        found.setdefault(person_id, contact_id)
    return sorted(found.items())


async def contacts_with(ask: Asking, team_id: str) -> list[UUID]:
    """The contacts that a team has, and that are not decided."""
    rows = await ask.all(
        select(CONTACT.c.id)
        .where(CONTACT.c.decided_at.is_(None), CONTACT.c.team_id == team_id)
        .order_by(CONTACT.c.id)
    )
    return [row[0] for row in rows]


async def open_contact_held(work: Work, contact_id: UUID, team_id: str) -> Contact | None:
    """A contact that a team has and that is not decided, held until the commit; else None."""
    row = await work.first(
        select(*columns_of(Contact))
        .where(
            CONTACT.c.id == contact_id,
            CONTACT.c.team_id == team_id,
            CONTACT.c.decided_at.is_(None),
        )
        .with_for_update(of=CONTACT, key_share=True)
    )
    return None if row is None else read(Contact, row)


async def open_cases_held(
    work: Work, person_id: UUID, team_id: str
) -> list[Referral | EarlyHelpEpisode]:
    """The cases of a child that are open in a team, held until the commit."""
    referrals = await _open_of(work, Referral, person_id, team_id)
    return [*referrals, *await _open_of(work, EarlyHelpEpisode, person_id, team_id)]


async def _open_of(work: Work, record: type[Case], person_id: UUID, team_id: str) -> list[Case]:
    table = table_of(record)
    rows = await work.all(
        select(*columns_of(record))
        .where(table.c.open_person_id == person_id, table.c.team_id == team_id)
        .with_for_update(of=table, key_share=True)
    )
    return [read(record, row) for row in rows]
