"""Contacts: log one, amend it, rate it, take it or give it, tell the referrer it arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from pydantic_core import to_json, to_jsonable_python

from service.domain.access import Caller, Permission
from service.domain.calendar import london_date
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
    MinimumMissing,
    RatingUnchanged,
    RationaleNeeded,
    require_minimum,
)
from service.domain.deadlines import Rating
from service.domain.errors import Conflict, Invalid, NotAllowed, Problem
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.people import (
    AdultRelationship,
    BirthKnowledge,
    Person,
    Sex,
    YesNo,
    birth_knowledge_meant,
    faults_in_birth,
    learn,
)
from service.domain.references import is_reference, new_reference
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
from service.policy import NoRuleInForce, TeamWork

# A sender's clock may run a little ahead of ours.
CLOCK_TOLERANCE = timedelta(minutes=5)
START_AT_RECEIPT = ("contact_to_referral", "statutory_decision", "acknowledge_referrer")
# As many as the contract shows: amendments may add more than were logged at once.
MOST_CHILDREN = MOST_ADULTS = 100


@dataclass(frozen=True, slots=True)
class NewChild:
    """A child as the caller tells of one. `person_id` links to a child already on file.

    `birth_knowledge` left out follows from the dates that are given.
    """

    person_id: UUID | None = None
    given_name: str | None = None
    family_name: str | None = None
    description: str | None = None
    date_of_birth: date | None = None
    birth_knowledge: BirthKnowledge | None = None
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


class ReceivedTooLongAgo(Invalid):
    """A contact was said to have been received before the first day that the policy rules."""

    code = "received_too_long_ago"
    title = "Received before any rule was in force"


class Contradictory(Invalid):
    """Two things were said of a child or an adult that cannot both be true."""

    code = "contradictory"
    title = "Both cannot be true"


class ChannelNotYours(Invalid):
    """A person said that a partner's system had sent a contact, or unsaid it."""

    code = "channel_not_yours"
    title = "Only a partner's system uses this channel"


class ReferenceMistyped(Invalid):
    """The check character of a reference does not fit: it was misheard or mistyped."""

    code = "reference_mistyped"
    title = "That is no reference"


class OrganisationNotKnownHere(NotAllowed):
    """The caller's organisation is not in the authority's policy."""

    code = "organisation_not_known_here"
    title = "Your organisation is not known here"


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


class _Faults:
    """Everything that is wrong with what was told, so that it is all named at once."""

    def __init__(self) -> None:
        self._found: list[Invalid] = []

    def add(self, kind: type[Invalid], detail: str, problems: Sequence[Problem]) -> None:
        """Keeps a kind of refusal, when there is anything to it."""
        if problems:
            self._found.append(kind(detail, problems=problems))

    def refuse(self) -> None:
        """Raises the one refusal, or one that names the problems of all."""
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            problems = [problem for one in self._found for problem in one.problems]
            raise Invalid("Put right what `errors` names and send it again.", problems=problems)


def _code_problems(
    work: Work, source_code: str, children: Sequence[tuple[str, NewChild | Child]]
) -> list[Problem]:
    codes = work.policy.codes
    problems: list[Problem] = []
    if source_code not in codes.referral_source:
        problems.append(
            Problem(
                "/source_code",
                f"Use a referral source code: {', '.join(codes.referral_source)}.",
                "code_unknown",
            )
        )
    for at, child in children:
        if child.ethnicity_code is not None and child.ethnicity_code not in codes.ethnicity:
            problems.append(
                Problem(
                    f"{at}/ethnicity_code",
                    f"Use an ethnicity code: {', '.join(codes.ethnicity)}.",
                    "code_unknown",
                )
            )
        problems += [
            Problem(
                f"{at}/disability_codes/{place}",
                f"Use disability codes: {', '.join(codes.disability)}.",
                "code_unknown",
            )
            for place, code in enumerate(child.disability_codes)
            if code not in codes.disability
        ]
    return problems


def _check_told(
    work: Work,
    faults: _Faults,
    source_code: str,
    received_at: datetime,
    children: Sequence[tuple[str, NewChild | Child]],
    adults: Sequence[tuple[str, NewAdult | Adult]],
) -> None:
    """What is wrong with a contact by itself, whoever tells of it, at the pointers given."""
    faults.add(
        CodeUnknown,
        "Put right the codes named and send it again.",
        _code_problems(work, source_code, children),
    )
    if received_at > work.now + CLOCK_TOLERANCE:
        faults.add(
            ReceivedInTheFuture,
            "A contact cannot have been received after now. Check the time and its zone.",
            [Problem("/received_at", "Give the time at which it was received.", "in_the_future")],
        )
    else:
        try:
            for kind in START_AT_RECEIPT:
                work.policy.timescale(kind, at=received_at)
        except NoRuleInForce as refusal:
            faults.add(
                ReceivedTooLongAgo,
                refusal.detail,
                [
                    Problem(
                        "/received_at",
                        "Give the time at which it was received. If it is so long ago, log it "
                        "with the time at which it came to light.",
                        "too_long_ago",
                    )
                ],
            )
    today = london_date(work.now)
    contradictions = [
        problem for at, child in children for problem in faults_in_birth(child, at, today)
    ]
    contradictions += [
        Problem(f"{at}/date_of_birth", "A date of birth cannot lie ahead.", "born_in_the_future")
        for at, adult in adults
        if adult.date_of_birth is not None and adult.date_of_birth > today
    ]
    faults.add(
        Contradictory, "Two things that were said cannot both be true: see errors.", contradictions
    )


def _child(new: NewChild, contact_id: UUID, person_id: UUID, position: int, id_: UUID) -> Child:
    return Child(
        id=id_,
        contact_id=contact_id,
        person_id=person_id,
        position=position,
        state=ChildState.undecided,
        given_name=new.given_name,
        family_name=new.family_name,
        description=new.description,
        date_of_birth=new.date_of_birth,
        birth_knowledge=birth_knowledge_meant(new),
        expected_delivery_on=new.expected_delivery_on,
        sex=new.sex,
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


@dataclass(frozen=True, slots=True)
class _Recognised:
    """The person on file for each child, None for one not on file; and the numbers on file."""

    people: Sequence[Person | None]
    bearers: Mapping[str, Person]

    def taken_from(self, person_id: UUID) -> frozenset[str]:
        """The numbers that somebody else bears."""
        return frozenset(
            number for number, bearer in self.bearers.items() if bearer.id != person_id
        )


async def _recognise(
    work: Work, faults: _Faults, children: Sequence[tuple[str, NewChild]], *, from_partner: bool
) -> _Recognised:
    """For each child, the person on file: named by the caller, or known by an NHS or pupil number.

    A worker who names one child twice is told so. A partner is not, where only the file knows
    (they may not learn what is on file, and no concern waits for it): the second of the two is
    recorded as a child of its own, for a worker to link.
    """
    named = [child.person_id for _, child in children if child.person_id is not None]
    on_file = await people.find(work, named) if named else {}
    faults.add(
        people.PersonUnknown,
        "A child was linked to nobody.",
        [
            Problem(
                f"{at}/person_id",
                "There is no child on file with this id. Leave it out, and the child is recorded "
                "anew.",
                "person_unknown",
            )
            for at, child in children
            if child.person_id is not None and child.person_id not in on_file
        ],
    )
    nhs = [child.nhs_number for _, child in children if child.nhs_number]
    pupil = [child.unique_pupil_number for _, child in children if child.unique_pupil_number]
    bearers: dict[str, Person] = {}
    for person in await people.with_numbers(work, nhs, pupil) if nhs or pupil else ():
        for number in (person.nhs_number, person.unique_pupil_number):
            if number is not None:
                bearers[number] = person
    faults.add(
        Invalid,
        "A number belongs to another child than the one that was linked.",
        [
            Problem(
                f"{at}/{name}",
                "Another child on file bears this number. Check the number and the link.",
                "number_of_another_child",
            )
            for at, child in children
            for name in ("nhs_number", "unique_pupil_number")
            if child.person_id is not None
            and (bearer := bearers.get(getattr(child, name) or "")) is not None
            and bearer.id != child.person_id
        ],
    )
    found = [
        (on_file.get(child.person_id) if child.person_id is not None else None)
        or bearers.get(child.nhs_number or "")
        or bearers.get(child.unique_pupil_number or "")
        for _, child in children
    ]
    if from_partner:
        found = _each_once(found)
    marks = [
        (at, {None if person is None else person.id, child.nhs_number, child.unique_pupil_number})
        for (at, child), person in zip(children, found, strict=True)
    ]
    _refuse_one_child_twice(faults, marks)
    return _Recognised(found, bearers)


def _each_once(found: Sequence[Person | None]) -> list[Person | None]:
    seen: set[UUID] = set()
    kept: list[Person | None] = []
    for person in found:
        again = person is not None and person.id in seen
        kept.append(None if again else person)
        if person is not None:
            seen.add(person.id)
    return kept


def _refuse_one_child_twice(faults: _Faults, marks: Sequence[tuple[str, set[Any]]]) -> None:
    seen: dict[object, str] = {}
    problems: list[Problem] = []
    for at, of_child in marks:
        told = of_child - {None}
        first = next((seen[mark] for mark in told if mark in seen), None)
        if first is not None:
            problems.append(
                Problem(
                    at,
                    f"This is the same child as the one at {first}: name each child once, with "
                    "that child's own number.",
                    "same_child_twice",
                )
            )
        seen |= dict.fromkeys(told, at)
    faults.add(Invalid, "One child is named twice.", problems)


def _person(new: NewChild, now: datetime, taken: frozenset[str] = frozenset()) -> Person:
    return Person(
        id=new_id(),
        given_name=new.given_name,
        family_name=new.family_name,
        date_of_birth=new.date_of_birth,
        birth_knowledge=birth_knowledge_meant(new),
        expected_delivery_on=new.expected_delivery_on,
        sex=new.sex,
        nhs_number=None if new.nhs_number in taken else new.nhs_number,
        unique_pupil_number=None if new.unique_pupil_number in taken else new.unique_pupil_number,
        created_at=now,
    )


def _digest(new: NewContact) -> str:
    """The same story of the same children from the same sender has the same digest."""
    content = asdict(replace(new, received_at=None, sender_reference=None))
    return sha256(to_json(content)).hexdigest()


async def log_contact(work: Work, who: Caller, new: NewContact) -> WholeContact:
    """Logs a contact: the clocks start when the sender says that it was received.

    An urgent concern is never refused for a missing postcode: the minimum is a concern, something
    that identifies a child, and a referrer. Raises MinimumMissing, CodeUnknown,
    ReceivedInTheFuture, ReceivedTooLongAgo, Contradictory, ChannelNotYours or PersonUnknown;
    Invalid with the problems of all when there are several.
    """
    who.require(Permission.log_contact)
    faults = _Faults()
    if new.channel is Channel.partner_system:
        faults.add(ChannelNotYours, _CHANNEL_NOT_YOURS, [_channel_problem()])
    return await _log(work, who, new, faults)


_CHANNEL_NOT_YOURS = "Only what a partner's own system sends is marked as sent by one."


def _channel_problem() -> Problem:
    return Problem(
        "/channel",
        "Say how it reached you: by telephone, e-mail, portal, letter or in person.",
        "channel_not_yours",
    )


async def submit_multi_agency_referral(work: Work, who: Caller, new: NewContact) -> WholeContact:
    """Takes a partner's multi-agency referral: it is a contact at once, in the one queue.

    The organisation is the caller's own, whatever was sent. The same referral posted twice with
    different keys becomes two contacts, the second marked as a possible duplicate of the first.
    """
    who.require(Permission.submit_multi_agency_referral)
    return await _submit(work, who, new)


async def check_multi_agency_referral(work: Work, who: Caller, new: NewContact) -> WholeContact:
    """What `submit_multi_agency_referral` would make of this, or its refusal.

    The caller must not commit (`House.rehearse`): nothing is to be kept.
    """
    who.require(Permission.validate_multi_agency_referral)
    return await _submit(work, who, new)


async def _submit(work: Work, who: Caller, new: NewContact) -> WholeContact:
    organisation = work.policy.find_organisation(who.organisation_id or "")
    if organisation is None:
        raise OrganisationNotKnownHere(
            "Your organisation is not in the authority's policy, so nothing was taken. If a child "
            "is in danger call 999; to be added, ask the authority's system administrator."
        )
    faults = _Faults()
    if new.source_code not in organisation.source_codes:
        faults.add(
            CodeUnknown,
            "Put right the source code and send it again.",
            [
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
        children=[replace(child, person_id=None) for child in new.children],
        channel=Channel.partner_system,
        referrer_agency=organisation.name,
        sender_organisation_id=organisation.id,
    )
    return await _log(work, who, own, faults)


async def _log(work: Work, who: Caller, new: NewContact, faults: _Faults) -> WholeContact:
    received_at = new.received_at or work.now
    at_child = [(f"/children/{position}", child) for position, child in enumerate(new.children)]
    at_adult = [(f"/adults/{position}", adult) for position, adult in enumerate(new.adults)]
    _check_told(work, faults, new.source_code, received_at, at_child, at_adult)
    from_partner = new.sender_organisation_id is not None
    known = await _recognise(work, faults, at_child, from_partner=from_partner)
    digest = None
    duplicate = None
    if new.sender_organisation_id is not None:
        digest = _digest(new)
        duplicate = await contacts.find_open_duplicate(work, new.sender_organisation_id, digest)
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
    fresh: list[Person] = []
    children: list[Child] = []
    learnt: list[tuple[Person, Person]] = []
    for position, (told, person) in enumerate(zip(new.children, known.people, strict=True)):
        if person is None:
            person = _person(told, work.now, frozenset(known.bearers))
            fresh.append(person)
        child = _child(told, contact.id, person.id, position, new_id())
        learnt.append((person, learn(person, child, taken=known.taken_from(person.id))))
        children.append(child)
    adults = [_adult(adult, contact.id, position) for position, adult in enumerate(new.adults)]
    try:
        require_minimum(contact, children, adults)
    except MinimumMissing as missing:
        faults.add(MinimumMissing, missing.detail, missing.problems)
    faults.refuse()
    for before, after in learnt:
        await people.change(work, before, after)
    work.add(*fresh, contact, *children, *adults)
    kinds = [
        kind
        for kind in START_AT_RECEIPT
        if kind != "acknowledge_referrer" or contact.source_code != ANONYMOUS
    ]
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
    """An amendment: fields of the contact, fields of named children and adults, and new ones.

    The pointers say where in what was sent each of them stood, for naming a fault there.
    """

    reason: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    children: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)
    new_children: Sequence[NewChild] = ()
    adults: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)
    new_adults: Sequence[NewAdult] = ()
    pointers: Mapping[UUID, str] = field(default_factory=dict)
    new_child_pointers: Sequence[str] = ()
    new_adult_pointers: Sequence[str] = ()

    def at(self, noun: str, id_: UUID) -> str:
        """Where in what was sent a named child or adult is."""
        return self.pointers.get(id_, f"/{noun}")

    def new_children_at(self) -> list[tuple[str, NewChild]]:
        """The new children, each with where in what was sent it is."""
        return _placed("/children", self.new_child_pointers, self.new_children)

    def new_adults_at(self) -> list[tuple[str, NewAdult]]:
        """The new adults, each with where in what was sent it is."""
        return _placed("/adults", self.new_adult_pointers, self.new_adults)


New = TypeVar("New", NewChild, NewAdult)


def _placed(noun: str, pointers: Sequence[str], news: Sequence[New]) -> list[tuple[str, New]]:
    if len(pointers) == len(news):
        return list(zip(pointers, news, strict=True))
    return [(noun, new) for new in news]


async def amend_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, changes: ContactChanges
) -> WholeContact:
    """Amends what was recorded, before any decision, keeping the old words and the reason.

    A change of `received_at` moves every clock that started from it, and clears the flags that
    hung on the old limits. A number or a link that names another child on file moves the child
    there. Raises ContactDecided once a decision rests on the contact, MinimumMissing when too
    little would be left, and what `log_contact` raises.
    """
    who.require(Permission.amend_contact)
    contact = await contacts.held(work, who, contact_id, version)
    file = await contacts.whole(work, contact)
    _before_decision(file.children)
    CONTACT.after(contact.state, ContactAction.amend)
    unknown = [
        Problem(
            f"{changes.at(noun, id_)}/id", "This is not on this contact.", "not_on_this_contact"
        )
        for noun, named, there in (
            ("children", changes.children, {child.id for child in file.children}),
            ("adults", changes.adults, {adult.id for adult in file.adults}),
        )
        for id_ in named
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
    faults = _Faults()
    partners = Channel.partner_system
    if (contact.channel is partners) is not (amended.channel is partners):
        faults.add(ChannelNotYours, _CHANNEL_NOT_YOURS, [_channel_problem()])
    if len(file.children) + len(changes.new_children) > MOST_CHILDREN or (
        len(file.adults) + len(changes.new_adults) > MOST_ADULTS
    ):
        faults.add(
            Invalid,
            "That is more children or adults than one contact holds.",
            [Problem("", f"At most {MOST_CHILDREN} of each: log another contact.", "too_many")],
        )
    sent = {child.id: changes.children.get(child.id, {}) for child in file.children}
    told = [
        (changes.at("children", child.id), _as_told(child, sent[child.id]))
        for child in file.children
    ]
    adults = [replace(adult, **changes.adults.get(adult.id, {})) for adult in file.adults]
    at_adult: list[tuple[str, NewAdult | Adult]] = [
        (changes.at("adults", adult.id), adult) for adult in adults if adult.id in changes.adults
    ]
    named = [place for place, child in zip(told, file.children, strict=True) if sent[child.id]]
    _check_told(
        work,
        faults,
        amended.source_code,
        amended.received_at,
        [*named, *changes.new_children_at()],
        [*at_adult, *changes.new_adults_at()],
    )
    known = await _recognise(
        work,
        faults,
        [
            *(
                (at, _as_asked(old, new))
                for (at, new), old in zip(told, file.children, strict=True)
            ),
            *changes.new_children_at(),
        ],
        from_partner=False,
    )
    children: list[Child] = []
    for (_, new), old, person in zip(told, file.children, known.people, strict=False):
        facts = {name: getattr(new, name) for name in _CHILD_FACTS}
        facts["birth_knowledge"] = birth_knowledge_meant(new)
        facts["disability_codes"] = list(new.disability_codes)
        children.append(
            replace(old, **facts, person_id=old.person_id if person is None else person.id)
        )
    fresh_people: list[Person] = []
    fresh: list[Child] = []
    for new, person in zip(changes.new_children, known.people[len(children) :], strict=True):
        if person is None:
            person = _person(new, work.now)
            fresh_people.append(person)
        position = len(children) + len(fresh)
        fresh.append(_child(new, contact.id, person.id, position, new_id()))
    fresh_adults = [
        _adult(new, contact.id, len(adults) + offset)
        for offset, new in enumerate(changes.new_adults)
    ]
    try:
        require_minimum(amended, [*children, *fresh], [*adults, *fresh_adults])
    except MinimumMissing as missing:
        faults.add(MinimumMissing, missing.detail, missing.problems)
    faults.refuse()
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
    await _keep_people(work, file.children, children, fresh, known)
    work.add(*fresh_people)
    for old_adult, adult in zip(file.adults, adults, strict=True):
        await contacts.change_adult(work, old_adult, adult)
    await work.change(Contact, contact.id, contact.version, **fields)
    if children != list(file.children):
        await information_requests.renew_open(work, contact.id)
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
        people=[child.person_id for child in (*children, *fresh)],
    )
    return await contacts.whole(work, amended)


_CHILD_FACTS = (
    "given_name",
    "family_name",
    "description",
    "date_of_birth",
    "birth_knowledge",
    "expected_delivery_on",
    "sex",
    "nhs_number",
    "unique_pupil_number",
    "ethnicity_code",
    "disability_codes",
    "first_language",
    "school",
)
_DATES = frozenset({"date_of_birth", "expected_delivery_on"})


def _as_told(child: Child, sent: Mapping[str, Any]) -> NewChild:
    """A child on the contact as told after an amendment, which may name what is not a fact."""
    facts = {name: getattr(child, name) for name in _CHILD_FACTS}
    facts |= {name: value for name, value in sent.items() if name in _CHILD_FACTS}
    knowledge = sent.get("birth_knowledge")
    if knowledge is BirthKnowledge.unborn:
        facts |= {
            name: value
            for name, value in (("date_of_birth", None), ("sex", Sex.unknown))
            if name not in sent
        }
    elif knowledge is not None and "expected_delivery_on" not in sent:
        facts["expected_delivery_on"] = None
    elif (
        knowledge is None
        and child.birth_knowledge is BirthKnowledge.not_known
        and _DATES & sent.keys()
    ):
        facts["birth_knowledge"] = None
    return NewChild(person_id=sent.get("person_id"), **facts)


def _as_asked(old: Child, new: NewChild) -> NewChild:
    """What to look for on file: a link or a number that is new, else whom the child is now."""
    corrected = {
        name: number
        for name in ("nhs_number", "unique_pupil_number")
        if (number := getattr(new, name)) != getattr(old, name)
    }
    linked = new.person_id is not None and new.person_id != old.person_id
    numbered = any(corrected.values())
    return replace(
        new,
        person_id=new.person_id if linked else None if numbered else old.person_id,
        nhs_number=corrected.get("nhs_number"),
        unique_pupil_number=corrected.get("unique_pupil_number"),
    )


async def _keep_people(
    work: Work,
    before: Sequence[Child],
    after: Sequence[Child],
    fresh: Sequence[Child],
    known: _Recognised,
) -> None:
    """Lets the file follow: what was corrected, what is new, and whom a child turned out to be.

    A record that no contact speaks of any more gives up its numbers, so that whoever bears them
    is recognised by them next time.
    """
    left = {
        old.person_id
        for old, new in zip(before, after, strict=True)
        if old.person_id != new.person_id
    }
    orphans = [
        person
        for person_id, person in (await people.find(work, sorted(left))).items()
        if not await people.is_spoken_of(work, person_id)
    ]
    freed: set[str | None] = set()
    for orphan in orphans:
        freed |= {orphan.nhs_number, orphan.unique_pupil_number}
        await people.change(
            work, orphan, replace(orphan, nhs_number=None, unique_pupil_number=None)
        )
    on_file = await people.find(work, sorted({child.person_id for child in (*after, *fresh)}))
    old_of = {old.id: old for old in before}
    for child in (*after, *fresh):
        person = on_file.get(child.person_id)
        if person is None:
            continue
        old = old_of.get(child.id)
        corrected: dict[str, Any] = {}
        if old is not None and old.person_id == child.person_id:
            corrected = {
                name: getattr(old, name)
                for name in _CHILD_FACTS
                if getattr(old, name) != getattr(child, name)
            }
        taken = known.taken_from(person.id) - freed
        await people.change(work, person, learn(person, child, corrected=corrected, taken=taken))


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
    """Clocks that start at receipt start again when it turns out to have been another time.

    Who is acknowledged may change, too: nobody can tell an anonymous caller that it arrived.
    """
    acknowledge = "acknowledge_referrer"
    running = {
        one.kind
        for one in file.deadlines
        if one.kind in START_AT_RECEIPT and one.subject_id == amended.id and one.stopped_at is None
    }
    wanted = set(running)
    if amended.source_code == ANONYMOUS:
        wanted.discard(acknowledge)
    elif amended.acknowledged_at is None:
        wanted.add(acknowledge)
    moved = amended.received_at != file.contact.received_at
    stopped = running if moved else running - wanted
    if stopped:
        because = "received_at_amended" if moved else "nobody_to_acknowledge"
        await deadlines.stop(work, amended.id, amended.id, sorted(stopped), because)
    for kind in sorted(wanted if moved else wanted - running):
        deadlines.start(
            work, kind, SubjectKind.contact, amended.id, amended.id, amended.received_at
        )


async def triage_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, rating: Rating, rationale: str | None
) -> WholeContact:
    """Rates a contact red, amber or green; a change of rating says why.

    The clock of a rating starts when the rating is given. A rating no more urgent than an earlier
    one keeps the start of the first, so that nobody gains time by rating again.
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
    if contact.rating is not None and contact.first_rated_at is not None:
        earlier = [
            Rating(one.variant)
            for one in await deadlines.of_subject(work, contact.id, contact.id)
            if one.kind == "triage" and one.variant is not None
        ]
        if any(URGENCY[rating] >= URGENCY[before] for before in earlier):
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
        await accounts.refuse_suspended_worker(work, worker_id, "/worker_id")
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
    """Contacts that the caller may see, newest first, from after a place on.

    Raises ReferenceMistyped for a reference whose check character does not fit.
    """
    who.require(Permission.read_contacts)
    if filters.reference is not None and not is_reference(filters.reference, "C"):
        raise ReferenceMistyped(
            "The check character of this reference does not fit. Have it read out again.",
            problems=[
                Problem(
                    "query:reference",
                    "Send a reference such as C-7K3MA-9TQ4R, exactly as it was given out.",
                    "reference_mistyped",
                )
            ],
        )
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
            history=await people.history(ask, who, child.person_id, but=contact.id),
            possible_matches=await people.with_name_and_birth(ask, who, child),
        )
        for child in await contacts.children(ask, contact.id)
    ]
