"""Strategy meetings: called, held, concluded and minuted when significant harm is suspected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.domain.errors import Conflict, Invalid
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

    `continues`: one is under way, and this meeting neither begins it anew nor ends it.
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
        (_S.held, _A.conclude): _S.concluded,
        (_S.concluded, _A.circulate_minutes): _S.minuted,
    },
    final=frozenset({_S.minuted, _S.cancelled}),
)


@dataclass(frozen=True, slots=True)
class StrategyMeeting:
    """One meeting about one child or several siblings.

    `contact_id` is the contact behind the first child's referral. `held_at` is when the meeting
    began, `actions` what happens next: each `what`, `owner` and `due_at`.
    """

    id: UUID
    reference: str
    contact_id: UUID
    state: MeetingState
    called_at: datetime
    called_by: UUID
    planned_for: datetime
    held_at: datetime | None
    quorate: bool | None
    not_quorate_because: str | None
    actions: Sequence[Mapping[str, object]]
    concluded_at: datetime | None
    concluded_by: UUID | None
    minutes: str | None
    minutes_circulated_at: datetime | None
    minutes_circulated_by: UUID | None
    cancelled_at: datetime | None
    cancelled_by: UUID | None
    cancelled_because: str | None
    version: int


@dataclass(frozen=True, slots=True)
class MeetingChild:
    """One child whom a meeting is about: what is alleged, and what was decided for that child.

    `told` is what the child will be told. `enquiry_id` is the enquiry that the meeting began, began
    anew, or that it let go on.
    """

    id: UUID
    meeting_id: UUID
    position: int
    referral_id: UUID
    contact_id: UUID
    child_id: UUID
    person_id: UUID
    in_hospital: bool
    alleged: Sequence[str]
    enquiry: EnquiryDecision | None
    enquiry_reason: str | None
    medical: MedicalDecision | None
    medical_reason: str | None
    told: str | None
    enquiry_id: UUID | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """One agency or person at a meeting: why proposed, whether invited, and what came of it.

    `invited_at` and `not_invited_because` are both None while nobody has said which it is.
    `information` is what they told or sent.
    """

    id: UUID
    meeting_id: UUID
    position: int
    agency: Agency
    because: InvitedBecause
    organisation_id: str | None
    name: str | None
    role: str | None
    invited_at: datetime | None
    not_invited_because: str | None
    attendance: Attendance | None
    information: str | None


class MeetingIncomplete(Invalid):
    """A meeting leaves out what it must have; each gap is named."""

    code = "strategy_meeting_incomplete"
    title = "The strategy meeting leaves something out"


class ProtectionUnderWay(Conflict):
    """A strategy meeting or a section 47 enquiry about the child is not finished."""

    code = "section_47_under_way"
    title = "The child may be at risk of significant harm"
