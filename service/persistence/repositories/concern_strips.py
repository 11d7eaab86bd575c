"""Beside the strip of a contact: what was decided on each other contact, and what is open."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from service.domain.access import Sight
from service.domain.accountabilities import Accountability, CareService, OpenCase
from service.domain.concern_strips import OutcomeThen
from service.domain.concerns import MOST_LISTED
from service.domain.contacts import Child
from service.domain.decisions import Decision, DecisionState, Outcome
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.referrals import Referral
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.visibility import (
    decisions_visible_to,
    episodes_visible_to,
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
            or_(table.c.decision_id == DECISION.c.id, table.c.id == DECISION.c.joined_case_id), seen
        )
        for table, seen in (
            (REFERRAL, referrals_visible_to(sight)),
            (EPISODE, episodes_visible_to(sight)),
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
            *(
                column
                for table in (REFERRAL, EPISODE)
                for column in (table.c.closed_at, table.c.closure_code, table.c.closure_reason)
            ),
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


async def referrals_of(
    ask: Asking, sight: Sight, people: Sequence[UUID], but: UUID
) -> list[Referral]:
    rows = await ask.all(
        select(*columns_of(Referral))
        .where(
            REFERRAL.c.person_id.in_(people),
            REFERRAL.c.contact_id != but,
            referrals_visible_to(sight),
        )
        .order_by(REFERRAL.c.accepted_at.desc(), REFERRAL.c.id.desc())
        .limit(MOST_LISTED * len(people))
    )
    return [read(Referral, row) for row in rows]


async def episodes_of(
    ask: Asking, sight: Sight, people: Sequence[UUID], but: UUID
) -> list[EarlyHelpEpisode]:
    rows = await ask.all(
        select(*columns_of(EarlyHelpEpisode))
        .where(
            EPISODE.c.person_id.in_(people), EPISODE.c.contact_id != but, episodes_visible_to(sight)
        )
        .order_by(EPISODE.c.accepted_at.desc(), EPISODE.c.id.desc())
        .limit(MOST_LISTED * len(people))
    )
    return [read(EarlyHelpEpisode, row) for row in rows]


async def open_cases_of(ask: Asking, sight: Sight, people: Sequence[UUID]) -> dict[UUID, OpenCase]:
    """The case that answers for each child now, where the caller may know of it."""
    found: dict[UUID, OpenCase] = {}
    sides: tuple[tuple[Any, ColumnElement[Any], CareService, ColumnElement[bool]], ...] = (
        (
            REFERRAL,
            ACCOUNTABILITY.c.referral_id,
            CareService.social_care,
            referrals_visible_to(sight),
        ),
        (
            EPISODE,
            ACCOUNTABILITY.c.early_help_episode_id,
            CareService.early_help,
            episodes_visible_to(sight),
        ),
    )
    for table, held, service, seen in sides:
        rows = await ask.all(
            select(
                ACCOUNTABILITY.c.person_id,
                table.c.id,
                table.c.reference,
                table.c.team_id,
                table.c.worker_id,
            )
            .join(table, table.c.id == held)
            .where(ACCOUNTABILITY.c.person_id.in_(people), seen)
        )
        for person_id, *case in rows:
            found[person_id] = OpenCase(service, *case)
    return found
