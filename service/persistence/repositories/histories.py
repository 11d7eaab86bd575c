"""What else is on file of a child: contacts, what was decided on them, and cases."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    false,
    literal_column,
    null,
    select,
)

from service.domain.access import Sight
from service.domain.contact_kinds import ContactKind
from service.domain.contacts import Child, Contact, WithdrawalReason
from service.domain.decisions import Decision, DecisionState
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.referrals import Referral
from service.domain.whole_contacts import EarlierCase, EarlierContact, History
from service.persistence.asking import Asking
from service.persistence.prepared import Makeable, made_once_for_sight
from service.persistence.records import table_of
from service.persistence.visibility import (
    contacts_visible_to,
    decisions_visible_to,
    episodes_known_to,
    episodes_visible_to,
    referrals_known_to,
    referrals_visible_to,
)

CONTACT = table_of(Contact)
CHILD = table_of(Child)
DECISION = table_of(Decision)
_Predicate: TypeAlias = Callable[[Sight], ColumnElement[bool]]
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
            CONTACT.c.kind,
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
def _cases(sight: Sight, record: type) -> Makeable:
    table = table_of(record)
    return (
        earlier_cases(sight, record)
        .where(table.c.person_id == bindparam("person"), table.c.contact_id != bindparam("but"))
        .limit(literal_column(str(_MOST)))
    )


async def of_child(ask: Asking, sight: Sight, person_id: UUID, but: UUID) -> History:
    """The earlier contacts, referrals and early help of a child that the caller may know of.

    Leaves out the contact `but`. What was decided on an earlier contact is shown with it where the
    caller may read that decision, and said to be hidden where not.
    """
    earlier, referrals, episodes = await ask.together(
        _contacts(sight),
        _cases(sight, Referral),
        _cases(sight, EarlyHelpEpisode),
        person=person_id,
        but=but,
    )
    return History(
        contacts=[_earlier(row) for row in earlier],
        referrals=[earlier_case(row) for row in referrals],
        episodes=[earlier_case(row) for row in episodes],
    )


def earlier_cases(sight: Sight, record: type) -> Select[Any]:
    """The referrals, or the early help episodes, that a caller may know to be, newest first.

    Each line is what `earlier_case` reads.
    """
    table, known_to, visible_to = _SIDES[record]
    readable = visible_to(sight)
    return (
        select(
            table.c.id,
            table.c.person_id,
            table.c.reference,
            table.c.accepted_at,
            table.c.team_id,
            table.c.closed_at,
            table.c.closure_code,
            case((readable, table.c.closure_reason), else_=null()),
            and_(table.c.closure_reason.is_not(None), ~readable),
        )
        .where(known_to(sight))
        .order_by(table.c.accepted_at.desc(), table.c.id.desc())
    )


_SIDES: Mapping[type, tuple[Any, _Predicate, _Predicate]] = {
    Referral: (table_of(Referral), referrals_known_to, referrals_visible_to),
    EarlyHelpEpisode: (table_of(EarlyHelpEpisode), episodes_known_to, episodes_visible_to),
}


def earlier_case(row: Sequence[Any]) -> EarlierCase:
    """A line of `earlier_cases`."""
    *told, hidden = row
    return replace(EarlierCase(*told), not_shown=("closure_reason",) if hidden else ())


def _earlier(row: Sequence[Any]) -> EarlierContact:
    *told, why, kind = row
    return replace(
        EarlierContact(*told),
        withdrawn_as=None if why is None else WithdrawalReason(why),
        kind=ContactKind(kind),
    )
