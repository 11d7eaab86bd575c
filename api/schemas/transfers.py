"""Step-ups and step-downs on the wire: as asked for, as answered, with every move and clock."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.actions import what_can_be_done
from api.schemas.deadlines import Deadline
from api.schemas.fields import WireOut
from api.schemas.transfer_acts import PlanLine, plan_line
from api.schemas.words import (
    EXAMPLE_ID,
    AskedBy,
    ChallengeReference,
    ChildOnContactId,
    DoneAt,
    ETagVersion,
    ItsChallengeId,
    PersonId,
    a_reference,
    an_id,
)
from service.domain import transfers
from service.domain.decisions import StatutoryBasis
from service.domain.transfer_waits import WaitsFor, waits_for
from service.domain.transfers import (
    Direction,
    FamilyAgreement,
    Party,
    TransferAction,
    TransferState,
    accountable_party,
    allowed,
)
from service.strict.fields import LARGEST, Instant
from service.usecases.transfers import WholeTransfer

_EVIDENCE = (
    "Amara has come to school with new bruises twice this month, and the accounts given of them "
    "differ. Early help cannot keep her safe: the family no longer lets the worker in."
)
_PLAN = [
    {
        "outcome": "Amara is fed and in school every day.",
        "action": "Weekly visits, and the breakfast club.",
        "who": "Family support worker",
        "by_on": "2026-12-11",
    }
]
_MINUTE = timedelta(minutes=1)

TransferId = Annotated[UUID, Path(description="The transfer.", examples=[EXAMPLE_ID])]


class TransferStep(WireOut):
    """One move of a transfer, never changed."""

    action: Annotated[TransferAction, Field(description="What was done.", examples=["open"])]
    state: Annotated[
        TransferState, Field(description="The state that it led to.", examples=["opened"])
    ]
    at: DoneAt
    minutes_since_last: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST)] | None,
        Field(
            description="Whole minutes since the move before; null for the first.", examples=[95]
        ),
    ]
    by: Annotated[UUID | None, an_id("Who; null where it followed from something else.")]
    code: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The coded reason, closure or agreement given with it.",
            examples=["risk_increased"],
        ),
    ]
    words: Annotated[
        str | None,
        Field(max_length=20_000, description="In their own words.", examples=[_EVIDENCE]),
    ]


class ChallengeInShort(WireOut):
    """A challenge to the refusal of a transfer: where it stands is read there."""

    id: ItsChallengeId
    reference: ChallengeReference


class Transfer(WireOut):
    """A step-up or step-down: who asks whom for what, where it stands, and everything done to it.

    Responsibility moves on acceptance alone.
    """

    id: Annotated[UUID, an_id("The transfer.")]
    reference: Annotated[str, a_reference("Human reference.", "T-7K3MA-9TQ4R")]
    version: ETagVersion
    direction: Annotated[
        Direction, Field(description="step_up or step_down.", examples=["step_up"])
    ]
    asked_by: Annotated[Party, Field(description="sender or receiver.", examples=["sender"])]
    contact_id: Annotated[UUID, an_id("The contact it all began with.")]
    child_id: ChildOnContactId
    person_id: PersonId
    referral_id: Annotated[
        UUID | None,
        Field(
            description="Social care's case; of a step-up, once it is accepted.", examples=[None]
        ),
    ]
    early_help_episode_id: Annotated[
        UUID | None, an_id("Early help's case; of a step-down, while it is accepted.")
    ]
    state: Annotated[
        TransferState, Field(description="Where it stands.", examples=["refusal_pending"])
    ]
    waits_for: Annotated[
        WaitsFor | None,
        Field(description="What it waits for; null once it has ended.", examples=["opening"]),
    ]
    possible_actions: Annotated[
        list[TransferAction],
        Field(
            max_length=20,
            description=what_can_be_done(TransferAction),
            examples=[["open", "withdraw"]],
        ),
    ]
    accountable_party: Annotated[
        Party | None,
        Field(
            description="Which side answers for the child now; null once it has ended.",
            examples=["sender"],
        ),
    ]
    reason_code: Annotated[
        str,
        Field(
            max_length=64, description="Why it is asked for, coded.", examples=["risk_increased"]
        ),
    ]
    evidence: Annotated[
        str,
        Field(
            max_length=20_000,
            description="The evidence against the threshold.",
            examples=[_EVIDENCE],
        ),
    ]
    sender_team_id: Annotated[
        str,
        Field(
            max_length=64,
            description="The team that held the child when it was asked for.",
            examples=["early-help-spoc"],
        ),
    ]
    receiver_team_id: Annotated[
        str,
        Field(
            max_length=64,
            description="The team that it is put to; once accepted, the one that takes the child.",
            examples=["mash"],
        ),
    ]
    receiver_worker_id: Annotated[
        UUID | None, Field(description="The named receiving practitioner.", examples=[None])
    ]
    statutory_basis: Annotated[
        StatutoryBasis | None,
        Field(description="Of a step-up: section 17 or 47.", examples=["section_17"]),
    ]
    plan: Annotated[
        list[PlanLine],
        Field(max_length=50, description="The plan of a step-down.", examples=[_PLAN]),
    ]
    family_agreement: Annotated[
        FamilyAgreement,
        Field(
            description="Where the family's agreement to a step-down stands.",
            examples=["not_yet_asked"],
        ),
    ]
    requested_at: Annotated[Instant, Field(description="When it was asked for.")]
    requested_by: AskedBy
    opened_at: Annotated[
        Instant | None, Field(description="When the other side first saw it; not the answer.")
    ]
    answered_at: Annotated[
        Instant | None, Field(description="When it was last accepted or refused.")
    ]
    answered_by: Annotated[
        UUID | None, Field(description="Who accepted or refused it.", examples=[None])
    ]
    refusal_code: Annotated[
        str | None,
        Field(max_length=64, description="Why it was refused, coded.", examples=[None]),
    ]
    refusal_agreed_at: Annotated[
        Instant | None, Field(description="When the manager of who asked agreed to the refusal.")
    ]
    accepted_at: Annotated[
        Instant | None,
        Field(description="When it was accepted: responsibility moved at this instant."),
    ]
    family_agreed_at: Annotated[Instant | None, Field(description="When the family agreed.")]
    first_visit_at: Annotated[Instant | None, Field(description="When early help first visited.")]
    returned_at: Annotated[
        Instant | None, Field(description="When it last went back to the sender.")
    ]
    completed_at: Annotated[Instant | None, Field(description="When it was complete.")]
    ended_at: Annotated[
        Instant | None, Field(description="When it ended, in whichever way; null while open.")
    ]
    meeting_owed_since: Annotated[
        Instant | None,
        Field(
            description="Since when a strategy meeting is owed, because harm was disclosed; null "
            "for any other transfer."
        ),
    ]
    meeting_settled_at: Annotated[
        Instant | None,
        Field(
            description="When the meeting was recorded, was found not to be needed, or became the "
            "referral's own to hold; null while it is owed, the transfer ended or not."
        ),
    ]
    meeting_held_at: Annotated[
        Instant | None,
        Field(description="When the strategy discussion was held, where it was before a referral."),
    ]
    steps: Annotated[
        list[TransferStep],
        Field(max_length=1000, description="Every move, oldest first.", examples=[[]]),
    ]
    deadlines: Annotated[
        list[Deadline],
        Field(max_length=1000, description="Every clock that runs or ran on it.", examples=[[]]),
    ]
    challenges: Annotated[
        list[ChallengeInShort],
        Field(max_length=100, description="What was said against its refusal.", examples=[[]]),
    ]

    @classmethod
    def of(cls, whole: WholeTransfer) -> Self:
        """As both sides see it."""
        transfer = whole.transfer
        return cls.taken_from(
            transfer,
            plan=[plan_line(line) for line in transfer.plan],
            waits_for=waits_for(transfer),
            possible_actions=allowed(transfer),
            accountable_party=accountable_party(transfer),
            steps=steps_out(whole.steps),
            deadlines=whole.deadlines,
            challenges=whole.challenges,
        )


def steps_out(steps: Sequence[transfers.TransferStep]) -> list[TransferStep]:
    """The moves of one transfer, oldest first, each with the time since the one before."""
    return [
        TransferStep.made_of(
            {
                "action": step.action,
                "state": step.state,
                "at": step.at,
                "minutes_since_last": None if last is None else (step.at - last.at) // _MINUTE,
                "by": step.by,
                "code": step.code,
                "words": step.words,
            }
        )
        for last, step in _with_the_last(steps)
    ]


def _with_the_last(
    steps: Sequence[transfers.TransferStep],
) -> Iterator[tuple[transfers.TransferStep | None, transfers.TransferStep]]:
    return zip(chain([None], steps), steps, strict=False)
