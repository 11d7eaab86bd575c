"""Unborn children: the expected date, the birth, the end of a pregnancy; one child throughout."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.accountabilities import require_side
from service.domain.calendar import london_date
from service.domain.contacts import Adult, Channel, Contact
from service.domain.deadlines import Deadline
from service.domain.errors import Problem, Stale
from service.domain.events import EventType
from service.domain.new_contacts import Faults, NewChild, NewContact, told_again_of
from service.domain.own_words import own_words_faults
from service.domain.people import BirthKnowledge, Person, Sex
from service.domain.possible_matches import MatchAnswer
from service.domain.pregnancies import (
    CLOCKS,
    PREGNANCY,
    Birth,
    ChildNotOpen,
    NotUnborn,
    PregnancyAction,
    PregnancyState,
    PregnancyStep,
    WeekAlert,
    alerts,
    faults_in_another_birth,
    faults_in_day,
    faults_in_expected_date,
    incomplete,
    state_of,
    surely_by,
)
from service.domain_services.lives import keep_line
from service.domain_services.new_contacts import put_contact_on_file
from service.domain_services.possible_matches import keep_match_answer
from service.domain_services.pre_birth import follow_what_was_learnt
from service.persistence.asking import Asking
from service.persistence.repositories import (
    accountabilities,
    contacts,
    people,
    possible_matches,
    pre_birth,
)
from service.persistence.units_of_work import Work
from service.policy import Policy

# Refusals from below that routes name in the contract.
PersonNotFound = people.PersonNotFound


@dataclass(frozen=True, slots=True)
class WholePregnancy:
    """An unborn child, or one born since, with everything learnt, the alerts and the clocks.

    `not_shown` names what is left out because the reader may not see it.
    """

    person: Person
    state: PregnancyState
    today: date
    alerts: Sequence[WeekAlert]
    steps: Sequence[PregnancyStep]
    deadlines: Sequence[Deadline]
    not_shown: Sequence[str]

    @property
    def version(self) -> int:
        """Grows with each step."""
        return 1 + len(self.steps)


@dataclass(frozen=True, slots=True)
class _Held:
    """An unborn child who is held until the commit, and the contact on which something is open."""

    person: Person
    contact_id: UUID


async def _whole(
    ask: Asking | Work, who: Caller, person: Person, policy: Policy, now: datetime
) -> WholePregnancy:
    steps = await pre_birth.steps_of(ask, person.id)
    state = state_of(person, steps)
    if state is None:
        raise people.no_such_child()
    return WholePregnancy(
        person=person,
        state=state,
        today=london_date(now),
        alerts=alerts(
            [policy.timescale(kind, at=now) for kind in CLOCKS], person.expected_delivery_on
        ),
        steps=steps,
        deadlines=await pre_birth.clocks_of(ask, who.sight, person.id),
        not_shown=["deadlines"] if await pre_birth.clocks_hidden(ask, who.sight, person.id) else [],
    )


async def whole_pregnancy(work: Work, who: Caller, person_id: UUID) -> WholePregnancy:
    """The same after a change, for whoever made it."""
    person = await people.get(work, who.sight, person_id)
    return await _whole(work, who, person, work.policy, work.now)


async def read_pregnancy(
    ask: Asking, who: Caller, person_id: UUID, *, policy: Policy, now: datetime
) -> WholePregnancy:
    """An unborn child by week of pregnancy, or what it was before the birth.

    Raises PersonNotFound, for a child who was never unborn here as well.
    """
    who.require(Permission.read_pregnancy)
    return await _whole(ask, who, await people.get(ask, who.sight, person_id), policy, now)


async def _hold(
    work: Work,
    who: Caller,
    person_id: UUID,
    version: int,
    action: PregnancyAction = PregnancyAction.record_birth,
) -> _Held:
    """A child of a pregnancy about whom something is open, held with the contacts of what is.

    Raises PersonNotFound; AnotherSidesChild; NotUnborn and ChildNotOpen with the reason; and only
    then Stale.
    """
    who.require(Permission.record_birth)
    await people.get(work, who.sight, person_id)
    found = await pre_birth.open_contact(work, person_id)
    if found is not None and found[1]:
        await contacts.renew_with_others(work, found[0], person_id)
    await accountabilities.held(work, person_id)
    require_side(who.acts_for, await accountabilities.whose(work, person_id))
    person = await people.get(work, who.sight, person_id)
    steps = await pre_birth.steps_of(work, person_id)
    state = state_of(person, steps)
    if state is None:
        raise people.no_such_child()
    another = action is PregnancyAction.record_another_birth
    if state is not (PregnancyState.born if another else PregnancyState.unborn):
        raise NotUnborn(_WRONG_STATE[state], state=state, allowed=PREGNANCY.allowed(state))
    open_now = await pre_birth.open_contact(work, person_id)
    if open_now is None:
        raise ChildNotOpen(
            "No case is open about this child and no contact waits for a decision, so nobody would "
            "act on this. Log what is new as a contact.",
            state=state,
            allowed=("log_contact",),
        )
    if version != 1 + len(steps):
        raise Stale(1 + len(steps))
    return _Held(person, open_now[0])


_WRONG_STATE = {
    PregnancyState.unborn: "The birth of the first child is not on file yet: record that, and a "
    "further child then.",
    PregnancyState.born: "The birth of this child is on file already. For a further child of the "
    "same pregnancy send another_child; put right what is wrong with a new contact.",
    PregnancyState.ended: "The pregnancy is on file as ended. If that is a mistake, log what is so "
    "as a new contact about an unborn child.",
}


async def _learn(
    work: Work,
    who: Caller,
    held: _Held,
    type_: EventType,
    words: str | None,
    happened_on: date | None = None,
    **changed: Any,
) -> Person:
    after = await people.change(work, held.person, replace(held.person, **changed))
    await follow_what_was_learnt(work, who, held.person, after, held.contact_id, words=words)
    work.record(
        type_,
        who,
        after.id,
        contact_id=held.contact_id,
        about=[after.id],
        happened_at=None if happened_on is None else surely_by(happened_on, work.now),
    )
    return after


def _refuse_faults(work: Work, problems: Sequence[Problem], because: str | None = None) -> None:
    found = [*problems, *own_words_faults(work.policy.rationale, ("/because", because))]
    if found:
        raise incomplete(found)


async def change_expected_delivery(
    work: Work,
    who: Caller,
    person_id: UUID,
    version: int,
    *,
    expected_delivery_on: date,
    because: str | None,
) -> Person:
    """Records the expected date of delivery, or another one with the reason.

    The pre-birth clocks go by the new date, from the same start; those that were met stay so.
    """
    held = await _hold(work, who, person_id, version)
    today = london_date(work.now)
    _refuse_faults(
        work, faults_in_expected_date(held.person, expected_delivery_on, because, today), because
    )
    return await _learn(
        work,
        who,
        held,
        EventType.person_expected_delivery_changed,
        because,
        expected_delivery_on=expected_delivery_on,
    )


async def record_birth(
    work: Work, who: Caller, person_id: UUID, version: int, birth: Birth
) -> Person:
    """Records that an unborn child is born: the same child, with cases and assessment going on.

    What the contacts told stays as it was told. The pre-birth clocks stop; while a section 47
    enquiry is open, the clock by which the child is to be seen starts with the birth.
    """
    if birth.another_child:
        return await _record_another(work, who, person_id, version, birth)
    held = await _hold(work, who, person_id, version)
    problems = faults_in_day(held.person, birth.born_on, london_date(work.now), "/born_on")
    number = birth.nhs_number
    _refuse_faults(work, [*problems, *await _faults_in_number(work, number, person_id)])
    return await _learn(
        work,
        who,
        held,
        EventType.person_born,
        None,
        birth.born_on,
        given_name=birth.given_name or held.person.given_name,
        family_name=birth.family_name or held.person.family_name,
        sex=Sex(birth.sex),
        nhs_number=number or held.person.nhs_number,
        date_of_birth=birth.born_on,
        birth_knowledge=BirthKnowledge.known,
        expected_delivery_on=None,
    )


async def _faults_in_number(
    work: Work, number: str | None, person_id: UUID | None
) -> list[Problem]:
    if number is None or not any(
        one.id != person_id for one in await people.with_numbers(work, [number], [])
    ):
        return []
    return [
        Problem(
            "/nhs_number",
            "Another child on file bears this number. Check it; the mother's is not the child's.",
            "number_of_another_child",
        )
    ]


def _contact_of_another(
    who: Caller, origin: Contact, adults: Sequence[Adult], first: Person, birth: Birth
) -> NewContact:
    """The contact that tells of a further child, with what the first one's told of the home."""
    return NewContact(
        concern=f"A further child was born of the pregnancy that contact {origin.reference} told "
        f"of. What it told:\n\n{origin.concern}"[:20_000],
        source_code=origin.source_code,
        channel=Channel.in_person,
        children=[
            NewChild(
                given_name=birth.given_name,
                family_name=birth.family_name or first.family_name,
                date_of_birth=birth.born_on,
                birth_knowledge=BirthKnowledge.known,
                sex=Sex(birth.sex),
                nhs_number=birth.nhs_number,
            )
        ],
        adults=[told_again_of(adult) for adult in adults],
        referrer_name=who.name,
        referrer_role="Recorded the birth",
        agreement=origin.agreement,
        agreement_note=origin.agreement_note,
        lawful_basis=origin.lawful_basis,
        sharing_reason=origin.sharing_reason,
        address=origin.address,
        town=origin.town,
        postcode=origin.postcode,
    )


async def _record_another(
    work: Work, who: Caller, person_id: UUID, version: int, birth: Birth
) -> Person:
    """Records the birth of a further child of a pregnancy: a twin of whom nobody knew.

    A child of its own, told of by a contact of its own with what the first one's contact said of
    the home: it is decided for that child like any other, and somebody answers for it at once.
    """
    held = await _hold(work, who, person_id, version, PregnancyAction.record_another_birth)
    problems = faults_in_another_birth(held.person, birth.born_on, london_date(work.now))
    _refuse_faults(work, [*problems, *await _faults_in_number(work, birth.nhs_number, None)])
    origin = await contacts.held(work, who.sight, held.contact_id)
    adults = await contacts.adults(work, origin.id)
    new = _contact_of_another(who, origin, adults, held.person, birth)
    whole = await put_contact_on_file(work, who, new, Faults())
    [twin] = whole.children
    await keep_match_answer(
        work,
        who,
        twin,
        own=twin.person_id,
        other=person_id,
        answer=MatchAnswer.another_child,
        because="Born of the same pregnancy, as another child.",
    )
    await possible_matches.count_again(work, twin.id)
    for of, action in (
        (twin.person_id, PregnancyAction.record_birth),
        (person_id, PregnancyAction.record_another_birth),
    ):
        keep_line(
            work,
            who,
            pre_birth.STEPS,
            of,
            action,
            contact_id=whole.contact.id,
            happened_on=birth.born_on,
        )
    work.record(
        EventType.person_born,
        who,
        twin.person_id,
        contact_id=whole.contact.id,
        about=[twin.person_id, person_id],
        happened_at=surely_by(birth.born_on, work.now),
    )
    return held.person


async def end_pregnancy(
    work: Work, who: Caller, person_id: UUID, version: int, *, ended_on: date, because: str
) -> Person:
    """Records that a pregnancy ended without a birth: the clocks stop, quietly.

    What is open about the child stays open, for people to close.
    """
    held = await _hold(work, who, person_id, version)
    _refuse_faults(
        work,
        faults_in_day(held.person, ended_on, london_date(work.now), "/ended_on"),
        because,
    )
    return await _learn(
        work,
        who,
        held,
        EventType.person_pregnancy_ended,
        because,
        ended_on,
        pregnancy_ended_on=ended_on,
    )
