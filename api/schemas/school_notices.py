"""Schools that were told of an incident on the wire: many in one act, and how each child stands."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.words import EXAMPLE_ID, ItsContactId, an_id
from service.domain import school_notices
from service.domain.school_notices import (
    NoticeOutcome,
    NoticeRefused,
    NoticeSaid,
    NoticeWay,
)
from service.strict.fields import LARGEST, Flag, Id, Instant, Line, Text, Wire

_OUTCOME = Annotated[
    NoticeOutcome,
    Field(description="Whether the school was told, or why it was not.", examples=["told"]),
]
_EXAMPLE = [
    {
        "contact_id": EXAMPLE_ID,
        "child_id": EXAMPLE_ID,
        "outcome": "told",
        "school": "Mill Lane Primary",
        "told_to": "The designated safeguarding lead",
        "way": "telephone",
        "told_at": "2026-10-23T07:50:00Z",
    }
]


class SchoolNoticeIn(Wire):
    """What was done about the school of one child on a police notification."""

    contact_id: Annotated[Id, an_id("The contact that the notification is.")]
    child_id: Annotated[Id, an_id("The child whose school it is, by its id on the contact.")]
    outcome: _OUTCOME
    school: Annotated[
        Annotated[str, Line(200)] | None,
        Field(
            description="The school that was told; the one on record for the child, if left out.",
            examples=["Mill Lane Primary"],
        ),
    ] = None
    organisation_id: Annotated[
        Annotated[str, Line(64)] | None,
        Field(
            description="The school, or the service for home education, where the policy has it.",
            examples=["mill-lane-primary"],
        ),
    ] = None
    told_to: Annotated[
        Annotated[str, Line(200)] | None,
        Field(description="Who was told there.", examples=["The designated safeguarding lead"]),
    ] = None
    way: Annotated[
        NoticeWay | None, Field(description="How the school was told.", examples=["telephone"])
    ] = None
    told_at: Annotated[
        Instant | None,
        Field(description="When, with its zone.", examples=["2026-10-23T07:50:00Z"]),
    ] = None
    because: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(
            description="Why the school was not told, in your own words.",
            examples=[None],
        ),
    ] = None

    def told(self) -> NoticeSaid:
        """As the use-case takes it."""
        return NoticeSaid(**dict(self))


class SchoolNoticesCreate(Wire):
    """Which schools were told of an incident: those of many children in one act."""

    notices: Annotated[
        Annotated[list[SchoolNoticeIn], Field(min_length=1, max_length=100)],
        Field(description="The children, each once.", examples=[_EXAMPLE]),
    ]
    those_that_can: Annotated[
        Flag,
        Field(
            description="Whether the rest is recorded when something is wrong; else nothing is.",
            examples=[False],
        ),
    ] = False


class SchoolNotice(WireOut):
    """That the school of a child was told of an incident, or why not."""

    id: Annotated[UUID, an_id("The notice.")]
    contact_id: ItsContactId
    child_id: Annotated[UUID, an_id("The child on the contact that the notification is.")]
    outcome: _OUTCOME
    school: Annotated[
        str | None,
        Field(
            max_length=200,
            description="The school that was told; null when none was.",
            examples=["Mill Lane Primary"],
        ),
    ]
    organisation_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The school as the policy has it; null where it does not.",
            examples=["mill-lane-primary"],
        ),
    ]
    told_to: Annotated[
        str | None,
        Field(max_length=200, description="Who was told there.", examples=["Priya Shah"]),
    ]
    way: Annotated[NoticeWay | None, Field(description="How it was told.", examples=["telephone"])]
    told_at: Annotated[Instant | None, Field(description="When it was told; null if not.")]
    because: Annotated[
        str | None,
        Field(
            max_length=4000,
            description="Why the school was not told; null when it was.",
            examples=["The father is the head of the school."],
        ),
    ]
    recorded_at: Annotated[Instant, Field(description="When this was recorded.")]
    recorded_by: Annotated[UUID, an_id("Who recorded it.")]

    @classmethod
    def of(cls, notice: school_notices.SchoolNotice) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(notice)


class SchoolNoticeFault(WireOut):
    """One fault of what was said of a child's school."""

    pointer: Annotated[
        str,
        Field(
            max_length=200,
            description="Where in what was sent.",
            examples=["/notices/2/told_at"],
        ),
    ]
    message: Annotated[
        str,
        Field(
            max_length=500,
            description="What to do about it.",
            examples=["Say when the school was told."],
        ),
    ]
    code: Annotated[
        str,
        Field(max_length=64, description="The kind, for programs.", examples=["told_at_missing"]),
    ]


class SchoolNoticeRefused(WireOut):
    """A child of whose school nothing was recorded, where the rest was asked for."""

    place: Annotated[
        int, Field(ge=0, le=LARGEST, description="Where it stood in what was sent.", examples=[2])
    ]
    child_id: Annotated[UUID, an_id("The child as it was named.")]
    errors: Annotated[
        list[SchoolNoticeFault], Field(max_length=50, description="Everything that is wrong.")
    ]

    @classmethod
    def of(cls, one: NoticeRefused) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(one, errors=one.problems)


class SchoolNotices(WireOut):
    """What came of recording many schools in one act."""

    notices: Annotated[
        list[SchoolNotice],
        Field(max_length=100, description="Those that were recorded, in the order sent."),
    ]
    refused: Annotated[
        list[SchoolNoticeRefused],
        Field(max_length=100, description="Those that were not, where that was asked for."),
    ]
