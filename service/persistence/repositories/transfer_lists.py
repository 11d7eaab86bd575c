"""Transfers by the page: newest first, narrowed, each row with its history and its challenges."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from service.domain.access import Sight
from service.domain.accountabilities import Accountability
from service.domain.challenges import Challenge
from service.domain.contacts import Contact
from service.domain.deadlines import Deadline
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.referrals import Referral
from service.domain.transfer_lists import (
    ChallengeInShort,
    ListedTransfer,
    StepInShort,
    TransferFilters,
    TransferInShort,
)
from service.domain.transfer_waits import WaitsFor
from service.domain.transfers import (
    FamilyAgreement,
    Transfer,
    TransferAction,
    TransferState,
    TransferStep,
)
from service.persistence.asking import Asking
from service.persistence.prepared import Makeable, Rows, any_of, made_once
from service.persistence.records import read, table_of
from service.persistence.repositories.lists import Listed
from service.persistence.visibility import transfers_visible_to

TRANSFER = table_of(Transfer)
STEP = table_of(TransferStep)
CHALLENGE = table_of(Challenge)
CONTACT = table_of(Contact)
DEADLINE = table_of(Deadline)
ACCOUNTABILITY = table_of(Accountability)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)

_SHORT = [TRANSFER.c[field.name] for field in fields(TransferInShort)]
_STEP = [STEP.c[field.name] for field in fields(StepInShort)]
_CHALLENGE = [CHALLENGE.c[field.name] for field in fields(ChallengeInShort)]
_RUNNING = and_(
    DEADLINE.c.contact_id == TRANSFER.c.contact_id,
    DEADLINE.c.subject_id == TRANSFER.c.id,
    DEADLINE.c.stopped_at.is_(None),
)


def _rows() -> Select[Any]:
    """Transfers in short, each with the town, who answers for the child, and its soonest limit."""
    stuck_at = (
        select(func.min(DEADLINE.c.due_at)).where(_RUNNING).correlate(TRANSFER).scalar_subquery()
    )
    team_id = func.coalesce(REFERRAL.c.team_id, EPISODE.c.team_id)
    return (
        select(*_SHORT, CONTACT.c.town, team_id, stuck_at)
        # Joined in one piece, so that it can be asked together with others.
        .select_from(
            TRANSFER.join(CONTACT, CONTACT.c.id == TRANSFER.c.contact_id)
            .outerjoin(ACCOUNTABILITY, ACCOUNTABILITY.c.person_id == TRANSFER.c.person_id)
            .outerjoin(REFERRAL, REFERRAL.c.id == ACCOUNTABILITY.c.referral_id)
            .outerjoin(EPISODE, EPISODE.c.id == ACCOUNTABILITY.c.early_help_episode_id)
        )
    )


LISTED = Listed(
    Transfer,
    "requested_at",
    transfers_visible_to,
    elsewhere=(
        "waits_for",
        "waiting_over_working_days",
        "stuck",
        "town",
        "refusal_codes",
        "refused_from",
        "refused_to",
        "challenged",
        "challenge_outcomes",
        "raised_by",
    ),
)


async def list_newest_first(
    ask: Asking,
    sight: Sight,
    filters: TransferFilters,
    *,
    now: datetime,
    requested_before: datetime | None,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[ListedTransfer]:
    """Transfers by when they were asked for, newest first, from after a place on.

    `requested_before` is what the filter on working days comes to.
    """
    statement = _rows().where(
        transfers_visible_to(sight), *_conditions(filters, now, requested_before)
    )
    return await _listed(ask, await ask.all(LISTED.page(statement, limit, after)))


@made_once
def _of_ids() -> Makeable:
    return _rows().where(any_of(TRANSFER.c.id, "ids"))


async def of_ids(ask: Asking, transfer_ids: Sequence[UUID]) -> Mapping[UUID, ListedTransfer]:
    """Several transfers that the caller may see, by their ids."""
    if not transfer_ids:
        return {}
    found = _put_together(*await ask.together(_of_ids(), _steps(), _challenges(), ids=transfer_ids))
    return {one.transfer.id: one for one in found}


@made_once
def _in_short() -> Makeable:
    return select(*_CHALLENGE).where(any_of(CHALLENGE.c.id, "ids"))


async def challenges_in_short(
    ask: Asking, challenge_ids: Sequence[UUID]
) -> Mapping[UUID, ChallengeInShort]:
    """Several challenges that the caller may see, by their ids."""
    if not challenge_ids:
        return {}
    rows = await ask.all(_in_short(), ids=challenge_ids)
    return {one.id: one for one in (read(ChallengeInShort, row) for row in rows)}


async def _listed(ask: Asking, rows: Rows) -> list[ListedTransfer]:
    if not rows:
        return []
    # Its id is the first of what is shown of it.
    ids = [row[0] for row in rows]
    return _put_together(rows, *await ask.together(_steps(), _challenges(), ids=ids))


def _put_together(rows: Rows, steps: Rows, challenges: Rows) -> list[ListedTransfer]:
    steps_of: defaultdict[UUID, list[StepInShort]] = defaultdict(list)
    for row in steps:
        step = read(StepInShort, row)
        steps_of[step.transfer_id].append(step)
    challenges_of: defaultdict[UUID | None, list[ChallengeInShort]] = defaultdict(list)
    for row in challenges:
        challenge = read(ChallengeInShort, row)
        challenges_of[challenge.transfer_id].append(challenge)
    shorts = [read(TransferInShort, row[: len(_SHORT)]) for row in rows]
    return [
        ListedTransfer(
            transfer=short,
            town=row[-3],
            accountable_team_id=row[-2],
            stuck_at=row[-1],
            steps=steps_of[short.id],
            challenges=challenges_of[short.id],
        )
        for short, row in zip(shorts, rows, strict=True)
    ]


@made_once
def _steps() -> Makeable:
    return (
        select(*_STEP)
        .where(any_of(STEP.c.transfer_id, "ids"))
        .order_by(STEP.c.transfer_id, STEP.c.id)
    )


@made_once
def _challenges() -> Makeable:
    return (
        select(*_CHALLENGE)
        .where(any_of(CHALLENGE.c.transfer_id, "ids"))
        .order_by(CHALLENGE.c.transfer_id, CHALLENGE.c.id)
    )


def _conditions(
    filters: TransferFilters, now: datetime, requested_before: datetime | None
) -> list[ColumnElement[bool]]:
    own = TRANSFER.c
    found = LISTED.which(filters)
    if filters.waits_for:
        found += [own.ended_at.is_(None), or_(*(_WAITING[one]() for one in filters.waits_for))]
    if requested_before is not None:
        found += [own.ended_at.is_(None), own.requested_at < requested_before]
    if filters.stuck is not None:
        late = exists().where(_RUNNING, DEADLINE.c.due_at < now).correlate(TRANSFER)
        owing = own.meeting_owed_since.is_not(None) & own.meeting_settled_at.is_(None)
        found += [own.ended_at.is_(None) | owing, late] if filters.stuck else [~late]
    if filters.town is not None:
        found.append(func.lower(CONTACT.c.town) == filters.town.lower())
    return [*found, *_of_refusal(filters), *_of_challenge(filters)]


def _of_refusal(filters: TransferFilters) -> list[ColumnElement[bool]]:
    """Of one and the same refusal, whatever became of it."""
    of_one: list[ColumnElement[bool]] = []
    if filters.refusal_codes:
        of_one.append(STEP.c.code.in_(filters.refusal_codes))
    if filters.refused_from is not None:
        of_one.append(STEP.c.at >= filters.refused_from)
    if filters.refused_to is not None:
        of_one.append(STEP.c.at < filters.refused_to)
    if not of_one:
        return []
    return [
        exists().where(
            STEP.c.transfer_id == TRANSFER.c.id, STEP.c.action == TransferAction.refuse, *of_one
        )
    ]


def _of_challenge(filters: TransferFilters) -> list[ColumnElement[bool]]:
    """Of one and the same challenge of a refusal."""
    of_one: list[ColumnElement[bool]] = []
    if filters.challenge_outcomes:
        of_one.append(CHALLENGE.c.outcome.in_(filters.challenge_outcomes))
    if filters.raised_by is not None:
        of_one.append(CHALLENGE.c.raised_by == filters.raised_by)
    found: list[ColumnElement[bool]] = []
    if of_one:
        found.append(exists().where(CHALLENGE.c.transfer_id == TRANSFER.c.id, *of_one))
    if filters.challenged is not None:
        any_one = exists().where(CHALLENGE.c.transfer_id == TRANSFER.c.id)
        found.append(any_one if filters.challenged else ~any_one)
    return found


def _in(state: TransferState) -> ColumnElement[bool]:
    return TRANSFER.c.state == state


def _agreed() -> ColumnElement[bool]:
    return TRANSFER.c.family_agreement == FamilyAgreement.given


# What `waits_for` of the domain says, as conditions; a test holds the two together.
_WAITING = {
    WaitsFor.opening: lambda: _in(TransferState.requested),
    WaitsFor.answer: lambda: _in(TransferState.opened),
    WaitsFor.refusal_agreement: lambda: _in(TransferState.refusal_pending),
    WaitsFor.challenge: lambda: _in(TransferState.refusal_challenged),
    WaitsFor.acceptance: lambda: _in(TransferState.refusal_overturned),
    WaitsFor.return_decision: lambda: _in(TransferState.returned),
    WaitsFor.family_agreement: lambda: and_(_in(TransferState.accepted), ~_agreed()),
    WaitsFor.first_visit: lambda: and_(
        _in(TransferState.accepted), _agreed(), TRANSFER.c.first_visit_at.is_(None)
    ),
    WaitsFor.completion: lambda: and_(
        _in(TransferState.accepted), _agreed(), TRANSFER.c.first_visit_at.is_not(None)
    ),
}
