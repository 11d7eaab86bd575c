"""Queues: a few waiting rows out of a million, found by partial indexes, soonest due first."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    case,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from service.domain.access import Reach, Sight
from service.domain.accountabilities import Accountability
from service.domain.accounts import Account
from service.domain.challenges import Challenge
from service.domain.contacts import ACKNOWLEDGE_CLOCK, ANONYMOUS, Child, ChildState
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.flags import SubjectKind
from service.domain.information_requests import InformationRequest
from service.domain.people import Person
from service.domain.police_notifications import PoliceNotification
from service.domain.police_updates import PoliceUpdate
from service.domain.queue_lines import OF_HOLDING
from service.domain.queues import (
    BEFORE_ALL_ELSE,
    FIRST,
    IN_ITS_TURN,
    OF_CLOCKS,
    OwnDesk,
    Queue,
    QueueFilters,
    QueueItem,
    Waiting,
)
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import Section47Enquiry
from service.domain.strategy_meetings import (
    MeetingChild,
    MeetingState,
    StrategyMeeting,
)
from service.domain.transfers import Direction, Transfer, TransferState
from service.persistence.asking import Asking
from service.persistence.keysets import Place
from service.persistence.prepared import Question
from service.persistence.records import read, table_of
from service.persistence.repositories import (
    accounts,
    queue_lines,
)
from service.persistence.repositories.accountabilities import is_open
from service.persistence.repositories.queue_concerns import concerns
from service.persistence.repositories.queue_parts import (
    CONTACT,
    CONTACT_CLOCKS,
    NOT_RED,
    RED,
    At,
    PartAsked,
    a_line,
    by_rank,
    with_contact,
)
from service.persistence.repositories.queue_places import (
    Span,
    first_by_clocks,
    first_by_subject,
    own_clocks,
    rounded,
    shape_of,
    soonest,
)
from service.persistence.repositories.unborn import UNBORN
from service.persistence.sights import is_theirs
from service.persistence.visibility import (
    challenges_visible_to,
    child_visible_to,
    contacts_visible_to,
    decisions_visible_to,
    protection_visible_to,
    requests_visible_to,
    transfers_visible_to,
    worked_by,
)

CHILD = table_of(Child)
DECISION = table_of(Decision)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
REQUEST = table_of(InformationRequest)
DEADLINE = table_of(Deadline)
TRANSFER = table_of(Transfer)
CHALLENGE = table_of(Challenge)
MEETING = table_of(StrategyMeeting)
MEETING_CHILD = table_of(MeetingChild)
ENQUIRY = table_of(Section47Enquiry)
ACCOUNTABILITY = table_of(Accountability)
ACCOUNT = table_of(Account)
NOTIFICATION = table_of(PoliceNotification)
UPDATE = table_of(PoliceUpdate)
# The referral that a strategy meeting is to be called for, beside the case that answers now.
AT_RISK = REFERRAL.alias("at_risk")
PERSON = table_of(Person)


# Decided, while the clock of telling the referrer that it arrived runs on.
# In literals, as the index over these few has it.
_UNACKNOWLEDGED = (
    CONTACT.c.decided_at.is_not(None),
    CONTACT.c.acknowledged_at.is_(None),
    CONTACT.c.source_code != literal_column(f"'{ANONYMOUS}'"),
    exists().where(
        *CONTACT_CLOCKS(DEADLINE),
        DEADLINE.c.kind == literal_column(f"'{ACKNOWLEDGE_CLOCK}'"),
    ),
)


# What the police sent later of an incident, and nobody has read.
_UNREAD_UPDATE = (UPDATE.c.unread_since.is_not(None),)
_RISK_NOW = (
    select(UPDATE.c.risk)
    .where(UPDATE.c.notification_id == NOTIFICATION.c.id, UPDATE.c.risk.is_not(None))
    .order_by(UPDATE.c.id.desc())
    .limit(1)
    .correlate(NOTIFICATION)
    .scalar_subquery()
)
# Decided, and nothing else keeps it on the desk: the police's contacts are never anonymous.
_DECIDED_AND_UNREAD = (
    CONTACT.c.id.in_(select(UPDATE.c.contact_id).where(*_UNREAD_UPDATE)),
    CONTACT.c.decided_at.is_not(None),
    or_(CONTACT.c.acknowledged_at.is_not(None), CONTACT.c.withdrawn_at.is_not(None)),
)


def _contacts(asked: PartAsked) -> Any:
    """The contacts with a child to decide for, and decided ones that somebody has to turn to.

    Their referrer was told nothing yet, or the police have sent more of the incident since.
    """
    return union_all(
        _on_desk(asked, *RED, rank=BEFORE_ALL_ELSE),
        _on_desk(asked, *NOT_RED),
        _on_desk(asked, *_UNACKNOWLEDGED),
        _on_desk(asked, *_DECIDED_AND_UNREAD, few=True),
    )


def _on_desk(
    asked: PartAsked, *waits: ColumnElement[bool], few: bool = False, rank: int = IN_ITS_TURN
) -> Select[Any]:
    """Contacts of one rank; `few` where there never are many of them."""
    which = (*waits, contacts_visible_to(asked.sight), *asked.on_desk())
    if few:
        due_at = soonest(CONTACT_CLOCKS, CONTACT)
        first = first_by_subject(CONTACT, due_at, which, asked.page, rank)
    else:
        kind = SubjectKind.contact
        first = first_by_clocks(CONTACT, CONTACT.c.id, kind, which, asked.page, rank)
    return select(*a_line(SubjectKind.contact, CONTACT.c.id, At(first.c.due_at, rank))).select_from(
        first.outerjoin(CONTACT, CONTACT.c.id == first.c.id)
    )


def _sign_off(asked: PartAsked) -> Any:
    """The decisions that wait for a manager. By the contact's clocks too, which go on running."""
    return union_all(*(_signing(asked, rank, of) for rank, of in by_rank(DECISION.c.contact_id)))


def _signing(asked: PartAsked, rank: int, of_rank: ColumnElement[bool]) -> Select[Any]:
    which = [
        of_rank,
        DECISION.c.answered_at.is_(None),
        DECISION.c.superseded_at.is_(None),
        decisions_visible_to(asked.sight),
        *asked.behind(DECISION.c.contact_id, DECISION.c.drafted_by),
    ]
    due_at = soonest(
        lambda clock: (
            clock.c.stopped_at.is_(None),
            clock.c.contact_id == DECISION.c.contact_id,
            clock.c.subject_id.in_([DECISION.c.contact_id, DECISION.c.id]),
        ),
        DECISION,
    )
    first = first_by_subject(DECISION, due_at, which, asked.page, rank)
    return select(
        *a_line(
            SubjectKind.decision,
            DECISION.c.id,
            At(first.c.due_at, rank),
            worker_id=DECISION.c.drafted_by,
            child_id=DECISION.c.child_id,
        )
    ).select_from(with_contact(first, DECISION))


def _first(
    asked: PartAsked,
    table: Any,
    kind: SubjectKind,
    waits: Sequence[ColumnElement[bool]],
    *,
    few: bool,
    rank: int = IN_ITS_TURN,
) -> FromClause:
    """The first places among what has clocks of its own; `few` where there never is much of it."""
    if not few:
        return first_by_clocks(table, table.c.contact_id, kind, waits, asked.page, rank)
    due_at = soonest(own_clocks(table, table.c.contact_id), table)
    return first_by_subject(table, due_at, waits, asked.page, rank)


def _cases(
    asked: PartAsked,
    table: Any,
    kind: SubjectKind,
    seen: ColumnElement[bool],
    *which: ColumnElement[bool],
    few: bool,
) -> Select[Any]:
    """The open cases of one kind."""
    waits = [
        table.c.closed_at.is_(None),
        seen,
        *which,
        *asked.behind(table.c.contact_id, table.c.worker_id),
    ]
    first = _first(asked, table, kind, waits, few=few)
    return select(
        *a_line(
            kind,
            table.c.id,
            At(first.c.due_at),
            reference=table.c.reference,
            team_id=table.c.team_id,
            worker_id=table.c.worker_id,
            child_id=table.c.child_id,
        )
    ).select_from(with_contact(first, table))


def _both_cases(
    asked: PartAsked, which: Callable[[Any], ColumnElement[bool]], *, few: bool = False
) -> tuple[Select[Any], Select[Any]]:
    referral = worked_by(asked.sight, Reach.SOCIAL_CARE)
    episode = worked_by(asked.sight, Reach.EARLY_HELP)
    return (
        _cases(asked, REFERRAL, SubjectKind.referral, referral, which(REFERRAL), few=few),
        _cases(asked, EPISODE, SubjectKind.early_help_episode, episode, which(EPISODE), few=few),
    )


def _allocation(asked: PartAsked) -> Any:
    """The cases that nobody holds, and those whose holder can work nothing any more."""
    unallocated = _both_cases(asked, lambda table: table.c.allocated_at.is_(None))
    with_the_suspended = _both_cases(
        asked, lambda table: table.c.worker_id.in_(accounts.suspended_ids()), few=True
    )
    return union_all(*unallocated, *with_the_suspended)


def _information_requests(asked: PartAsked) -> Any:
    """What agencies have not answered, and what they answered after the decision, not yet read."""
    waiting = (REQUEST.c.answered_at.is_(None), REQUEST.c.withdrawn_at.is_(None))
    unread = (REQUEST.c.unread_since.is_not(None),)
    ranks = by_rank(REQUEST.c.contact_id)
    return union_all(
        *(_requests(asked, of, *waiting, returned=false(), rank=rank) for rank, of in ranks),
        *(_requests(asked, of, *unread, returned=true(), rank=rank) for rank, of in ranks),
    )


def _requests(
    asked: PartAsked, *which: ColumnElement[bool], returned: ColumnElement[bool], rank: int
) -> Select[Any]:
    waits = [
        *which,
        requests_visible_to(asked.sight),
        *asked.behind(REQUEST.c.contact_id, CONTACT.c.assignee_id),
    ]
    kind = SubjectKind.information_request
    first = _first(asked, REQUEST, kind, waits, few=False, rank=rank)
    return select(
        *a_line(
            kind,
            REQUEST.c.id,
            At(first.c.due_at, rank, returned),
            organisation_id=REQUEST.c.organisation_id,
        )
    ).select_from(with_contact(first, REQUEST))


def _of_open_child(
    asked: PartAsked,
    table: Any,
    kind: SubjectKind,
    seen: ColumnElement[bool],
    *which: ColumnElement[bool],
    few: bool = False,
) -> Select[Any]:
    """What is under way about a child, with the team and the worker who answer for the child now.

    The contact's own where nobody holds the child: a challenge of a decision may be of such a one.
    """
    waits = (table.c.ended_at.is_(None), seen, *which)
    if asked.filters != QueueFilters():
        # Who works it is known only with the case that answers for the child now.
        due_at = soonest(own_clocks(table, table.c.contact_id), table)
        return _of_child(table, kind, due_at, table, table, *waits)
    first = _first(asked, table, kind, waits, few=few)
    both = first.outerjoin(table, table.c.id == first.c.id)
    return _of_child(table, kind, first.c.due_at, table, both)


def _of_child(
    table: Any, kind: SubjectKind, due_at: Any, child: Any, rows: Any, *which: ColumnElement[bool]
) -> Select[Any]:
    """What is about the child whom a row of `child` names, with who answers for the child now.

    `rows` is where `table` and `child` are read from.
    """
    held = ACCOUNTABILITY.c.person_id.is_not(None)
    worker_id = func.coalesce(REFERRAL.c.worker_id, EPISODE.c.worker_id)
    return (
        select(
            *a_line(
                kind,
                table.c.id,
                At(due_at),
                reference=table.c.reference,
                team_id=func.coalesce(REFERRAL.c.team_id, EPISODE.c.team_id, CONTACT.c.team_id),
                worker_id=case((held, worker_id), else_=CONTACT.c.assignee_id),
                child_id=child.c.child_id,
            )
        )
        .select_from(rows)
        .outerjoin(CONTACT, CONTACT.c.id == child.c.contact_id)
        .outerjoin(ACCOUNTABILITY, ACCOUNTABILITY.c.person_id == child.c.person_id)
        .outerjoin(REFERRAL, REFERRAL.c.id == ACCOUNTABILITY.c.referral_id)
        .outerjoin(EPISODE, EPISODE.c.id == ACCOUNTABILITY.c.early_help_episode_id)
        .where(*which)
    )


def _transfers(asked: PartAsked, *which: ColumnElement[bool], few: bool = False) -> Select[Any]:
    seen = transfers_visible_to(asked.sight)
    return _of_open_child(asked, TRANSFER, SubjectKind.transfer, seen, *which, few=few)


def _challenges(asked: PartAsked) -> Select[Any]:
    seen = challenges_visible_to(asked.sight)
    return _of_open_child(asked, CHALLENGE, SubjectKind.challenge, seen)


def _strategy(asked: PartAsked) -> Any:
    """The children who may be at risk: until a meeting is minuted and an enquiry has ended."""
    kind, seen = SubjectKind.section_47_enquiry, protection_visible_to(asked.sight)
    return union_all(
        _meetings_to_call(asked), _meetings(asked), _of_open_child(asked, ENQUIRY, kind, seen)
    )


def _meetings_to_call(asked: PartAsked) -> Select[Any]:
    """The open referrals on which the clock of a meeting runs, and none has been called."""
    running = (
        DEADLINE.c.stopped_at.is_(None),
        # Written out, as the index of these clocks has it.
        DEADLINE.c.kind == literal_column(f"'{OF_HOLDING}'"),
    )
    unconcluded = exists().where(
        MEETING_CHILD.c.person_id == AT_RISK.c.person_id,
        MEETING.c.id == MEETING_CHILD.c.meeting_id,
        MEETING.c.state.in_([MeetingState.called, MeetingState.held]),
    )
    rows = DEADLINE.outerjoin(AT_RISK, AT_RISK.c.id == DEADLINE.c.subject_id)
    return _of_child(
        AT_RISK,
        SubjectKind.referral,
        DEADLINE.c.due_at,
        AT_RISK,
        rows,
        *running,
        is_open(AT_RISK),
        protection_visible_to(asked.sight),
        ~unconcluded.correlate(AT_RISK),
    )


def _meetings(asked: PartAsked) -> Select[Any]:
    """The meetings that are neither minuted nor cancelled, each with its first child.

    Until it is held, the limit is of holding it, on the referral of whichever child; then of the
    minutes.
    """
    child = MEETING_CHILD.alias("of_meeting")
    of_any_child = (
        select(func.min(DEADLINE.c.due_at))
        .select_from(child.join(DEADLINE, DEADLINE.c.contact_id == child.c.contact_id))
        .where(
            child.c.meeting_id == MEETING.c.id,
            DEADLINE.c.subject_id == child.c.referral_id,
            DEADLINE.c.kind == OF_HOLDING,
            DEADLINE.c.stopped_at.is_(None),
        )
        .correlate(MEETING)
        .scalar_subquery()
    )
    of_minutes = soonest(own_clocks(MEETING, MEETING.c.contact_id), MEETING)
    return _of_child(
        MEETING,
        SubjectKind.strategy_meeting,
        case((MEETING.c.held_at.is_(None), of_any_child), else_=of_minutes),
        MEETING_CHILD,
        MEETING.join(MEETING_CHILD, MEETING_CHILD.c.meeting_id == MEETING.c.id),
        MEETING.c.minutes_circulated_at.is_(None),
        MEETING.c.cancelled_at.is_(None),
        MEETING_CHILD.c.position == 0,
        protection_visible_to(asked.sight),
    )


def _first_visits(asked: PartAsked) -> Select[Any]:
    """The accepted step-downs whose named receiver has not visited yet."""
    return _transfers(
        asked,
        TRANSFER.c.direction == Direction.step_down,
        TRANSFER.c.state == TransferState.accepted,
        is_theirs(asked.sight, TRANSFER.c.receiver_worker_id),
        TRANSFER.c.first_visit_at.is_(None),
        few=True,
    )


def _mine(asked: PartAsked) -> Any:
    sight = asked.sight
    returned = (
        is_theirs(sight, DECISION.c.drafted_by),
        # Written out, as the index of these decisions has it.
        DECISION.c.state == literal_column("'returned'"),
        exists().where(CHILD.c.id == DECISION.c.child_id, CHILD.c.state == "undecided"),
    )
    own = exists().where(DECISION.c.contact_id == CONTACT.c.id, *returned)
    mine = union_all(
        select(CONTACT.c.id).where(
            CONTACT.c.decided_at.is_(None), is_theirs(sight, CONTACT.c.assignee_id)
        ),
        select(DECISION.c.contact_id).where(*returned),
    )

    def contacts(rank: int, *waits: ColumnElement[bool]) -> Select[Any]:
        which = (CONTACT.c.id.in_(mine), *waits, contacts_visible_to(sight), *asked.on_desk())
        due_at = soonest(CONTACT_CLOCKS, CONTACT)
        first = first_by_subject(CONTACT, due_at, which, asked.page, rank)
        line = a_line(
            SubjectKind.contact,
            CONTACT.c.id,
            At(first.c.due_at, rank, case((own, true()), else_=false())),
        )
        return select(*line).select_from(first.outerjoin(CONTACT, CONTACT.c.id == first.c.id))

    on_desk = (contacts(BEFORE_ALL_ELSE, *RED), contacts(IN_ITS_TURN, *NOT_RED))
    cases = _both_cases(asked, lambda table: is_theirs(sight, table.c.worker_id), few=True)
    own_contact = is_theirs(sight, CONTACT.c.assignee_id)
    decided = [
        _on_desk(asked, *waits, own_contact, few=True)
        for waits in (_UNACKNOWLEDGED, _DECIDED_AND_UNREAD)
    ]
    visits = [_first_visits(asked)] if asked.desk.transfers else []
    return union_all(*on_desk, *decided, *cases, *visits, *concerns(asked))


def _pre_birth(asked: PartAsked) -> Any:
    """The unborn children who are open, a line each: by their case, else by the contact.

    Social care's referral before early help's episode: the pre-birth clocks run on it.
    """
    expected_on = PERSON.c.expected_delivery_on.label("expected_delivery_on")
    referrals = (
        select(
            *a_line(
                SubjectKind.referral,
                REFERRAL.c.id,
                At(soonest(own_clocks(REFERRAL, REFERRAL.c.contact_id), REFERRAL)),
                reference=REFERRAL.c.reference,
                team_id=func.coalesce(EPISODE.c.team_id, REFERRAL.c.team_id),
                worker_id=case(
                    (EPISODE.c.id.is_not(None), EPISODE.c.worker_id), else_=REFERRAL.c.worker_id
                ),
                child_id=REFERRAL.c.child_id,
            ),
            expected_on,
        )
        .select_from(PERSON)
        .join(REFERRAL, REFERRAL.c.open_person_id == PERSON.c.id)
        .join(CONTACT, CONTACT.c.id == REFERRAL.c.contact_id)
        .outerjoin(ACCOUNTABILITY, ACCOUNTABILITY.c.person_id == PERSON.c.id)
        # Early help's, while social care is handing the child over.
        .outerjoin(EPISODE, EPISODE.c.id == ACCOUNTABILITY.c.early_help_episode_id)
        .where(*UNBORN, worked_by(asked.sight, Reach.SOCIAL_CARE))
    )
    in_social_care = exists().where(
        REFERRAL.c.open_person_id == PERSON.c.id, worked_by(asked.sight, Reach.SOCIAL_CARE)
    )
    episodes = (
        select(
            *a_line(
                SubjectKind.early_help_episode,
                EPISODE.c.id,
                At(soonest(own_clocks(EPISODE, EPISODE.c.contact_id), EPISODE)),
                reference=EPISODE.c.reference,
                team_id=EPISODE.c.team_id,
                worker_id=EPISODE.c.worker_id,
                child_id=EPISODE.c.child_id,
            ),
            expected_on,
        )
        .select_from(PERSON)
        .join(EPISODE, EPISODE.c.open_person_id == PERSON.c.id)
        .join(CONTACT, CONTACT.c.id == EPISODE.c.contact_id)
        .where(*UNBORN, worked_by(asked.sight, Reach.EARLY_HELP), ~in_social_care)
    )
    earlier = CHILD.alias("earlier")
    contacts = (
        select(
            *a_line(
                SubjectKind.contact,
                CONTACT.c.id,
                At(soonest(CONTACT_CLOCKS, CONTACT)),
                child_id=CHILD.c.id,
            ),
            expected_on,
        )
        .select_from(PERSON)
        .join(CHILD, CHILD.c.person_id == PERSON.c.id)
        .join(CONTACT, CONTACT.c.id == CHILD.c.contact_id)
        .where(
            *UNBORN,
            CHILD.c.state != ChildState.decided,
            child_visible_to(asked.sight, CHILD),
            ~exists().where(ACCOUNTABILITY.c.person_id == PERSON.c.id),
            ~exists().where(
                earlier.c.person_id == PERSON.c.id,
                earlier.c.state != ChildState.decided,
                earlier.c.id < CHILD.c.id,
            ),
        )
    )
    return union_all(referrals, episodes, contacts)


_LINES: dict[Queue, Callable[[PartAsked], Any]] = {
    Queue.contacts: _contacts,
    Queue.sign_off: _sign_off,
    Queue.allocation: _allocation,
    Queue.information_requests: _information_requests,
    Queue.step_up: lambda asked: _transfers(asked, TRANSFER.c.direction == Direction.step_up),
    Queue.step_down: lambda asked: _transfers(asked, TRANSFER.c.direction == Direction.step_down),
    Queue.challenges: _challenges,
    Queue.strategy: _strategy,
    Queue.pre_birth: _pre_birth,
    Queue.mine: _mine,
}


def _statement(queue: Queue, asked: PartAsked) -> Select[Any]:
    line = _LINES[queue](asked).subquery("line")
    shown = [
        column
        for column in line.c
        if column.name not in ("organisation_id", "expected_delivery_on")
    ]
    # As `QueueItem.place` has it.
    by_limit: tuple[Any, Any] = (line.c.due_at, line.c.subject_id)
    if queue is Queue.pre_birth:
        first = bindparam("first", FIRST, DEADLINE.c.due_at.type, literal_execute=True)
        undated = line.c.expected_delivery_on.is_(None)
        by_limit = (case((undated, first), else_=line.c.due_at), line.c.child_id)
    by_place = (line.c.rank, *by_limit)
    places = (column.label(name) for column, name in zip(by_place, _PLACE, strict=True))
    return _with_workers(
        select(*shown, line.c.organisation_id, *places)
        .where(*asked.of_line(line), *asked.page.beyond_in_all(*by_place))
        .order_by(*by_place)
        .limit(asked.page.limit)
    )


async def soonest_first(
    ask: Asking,
    sight: Sight,
    queue: Queue,
    filters: QueueFilters,
    *,
    limit: int,
    after: Place | None = None,
    desk: OwnDesk,
) -> list[QueueItem]:
    """The lines of a queue from after a place on: red on top, then by the soonest running clock."""
    after_rank, after_at, after_id = (None, None, None) if after is None else after
    asked = PartAsked(sight, Span(rounded(limit), after_rank), filters, desk)
    rows = await ask.all(
        Question(
            ("queue", queue, asked.page, shape_of(filters), desk.shape),
            sight,
            lambda: _statement(queue, asked),
        ),
        after_at=after_at,
        after_id=after_id,
        assignee=filters.assignee_id,
        town=None if filters.town is None else filters.town.lower(),
        team=desk.team_id,
    )
    waiting = [_waiting(row) for row in rows[:limit]]
    items = await queue_lines.with_clocks(ask, waiting, queue)
    if queue is not Queue.pre_birth:
        return items
    unborn = await queue_lines.unborn_children(
        ask, [one.child_id for one in waiting if one.child_id]
    )
    hidden = await queue_lines.with_hidden_clocks(
        ask, sight, [one.person_id for one in unborn.values()]
    )
    return [
        replace(item, pregnancy=child, not_shown=OF_CLOCKS if child.person_id in hidden else ())
        for item in items
        if item.waiting.child_id is not None
        and (child := unborn.get(item.waiting.child_id)) is not None
    ]


# The columns by which a page is sorted, named apart from what a line shows.
_PLACE = ("place_rank", "place_due_at", "place_id")


def _with_workers(statement: Select[Any]) -> Select[Any]:
    """The lines of a page, with the name of each one's worker and whether they have access."""
    page = statement.subquery("page")
    shown = [column for column in page.c if column.name not in ("organisation_id", *_PLACE)]
    return (
        select(
            *shown,
            ACCOUNT.c.name.label("worker_name"),
            accounts.is_suspended(ACCOUNT.c.id).label("worker_suspended"),
            page.c.organisation_id,
            NOTIFICATION.c.id.label("notification_id"),
            NOTIFICATION.c.risk,
            NOTIFICATION.c.children_present,
            _RISK_NOW,
            exists().where(*_UNREAD_UPDATE, UPDATE.c.contact_id == NOTIFICATION.c.contact_id),
        )
        .outerjoin(ACCOUNT, ACCOUNT.c.id == page.c.worker_id)
        .outerjoin(NOTIFICATION, NOTIFICATION.c.contact_id == page.c.contact_id)
        .order_by(*(page.c[name] for name in _PLACE))
    )


_TRUTHS = tuple(
    place
    for place, field in enumerate(fields(Waiting))
    if field.name in ("worker_suspended", "police_unread")
)


def _waiting(row: Sequence[Any]) -> Waiting:
    values = list(row)
    for place in _TRUTHS:
        # Of nobody, and of no notification, the database says neither.
        values[place] = bool(values[place])
    return read(Waiting, values)
