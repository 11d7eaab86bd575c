"""Siblings who part ways on one contact: each life a child can have, with words that tell whose.

Everything that is written of a child holds a mark of that child and of what it is written in. Where
a mark turns up that its reader may not see, it says what leaked.
"""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from service.bootstrap import House
from service.domain.access import Caller, Role
from service.domain.contacts import Channel, LawfulBasis
from service.domain.decisions import AgencySaid, LevelOfNeed, Outcome, PromptAnswer, StatutoryBasis
from service.domain.early_help_episodes import EarlyHelpEpisode, EpisodeClosure
from service.domain.information_requests import AnswerKind
from service.domain.missing_episodes import Return
from service.domain.new_contacts import NewChild, NewContact
from service.domain.people import BirthKnowledge
from service.domain.questions import NewAnswer, NewInformationRequest
from service.domain.referrals import Referral
from service.domain.transfers import Transfer
from service.persistence.repositories import contacts
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.usecases import cases, challenges, missing_episodes, pregnancies
from service.usecases.amendments import ContactChanges, amend_contact
from service.usecases.assessments import complete_assessment
from service.usecases.contacts import log_contact
from service.usecases.decisions import decide
from service.usecases.emergency_acts import act_out_of_hours
from service.usecases.flags import sweep
from service.usecases.information_requests import (
    answer_information_request,
    ask_agency,
)
from service.usecases.section_47_enquiries import record_child_seen
from service.usecases.sign_offs import sign_off
from tests.support.clocks import FixedClock
from tests.support.houses import caller
from tests.support.meetings import WHY, office_in
from tests.support.plain_statements import select_from
from tests.support.protection import ANALYSIS, completion, seen
from tests.support.situations import new_decision, whole_read
from tests.support.steps import EVIDENCE, PLAN, Steps, steps_in

POLICE, SCHOOL = "riverbourne-police", "mill-lane-primary"
HOSPITAL = "riverbourne-hospital"
EARLY_HELP, SOCIAL_CARE, FRONT_DOOR = "early help", "social care", "front door"


@dataclass(frozen=True)
class Life:
    """What is decided for a child; on which sides the child came; who holds the child at the end.

    Written out by hand: what the service makes of it is compared with this.
    """

    outcome: Outcome
    came_to: frozenset[str]
    held_by: frozenset[str]
    basis: StatutoryBasis | None = None
    signed: bool = True
    unborn: bool = False


def _life(outcome: Outcome, came_to: str, held_by: str, **more: Any) -> Life:
    sides = {"E": EARLY_HELP, "S": SOCIAL_CARE, "F": FRONT_DOOR}
    if outcome is Outcome.referral:
        more.setdefault("basis", StatutoryBasis.section_17)
    return Life(
        outcome,
        frozenset(sides[one] for one in came_to),
        frozenset(sides[one] for one in held_by),
        **more,
    )


_SECTION_47 = StatutoryBasis.section_47
LIVES = {
    "closed": _life(Outcome.no_further_action, "", ""),
    "advised": _life(Outcome.information_and_advice, "", ""),
    "helped": _life(Outcome.early_help, "E", "E"),
    "finished": _life(Outcome.early_help, "E", "E"),
    "in_need": _life(Outcome.referral, "S", "S"),
    "at_risk": _life(Outcome.referral, "S", "S", basis=_SECTION_47),
    "stepped_up": _life(Outcome.early_help, "ES", "S"),
    "stepped_down": _life(Outcome.referral, "SE", "SE"),
    "offered": _life(Outcome.referral, "S", "S"),
    "kept": _life(Outcome.referral, "S", "S"),
    "known": _life(Outcome.passed_to_case_holder, "S", "S"),
    "waiting": _life(Outcome.referral, "", "F", basis=_SECTION_47, signed=False),
    "unborn_helped": _life(Outcome.early_help, "E", "E", unborn=True),
    "unborn_at_risk": _life(Outcome.referral, "S", "S", basis=_SECTION_47, unborn=True),
    "unborn_waiting": _life(Outcome.referral, "", "F", signed=False, unborn=True),
}
BEFORE = "helped_before"
"""What was told and decided of two of them long ago: social care's.

The helped child's case has closed since, that of the known child is open still.
"""

_LEVELS = {
    Outcome.no_further_action: LevelOfNeed.universal,
    Outcome.information_and_advice: LevelOfNeed.additional,
    Outcome.early_help: LevelOfNeed.targeted,
    Outcome.referral: LevelOfNeed.statutory,
    Outcome.passed_to_case_holder: LevelOfNeed.statutory,
}
_NUMBERS = {"helped": "9434765919", "known": "9434765870"}

# What is on file of one kind, by the child whom it is about.
_OF_A_CHILD = (
    "decision",
    "referral",
    "early_help_episode",
    "transfer",
    "challenge",
    "missing_episode",
    "section_47_enquiry",
    "assessment",
    "passed_concern",
    "emergency_act",
)


ACTED_ALONE = "in_need"
"""Whose decision had effect at once, at night."""


@dataclass(frozen=True)
class Thing:
    """Something on file with an id: of which kind, and about which child; None for a contact."""

    kind: str
    id: UUID
    child: str | None
    subject_kind: str | None = None
    subject_child: str | None = None
    owed_by: frozenset[str] = frozenset()


@dataclass
class Siblings:
    """The contact, its children by name, everything on file about them, and every mark."""

    contact_id: UUID
    earlier_contact_id: UUID
    children: dict[str, UUID]
    people: dict[str, UUID]
    known_before: UUID
    things: list[Thing] = field(default_factory=list)
    marks: dict[str, tuple[str, str]] = field(default_factory=dict)

    def of_kind(self, kind: str) -> list[Thing]:
        """What is on file of a kind."""
        return [one for one in self.things if one.kind == kind]


@dataclass
class _Author:
    """Who writes the file, each with a name of their own; readers are others of the same role."""

    house: House
    clock: FixedClock
    steps: Steps
    worker: Caller
    manager: Caller
    marks: dict[str, tuple[str, str]] = field(default_factory=dict)

    def mark(self, child: str, kind: str) -> str:
        """A word that occurs nowhere else."""
        word = f"kanarie{child}{kind}".replace("_", "") + "q"
        self.marks[word] = (child, kind)
        return word


async def siblings(house: House, clock: FixedClock) -> Siblings:
    """The whole file, made by the real use-cases; flags are up on what is late by its end."""
    write = _Author(
        house,
        clock,
        await steps_in(house),
        await caller(house, Role.mash_worker, name="who decides"),
        await caller(house, Role.mash_manager, name="who signs"),
    )
    earlier, known_before = await _earlier(write)
    clock.forward(days=40)
    file = await house.perform(lambda work: log_contact(work, write.worker, _told()))
    found = Siblings(
        file.contact.id,
        earlier.contact_id,
        {**{name: child.id for name, child in zip(LIVES, file.children, strict=True)}},
        {name: child.person_id for name, child in zip(LIVES, file.children, strict=True)},
        known_before,
    )
    found.children[BEFORE], found.people[BEFORE] = earlier.child_id, earlier.person_id
    await _amended(write, found)
    await _ask_agencies(write, found)
    for name in LIVES:
        await _decided(write, found, name)
    await _lived(write, found)
    await _missing(write, found)
    await _disagreed(write, found)
    clock.forward(days=9)
    await sweep(house)
    found.marks = write.marks
    found.things = await _things(house, found)
    return found


def _told() -> NewContact:
    born = {
        name: NewChild(
            given_name=name.title(),
            family_name="Okafor",
            nhs_number=_NUMBERS.get(name),
        )
        for name, life in LIVES.items()
        if not life.unborn
    }
    unborn = {
        name: NewChild(
            family_name="Okafor",
            birth_knowledge=BirthKnowledge.unborn,
            expected_delivery_on=date(2026, 9, 1),
        )
        for name, life in LIVES.items()
        if life.unborn
    }
    return NewContact(
        concern="A large family: the school and the midwife are worried, not about all alike.",
        source_code="2A",
        channel=Channel.telephone,
        referrer_role="Head teacher",
        children=[(born | unborn)[name] for name in LIVES],
    )


def _decision(write: _Author, name: str, child_id: UUID, life: Life, **more: Any) -> Any:
    mark = write.mark(name, "decision")
    agencies = [AgencySaid(one, True, True, mark) for one in (POLICE, SCHOOL, HOSPITAL)]
    return new_decision(
        write.house,
        child_id,
        life.outcome,
        level_of_need=_LEVELS[life.outcome],
        statutory_basis=life.basis,
        rationale=f"The accounts of what the school saw differ, and this is so: {mark}.",
        advice_given=mark if life.outcome is Outcome.information_and_advice else None,
        prompts=[
            PromptAnswer(prompt.key, f"The child says: {mark}.", None)
            for prompt in write.house.policy.decision_prompts
        ],
        **({"agencies": agencies} | more),
    )


async def _decide(write: _Author, contact_id: UUID, new: Any, name: str, life: Life) -> None:
    draft = await write.house.perform(lambda work: decide(work, write.worker, contact_id, new))
    if life.signed and name == ACTED_ALONE:
        await _had_effect_at_night(write, contact_id, name)
    elif life.signed:
        words = f"I have read all that is on file, and agree: {write.mark(name, 'decision')}."
        await write.house.perform(
            lambda work: sign_off(
                work,
                write.manager,
                draft.id,
                1,
                agreed=True,
                words=words,
                whole_read=whole_read(draft),
            )
        )


async def _had_effect_at_night(write: _Author, contact_id: UUID, name: str) -> None:
    """What was decided of one of them has effect before a manager signs; then it is morning."""
    write.clock.forward(hours=12)
    who = await caller(write.house, Role.emergency_duty_worker, name="who is alone")
    because = f"The mother left the ward with the child: {write.mark(name, 'emergency_act')}."
    contact = await write.house.ask(lambda ask: contacts.get(ask, who.sight, contact_id))
    await write.house.perform(
        lambda work: act_out_of_hours(work, who, contact_id, contact.version, because)
    )
    write.clock.forward(hours=12)


async def _decided(write: _Author, found: Siblings, name: str) -> None:
    told: dict[str, Any] = {}
    if name in _NUMBERS:
        told = {
            "history_considered": "A referral some weeks ago, read again.",
            "last_closed_because": "The assessment found no unmet need; else it is still open.",
        }
    life = LIVES[name]
    if name == "unborn_waiting":
        return
    new = _decision(write, name, found.children[name], life, **told)
    await _decide(write, found.contact_id, new, name, life)


async def _earlier(write: _Author) -> tuple[Referral, UUID]:
    """Long before, two of them: referred, and the one closed by social care, which has the other.

    Returns that referral, and the child on that contact whose case is open.
    """
    house, steps = write.house, write.steps
    children = [
        NewChild(given_name=name.title(), family_name="Okafor", nhs_number=number)
        for name, number in _NUMBERS.items()
    ]
    file = await house.perform(
        lambda work: log_contact(
            work,
            write.worker,
            NewContact(
                concern="The neighbours heard shouting at night.",
                source_code="1B",
                channel=Channel.letter,
                referrer_role="Neighbour",
                children=children,
            ),
        )
    )
    life = _life(Outcome.referral, "S", "S")
    helped, known = file.children
    opened: dict[UUID, Referral] = {}
    for child in file.children:
        asked = [AgencySaid(POLICE, False, False, write.mark(BEFORE, "decision"))]
        new = _decision(write, BEFORE, child.id, life, agencies=asked)
        await _decide(write, file.contact.id, new, BEFORE, life)
    for one in await house.ask(lambda ask: REFERRALS.of_contact(ask, file.contact.id)):
        opened[one.child_id] = await _allocated(write, one)
    referral = opened[helped.id]
    reason = f"The assessment found that the family manages: {write.mark(BEFORE, 'referral')}."
    closed = await steps.do(
        lambda work: cases.close_referral(
            work, steps.assessment, referral.id, referral.version, "RC8", reason
        )
    )
    return closed, known.id


async def _amended(write: _Author, found: Siblings) -> None:
    """What was written of two of them by mistake is put right: the old words stay on the record."""
    version = 1
    for name in ("helped", "at_risk"):
        mark = write.mark(name, "amendment")
        for description in (f"About six, {mark}", "About six"):
            changes = ContactChanges(
                reason=f"The school said of this child: {mark}.",
                children={found.children[name]: {"description": description}},
            )
            amended = await write.house.perform(
                lambda work, at=version, told=changes: amend_contact(
                    work, write.worker, found.contact_id, at, told
                )
            )
            version = amended.contact.version


async def _ask_agencies(write: _Author, found: Siblings) -> None:
    """The police are asked about one child and answer, the school about another."""
    for organisation, name in ((POLICE, "at_risk"), (SCHOOL, "helped")):
        agency = await caller(
            write.house, Role.partner_system, organisation=organisation, name="who answers"
        )
        asked = NewInformationRequest(
            organisation,
            f"To decide: {write.mark(name, 'information_request')}.",
            LawfulBasis.public_task,
            child_ids=[found.children[name]],
        )
        request = await write.house.perform(
            lambda work, new=asked: ask_agency(work, write.worker, found.contact_id, new)
        )
        answer = NewAnswer(
            AnswerKind.information, f"We know: {write.mark(name, 'information_request')}."
        )
        await write.house.perform(
            lambda work, who=agency, id_=request.id, said=answer: answer_information_request(
                work, who, id_, 1, said
            )
        )


async def _case(write: _Author, found: Siblings, name: str, kind: Any) -> Any:
    of_contact = await write.house.ask(lambda ask: kind.of_contact(ask, found.contact_id))
    return next(one for one in of_contact if one.child_id == found.children[name])


async def _allocated(write: _Author, referral: Referral) -> Referral:
    steps = write.steps
    return await steps.do(
        lambda work: cases.allocate_referral(
            work,
            steps.assessment,
            referral.id,
            referral.version,
            steps.social_worker.account_id,
            None,
        )
    )


async def _helped(write: _Author, found: Siblings, name: str) -> EarlyHelpEpisode:
    episode = await _case(write, found, name, EPISODES)
    steps = write.steps
    return await steps.do(
        lambda work: cases.allocate_early_help_episode(
            work, steps.spoc, episode.id, episode.version, steps.early_help.account_id, None
        )
    )


async def _referred(write: _Author, found: Siblings, name: str) -> Referral:
    return await _allocated(write, await _case(write, found, name, REFERRALS))


async def _lived(write: _Author, found: Siblings) -> None:
    """What became of each child after the decision."""
    steps = write.steps
    finished = await _helped(write, found, "finished")
    reason = f"All that was planned is done: {write.mark('finished', 'early_help_episode')}."
    await steps.do(
        lambda work: cases.close_early_help_episode(
            work, steps.spoc, finished.id, finished.version, EpisodeClosure.outcomes_met, reason
        )
    )
    await _helped(write, found, "helped")
    await _referred(write, found, "in_need")
    up = await steps.step_up(
        await _helped(write, found, "stepped_up"), evidence=_evidence(write, "stepped_up")
    )
    await steps.accept(await steps.opened(up))
    await _accepted(write, await _stepped_down(write, found, "stepped_down"))
    await _stepped_down(write, found, "offered")
    refused = await steps.refuse(await steps.opened(await _stepped_down(write, found, "kept")))
    await steps.answer_refusal(refused, agreed=True)
    kept = await _case(write, found, "kept", REFERRALS)
    words = f"The family has moved to their grandmother's: {write.mark('kept', 'referral')}."
    await steps.do(
        lambda work: cases.close_referral(
            work, steps.assessment, kept.id, kept.version, "RC8", words
        )
    )
    await _looked_into(write, await _referred(write, found, "at_risk"))
    for name in ("unborn_helped", "unborn_at_risk"):
        because = f"The scan says so: {write.mark(name, 'pregnancy')}."
        person_id = found.people[name]
        await write.house.perform(
            lambda work, of=person_id, why=because: pregnancies.change_expected_delivery(
                work,
                write.worker,
                of,
                1,
                expected_delivery_on=date(2026, 9, 8),
                because=why,
            )
        )


def _evidence(write: _Author, name: str) -> str:
    return f"{EVIDENCE} {write.mark(name, 'transfer')}."


async def _stepped_down(write: _Author, found: Siblings, name: str) -> Transfer:
    referral = await _referred(write, found, name)
    return await write.steps.step_down(referral, evidence=_evidence(write, name))


async def _accepted(write: _Author, down: Transfer) -> Transfer:
    return await write.steps.accept(await write.steps.opened(down), plan=PLAN)


async def _looked_into(write: _Author, referral: Referral) -> None:
    """A meeting about the child at risk, the enquiry that it began, and the assessment."""
    room = await office_in(write.house, write.clock)
    mark = write.mark("at_risk", "strategy_meeting")
    await room.met(referral, enquiry_reason=f"{WHY} {mark}.", told=f"The child knows: {mark}.")
    enquiry = await room.enquiry(referral)
    if enquiry is None:
        raise LookupError("the meeting began no enquiry")
    now, worker = write.clock(), write.steps.social_worker
    visit = seen(now, seen_by=f"Tom {write.mark('at_risk', 'section_47_enquiry')}")
    await write.house.perform(lambda work: record_child_seen(work, worker, enquiry.id, 1, visit))
    done = completion(now, analysis=f"{ANALYSIS} {write.mark('at_risk', 'assessment')}.")
    await write.house.perform(
        lambda work: complete_assessment(work, worker, enquiry.assessment_id, 1, done)
    )


async def _missing(write: _Author, found: Siblings) -> None:
    """Every born child was missing for a night, and is owed an interview."""
    since = write.clock() - timedelta(hours=12)
    for name, life in LIVES.items():
        if life.unborn:
            continue
        mark = write.mark(name, "missing_episode")
        new = missing_episodes.NewMissingEpisode(
            contact_id=found.contact_id,
            child_id=found.children[name],
            missing_from=since,
            reported_at=since,
            circumstances=f"Left through the window: {mark}.",
            returned=Return(write.clock(), "At the station.", f"Came back with: {mark}."),
        )
        await write.house.perform(
            lambda work, told=new: missing_episodes.record_missing_episode(work, write.worker, told)
        )


async def _disagreed(write: _Author, found: Siblings) -> None:
    """Each side challenges what it received; what went to nobody, who reads everything."""
    by = {
        "closed": write.steps.spoc,
        "helped": write.steps.early_help,
        "in_need": write.steps.social_worker,
        "at_risk": write.steps.assessment,
    }
    for name, who in by.items():
        mark = write.mark(name, "challenge")
        words = f"Nobody asked the child how it came about, and that matters: {mark}."
        [decision_id] = await _ids(write.house, "decision", found.children[name])
        await write.house.perform(
            lambda work, as_=who, of=decision_id, why=words: challenges.challenge_decision(
                work, as_, of, words=why
            )
        )


async def _rows(house: House, statement: str) -> list[tuple[Any, ...]]:
    async with house.database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def _ids(house: House, table: str, child_id: UUID) -> list[UUID]:
    return [
        _as_id(id_)
        for id_, of in await _rows(house, select_from(table, "id, child_id"))
        if _as_id(of) == child_id
    ]


def _as_id(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


async def _things(house: House, found: Siblings) -> list[Thing]:
    names = {id_: name for name, id_ in found.children.items()} | {found.known_before: BEFORE}
    things = [Thing("contact", found.contact_id, None)]
    things.append(Thing("contact", found.earlier_contact_id, None, subject_child=BEFORE))
    by_id: dict[UUID, str] = {}
    for kind in _OF_A_CHILD:
        for id_, child_id in await _rows(house, select_from(kind, "id, child_id")):
            by_id[_as_id(id_)] = names[_as_id(child_id)]
            things.append(Thing(kind, _as_id(id_), names[_as_id(child_id)]))
    for id_, child_id in await _rows(
        house, "SELECT meeting_id, child_id FROM strategy_meeting_child"
    ):
        by_id[_as_id(id_)] = names[_as_id(child_id)]
        things.append(Thing("strategy_meeting", _as_id(id_), names[_as_id(child_id)]))
    for id_, organisation in await _rows(
        house, "SELECT id, organisation_id FROM information_request"
    ):
        name = "at_risk" if organisation == POLICE else "helped"
        by_id[_as_id(id_)] = name
        things.append(Thing("information_request", _as_id(id_), name, subject_kind=organisation))
    things += [
        Thing("person", found.people[name], name) for name, life in LIVES.items() if life.unborn
    ]
    told: dict[UUID, set[str]] = {}
    for subject_id, data in await _rows(
        house, "SELECT subject_id, data FROM event WHERE type = 'flag.escalated'"
    ):
        said = json.loads(data) if isinstance(data, str) else data
        told.setdefault(_as_id(subject_id), set()).add(said["role"])
    for id_, kind, subject_id, owner in await _rows(
        house,
        "SELECT id, subject_kind, subject_id, owner_role FROM flag WHERE cleared_at IS NULL",
    ):
        child = by_id.get(_as_id(subject_id))
        if _as_id(subject_id) == found.earlier_contact_id:
            child = BEFORE
        owed_by = frozenset({owner, *told.get(_as_id(id_), ())})
        things.append(Thing("flag", _as_id(id_), child, kind, child, owed_by))
    return things
