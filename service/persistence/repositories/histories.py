"""What else is on file of a child: contacts, what was decided on them, and cases."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, case, false, literal_column, null, select

from service.domain.access import Sight
from service.domain.contacts import Child, Contact, WithdrawalReason
from service.domain.decisions import Decision, DecisionState
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.referrals import Referral
from service.domain.whole_contacts import EarlierContact, History
from service.persistence.asking import Asking
from service.persistence.prepared import Makeable, made_once_for_sight
from service.persistence.records import columns_of, read, table_of
from service.persistence.visibility import (
    contacts_visible_to,
    decisions_visible_to,
    episodes_visible_to,
    referrals_visible_to,
)

CONTACT = table_of(Contact)
CHILD = table_of(Child)
DECISION = table_of(Decision)
_MOST = 50
"""So many contacts, referrals and episodes each are shown."""

_STANDING = and_(
    DECISION.c.child_id == CHILD.c.id,
    DECISION.c.state == DecisionState.signed,
    DECISION.c.superseded_at.is_(None),
)


@made_once_for_sight
def _contacts(sight: Sight) -> Makeable:
    read_it = and_(DECISION.c.id.is_not(None), decisions_visible_to(sight))
    hidden = false() if sight.sees_all else and_(DECISION.c.id.is_not(None), ~read_it)
    return (
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
        .where(
            CHILD.c.person_id == bindparam("person"),
            CONTACT.c.id != bindparam("but"),
            contacts_visible_to(sight),
        )
        .order_by(CONTACT.c.received_at.desc(), CONTACT.c.id.desc())
        .limit(literal_column(str(_MOST)))
    )


@made_once_for_sight
def _cases(
    sight: Sight, record: type, visible_to: Callable[[Sight], ColumnElement[bool]]
) -> Makeable:
    table = table_of(record)
    return (
        select(*columns_of(record))
        .where(
            table.c.person_id == bindparam("person"),
            table.c.contact_id != bindparam("but"),
            visible_to(sight),
        )
        .order_by(table.c.accepted_at.desc(), table.c.id.desc())
        .limit(literal_column(str(_MOST)))
    )


async def of_child(ask: Asking, sight: Sight, person_id: UUID, but: UUID) -> History:
    """The earlier contacts, referrals and early help of a child that the caller may know of.

    Leaves out the contact `but`. What was decided on an earlier contact is shown with it where the
    caller may read that decision, and said to be hidden where not.
    """
    earlier, referrals, episodes = await ask.together(
        _contacts(sight),
        _cases(sight, Referral, referrals_visible_to),
        _cases(sight, EarlyHelpEpisode, episodes_visible_to),
        person=person_id,
        but=but,
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
