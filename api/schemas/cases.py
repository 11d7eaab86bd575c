"""What referrals and early help episodes have alike on the wire: allocation, and list filters."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from api.schemas.deadlines import Deadline
from api.schemas.fields import WireOut
from api.schemas.words import (
    CaseId,
    ChildOnContactId,
    ContactItCameOfId,
    PersonId,
    Version,
    a_reference,
    an_id,
)
from service.domain.referrals import CaseState
from service.strict.fields import Id, Instant, Line, Wire

States = Annotated[
    Sequence[CaseState],
    Query(max_length=4, description="Only these states.", examples=[["awaiting_allocation"]]),
]
Teams = Annotated[
    Sequence[Annotated[str, Line(64)]],
    Query(
        max_length=30, description="Only what these teams hold.", examples=[["assessment-north"]]
    ),
]
WorkerFilter = Annotated[Id | None, Query(description="Only what this worker holds.")]
ContactFilter = Annotated[Id | None, Query(description="Only what came of this contact.")]
PersonFilter = Annotated[Id | None, Query(description="Only this child, across contacts.")]


class AllocationIn(Wire):
    """Who takes the case on."""

    worker_id: Annotated[Id, an_id("A worker from `GET /v1/workers`.")]
    team_id: Annotated[
        Annotated[str, Line(64)] | None,
        Field(
            description="The team that becomes accountable; the one that is, when left out.",
            examples=["assessment-south"],
        ),
    ] = None


class EpisodeAllocationIn(AllocationIn):
    """Who takes the early help episode on."""

    team_id: Annotated[
        Annotated[str, Line(64)] | None,
        Field(
            description="The team that becomes accountable; the one that is, when left out.",
            examples=["family-centres"],
        ),
    ] = None


class CaseSummary(WireOut):
    """A referral or an early help episode in a list."""

    id: CaseId
    reference: Annotated[str, a_reference("Human reference.", "R-7K3MA-9TQ4R")]
    version: Version
    contact_id: ContactItCameOfId
    child_id: ChildOnContactId
    person_id: PersonId
    source_code: Annotated[
        str, Field(max_length=4, description="Referral source code.", examples=["2A"])
    ]
    state: Annotated[
        CaseState,
        Field(
            description=(
                "awaiting_allocation, allocated, closed; and for a referral handing_over: early "
                "help accepted a step-down that is not complete."
            ),
            examples=["awaiting_allocation"],
        ),
    ]
    accepted_at: Annotated[
        Instant,
        Field(
            description="When the decision was signed, or the transfer accepted: its clock starts."
        ),
    ]
    team_id: Annotated[
        str,
        Field(
            max_length=64,
            description=(
                "The one accountable team; while a referral is handing over, early help's is."
            ),
            examples=["assessment-north"],
        ),
    ]
    worker_id: Annotated[UUID | None, an_id("The worker who holds it; null until allocated.")]
    allocated_at: Annotated[
        Instant | None, Field(description="When it was first allocated to a worker.")
    ]
    closed_at: Annotated[Instant | None, Field(description="When it closed; null while open.")]


class DatedCaseSummary(CaseSummary):
    """A referral or an early help episode in a list, with its limit."""

    due_at: Annotated[
        Instant | None,
        Field(description="The limit of the clock that runs on it; null when none runs."),
    ]


class WholeCaseOut(CaseSummary):
    """A referral or an early help episode, with how it ended and its clocks."""

    decision_id: Annotated[UUID, an_id("The signed decision that it rests on.")]
    transfer_id: Annotated[
        UUID | None,
        Field(
            description="The step-up or step-down that opened it; null when a decision did.",
            examples=[None],
        ),
    ]
    closed_by: Annotated[UUID | None, an_id("Who closed it.")]
    closure_reason: Annotated[
        str | None,
        Field(
            max_length=8000,
            description="Why it closed, in words.",
            examples=["Assessment found no unmet need."],
        ),
    ]
    deadlines: Annotated[
        list[Deadline],
        Field(max_length=100, description="Every clock that runs or ran on it.", examples=[[]]),
    ]
