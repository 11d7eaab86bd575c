"""Threshold decisions on the wire: as drafted, as signed off, and what they led to."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.concerns import RepeatConcernCounts
from api.schemas.deadlines import Deadline
from api.schemas.fields import WireOut, made_of
from api.schemas.new_decisions import (
    AGENCIES_EXAMPLE,
    PROMPTS_EXAMPLE,
    AgencyLine,
    AssessmentTool,
    History,
    PromptLine,
)
from api.schemas.words import (
    EXAMPLE_ID,
    ChildOnThisContactId,
    DoneAt,
    ETagVersion,
    ItsContactId,
    PersonId,
    an_id,
)
from service.domain import decisions
from service.domain.cumulative_concerns import series_in_words
from service.domain.decisions import (
    DecisionState,
    Outcome,
    StatutoryBasis,
)
from service.domain.whole_contacts import WholeDecision
from service.strict.fields import LARGEST, Instant, Text, Wire

_RATIONALE = (
    "The school has seen bruises twice in a week, and the accounts given of them differ. The "
    "level is statutory because the injuries are unexplained."
)

_WHOLE = (
    "Five calls of one teacher since March, each of them slight: he comes hungry and unwashed, and "
    "nothing that was advised has changed it. Together that is neglect."
)

DecisionId = Annotated[UUID, Path(description="The decision.", examples=[EXAMPLE_ID])]


class SignOffOutcome(StrEnum):
    """What a manager can make of a decision."""

    agreed = "agreed"
    returned = "returned"


class SignOffIn(Wire):
    """A manager's answer to a decision."""

    outcome: Annotated[
        SignOffOutcome,
        Field(description="agreed, or returned to the decider.", examples=["agreed"]),
    ]
    words: Annotated[
        Annotated[str, Text(8000)],
        Field(
            description="The manager's own words; when returned, what is missing.",
            examples=["I have read the file; the level fits what the school has seen."],
        ),
    ]
    whole_read: Annotated[
        Annotated[str, Text(8000)] | None,
        Field(
            description=(
                "To agree a decision about a child who is told of again and again: that you have "
                "read the whole of what is on file, and what the contacts show together. Left out "
                "where another manager has read it."
            ),
            examples=[None],
        ),
    ] = None


class WholeReadingIn(Wire):
    """That a manager has read the whole of what is on file of a child told of again and again."""

    words: Annotated[
        Annotated[str, Text(8000)],
        Field(description="What the contacts show together, in your own words.", examples=[_WHOLE]),
    ]


class WholeReading(WireOut):
    """That a manager read the whole of what is on file, and what they saw in it."""

    words: Annotated[
        str,
        Field(
            max_length=8000,
            description="What the contacts show together.",
            examples=[_WHOLE],
        ),
    ]
    at: DoneAt
    by: Annotated[UUID, an_id("The manager.")]


class DecisionInSeries(WireOut):
    """What a decision about a child who is told of again and again says of all the contacts."""

    contacts: Annotated[
        int,
        Field(
            ge=2,
            le=LARGEST,
            description="Contacts about the child when it was drafted, with this one.",
            examples=[3],
        ),
    ]
    months: Annotated[
        int,
        Field(ge=1, le=LARGEST, description="Within how many months they came.", examples=[6]),
    ]
    in_words: Annotated[
        str,
        Field(
            max_length=64,
            description="The same, in words.",
            examples=["third contact in six months"],
        ),
    ]
    whole_read: Annotated[
        WholeReading | None,
        Field(description="That a manager read the whole; null until one has.", examples=[None]),
    ]


class DecisionWithdrawalIn(Wire):
    """That a draft is withdrawn."""

    because: Annotated[
        Annotated[str, Text(8000)],
        Field(
            description="Why, in your own words. The draft and this stay on the record.",
            examples=["Drafted for the wrong sister: the school spoke of the older one."],
        ),
    ]


class DecisionWithdrawal(WireOut):
    """That a draft was withdrawn before anybody signed it."""

    because: Annotated[
        str,
        Field(
            max_length=8000,
            description="Why.",
            examples=["Drafted for the wrong sister: the school spoke of the older one."],
        ),
    ]
    at: DoneAt
    by: Annotated[UUID, an_id("By whom: who drafted it, or a manager.")]


class SupersededDecision(WireOut):
    """The earlier decision that this one replaces."""

    decision_id: Annotated[UUID, an_id("The earlier decision.")]
    because: Annotated[
        str | None,
        Field(
            max_length=4000,
            description="Why the mind was changed; null where this answers a return.",
            examples=["The hospital reports an older fracture."],
        ),
    ]


class SignOff(WireOut):
    """What a manager made of the decision."""

    outcome: Annotated[
        SignOffOutcome, Field(description="agreed or returned.", examples=["agreed"])
    ]
    words: Annotated[
        str,
        Field(
            max_length=8000,
            description="The manager's own words.",
            examples=["I have read the file; the level fits what the school has seen."],
        ),
    ]
    at: DoneAt
    by: Annotated[UUID, an_id("The manager.")]


class ActedOutOfHours(WireOut):
    """That a decision had effect at once: one person acted alone, out of hours."""

    emergency_act_id: Annotated[UUID, an_id("The emergency act, with its sign-off.")]
    because: Annotated[
        str,
        Field(
            max_length=8000,
            description="Why it could not wait.",
            examples=["It is three in the morning, and the parents want to take her home."],
        ),
    ]
    at: DoneAt
    by: Annotated[UUID, an_id("Who acted.")]


class Decision(WireOut):
    """A threshold decision for one child, with its sign-off and what it led to."""

    id: Annotated[UUID, an_id("The decision.")]
    version: ETagVersion
    contact_id: ItsContactId
    child_id: ChildOnThisContactId
    person_id: PersonId
    state: Annotated[
        DecisionState,
        Field(
            description="awaiting_sign_off, returned, signed, superseded, withdrawn.",
            examples=["awaiting_sign_off"],
        ),
    ]
    level_of_need: Annotated[
        Annotated[int, Field(ge=1, le=4)],
        Field(description="1 universal, 2 additional, 3 targeted, 4 statutory.", examples=[4]),
    ]
    outcome: Annotated[Outcome, Field(description="What happens next.", examples=["referral"])]
    statutory_basis: Annotated[
        StatutoryBasis | None,
        Field(description="For a referral: section 17 or 47.", examples=["section_47"]),
    ]
    primary_need_code: Annotated[
        str | None,
        Field(max_length=4, description="For a referral: primary need code.", examples=["N1"]),
    ]
    rationale: Annotated[
        str,
        Field(
            max_length=20_000,
            description="The facts, and why they meet this threshold.",
            examples=[_RATIONALE],
        ),
    ]
    history: Annotated[
        History,
        Field(
            description="What was on file, as considered.",
            examples=[{"considered": "One contact in March 2026 for neglect."}],
        ),
    ]
    agencies: Annotated[
        list[AgencyLine],
        Field(
            max_length=50,
            description="Who was asked, who answered, who was not asked and why.",
            examples=[AGENCIES_EXAMPLE],
        ),
    ]
    prompts: Annotated[
        list[PromptLine],
        Field(
            max_length=50,
            description="What decisions keep missing, answered.",
            examples=[PROMPTS_EXAMPLE],
        ),
    ]
    assessment: Annotated[
        AssessmentTool,
        Field(
            description="The assessment tool used.",
            examples=[{"tool": "Graded Care Profile 2", "score": "4"}],
        ),
    ]
    receiving_team_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The team named to receive the case.",
            examples=["assessment-north"],
        ),
    ]
    advice_given: Annotated[
        str | None,
        Field(
            max_length=8000,
            description="Information and advice given.",
            examples=["How to reach the family centre."],
        ),
    ]
    supersedes: Annotated[
        SupersededDecision | None,
        Field(description="The earlier decision that this one replaces.", examples=[None]),
    ]
    drafted_at: Annotated[Instant, Field(description="When it was drafted.")]
    drafted_by: Annotated[UUID, an_id("Who decided.")]
    sign_off: Annotated[
        SignOff | None,
        Field(
            description=(
                "What a manager made of it; null while it waits, and where it had effect out of "
                "hours before any manager signed: see `out_of_hours`."
            ),
            examples=[None],
        ),
    ]
    superseded_at: Annotated[
        Instant | None, Field(description="When a new decision replaced it; null while it stands.")
    ]
    withdrawal: Annotated[
        DecisionWithdrawal | None,
        Field(description="That the draft was withdrawn; null otherwise.", examples=[None]),
    ]
    joined_case_id: Annotated[
        UUID | None,
        Field(
            description=(
                "The case that was open for the child already, which the signed decision joined; "
                "null when it opened one, or none."
            ),
            examples=[None],
        ),
    ]
    referral_id: Annotated[UUID | None, an_id("The referral that it led to or joined.")]
    early_help_episode_id: Annotated[
        UUID | None, an_id("The early help episode that it led to or joined.")
    ]
    passed_concern_id: Annotated[
        UUID | None,
        an_id("The concern as it was passed to who holds the child's case, where one is open."),
    ]
    out_of_hours: Annotated[
        ActedOutOfHours | None,
        Field(
            description=(
                "That it had effect out of hours before a manager signed; null otherwise. What a "
                "manager made of that stands in the emergency act."
            ),
            examples=[None],
        ),
    ]
    recorded_under: Annotated[
        str | None,
        Field(
            max_length=80,
            description=(
                "Edition of the policy under which a manager recorded it without a discussion; "
                "null for a decision that was drafted, and signed by somebody else."
            ),
            examples=[None],
        ),
    ]
    repeat_concern: Annotated[
        RepeatConcernCounts | None,
        Field(
            description=(
                "How often the child was spoken of on other contacts, as it stood when this was "
                "drafted; null for a decision that is older than these counts."
            )
        ),
    ]
    nothing_more_because: Annotated[
        str | None,
        Field(
            max_length=8000,
            description="Why nothing more follows from all of the contacts together.",
            examples=["Each time it was the one lost coat; he has been fed and warm since May."],
        ),
    ]
    cumulative_concern: Annotated[
        DecisionInSeries | None,
        Field(
            description=(
                "For a child who was told of so often that a manager reads the whole; null for "
                "any other."
            )
        ),
    ]
    deadlines: Annotated[
        list[Deadline],
        Field(max_length=100, description="The clock of its sign-off.", examples=[[]]),
    ]

    @classmethod
    def of(cls, whole: WholeDecision) -> Self:
        """As it is seen by staff."""
        decision = whole.decision
        withdrawn = decision.state is DecisionState.withdrawn
        return cls.taken_from(
            decision,
            history=made_of(
                History,
                {
                    "considered": decision.history_considered,
                    "last_closed_because": decision.last_closed_because,
                },
            ),
            agencies=[made_of(AgencyLine, asdict(line)) for line in decision.agencies],
            prompts=[made_of(PromptLine, asdict(line)) for line in decision.prompts],
            assessment=made_of(
                AssessmentTool,
                {"tool": decision.assessment_tool, "score": decision.assessment_score},
            ),
            supersedes=_superseded(decision),
            sign_off=_sign_off(decision),
            out_of_hours=_acted_out_of_hours(decision),
            superseded_at=None if withdrawn else decision.superseded_at,
            withdrawal=_withdrawal(decision) if withdrawn else None,
            referral_id=whole.referral_id,
            early_help_episode_id=whole.early_help_episode_id,
            repeat_concern=decision.repeat_concern or None,
            cumulative_concern=_in_series(decision),
            deadlines=whole.deadlines,
        )


def _superseded(decision: decisions.Decision) -> SupersededDecision | None:
    if decision.supersedes_id is None:
        return None
    return SupersededDecision.made_of(
        {"decision_id": decision.supersedes_id, "because": decision.supersedes_because}
    )


def _sign_off(decision: decisions.Decision) -> SignOff | None:
    if decision.answered_at is None or decision.emergency_act_id is not None:
        return None
    returned = decision.state is DecisionState.returned
    return SignOff.made_of(
        {
            "outcome": SignOffOutcome.returned if returned else SignOffOutcome.agreed,
            "words": decision.answer_words,
            "at": decision.answered_at,
            "by": decision.answered_by,
        }
    )


def _acted_out_of_hours(decision: decisions.Decision) -> ActedOutOfHours | None:
    if decision.emergency_act_id is None:
        return None
    return ActedOutOfHours.made_of(
        {
            "emergency_act_id": decision.emergency_act_id,
            "because": decision.answer_words,
            "at": decision.answered_at,
            "by": decision.answered_by,
        }
    )


def _in_series(decision: decisions.Decision) -> DecisionInSeries | None:
    nth, months = decision.nth_contact, decision.nth_within_months
    if nth is None or months is None:
        return None
    read = None
    if decision.whole_read_at is not None:
        read = WholeReading.made_of(
            {
                "words": decision.whole_read_words,
                "at": decision.whole_read_at,
                "by": decision.whole_read_by,
            }
        )
    return DecisionInSeries.made_of(
        {
            "contacts": nth,
            "months": months,
            "in_words": series_in_words(nth, months),
            "whole_read": read,
        }
    )


def _withdrawal(decision: decisions.Decision) -> DecisionWithdrawal:
    return DecisionWithdrawal.made_of(
        {
            "because": decision.withdrawn_because,
            "at": decision.superseded_at,
            "by": decision.withdrawn_by,
        }
    )
