"""Strategy meetings: called, held, concluded and minuted when significant harm is suspected."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from service.domain.errors import Conflict, Invalid, Problem
from service.domain.fields import Id, PersonId, Reference, Version, personal, plain, sensitive
from service.domain.measure_cases import CountedFilters
from service.domain.measures import Counted
from service.domain.states import StateTable

CLOCKS = ("strategy_meeting", "strategy_minutes")


class Agency(StrEnum):
    """Who may have to come to a strategy meeting (rule 13)."""

    social_care = "social_care"
    police = "police"
    health = "health"
    referrer = "referrer"
    school = "school"
    early_help = "early_help"
    midwifery = "midwifery"
    hospital_clinician = "hospital_clinician"
    other = "other"


class InvitedBecause(StrEnum):
    """Why somebody must be invited, from what is on file; or that somebody was added by hand."""

    always = "always"
    told_the_front_door = "told_the_front_door"
    school_age = "school_age"
    early_help_open = "early_help_open"
    unborn = "unborn"
    in_hospital = "in_hospital"
    added = "added"


class Attendance(StrEnum):
    """What came of an invitation. An absent agency may have sent what it knows."""

    attended = "attended"
    sent_information = "sent_information"
    sent_apologies = "sent_apologies"
    absent = "absent"


class Harm(StrEnum):
    """What is alleged or suspected; injury and sexual abuse take a medical decision (rule 13)."""

    injury = "injury"
    sexual_abuse = "sexual_abuse"
    physical_abuse = "physical_abuse"
    emotional_abuse = "emotional_abuse"
    neglect = "neglect"
    exploitation = "exploitation"
    domestic_abuse = "domestic_abuse"
    other = "other"


TAKES_A_MEDICAL_DECISION = frozenset({Harm.injury, Harm.sexual_abuse})


class EnquiryDecision(StrEnum):
    """Whether a section 47 enquiry begins for a child, and by whom it is made.

    `continues`: one is under way, and this meeting neither makes it joint nor ends it.
    """

    single_agency = "single_agency"
    joint = "joint"
    continues = "continues"
    none = "none"


BEGINS_AN_ENQUIRY = frozenset({EnquiryDecision.single_agency, EnquiryDecision.joint})


class MedicalDecision(StrEnum):
    """Whether a medical examination takes place."""

    will_take_place = "will_take_place"
    took_place = "took_place"
    will_not_take_place = "will_not_take_place"


class MeetingState(StrEnum):
    """Where a strategy meeting stands."""

    called = "called"
    held = "held"
    concluded = "concluded"
    minuted = "minuted"
    cancelled = "cancelled"


class MeetingAction(StrEnum):
    """What can be done to a strategy meeting."""

    call = "call"
    invite = "invite"
    rearrange = "rearrange"
    record_attendance = "record_attendance"
    conclude = "conclude"
    circulate_minutes = "circulate_minutes"
    cancel = "cancel"


_S, _A = MeetingState, MeetingAction
STRATEGY_MEETING = StateTable(
    noun="strategy meeting",
    start=_S.called,
    moves={
        (_S.called, _A.invite): _S.called,
        (_S.called, _A.rearrange): _S.called,
        (_S.called, _A.record_attendance): _S.held,
        (_S.called, _A.cancel): _S.cancelled,
        (_S.held, _A.record_attendance): _S.held,
        # Who came without being on the list is added after the meeting.
        (_S.held, _A.invite): _S.held,
        (_S.held, _A.conclude): _S.concluded,
        (_S.concluded, _A.circulate_minutes): _S.minuted,
    },
    final=frozenset({_S.minuted, _S.cancelled}),
)


@dataclass(frozen=True, slots=True)
class MeetingTask:
    """What happens next: what, by whom, by when."""

    what: str | None = None
    owner: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StrategyMeeting:
    """One meeting about one child or several siblings.

    `held_at` is when the meeting began.
    """

    id: Id
    reference: Reference
    contact_id: Annotated[UUID, plain("The contact behind the first child's referral.")]
    state: Annotated[MeetingState, plain("called, held, concluded, minuted, cancelled.")]
    called_at: Annotated[datetime, plain("When it was called.")]
    called_by: Annotated[UUID, plain("Who called it.")]
    planned_for: Annotated[datetime, plain("When it is to be held.")]
    held_at: Annotated[datetime | None, plain("When it was held.")]
    quorate: Annotated[bool | None, plain("Whether all came whom the policy asks for.")]
    not_quorate_because: Annotated[str | None, sensitive("Why it went ahead without a quorum.")]
    actions: Annotated[
        Sequence[MeetingTask], sensitive("What happens next: what, by whom, by when.")
    ]
    concluded_at: Annotated[datetime | None, plain("When it was concluded.")]
    concluded_by: Annotated[UUID | None, plain("Who concluded it.")]
    minutes: Annotated[str | None, sensitive("The minutes.")]
    minutes_circulated_at: Annotated[datetime | None, plain("When the minutes were circulated.")]
    minutes_circulated_by: Annotated[UUID | None, plain("Who circulated them.")]
    cancelled_at: Annotated[datetime | None, plain("When it was cancelled.")]
    cancelled_by: Annotated[UUID | None, plain("Who cancelled it.")]
    cancelled_because: Annotated[str | None, sensitive("Why it was cancelled.")]
    version: Version


@dataclass(frozen=True, slots=True)
class MeetingChild:
    """One child whom a meeting is about: what is alleged, and what was decided for that child.

    `told` is what the child will be told. `enquiry_id` is the enquiry that the meeting began, or
    that it let go on.
    """

    id: Id
    meeting_id: Annotated[UUID, plain("The meeting.")]
    position: Annotated[int, plain("Order at the meeting, from 0.")]
    referral_id: Annotated[UUID, plain("Social care's open case.")]
    contact_id: Annotated[UUID, plain("The contact behind that case.")]
    child_id: Annotated[UUID, plain("The child on that contact.")]
    person_id: PersonId
    in_hospital: Annotated[bool, sensitive("Whether the child is in hospital.")]
    alleged: Annotated[Sequence[Harm], sensitive("What is alleged or suspected, coded.")]
    enquiry: Annotated[
        EnquiryDecision | None, sensitive("single_agency, joint, continues or none.")
    ]
    enquiry_reason: Annotated[str | None, sensitive("Why.")]
    medical: Annotated[
        MedicalDecision | None, sensitive("Whether a medical examination takes place.")
    ]
    medical_reason: Annotated[str | None, sensitive("Why, or why not.")]
    told: Annotated[str | None, sensitive("What the child will be told.")]
    enquiry_id: Annotated[UUID | None, plain("The enquiry that it began or let go on.")]


@dataclass(frozen=True, slots=True)
class Invitation:
    """One agency or person at a meeting: why proposed, whether invited, and what came of it.

    `invited_at` and `not_invited_because` are both None while nobody has said which it is.
    `information` is what they told or sent.
    """

    id: Id
    meeting_id: Annotated[UUID, plain("The meeting.")]
    position: Annotated[int, plain("Order in the list, from 0.")]
    agency: Annotated[Agency, plain("Which agency.")]
    because: Annotated[InvitedBecause, sensitive("Why proposed.")]
    organisation_id: Annotated[str | None, plain("The organisation of the policy, when it is one.")]
    name: Annotated[str | None, personal("Name of who is to come.")]
    role: Annotated[str | None, personal("Their role.")]
    invited_at: Annotated[datetime | None, plain("When invited.")]
    not_invited_because: Annotated[str | None, sensitive("Why not invited.")]
    attendance: Annotated[
        Attendance | None, plain("attended, sent_information, sent_apologies, absent.")
    ]
    information: Annotated[str | None, sensitive("What they told or sent.")]


@dataclass(frozen=True, slots=True)
class MeetingStep:
    """One thing that was done to a meeting. `happened_at` is when, `at` when it was recorded.

    `planned_for` is the new time of one that was called or moved, `words` why it was moved or
    cancelled.
    """

    id: Id
    meeting_id: Annotated[UUID, plain("The meeting.")]
    action: Annotated[MeetingAction, plain("What was done.")]
    state: Annotated[MeetingState, plain("The state that it led to.")]
    at: Annotated[datetime, plain("When it was recorded.")]
    by: Annotated[UUID, plain("Who.")]
    happened_at: Annotated[datetime, plain("When it happened.")]
    planned_for: Annotated[datetime | None, plain("The time that it was called for.")]
    words: Annotated[str | None, sensitive("Why, in their own words.")]


@dataclass(frozen=True, slots=True)
class MeetingInStory:
    """Another meeting about a child of this one: several meetings on one child are one story."""

    id: UUID
    reference: str
    state: MeetingState
    planned_for: datetime
    held_at: datetime | None
    quorate: bool | None
    concluded_at: datetime | None
    children: Sequence[MeetingChild] = ()


@dataclass(frozen=True, slots=True)
class MeetingFilters(CountedFilters):
    """What the list of strategy meetings can be narrowed by; all that are given hold together."""

    counted: ClassVar[Counted] = Counted.strategy_meetings

    states: Sequence[MeetingState] = ()
    person_id: UUID | None = None
    referral_id: UUID | None = None
    contact_id: UUID | None = None


class MeetingIncomplete(Invalid):
    """A meeting leaves out what it must have; each gap is named."""

    code = "strategy_meeting_incomplete"
    title = "The strategy meeting leaves something out"


class MeetingUnderWay(Conflict):
    """Another strategy meeting about the child is called or held, and not concluded."""

    code = "strategy_meeting_under_way"
    title = "Another strategy meeting about the child is not concluded"


class InvitationsUnanswered(Conflict):
    """Nobody has said of each agency that must be there whether it is invited, or why not."""

    code = "invitations_unanswered"
    title = "It is not said of everybody whether they are invited"


class ProtectionUnderWay(Conflict):
    """A strategy meeting or a section 47 enquiry about the child is not finished."""

    code = "section_47_under_way"
    title = "The child may be at risk of significant harm"


def incomplete(problems: Sequence[Problem]) -> MeetingIncomplete:
    """The refusal that names every fault at once."""
    return MeetingIncomplete("Put right what is named and send it again.", problems=problems)


# A midwife and a hospital's clinician are health as much as a health visitor is.
_COMES_FOR = {Agency.health: (Agency.health, Agency.midwifery, Agency.hospital_clinician)}


def is_quorate(quorum: Iterable[Agency], invitations: Iterable[Invitation]) -> bool:
    """Whether somebody came for each agency of the policy's quorum."""
    came = {one.agency for one in invitations if one.attendance is Attendance.attended}
    return all(came.intersection(_COMES_FOR.get(agency, (agency,))) for agency in quorum)


def unanswered(invitations: Iterable[Invitation]) -> list[Invitation]:
    """Those of whom nobody has said whether they are invited, or why not."""
    return [
        one for one in invitations if one.invited_at is None and one.not_invited_because is None
    ]


def without_attendance(invitations: Iterable[Invitation]) -> list[Invitation]:
    """The invited of whom it is not recorded whether they came."""
    return [one for one in invitations if one.invited_at is not None and one.attendance is None]


def alleged_before(
    meeting: StrategyMeeting, person_id: UUID, others: Iterable[MeetingInStory]
) -> frozenset[str]:
    """What was alleged of a child at meetings held before this one; what was said stays said."""
    if meeting.held_at is None:
        return frozenset()
    return frozenset(
        harm
        for other in others
        if other.held_at is not None and (other.held_at, other.id) < (meeting.held_at, meeting.id)
        for child in other.children
        if child.person_id == person_id
        for harm in child.alleged
    )


def takes_a_medical_decision(alleged: Iterable[str]) -> bool:
    """Whether injury or sexual abuse is among what is alleged (rule 13)."""
    return any(harm in TAKES_A_MEDICAL_DECISION for harm in alleged)


def possible_actions(
    meeting: StrategyMeeting, invitations: Iterable[Invitation]
) -> tuple[MeetingAction, ...]:
    """What somebody can do now: attendance waits until everybody is invited, or not with a reason;
    the conclusion until it is recorded who came."""
    lines = list(invitations)
    waits = set()
    if unanswered(lines):
        waits |= {MeetingAction.record_attendance, MeetingAction.conclude}
    if without_attendance(lines):
        waits.add(MeetingAction.conclude)
    return tuple(one for one in STRATEGY_MEETING.allowed(meeting.state) if one not in waits)


class MissingPart(StrEnum):
    """What a strategy meeting still lacks."""

    invitation = "invitation"
    attendance = "attendance"
    enquiry = "enquiry"
    medical = "medical"
    told = "told"
    actions = "actions"
    minutes = "minutes"


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that a meeting still lacks: of which line of the invitations, or of which child."""

    part: MissingPart
    in_words: str
    invitation_id: UUID | None = None
    person_id: UUID | None = None


def still_missing(
    meeting: StrategyMeeting,
    children: Iterable[MeetingChild],
    invitations: Iterable[Invitation],
    others: Sequence[MeetingInStory],
) -> list[Missing]:
    """What has to be recorded before the meeting is finished, in the order in which it can be."""
    if meeting.state in STRATEGY_MEETING.final:
        return []
    lines = list(invitations)
    found = [
        Missing(
            MissingPart.invitation,
            "Say that they are invited, or why they are not.",
            invitation_id=one.id,
        )
        for one in unanswered(lines)
    ]
    found += [
        Missing(MissingPart.attendance, "Record whether they came.", invitation_id=one.id)
        for one in without_attendance(lines)
    ]
    if meeting.concluded_at is None:
        for child in children:
            alleged = {*child.alleged, *alleged_before(meeting, child.person_id, others)}
            parts = [(MissingPart.enquiry, "Decide on a section 47 enquiry, and say why.")]
            if takes_a_medical_decision(alleged):
                parts.append(
                    (
                        MissingPart.medical,
                        "Decide whether a medical examination takes place, and say why or why not.",
                    )
                )
            parts.append((MissingPart.told, "Say what the child will be told."))
            found += [Missing(part, words, person_id=child.person_id) for part, words in parts]
        found.append(Missing(MissingPart.actions, "Say what happens next, by whom and by when."))
    found.append(Missing(MissingPart.minutes, "Circulate the minutes, and record them."))
    return found


def before_contact(pointer: str) -> Problem:
    """The fault of a time at which the front door had not been told of the child."""
    return Problem(
        pointer,
        "The front door had not been told of the child then. Check the time, or the time at which "
        "the contact was received.",
        "before_contact",
    )


HOLDING_CLOCK = "strategy_meeting"
"""The clock by which a meeting is to be held."""

MOST_INVITATIONS = 100
"""How many lines the list of a meeting may have."""
