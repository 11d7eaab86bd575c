"""Clocks on the wire: when they started, when they run out, and the sum."""

from typing import Annotated, Any, Self, cast
from uuid import UUID

from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.words import TimescaleName, an_id
from service.domain import deadlines
from service.strict.fields import Instant


class SkippedDay(WireOut):
    """A day that a working-day clock passed over."""

    on: Annotated[str, Field(max_length=10, description="The day.", examples=["2026-04-03"])]
    kind: Annotated[
        str,
        Field(max_length=32, description="Weekend, bank holiday or closure.", examples=["weekend"]),
    ]
    reason: Annotated[
        str, Field(max_length=200, description="Why it was passed over.", examples=["Good Friday"])
    ]


class Explanation(WireOut):
    """Why a limit is what it is: the rule, its version, the days skipped, and the sum."""

    title: Annotated[
        str,
        Field(max_length=200, description="The rule's name.", examples=["Statutory decision"]),
    ]
    limit: Annotated[
        str, Field(max_length=100, description="The limit, in words.", examples=["one working day"])
    ]
    source: Annotated[
        str,
        Field(
            max_length=500,
            description="Where the limit comes from.",
            examples=["Working Together to Safeguard Children"],
        ),
    ]
    local: Annotated[
        bool, Field(description="Whether it is local practice rather than law.", examples=[False])
    ]
    policy_version: Annotated[
        str,
        Field(max_length=64, description="Version of the policy.", examples=["2026.1+0f3a91c2"]),
    ]
    calendar_version: Annotated[
        str,
        Field(
            max_length=100,
            description="Version of the working calendar.",
            examples=["england-0.109-5f0c1d"],
        ),
    ]
    skipped: Annotated[
        list[SkippedDay],
        Field(max_length=200, description="The days passed over.", examples=[[]]),
    ]
    sum: Annotated[
        str,
        Field(
            max_length=2000,
            description="The sum, as a sentence.",
            examples=[
                "Contact received Thursday 2 April 2026 16:50; one working day; Good Friday, "
                "Saturday, Sunday and Easter Monday skipped; due by the end of Tuesday 7 April."
            ],
        ),
    ]


class Deadline(WireOut):
    """One clock: a timescale of the policy, running or stopped."""

    id: Annotated[
        UUID,
        Field(description="The deadline.", examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a31"]),
    ]
    kind: TimescaleName
    subject_kind: Annotated[
        str, Field(max_length=32, description="What it runs on.", examples=["contact"])
    ]
    subject_id: Annotated[UUID, an_id("Which one.")]
    owner_role: Annotated[
        str, Field(max_length=64, description="The role that must act.", examples=["mash_manager"])
    ]
    started_at: Annotated[Instant, Field(description="When the clock started.")]
    due_at: Annotated[Instant, Field(description="The limit, to the second.")]
    warn_at: Annotated[Instant | None, Field(description="When a warning is raised.")]
    stopped_at: Annotated[
        Instant | None, Field(description="When the clock stopped; null while it runs.")
    ]
    stopped_because: Annotated[
        str | None,
        Field(max_length=64, description="What stopped it.", examples=["decided"]),
    ]
    happened_at: Annotated[
        Instant | None,
        Field(
            description=(
                "When what it waited for happened, where that was recorded later; in time is then "
                "judged by this."
            )
        ),
    ]
    explanation: Annotated[Explanation, Field(description="Why the limit is what it is.")]

    @classmethod
    def of(cls, deadline: deadlines.Deadline) -> Self:
        """A clock as the domain keeps it."""
        told = deadline.explanation
        explanation = {name: told[name] for name in Explanation.model_fields}
        skipped = cast(list[dict[str, Any]], told["skipped"])
        explanation["skipped"] = [SkippedDay.made_of(dict(day)) for day in skipped]
        return cls.taken_from(deadline, explanation=Explanation.made_of(explanation))
