"""The strip of a contact: what was told before and what came of it, as far as a reader may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from service.domain.accountabilities import OpenCase
from service.domain.calendar import london_date
from service.domain.concerns import MOST_LISTED, ConcernCounts, CumulativeConcern, Related
from service.domain.contacts import Child
from service.domain.decisions import Outcome
from service.domain.people import age_in_years
from service.domain.referrals import is_re_referral
from service.domain.whole_contacts import EarlierCase


@dataclass(frozen=True, slots=True)
class OutcomeThen:
    """What was decided for one child on an earlier contact, and how that ended.

    Here and below `not_shown` names what is kept from the reader, wholly or in part: what is null
    or missing there is not "none".
    """

    child_id: UUID
    same_child: bool
    outcome: Outcome
    decided_at: datetime
    rationale: str
    last_closed_because: str | None
    closed_at: datetime | None
    closure_code: str | None
    closure_reason: str | None
    not_shown: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class EarlierConcern:
    """An earlier contact on the strip: how it has to do with the child, and what came of it."""

    related: Related
    age: int | None
    outcomes: Sequence[OutcomeThen]
    not_shown: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ChildConcern:
    """The strip of one child: counts, what was told before and what came of it, what is open."""

    child_id: UUID
    person_id: UUID
    counts: ConcernCounts | None
    earlier: Sequence[EarlierConcern]
    referrals: Sequence[EarlierCase]
    episodes: Sequence[EarlierCase]
    re_referral: bool | None
    last_known_team_id: str | None
    open_case: OpenCase | None
    not_shown: Sequence[str] = ()
    cumulative_concern: CumulativeConcern | None = None


@dataclass(frozen=True, slots=True)
class ConcernStrip:
    """The strip of a contact: each child's, and the concerns of others that raise a flag."""

    contact_id: UUID
    within_days: int
    children: Sequence[ChildConcern]
    raised_by: Sequence[Related]
    not_shown: Sequence[str] = ()


# ---- What is hidden is said to be hidden --------------------------------------------------------


def as_shown(seen: ConcernStrip, record: ConcernStrip) -> ConcernStrip:
    """What a reader sees of a strip: what is kept from them is named, never counted as nothing.

    `record` is the strip as it is. Nothing of it is taken over: a figure that would be too low and
    a "no" that would be false become null.
    """
    return replace(
        seen,
        children=[
            _child_as_shown(one, other)
            for one, other in zip(seen.children, record.children, strict=True)
        ],
        not_shown=_fewer("raised_by", _contacts(seen.raised_by), _contacts(record.raised_by)),
    )


def _child_as_shown(seen: ChildConcern, record: ChildConcern) -> ChildConcern:
    on_record = {one.related.contact_id: one for one in record.earlier}
    said_otherwise = [
        name
        for name in (
            "counts",
            "cumulative_concern",
            "re_referral",
            "last_known_team_id",
            "open_case",
        )
        if getattr(seen, name) != getattr(record, name)
    ]
    return replace(
        seen,
        counts=seen.counts if seen.counts == record.counts else None,
        cumulative_concern=seen.cumulative_concern
        if seen.cumulative_concern == record.cumulative_concern
        else None,
        earlier=[
            _earlier_as_shown(one, on_record.get(one.related.contact_id)) for one in seen.earlier
        ],
        re_referral=seen.re_referral if seen.re_referral == record.re_referral else None,
        last_known_team_id=seen.last_known_team_id
        if seen.last_known_team_id == record.last_known_team_id
        else None,
        not_shown=[
            *said_otherwise,
            *_fewer("earlier", _told(seen), _told(record)),
            *_fewer("referrals", _ids(seen.referrals), _ids(record.referrals)),
            *_fewer("early_help_episodes", _ids(seen.episodes), _ids(record.episodes)),
        ],
    )


def _told(child: ChildConcern) -> list[UUID]:
    return _contacts([one.related for one in child.earlier])


def _earlier_as_shown(seen: EarlierConcern, record: EarlierConcern | None) -> EarlierConcern:
    if record is None:
        # Beyond what the record's own list shows: what came of it may be more than is seen here.
        return replace(seen, not_shown=["outcomes"])
    on_record = {one.child_id: one for one in record.outcomes}
    return replace(
        seen,
        outcomes=[
            replace(
                one,
                not_shown=[
                    name
                    for name in ("closed_at", "closure_code", "closure_reason")
                    if getattr(one, name) != getattr(on_record[one.child_id], name)
                ],
            )
            for one in seen.outcomes
        ],
        not_shown=_fewer("outcomes", [one.child_id for one in seen.outcomes], list(on_record)),
    )


def _fewer(name: str, seen: Sequence[UUID], record: Sequence[UUID]) -> list[str]:
    return [] if set(record) <= set(seen) else [name]


def _contacts(related: Sequence[Related]) -> list[UUID]:
    return [one.contact_id for one in related]


def _ids(cases: Sequence[EarlierCase]) -> list[UUID]:
    return [one.id for one in cases]


def concern_of_child(
    child: Child,
    counts: ConcernCounts,
    listed: Sequence[Related],
    outcomes: Mapping[UUID, Sequence[tuple[UUID, OutcomeThen]]],
    referrals: Sequence[EarlierCase],
    episodes: Sequence[EarlierCase],
    open_case: OpenCase | None,
    months: int,
    received_at: datetime,
) -> ChildConcern:
    """What is shown of one child: what was told before, what came of it, and what is open."""
    known = [*referrals[:1], *episodes[:1]]
    last = max(known, key=lambda one: one.accepted_at, default=None)
    return ChildConcern(
        child_id=child.id,
        person_id=child.person_id,
        counts=counts,
        earlier=[
            EarlierConcern(
                related=one,
                age=age_in_years(child.date_of_birth, london_date(one.received_at)),
                outcomes=_own_first(child.person_id, outcomes.get(one.contact_id, ())),
            )
            for one in listed
        ],
        referrals=referrals[:MOST_LISTED],
        episodes=episodes[:MOST_LISTED],
        re_referral=bool(referrals)
        and is_re_referral(referrals[0].accepted_at, received_at, months),
        last_known_team_id=None if last is None else last.team_id,
        open_case=open_case,
    )


def _own_first(person_id: UUID, outcomes: Sequence[tuple[UUID, OutcomeThen]]) -> list[OutcomeThen]:
    marked = [
        OutcomeThen(
            child_id=one.child_id,
            same_child=of == person_id,
            outcome=one.outcome,
            decided_at=one.decided_at,
            rationale=one.rationale,
            last_closed_because=one.last_closed_because,
            closed_at=one.closed_at,
            closure_code=one.closure_code,
            closure_reason=one.closure_reason,
        )
        for of, one in outcomes
    ]
    return sorted(marked, key=lambda one: not one.same_child)
