"""Who is invited to a strategy meeting, answers and comes, on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.words import EXAMPLE_ID, an_id
from service.domain.strategy_meetings import (
    Agency,
    Attendance,
    InvitedBecause,
    MissingPart,
)
from service.strict.fields import Flag, Id, Instant, Line, Text, Wire
from service.usecases.held_strategy_meetings import Attended
from service.usecases.strategy_invitations import AlsoInvited, InvitationAnswer

_MOST_LINES = 100
_Words = Annotated[str, Text(8000)]
_OrganisationId = Annotated[str, Line(64)]
_Name = Annotated[str, Line(200)]


class InvitationAnswerIn(Wire):
    """Whether somebody on the list is invited, or why not."""

    invitation_id: Annotated[Id, an_id("The line, as the meeting lists it.")]
    invited: Annotated[Flag, Field(description="Whether they are invited.", examples=[True])]
    because: Annotated[
        _Words | None,
        Field(
            description="Why they are not invited. Needed then; stock phrases are refused.",
            examples=[None],
        ),
    ] = None
    organisation_id: Annotated[
        _OrganisationId | None,
        Field(
            description="The organisation, from `GET /v1/organisations`; as listed, if left out.",
            examples=["mill-lane-primary"],
        ),
    ] = None
    name: Annotated[
        _Name | None,
        Field(description="Who is to come; as listed, if left out.", examples=["Priya Shah"]),
    ] = None
    role: Annotated[
        _Name | None,
        Field(
            description="Their role; as listed, if left out.",
            examples=["Designated safeguarding lead"],
        ),
    ] = None


class AlsoInvitedIn(Wire):
    """Somebody whom the service did not propose."""

    agency: Annotated[Agency, Field(description="Which agency.", examples=["other"])]
    organisation_id: Annotated[
        _OrganisationId | None,
        Field(
            description="The organisation, from `GET /v1/organisations`.",
            examples=["riverbourne-homes"],
        ),
    ] = None
    name: Annotated[_Name | None, Field(description="Who is to come.", examples=["Sam Reed"])] = (
        None
    )
    role: Annotated[
        _Name | None, Field(description="Their role.", examples=["Housing officer"])
    ] = None


class InvitationsIn(Wire):
    """Who of the list is invited, and who besides. A part may be said now and the rest later."""

    invitations: Annotated[
        list[InvitationAnswerIn],
        Field(
            max_length=_MOST_LINES,
            description="Answers to lines of the list.",
            examples=[[{"invitation_id": EXAMPLE_ID, "invited": True}]],
        ),
    ] = Field(default_factory=list)
    others: Annotated[
        list[AlsoInvitedIn],
        Field(
            max_length=_MOST_LINES,
            description="Others to add; they count as invited now.",
            examples=[[{"agency": "other", "role": "Housing officer"}]],
        ),
    ] = Field(default_factory=list)

    def answers(self) -> list[InvitationAnswer]:
        """The answers as the use-case takes them."""
        return [InvitationAnswer(**dict(one)) for one in self.invitations]

    def added(self) -> list[AlsoInvited]:
        """The others as the use-case takes them."""
        return [AlsoInvited(**dict(one)) for one in self.others]


class AttendedIn(Wire):
    """What came of one invitation."""

    invitation_id: Annotated[Id, an_id("The line, as the meeting lists it.")]
    attendance: Annotated[
        Attendance,
        Field(
            description="attended, sent_information, sent_apologies, absent.",
            examples=["attended"],
        ),
    ]
    information: Annotated[
        Annotated[str, Text(20_000)] | None,
        Field(
            description="What they told or sent. Needed when they sent information.",
            examples=["Attendance has fallen since September; two bruises were seen."],
        ),
    ] = None
    name: Annotated[
        _Name | None,
        Field(description="Who came; as listed, if left out.", examples=["Priya Shah"]),
    ] = None
    role: Annotated[
        _Name | None,
        Field(description="Their role; as listed, if left out.", examples=["Head teacher"]),
    ] = None


class AttendanceIn(Wire):
    """That a meeting was held, and who came. Sent again, it corrects who came, and not when."""

    held_at: Annotated[
        Instant | None,
        Field(description="When it began. Needed the first time; afterwards leave it out."),
    ] = None
    attendance: Annotated[
        list[AttendedIn],
        Field(
            max_length=_MOST_LINES,
            description="What came of each invitation; of everybody who was invited.",
            examples=[[{"invitation_id": EXAMPLE_ID, "attendance": "attended"}]],
        ),
    ] = Field(default_factory=list)
    not_quorate_because: Annotated[
        _Words | None,
        Field(
            description="Why it went ahead, when not everybody came who makes it quorate.",
            examples=["The police officer was called to another child and rang in afterwards."],
        ),
    ] = None

    def told(self) -> list[Attended]:
        """Who came, as the use-case takes it."""
        return [Attended(**dict(one)) for one in self.attendance]


class Invitation(WireOut):
    """Somebody on the list of a meeting: why proposed, whether invited, and what came of it."""

    id: Annotated[UUID, an_id("The line.")]
    agency: Annotated[Agency, Field(description="Which agency.", examples=["school"])]
    because: Annotated[
        InvitedBecause,
        Field(
            description=(
                "Why they must be invited, from what is on file. `told_the_front_door` on a line "
                "of police, health or a school: the referrer is of that very agency."
            ),
            examples=["school_age"],
        ),
    ]
    organisation_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The organisation of the policy, where it is known.",
            examples=["mill-lane-primary"],
        ),
    ]
    name: Annotated[str | None, Field(max_length=200, description="Who.", examples=["Priya Shah"])]
    role: Annotated[
        str | None,
        Field(
            max_length=200,
            description="Their role, team or school.",
            examples=["Designated safeguarding lead"],
        ),
    ]
    invited_at: Annotated[
        Instant | None, Field(description="When it was recorded that they are invited.")
    ]
    not_invited_because: Annotated[
        str | None,
        Field(max_length=8000, description="Why they are not invited.", examples=[None]),
    ]
    attendance: Annotated[
        Attendance | None,
        Field(description="What came of it; null until held.", examples=["attended"]),
    ]
    information: Annotated[
        str | None,
        Field(max_length=20_000, description="What they told or sent.", examples=[None]),
    ]


class MissingOut(WireOut):
    """One thing that a meeting still lacks."""

    part: Annotated[MissingPart, Field(description="What.", examples=["invitation"])]
    in_words: Annotated[
        str,
        Field(
            max_length=200,
            description="What to do about it.",
            examples=["Say that they are invited, or why they are not."],
        ),
    ]
    invitation_id: Annotated[UUID | None, an_id("Of which line of the list.")]
    person_id: Annotated[UUID | None, Field(description="Of which child.", examples=[None])]
