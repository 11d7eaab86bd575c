"""Who answers for each open child: one case, and by it one team; moved here and nowhere else."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    literal,
    or_,
    select,
    tuple_,
    union_all,
    update,
)

from service.domain.access import Reach, Sight
from service.domain.accountabilities import (
    Accountability,
    AccountabilityFilters,
    AccountableTeam,
    CareService,
    ChildWithoutTeam,
    Whose,
    WhyNobody,
)
from service.domain.accounts import Account
from service.domain.contacts import Child, ChildState, Contact
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.people import Person
from service.domain.referrals import Referral
from service.persistence.asking import Asking
from service.persistence.keysets import Place, soonest_first
from service.persistence.prepared import Makeable, made_once
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import accounts
from service.persistence.units_of_work import Work
from service.persistence.visibility import (
    child_visible_to,
    worked_by,
)

ACCOUNTABILITY = table_of(Accountability)
PERSON = table_of(Person)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
CONTACT = table_of(Contact)
CHILD = table_of(Child)
ACCOUNT = table_of(Account)
_CASES = (
    (
        CareService.social_care,
        REFERRAL,
        ACCOUNTABILITY.c.referral_id,
        partial(worked_by, side=Reach.SOCIAL_CARE),
    ),
    (
        CareService.early_help,
        EPISODE,
        ACCOUNTABILITY.c.early_help_episode_id,
        partial(worked_by, side=Reach.EARLY_HELP),
    ),
)


async def held(work: Work, person_id: UUID) -> Accountability | None:
    """Which case answers for a child; nobody else moves the child until the commit.

    Taken after the contact that one holds, and before its cases, transfers and challenges.
    """
    await work.all(_person_held(), person=person_id)
    return await of_person(work, person_id)


@made_once
def _person_held() -> Makeable:
    return (
        select(PERSON.c.id)
        .where(PERSON.c.id == bindparam("person"))
        .with_for_update(of=PERSON, key_share=True)
    )


async def of_person(ask: Asking | Work, person_id: UUID) -> Accountability | None:
    """Which case answers for a child; None when the child is not open."""
    row = await ask.first(_of_person(), person=person_id)
    return None if row is None else read(Accountability, row)


@made_once
def _of_person() -> Makeable:
    return select(*columns_of(Accountability)).where(
        ACCOUNTABILITY.c.person_id == bindparam("person")
    )


async def whose(ask: Asking | Work, person_id: UUID) -> Whose:
    """On whose side a child is now."""

    def some(table: Any, person: ColumnElement[Any], *also: ColumnElement[bool]) -> Any:
        return exists().where(person == person_id, *also).select_from(table)

    row = await ask.first(
        select(
            some(REFERRAL, REFERRAL.c.open_person_id),
            some(EPISODE, EPISODE.c.open_person_id),
            some(CHILD, CHILD.c.person_id, CHILD.c.state != ChildState.decided),
            some(REFERRAL, REFERRAL.c.person_id),
            some(EPISODE, EPISODE.c.person_id),
        )
    )
    in_social_care, in_early_help, undecided, referred, helped = row or (False,) * 5

    def sides(social_care: bool, early_help: bool) -> frozenset[CareService]:
        found = {CareService.social_care: social_care, CareService.early_help: early_help}
        return frozenset(side for side, there in found.items() if there)

    return Whose(
        open_to=sides(in_social_care, in_early_help),
        undecided=bool(undecided),
        was_with=sides(referred, helped),
    )


async def give(work: Work, case: Referral | EarlyHelpEpisode, since: Accountability | None) -> None:
    """Makes a case answer for its child from now on, instead of the one that does, if one does."""
    after = Accountability(
        person_id=case.person_id,
        referral_id=case.id if isinstance(case, Referral) else None,
        early_help_episode_id=case.id if isinstance(case, EarlyHelpEpisode) else None,
        since=work.now,
    )
    if since is None:
        work.add(after)
        return
    await work.execute(
        update(ACCOUNTABILITY)
        .where(ACCOUNTABILITY.c.person_id == case.person_id)
        .values(
            referral_id=after.referral_id,
            early_help_episode_id=after.early_help_episode_id,
            since=after.since,
        )
    )


async def end(work: Work, person_id: UUID) -> None:
    """Nobody answers for a child whose last case closes in this same transaction."""
    await work.execute(delete(ACCOUNTABILITY).where(ACCOUNTABILITY.c.person_id == person_id))


async def teams_by_child(
    ask: Asking,
    sight: Sight,
    filters: AccountabilityFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[AccountableTeam]:
    """For every open child the one team and, when allocated, the one worker, by the child's id.

    A child whom neither side holds is open at the front door until decided; of several contacts
    the one that was logged first answers.
    """
    ways = [
        soonest_first(person_id).page(way, limit, after)
        for person_id, way in (*_held_by_a_case(sight, filters), *_in_nobodys_case(sight, filters))
    ]
    line = union_all(*(select(*way.subquery().c) for way in ways)).subquery("line")
    elsewhere = ("worker_name", "since", "worker_suspended")
    names = [name for name in AccountableTeam.__slots__ if name not in elsewhere]
    rows = await ask.all(
        select(
            *(line.c[name] for name in names),
            ACCOUNT.c.name,
            line.c.since,
            accounts.is_suspended(ACCOUNT.c.id),
        )
        .outerjoin(ACCOUNT, ACCOUNT.c.id == line.c.worker_id)
        .order_by(line.c.person_id)
        .limit(limit)
    )
    found = [read(AccountableTeam, row) for row in rows]
    return [replace(one, worker_suspended=bool(one.worker_suspended)) for one in found]


_Way = tuple[ColumnElement[Any], Select[Any]]


def _held_by_a_case(sight: Sight, filters: AccountabilityFilters) -> Iterator[_Way]:
    for service, table, case_id, seen in _CASES:
        if filters.service in (None, service):
            own = (ACCOUNTABILITY.c.person_id, table.c.team_id, table.c.worker_id)
            yield (
                ACCOUNTABILITY.c.person_id,
                select(
                    ACCOUNTABILITY.c.person_id,
                    literal(service.value).label("service"),
                    table.c.contact_id,
                    table.c.child_id,
                    table.c.id.label("case_id"),
                    table.c.reference,
                    table.c.team_id,
                    table.c.worker_id,
                    ACCOUNTABILITY.c.since,
                )
                .join(table, table.c.id == case_id)
                .where(seen(sight), *_narrowed(filters, *own)),
            )


def _in_nobodys_case(sight: Sight, filters: AccountabilityFilters) -> Iterator[_Way]:
    if filters.service in (None, CareService.front_door):
        own = (CHILD.c.person_id, CONTACT.c.team_id, CONTACT.c.assignee_id)
        yield (
            CHILD.c.person_id,
            select(
                CHILD.c.person_id,
                literal(CareService.front_door.value).label("service"),
                CHILD.c.contact_id,
                CHILD.c.id.label("child_id"),
                literal(None, CHILD.c.id.type).label("case_id"),
                CONTACT.c.reference,
                CONTACT.c.team_id,
                CONTACT.c.assignee_id.label("worker_id"),
                CONTACT.c.received_at.label("since"),
            )
            .join(CONTACT, CONTACT.c.id == CHILD.c.contact_id)
            .where(*_at_the_front_door(), child_visible_to(sight, CHILD))
            .where(*_narrowed(filters, *own)),
        )


def _narrowed(
    filters: AccountabilityFilters,
    person_id: ColumnElement[Any],
    team_id: ColumnElement[Any],
    worker_id: ColumnElement[Any],
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.team_ids:
        found.append(team_id.in_(filters.team_ids))
    if filters.worker_id is not None:
        found.append(worker_id == filters.worker_id)
    if filters.unallocated:
        found.append(worker_id.is_(None))
    if filters.worker_suspended:
        found.append(worker_id.in_(accounts.suspended_ids()))
    if filters.person_id is not None:
        found.append(person_id == filters.person_id)
    return found


def is_open(table: Any) -> ColumnElement[bool]:
    """Whether a case is open, found in the index of the open ones.

    As a range: SQLite would look at every row for what merely is not null.
    """
    condition: ColumnElement[bool] = table.c.open_person_id >= UUID(int=0)
    return condition


def _at_the_front_door() -> list[ColumnElement[bool]]:
    """A child on an undecided contact, itself undecided, whom no case answers for.

    On several such contacts, the child counts with the one that was logged first.
    """
    other_child, other = CHILD.alias("other_child"), CONTACT.alias("other")
    earlier = (
        exists()
        .where(
            other_child.c.person_id == CHILD.c.person_id,
            other_child.c.state != ChildState.decided,
            other.c.id == other_child.c.contact_id,
            other.c.decided_at.is_(None),
            tuple_(other.c.id, other_child.c.id) < tuple_(CONTACT.c.id, CHILD.c.id),
        )
        .correlate(CHILD, CONTACT)
    )
    held = exists().where(ACCOUNTABILITY.c.person_id == CHILD.c.person_id).correlate(CHILD)
    return [
        CONTACT.c.decided_at.is_(None),
        CHILD.c.state != ChildState.decided,
        ~held,
        ~earlier,
    ]


async def children_without_a_team(
    ask: Asking,
    sight: Sight,
    teams: Collection[str],
    *,
    limit: int,
    after: Place | None = None,
) -> list[ChildWithoutTeam]:
    """The open children for whom no team answers, by the child's id: there should be none.

    `teams` are those that the policy knows.
    """
    line = union_all(*_faults(sight, teams)).subquery("line")
    statement = select(*(line.c[name] for name in ChildWithoutTeam.__slots__))
    by_child = soonest_first(line.c.person_id, line.c.subject_id)
    rows = await ask.all(by_child.page(statement, limit, after))
    return [read(ChildWithoutTeam, row) for row in rows]


def _faults(sight: Sight, teams: Collection[str]) -> list[Select[Any]]:
    found = [
        fault
        for service, table, case_id, seen in _CASES
        for fault in _faults_of_cases(service, table, case_id, teams, seen(sight))
    ]
    nothing = and_(
        ACCOUNTABILITY.c.referral_id.is_(None), ACCOUNTABILITY.c.early_help_episode_id.is_(None)
    )
    found.append(
        select(
            ACCOUNTABILITY.c.person_id,
            ACCOUNTABILITY.c.person_id.label("subject_id"),
            literal(CareService.front_door.value).label("service"),
            literal(WhyNobody.nobody_answers.value).label("why"),
            literal(None, CONTACT.c.id.type).label("contact_id"),
            literal(None, CONTACT.c.reference.type).label("reference"),
            literal(None, CONTACT.c.team_id.type).label("team_id"),
        ).where(nothing, worked_by(sight, Reach.SOCIAL_CARE))
    )
    found.append(
        select(
            CHILD.c.person_id,
            CONTACT.c.id.label("subject_id"),
            literal(CareService.front_door.value).label("service"),
            literal(WhyNobody.team_unknown.value).label("why"),
            CONTACT.c.id.label("contact_id"),
            CONTACT.c.reference,
            CONTACT.c.team_id,
        )
        .join(CONTACT, CONTACT.c.id == CHILD.c.contact_id)
        .where(
            *_at_the_front_door(), CONTACT.c.team_id.not_in(teams), child_visible_to(sight, CHILD)
        )
    )
    return found


def _faults_of_cases(
    service: CareService,
    table: Any,
    case_id: Any,
    teams: Collection[str],
    seen: ColumnElement[bool],
) -> Iterator[Select[Any]]:
    # A case that is open, and nothing that says who answers for the child.
    answered = exists().where(ACCOUNTABILITY.c.person_id == table.c.open_person_id)
    yield select(
        *_fault(service, WhyNobody.nobody_answers, table, table.c.person_id, table.c.id)
    ).where(is_open(table), ~answered, seen)
    # Something that says who answers, and a case that cannot.
    whose = ACCOUNTABILITY.c.person_id
    why = case(
        (table.c.person_id != whose, WhyNobody.case_of_another_child),
        (or_(table.c.id.is_(None), table.c.closed_at.is_not(None)), WhyNobody.case_not_open),
        else_=WhyNobody.team_unknown,
    )
    yield (
        select(*_fault(service, why, table, whose, case_id))
        .select_from(ACCOUNTABILITY)
        .outerjoin(table, table.c.id == case_id)
        .where(
            case_id.is_not(None),
            or_(
                table.c.id.is_(None),
                table.c.closed_at.is_not(None),
                table.c.person_id != whose,
                table.c.team_id.not_in(teams),
            ),
            seen,
        )
    )


def _fault(
    service: CareService, why: Any, table: Any, person_id: Any, subject_id: Any
) -> list[ColumnElement[Any]]:
    said = literal(why.value) if isinstance(why, WhyNobody) else why
    return [
        person_id.label("person_id"),
        subject_id.label("subject_id"),
        literal(service.value).label("service"),
        said.label("why"),
        table.c.contact_id,
        table.c.reference,
        table.c.team_id,
    ]
