"""Beside the strip of a contact: what was decided on each other contact, and what is open."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, null, or_, select

from service.domain.access import Sight
from service.domain.accountabilities import Accountability, CareService, OpenCase
from service.domain.concern_strips import OutcomeThen
from service.domain.concerns import MOST_LISTED
from service.domain.contacts import Child
from service.domain.decisions import Decision, DecisionState, Outcome
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.referrals import Referral
from service.domain.whole_contacts import EarlierCase
from service.persistence.asking import Asking
from service.persistence.records import table_of
from service.persistence.repositories.histories import earlier_case, earlier_cases
from service.persistence.visibility import (
    decisions_visible_to,
    episodes_known_to,
    episodes_visible_to,
    referrals_known_to,
    referrals_visible_to,
)

CHILD = table_of(Child)
DECISION = table_of(Decision)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
ACCOUNTABILITY = table_of(Accountability)


async def outcomes_on(
    ask: Asking, sight: Sight, contact_ids: Sequence[UUID]
) -> dict[UUID, list[tuple[UUID, OutcomeThen]]]:
    """What stands signed for each child on some contacts, with how the case it led to ended."""
    found: dict[UUID, list[tuple[UUID, OutcomeThen]]] = {}
    if not contact_ids:
        return found
    referral, episode = (
        and_(
            or_(table.c.decision_id == DECISION.c.id, table.c.id == DECISION.c.joined_case_id),
            known,
        )
        for table, known in (
            (REFERRAL, referrals_known_to(sight)),
            (EPISODE, episodes_known_to(sight)),
        )
    )
    rows = await ask.all(
        select(
            DECISION.c.contact_id,
            DECISION.c.person_id,
            DECISION.c.child_id,
            DECISION.c.outcome,
            DECISION.c.answered_at,
            DECISION.c.rationale,
            DECISION.c.last_closed_because,
            *_ended(REFERRAL, referrals_visible_to(sight)),
            *_ended(EPISODE, episodes_visible_to(sight)),
        )
        .select_from(DECISION)
        .join(CHILD, CHILD.c.id == DECISION.c.child_id)
        .outerjoin(REFERRAL, referral)
        .outerjoin(EPISODE, episode)
        .where(
            DECISION.c.contact_id.in_(contact_ids),
            DECISION.c.state == DecisionState.signed,
            DECISION.c.superseded_at.is_(None),
            decisions_visible_to(sight),
        )
        .order_by(DECISION.c.contact_id, CHILD.c.position)
    )
    for contact_id, person_id, child_id, outcome, decided_at, rationale, because, *ended in rows:
        closed = ended[:3] if ended[0] is not None else ended[3:]
        found.setdefault(contact_id, []).append(
            (
                person_id,
                OutcomeThen(
                    child_id, False, Outcome(outcome), decided_at, rationale, because, *closed
                ),
            )
        )
    return found


def _ended(table: Any, readable: ColumnElement[bool]) -> tuple[ColumnElement[Any], ...]:
    """How a case ended: why, in words, to those alone who may read it."""
    words = case((readable, table.c.closure_reason), else_=null())
    return table.c.closed_at, table.c.closure_code, words


async def cases_of(
    ask: Asking, sight: Sight, record: type, people: Sequence[UUID], but: UUID
) -> list[EarlierCase]:
    """The referrals, or the episodes, of some children that the caller may know to be."""
    table = table_of(record)
    rows = await ask.all(
        earlier_cases(sight, record)
        .where(table.c.person_id.in_(people), table.c.contact_id != but)
        .limit(MOST_LISTED * len(people))
    )
    return [earlier_case(row) for row in rows]


async def open_cases_of(ask: Asking, sight: Sight, people: Sequence[UUID]) -> dict[UUID, OpenCase]:
    """The case that answers for each child of a contact now.

    Everybody who works on a side knows of it where they see the contact: that a sibling has a case
    with the other side, and with whom to speak about it (rule 23).
    """
    found: dict[UUID, OpenCase] = {}
    if not (sight.sees_all or sight.sees_one_side):
        return found
    sides: tuple[tuple[Any, ColumnElement[Any], CareService], ...] = (
        (REFERRAL, ACCOUNTABILITY.c.referral_id, CareService.social_care),
        (EPISODE, ACCOUNTABILITY.c.early_help_episode_id, CareService.early_help),
    )
    for table, held, service in sides:
        rows = await ask.all(
            select(
                ACCOUNTABILITY.c.person_id,
                table.c.id,
                table.c.reference,
                table.c.team_id,
                table.c.worker_id,
            )
            .join(table, table.c.id == held)
            .where(ACCOUNTABILITY.c.person_id.in_(people))
        )
        for person_id, *held_by in rows:
            found[person_id] = OpenCase(service, *held_by)
    return found
