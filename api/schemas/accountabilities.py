"""Accountability on the wire: one child a line, with the one team that answers."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.words import ChildOnContactId, ContactBehindId, PersonId, a_reference, an_id
from service.domain.accountabilities import CareService, WhyNobody
from service.strict.fields import Instant


class AccountableTeam(WireOut):
    """One open child, with the one team and, when allocated, the one worker who answer for it."""

    person_id: PersonId
    service: Annotated[
        CareService,
        Field(
            description="Who holds the child: the front door until it has decided, then one side.",
            examples=["early_help"],
        ),
    ]
    contact_id: ContactBehindId
    child_id: ChildOnContactId
    case_id: Annotated[
        UUID | None, an_id("The referral or episode that answers; null at the front door.")
    ]
    reference: Annotated[
        str, a_reference("Human reference of the case, or of the contact.", "E-7K3MA-9TQ4R")
    ]
    team_id: Annotated[
        str,
        Field(max_length=64, description="The one accountable team.", examples=["family-centres"]),
    ]
    worker_id: Annotated[UUID | None, an_id("The one worker; null until allocated.")]
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

    person_id: PersonId
    subject_id: Annotated[UUID, an_id("The case that shows it; the contact at the front door.")]
    service: Annotated[
        CareService, Field(description="Who should answer.", examples=["social_care"])
    ]
    why: Annotated[WhyNobody, Field(description="Why nobody does.", examples=["team_unknown"])]
    contact_id: Annotated[UUID | None, an_id("The contact behind it, where one is known.")]
    reference: Annotated[
        str | None, a_reference("Human reference, where one is known.", "R-7K3MA-9TQ4R")
    ]
    team_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The team it is down to, where there is one.",
            examples=["closed-team"],
        ),
    ]
