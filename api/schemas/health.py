"""Health on the wire: states and sentences, no versions."""

from typing import Annotated, Literal, Self

from pydantic import Field

from api.schemas.fields import WireOut
from service.readiness import CheckState, Readiness
from service.strict.fields import Instant


class Alive(WireOut):
    """That the process answers."""

    status: Annotated[Literal["ok"], Field(description="Always ok.", examples=["ok"])] = "ok"


class CheckRead(WireOut):
    """One thing that was looked at."""

    name: Annotated[
        str, Field(max_length=64, description="What was looked at.", examples=["sweep"])
    ]
    state: Annotated[
        CheckState,
        Field(description="`degraded` must be looked at and still serves.", examples=["ok"]),
    ]
    says: Annotated[
        str, Field(max_length=300, description="In words.", examples=["It ran in time."])
    ]
    last_succeeded_at: Annotated[
        Instant | None,
        Field(description="For a job, when it last succeeded.", examples=["2026-10-23T15:00:00Z"]),
    ]


class Ready(WireOut):
    """That the service can serve, and what an operator should look at."""

    status: Annotated[CheckState, Field(description="The worst of the checks.", examples=["ok"])]
    checks: Annotated[
        Annotated[list[CheckRead], Field(max_length=50)],
        Field(
            description="What was looked at.",
            examples=[
                [
                    {
                        "name": "sweep_deadlines",
                        "state": "ok",
                        "says": "It ran in time.",
                        "last_succeeded_at": "2026-10-23T15:00:00Z",
                    }
                ]
            ],
        ),
    ]

    @classmethod
    def of(cls, found: Readiness) -> Self:
        """As anybody may see it."""
        return cls(status=found.state, checks=[CheckRead.of(one) for one in found.checks])
