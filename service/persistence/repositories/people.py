"""People across contacts: recognised by their numbers, linked by a worker, with their history."""

from collections.abc import Sequence
from dataclasses import fields
from uuid import UUID

from sqlalchemy import exists, or_, select, update

from service.domain.access import Caller
from service.domain.contacts import Child, Contact
from service.domain.decisions import Decision
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.errors import Invalid
from service.domain.people import Person
from service.domain.referrals import Referral
from service.domain.whole_contacts import EarlierContact, History
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.units_of_work import Work
from service.persistence.visibility import (
    contacts_visible_to,
    episodes_visible_to,
    referrals_visible_to,
)

PERSON = table_of(Person)
CHILD = table_of(Child)
CONTACT = table_of(Contact)
DECISION = table_of(Decision)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)


class PersonUnknown(Invalid):
    """A child was linked to a record that is not there."""

    code = "person_unknown"
    title = "No such child on file"


async def find(ask: Asking, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """People by id."""
    if not ids:
        return {}
    rows = await ask.all(select(*columns_of(Person)).where(PERSON.c.id.in_(ids)))
    return {person.id: person for person in (read(Person, row) for row in rows)}


async def with_numbers(
    ask: Asking, nhs_numbers: Sequence[str], pupil_numbers: Sequence[str]
) -> list[Person]:
    """People who bear one of these NHS or pupil numbers."""
    ways = []
    if nhs_numbers:
        ways.append(PERSON.c.nhs_number.in_(nhs_numbers))
    if pupil_numbers:
        ways.append(PERSON.c.unique_pupil_number.in_(pupil_numbers))
    if not ways:
        return []
    return [
        read(Person, row) for row in await ask.all(select(*columns_of(Person)).where(or_(*ways)))
    ]


async def is_spoken_of(ask: Asking, person_id: UUID) -> bool:
    """Whether any contact speaks of this person."""
    row = await ask.first(select(CHILD.c.id).where(CHILD.c.person_id == person_id).limit(1))
    return row is not None


async def change(work: Work, old: Person, new: Person) -> None:
    """Writes what differs of a person, if anything does."""
    differing = {
        field.name: getattr(new, field.name)
        for field in fields(old)
        if getattr(new, field.name) != getattr(old, field.name)
    }
    if differing:
        await work.execute(update(PERSON).where(PERSON.c.id == old.id).values(**differing))


async def with_name_and_birth(ask: Asking, who: Caller, child: Child) -> list[Person]:
    """Others on file with this family name and date of birth, as far as the caller may know.

    Possibly the same child.
    """
    if child.family_name is None or child.date_of_birth is None:
        return []
    rows = await ask.all(
        select(*columns_of(Person))
        .where(
            PERSON.c.family_name == child.family_name,
            PERSON.c.date_of_birth == child.date_of_birth,
            PERSON.c.id != child.person_id,
            exists()
            .where(CHILD.c.person_id == PERSON.c.id)
            .where(CONTACT.c.id == CHILD.c.contact_id, contacts_visible_to(who)),
        )
        .order_by(PERSON.c.id)
        .limit(10)
    )
    return [read(Person, row) for row in rows]


async def history(ask: Asking, who: Caller, person_id: UUID, but: UUID) -> History:
    """The earlier contacts, referrals and early help of a child that the caller may know of.

    Leaves out the contact `but`.
    """
    earlier = await ask.all(
        select(
            CONTACT.c.id,
            CONTACT.c.reference,
            CONTACT.c.received_at,
            CONTACT.c.source_code,
            DECISION.c.outcome,
            DECISION.c.answered_at,
        )
        .join(CHILD, CHILD.c.contact_id == CONTACT.c.id)
        .outerjoin(
            DECISION,
            (DECISION.c.child_id == CHILD.c.id)
            & (DECISION.c.state == "signed")
            & DECISION.c.superseded_at.is_(None),
        )
        .where(CHILD.c.person_id == person_id, CONTACT.c.id != but, contacts_visible_to(who))
        .order_by(CONTACT.c.received_at.desc(), CONTACT.c.id.desc())
        .limit(50)
    )
    referrals = await ask.all(
        select(*columns_of(Referral))
        .where(
            REFERRAL.c.person_id == person_id,
            REFERRAL.c.contact_id != but,
            referrals_visible_to(who),
        )
        .order_by(REFERRAL.c.accepted_at.desc(), REFERRAL.c.id.desc())
        .limit(50)
    )
    episodes = await ask.all(
        select(*columns_of(EarlyHelpEpisode))
        .where(
            EPISODE.c.person_id == person_id,
            EPISODE.c.contact_id != but,
            episodes_visible_to(who),
        )
        .order_by(EPISODE.c.accepted_at.desc(), EPISODE.c.id.desc())
        .limit(50)
    )
    return History(
        contacts=[EarlierContact(*tuple(row)) for row in earlier],
        referrals=[read(Referral, row) for row in referrals],
        episodes=[read(EarlyHelpEpisode, row) for row in episodes],
    )
