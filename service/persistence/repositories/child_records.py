"""What hangs on a child of a contact: found, and moved to another record on file."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, or_, select, update

from service.domain.accountabilities import Accountability
from service.domain.assessments import Assessment
from service.domain.challenges import Challenge
from service.domain.contacts import Child
from service.domain.decisions import Decision, DecisionState
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.emergency_acts import EmergencyAct
from service.domain.identities import NUMBERS
from service.domain.passed_concerns import PassedConcern
from service.domain.possible_matches import PossibleMatch
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import Section47Enquiry
from service.domain.strategy_meetings import MeetingChild
from service.domain.transfers import Transfer
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import accountabilities
from service.persistence.units_of_work import Work

CHILD = table_of(Child)
DECISION = table_of(Decision)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
ACCOUNTABILITY = table_of(Accountability)
MEETING_CHILD = table_of(MeetingChild)
MATCH = table_of(PossibleMatch)

GOES_ALONG = (
    Decision,
    Referral,
    EarlyHelpEpisode,
    Transfer,
    Challenge,
    Assessment,
    Section47Enquiry,
    MeetingChild,
    PassedConcern,
    EmergencyAct,
)
"""What hangs on a child of a contact and names the record on file as well: it moves with the child.

Missing episodes do too, by a rule of their own; who answers for the child follows its case.
"""


async def tellings_elsewhere(
    ask: Asking | Work, people_ids: Sequence[UUID], but: UUID
) -> Mapping[UUID, list[Child]]:
    """What other contacts tell of children on file, the oldest first."""
    found: dict[UUID, list[Child]] = defaultdict(list)
    if people_ids:
        rows = await ask.all(
            select(*columns_of(Child))
            .where(CHILD.c.person_id.in_(people_ids), CHILD.c.contact_id != but)
            .order_by(CHILD.c.id)
        )
        for row in rows:
            child = read(Child, row)
            found[child.person_id].append(child)
    return found


async def remove(work: Work, child_id: UUID) -> None:
    """Takes a child off the contact that it is on."""
    await work.execute(delete(CHILD).where(CHILD.c.id == child_id))


async def with_numbers_set_aside(
    work: Work, people_ids: Collection[UUID], numbers: Collection[str]
) -> list[Child]:
    """Children of contacts of whom these numbers were told, and who may be these people."""
    waiting = select(MATCH.c.child_id).where(MATCH.c.person_id.in_(sorted(set(people_ids))))
    rows = await work.all(
        select(*columns_of(Child))
        .where(
            CHILD.c.id.in_(waiting),
            or_(*(CHILD.c[name].in_(sorted(numbers)) for name in NUMBERS)),
        )
        .order_by(CHILD.c.id)
    )
    return [read(Child, row) for row in rows]


async def move_along(work: Work, child_id: UUID, person_id: UUID) -> None:
    """Moves what hangs on a child of a contact to another record on file."""
    for kind in GOES_ALONG:
        table = table_of(kind)
        values: dict[str, Any] = {"person_id": person_id}
        if "version" in table.c:
            values["version"] = table.c.version + 1
        await work.execute(update(table).where(table.c.child_id == child_id).values(**values))


async def move_accountability(work: Work, left: UUID, to: UUID) -> None:
    """Makes the case that answers for one record on file answer for another."""
    await work.execute(
        update(ACCOUNTABILITY).where(ACCOUNTABILITY.c.person_id == left).values(person_id=to)
    )


async def decision_that_keeps(work: Work, child: Child) -> DecisionState | None:
    """The state of a decision that joined a case of the child's record and of another child's."""
    own_case = or_(
        exists().where(REFERRAL.c.id == DECISION.c.joined_case_id, REFERRAL.c.child_id == child.id),
        exists().where(EPISODE.c.id == DECISION.c.joined_case_id, EPISODE.c.child_id == child.id),
    )
    row = await work.first(
        select(DECISION.c.state)
        .where(
            DECISION.c.joined_case_id.is_not(None),
            or_(
                (DECISION.c.child_id == child.id) & ~own_case,
                (DECISION.c.person_id == child.person_id)
                & (DECISION.c.child_id != child.id)
                & own_case,
            ),
        )
        .limit(1)
    )
    return None if row is None else DecisionState(row.state)


async def meet_as_two(work: Work, child_id: UUID, person_id: UUID) -> bool:
    """Whether a strategy meeting is about a child and a record on file as two children."""
    meetings = select(MEETING_CHILD.c.meeting_id).where(MEETING_CHILD.c.child_id == child_id)
    row = await work.first(
        select(MEETING_CHILD.c.id)
        .where(MEETING_CHILD.c.person_id == person_id, MEETING_CHILD.c.meeting_id.in_(meetings))
        .limit(1)
    )
    return row is not None


async def open_case(work: Work, child: Child) -> Accountability | None:
    """Which case that came of this child answers now for whom the child was taken for."""
    answers = await accountabilities.of_person(work, child.person_id)
    if answers is None:
        return None
    table = REFERRAL if answers.referral_id is not None else EPISODE
    row = await work.first(select(table.c.child_id).where(table.c.id == answers.case_id))
    return answers if row is not None and row[0] == child.id else None
