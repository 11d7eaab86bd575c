"""Step-ups and step-downs on the wire: as asked for, as answered, with every move and clock."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from itertools import chain
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.actions import what_can_be_done
from api.schemas.deadlines import Deadline
from api.schemas.fields import WireOut
from service.domain import transfers
from service.domain.acceptances import Acceptance
from service.domain.decisions import StatutoryBasis
from service.domain.transfers import (
    Direction,
    FamilyAgreement,
    Party,
    TransferAction,
    TransferState,
    WaitsFor,
    accountable_party,
    allowed,
    waits_for,
)
from service.strict.fields import LARGEST, DateOn, Flag, Id, Instant, Line, Text, Wire
from service.usecases.transfers import NewTransfer, WholeTransfer

_ID = "01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"
_EVIDENCE = (
    "Amara has come to school with new bruises twice this month, and the accounts given of them "
    "differ. Early help cannot keep her safe: the family no longer lets the worker in."
)
_WORDS = "I have read the evidence and spoken with the worker; the level fits what was seen."
_PLAN = [
    {
        "outcome": "Amara is fed and in school every day.",
        "action": "Weekly visits, and the breakfast club.",
        "who": "Family support worker",
        "by_on": "2026-12-11",
    }
]
_MINUTE = timedelta(minutes=1)

TransferId = Annotated[UUID, Path(description="The transfer.", examples=[_ID])]
Words = Annotated[str, Text(8000)]


class PlanLine(Wire):
    """One line of a step-down plan."""

    outcome: Annotated[
        Annotated[str, Text(2000)],
        Field(description="The outcome expected.", examples=[_PLAN[0]["outcome"]]),
    ]
    action: Annotated[
        Annotated[str, Text(2000)],
        Field(description="What is done for it.", examples=[_PLAN[0]["action"]]),
    ]
    who: Annotated[
        Annotated[str, Line(200)],
        Field(description="Who does it.", examples=[_PLAN[0]["who"]]),
    ]
    by_on: Annotated[
        DateOn, Field(description="By which day, in London.", examples=[_PLAN[0]["by_on"]])
    ]


Plan = Annotated[list[PlanLine], Field(max_length=50)]


def _told(plan: Sequence[PlanLine]) -> list[transfers.PlanLine]:
    return [transfers.PlanLine(**dict(line)) for line in plan]


class TransferCreate(Wire):
    """A step-up or a step-down as it is asked for. Until it is accepted nothing moves."""

    direction: Annotated[
        Direction,
        Field(
            description=(
                "`step_up`, from early help to social care; `step_down`, from social care to "
                "early help."
            ),
            examples=["step_up"],
        ),
    ]
    case_id: Annotated[
        Id,
        Field(
            description=(
                "The sender's case, whoever asks: the early help episode of a step-up, the "
                "referral of a step-down."
            ),
            examples=[_ID],
        ),
    ]
    asked_by: Annotated[
        Party,
        Field(
            description=(
                "`sender`, who hands the child over; `receiver`, whose manager asks for a case "
                "that the other side holds."
            ),
            examples=["sender"],
        ),
    ] = Party.sender
    reason_code: Annotated[
        Annotated[str, Line(64)],
        Field(
            description=(
                "Why, coded: a key of the policy's `step_up_reasons` or `step_down_reasons`."
            ),
            examples=["risk_increased"],
        ),
    ]
    evidence: Annotated[
        Annotated[str, Text(20_000)],
        Field(
            description="The evidence against the threshold. Stock phrases are refused.",
            examples=[_EVIDENCE],
        ),
    ]
    receiving_team_id: Annotated[
        Annotated[str, Line(64)] | None,
        Field(
            description=(
                "The team that is to take the child on. Needed when the receiver asks; a step-up "
                "is put to the front door, a step-down to early help's first team, when left out."
            ),
            examples=["assessment-north"],
        ),
    ] = None
    receiving_worker_id: Annotated[
        Id | None,
        Field(
            description=(
                "The practitioner who is to take the child on, from `GET /v1/workers`. Needed for "
                "a step-down, except in one family help service, where the lead may stay."
            ),
            examples=[None],
        ),
    ] = None
    statutory_basis: Annotated[
        StatutoryBasis | None,
        Field(
            description="For a step-up: section 17 or 47. Needed when the receiver asks.",
            examples=["section_17"],
        ),
    ] = None
    plan: Annotated[
        Plan,
        Field(
            description=(
                "For a step-down: outcomes, actions, who and by when. Needed when the sender "
                "asks; when the receiver asks, at the latest by who accepts."
            ),
            examples=[[]],
        ),
    ] = Field(default_factory=list)
    family_agreement: Annotated[
        FamilyAgreement,
        Field(
            description=(
                "For a step-down: where the family's agreement to early help stands. A family that "
                "refuses or withdraws is not stepped down."
            ),
            examples=["not_yet_asked"],
        ),
    ] = FamilyAgreement.not_yet_asked

    def told(self) -> NewTransfer:
        """As the use-case takes it."""
        return NewTransfer(**{**dict(self), "plan": _told(self.plan)})


class TransferAcceptance(Wire):
    """Who accepts says so in their own words, and who takes the child on."""

    words: Annotated[Words, Field(description="In one's own words.", examples=[_WORDS])]
    receiving_team_id: Annotated[
        Annotated[str, Line(64)] | None,
        Field(
            description=(
                "The team that is accountable from now on. Needed for a step-up that the sender "
                "asked for, except in one family help service; the one asked for, when left out."
            ),
            examples=["assessment-north"],
        ),
    ] = None
    receiving_worker_id: Annotated[
        Id | None,
        Field(
            description="The worker who takes the child on; the one asked for, when left out.",
            examples=[None],
        ),
    ] = None
    statutory_basis: Annotated[
        StatutoryBasis | None,
        Field(
            description="For a step-up: section 17 or 47; as asked for, when left out.",
            examples=["section_17"],
        ),
    ] = None
    plan: Annotated[
        Plan,
        Field(
            description="For a step-down: another plan; the one asked for, when left out.",
            examples=[[]],
        ),
    ] = Field(default_factory=list)

    def told(self) -> Acceptance:
        """As the use-case takes it."""
        return Acceptance(**{**dict(self), "plan": _told(self.plan)})


class TransferRefusal(Wire):
    """Why a transfer is refused. Final only when the manager of who asked agrees."""

    reason_code: Annotated[
        Annotated[str, Line(64)],
        Field(
            description=(
                "Why, coded: a key of the policy's `step_up_refusals` or `step_down_refusals`."
            ),
            examples=["below_threshold"],
        ),
    ]
    explanation: Annotated[
        Annotated[str, Text(20_000)],
        Field(
            description="How the evidence stands to the threshold. Stock phrases are refused.",
            examples=[
                "The bruises were explained by the hospital, and the plan of early help is three "
                "weeks old: the evidence does not meet the threshold for social care."
            ],
        ),
    ]


class RefusalAgreement(Wire):
    """What the manager of who asked makes of a refusal."""

    agreed: Annotated[
        Flag,
        Field(
            description="true ends the transfer; false raises a challenge with these words.",
            examples=[True],
        ),
    ]
    words: Annotated[
        Annotated[str, Text(20_000)],
        Field(
            description=(
                "In one's own words; for a challenge, why the threshold is met, as fully as any "
                "rationale."
            ),
            examples=[_WORDS],
        ),
    ]


class FamilyAgreementIn(Wire):
    """What the family says to early help. Not the lawful basis for sharing."""

    agreement: Annotated[
        FamilyAgreement,
        Field(
            description=(
                "asked, given, refused, withdrawn. Refused or withdrawn sends the step-down back "
                "to the sender."
            ),
            examples=["given"],
        ),
    ]
    words: Annotated[
        Words,
        Field(
            description="Who was asked, how, and what they said.",
            examples=["The mother agreed at home on Tuesday; the father by telephone."],
        ),
    ]


class FirstVisitIn(Wire):
    """Early help's first visit after a step-down was accepted."""

    visited_at: Annotated[
        Instant, Field(description="When the child was visited; not before the request.")
    ]
    words: Annotated[
        Words,
        Field(
            description="Who was seen, and how the child is.",
            examples=["Amara and her mother were seen at home; the plan is understood."],
        ),
    ]


class TransferWithdrawal(Wire):
    """Why who asked takes a transfer back."""

    words: Annotated[
        Words,
        Field(
            description="Why, in one's own words.",
            examples=["The grandmother has moved in, and the risk is less than it was."],
        ),
    ]


class ReturnDecision(StrEnum):
    """What the sender can make of a step-down that came back.

    `ask_again` was the word for `request_again` in 0.3.0, and is read as it.
    """

    request_again = "request_again"
    keep = "keep"
    ask_again = "ask_again"


class ReturnDecisionIn(Wire):
    """The sender's decision on a step-down that the family did not agree to."""

    decision: Annotated[
        ReturnDecision,
        Field(
            description=(
                "`request_again`, when every clock begins anew; or `keep` the child. `ask_again` "
                "is an older word for `request_again`."
            ),
            examples=["request_again"],
        ),
    ]
    words: Annotated[
        Words,
        Field(
            description="Why, in one's own words.",
            examples=["The mother will agree to a worker from the family centre."],
        ),
    ]


class TransferCompletion(Wire):
    """A step-down is complete: social care's referral closes."""

    closure_code: Annotated[
        Annotated[str, Line(8)],
        Field(
            description=(
                "Closure code of the children in need census for the referral: RC9 where an "
                "assessment ended it. Only a completed step-down closes with RC9."
            ),
            examples=["RC9"],
        ),
    ]
    words: Annotated[
        Words,
        Field(
            description="Why social care closes, in one's own words.",
            examples=["Early help has visited, the family agrees, and the plan is under way."],
        ),
    ]


class TransferStep(WireOut):
    """One move of a transfer, never changed."""

    action: Annotated[TransferAction, Field(description="What was done.", examples=["open"])]
    state: Annotated[
        TransferState, Field(description="The state that it led to.", examples=["opened"])
    ]
    at: Annotated[Instant, Field(description="When.")]
    minutes_since_last: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST)] | None,
        Field(
            description="Whole minutes since the move before; null for the first.", examples=[95]
        ),
    ]
    by: Annotated[
        UUID | None,
        Field(description="Who; null where it followed from something else.", examples=[_ID]),
    ]
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

    id: Annotated[UUID, Field(description="The challenge.", examples=[_ID])]
    reference: Annotated[
        str, Field(max_length=16, description="Human reference.", examples=["H-7K3MA-9TQ4R"])
    ]


class Transfer(WireOut):
    """A step-up or step-down: who asks whom for what, where it stands, and everything done to it.

    Responsibility moves on acceptance alone.
    """

    id: Annotated[UUID, Field(description="The transfer.", examples=[_ID])]
    reference: Annotated[
        str, Field(max_length=16, description="Human reference.", examples=["T-7K3MA-9TQ4R"])
    ]
    version: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST)],
        Field(description="The version, as in the ETag.", examples=[1]),
    ]
    direction: Annotated[
        Direction, Field(description="step_up or step_down.", examples=["step_up"])
    ]
    asked_by: Annotated[Party, Field(description="sender or receiver.", examples=["sender"])]
    contact_id: Annotated[UUID, Field(description="The contact it all began with.", examples=[_ID])]
    child_id: Annotated[UUID, Field(description="The child on that contact.", examples=[_ID])]
    person_id: Annotated[UUID, Field(description="The child, across contacts.", examples=[_ID])]
    referral_id: Annotated[
        UUID | None,
        Field(
            description="Social care's case; of a step-up, once it is accepted.", examples=[None]
        ),
    ]
    early_help_episode_id: Annotated[
        UUID | None,
        Field(
            description="Early help's case; of a step-down, while it is accepted.", examples=[_ID]
        ),
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
    requested_by: Annotated[UUID, Field(description="Who asked.", examples=[_ID])]
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
        return cls.model_validate(
            {
                **{name: getattr(transfer, name) for name in _OWN},
                "plan": [plan_line(line) for line in transfer.plan],
                "waits_for": waits_for(transfer),
                "possible_actions": list(allowed(transfer)),
                "accountable_party": accountable_party(transfer),
                "steps": steps_out(whole.steps),
                "deadlines": whole.deadlines,
                "challenges": whole.challenges,
            }
        )


def plan_line(kept: Any) -> PlanLine:
    """A line of a plan as it was kept."""
    return PlanLine.model_construct(**{**kept, "by_on": date.fromisoformat(kept["by_on"])})


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


_OWN = tuple(
    name
    for name in Transfer.model_fields
    if name
    not in (
        "waits_for",
        "possible_actions",
        "accountable_party",
        "plan",
        "steps",
        "deadlines",
        "challenges",
    )
)
