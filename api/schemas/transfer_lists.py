"""Transfers in lists and queues: how old, what each waits for, how long each step took."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.words import (
    AskedBy,
    ChallengeReference,
    ChildOnContactId,
    DoneAt,
    ItsChallengeId,
    PersonId,
    a_reference,
    an_id,
)
from service.domain import transfer_lists
from service.domain.challenges import ChallengedThing, ChallengeOutcome, ChallengeState
from service.domain.transfer_waits import WaitsFor
from service.domain.transfers import (
    Direction,
    FamilyAgreement,
    Party,
    TransferAction,
    TransferState,
)
from service.policy import Policy
from service.strict.fields import LARGEST, Instant

_Team = Annotated[str, Field(max_length=64)]
_Code = Annotated[str, Field(max_length=64)]
_Minutes = Annotated[int, Field(ge=0, le=LARGEST)]


class StepTimes(WireOut):
    """How long each finished step of a transfer took, in minutes; null while it is not finished.

    Counted as the clocks run: opening, answer and the family's agreement from the (last) request.
    """

    opening_minutes: Annotated[
        _Minutes | None, Field(description="From the request until it was opened.", examples=[75])
    ]
    answer_minutes: Annotated[
        _Minutes | None,
        Field(
            description="From the request until it was last accepted or refused.", examples=[310]
        ),
    ]
    family_agreement_minutes: Annotated[
        _Minutes | None,
        Field(description="From the request until the family agreed.", examples=[1440]),
    ]
    first_visit_minutes: Annotated[
        _Minutes | None,
        Field(description="From the acceptance until early help first visited.", examples=[4320]),
    ]
    completion_minutes: Annotated[
        _Minutes | None,
        Field(description="From the first visit until a step-down was complete.", examples=[2880]),
    ]


class TransferInQueue(WireOut):
    """A transfer in a line of a queue: between whom, how old, what it waits for, since when."""

    direction: Annotated[
        Direction, Field(description="Which way the child passes.", examples=["step_up"])
    ]
    asked_by: Annotated[
        Party,
        Field(
            description="`sender`, who hands over, or `receiver`, who asks for the case.",
            examples=["sender"],
        ),
    ]
    state: Annotated[TransferState, Field(description="Where it stands.", examples=["requested"])]
    reason_code: Annotated[
        _Code, Field(description="Why it was asked for, coded.", examples=["risk_increased"])
    ]
    sender_team_id: Annotated[
        _Team, Field(description="The team that hands over.", examples=["family-centres"])
    ]
    receiver_team_id: Annotated[
        _Team, Field(description="The team that is to take the child on.", examples=["mash"])
    ]
    requested_at: Annotated[Instant, Field(description="When it was asked for.")]
    age_minutes: Annotated[
        _Minutes, Field(description="How old it is, or became, in minutes.", examples=[310])
    ]
    age_working_days: Annotated[
        _Minutes,
        Field(
            description="How many working days have begun since the day it was asked for.",
            examples=[1],
        ),
    ]
    waits_for: Annotated[
        WaitsFor | None,
        Field(description="What it waits for; null once it has ended.", examples=["opening"]),
    ]
    waiting_since: Annotated[Instant | None, Field(description="Since when it waits for that.")]
    stuck_at: Annotated[
        Instant | None,
        Field(description="The soonest limit that runs on it; it is stuck when that has passed."),
    ]
    stuck: Annotated[
        bool, Field(description="Whether a limit that runs on it has passed.", examples=[False])
    ]
    steps: Annotated[StepTimes, Field(description="How long each finished step took.")]

    @classmethod
    def of(
        cls, listed: transfer_lists.ListedTransfer, now: datetime, policy: Policy
    ) -> "TransferInQueue":
        """A transfer as it stands at `now`."""
        one = listed.transfer
        return cls.made_of(
            {
                "direction": one.direction,
                "asked_by": one.asked_by,
                "state": one.state,
                "reason_code": one.reason_code,
                "sender_team_id": one.sender_team_id,
                "receiver_team_id": one.receiver_team_id,
                "requested_at": one.requested_at,
                "age_minutes": listed.age_minutes(now),
                "age_working_days": working_days_old(listed, now, policy),
                "waits_for": listed.waits_for,
                "waiting_since": listed.waiting_since,
                "stuck_at": listed.stuck_at,
                "stuck": listed.stuck(now),
                "steps": StepTimes.of(listed.times),
            }
        )


def working_days_old(listed: transfer_lists.ListedTransfer, now: datetime, policy: Policy) -> int:
    """How many working days have begun since the day it was asked for, until it ended."""
    return policy.working_days_old(listed.transfer.requested_at, listed.transfer.ended_at or now)


class ChallengeInQueue(WireOut):
    """A challenge in a line of a queue: of what, at which stage, who answers."""

    thing: Annotated[
        ChallengedThing, Field(description="What somebody disagrees with.", examples=["refusal"])
    ]
    state: Annotated[
        ChallengeState, Field(description="Where the challenge stands.", examples=["raised"])
    ]
    stage: Annotated[
        int, Field(ge=1, le=100, description="The stage it is at, from 1.", examples=[1])
    ]
    answering_role: Annotated[
        str,
        Field(
            max_length=64,
            description="The role whose manager answers at this stage.",
            examples=["mash_manager"],
        ),
    ]
    raised_at: Annotated[Instant, Field(description="When it was raised.")]


class ListedChallenge(ChallengeInQueue):
    """A challenge of a transfer's refusal, in short: by whom, at which stage, with what result."""

    id: ItsChallengeId
    reference: ChallengeReference
    raised_by: Annotated[UUID, an_id("Who raised it.")]
    raised_by_organisation_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The partner agency that raised it, if one did.",
            examples=["mill-lane-primary"],
        ),
    ]
    outcome: Annotated[
        ChallengeOutcome | None,
        Field(description="How it ended; null while it is open.", examples=["upheld"]),
    ]
    ended_at: Annotated[Instant | None, Field(description="When it ended; null while it is open.")]


class ListedStep(WireOut):
    """One move of a transfer in a list; its words are in the transfer itself."""

    action: Annotated[TransferAction, Field(description="What was done.", examples=["refuse"])]
    state: Annotated[
        TransferState, Field(description="The state it led to.", examples=["refusal_pending"])
    ]
    at: DoneAt
    by: Annotated[UUID | None, an_id("Who; null when the service itself.")]
    code: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The coded reason, or the family's agreement.",
            examples=["below_threshold"],
        ),
    ]


class ListedTransfer(WireOut):
    """A transfer in a list, with its history and its challenges in short, without what was said."""

    id: Annotated[UUID, an_id("The transfer.")]
    reference: Annotated[str, a_reference("Human reference.", "T-7K3MA-9TQ4R")]
    version: Annotated[int, Field(ge=1, le=LARGEST, description="The version.", examples=[1])]
    direction: Annotated[
        Direction, Field(description="Which way the child passes.", examples=["step_up"])
    ]
    asked_by: Annotated[
        Party,
        Field(
            description="`sender`, who hands over, or `receiver`, who asks for the case.",
            examples=["sender"],
        ),
    ]
    state: Annotated[
        TransferState, Field(description="Where it stands.", examples=["refusal_pending"])
    ]
    waits_for: Annotated[
        WaitsFor | None,
        Field(
            description="What it waits for; null once it has ended.", examples=["refusal_agreement"]
        ),
    ]
    waiting_since: Annotated[Instant | None, Field(description="Since when it waits for that.")]
    stuck_at: Annotated[
        Instant | None,
        Field(description="The soonest limit that runs on it; it is stuck when that has passed."),
    ]
    stuck: Annotated[
        bool, Field(description="Whether a limit that runs on it has passed.", examples=[False])
    ]
    age_minutes: Annotated[
        _Minutes, Field(description="How old it is, or became, in minutes.", examples=[310])
    ]
    age_working_days: Annotated[
        _Minutes,
        Field(
            description="How many working days have begun since the day it was asked for.",
            examples=[1],
        ),
    ]
    reason_code: Annotated[
        _Code, Field(description="Why it was asked for, coded.", examples=["risk_increased"])
    ]
    refused_at: Annotated[
        Instant | None, Field(description="When it was last refused, whatever became of it.")
    ]
    refusal_code: Annotated[
        str | None,
        Field(
            max_length=64,
            description="Why it was last refused, coded, whatever became of it.",
            examples=["below_threshold"],
        ),
    ]
    sender_team_id: Annotated[
        _Team, Field(description="The team that hands over.", examples=["family-centres"])
    ]
    receiver_team_id: Annotated[
        _Team, Field(description="The team that is to take the child on.", examples=["mash"])
    ]
    receiver_worker_id: Annotated[UUID | None, an_id("The named receiving practitioner.")]
    accountable_team_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The one team that answers for the child now; null when none holds it.",
            examples=["family-centres"],
        ),
    ]
    town: Annotated[str | None, Field(max_length=100, description="Town.", examples=["Weir"])]
    contact_id: Annotated[UUID, an_id("The contact it all began with.")]
    child_id: ChildOnContactId
    person_id: PersonId
    referral_id: Annotated[
        UUID | None, an_id("Social care's case: the sender's, or the receiver's once accepted.")
    ]
    early_help_episode_id: Annotated[
        UUID | None, an_id("Early help's case: the sender's, or the receiver's once accepted.")
    ]
    family_agreement: Annotated[
        FamilyAgreement,
        Field(description="Whether the family agrees to early help.", examples=["asked"]),
    ]
    requested_at: Annotated[Instant, Field(description="When it was asked for.")]
    requested_by: AskedBy
    opened_at: Annotated[Instant | None, Field(description="When it was opened.")]
    answered_at: Annotated[
        Instant | None, Field(description="When it was last accepted or refused.")
    ]
    refusal_agreed_at: Annotated[
        Instant | None, Field(description="When who asked agreed to the refusal.")
    ]
    accepted_at: Annotated[
        Instant | None, Field(description="When it was accepted: responsibility moved then.")
    ]
    family_agreed_at: Annotated[Instant | None, Field(description="When the family agreed.")]
    first_visit_at: Annotated[Instant | None, Field(description="When early help first visited.")]
    returned_at: Annotated[
        Instant | None, Field(description="When it last went back to the sender.")
    ]
    completed_at: Annotated[Instant | None, Field(description="When it was complete.")]
    ended_at: Annotated[Instant | None, Field(description="When it ended, in whichever way.")]
    step_times: Annotated[StepTimes, Field(description="How long each finished step took.")]
    steps: Annotated[
        list[ListedStep], Field(max_length=1000, description="Every move of it, in order.")
    ]
    challenges: Annotated[
        list[ListedChallenge],
        Field(max_length=100, description="The challenges of its refusals, in order."),
    ]

    @classmethod
    def of(
        cls, listed: transfer_lists.ListedTransfer, now: datetime, policy: Policy
    ) -> "ListedTransfer":
        """A transfer as it stands at `now`."""
        one, refused = listed.transfer, listed.refused
        return cls.made_of(
            {
                "id": one.id,
                "reference": one.reference,
                "version": one.version,
                "direction": one.direction,
                "asked_by": one.asked_by,
                "state": one.state,
                "waits_for": listed.waits_for,
                "waiting_since": listed.waiting_since,
                "stuck_at": listed.stuck_at,
                "stuck": listed.stuck(now),
                "age_minutes": listed.age_minutes(now),
                "age_working_days": working_days_old(listed, now, policy),
                "reason_code": one.reason_code,
                "refused_at": None if refused is None else refused.at,
                "refusal_code": None if refused is None else refused.code,
                "sender_team_id": one.sender_team_id,
                "receiver_team_id": one.receiver_team_id,
                "receiver_worker_id": one.receiver_worker_id,
                "accountable_team_id": listed.accountable_team_id,
                "town": listed.town,
                "contact_id": one.contact_id,
                "child_id": one.child_id,
                "person_id": one.person_id,
                "referral_id": one.referral_id,
                "early_help_episode_id": one.early_help_episode_id,
                "family_agreement": one.family_agreement,
                "requested_at": one.requested_at,
                "requested_by": one.requested_by,
                "opened_at": one.opened_at,
                "answered_at": one.answered_at,
                "refusal_agreed_at": one.refusal_agreed_at,
                "accepted_at": one.accepted_at,
                "family_agreed_at": one.family_agreed_at,
                "first_visit_at": one.first_visit_at,
                "returned_at": one.returned_at,
                "completed_at": one.completed_at,
                "ended_at": one.ended_at,
                "step_times": StepTimes.of(listed.times),
                "steps": [ListedStep.of(step) for step in listed.steps],
                "challenges": [ListedChallenge.of(each) for each in listed.challenges],
            }
        )
