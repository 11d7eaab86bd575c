"""Flags: raised once for what is due, escalated, and listed one a contact, danger first."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, select, update

from service.domain.access import Sight
from service.domain.accountabilities import CareService
from service.domain.contacts import Contact
from service.domain.deadlines import Deadline
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.errors import NotFound
from service.domain.escalations import Accountable
from service.domain.flags import (
    WORST_FIRST,
    Flag,
    FlagFilters,
    Severity,
    ShownFlag,
    SubjectKind,
)
from service.domain.missing_episodes import MissingEpisode
from service.domain.passed_concerns import PassedConcern
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import Section47Enquiry
from service.persistence.asking import Asking
from service.persistence.keysets import Place, narrowed, soonest_first
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.things import Things
from service.persistence.units_of_work import Work
from service.persistence.visibility import flags_visible_to

FLAG = table_of(Flag)
DEADLINE = table_of(Deadline)
CONTACT = table_of(Contact)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
ENQUIRY = table_of(Section47Enquiry)
MISSING = table_of(MissingEpisode)
PASSED = table_of(PassedConcern)


class FlagNotFound(NotFound):
    """No such flag, or not one that the caller may know of."""

    code = "flag_not_found"
    title = "No such flag"


get = Things(Flag, "flag", flags_visible_to, FlagNotFound).get


async def deadline_of(ask: Asking, flag: Flag) -> Deadline:
    """The deadline behind a flag: its start, its limit and the sum."""
    row = await ask.first(select(*columns_of(Deadline)).where(DEADLINE.c.id == flag.deadline_id))
    if row is None:
        raise FlagNotFound("There is no deadline behind this flag.")
    return read(Deadline, row)


async def accountable_for(ask: Asking, flag: Flag) -> Accountable | None:
    """Who answers for what a flag is about; None where that is its owner alone.

    What runs on a transfer, a challenge or a decision is owed by who is to answer it, whoever holds
    the child meanwhile.
    """
    of_enquiry = select(ENQUIRY.c.referral_id).where(ENQUIRY.c.id == flag.subject_id)
    of_missing = select(MISSING.c.person_id).where(MISSING.c.id == flag.subject_id)

    def passed(case_id: Any) -> Any:
        return select(case_id).where(PASSED.c.id == flag.subject_id).scalar_subquery()

    ways: dict[SubjectKind, tuple[_Way, ...]] = {
        SubjectKind.contact: (
            _Way(CareService.front_door, CONTACT.c.assignee_id, CONTACT.c.id == flag.subject_id),
        ),
        SubjectKind.referral: (_by_referral(REFERRAL.c.id == flag.subject_id),),
        SubjectKind.early_help_episode: (_by_episode(EPISODE.c.id == flag.subject_id),),
        SubjectKind.section_47_enquiry: (
            _by_referral(REFERRAL.c.id == of_enquiry.scalar_subquery()),
        ),
        SubjectKind.missing_episode: (
            _by_referral(REFERRAL.c.open_person_id == of_missing.scalar_subquery()),
            _by_episode(EPISODE.c.open_person_id == of_missing.scalar_subquery()),
        ),
        SubjectKind.passed_concern: (
            _by_referral(REFERRAL.c.id == passed(PASSED.c.referral_id)),
            _by_episode(EPISODE.c.id == passed(PASSED.c.early_help_episode_id)),
        ),
    }
    for way in ways.get(flag.subject_kind, ()):
        row = await ask.first(select(way.worker_id, way.worker_id.table.c.team_id).where(way.which))
        if row is not None:
            return Accountable(row[0], row[1], way.service)
    return None


@dataclass(frozen=True, slots=True)
class _Way:
    """From a flag to who holds what it is about: a column of a case, or of the contact."""

    service: CareService
    worker_id: Any
    which: ColumnElement[bool]


def _by_referral(which: ColumnElement[bool]) -> _Way:
    return _Way(CareService.social_care, REFERRAL.c.worker_id, which)


def _by_episode(which: ColumnElement[bool]) -> _Way:
    return _Way(CareService.early_help, EPISODE.c.worker_id, which)


@dataclass(frozen=True, slots=True)
class SweepWork:
    """Whether there is anything for a sweep to do, of each of its four kinds."""

    breaches: bool
    warnings: bool
    escalations: bool
    stopped: bool


def _to_breach(now: datetime) -> ColumnElement[bool]:
    return and_(
        DEADLINE.c.stopped_at.is_(None),
        DEADLINE.c.breached_at.is_(None),
        DEADLINE.c.due_at <= now,
    )


def _to_warn(now: datetime) -> ColumnElement[bool]:
    return and_(
        DEADLINE.c.stopped_at.is_(None),
        DEADLINE.c.warned_at.is_(None),
        DEADLINE.c.warn_at.is_not(None),
        DEADLINE.c.warn_at <= now,
        DEADLINE.c.due_at > now,
    )


def _to_escalate(now: datetime) -> ColumnElement[bool]:
    return and_(
        FLAG.c.cleared_at.is_(None),
        FLAG.c.acknowledged_at.is_(None),
        FLAG.c.escalate_at.is_not(None),
        FLAG.c.escalate_at <= now,
    )


def _left_behind() -> ColumnElement[bool]:
    return and_(
        FLAG.c.cleared_at.is_(None),
        exists().where(DEADLINE.c.id == FLAG.c.deadline_id, DEADLINE.c.stopped_at.is_not(None)),
    )


async def waiting(ask: Asking, now: datetime) -> SweepWork:
    """Looks, in one statement on partial indexes, whether a sweep has anything to do."""
    row = await ask.first(
        select(
            exists(select(DEADLINE.c.id).where(_to_breach(now))),
            exists(select(DEADLINE.c.id).where(_to_warn(now))),
            exists(select(FLAG.c.id).where(_to_escalate(now))),
            exists(select(FLAG.c.id).where(_left_behind())),
        )
    )
    return SweepWork(False, False, False, False) if row is None else SweepWork(*map(bool, row))


_BEFORE_THE_LIMIT = tuple(one for one in Severity if one is not Severity.breach)


async def claim_due(work: Work, severity: Severity, limit: int) -> list[Deadline]:
    """Takes due clocks, soonest first, and marks them, so that no other sweep takes them again.

    A clock that somebody is stopping at this moment, or another sweep holds, is left alone. Those
    that have their flag already (a restored record, say) are marked and not returned.
    """
    breach = severity is Severity.breach
    due = _to_breach(work.now) if breach else _to_warn(work.now)
    order = DEADLINE.c.due_at if breach else DEADLINE.c.warn_at
    rows = await work.all(
        select(*columns_of(Deadline))
        .where(due)
        .order_by(order, DEADLINE.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = [read(Deadline, row) for row in rows]
    if not found:
        return []
    marks: dict[str, object] = {"warned_at": func.coalesce(DEADLINE.c.warned_at, work.now)}
    if breach:
        marks["breached_at"] = literal(work.now, DEADLINE.c.breached_at.type)
    claimed = await work.all(
        update(DEADLINE)
        .where(DEADLINE.c.id.in_([one.id for one in found]), due)
        .values(marks)
        .returning(DEADLINE.c.id)
    )
    flagged = await work.all(
        select(FLAG.c.deadline_id, FLAG.c.due_at).where(
            FLAG.c.deadline_id.in_([one.id for one in found]),
            FLAG.c.severity.in_([Severity.breach] if breach else _BEFORE_THE_LIMIT),
        )
    )
    ours = {id_ for (id_,) in claimed}
    before = {(id_, due_at) for id_, due_at in flagged}
    return [one for one in found if one.id in ours and (one.id, one.due_at) not in before]


async def was_raised(ask: Asking, deadline: Deadline, severity: Severity) -> bool:
    """Whether the flag of a clock was raised for its limit, whatever became of it."""
    row = await ask.first(
        select(FLAG.c.id).where(
            FLAG.c.deadline_id == deadline.id,
            FLAG.c.severity == severity,
            FLAG.c.due_at == deadline.due_at,
        )
    )
    return row is not None


async def clear_warnings(work: Work, deadline_ids: Collection[UUID]) -> set[UUID]:
    """Clears what was flagged before the limit of clocks: the breach takes its place.

    Returns the clocks of which danger was flagged: their breach stands where the danger stood.
    """
    rows = await work.all(
        update(FLAG)
        .where(
            FLAG.c.deadline_id.in_(deadline_ids),
            FLAG.c.severity.in_(_BEFORE_THE_LIMIT),
            FLAG.c.cleared_at.is_(None),
        )
        .values(cleared_at=work.now, cleared_because="breached", version=FLAG.c.version + 1)
        .returning(FLAG.c.deadline_id, FLAG.c.severity)
    )
    return {deadline_id for deadline_id, severity in rows if severity == Severity.danger}


async def claim_unheard(work: Work, limit: int) -> list[tuple[Flag, Deadline]]:
    """Flags that nobody acknowledged in time, with their clocks, held until the commit."""
    rows = await work.all(
        select(*columns_of(Flag), *columns_of(Deadline))
        .join(DEADLINE, DEADLINE.c.id == FLAG.c.deadline_id)
        .where(_to_escalate(work.now))
        .order_by(FLAG.c.escalate_at, FLAG.c.id)
        .limit(limit)
        .with_for_update(of=FLAG, skip_locked=True)
    )
    width = len(columns_of(Flag))
    return [(read(Flag, row[:width]), read(Deadline, row[width:])) for row in rows]


async def escalate(
    work: Work, flags: Collection[Flag], *, to: str | None, next_at: datetime | None
) -> None:
    """Moves held flags one step on, to a role; to nobody (`to` None) when the chain has ended."""
    values: Mapping[str, object] = {"escalate_at": next_at, "version": FLAG.c.version + 1}
    if to is not None:
        values = {
            **values,
            "escalation_level": FLAG.c.escalation_level + 1,
            "escalated_to": to,
            "escalated_at": work.now,
        }
    await work.execute(
        update(FLAG)
        .where(FLAG.c.id.in_([one.id for one in flags]), _to_escalate(work.now))
        .values(values)
    )


async def clear_left_behind(work: Work, limit: int) -> list[Flag]:
    """Clears flags whose clock has stopped and that nobody cleared with it."""
    rows = await work.all(
        select(*columns_of(Flag))
        .where(_left_behind())
        .order_by(FLAG.c.due_at, FLAG.c.id)
        .limit(limit)
        .with_for_update(of=FLAG, skip_locked=True)
    )
    found = [read(Flag, row) for row in rows]
    if found:
        because = (
            select(func.coalesce(DEADLINE.c.stopped_because, "stopped"))
            .where(DEADLINE.c.id == FLAG.c.deadline_id)
            .scalar_subquery()
        )
        await work.execute(
            update(FLAG)
            .where(FLAG.c.id.in_([one.id for one in found]), FLAG.c.cleared_at.is_(None))
            .values(cleared_at=work.now, cleared_because=because, version=FLAG.c.version + 1)
        )
    return found


# Of what stands about a contact, which is the worst: as `ShownFlag` says.
_TAKEN_ON = case((FLAG.c.acknowledged_at.is_(None), 0), else_=1)
_HOW_BAD = case(
    *((FLAG.c.severity == one, rank) for rank, one in enumerate(WORST_FIRST)),
    else_=len(WORST_FIRST),
)
_WORST_FIRST = (_TAKEN_ON, FLAG.c.rank, _HOW_BAD, FLAG.c.due_at, FLAG.c.id)


async def list_by_contact(
    ask: Asking,
    sight: Sight,
    filters: FlagFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[ShownFlag]:
    """One flag a contact, the worst that stands and is seen, with the others inside it.

    Danger first, then the soonest limit, from after a place on. What filters leave out is not
    inside either; each flag by itself where that is asked for.
    """
    which = narrowed(FLAG, filters, but=("acknowledged", "escalated", "each"))
    if filters.acknowledged is not None:
        done = FLAG.c.acknowledged_at
        which.append(done.is_not(None) if filters.acknowledged else done.is_(None))
    if filters.escalated is not None:
        level = FLAG.c.escalation_level
        which.append(level > 0 if filters.escalated else level == 0)
    seen = (FLAG.c.cleared_at.is_(None), flags_visible_to(sight), *which)
    place_of = func.row_number().over(partition_by=FLAG.c.contact_id, order_by=_WORST_FIRST)
    standing = select(*columns_of(Flag), place_of.label("place")).where(*seen).subquery("standing")
    shown = select(*(standing.c[column.name] for column in columns_of(Flag)))
    if not filters.each:
        shown = shown.where(standing.c.place == 1)
    in_order = soonest_first(standing.c.rank, standing.c.due_at, standing.c.id)
    heads = [read(Flag, row) for row in await ask.all(in_order.page(shown, limit, after))]
    if filters.each or not heads:
        return [ShownFlag(one) for one in heads]
    contacts = [one.contact_id for one in heads]
    others = select(*columns_of(Flag)).where(*seen, FLAG.c.contact_id.in_(contacts))
    inside: defaultdict[UUID, list[Flag]] = defaultdict(list)
    for row in await ask.all(others.order_by(*_WORST_FIRST)):
        one = read(Flag, row)
        inside[one.contact_id].append(one)
    return [
        ShownFlag(head, [one for one in inside[head.contact_id] if one.id != head.id])
        for head in heads
    ]
