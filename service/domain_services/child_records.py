"""Which record on file a child of a contact is: moved with all that hangs on the child there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from service.domain.access import Caller
from service.domain.contacts import Child
from service.domain.corrections import corrected, unlearnt
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
    TwoOpenCases,
    goes_over,
)
from service.domain.pregnancies import PregnancyAction
from service.domain.recognition import PersonUnknown, Recognised, numbers_set_aside
from service.domain.whole_contacts import WholeContact
from service.domain_services.cases import reckon_referrals_again
from service.domain_services.missing_episodes import let_missing_episodes_follow
from service.domain_services.passed_concerns import follow_child
from service.domain_services.people import ToldOfPerson, change_people
from service.domain_services.possible_matches import keep_match_answer
from service.domain_services.pre_birth import restart_pre_birth_clocks
from service.persistence.ids import new_id
from service.persistence.repositories import (
    accountabilities,
    child_records,
    contacts,
    people,
    pre_birth,
)
from service.persistence.units_of_work import Work


@dataclass(frozen=True, slots=True)
class Settled:
    """What was told of the children of a contact before and after, and the numbers on file."""

    before: Mapping[UUID, Child]
    after: Sequence[Child]
    known: Recognised


async def follow_settled_children(
    work: Work, who: Caller, contact_id: UUID, settled: Settled
) -> None:
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
    elsewhere = await child_records.tellings_elsewhere(work, stayed, contact_id)
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
    learnt: list[ToldOfPerson] = []
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
        learnt.append(ToldOfPerson(person, learning))
        lost |= _lost(person, learning(person))
    await change_people(work, who, contact_id, learnt)
    return lost


async def take_child_off(
    work: Work, who: Caller, contact_id: UUID, gone: Child, rest: Sequence[Child]
) -> None:
    """Takes a child off a contact that is held; the record loses what only this contact told."""
    await child_records.remove(work, gone.id)
    elsewhere = await child_records.tellings_elsewhere(work, [gone.person_id], contact_id)
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
    learnt: list[ToldOfPerson] = []
    for child in settled.after:
        person = on_file[child.person_id]
        old = settled.before.get(child.id)
        changed: Mapping[str, Any] = {}
        if old is not None and old.person_id == child.person_id:
            changed = corrected(old, child, elsewhere.get(person.id, ()))
        taken = settled.known.taken_from(person.id) - freed
        learning = partial(learn, told=child, corrected=changed, taken=taken)
        learnt.append(ToldOfPerson(person, learning))
        lost |= _lost(person, learning(person))
    await change_people(work, who, contact_id, learnt)
    return lost


async def _give_back(work: Work, who: Caller, contact_id: UUID, lost: Lost) -> None:
    """Gives numbers that are free now to the children of whom they were told and set aside."""
    if not lost:
        return
    for child in await child_records.with_numbers_set_aside(work, lost.values(), lost):
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
        await change_people(work, who, contact_id, [ToldOfPerson(person, learning)])
    rest = [one for one in child.set_aside if one != name]
    await contacts.change_child(work, child, replace(child, set_aside=rest))


# ---- Answering whether a child is the one on file -----------------------------------------------


async def answer_match(
    work: Work, who: Caller, file: WholeContact, child: Child, said: MatchSaid, at: str = ""
) -> Child:
    """Keeps what somebody says of a child of a contact that is held, and links or parts by it.

    Said to be another child than the record that the child was linked to, the child gets one of
    its own. Returns the child as it is then. Raises PersonUnknown, NothingToAnswer, and what moving
    a child raises.
    """
    other = await _named(work, who, said, at)
    own = child.person_id
    elsewhere = (await child_records.tellings_elsewhere(work, [own], file.contact.id)).get(own, [])
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
        await follow_settled_children(
            work,
            who,
            file.contact.id,
            Settled({child.id: child}, [after], Recognised([], bearers, [])),
        )
    parted = other.id == own
    await keep_match_answer(
        work,
        who,
        after,
        own=to.id if parted else own,
        other=other.id,
        answer=MatchAnswer.same_child if said.same_child else MatchAnswer.another_child,
        because=said.because,
    )
    return after


async def _named(work: Work, who: Caller, said: MatchSaid, at: str) -> Person:
    try:
        return await people.get(work, who.sight, said.person_id)
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
    case = await child_records.open_case(work, old)
    await let_missing_episodes_follow(work, {old.id: to})
    await child_records.move_along(work, old.id, to)
    if case is not None:
        await child_records.move_accountability(work, left, to)
    await follow_child(work, to)
    for person_id in sorted({left, to}):
        await reckon_referrals_again(work, person_id)
    if case is not None and case.referral_id is not None:
        person = (await people.find(work, [to]))[to]
        for referral in await pre_birth.open_referrals(work, [to]):
            await restart_pre_birth_clocks(work, referral, person)
    work.record(
        EventType.contact_child_moved,
        who,
        old.id,
        contact_id=contact_id,
        about=[to, left],
        to=to,
        was=left,
    )


async def refuse_what_stays(work: Work, old: Child, to: UUID) -> None:
    """Raises TwoOpenCases and CannotMove where something could not go along, or would be double."""
    own = await child_records.open_case(work, old)
    if own is not None and await accountabilities.of_person(work, to) is not None:
        raise TwoOpenCases(
            "A case is open for this child, and another one for the child on file: a link does not "
            "make them one. Close one of them, and link the child then.",
            state=own.service,
            allowed=("close_referral", "close_early_help_episode"),
        )
    keeps = await child_records.decision_that_keeps(work, old)
    if keeps is not None:
        raise CannotMove(
            "A decision joined a case that other contacts about this record opened, so the child "
            "cannot leave it alone. Supersede that decision, and move the child then.",
            state=keeps,
            allowed=("decide",),
        )
    if await child_records.meet_as_two(work, old.id, to):
        raise CannotMove(
            "A strategy meeting is about both of them as two children, so they cannot become one.",
            state=old.state,
            allowed=(),
        )
