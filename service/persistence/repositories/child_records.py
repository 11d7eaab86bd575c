"""Which record on file a child of a contact is: moved with all that hangs on the child there."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, or_, select, update

from service.domain.access import Caller
from service.domain.accountabilities import Accountability
from service.domain.assessments import Assessment
from service.domain.challenges import Challenge
from service.domain.contacts import Child
from service.domain.corrections import corrected, unlearnt
from service.domain.decisions import Decision, DecisionState
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.errors import Problem
from service.domain.events import EventType
from service.domain.identities import NUMBERS
from service.domain.new_contacts import as_person, told_again
from service.domain.people import Person, learn
from service.domain.possible_matches import (
    CannotMove,
    MatchAnswer,
    MatchSaid,
    NothingToAnswer,
    PossibleMatch,
    TwoOpenCases,
    goes_over,
)
from service.domain.pregnancies import PregnancyAction
from service.domain.recognition import PersonUnknown, Recognised, numbers_set_aside
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import Section47Enquiry
from service.domain.strategy_meetings import MeetingChild
from service.domain.transfers import Transfer
from service.domain.whole_contacts import WholeContact
from service.domain_services.cases import reckon_referrals_again
from service.domain_services.missing_episodes import let_missing_episodes_follow
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import (
    accountabilities,
    contacts,
    people,
    possible_matches,
    pre_birth,
)
from service.persistence.units_of_work import Work, new_id

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


@dataclass(frozen=True, slots=True)
class Settled:
    """What was told of the children of a contact before and after, and the numbers on file."""

    before: Mapping[UUID, Child]
    after: Sequence[Child]
    known: Recognised


async def follow(work: Work, who: Caller, contact_id: UUID, settled: Settled) -> None:
    """Lets the file follow what was put right of the children of a contact that is held.

    A child who turned out to be another moves there with all that hangs on the child. Whom it was
    taken for keeps what others told, and loses what only this contact did; a record of which no
    contact speaks any more gives up its numbers, so that whoever bears them is recognised by them.
    """
    moved = [
        (old, new)
        for new in settled.after
        if (old := settled.before.get(new.id)) is not None and old.person_id != new.person_id
    ]
    for old, new in moved:
        await _move(work, who, contact_id, old, new)
    stayed = sorted({one.person_id for one in settled.after} | {old.person_id for old, _ in moved})
    elsewhere = await tellings_elsewhere(work, stayed, contact_id)
    lost = await _unlearn(work, who, contact_id, moved, elsewhere, settled.after)
    lost |= await _learn(work, who, contact_id, settled, elsewhere, frozenset(lost))
    await _give_back(work, who, contact_id, lost)


Lost = dict[str, UUID]
"""Numbers that a record on file does not bear any more, each with that record."""


def _lost(before: Person, after: Person) -> Lost:
    return {
        number: before.id
        for name in NUMBERS
        if (number := getattr(before, name)) is not None and number != getattr(after, name)
    }


async def _unlearn(
    work: Work,
    who: Caller,
    contact_id: UUID,
    moved: Sequence[tuple[Child, Child]],
    elsewhere: Mapping[UUID, Sequence[Child]],
    after: Sequence[Child],
) -> Lost:
    """Takes back what only a child who has left had told of a record; returns its numbers."""
    lost: Lost = {}
    on_file = await people.find(work, sorted({old.person_id for old, _ in moved}))
    learnt: list[people.Learnt] = []
    for old, _ in moved:
        person = on_file[old.person_id]
        others = [
            *elsewhere.get(person.id, ()),
            *(one for one in after if one.person_id == person.id),
        ]
        if not others:
            emptied = replace(person, nhs_number=None, unique_pupil_number=None)
            await people.change(work, person, emptied)
            lost |= _lost(person, emptied)
            continue
        steps = await pre_birth.steps_of(work, person.id)
        born = any(step.action is PregnancyAction.record_birth for step in steps)
        kept = ("given_name", "family_name", "sex", "date_of_birth", *NUMBERS) if born else ()
        learning = partial(unlearnt, gone=old, others=others, kept=kept)
        learnt.append(people.Learnt(person, learning))
        lost |= _lost(person, learning(person))
    await people.change_all(work, who, contact_id, learnt)
    return lost


async def take_off(
    work: Work, who: Caller, contact_id: UUID, gone: Child, rest: Sequence[Child]
) -> None:
    """Takes a child off a contact that is held; the record loses what only this contact told."""
    await work.execute(delete(CHILD).where(CHILD.c.id == gone.id))
    elsewhere = await tellings_elsewhere(work, [gone.person_id], contact_id)
    lost = await _unlearn(work, who, contact_id, [(gone, gone)], elsewhere, rest)
    await _give_back(work, who, contact_id, lost)


async def _learn(
    work: Work,
    who: Caller,
    contact_id: UUID,
    settled: Settled,
    elsewhere: Mapping[UUID, Sequence[Child]],
    freed: frozenset[str],
) -> Lost:
    """Fills the gaps of the records with what was told, and corrects what nobody else told."""
    on_file = await people.find(work, sorted({child.person_id for child in settled.after}))
    lost: Lost = {}
    learnt: list[people.Learnt] = []
    for child in settled.after:
        person = on_file[child.person_id]
        old = settled.before.get(child.id)
        changed: Mapping[str, Any] = {}
        if old is not None and old.person_id == child.person_id:
            changed = corrected(old, child, elsewhere.get(person.id, ()))
        taken = settled.known.taken_from(person.id) - freed
        learning = partial(learn, told=child, corrected=changed, taken=taken)
        learnt.append(people.Learnt(person, learning))
        lost |= _lost(person, learning(person))
    await people.change_all(work, who, contact_id, learnt)
    return lost


async def _give_back(work: Work, who: Caller, contact_id: UUID, lost: Lost) -> None:
    """Gives numbers that are free now to the children of whom they were told and set aside."""
    if not lost:
        return
    waiting = select(MATCH.c.child_id).where(MATCH.c.person_id.in_(sorted(set(lost.values()))))
    rows = await work.all(
        select(*columns_of(Child))
        .where(
            CHILD.c.id.in_(waiting),
            or_(*(CHILD.c[name].in_(sorted(lost)) for name in NUMBERS)),
        )
        .order_by(CHILD.c.id)
    )
    for child in (read(Child, row) for row in rows):
        for name in child.set_aside:
            number = getattr(child, name)
            if number not in lost:
                continue
            bearers = await people.with_numbers(
                work, *(([number], []) if name == "nhs_number" else ([], [number]))
            )
            if any(one.id != child.person_id for one in bearers):
                continue
            await _take_up(work, who, contact_id, child, name)
            child = replace(child, set_aside=[one for one in child.set_aside if one != name])


async def _take_up(work: Work, who: Caller, contact_id: UUID, child: Child, name: str) -> None:
    """Makes a number that was set aside one of the record that the child is."""
    person = (await people.find(work, [child.person_id]))[child.person_id]
    if getattr(person, name) is None:
        number = getattr(child, name)
        learning = partial(replace, **{name: number})
        await people.change_all(work, who, contact_id, [people.Learnt(person, learning)])
    rest = [one for one in child.set_aside if one != name]
    await contacts.change_child(work, child, replace(child, set_aside=rest))


# ---- Answering whether a child is the one on file -----------------------------------------------


async def answer(
    work: Work, who: Caller, file: WholeContact, child: Child, said: MatchSaid, at: str = ""
) -> Child:
    """Keeps what somebody says of a child of a contact that is held, and links or parts by it.

    Said to be another child than the record that the child was linked to, the child gets one of
    its own. Returns the child as it is then. Raises PersonUnknown, NothingToAnswer, and what moving
    a child raises.
    """
    try:
        other = await people.get(work, who, said.person_id)
    except people.PersonNotFound:
        raise PersonUnknown(
            "There is no such child on file.",
            problems=[
                Problem(
                    f"{at}/person_id",
                    "Send the person_id of a child on file, as it was given out.",
                    "person_unknown",
                )
            ],
        ) from None
    own = child.person_id
    elsewhere = (await tellings_elsewhere(work, [own], file.contact.id)).get(own, [])
    if other.id == own and (said.same_child or not elsewhere):
        raise NothingToAnswer(
            "This is the record that the child has already.",
            problems=[
                Problem(
                    f"{at}/person_id",
                    "Send the person_id of another child on file who may be this child, or of one "
                    "whom the child was linked to by mistake.",
                    NothingToAnswer.code,
                )
            ],
        )
    to = await _whose(work, child, other, said, told_of_elsewhere=bool(elsewhere))
    bearers = await people.bearers_of(work, [told_again(child)])
    after = child
    if to.id != own:
        # Before anything is written: who asks may go on without the move.
        await refuse_what_stays(work, child, to.id)
        set_aside = numbers_set_aside(child, bearers, to.id)
        after = replace(child, person_id=to.id, set_aside=set_aside)
        await contacts.change_child(work, child, after)
        await follow(
            work,
            who,
            file.contact.id,
            Settled({child.id: child}, [after], Recognised([], bearers, [])),
        )
    parted = other.id == own
    await possible_matches.keep_answer(
        work,
        who,
        after,
        own=to.id if parted else own,
        other=other.id,
        answer=MatchAnswer.same_child if said.same_child else MatchAnswer.another_child,
        because=said.because,
    )
    return after


async def _whose(
    work: Work, child: Child, other: Person, said: MatchSaid, *, told_of_elsewhere: bool
) -> Person:
    """Whom the child is taken for after what was said: of a new record, it is added."""
    own = (await people.find(work, [child.person_id]))[child.person_id]
    if other.id == own.id:
        bearers = await people.bearers_of(work, [told_again(child)])
        fresh = as_person(told_again(child), new_id(), work.now, frozenset(bearers))
        work.add(fresh)
        return fresh
    if not said.same_child:
        return own
    over = goes_over(
        told_of_elsewhere=told_of_elsewhere,
        own_is_open=await accountabilities.of_person(work, own.id) is not None,
        other_is_open=await accountabilities.of_person(work, other.id) is not None,
    )
    return other if over else own


# ---- Moving -------------------------------------------------------------------------------------


async def _move(work: Work, who: Caller, contact_id: UUID, old: Child, new: Child) -> None:
    """Moves what hangs on a child to the record that the child turned out to be.

    Raises TwoOpenCases, CannotMove and MissingAlready.
    """
    left, to = old.person_id, new.person_id
    await refuse_what_stays(work, old, to)
    case = await _open_case(work, old)
    await let_missing_episodes_follow(work, {old.id: to})
    for kind in GOES_ALONG:
        table = table_of(kind)
        values: dict[str, Any] = {"person_id": to}
        if "version" in table.c:
            values["version"] = table.c.version + 1
        await work.execute(update(table).where(table.c.child_id == old.id).values(**values))
    if case is not None:
        await work.execute(
            update(ACCOUNTABILITY).where(ACCOUNTABILITY.c.person_id == left).values(person_id=to)
        )
    for person_id in sorted({left, to}):
        await reckon_referrals_again(work, person_id)
    if case is not None and case.referral_id is not None:
        person = (await people.find(work, [to]))[to]
        for referral in await pre_birth.open_referrals(work, [to]):
            await pre_birth.follow_move(work, referral, person)
    work.record(
        EventType.contact_child_moved,
        who,
        old.id,
        contact_id=contact_id,
        person_id=to,
        was=left,
    )


async def _open_case(work: Work, child: Child) -> Accountability | None:
    """Which case that came of this child answers now for whom the child was taken for."""
    answers = await accountabilities.of_person(work, child.person_id)
    if answers is None:
        return None
    table = REFERRAL if answers.referral_id is not None else EPISODE
    row = await work.first(select(table.c.child_id).where(table.c.id == answers.case_id))
    return answers if row is not None and row[0] == child.id else None


async def refuse_what_stays(work: Work, old: Child, to: UUID) -> None:
    """Raises TwoOpenCases and CannotMove where something could not go along, or would be double."""
    own = await _open_case(work, old)
    if own is not None and await accountabilities.of_person(work, to) is not None:
        raise TwoOpenCases(
            "A case is open for this child, and another one for the child on file: a link does not "
            "make them one. Close one of them, and link the child then.",
            state=own.service,
            allowed=("close_referral", "close_early_help_episode"),
        )
    own_case = or_(
        exists().where(REFERRAL.c.id == DECISION.c.joined_case_id, REFERRAL.c.child_id == old.id),
        exists().where(EPISODE.c.id == DECISION.c.joined_case_id, EPISODE.c.child_id == old.id),
    )
    row = await work.first(
        select(DECISION.c.state)
        .where(
            DECISION.c.joined_case_id.is_not(None),
            or_(
                (DECISION.c.child_id == old.id) & ~own_case,
                (DECISION.c.person_id == old.person_id)
                & (DECISION.c.child_id != old.id)
                & own_case,
            ),
        )
        .limit(1)
    )
    if row is not None:
        raise CannotMove(
            "A decision joined a case that other contacts about this record opened, so the child "
            "cannot leave it alone. Supersede that decision, and move the child then.",
            state=DecisionState(row.state),
            allowed=("decide",),
        )
    meetings = select(MEETING_CHILD.c.meeting_id).where(MEETING_CHILD.c.child_id == old.id)
    row = await work.first(
        select(MEETING_CHILD.c.id)
        .where(MEETING_CHILD.c.person_id == to, MEETING_CHILD.c.meeting_id.in_(meetings))
        .limit(1)
    )
    if row is not None:
        raise CannotMove(
            "A strategy meeting is about both of them as two children, so they cannot become one.",
            state=old.state,
            allowed=(),
        )
