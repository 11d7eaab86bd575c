"""Section 47 enquiries: the child seen, the outcome, and the child protection conference."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.domain.errors import Invalid
from service.domain.states import StateTable
from service.domain.strategy_meetings import EnquiryDecision

CLOCKS = ("child_seen", "initial_child_protection_conference")


class EnquiryOutcome(StrEnum):
    """What an enquiry found. Only a continuing risk leads to a conference (Working Together)."""

    continuing_risk = "continuing_risk"
    no_continuing_risk = "no_continuing_risk"
    not_substantiated = "not_substantiated"


class ConferenceOutcome(StrEnum):
    """What an initial child protection conference decided."""

    child_protection_plan = "child_protection_plan"
    child_in_need_plan = "child_in_need_plan"
    no_plan = "no_plan"


class EnquiryState(StrEnum):
    """Where an enquiry stands."""

    under_way = "under_way"
    awaiting_conference = "awaiting_conference"
    ended = "ended"


class EnquiryAction(StrEnum):
    """What can be done to an enquiry."""

    record_child_seen = "record_child_seen"
    find_continuing_risk = "find_continuing_risk"
    find_no_continuing_risk = "find_no_continuing_risk"
    hold_conference = "hold_conference"
    begin = "begin"
    begin_again = "begin_again"


_S, _A = EnquiryState, EnquiryAction
SECTION_47_ENQUIRY = StateTable(
    noun="section 47 enquiry",
    start=_S.under_way,
    moves={
        (_S.under_way, _A.record_child_seen): _S.under_way,
        (_S.under_way, _A.begin_again): _S.under_way,
        (_S.under_way, _A.find_continuing_risk): _S.awaiting_conference,
        (_S.under_way, _A.find_no_continuing_risk): _S.ended,
        (_S.awaiting_conference, _A.record_child_seen): _S.awaiting_conference,
        (_S.awaiting_conference, _A.begin_again): _S.under_way,
        (_S.awaiting_conference, _A.hold_conference): _S.ended,
    },
    final=frozenset({_S.ended}),
    by_itself=frozenset({_A.begin_again}),
)


@dataclass(frozen=True, slots=True)
class Section47Enquiry:
    """One enquiry about one child, with its single assessment (rule 14).

    `meeting_id` is the meeting that began it, the last one when it was begun anew, and `began_at`
    when that meeting was held: the conference is reckoned from it. `kind` is single_agency or
    joint. `seen_at` is when the child was first seen; `seen_alone` whether the child was spoken to
    alone.
    """

    id: UUID
    reference: str
    meeting_id: UUID
    referral_id: UUID
    assessment_id: UUID
    contact_id: UUID
    child_id: UUID
    person_id: UUID
    kind: EnquiryDecision
    state: EnquiryState
    opened_at: datetime
    began_at: datetime
    seen_at: datetime | None
    seen_by: str | None
    seen_alone: bool | None
    not_alone_because: str | None
    not_seen_because: str | None
    outcome: EnquiryOutcome | None
    outcome_words: str | None
    outcome_at: datetime | None
    outcome_by: UUID | None
    conference_held_at: datetime | None
    conference_outcome: ConferenceOutcome | None
    category_of_abuse_code: str | None
    conference_words: str | None
    ended_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class EnquiryStep:
    """One thing that happened in an enquiry. `happened_at` is when, `at` when it was recorded."""

    id: UUID
    enquiry_id: UUID
    action: EnquiryAction
    state: EnquiryState
    at: datetime
    by: UUID
    happened_at: datetime
    meeting_id: UUID | None
    code: str | None
    words: str | None


class EnquiryIncomplete(Invalid):
    """What was told of an enquiry leaves something out, or cannot be so; each fault is named."""

    code = "section_47_enquiry_incomplete"
    title = "The section 47 enquiry leaves something out"
