"""Access suspensions on the wire."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.words import EXAMPLE_ID, Version, an_id
from service.domain.accounts import SuspensionKind
from service.strict.fields import LARGEST, Instant, Line, Text, Wire
from service.usecases.accounts import SuspensionMade

SuspensionId = Annotated[UUID, Path(description="The suspension.", examples=[EXAMPLE_ID])]


class AccessSuspensionCreate(Wire):
    """Whose access is taken away, and why."""

    kind: Annotated[
        SuspensionKind,
        Field(
            description="One account, one client system, or a whole organisation.",
            examples=["account"],
        ),
    ]
    target: Annotated[
        Annotated[str, Line(200)],
        Field(
            description=(
                "Which one: the id of the account, the client id in its tokens, or the id of the "
                "organisation."
            ),
            examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a12"],
        ),
    ]
    reason: Annotated[
        Annotated[str, Text(2000, least=5)],
        Field(description="Why.", examples=["Left the authority on Friday."]),
    ]


class SuspensionLift(Wire):
    """Why access is given back."""

    reason: Annotated[
        Annotated[str, Text(2000, least=5)],
        Field(description="Why.", examples=["Came back from leave."]),
    ]


class AccessSuspension(WireOut):
    """Access taken away although tokens are still good."""

    id: Annotated[UUID, an_id("The suspension.")]
    kind: Annotated[
        SuspensionKind,
        Field(
            description="One account, one client system, or a whole organisation.",
            examples=["account"],
        ),
    ]
    target: Annotated[
        str,
        Field(
            max_length=200,
            description="Which one.",
            examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a12"],
        ),
    ]
    reason: Annotated[
        str, Field(max_length=2000, description="Why.", examples=["Left the authority on Friday."])
    ]
    suspended_at: Annotated[
        Instant, Field(description="Since when.", examples=["2026-10-23T15:00:00Z"])
    ]
    suspended_by: Annotated[
        UUID,
        Field(
            description="The account that suspended it.",
            examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a13"],
        ),
    ]
    lifted_at: Annotated[
        Instant | None,
        Field(description="Until when; null while in force.", examples=["2026-10-30T09:00:00Z"]),
    ]
    lifted_by: Annotated[
        UUID | None,
        Field(
            description="The account that lifted it.",
            examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a13"],
        ),
    ]
    lifted_because: Annotated[
        Annotated[str, Field(max_length=2000)] | None,
        Field(description="Why it was lifted.", examples=["Came back from leave."]),
    ]
    version: Version


class AccessSuspensionMade(AccessSuspension):
    """A suspension just made, with what it stops."""

    accounts_stopped: Annotated[
        int,
        Field(
            ge=0,
            le=LARGEST,
            description=(
                "How many accounts that have called before it stops. Nought may mean a misspelt "
                "target."
            ),
            examples=[1],
        ),
    ]

    @classmethod
    def of(cls, made: SuspensionMade) -> Self:
        """As it is seen by who made it."""
        names = AccessSuspension.model_fields
        return cls(
            **{name: getattr(made.suspension, name) for name in names},
            accounts_stopped=made.accounts_stopped,
        )
