"""Queues: a few waiting rows out of a million, found by partial indexes, soonest due first."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    case,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from service.domain.access import Caller, Permission
from service.domain.accountabilities import Accountability
from service.domain.accounts import Account
from service.domain.challenges import Challenge
from service.domain.contacts import Child, Contact
from service.domain.decisions import Decision
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.flags import Deadline, Flag, SubjectKind
from service.domain.information_requests import InformationRequest
from service.domain.people import BirthKnowledge
from service.domain.queues import (
    NEVER,
    NextAction,
    Queue,
    QueueFilters,
    QueueItem,
    RunningClock,
    Waiting,
    child_in_a_line,
    next_action,
    next_action_of_challenge,
    next_action_of_transfer,
)
from service.domain.referrals import Referral
from service.domain.transfer_lists import ChallengeInShort, ListedTransfer
from service.domain.transfers import Direction, Transfer, TransferState
from service.persistence.asking import Asking
from service.persistence.records import read, table_of
from service.persistence.repositories import information_requests, transfer_lists
from service.persistence.visibility import (
    challenges_visible_to,
    contacts_visible_to,
    episodes_visible_to,
    referrals_visible_to,
    requests_visible_to,
    transfers_visible_to,
)

CONTACT = table_of(Contact)
CHILD = table_of(Child)
DECISION = table_of(Decision)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
REQUEST = table_of(InformationRequest)
DEADLINE = table_of(Deadline)
TRANSFER = table_of(Transfer)
CHALLENGE = table_of(Challenge)
ACCOUNTABILITY = table_of(Accountability)
FLAG = table_of(Flag)
ACCOUNT = table_of(Account)


def _soonest(*of: ColumnElement[bool]) -> Any:
    """The soonest limit among running clocks."""
    return (
        select(func.min(DEADLINE.c.due_at))
        .where(DEADLINE.c.stopped_at.is_(None), *of)
        .correlate(CONTACT, DECISION, REFERRAL, EPISODE, REQUEST, TRANSFER, CHALLENGE)
        .scalar_subquery()
    )


def _line(
    kind: SubjectKind,
    subject: Any,
    due_at: Any,
    *,
    reference: Any = None,
    team_id: Any = None,
    worker_id: Any = None,
    organisation_id: Any = None,
    child_id: Any = None,
    returned: ColumnElement[bool] | None = None,
) -> list[ColumnElement[Any]]:
    """The columns of `Waiting`, but for the worker's name, in one order for every queue."""
    own = CONTACT.c
    return [
        literal(kind.value).label("subject_kind"),
        subject.label("subject_id"),
        func.coalesce(due_at, literal(NEVER, DEADLINE.c.due_at.type)).label("due_at"),
        (false() if returned is None else returned).label("returned"),
        (own.reference if reference is None else reference).label("reference"),
        own.id.label("contact_id"),
        (literal(None, own.id.type) if child_id is None else child_id).label("child_id"),
        own.state.label("contact_state"),
        own.channel,
        own.received_at,
        own.source_code,
        own.rating,
        own.town,
        own.immediate_danger,
        (own.team_id if team_id is None else team_id).label("team_id"),
        (own.assignee_id if worker_id is None else worker_id).label("worker_id"),
        (null() if organisation_id is None else organisation_id).label("organisation_id"),
    ]


def _contact_due() -> Any:
    return _soonest(DEADLINE.c.contact_id == CONTACT.c.id, DEADLINE.c.subject_id == CONTACT.c.id)


def _contacts(who: Caller) -> Select[Any]:
    return select(*_line(SubjectKind.contact, CONTACT.c.id, _contact_due())).where(
        CONTACT.c.decided_at.is_(None), contacts_visible_to(who)
    )


def _sign_off(who: Caller) -> Select[Any]:
    due_at = _soonest(
        DEADLINE.c.contact_id == DECISION.c.contact_id,
        or_(
            DEADLINE.c.subject_id == DECISION.c.contact_id,
            DEADLINE.c.subject_id == DECISION.c.id,
        ),
    )
    return (
        select(
            *_line(
                SubjectKind.decision,
                DECISION.c.id,
                due_at,
                worker_id=DECISION.c.drafted_by,
                child_id=DECISION.c.child_id,
            )
        )
        .join(CONTACT, CONTACT.c.id == DECISION.c.contact_id)
        .where(
            DECISION.c.answered_at.is_(None),
            DECISION.c.superseded_at.is_(None),
            contacts_visible_to(who),
        )
    )


def _cases(
    table: Any, kind: SubjectKind, seen: ColumnElement[bool], *which: ColumnElement[bool]
) -> Select[Any]:
    due_at = _soonest(
        DEADLINE.c.contact_id == table.c.contact_id, DEADLINE.c.subject_id == table.c.id
    )
    return (
        select(
            *_line(
                kind,
                table.c.id,
                due_at,
                reference=table.c.reference,
                team_id=table.c.team_id,
                worker_id=table.c.worker_id,
                child_id=table.c.child_id,
            )
        )
        .join(CONTACT, CONTACT.c.id == table.c.contact_id)
        .where(table.c.closed_at.is_(None), seen, *which)
    )


def _both_cases(who: Caller, which: Callable[[Any], ColumnElement[bool]]) -> list[Select[Any]]:
    return [
        _cases(REFERRAL, SubjectKind.referral, referrals_visible_to(who), which(REFERRAL)),
        _cases(EPISODE, SubjectKind.early_help_episode, episodes_visible_to(who), which(EPISODE)),
    ]


def _allocation(who: Caller) -> Any:
    return union_all(*_both_cases(who, lambda table: table.c.allocated_at.is_(None)))


def _information_requests(who: Caller) -> Any:
    """What agencies have not answered, and what they answered after the decision, not yet read."""
    waiting = (REQUEST.c.answered_at.is_(None), REQUEST.c.withdrawn_at.is_(None))
    unread = (REQUEST.c.unread_since.is_not(None),)
    return union_all(
        _requests(who, *waiting, returned=false()), _requests(who, *unread, returned=true())
    )


def _requests(
    who: Caller, *which: ColumnElement[bool], returned: ColumnElement[bool]
) -> Select[Any]:
    due_at = _soonest(
        DEADLINE.c.contact_id == REQUEST.c.contact_id, DEADLINE.c.subject_id == REQUEST.c.id
    )
    return (
        select(
            *_line(
                SubjectKind.information_request,
                REQUEST.c.id,
                due_at,
                organisation_id=REQUEST.c.organisation_id,
                returned=returned,
            )
        )
        .join(CONTACT, CONTACT.c.id == REQUEST.c.contact_id)
        .where(*which, requests_visible_to(who))
    )


def _of_open_child(
    table: Any, kind: SubjectKind, seen: ColumnElement[bool], *which: ColumnElement[bool]
) -> Select[Any]:
    """What is under way about a child, with the team and the worker who answer for the child now.

    The contact's own where nobody holds the child: a challenge of a decision may be of such a one.
    """
    due_at = _soonest(
        DEADLINE.c.contact_id == table.c.contact_id, DEADLINE.c.subject_id == table.c.id
    )
    held = ACCOUNTABILITY.c.person_id.is_not(None)
    worker_id = func.coalesce(REFERRAL.c.worker_id, EPISODE.c.worker_id)
    return (
        select(
            *_line(
                kind,
                table.c.id,
                due_at,
                reference=table.c.reference,
                team_id=func.coalesce(REFERRAL.c.team_id, EPISODE.c.team_id, CONTACT.c.team_id),
                worker_id=case((held, worker_id), else_=CONTACT.c.assignee_id),
                child_id=table.c.child_id,
            )
        )
        .select_from(table)
        .join(CONTACT, CONTACT.c.id == table.c.contact_id)
        .outerjoin(ACCOUNTABILITY, ACCOUNTABILITY.c.person_id == table.c.person_id)
        .outerjoin(REFERRAL, REFERRAL.c.id == ACCOUNTABILITY.c.referral_id)
        .outerjoin(EPISODE, EPISODE.c.id == ACCOUNTABILITY.c.early_help_episode_id)
        .where(table.c.ended_at.is_(None), seen, *which)
    )


def _transfers(who: Caller, *which: ColumnElement[bool]) -> Select[Any]:
    return _of_open_child(TRANSFER, SubjectKind.transfer, transfers_visible_to(who), *which)


def _challenges(who: Caller) -> Select[Any]:
    return _of_open_child(CHALLENGE, SubjectKind.challenge, challenges_visible_to(who))


def _first_visits(who: Caller) -> Select[Any]:
    """The accepted step-downs whose named receiver has not visited yet."""
    return _transfers(
        who,
        true() if who.may(Permission.read_transfers) else false(),
        TRANSFER.c.direction == Direction.step_down,
        TRANSFER.c.state == TransferState.accepted,
        TRANSFER.c.receiver_worker_id == who.account_id,
        TRANSFER.c.first_visit_at.is_(None),
    )


def _mine(who: Caller) -> Any:
    me = who.account_id
    returned = exists().where(
        DECISION.c.contact_id == CONTACT.c.id,
        DECISION.c.drafted_by == me,
        DECISION.c.state == "returned",
        exists().where(CHILD.c.id == DECISION.c.child_id, CHILD.c.state == "undecided"),
    )
    contacts = select(
        *_line(
            SubjectKind.contact,
            CONTACT.c.id,
            _contact_due(),
            returned=case((returned, true()), else_=false()),
        )
    ).where(
        CONTACT.c.decided_at.is_(None),
        contacts_visible_to(who),
        or_(CONTACT.c.assignee_id == me, returned),
    )
    cases = _both_cases(who, lambda table: table.c.worker_id == me)
    return union_all(contacts, *cases, _first_visits(who))


_LINES: dict[Queue, Callable[[Caller], Any]] = {
    Queue.contacts: _contacts,
    Queue.sign_off: _sign_off,
    Queue.allocation: _allocation,
    Queue.information_requests: _information_requests,
    Queue.step_up: lambda who: _transfers(who, TRANSFER.c.direction == Direction.step_up),
    Queue.step_down: lambda who: _transfers(who, TRANSFER.c.direction == Direction.step_down),
    Queue.challenges: _challenges,
    Queue.mine: _mine,
}


async def soonest_first(
    ask: Asking,
    who: Caller,
    queue: Queue,
    filters: QueueFilters,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[QueueItem]:
    """The lines of a queue from after a place on: overdue on top, by the soonest running clock."""
    line = _LINES[queue](who).subquery("line")
    shown = [column for column in line.c if column.name != "organisation_id"]
    statement = (
        select(*shown, ACCOUNT.c.name.label("worker_name"), line.c.organisation_id)
        .outerjoin(ACCOUNT, ACCOUNT.c.id == line.c.worker_id)
        .order_by(line.c.due_at, line.c.subject_id)
        .limit(limit)
    )
    if filters.source_codes:
        statement = statement.where(line.c.source_code.in_(filters.source_codes))
    if filters.ratings:
        statement = statement.where(line.c.rating.in_(filters.ratings))
    if filters.assignee_id is not None:
        statement = statement.where(line.c.worker_id == filters.assignee_id)
    if filters.unassigned:
        statement = statement.where(line.c.worker_id.is_(None))
    if filters.town is not None:
        statement = statement.where(func.lower(line.c.town) == filters.town.lower())
    if after is not None:
        due_at, subject_id = after
        statement = statement.where(
            tuple_(line.c.due_at, line.c.subject_id)
            > tuple_(
                literal(due_at, DEADLINE.c.due_at.type), literal(subject_id, CONTACT.c.id.type)
            )
        )
    waiting = [read(Waiting, row) for row in await ask.all(statement)]
    return await _with_clocks(ask, waiting)


async def _with_clocks(ask: Asking, waiting: Sequence[Waiting]) -> list[QueueItem]:
    if not waiting:
        return []
    contact_ids = {one.contact_id for one in waiting}
    # Not the whole rows: the sums that explain them are long, and a line does not show them.
    running: dict[UUID, list[RunningClock]] = {}
    for subject_id, kind, due_at in await ask.all(
        select(DEADLINE.c.subject_id, DEADLINE.c.kind, DEADLINE.c.due_at)
        .where(DEADLINE.c.contact_id.in_(contact_ids), DEADLINE.c.stopped_at.is_(None))
        .order_by(DEADLINE.c.due_at, DEADLINE.c.id)
    ):
        running.setdefault(subject_id, []).append(RunningClock(kind, due_at))
    children: dict[UUID, list[tuple[UUID, str]]] = {}
    for child_id, contact_id, given_name, family_name, birth in await ask.all(
        select(
            CHILD.c.id,
            CHILD.c.contact_id,
            CHILD.c.given_name,
            CHILD.c.family_name,
            CHILD.c.birth_knowledge,
        )
        .where(CHILD.c.contact_id.in_(contact_ids))
        .order_by(CHILD.c.contact_id, CHILD.c.position)
    ):
        unborn = birth == BirthKnowledge.unborn
        children.setdefault(contact_id, []).append(
            (child_id, child_in_a_line(given_name, family_name, unborn))
        )
    flags: dict[UUID, int] = {
        row[0]: row[1]
        for row in await ask.all(
            select(FLAG.c.subject_id, func.count())
            .where(FLAG.c.contact_id.in_(contact_ids), FLAG.c.cleared_at.is_(None))
            .group_by(FLAG.c.subject_id)
        )
    }
    transfers = await transfer_lists.of_ids(ask, _of(waiting, SubjectKind.transfer))
    challenges = await transfer_lists.challenges_in_short(ask, _of(waiting, SubjectKind.challenge))
    asked = _of(waiting, SubjectKind.information_request)
    chasers = await information_requests.chasers_counted(ask, asked)
    return [
        QueueItem(
            waiting=one,
            next_action=_next_action(one, transfers, challenges),
            deadlines=running.get(one.subject_id, []) or running.get(one.contact_id, []),
            children=[
                name
                for child_id, name in children.get(one.contact_id, [])
                if one.child_id in (None, child_id)
            ],
            flags=flags.get(one.subject_id, 0),
            transfer=transfers.get(one.subject_id),
            challenge=challenges.get(one.subject_id),
            chasers=chasers.get(one.subject_id, 0) if one.subject_id in asked else None,
        )
        for one in waiting
    ]


def _of(waiting: Sequence[Waiting], kind: SubjectKind) -> list[UUID]:
    return [one.subject_id for one in waiting if one.subject_kind is kind]


def _next_action(
    one: Waiting,
    transfers: Mapping[UUID, ListedTransfer],
    challenges: Mapping[UUID, ChallengeInShort],
) -> NextAction:
    if one.subject_id in transfers:
        return next_action_of_transfer(transfers[one.subject_id])
    if one.subject_id in challenges:
        return next_action_of_challenge(challenges[one.subject_id])
    return next_action(one)
