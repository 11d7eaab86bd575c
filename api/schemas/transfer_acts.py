"""What is asked, answered and recorded of a transfer, on the wire."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from api.schemas.fields import made_of
from api.schemas.words import an_id
from service.domain import transfers
from service.domain.acceptances import Acceptance
from service.domain.decisions import StatutoryBasis
from service.domain.strategy_discussions import NoMeetingBecause, StrategyDiscussion
from service.domain.strategy_meetings import Agency
from service.domain.transfers import Direction, FamilyAgreement, Party
from service.strict.fields import DateOn, Flag, Id, Instant, Line, Text, Wire
from service.usecases.transfers import NewTransfer

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
        an_id(
            "The sender's case, whoever asks: the early help episode of a step-up, the "
            "referral of a step-down."
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


class StrategyDiscussionIn(Wire):
    """The strategy discussion that disclosed harm owes: held, with whom; or why none is held."""

    held_at: Annotated[
        Instant | None,
        Field(description="When it was held; not before the request of the step-up."),
    ] = None
    agencies: Annotated[
        Annotated[list[Agency], Field(max_length=10)],
        Field(
            description="Who took part; all of the policy's quorum.",
            examples=[["social_care", "police", "health"]],
        ),
    ] = []  # noqa: RUF012 - pydantic copies it
    not_held_because: Annotated[
        NoMeetingBecause | None,
        Field(
            description="Why none is held: the child died or moved away, or the disclosure was "
            "recorded in error. Said by a manager who neither asked nor refused.",
            examples=[None],
        ),
    ] = None
    words: Annotated[
        Words,
        Field(
            description="What was decided and why; or why no meeting is needed.",
            examples=["The police and the health visitor know of no injury. No enquiry now."],
        ),
    ]

    def told(self) -> StrategyDiscussion:
        """As the domain takes it."""
        return StrategyDiscussion(
            self.words, self.held_at, tuple(self.agencies), self.not_held_because
        )


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


def plan_line(line: transfers.PlanLine) -> PlanLine:
    """A line of a plan as it is seen."""
    return made_of(
        PlanLine,
        {"outcome": line.outcome, "action": line.action, "who": line.who, "by_on": line.by_on},
    )
