"""Flags on the wire: what is late or nearly so, why, and who has taken it on."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.deadlines import Deadline
from api.schemas.fields import WireOut
from api.schemas.words import EXAMPLE_ID, ContactBehindId, SubjectId, TimescaleName, Version, an_id
from service.domain.flags import Severity, ShownFlag, SubjectKind
from service.strict.fields import LARGEST, Instant, Text, Wire
from service.usecases.flags import ExplainedFlag

FlagId = Annotated[UUID, Path(description="The flag.", examples=[EXAMPLE_ID])]


class FlagAcknowledgementIn(Wire):
    """That somebody takes a flag on."""

    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="What they will do, and by when.",
            examples=["I ring the school now and decide by 17:00."],
        ),
    ]


class FlagSummary(WireOut):
    """A flag in a list."""

    id: Annotated[UUID, an_id("The flag.")]
    version: Version
    kind: TimescaleName
    severity: Annotated[
        Severity,
        Field(
            description=(
                "A warning comes before the limit, a breach after. Danger waits for no limit."
            ),
            examples=["breach"],
        ),
    ]
    danger: Annotated[
        bool,
        Field(
            description=(
                "Whether danger was told on this clock: such a flag stands before all others, and "
                "so does the breach that takes its place."
            ),
            examples=[False],
        ),
    ]
    subject_kind: Annotated[SubjectKind, Field(description="What is late.", examples=["contact"])]
    subject_id: SubjectId
    contact_id: ContactBehindId
    owner_role: Annotated[
        str, Field(max_length=64, description="The role that must act.", examples=["mash_worker"])
    ]
    due_at: Annotated[Instant, Field(description="The limit.")]
    raised_at: Annotated[Instant, Field(description="When the flag was raised.")]
    acknowledged_at: Annotated[
        Instant | None, Field(description="When somebody took it on; null while nobody has.")
    ]
    acknowledged_by: Annotated[UUID | None, an_id("Who.")]
    acknowledgement: Annotated[
        str | None,
        Field(
            max_length=4000,
            description="What they will do.",
            examples=["I ring the school now and decide by 17:00."],
        ),
    ]
    escalation_level: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST)],
        Field(description="How often it was escalated.", examples=[0]),
    ]
    escalated_to: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The role that it was escalated to last.",
            examples=["mash_manager"],
        ),
    ]
    escalated_at: Annotated[Instant | None, Field(description="When it was escalated last.")]
    escalate_at: Annotated[
        Instant | None,
        Field(description="When it goes to the next role, unless somebody takes it on."),
    ]
    cleared_at: Annotated[
        Instant | None, Field(description="When its fact cleared; null while it stands.")
    ]


class FlagOfContact(FlagSummary):
    """What a contact shows of its flags: the worst of them, and the others inside it."""

    inside: Annotated[
        list[FlagSummary],
        Field(
            max_length=100,
            description=(
                "The other flags of the contact that stand, the worst first: of what the filters "
                "leave. Each is acknowledged by its own id and version, or all of them in one act "
                "(`POST /v1/flags/acknowledgements`)."
            ),
            examples=[[]],
        ),
    ]

    @classmethod
    def of(cls, shown: ShownFlag) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(shown.flag, inside=shown.inside[:_MOST_INSIDE])


_MOST_INSIDE = 100


class Flag(FlagSummary):
    """A flag, and why it is raised: the clock with its start, rule, days skipped and sum."""

    policy_version: Annotated[
        str,
        Field(
            max_length=64,
            description="Version of the policy by which it is late.",
            examples=["2026.1+0f3a91c2d4e5"],
        ),
    ]
    cleared_because: Annotated[
        str | None,
        Field(max_length=64, description="What cleared it.", examples=["decided"]),
    ]
    deadline: Annotated[Deadline, Field(description="The clock behind it, with the sum.")]

    @classmethod
    def of(cls, explained: ExplainedFlag) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(explained.flag, deadline=explained.deadline)
