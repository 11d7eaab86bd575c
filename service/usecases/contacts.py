"""Contacts: log one, amend it, rate it, take it or give it, tell the referrer it arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from pydantic_core import to_json, to_jsonable_python

from service.domain.access import Caller, Permission
from service.domain.contacts import (
    ANONYMOUS,
    CONTACT,
    URGENCY,
    Adult,
    AgreementState,
    Amendment,
    Channel,
    Child,
    ChildState,
    Contact,
    ContactAction,
    ContactDecided,
    LawfulBasis,
    RatingUnchanged,
    RationaleNeeded,
    require_minimum,
)
from service.domain.deadlines import Rating
from service.domain.errors import Conflict, Invalid, Problem
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.people import AdultRelationship, BirthKnowledge, Person, Sex, YesNo
from service.domain.references import new_reference
from service.domain.whole_contacts import ChildHistory, ContactFilters, WholeContact
from service.persistence.asking import Asking
from service.persistence.repositories import (
    accounts,
    contacts,
    deadlines,
    information_requests,
    people,
)
from service.persistence.units_of_work import Work, new_id
from service.policy import TeamWork

# A sender's clock may run a little ahead of ours.
CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class NewChild:
    """A child as the caller tells of one. `person_id` links to a child already on file."""

    person_id: UUID | None = None
    given_name: str | None = None
    family_name: str | None = None
    description: str | None = None
    date_of_birth: date | None = None
    birth_knowledge: BirthKnowledge = BirthKnowledge.not_known
    expected_delivery_on: date | None = None
    sex: Sex = Sex.unknown
    nhs_number: str | None = None
    unique_pupil_number: str | None = None
    ethnicity_code: str | None = None
    disability_codes: Sequence[str] = ()
    first_language: str | None = None
    school: str | None = None


@dataclass(frozen=True, slots=True)
class NewAdult:
    """An adult as the caller tells of one."""

    relationship: AdultRelationship = AdultRelationship.not_known
    name_known: bool = True
    given_name: str | None = None
    family_name: str | None = None
    date_of_birth: date | None = None
    parental_responsibility: YesNo = YesNo.not_known
    in_household: YesNo = YesNo.not_known
    telephone: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact as the caller tells of it."""

    concern: str
    source_code: str
    children: Sequence[NewChild]
    channel: Channel
    received_at: datetime | None = None
    immediate_danger: bool = False
    adults: Sequence[NewAdult] = ()
    referrer_name: str | None = None
    referrer_role: str | None = None
    referrer_agency: str | None = None
    referrer_telephone: str | None = None
    referrer_email: str | None = None
    agreement: AgreementState = AgreementState.not_known
    agreement_note: str | None = None
    lawful_basis: LawfulBasis | None = None
    sharing_reason: str | None = None
    address: str | None = None
    town: str | None = None
    postcode: str | None = None
    sender_reference: str | None = None
    sender_organisation_id: str | None = field(default=None)


class ReceivedInTheFuture(Invalid):
    """A contact was said to have been received after now."""

    code = "received_in_the_future"
    title = "Received in the future"


class CodeUnknown(Invalid):
    """A code is not on its list."""

    code = "code_unknown"
    title = "A code is not on its list"


class AlreadyAcknowledged(Conflict):
    """The referrer was told already."""

    code = "already_acknowledged"
    title = "The referrer was told already"


class AlreadyAssigned(Conflict):
    """Somebody else works this contact."""

    code = "already_assigned"
    title = "Somebody works this contact"


def _check_codes(work: Work, new: NewContact) -> None:
    codes = work.policy.codes
    problems: list[Problem] = []
    if new.source_code not in codes.referral_source:
        problems.append(
            Problem(
                "/source_code",
                f"Use a referral source code: {', '.join(codes.referral_source)}.",
                "code_unknown",
            )
        )
    for position, child in enumerate(new.children):
        if child.ethnicity_code is not None and child.ethnicity_code not in codes.ethnicity:
            problems.append(
                Problem(
                    f"/children/{position}/ethnicity_code",
                    f"Use an ethnicity code: {', '.join(codes.ethnicity)}.",
                    "code_unknown",
                )
            )
        problems += [
            Problem(
                f"/children/{position}/disability_codes/{place}",
                f"Use disability codes: {', '.join(codes.disability)}.",
                "code_unknown",
            )
            for place, code in enumerate(child.disability_codes)
            if code not in codes.disability
        ]
    if problems:
        raise CodeUnknown("Put right the codes named and send it again.", problems=problems)


def _child(new: NewChild, contact_id: UUID, person_id: UUID, position: int, id_: UUID) -> Child:
    unborn = new.birth_knowledge is BirthKnowledge.unborn
    return Child(
        id=id_,
        contact_id=contact_id,
        person_id=person_id,
        position=position,
        state=ChildState.undecided,
        given_name=new.given_name,
        family_name=new.family_name,
        description=new.description,
        date_of_birth=None if unborn else new.date_of_birth,
        birth_knowledge=new.birth_knowledge,
        expected_delivery_on=new.expected_delivery_on,
        sex=Sex.unknown if unborn else new.sex,
        nhs_number=new.nhs_number,
        unique_pupil_number=new.unique_pupil_number,
        ethnicity_code=new.ethnicity_code,
        disability_codes=list(new.disability_codes),
        first_language=new.first_language,
        school=new.school,
        decided_at=None,
    )


def _adult(new: NewAdult, contact_id: UUID, position: int) -> Adult:
    return Adult(
        id=new_id(),
        contact_id=contact_id,
        position=position,
        relationship=new.relationship,
        name_known=new.name_known,
        given_name=new.given_name,
        family_name=new.family_name,
        date_of_birth=new.date_of_birth,
        parental_responsibility=new.parental_responsibility,
        in_household=new.in_household,
        telephone=new.telephone,
        note=new.note,
    )


async def _recognise(work: Work, children: Sequence[NewChild]) -> list[UUID | None]:
    """For each child, the person on file: named by the caller, or known by an NHS or pupil number.

    Raises PersonUnknown for a person who is not there, and Invalid when two children would be one.
    """
    linked = [child.person_id for child in children if child.person_id is not None]
    on_file = await people.find(work, linked) if linked else {}
    problems = [
        Problem(
            f"/children/{position}/person_id",
            "There is no child on file with this id. Leave it out, and the child is recorded anew.",
            "person_unknown",
        )
        for position, child in enumerate(children)
        if child.person_id is not None and child.person_id not in on_file
    ]
    if problems:
        raise people.PersonUnknown("A child was linked to nobody.", problems=problems)
    nhs = [child.nhs_number for child in children if child.nhs_number]
    pupil = [child.unique_pupil_number for child in children if child.unique_pupil_number]
    bearers = await people.with_numbers(work, nhs, pupil) if nhs or pupil else []
    by_nhs = {person.nhs_number: person.id for person in bearers if person.nhs_number}
    by_pupil = {
        person.unique_pupil_number: person.id for person in bearers if person.unique_pupil_number
    }
    found = [
        child.person_id
        or (by_nhs.get(child.nhs_number) if child.nhs_number else None)
        or (by_pupil.get(child.unique_pupil_number) if child.unique_pupil_number else None)
        for child in children
    ]
    _refuse_one_child_twice(children, found)
    return found


def _refuse_one_child_twice(children: Sequence[NewChild], found: Sequence[UUID | None]) -> None:
    seen: dict[object, int] = {}
    problems: list[Problem] = []
    for position, (child, person_id) in enumerate(zip(children, found, strict=True)):
        for mark in {person_id, child.nhs_number, child.unique_pupil_number} - {None}:
            if mark in seen:
                problems.append(
                    Problem(
                        f"/children/{position}",
                        f"This is the same child as the one at /children/{seen[mark]}: "
                        "name each child once, with that child's own number.",
                        "same_child_twice",
                    )
                )
                break
            seen[mark] = position
    if problems:
        raise Invalid("One child is named twice.", problems=problems)


def _person(new: NewChild, now: datetime) -> Person:
    unborn = new.birth_knowledge is BirthKnowledge.unborn
    return Person(
        id=new_id(),
        given_name=new.given_name,
        family_name=new.family_name,
        date_of_birth=None if unborn else new.date_of_birth,
        birth_knowledge=new.birth_knowledge,
        expected_delivery_on=new.expected_delivery_on,
        sex=Sex.unknown if unborn else new.sex,
        nhs_number=new.nhs_number,
        unique_pupil_number=new.unique_pupil_number,
        created_at=now,
    )


def _digest(new: NewContact) -> str:
    content = asdict(replace(new, received_at=None))
    return sha256(to_json(content)).hexdigest()


async def log_contact(work: Work, who: Caller, new: NewContact) -> WholeContact:
    """Logs a contact: the clocks start when the sender says that it was received.

    An urgent concern is never refused for a missing postcode: the minimum is a concern, something
    that identifies a child, and a referrer. Raises MinimumMissing, CodeUnknown,
    ReceivedInTheFuture, PersonUnknown.
    """
    who.require(Permission.log_contact)
    return await _log(work, who, new)


async def submit_multi_agency_referral(work: Work, who: Caller, new: NewContact) -> WholeContact:
    """Takes a partner's multi-agency referral: it is a contact at once, in the one queue.

    The organisation is the caller's own, whatever was sent. The same referral posted twice with
    different keys becomes two contacts, the second marked as a possible duplicate of the first.
    """
    who.require(Permission.submit_multi_agency_referral)
    organisation = work.policy.organisation(who.organisation_id or "")
    if new.source_code not in organisation.source_codes:
        raise CodeUnknown(
            "Put right the source code and send it again.",
            problems=[
                Problem(
                    "/source_code",
                    "Use one of your organisation's own source codes: "
                    f"{', '.join(sorted(organisation.source_codes))}.",
                    "source_not_yours",
                )
            ],
        )
    own = replace(
        new,
        channel=Channel.partner_system,
        referrer_agency=organisation.name,
        sender_organisation_id=organisation.id,
    )
    return await _log(work, who, own)


async def _log(work: Work, who: Caller, new: NewContact) -> WholeContact:
    _check_codes(work, new)
    received_at = new.received_at or work.now
    if received_at > work.now + CLOCK_TOLERANCE:
        raise ReceivedInTheFuture(
            "A contact cannot have been received after now. Check the time and its zone.",
            problems=[
                Problem("/received_at", "Give the time at which it was received.", "in_the_future")
            ],
        )
    known = await _recognise(work, new.children)
    digest = None
    duplicate = None
    if new.sender_organisation_id is not None:
        digest = _digest(new)
        duplicate = await contacts.find_open_duplicate(work, digest)
    contact = Contact(
        id=new_id(),
        reference=new_reference("C"),
        state=CONTACT.start,
        channel=new.channel,
        source_code=new.source_code,
        concern=new.concern,
        immediate_danger=new.immediate_danger,
        received_at=received_at,
        logged_at=work.now,
        logged_by=who.account_id,
        referrer_name=new.referrer_name,
        referrer_role=new.referrer_role,
        referrer_agency=new.referrer_agency,
        referrer_telephone=new.referrer_telephone,
        referrer_email=new.referrer_email,
        agreement=new.agreement,
        agreement_note=new.agreement_note,
        lawful_basis=new.lawful_basis,
        sharing_reason=new.sharing_reason,
        address=new.address,
        town=new.town,
        postcode=new.postcode,
        rating=None,
        first_rated_at=None,
        rated_at=None,
        rated_by=None,
        rating_rationale=None,
        assignee_id=None,
        assigned_at=None,
        team_id=work.policy.teams_for(TeamWork.contact)[0].id,
        acknowledged_at=None,
        acknowledged_by=None,
        acknowledgement=None,
        sender_organisation_id=new.sender_organisation_id,
        sender_reference=new.sender_reference,
        possible_duplicate_of=duplicate,
        content_digest=digest,
        decided_at=None,
        version=1,
    )
    persons = [
        None if person_id else _person(child, work.now)
        for child, person_id in zip(new.children, known, strict=True)
    ]
    ids = [
        person_id or (person.id if person else None)
        for person_id, person in zip(known, persons, strict=True)
    ]
    children = [
        _child(child, contact.id, person_id, position, new_id())
        for position, (child, person_id) in enumerate(zip(new.children, ids, strict=True))
        if person_id is not None
    ]
    adults = [_adult(adult, contact.id, position) for position, adult in enumerate(new.adults)]
    require_minimum(contact, children, adults)
    work.add(*(person for person in persons if person is not None))
    work.add(contact, *children, *adults)
    kinds = ["contact_to_referral", "statutory_decision"]
    if contact.source_code != ANONYMOUS:
        kinds.append("acknowledge_referrer")
    running = [
        deadlines.start(
            work, kind, SubjectKind.contact, contact.id, contact.id, contact.received_at
        )
        for kind in kinds
    ]
    work.record(
        EventType.contact_received,
        who,
        contact.id,
        contact_id=contact.id,
        channel=contact.channel,
        source_code=contact.source_code,
        children=[child.id for child in children],
        people=[child.person_id for child in children],
        possible_duplicate_of=duplicate,
    )
    return WholeContact(
        contact=contact,
        children=children,
        adults=adults,
        requests=[],
        decisions=[],
        deadlines=sorted(running, key=lambda one: (one.due_at, one.id)),
    )


async def check_multi_agency_referral(work: Work, who: Caller, new: NewContact) -> WholeContact:
    """What `submit_multi_agency_referral` would make of this, with nothing kept.

    The caller must not commit.
    """
    who.require(Permission.validate_multi_agency_referral)
    return await submit_multi_agency_referral(work, who, new)


def _before_decision(children: Sequence[Child]) -> None:
    if any(child.state is not ChildState.undecided for child in children):
        raise ContactDecided(
            "A decision on this contact waits for sign-off or is signed, and it rests on what is "
            "recorded here. Return the decision first; after sign-off, log what is new as a new "
            "contact.",
            state="decision_drafted",
            allowed=("return_to_decider", "log_contact"),
        )


_CONTACT_FIELDS = frozenset(
    {
        "concern",
        "immediate_danger",
        "received_at",
        "channel",
        "source_code",
        "referrer_name",
        "referrer_role",
        "referrer_agency",
        "referrer_telephone",
        "referrer_email",
        "agreement",
        "agreement_note",
        "lawful_basis",
        "sharing_reason",
        "address",
        "town",
        "postcode",
    }
)


@dataclass(frozen=True, slots=True)
class ContactChanges:
    """An amendment: fields of the contact, fields of named children and adults, and new ones."""

    reason: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    children: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)
    new_children: Sequence[NewChild] = ()
    adults: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)
    new_adults: Sequence[NewAdult] = ()


async def amend_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, changes: ContactChanges
) -> WholeContact:
    """Amends what was recorded, before any decision, keeping the old words and the reason.

    A change of `received_at` moves every clock that started from it. Raises ContactDecided once a
    decision rests on the contact, MinimumMissing when too little would be left.
    """
    who.require(Permission.amend_contact)
    contact = await contacts.held(work, who, contact_id, version)
    file = await contacts.whole(work, contact)
    _before_decision(file.children)
    CONTACT.after(contact.state, ContactAction.amend)
    unknown = [
        Problem(f"/{noun}/{position}/id", "This is not on this contact.", "not_on_this_contact")
        for noun, named, there in (
            ("children", changes.children, {child.id for child in file.children}),
            ("adults", changes.adults, {adult.id for adult in file.adults}),
        )
        for position, id_ in enumerate(named)
        if id_ not in there
    ]
    if unknown:
        raise Invalid("Name children and adults that are on this contact.", problems=unknown)
    return await _amend(work, who, file, changes)


async def _amend(
    work: Work, who: Caller, file: WholeContact, changes: ContactChanges
) -> WholeContact:
    contact = file.contact
    fields = {name: value for name, value in changes.fields.items() if name in _CONTACT_FIELDS}
    amended = replace(contact, **fields, version=contact.version + 1)
    if amended.received_at > work.now + CLOCK_TOLERANCE:
        raise ReceivedInTheFuture(
            "A contact cannot have been received after now. Check the time and its zone.",
            problems=[
                Problem("/received_at", "Give the time at which it was received.", "in_the_future")
            ],
        )
    children = [
        replace(child, **_child_fields(child, changes.children.get(child.id, {})))
        for child in file.children
    ]
    adults = [replace(adult, **changes.adults.get(adult.id, {})) for adult in file.adults]
    known = await _recognise(work, [_as_new(child) for child in children] + [*changes.new_children])
    fresh: list[Child] = []
    for offset, new in enumerate(changes.new_children):
        person_id = known[len(children) + offset]
        if person_id is None:
            person = _person(new, work.now)
            work.add(person)
            person_id = person.id
        fresh.append(_child(new, contact.id, person_id, len(children) + offset, new_id()))
    fresh_adults = [
        _adult(new, contact.id, len(adults) + offset)
        for offset, new in enumerate(changes.new_adults)
    ]
    _check_codes(work, _as_new_contact(amended, [*children, *fresh]))
    require_minimum(amended, [*children, *fresh], [*adults, *fresh_adults])
    before, after = _differences(file, amended, children, adults)
    for new_child in fresh:
        after[f"children/{new_child.id}"] = to_jsonable_python(asdict(new_child))
    for new_adult in fresh_adults:
        after[f"adults/{new_adult.id}"] = to_jsonable_python(asdict(new_adult))
    if not after:
        raise Invalid(
            "Nothing would change. Send at least one field with another value.",
            problems=[Problem("", "Send at least one field with another value.", "no_change")],
        )
    for old_child, child in zip(file.children, children, strict=True):
        await contacts.change_child(work, old_child, child)
    for old_adult, adult in zip(file.adults, adults, strict=True):
        await contacts.change_adult(work, old_adult, adult)
    await work.change(Contact, contact.id, contact.version, **fields)
    if children != list(file.children):
        await information_requests.renew_open(work, contact.id)
    if amended.received_at != contact.received_at or amended.source_code != contact.source_code:
        await _restart_clocks(work, file, amended)
    work.add(
        *fresh,
        *fresh_adults,
        Amendment(
            id=new_id(),
            contact_id=contact.id,
            amended_at=work.now,
            amended_by=who.account_id,
            reason=changes.reason,
            before=before,
            after=after,
        ),
    )
    work.record(
        EventType.contact_amended,
        who,
        contact.id,
        contact_id=contact.id,
        fields=sorted(fields),
        children=[child.id for child in fresh],
    )
    return await contacts.whole(work, amended)


def _child_fields(child: Child, sent: Mapping[str, Any]) -> dict[str, Any]:
    fields = dict(sent)
    if fields.get("person_id", child.person_id) is None:
        fields.pop("person_id")
    if fields.get("birth_knowledge", child.birth_knowledge) is BirthKnowledge.unborn:
        fields |= {"date_of_birth": None, "sex": Sex.unknown}
    return fields


def _as_new(child: Child) -> NewChild:
    return NewChild(
        person_id=child.person_id,
        nhs_number=child.nhs_number,
        unique_pupil_number=child.unique_pupil_number,
        ethnicity_code=child.ethnicity_code,
        disability_codes=child.disability_codes,
    )


def _as_new_contact(contact: Contact, children: Sequence[Child]) -> NewContact:
    return NewContact(
        concern=contact.concern,
        source_code=contact.source_code,
        channel=contact.channel,
        children=[_as_new(child) for child in children],
    )


def _differences(
    file: WholeContact, amended: Contact, children: Sequence[Child], adults: Sequence[Adult]
) -> tuple[dict[str, object], dict[str, object]]:
    pairs: list[tuple[str, object, object]] = [("contact", file.contact, amended)]
    pairs += [
        (f"children/{old.id}", old, new) for old, new in zip(file.children, children, strict=True)
    ]
    pairs += [(f"adults/{old.id}", old, new) for old, new in zip(file.adults, adults, strict=True)]
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    for name, old, new in pairs:
        was, is_now = asdict(old), asdict(new)  # type: ignore[call-overload]  # both are dataclasses
        changed = [key for key in was if key != "version" and was[key] != is_now[key]]
        if changed:
            before[name] = to_jsonable_python({key: was[key] for key in changed})
            after[name] = to_jsonable_python({key: is_now[key] for key in changed})
    return before, after


async def _restart_clocks(work: Work, file: WholeContact, amended: Contact) -> None:
    """Clocks that start at receipt start again when it turns out to have been another time."""
    start_at_receipt = ("contact_to_referral", "statutory_decision", "acknowledge_referrer")
    running = [
        one.kind
        for one in file.deadlines
        if one.kind in start_at_receipt and one.subject_id == amended.id and one.stopped_at is None
    ]
    await deadlines.stop(work, amended.id, amended.id, running, "received_at_amended")
    wanted = set(running) - {"acknowledge_referrer"}
    if amended.source_code != ANONYMOUS and amended.acknowledged_at is None:
        wanted.add("acknowledge_referrer")
    for kind in sorted(wanted):
        deadlines.start(
            work, kind, SubjectKind.contact, amended.id, amended.id, amended.received_at
        )


async def triage_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, rating: Rating, rationale: str | None
) -> WholeContact:
    """Rates a contact red, amber or green; a change of rating says why.

    The clock of a rating starts when the rating is given. A change to a less urgent rating keeps
    the start of the first rating, so that nobody gains time by rating again.
    """
    who.require(Permission.triage_contact)
    contact = await contacts.held(work, who, contact_id, version)
    state = CONTACT.after(contact.state, ContactAction.triage)
    if contact.rating is rating:
        raise RatingUnchanged(
            f"This contact is rated {rating} already.",
            state=contact.state,
            allowed=CONTACT.allowed(contact.state),
        )
    if contact.rating is not None and not rationale:
        raise RationaleNeeded(
            "A change of rating says why.",
            problems=[Problem("/rationale", "Say why the rating changes.", "rationale_missing")],
        )
    started_at = work.now
    if contact.rating is not None:
        if URGENCY[rating] > URGENCY[contact.rating] and contact.first_rated_at is not None:
            started_at = contact.first_rated_at
        await deadlines.stop(work, contact.id, contact.id, ["triage"], "rated_again")
    await work.change(
        Contact,
        contact.id,
        contact.version,
        state=state,
        rating=rating,
        first_rated_at=contact.first_rated_at or work.now,
        rated_at=work.now,
        rated_by=who.account_id,
        rating_rationale=rationale,
    )
    deadlines.start(work, "triage", SubjectKind.contact, contact.id, contact.id, started_at, rating)
    work.record(
        EventType.contact_triaged,
        who,
        contact.id,
        contact_id=contact.id,
        rating=rating,
        was=contact.rating,
    )
    return await contacts.whole(work, await contacts.get(work, who, contact.id))


async def assign_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, worker_id: UUID | None
) -> WholeContact:
    """Gives a contact to a worker, takes it oneself, or hands it back (`worker_id` None)."""
    who.require(Permission.assign_contact)
    contact = await contacts.held(work, who, contact_id, version)
    CONTACT.after(contact.state, ContactAction.assign)
    if worker_id is None and contact.assignee_id is None:
        raise AlreadyAssigned(
            "Nobody works this contact, so there is nothing to hand back.",
            state=contact.state,
            allowed=CONTACT.allowed(contact.state),
        )
    if worker_id is not None:
        await accounts.require_staff(work, worker_id, "/worker_id")
    await work.change(
        Contact,
        contact.id,
        contact.version,
        assignee_id=worker_id,
        assigned_at=None if worker_id is None else work.now,
    )
    handed_back = worker_id is None
    work.record(
        EventType.contact_handed_back if handed_back else EventType.contact_assigned,
        who,
        contact.id,
        contact_id=contact.id,
        worker_id=worker_id,
        was=contact.assignee_id,
    )
    return await contacts.whole(work, await contacts.get(work, who, contact.id))


async def acknowledge_referrer(
    work: Work, who: Caller, contact_id: UUID, version: int, words: str
) -> WholeContact:
    """Records that the referrer was told that the contact arrived (rule 16; Working Together)."""
    who.require(Permission.acknowledge_referrer)
    contact = await contacts.held(work, who, contact_id, version)
    if contact.acknowledged_at is not None:
        raise AlreadyAcknowledged(
            "The referrer was told that this arrived; that is on the record.",
            state=contact.state,
            allowed=CONTACT.allowed(contact.state),
        )
    await deadlines.stop(work, contact.id, contact.id, ["acknowledge_referrer"], "acknowledged")
    await work.change(
        Contact,
        contact.id,
        contact.version,
        acknowledged_at=work.now,
        acknowledged_by=who.account_id,
        acknowledgement=words,
    )
    work.record(EventType.contact_acknowledged, who, contact.id, contact_id=contact.id)
    return await contacts.whole(work, await contacts.get(work, who, contact.id))


async def list_contacts(
    ask: Asking,
    who: Caller,
    filters: ContactFilters,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[Contact]:
    """Contacts that the caller may see, newest first, from after a place on."""
    who.require(Permission.read_contacts)
    return await contacts.list_newest_first(ask, who, filters, limit=limit, after=after)


async def read_contact(ask: Asking, who: Caller, contact_id: UUID) -> WholeContact:
    """One contact with all that hangs on it. Raises ContactNotFound."""
    who.require(Permission.read_contacts)
    return await contacts.whole(ask, await contacts.get(ask, who, contact_id))


async def read_contact_history(ask: Asking, who: Caller, contact_id: UUID) -> list[ChildHistory]:
    """For each child on a contact, what is on file, and who on file may be the same child."""
    who.require(Permission.read_contacts)
    contact = await contacts.get(ask, who, contact_id)
    return [
        ChildHistory(
            child=child,
            history=await people.history(ask, child.person_id, but=contact.id),
            possible_matches=await people.with_name_and_birth(ask, child),
        )
        for child in await contacts.children(ask, contact.id)
    ]
