"""What each list can be narrowed by, in its query: the wire's names, and the domain's for them.

A query is read into one of these and becomes the domain's filters as it is: a field bears the
domain's name, and the wire's, where that is another, is its alias.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from api.schemas.fields import FlagParameter, QueryPart, WholeParameter
from service.domain.access import Role
from service.domain.accountabilities import CareService
from service.domain.assessments import AssessmentState
from service.domain.challenges import ChallengedThing, ChallengeOutcome, ChallengeState
from service.domain.contact_kinds import ContactKind
from service.domain.contacts import ContactState
from service.domain.deadlines import Rating
from service.domain.emergency_acts import EmergencyActState
from service.domain.flags import Severity
from service.domain.holders import HeldWork
from service.domain.information_requests import InformationRequestState
from service.domain.missing_episodes import MissingState
from service.domain.passed_concerns import PassedConcernState
from service.domain.referrals import CaseState
from service.domain.section_47_enquiries import EnquiryState
from service.domain.strategy_meetings import MeetingState
from service.domain.transfer_waits import WaitsFor
from service.domain.transfers import Direction, TransferState
from service.domain.whole_contacts import RequestOrder
from service.strict.fields import Id, Instant, Line, Reference


def several(wire_name: str, most: int, description: str, example: str) -> Any:
    """A filter that may be given several times: its name in the query, and how often."""
    return Field(alias=wire_name, max_length=most, description=description, examples=[[example]])


_Word = Annotated[str, Line(64)]
_Words = Sequence[_Word]
_Sources = Annotated[
    Sequence[Annotated[str, Line(4)]],
    several("source_code", 30, "Only these source codes.", "2A"),
]
_Ratings = Annotated[
    Sequence[Rating],
    several("rating", 3, "Only these ratings.", "red"),
]
_Kinds = Annotated[
    Sequence[ContactKind],
    several("kind", 10, "Only contacts of these kinds.", "concern"),
]
_Town = Annotated[
    Annotated[str, Line(100)] | None,
    Field(description="Only contacts from this town.", examples=["Riverbourne"]),
]
_Teams = Annotated[
    _Words,
    several("team_id", 30, "Only what these teams hold.", "assessment-north"),
]
_Holder = Annotated[Id | None, Field(description="Only what this worker holds.")]
_Unallocated = Annotated[FlagParameter, Field(description="Only what nobody works yet.")]
_WorkerSuspended = Annotated[
    FlagParameter, Field(description="Only what is with somebody whose access is suspended.")
]
_OfContact = Annotated[Id | None, Field(description="Only what came of this contact.")]
_OfPerson = Annotated[Id | None, Field(description="Only this child, across contacts.")]
_ReceivedFrom = Annotated[Instant | None, Field(description="Received at this instant or later.")]
_ReceivedTo = Annotated[Instant | None, Field(description="Received before this instant.")]


class QueueQuery(QueryPart):
    """What a queue is narrowed by."""

    source_codes: _Sources = ()
    ratings: _Ratings = ()
    assignee_id: Annotated[Id | None, Field(description="Only what this worker works.")] = None
    unassigned: _Unallocated = False
    worker_suspended: _WorkerSuspended = False
    town: _Town = None
    kinds: _Kinds = ()


class FlagQuery(QueryPart):
    """What the list of flags is narrowed by."""

    severities: Annotated[
        Sequence[Severity],
        several("severity", 2, "Only these severities.", "breach"),
    ] = ()
    kinds: Annotated[
        _Words,
        several("kind", 30, "Only these timescales.", "contact_to_referral"),
    ] = ()
    owner_roles: Annotated[
        Sequence[Role],
        several("owner_role", 11, "Only what these roles own.", "mash_worker"),
    ] = ()
    acknowledged: Annotated[
        FlagParameter | None,
        Field(description="Only those that somebody, or nobody, has taken on.", examples=[False]),
    ] = None
    escalated: Annotated[
        FlagParameter | None,
        Field(description="Only those that were, or were not, escalated.", examples=[True]),
    ] = None
    contact_id: Annotated[Id | None, Field(description="Only those of this contact.")] = None
    each: Annotated[
        FlagParameter,
        Field(
            description="Each flag by itself, and not one a contact with the others inside it.",
            examples=[False],
        ),
    ] = False


class AccountabilityQuery(QueryPart):
    """What the list of accountability is narrowed by."""

    service: Annotated[
        CareService | None, Field(description="Only what this side holds.", examples=["early_help"])
    ] = None
    team_ids: _Teams = ()
    worker_id: _Holder = None
    unallocated: _Unallocated = False
    worker_suspended: _WorkerSuspended = False
    person_id: _OfPerson = None


class WorkerQuery(QueryPart):
    """What the list of workers is narrowed by."""

    team_id: Annotated[
        _Word | None, Field(description="Only members of this team.", examples=["mash"])
    ] = None
    may_hold: Annotated[
        HeldWork | None,
        Field(
            description=(
                "Only those to whom such work can be given: by the roles that they signed in with "
                "last, and with access."
            ),
            examples=["referral"],
        ),
    ] = None
    suspended: Annotated[
        FlagParameter | None,
        Field(description="Only those whose access is, or is not, suspended."),
    ] = None


class SuspensionQuery(QueryPart):
    """What the list of suspensions is narrowed by."""

    in_force: Annotated[
        FlagParameter | None,
        Field(description="Only those in force (true), or only those lifted (false)."),
    ] = None


class ContactQuery(QueryPart):
    """What the list of contacts is narrowed by."""

    states: Annotated[
        Sequence[ContactState],
        several("state", 10, "Only these states.", "received"),
    ] = ()
    source_codes: _Sources = ()
    ratings: _Ratings = ()
    reference: Annotated[
        Reference | None,
        Field(description="The one with this reference.", examples=["C-7K3MA-9TQ4R"]),
    ] = None
    received_from: _ReceivedFrom = None
    received_to: _ReceivedTo = None
    sender_organisation_id: Annotated[
        _Word | None,
        Field(description="Sent by this organisation.", examples=["riverbourne-police"]),
    ] = None
    kinds: _Kinds = ()


class SentQuery(QueryPart):
    """What a sender's list of its own is narrowed by."""

    sender_reference: Annotated[
        Annotated[str, Line(100)] | None,
        Field(description="The ones with this reference of yours.", examples=["POL-2026-00017"]),
    ] = None
    received_from: _ReceivedFrom = None
    received_to: _ReceivedTo = None


class RequestQuery(QueryPart):
    """What the list of information requests is narrowed by, and its order."""

    states: Annotated[
        Sequence[InformationRequestState],
        several("state", 3, "Only these states.", "asked"),
    ] = ()
    organisation_ids: Annotated[
        _Words,
        several("organisation_id", 30, "Only to these agencies.", "mill-lane-primary"),
    ] = ()
    sort: Annotated[
        RequestOrder,
        Field(
            description=(
                "`asked_at`: newest first. `due_at`: soonest limit first, overdue on top; those "
                "that wait for an answer, unless `state` says otherwise."
            ),
            examples=["due_at"],
        ),
    ] = RequestOrder.asked_at


class CaseQuery(QueryPart):
    """What the lists of referrals and of early help episodes are narrowed by."""

    states: Annotated[
        Sequence[CaseState],
        several("state", 4, "Only these states.", "awaiting_allocation"),
    ] = ()
    team_ids: _Teams = ()
    worker_id: _Holder = None
    contact_id: _OfContact = None
    person_id: _OfPerson = None


class TransferQuery(QueryPart):
    """What lists and exports of transfers are narrowed by; all that are given hold together."""

    direction: Annotated[
        Direction | None, Field(description="Only this direction.", examples=["step_down"])
    ] = None
    states: Annotated[
        Sequence[TransferState],
        several("state", 11, "Only these states.", "refusal_pending"),
    ] = ()
    open: Annotated[
        FlagParameter | None, Field(description="Only open ones (true) or ended ones (false).")
    ] = None
    waits_for: Annotated[
        Sequence[WaitsFor],
        Field(
            max_length=9, description="Only open ones that wait for these.", examples=[["answer"]]
        ),
    ] = ()
    waiting_over_working_days: Annotated[
        Annotated[int, WholeParameter(0, 1000)] | None,
        Field(
            description="Only open ones that were asked for more than so many working days ago.",
            examples=[5],
        ),
    ] = None
    stuck: Annotated[
        FlagParameter | None,
        Field(description="Only those with a running limit that has passed (true), or without."),
    ] = None
    town: _Town = None
    reason_codes: Annotated[
        _Words,
        several("reason_code", 30, "Only these reasons.", "risk_increased"),
    ] = ()
    refusal_codes: Annotated[
        _Words,
        several(
            "refusal_code",
            30,
            "Only those once refused for these reasons, whatever became of it.",
            "below_threshold",
        ),
    ] = ()
    sender_team_ids: Annotated[
        _Words,
        several("sender_team_id", 30, "Only from these teams.", "family-centres"),
    ] = ()
    receiver_team_ids: Annotated[
        _Words,
        several("receiver_team_id", 30, "Only to these teams.", "mash"),
    ] = ()
    person_id: _OfPerson = None
    contact_id: _OfContact = None
    requested_from: Annotated[
        Instant | None, Field(description="Only those asked for at this instant or later.")
    ] = None
    requested_to: Annotated[
        Instant | None, Field(description="Only those asked for before this instant.")
    ] = None
    refused_from: Annotated[
        Instant | None,
        Field(description="Only those refused at this instant or later, whatever became of it."),
    ] = None
    refused_to: Annotated[
        Instant | None,
        Field(description="Only those refused before this instant, whatever became of it."),
    ] = None
    challenged: Annotated[
        FlagParameter | None,
        Field(description="Only those whose refusal was ever challenged (true), or never was."),
    ] = None
    challenge_outcomes: Annotated[
        Sequence[ChallengeOutcome],
        several("challenge_outcome", 5, "Only those whose challenge ended so.", "upheld"),
    ] = ()
    raised_by: Annotated[
        Id | None, Field(description="Only those whose refusal this account challenged.")
    ] = None


class ChallengeQuery(QueryPart):
    """What the list of challenges is narrowed by."""

    states: Annotated[
        Sequence[ChallengeState],
        several("state", 5, "Only these states.", "raised"),
    ] = ()
    is_open: Annotated[
        FlagParameter | None,
        Field(alias="open", description="Only those that have not ended, or only those that have."),
    ] = None
    stage: Annotated[
        Annotated[int, WholeParameter(1, 9)] | None,
        Field(description="Only those at this stage, or that ended at it.", examples=[1]),
    ] = None
    outcomes: Annotated[
        Sequence[ChallengeOutcome],
        several("outcome", 5, "Only those that ended so.", "changed"),
    ] = ()
    thing: Annotated[
        ChallengedThing | None,
        Field(description="Only challenges of a decision, or of a refusal.", examples=["decision"]),
    ] = None
    answering_role: Annotated[
        Role | None,
        Field(
            description="Only those whose stage this role answers, or answered last.",
            examples=["mash_manager"],
        ),
    ] = None
    person_id: _OfPerson = None
    contact_id: Annotated[Id | None, Field(description="Only about this contact.")] = None
    raised_from: Annotated[
        Instant | None, Field(description="Raised at this instant or later.")
    ] = None
    raised_to: Annotated[Instant | None, Field(description="Raised before this instant.")] = None


class MeetingQuery(QueryPart):
    """What the list of strategy meetings is narrowed by."""

    states: Annotated[
        Sequence[MeetingState],
        several("state", 5, "Only these states.", "called"),
    ] = ()
    person_id: Annotated[
        Id | None, Field(description="Only those about this child, across contacts.")
    ] = None
    referral_id: Annotated[
        Id | None, Field(description="Only those about this referral's child.")
    ] = None
    contact_id: Annotated[
        Id | None, Field(description="Only those about children referred from this contact.")
    ] = None


class EnquiryQuery(QueryPart):
    """What the list of section 47 enquiries is narrowed by."""

    states: Annotated[
        Sequence[EnquiryState],
        several("state", 3, "Only these states.", "awaiting_conference"),
    ] = ()
    person_id: _OfPerson = None
    referral_id: Annotated[Id | None, Field(description="Only those in this referral.")] = None
    contact_id: _OfContact = None


class AssessmentQuery(QueryPart):
    """What the list of single assessments is narrowed by."""

    states: Annotated[
        Sequence[AssessmentState],
        several("state", 4, "Only these states.", "awaiting_authorisation"),
    ] = ()
    person_id: _OfPerson = None
    referral_id: Annotated[Id | None, Field(description="Only those of this referral.")] = None


class MissingQuery(QueryPart):
    """What the list of missing episodes is narrowed by."""

    states: Annotated[
        Sequence[MissingState],
        several("state", 6, "Only these states.", "missing"),
    ] = ()
    person_id: _OfPerson = None
    contact_id: _OfContact = None


class PassedConcernQuery(QueryPart):
    """What the list of passed concerns is narrowed by."""

    states: Annotated[
        Sequence[PassedConcernState],
        several("state", 3, "Only these states.", "waiting"),
    ] = ()
    service: Annotated[
        CareService | None,
        Field(description="Only those that this side was to read.", examples=["social_care"]),
    ] = None
    person_id: _OfPerson = None
    contact_id: _OfContact = None
    referral_id: Annotated[
        Id | None, Field(description="Only those that the holder of this referral was to read.")
    ] = None
    early_help_episode_id: Annotated[
        Id | None, Field(description="Only those that the holder of this episode was to read.")
    ] = None


class EmergencyActQuery(QueryPart):
    """What the list of emergency acts is narrowed by."""

    states: Annotated[
        Sequence[EmergencyActState],
        several("state", 4, "Only these states.", "awaiting_sign_off"),
    ] = ()
    person_id: _OfPerson = None
    contact_id: _OfContact = None
