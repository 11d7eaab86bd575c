"""Accountability on the wire: one child a line, with the one team that answers."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.schemas.fields import WireOut
from service.domain.accountabilities import CareService, WhyNobody
from service.strict.fields import Instant

_ID = "01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"


class AccountableTeam(WireOut):
    """One open child, with the one team and, when allocated, the one worker who answer for it."""

    person_id: Annotated[UUID, Field(description="The child, across contacts.", examples=[_ID])]
    service: Annotated[
        CareService,
        Field(
            description="Who holds the child: the front door until it has decided, then one side.",
            examples=["early_help"],
        ),
    ]
    contact_id: Annotated[UUID, Field(description="The contact behind it.", examples=[_ID])]
    child_id: Annotated[UUID, Field(description="The child on that contact.", examples=[_ID])]
    case_id: Annotated[
        UUID | None,
        Field(
            description="The referral or episode that answers; null at the front door.",
            examples=[_ID],
        ),
    ]
    reference: Annotated[
        str,
        Field(
            max_length=16,
            description="Human reference of the case, or of the contact.",
            examples=["E-7K3MA-9TQ4R"],
        ),
    ]
    team_id: Annotated[
        str,
        Field(max_length=64, description="The one accountable team.", examples=["family-centres"]),
    ]
    worker_id: Annotated[
        UUID | None, Field(description="The one worker; null until allocated.", examples=[_ID])
    ]
    worker_name: Annotated[
        str | None, Field(max_length=200, description="Their name.", examples=["Jo Mensah"])
    ]
    since: Annotated[
        Instant,
        Field(description="Since when this case answers, or when the contact was received."),
    ]
    worker_suspended: Annotated[
        bool,
        Field(
            description="Whether the worker's access is suspended: give the child to another.",
            examples=[False],
        ),
    ]


class ChildWithoutTeam(WireOut):
    """An open child for whom no team answers, which should never be, and why."""

    person_id: Annotated[UUID, Field(description="The child, across contacts.", examples=[_ID])]
    subject_id: Annotated[
        UUID,
        Field(description="The case that shows it; the contact at the front door.", examples=[_ID]),
    ]
    service: Annotated[
        CareService, Field(description="Who should answer.", examples=["social_care"])
    ]
    why: Annotated[WhyNobody, Field(description="Why nobody does.", examples=["team_unknown"])]
    contact_id: Annotated[
        UUID | None, Field(description="The contact behind it, where one is known.", examples=[_ID])
    ]
    reference: Annotated[
        str | None,
        Field(
            max_length=16,
            description="Human reference, where one is known.",
            examples=["R-7K3MA-9TQ4R"],
        ),
    ]
    team_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The team it is down to, where there is one.",
            examples=["closed-team"],
        ),
    ]
