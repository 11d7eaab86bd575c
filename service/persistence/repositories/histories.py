"""What is on file for a child beside one contact; and that something is, where it is not shown."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import and_, case, false, null, select

from service.domain.access import Caller
from service.domain.contacts import Child, Contact
from service.domain.decisions import Decision, DecisionState
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.referrals import Referral
from service.domain.whole_contacts import ChildHistory, EarlierContact, History
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import people
from service.persistence.visibility import (
    THE_RECORD,
    contacts_visible_to,
    decisions_visible_to,
    episodes_visible_to,
    referrals_visible_to,
    sees_all,
)

CONTACT = table_of(Contact)
CHILD = table_of(Child)
DECISION = table_of(Decision)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)

_STANDING = and_(
    DECISION.c.child_id == CHILD.c.id,
    DECISION.c.state == DecisionState.signed,
    DECISION.c.superseded_at.is_(None),
)


async def of_child(ask: Asking, who: Caller, person_id: UUID, but: UUID) -> History:
    """The earlier contacts, referrals and early help of a child that the caller may know of.

    Leaves out the contact `but`. What was decided on an earlier contact is shown with it where the
    caller may read that decision, and said to be hidden where not.
    """
    read_it = and_(DECISION.c.id.is_not(None), decisions_visible_to(who))
    hidden = false() if sees_all(who) else and_(DECISION.c.id.is_not(None), ~read_it)
    earlier = await ask.all(
        select(
            CONTACT.c.id,
            CONTACT.c.reference,
            CONTACT.c.received_at,
            CONTACT.c.source_code,
            case((read_it, DECISION.c.outcome), else_=null()),
            case((read_it, DECISION.c.answered_at), else_=null()),
            hidden,
        )
        .join(CHILD, CHILD.c.contact_id == CONTACT.c.id)
        .outerjoin(DECISION, _STANDING)
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


async def as_seen_by(ask: Asking, who: Caller, child: Child, but: UUID) -> ChildHistory:
    """The history of a child with who on file may be the same child, and what is not shown of it.

    Nothing that is hidden goes back: the record is read beside it only to say that it is there.
    """
    seen = await _whole(ask, who, child, but)
    if sees_all(who):
        return seen
    return replace(seen, not_shown=seen.less_than(await _whole(ask, THE_RECORD, child, but)))


async def _whole(ask: Asking, who: Caller, child: Child, but: UUID) -> ChildHistory:
    return ChildHistory(
        child=child,
        history=await of_child(ask, who, child.person_id, but),
        possible_matches=await people.with_name_and_birth(ask, who, child),
    )
