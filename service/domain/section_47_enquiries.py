"""Section 47 enquiries: the child seen, the outcome, and the child protection conference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, ClassVar
from uuid import UUID

from service.domain.deadlines import Deadline
from service.domain.errors import Conflict, Invalid, NotAllowed, Problem
from service.domain.fields import Id, PersonId, Reference, Version, personal, plain, sensitive
from service.domain.measure_cases import CountedFilters
from service.domain.measures import Counted
from service.domain.states import StateTable, WrongState
from service.domain.strategy_meetings import EnquiryDecision

CONFERENCE_CLOCK = "initial_child_protection_conference"
CLOCKS = ("child_seen", CONFERENCE_CLOCK)


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


class VisitOutcome(StrEnum):
    """What came of a visit in an enquiry (rule 14)."""

    seen_alone = "seen_alone"
    seen_not_alone = "seen_not_alone"
    not_seen = "not_seen"


class NoConferenceBecause(StrEnum):
    """Why no initial child protection conference is needed though the risk goes on, or is unknown.

    The census calls it ICPCnotRequired.
    """

    looked_after = "looked_after"
    moved_away = "moved_away"
    died = "died"
    has_a_plan = "has_a_plan"
    manager_decided = "manager_decided"


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
    propose_no_conference = "propose_no_conference"
    agree_no_conference = "agree_no_conference"
    return_no_conference = "return_no_conference"
    begin = "begin"
    become_joint = "become_joint"
    # Stands in histories alone: until 0.4.0 a later meeting began an enquiry anew.
    begin_again = "begin_again"


_S, _A = EnquiryState, EnquiryAction
SECTION_47_ENQUIRY = StateTable(
    noun="section 47 enquiry",
    start=_S.under_way,
    moves={
        (_S.under_way, _A.record_child_seen): _S.under_way,
        (_S.under_way, _A.become_joint): _S.under_way,
        (_S.under_way, _A.find_continuing_risk): _S.awaiting_conference,
        (_S.under_way, _A.find_no_continuing_risk): _S.ended,
        (_S.under_way, _A.propose_no_conference): _S.under_way,
        (_S.under_way, _A.agree_no_conference): _S.ended,
        (_S.under_way, _A.return_no_conference): _S.under_way,
        (_S.awaiting_conference, _A.record_child_seen): _S.awaiting_conference,
        (_S.awaiting_conference, _A.become_joint): _S.awaiting_conference,
        (_S.awaiting_conference, _A.hold_conference): _S.ended,
        (_S.awaiting_conference, _A.propose_no_conference): _S.awaiting_conference,
        (_S.awaiting_conference, _A.agree_no_conference): _S.ended,
        (_S.awaiting_conference, _A.return_no_conference): _S.awaiting_conference,
    },
    final=frozenset({_S.ended}),
    by_itself=frozenset({_A.become_joint}),
)


@dataclass(frozen=True, slots=True)
class Section47Enquiry:
    """One enquiry about one child, with its single assessment (rule 14).

    `meeting_id` is the meeting that initiated it, and `began_at` when that meeting was held: the
    conference is reckoned from it, whatever later meetings say. `kind` is single_agency, which a
    later meeting may make joint, or joint. `seen_at` is when the child was first seen; `seen_alone`
    whether the child was spoken to alone. That no conference is needed is proposed with a coded
    reason, and the enquiry ends by it when another manager agrees.
    """

    id: Id
    reference: Reference
    meeting_id: Annotated[UUID, plain("The strategy meeting that initiated it.")]
    referral_id: Annotated[UUID, plain("Social care's case.")]
    assessment_id: Annotated[UUID, plain("Its single assessment.")]
    contact_id: Annotated[UUID, plain("The contact behind that case.")]
    child_id: Annotated[UUID, plain("The child on that contact.")]
    person_id: PersonId
    kind: Annotated[EnquiryDecision, sensitive("single_agency or joint.")]
    state: Annotated[EnquiryState, plain("under_way, awaiting_conference, ended.")]
    opened_at: Annotated[datetime, plain("When it was first opened.")]
    began_at: Annotated[
        datetime, plain("When the meeting that initiated it was held: its clocks start here.")
    ]
    seen_at: Annotated[datetime | None, plain("When the child was first seen.")]
    seen_by: Annotated[str | None, personal("Who saw the child.")]
    seen_alone: Annotated[bool | None, sensitive("Whether the child was spoken to alone.")]
    not_alone_because: Annotated[str | None, sensitive("Why not alone.")]
    not_seen_because: Annotated[str | None, sensitive("Why not seen, last recorded.")]
    outcome: Annotated[EnquiryOutcome | None, sensitive("What it found.")]
    outcome_words: Annotated[str | None, sensitive("The same in words.")]
    outcome_at: Annotated[datetime | None, plain("When it was found.")]
    outcome_by: Annotated[UUID | None, plain("Who recorded it.")]
    conference_held_at: Annotated[
        datetime | None, plain("When the initial child protection conference was held.")
    ]
    conference_outcome: Annotated[ConferenceOutcome | None, sensitive("What it decided.")]
    category_of_abuse_code: Annotated[str | None, sensitive("Category of abuse of the plan.")]
    conference_words: Annotated[str | None, sensitive("Why, in words.")]
    no_conference_because: Annotated[
        NoConferenceBecause | None, sensitive("Why no conference is needed, coded.")
    ]
    no_conference_since_on: Annotated[
        date | None, sensitive("Since when the child is looked after, away or dead.")
    ]
    no_conference_words: Annotated[str | None, sensitive("Why no conference is needed, in words.")]
    no_conference_proposed_at: Annotated[datetime | None, plain("When that was proposed.")]
    no_conference_proposed_by: Annotated[UUID | None, plain("Who proposed it.")]
    no_conference_agreed_at: Annotated[datetime | None, plain("When a manager agreed to it.")]
    no_conference_agreed_by: Annotated[UUID | None, plain("Which manager agreed to it.")]
    no_conference_agreed_words: Annotated[str | None, sensitive("The manager's own words.")]
    ended_at: Annotated[datetime | None, plain("When it ended.")]
    version: Version

    @property
    def waits_for_agreement(self) -> bool:
        """It is proposed that no conference is needed, and no manager has answered."""
        return self.ended_at is None and self.no_conference_proposed_at is not None


NO_PROPOSAL: Mapping[str, None] = MappingProxyType(
    dict.fromkeys(
        (
            "no_conference_because",
            "no_conference_since_on",
            "no_conference_words",
            "no_conference_proposed_at",
            "no_conference_proposed_by",
        )
    )
)
"""What an enquiry says of a proposal that was returned, or that something else has overtaken."""


@dataclass(frozen=True, slots=True)
class EnquiryStep:
    """One thing that happened in an enquiry. `happened_at` is when, `at` when it was recorded.

    `seen_by` is who saw the child at a visit.
    """

    id: Id
    enquiry_id: Annotated[UUID, plain("The enquiry.")]
    action: Annotated[EnquiryAction, plain("What was done.")]
    state: Annotated[EnquiryState, plain("The state that it led to.")]
    at: Annotated[datetime, plain("When it was recorded.")]
    by: Annotated[UUID, plain("Who.")]
    happened_at: Annotated[datetime, plain("When it happened.")]
    seen_by: Annotated[str | None, personal("Who saw the child.")]
    meeting_id: Annotated[UUID | None, plain("The strategy meeting behind it.")]
    code: Annotated[str | None, sensitive("What came of it, coded.")]
    words: Annotated[str | None, sensitive("In their own words.")]


class EnquiryIncomplete(Invalid):
    """What was told of an enquiry leaves something out, or cannot be so; each fault is named."""

    code = "section_47_enquiry_incomplete"
    title = "The section 47 enquiry leaves something out"


class SightNotRecorded(Conflict):
    """It is recorded neither that the child was seen nor why not."""

    code = "child_seen_not_recorded"
    title = "Record first whether the child was seen"


class OwnProposal(NotAllowed):
    """Somebody tried to agree to what they proposed themselves."""

    code = "own_proposal"
    title = "Proposed by yourself"


class ChildNeverSeen(NotAllowed):
    """An enquiry whose child nobody has seen is ended by a manager who was not at that door."""

    code = "child_never_seen"
    title = "The child was never seen"


class ChildUnborn(Conflict):
    """The child is not born yet."""

    code = "child_unborn"
    title = "The child is not born yet"


@dataclass(frozen=True, slots=True)
class Visit:
    """What is told of a visit: that the child was seen, by whom and whether alone, or why not."""

    seen: bool
    seen_at: datetime | None = None
    seen_by: str | None = None
    alone: bool | None = None
    not_alone_because: str | None = None
    not_seen_because: str | None = None

    @property
    def sight(self) -> VisitOutcome:
        """What came of it."""
        if not self.seen:
            return VisitOutcome.not_seen
        return VisitOutcome.seen_alone if self.alone else VisitOutcome.seen_not_alone


@dataclass(frozen=True, slots=True)
class EnquiryFilters(CountedFilters):
    """What a list of section 47 enquiries can be narrowed by."""

    counted: ClassVar[Counted] = Counted.section_47_enquiries

    states: Sequence[EnquiryState] = ()
    person_id: UUID | None = None
    referral_id: UUID | None = None
    contact_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DatedEnquiry:
    """An enquiry in a list, with the limit of the clock that runs out first on it."""

    enquiry: Section47Enquiry
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class MeetingBehind:
    """A strategy meeting that initiated an enquiry, or made it joint."""

    meeting_id: UUID
    reference: str
    held_at: datetime
    kind: EnquiryDecision


@dataclass(frozen=True, slots=True)
class WholeEnquiry:
    """An enquiry with the meetings behind it, every step and its clocks."""

    enquiry: Section47Enquiry
    unborn: bool
    meetings: Sequence[MeetingBehind]
    steps: Sequence[EnquiryStep]
    deadlines: Sequence[Deadline]


_WAIT_FOR_SIGHT = frozenset(
    {
        _A.find_continuing_risk,
        _A.find_no_continuing_risk,
        _A.propose_no_conference,
        _A.agree_no_conference,
    }
)


def allowed(enquiry: Section47Enquiry, *, unborn: bool) -> tuple[EnquiryAction, ...]:
    """The actions that somebody can do now.

    An unborn child is not seen; of any other what ends an enquiry waits until it is recorded that
    the child was seen, or why not (rule 14). That no conference is needed is proposed once, and
    then agreed to or returned.
    """
    not_now: set[EnquiryAction] = set()
    if unborn:
        not_now.add(_A.record_child_seen)
    elif enquiry.seen_at is None and enquiry.not_seen_because is None:
        not_now |= _WAIT_FOR_SIGHT
    if enquiry.waits_for_agreement:
        not_now.add(_A.propose_no_conference)
    else:
        not_now |= {_A.agree_no_conference, _A.return_no_conference}
    return tuple(one for one in SECTION_47_ENQUIRY.allowed(enquiry.state) if one not in not_now)


_ANSWERS = frozenset({_A.agree_no_conference, _A.return_no_conference})
_OF_A_PROPOSAL = frozenset({*_ANSWERS, _A.propose_no_conference})


def action_of(outcome: EnquiryOutcome) -> EnquiryAction:
    """What an outcome does to an enquiry: a continuing risk alone leads to a conference."""
    if outcome is EnquiryOutcome.continuing_risk:
        return _A.find_continuing_risk
    return _A.find_no_continuing_risk


def after(enquiry: Section47Enquiry, action: EnquiryAction, *, unborn: bool) -> EnquiryState:
    """The state that an action takes an enquiry to.

    Raises WrongState with the reason, ChildUnborn, SightNotRecorded; each names what is possible.
    """
    possible = allowed(enquiry, unborn=unborn)
    if action is _A.hold_conference and enquiry.state is _S.under_way:
        raise WrongState(
            "A conference follows an outcome of continuing risk, and this section 47 enquiry has "
            f"no outcome yet. Possible now: {', '.join(possible)}.",
            state=enquiry.state,
            allowed=possible,
        )
    state = SECTION_47_ENQUIRY.after(enquiry.state, action, could=possible)
    if action in possible:
        return state
    if action in _OF_A_PROPOSAL and (action in _ANSWERS) is not enquiry.waits_for_agreement:
        raise WrongState(
            "Nothing waits for an answer: propose first that no conference is needed."
            if action in _ANSWERS
            else "It is proposed already that no conference is needed: another manager agrees, or "
            "returns it.",
            state=enquiry.state,
            allowed=possible,
        )
    if unborn:
        raise ChildUnborn(
            "An unborn child cannot be seen, and is not waited for. Record the birth first; the "
            "outcome of the enquiry can be recorded without.",
            state=enquiry.state,
            allowed=possible,
        )
    raise SightNotRecorded(
        "Record first that the child was seen, or why not: without that the enquiry has no "
        "outcome.",
        state=enquiry.state,
        allowed=possible,
    )


def faults_in_visit(visit: Visit, *, now: datetime, received_at: datetime) -> list[Problem]:
    """What a visit leaves out or cannot be, all at once.

    The child is seen in the enquiry. A visit in the morning before the meeting that began it, by
    the police or jointly, is part of it, so a visit counts from `received_at`, when the front door
    was told of the concern; one before anybody told it does not.
    """
    problems: list[Problem] = []

    def surplus(*names: str) -> None:
        problems.extend(
            Problem(f"/{name}", "This does not go with the rest: leave it out.", "surplus")
            for name in names
            if getattr(visit, name) is not None
        )

    if not visit.seen:
        surplus("seen_at", "seen_by", "alone", "not_alone_because")
        if visit.not_seen_because is None:
            problems.append(Problem("/not_seen_because", "Say why not.", "missing"))
        return problems
    surplus("not_seen_because")
    if visit.seen_at is None:
        problems.append(Problem("/seen_at", "Say when the child was seen.", "missing"))
    elif not received_at <= visit.seen_at <= now:
        problems.append(
            Problem(
                "/seen_at",
                "The child was seen between when the concern was received and now. Check the time.",
                "time_not_possible",
            )
        )
    if visit.seen_by is None:
        problems.append(Problem("/seen_by", "Say who saw the child.", "missing"))
    if visit.alone is None:
        problems.append(Problem("/alone", "Say whether the child was spoken to alone.", "missing"))
    elif visit.alone:
        surplus("not_alone_because")
    elif visit.not_alone_because is None:
        problems.append(Problem("/not_alone_because", "Say why not alone.", "missing"))
    return problems


def incomplete(problems: Sequence[Problem]) -> EnquiryIncomplete:
    """The refusal that names everything that is missing or does not fit."""
    return EnquiryIncomplete(
        "Something is missing or does not fit. Put right what is named and send it again.",
        problems=list(problems),
    )
