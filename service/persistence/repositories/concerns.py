"""Repeat concern: other contacts about a child, the siblings, the household and the address."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    and_,
    bindparam,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from service.domain.access import Caller, Reach
from service.domain.accountabilities import Accountability, CareService
from service.domain.calendar import days_after, days_before, london_date
from service.domain.concerns import (
    MOST_COUNTED,
    MOST_LISTED,
    OF_A_FLAG,
    ChildConcern,
    ChildCounts,
    ConcernAtReceipt,
    ConcernCounts,
    ConcernStrip,
    EarlierConcern,
    Heard,
    OpenCase,
    OutcomeThen,
    Related,
    Relation,
    Teller,
    Whom,
    Windows,
    concerns_of_others,
    count,
    each_once,
    household_keys,
    identity_key,
    related_to,
    teller_of,
    windows,
)
from service.domain.contacts import REPEAT_CONCERN, Adult, Child, Contact
from service.domain.decisions import Decision, DecisionState, Outcome
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.flags import Deadline, SubjectKind
from service.domain.people import Person, YesNo, age_in_years
from service.domain.referrals import Referral, is_re_referral
from service.domain.whole_contacts import WholeContact
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import deadlines
from service.persistence.units_of_work import Work
from service.persistence.visibility import (
    contacts_visible_to,
    episodes_visible_to,
    referrals_visible_to,
)
from service.policy import Policy

CONTACT = table_of(Contact)
CHILD = table_of(Child)
ADULT = table_of(Adult)
PERSON = table_of(Person)
DECISION = table_of(Decision)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
ACCOUNTABILITY = table_of(Accountability)
DEADLINE = table_of(Deadline)

NO_SECOND_CONCERN = "no_second_concern"
"""What stops the clock when an amendment shows that there was no second concern."""

Look: TypeAlias = Callable[
    [CompoundSelect[Any], Mapping[str, Any]], Awaitable[Sequence[Sequence[Any]]]
]
"""A way to read rows: in a transaction, or beside one that nobody has begun yet."""


@dataclass(frozen=True, slots=True)
class _Sought:
    """What other contacts are looked for by."""

    contact_id: UUID
    children: Sequence[Whom]
    household: frozenset[str]
    address_key: str | None


def _sought(contact: Contact, children: Sequence[Child], adults: Sequence[Adult]) -> _Sought:
    return _Sought(
        contact_id=contact.id,
        children=[
            Whom(
                child_id=child.id,
                person_id=child.person_id,
                key=identity_key(child.given_name, child.family_name, child.date_of_birth),
            )
            for child in children
        ],
        household=household_keys(adults),
        address_key=contact.address_key,
    )


# ---- The question: one statement, a branch for each relation ------------------------------------


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which relations are asked for, by how many values each, and whose reach narrows it."""

    people: int
    keys: int
    adults: int
    address: bool
    reach: frozenset[Reach] | None

    @property
    def owner(self) -> Caller:
        """As much of a member of staff as says which contacts they may see."""
        return cast(Caller, _Reaching(self.reach or frozenset()))


@dataclass(frozen=True, slots=True)
class _Reaching:
    reach: frozenset[Reach]
    organisation_id: None = None


@lru_cache(maxsize=256)
def _question(shape: _Shape) -> CompoundSelect[Any]:
    """The other contacts of each relation, within a time; built once for each shape.

    Each is found by what it shares, never by its time; and an address of thousands costs no more
    than one of a hundred.
    """
    branches = []
    if shape.people:
        branches += [_of_child(shape), _of_siblings(shape)]
    if shape.keys:
        branches.append(_of_possible_matches(shape))
    if shape.adults:
        branches.append(_of_household(shape))
    if shape.address:
        branches.append(_of_address(shape))
    # A union even of one branch alone: its columns are named and typed alike.
    return union_all(*(select(branch.subquery()) for branch in branches))


def _branch(shape: _Shape, relation: Relation, person_id: Any, key: Any) -> Select[Any]:
    seen = [] if shape.reach is None else [contacts_visible_to(shape.owner)]
    instant = CONTACT.c.received_at.type
    return select(
        literal_column(f"'{relation.value}'", String).label("relation"),
        person_id.label("person_id"),
        key.label("key"),
        CONTACT.c.id.label("contact_id"),
        CONTACT.c.reference,
        CONTACT.c.received_at,
        CONTACT.c.source_code,
        CONTACT.c.referrer_name,
        CONTACT.c.referrer_role,
        CONTACT.c.referrer_agency,
        CONTACT.c.sender_organisation_id,
    ).where(
        CONTACT.c.id != bindparam("but", type_=CONTACT.c.id.type),
        CONTACT.c.received_at > bindparam("since", type_=instant),
        CONTACT.c.received_at <= bindparam("until", type_=instant),
        *seen,
    )


_NOBODY = null().cast(CHILD.c.person_id.type)
_NO_KEY = null().cast(String)


def _one_of(column: ColumnElement[Any], name: str, many: int) -> ColumnElement[bool]:
    return column.in_([bindparam(f"{name}_{place}", type_=column.type) for place in range(many)])


def _of_child(shape: _Shape) -> Select[Any]:
    return (
        _branch(shape, Relation.child, CHILD.c.person_id, _NO_KEY)
        .join_from(CHILD, CONTACT, CONTACT.c.id == CHILD.c.contact_id)
        .where(_one_of(CHILD.c.person_id, "person", shape.people))
    )


def _of_siblings(shape: _Shape) -> Select[Any]:
    own, together, siblings = (CHILD.alias(name) for name in ("own", "together", "siblings"))
    return (
        _branch(shape, Relation.sibling, own.c.person_id, _NO_KEY)
        .select_from(own)
        .join(together, together.c.contact_id == own.c.contact_id)
        .join(siblings, siblings.c.person_id == together.c.person_id)
        .join(CONTACT, CONTACT.c.id == siblings.c.contact_id)
        .where(
            _one_of(own.c.person_id, "person", shape.people),
            together.c.person_id != own.c.person_id,
        )
        .distinct()
    )


def _of_possible_matches(shape: _Shape) -> Select[Any]:
    return (
        _branch(shape, Relation.possibly_same_child, PERSON.c.id, PERSON.c.identity_key)
        .select_from(PERSON)
        .join(CHILD, CHILD.c.person_id == PERSON.c.id)
        .join(CONTACT, CONTACT.c.id == CHILD.c.contact_id)
        .where(_one_of(PERSON.c.identity_key, "key", shape.keys))
    )


def _of_household(shape: _Shape) -> Select[Any]:
    return (
        _branch(shape, Relation.household, _NOBODY, _NO_KEY)
        .select_from(ADULT)
        .join(CONTACT, CONTACT.c.id == ADULT.c.contact_id)
        .where(
            _one_of(ADULT.c.identity_key, "adult", shape.adults),
            ADULT.c.in_household != literal_column(f"'{YesNo.no.value}'"),
        )
        .distinct()
    )


def _of_address(shape: _Shape) -> Select[Any]:
    return (
        _branch(shape, Relation.address, _NOBODY, _NO_KEY)
        .where(CONTACT.c.address_key == bindparam("address", type_=String))
        .order_by(CONTACT.c.received_at.desc())
        .limit(literal_column(str(MOST_COUNTED)))
    )


async def _heard(
    look: Look,
    sought: _Sought,
    *,
    since: datetime,
    until: datetime,
    reach: frozenset[Reach] | None = None,
    known: Collection[UUID] | None = None,
    only: Collection[Relation] = frozenset(Relation),
) -> list[Heard]:
    """The other contacts within a time; `known` are the children whom any other can speak of."""
    together = {one.person_id for one in sought.children}
    people = sorted(together if known is None else together & set(known))
    keys = sorted({one.key for one in sought.children if one.key is not None})
    adults = sorted(sought.household) if Relation.household in only else []
    address = sought.address_key if Relation.address in only else None
    shape = _Shape(len(people), len(keys), len(adults), address is not None, reach)
    if not (people or keys or adults or address):
        return []
    values: dict[str, object] = {"but": sought.contact_id, "since": since, "until": until}
    for name, sorts in (("person", people), ("key", keys), ("adult", adults)):
        values |= {f"{name}_{place}": one for place, one in enumerate(sorts)}
    if address is not None:
        values["address"] = address
    return [
        Heard(Relation(relation), person_id, key, contact_id, reference, at, Teller(*told))
        for relation, person_id, key, contact_id, reference, at, *told in await look(
            _question(shape), values
        )
    ]


def _asking(ask: Asking | Work) -> Look:
    async def look(
        statement: CompoundSelect[Any], values: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        return await ask.all(statement.params(**values))

    return look


# ---- What is made of the answers ----------------------------------------------------------------


async def at_receipt(
    look: Look,
    policy: Policy,
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
    *,
    known: Collection[UUID] | None = None,
    counted: bool = True,
) -> ConcernAtReceipt:
    """What is on file of the children as a contact arrives, reckoned from when it was received.

    Read in one statement, and in none where nothing could be on file: `known` are the children
    that were on file before. Not `counted`, it looks for what raises a flag alone: for the sender
    of a contact who may know nothing of it.
    """
    rules = policy.repeat_concern
    within = windows(rules, contact.received_at)
    sought = _sought(contact, children, adults)
    first = days_before(contact.received_at, rules.flag_within_days)
    heard = await _heard(
        look,
        sought,
        since=min(first, within.earliest) if counted else first,
        until=days_after(contact.received_at, rules.flag_within_days),
        known=known,
        only=frozenset(Relation) if counted else OF_A_FLAG,
    )
    related = {one.child_id: related_to(one, sought.children, heard) for one in sought.children}
    return ConcernAtReceipt(
        within_days=rules.flag_within_days,
        children=[
            ChildCounts(one.child_id, one.person_id, count(rules, within, related[one.child_id]))
            for one in sought.children
        ],
        raised_by=concerns_of_others(
            teller_of(contact), contact.received_at, rules, each_once(related)
        ),
    )


async def start_if_missed(work: Work, contact: Contact, children: Sequence[Child]) -> None:
    """Starts the clock of a second concern that nobody saw at receipt; the contact is held.

    Two contacts about one child that are logged in the same instant do not see each other. So it
    is looked again when people turn to either: the clock starts on the one that comes first, as
    long as it has run on neither. Nothing starts once every child is decided.
    """
    rule_missing = work.policy.why_no_rule([REPEAT_CONCERN], at=contact.received_at)
    if contact.decided_at is not None or rule_missing is not None:
        return
    found = await at_receipt(work.look, work.policy, contact, children, (), counted=False)
    if not found.raised_by:
        return
    near = {contact.id, *(one.contact_id for one in found.raised_by)}
    ran = await work.first(
        select(DEADLINE.c.id)
        .where(
            DEADLINE.c.contact_id.in_(near),
            DEADLINE.c.subject_id == DEADLINE.c.contact_id,
            DEADLINE.c.kind == REPEAT_CONCERN,
            func.coalesce(DEADLINE.c.stopped_because, "") != NO_SECOND_CONCERN,
        )
        .limit(1)
    )
    if ran is None:
        start_clock(work, contact)


def start_clock(work: Work, contact: Contact) -> None:
    """Starts the clock of a second concern from somebody else, which warns at once."""
    deadlines.start(
        work, REPEAT_CONCERN, SubjectKind.contact, contact.id, contact.id, contact.received_at
    )


async def counts_now(
    look: Look, policy: Policy, who: Caller, now: datetime, file: WholeContact, child_id: UUID
) -> ConcernCounts:
    """How often one child of a contact was spoken of elsewhere, as far as the caller may see."""
    rules = policy.repeat_concern
    within = windows(rules, now)
    sought = _sought(file.contact, file.children, file.adults)
    heard = await _heard(look, sought, since=within.earliest, until=now, reach=who.reach)
    [whom] = [one for one in sought.children if one.child_id == child_id]
    return count(rules, within, related_to(whom, sought.children, heard))


async def strip(
    ask: Asking,
    policy: Policy,
    who: Caller,
    now: datetime,
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
) -> ConcernStrip:
    """The whole strip of a contact as of now, as far as the caller may see."""
    rules = policy.repeat_concern
    within = windows(rules, now)
    sought = _sought(contact, children, adults)
    heard = await _heard(
        _asking(ask), sought, since=_earliest(within, contact, policy), until=now, reach=who.reach
    )
    related = {one.child_id: related_to(one, sought.children, heard) for one in sought.children}
    raised_by = concerns_of_others(
        teller_of(contact), contact.received_at, rules, each_once(related)
    )
    listed = {
        child_id: [one for one in found if one.received_at > within.earliest][:MOST_LISTED]
        for child_id, found in related.items()
    }
    outcomes = await _outcomes(
        ask, who, sorted({one.contact_id for found in listed.values() for one in found})
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
