"""What else is on file of a child: contacts, what was decided on them, and cases."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, false, null, select

from service.domain.access import Caller
from service.domain.contacts import Child, Contact, WithdrawalReason
from service.domain.decisions import Decision, DecisionState
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.referrals import Referral
from service.domain.whole_contacts import EarlierContact, History
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.visibility import (
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
            CONTACT.c.withdrawn_as,
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
        contacts=[_earlier(row) for row in earlier],
        referrals=[read(Referral, row) for row in referrals],
        episodes=[read(EarlyHelpEpisode, row) for row in episodes],
    )


def _earlier(row: Sequence[Any]) -> EarlierContact:
    *told, why = row
    return replace(
        EarlierContact(*told), withdrawn_as=None if why is None else WithdrawalReason(why)
    )
