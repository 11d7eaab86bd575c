"""The strip of a contact: other contacts beside what was decided on each, and what is open."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from service.domain.access import Caller
from service.domain.accountabilities import Accountability, CareService, OpenCase
from service.domain.calendar import days_before, london_date
from service.domain.concern_strips import (
    ChildConcern,
    ConcernStrip,
    EarlierConcern,
    OutcomeThen,
    as_shown,
)
from service.domain.concerns import (
    MOST_LISTED,
    ConcernCounts,
    Related,
    Windows,
    concerns_of_others,
    count,
    each_once,
    related_to,
    teller_of,
    windows,
)
from service.domain.contacts import Adult, Child, Contact
from service.domain.decisions import Decision, DecisionState, Outcome
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.people import age_in_years
from service.domain.referrals import Referral, is_re_referral
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import concerns, on_file
from service.persistence.visibility import (
    THE_RECORD,
    decisions_visible_to,
    episodes_visible_to,
    referrals_visible_to,
    sees_all,
)
from service.policy import Policy

CHILD = table_of(Child)
DECISION = table_of(Decision)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
ACCOUNTABILITY = table_of(Accountability)


async def strip(
    ask: Asking,
    policy: Policy,
    who: Caller,
    now: datetime,
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
) -> ConcernStrip:
    """The strip of a contact as of now, as far as the caller may see, and what is not shown of it.

    Nothing that is hidden goes back: the record is read beside it only to say that it is there.
    """
    about = (now, contact, children, adults)
    seen = await _strip(ask, policy, who, *about)
    if sees_all(who):
        return seen
    return as_shown(seen, await _strip(ask, policy, THE_RECORD, *about))


async def _strip(
    ask: Asking,
    policy: Policy,
    who: Caller,
    now: datetime,
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
) -> ConcernStrip:
    rules = policy.repeat_concern
    within = windows(rules, now)
    found = await concerns.as_of_now(
        on_file.asking(ask),
        policy,
        who,
        now,
        contact,
        children,
        adults,
        since=_earliest(within, contact, policy),
    )
    related = {one.child_id: related_to(one, found.together, found.heard) for one in found.together}
    raised_by = concerns_of_others(
        teller_of(contact), contact.received_at, rules, each_once(related)
    )
    listed = {
        child_id: [one for one in those if one.received_at > within.earliest][:MOST_LISTED]
        for child_id, those in related.items()
    }
    outcomes = await _outcomes(
        ask, who, sorted({one.contact_id for those in listed.values() for one in those})
    )
    people = sorted({child.person_id for child in children})
    referrals = await _referrals(ask, who, people, contact.id)
    episodes = await _episodes(ask, who, people, contact.id)
    open_cases = await _open_cases(ask, who, people)
    return ConcernStrip(
        contact_id=contact.id,
        within_days=rules.flag_within_days,
        children=[
            _of_one_child(
                child,
                count(rules, within, related[child.id]),
                listed[child.id],
                outcomes,
                [one for one in referrals if one.person_id == child.person_id],
                [one for one in episodes if one.person_id == child.person_id],
                open_cases.get(child.person_id),
                policy.re_referral_within_months,
                contact.received_at,
            )
            for child in children
        ],
        raised_by=raised_by,
    )


def _earliest(within: Windows, contact: Contact, policy: Policy) -> datetime:
    first = days_before(contact.received_at, policy.repeat_concern.flag_within_days)
    return min(within.earliest, first)


def _of_one_child(
    child: Child,
    counts: ConcernCounts,
    listed: Sequence[Related],
    outcomes: Mapping[UUID, Sequence[tuple[UUID, OutcomeThen]]],
    referrals: Sequence[Referral],
    episodes: Sequence[EarlyHelpEpisode],
    open_case: OpenCase | None,
    months: int,
    received_at: datetime,
) -> ChildConcern:
    known: list[Referral | EarlyHelpEpisode] = [*referrals[:1], *episodes[:1]]
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


async def _outcomes(
    ask: Asking, who: Caller, contact_ids: Sequence[UUID]
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
            (REFERRAL, referrals_visible_to(who)),
            (EPISODE, episodes_visible_to(who)),
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
            decisions_visible_to(who),
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


async def _referrals(ask: Asking, who: Caller, people: Sequence[UUID], but: UUID) -> list[Referral]:
    rows = await ask.all(
        select(*columns_of(Referral))
        .where(
            REFERRAL.c.person_id.in_(people),
            REFERRAL.c.contact_id != but,
            referrals_visible_to(who),
        )
        .order_by(REFERRAL.c.accepted_at.desc(), REFERRAL.c.id.desc())
        .limit(MOST_LISTED * len(people))
    )
    return [read(Referral, row) for row in rows]


async def _episodes(
    ask: Asking, who: Caller, people: Sequence[UUID], but: UUID
) -> list[EarlyHelpEpisode]:
    rows = await ask.all(
        select(*columns_of(EarlyHelpEpisode))
        .where(
            EPISODE.c.person_id.in_(people), EPISODE.c.contact_id != but, episodes_visible_to(who)
        )
        .order_by(EPISODE.c.accepted_at.desc(), EPISODE.c.id.desc())
        .limit(MOST_LISTED * len(people))
    )
    return [read(EarlyHelpEpisode, row) for row in rows]


async def _open_cases(ask: Asking, who: Caller, people: Sequence[UUID]) -> dict[UUID, OpenCase]:
    """The case that answers for each child now, where the caller may know of it."""
    found: dict[UUID, OpenCase] = {}
    sides: tuple[tuple[Any, ColumnElement[Any], CareService, ColumnElement[bool]], ...] = (
        (
            REFERRAL,
            ACCOUNTABILITY.c.referral_id,
            CareService.social_care,
            referrals_visible_to(who),
        ),
        (
            EPISODE,
            ACCOUNTABILITY.c.early_help_episode_id,
            CareService.early_help,
            episodes_visible_to(who),
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
