"""New contacts: what is told of children and adults, what is wrong with it, what is recorded."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from service.domain.addresses import address_key
from service.domain.calendar import london_date
from service.domain.contact_kinds import ContactKind
from service.domain.contacts import (
    CONTACT,
    Adult,
    AgreementState,
    Channel,
    Child,
    ChildState,
    Contact,
    LawfulBasis,
)
from service.domain.dangers import RATING_IN_DANGER, DangerTold
from service.domain.errors import Invalid, Problem
from service.domain.identities import identity_key, keyed
from service.domain.instants import lies_ahead
from service.domain.kept_as_told import joined
from service.domain.people import (
    AdultRelationship,
    BirthKnowledge,
    Person,
    Sex,
    YesNo,
    birth_knowledge_meant,
    faults_in_birth,
)


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
    kept_as_told: Mapping[str, str] | None = None


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
    kept_as_told: Mapping[str, str] | None = None


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
    sender_organisation_id: str | None = None
    kept_as_told: Mapping[str, str] | None = None
    kind: ContactKind = ContactKind.concern


# What is told of a child, whichever record on file it belongs to.
CHILD_FACTS = (
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


class CodeUnknown(Invalid):
    """A code is not on its list."""

    code = "code_unknown"
    title = "A code is not on its list"


class Faults:
    """Everything that is wrong with what was told, so that it is all named at once."""

    def __init__(self) -> None:
        self._found: list[Invalid] = []

    def add(self, kind: type[Invalid], detail: str, problems: Sequence[Problem]) -> None:
        """Keeps a kind of refusal, when there is anything to it."""
        if problems:
            self._found.append(kind(detail, problems=problems))

    def problems(self) -> list[Problem]:
        """Every problem found so far."""
        return [problem for one in self._found for problem in one.problems]

    def refuse(self) -> None:
        """Raises the one refusal, or one that names the problems of all."""
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            raise Invalid(
                "Put right what `errors` names and send it again.", problems=self.problems()
            )


class Codes(Protocol):
    """The code lists that a contact is checked against."""

    @property
    def referral_source(self) -> Collection[str]:
        """Referral source codes, in their order."""

    @property
    def ethnicity(self) -> Collection[str]:
        """Ethnicity codes, in their order."""

    @property
    def disability(self) -> Collection[str]:
        """Disability codes, in their order."""


def _code_problems(
    codes: Codes, source_code: str, children: Sequence[tuple[str, NewChild | Child]]
) -> list[Problem]:
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


def with_unclear_aside(new: NewContact, codes: Codes, today: date) -> NewContact:
    """A contact without the optional facts that are nobody's: they are kept as they were told.

    Codes that are on no list, and days of birth that lie ahead.
    """
    return replace(
        new,
        children=[_clear_child(child, codes, today) for child in new.children],
        adults=[_clear_adult(adult, today) for adult in new.adults],
    )


def kept_in(new: NewContact) -> list[tuple[str, Mapping[str, str] | None]]:
    """What is kept as told of a new contact and of those on it, by where they stand."""
    return [
        ("", new.kept_as_told),
        *((f"/children/{place}", one.kept_as_told) for place, one in enumerate(new.children)),
        *((f"/adults/{place}", one.kept_as_told) for place, one in enumerate(new.adults)),
    ]


def _clear_child(child: NewChild, codes: Codes, today: date) -> NewChild:
    values: dict[str, object] = {}
    aside: dict[str, str] = {}
    if child.ethnicity_code is not None and child.ethnicity_code not in codes.ethnicity:
        values["ethnicity_code"], aside["ethnicity_code"] = None, child.ethnicity_code
    unknown = [code for code in child.disability_codes if code not in codes.disability]
    if unknown:
        values["disability_codes"] = [one for one in child.disability_codes if one not in unknown]
        aside["disability_codes"] = ", ".join(filter(None, unknown))
    unborn = child.birth_knowledge is BirthKnowledge.unborn
    if child.date_of_birth is not None and child.date_of_birth > today and not unborn:
        values["date_of_birth"], aside["date_of_birth"] = None, child.date_of_birth.isoformat()
    if not values:
        return child
    return replace(child, **values, kept_as_told=joined(child.kept_as_told, aside))  # type: ignore[arg-type]  # by name


def _clear_adult(adult: NewAdult, today: date) -> NewAdult:
    born = adult.date_of_birth
    if born is None or born <= today:
        return adult
    aside = {"date_of_birth": born.isoformat()}
    return replace(adult, date_of_birth=None, kept_as_told=joined(adult.kept_as_told, aside))


def check_channel(faults: Faults, was: Channel | None, channel: Channel) -> None:
    """Nobody else says that a partner's own system sent a contact, or unsays it."""
    partners = Channel.partner_system
    if (was is partners) is not (channel is partners):
        faults.add(
            ChannelNotYours,
            "Only what a partner's own system sends is marked as sent by one.",
            [
                Problem(
                    "/channel",
                    "Say how it reached you: by telephone, e-mail, portal, letter or in person.",
                    "channel_not_yours",
                )
            ],
        )


def check_told(
    faults: Faults,
    source_code: str,
    received_at: datetime,
    children: Sequence[tuple[str, NewChild | Child]],
    adults: Sequence[tuple[str, NewAdult | Adult]],
    *,
    codes: Codes,
    no_rule: str | None,
    now: datetime,
) -> None:
    """What is wrong with a contact by itself, whoever tells of it, at the pointers given.

    `no_rule` says why a clock could not start at `received_at`, or None when each of them could.
    """
    faults.add(
        CodeUnknown,
        "Put right the codes named and send it again.",
        _code_problems(codes, source_code, children),
    )
    if lies_ahead(received_at, now):
        faults.add(
            ReceivedInTheFuture,
            "A contact cannot have been received after now. Check the time and its zone.",
            [Problem("/received_at", "Give the time at which it was received.", "in_the_future")],
        )
    elif no_rule is not None:
        faults.add(
            ReceivedTooLongAgo,
            no_rule,
            [
                Problem(
                    "/received_at",
                    "Give the time at which it was received. If it is so long ago, log it "
                    "with the time at which it came to light.",
                    "too_long_ago",
                )
            ],
        )
    today = london_date(now)
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


def as_contact(
    new: NewContact,
    id_: UUID,
    reference: str,
    *,
    received_at: datetime,
    logged_at: datetime,
    logged_by: UUID,
    team_id: str,
    possible_duplicate_of: UUID | None,
    content_digest: str | None,
) -> Contact:
    """The contact as it is logged: neither rated, nor assigned, nor acknowledged yet."""
    return Contact(
        id=id_,
        reference=reference,
        state=CONTACT.start,
        channel=new.channel,
        source_code=new.source_code,
        concern=new.concern,
        immediate_danger=new.immediate_danger,
        received_at=received_at,
        logged_at=logged_at,
        logged_by=logged_by,
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
        team_id=team_id,
        acknowledged_at=None,
        acknowledged_by=None,
        acknowledgement=None,
        sender_organisation_id=new.sender_organisation_id,
        sender_reference=new.sender_reference,
        possible_duplicate_of=possible_duplicate_of,
        content_digest=content_digest,
        address_key=address_key(new.address, new.postcode),
        decided_at=None,
        version=1,
        kept_as_told=new.kept_as_told,
        kind=new.kind,
    )


def red_at_receipt(contact: Contact, danger: DangerTold) -> Contact:
    """A contact as it is logged of which danger is told: red, though nobody has rated it."""
    at = contact.logged_at
    rating = RATING_IN_DANGER
    return replace(contact, danger=danger, rating=rating, first_rated_at=at, rated_at=at)


def as_child(
    new: NewChild,
    id_: UUID,
    contact_id: UUID,
    person_id: UUID,
    position: int,
    set_aside: Sequence[str] = (),
) -> Child:
    """The child on this contact, with nothing decided. `set_aside` are numbers of somebody else."""
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
        set_aside=list(set_aside),
        unanswered_matches=0,
        kept_as_told=new.kept_as_told,
    )


def told_again(child: Child) -> NewChild:
    """What a contact tells of a child, as if it were told anew."""
    return NewChild(**{name: getattr(child, name) for name in (*CHILD_FACTS, "kept_as_told")})


def told_again_of(adult: Adult) -> NewAdult:
    """What a contact tells of an adult, as if it were told anew."""
    return NewAdult(**{name: getattr(adult, name) for name in NewAdult.__slots__})


def as_adult(new: NewAdult, id_: UUID, contact_id: UUID, position: int) -> Adult:
    """The adult on this contact."""
    return Adult(
        id=id_,
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
        identity_key=identity_key(new.given_name, new.family_name, new.date_of_birth),
        kept_as_told=new.kept_as_told,
    )


def as_person(
    new: NewChild, id_: UUID, now: datetime, taken: frozenset[str] = frozenset()
) -> Person:
    """A child who is on no file yet. `taken` are numbers that another person bears."""
    person = Person(
        id=id_,
        given_name=new.given_name,
        family_name=new.family_name,
        date_of_birth=new.date_of_birth,
        birth_knowledge=birth_knowledge_meant(new),
        expected_delivery_on=new.expected_delivery_on,
        sex=new.sex,
        nhs_number=None if new.nhs_number in taken else new.nhs_number,
        unique_pupil_number=None if new.unique_pupil_number in taken else new.unique_pupil_number,
        identity_key=None,
        created_at=now,
        pregnancy_ended_on=None,
    )
    return keyed(person)
