"""Missing episodes on the wire: as reported, as returned, and the interview that is owed."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.actions import what_can_be_done
from api.schemas.deadlines import Deadline
from api.schemas.fields import WireOut
from api.schemas.words import (
    EXAMPLE_ID,
    ChildOnContactId,
    ETagVersion,
    HappenedAt,
    PersonId,
    RecordedAt,
    RecordedBy,
    a_reference,
    an_id,
)
from service.domain import missing_episodes
from service.domain.missing_episodes import (
    MISSING_EPISODE,
    InterviewAnswer,
    InterviewStep,
    MissingAction,
    MissingState,
    Return,
)
from service.strict.fields import Flag, Id, Instant, Line, Text, Wire
from service.usecases.missing_episodes import NewMissingEpisode, WholeMissingEpisode

_AT = "2026-03-05T22:30:00Z"
_CIRCUMSTANCES = "Amara left after an argument about her telephone and did not come home by ten."
_RETURN = "A neighbour saw her at the bus station; the police brought her home."
_WORDS = "She spoke of an older friend in Weir whom nobody at home knows. Passed on to the worker."

MissingEpisodeId = Annotated[UUID, Path(description="The missing episode.", examples=[EXAMPLE_ID])]
Words = Annotated[str, Text(8000)]


class ReturnIn(Wire):
    """The child is back."""

    returned_at: Annotated[
        Instant,
        Field(description="When the child was back: the interview's clock starts here."),
    ]
    found_where: Annotated[
        Annotated[str, Text(500)],
        Field(description="Where the child was found.", examples=["Riverbourne bus station"]),
    ]
    circumstances: Annotated[
        Words,
        Field(description="How the return came about, in one's own words.", examples=[_RETURN]),
    ]

    def told(self) -> Return:
        """The return as it was told."""
        return Return(**dict(self))


class MissingEpisodeCreate(Wire):
    """A missing child as reported; with the return, when it is told after the child came back."""

    contact_id: Annotated[Id, an_id("The contact that told of the child.")]
    child_id: Annotated[Id, an_id("The child on that contact.")]
    missing_from: Annotated[
        Instant, Field(description="Since when the child was missing.", examples=[_AT])
    ]
    reported_at: Annotated[
        Instant | None,
        Field(
            description="When the child was reported missing; now, when left out.", examples=[None]
        ),
    ] = None
    circumstances: Annotated[
        Words,
        Field(description="How it came about, in one's own words.", examples=[_CIRCUMSTANCES]),
    ]
    police_reference: Annotated[
        Annotated[str, Line(64)] | None,
        Field(description="The police's own reference, when there is one.", examples=["MP-4471"]),
    ] = None
    returned: Annotated[
        ReturnIn | None,
        Field(
            description="The return, where nobody had reported the child missing before it.",
            examples=[None],
        ),
    ] = None

    def told(self) -> NewMissingEpisode:
        """The episode as it was told."""
        values = dict(self)
        values["returned"] = None if self.returned is None else self.returned.told()
        return NewMissingEpisode(**values)


class ReturnInterviewIn(Wire):
    """A step towards the return home interview. Each step carries what belongs to it alone."""

    step: Annotated[
        InterviewStep,
        Field(
            description="offered, accepted, declined or held; attempted: tried in vain.",
            examples=["offered"],
        ),
    ]
    happened_at: HappenedAt
    because: Annotated[
        Words | None,
        Field(description="Why the child declined. Needed with `declined`.", examples=[None]),
    ] = None
    interviewer: Annotated[
        Annotated[str, Line(200)] | None,
        Field(
            description="Who held it, and what they are to the child. Needed with `held`.",
            examples=[None],
        ),
    ] = None
    independent: Annotated[
        Flag | None,
        Field(
            description=(
                "Whether who held it has no part in the child's care, as statutory guidance asks. "
                "Needed with `held`; when false, `words` say why."
            ),
            examples=[None],
        ),
    ] = None
    where: Annotated[
        Annotated[str, Text(500)] | None,
        Field(description="Where it was held. Needed with `held`.", examples=[None]),
    ] = None
    words: Annotated[
        Words | None,
        Field(
            description="What is to be known of it, in one's own words. Needed with `attempted`.",
            examples=[None],
        ),
    ] = None

    def told(self) -> missing_episodes.Interview:
        """The step as it was told."""
        return missing_episodes.Interview(**dict(self))


class MissingEpisodeSummary(WireOut):
    """A missing episode in a list."""

    id: Annotated[UUID, an_id("The missing episode.")]
    reference: Annotated[str, a_reference("Human reference.", "W-7K3MA-9TQ4R")]
    version: ETagVersion
    contact_id: Annotated[UUID, an_id("The contact that told of the child.")]
    child_id: ChildOnContactId
    person_id: PersonId
    state: Annotated[MissingState, Field(description="Where it stands.", examples=["returned"])]
    missing_from: Annotated[Instant, Field(description="Since when the child was missing.")]
    reported_at: Annotated[Instant, Field(description="When the child was reported missing.")]
    returned_at: Annotated[
        Instant | None, Field(description="When the child was back; null while missing.")
    ]
    interview_offered_at: Annotated[
        Instant | None, Field(description="When an interview was offered.")
    ]
    interview_answer: Annotated[
        InterviewAnswer | None,
        Field(description="What the child said to it.", examples=["accepted"]),
    ]
    interview_answered_at: Annotated[Instant | None, Field(description="When the child answered.")]
    interview_held_at: Annotated[Instant | None, Field(description="When the interview was held.")]


class MissingEpisodeStep(WireOut):
    """One thing that happened in an episode, never changed."""

    action: Annotated[
        MissingAction, Field(description="What was done.", examples=["record_return"])
    ]
    state: Annotated[
        MissingState, Field(description="The state that it led to.", examples=["returned"])
    ]
    happened_at: HappenedAt
    at: RecordedAt
    by: RecordedBy
    words: Annotated[
        str | None,
        Field(max_length=8000, description="In their own words.", examples=[_RETURN]),
    ]


class MissingEpisode(MissingEpisodeSummary):
    """A missing episode, its interview, and everything done about it."""

    possible_actions: Annotated[
        list[MissingAction],
        Field(
            max_length=10,
            description=what_can_be_done(MissingAction),
            examples=[["offer_interview"]],
        ),
    ]
    circumstances: Annotated[
        str, Field(max_length=8000, description="How it came about.", examples=[_CIRCUMSTANCES])
    ]
    police_reference: Annotated[
        str | None,
        Field(max_length=64, description="The police's own reference.", examples=["MP-4471"]),
    ]
    recorded_at: RecordedAt
    recorded_by: RecordedBy
    found_where: Annotated[
        str | None,
        Field(
            max_length=500,
            description="Where the child was found.",
            examples=["Riverbourne bus station"],
        ),
    ]
    return_circumstances: Annotated[
        str | None,
        Field(max_length=8000, description="How the return came about.", examples=[_RETURN]),
    ]
    declined_because: Annotated[
        str | None,
        Field(max_length=8000, description="Why the child declined.", examples=[None]),
    ]
    interviewer: Annotated[
        str | None,
        Field(
            max_length=200,
            description="Who held the interview.",
            examples=["Dele Ade, youth worker"],
        ),
    ]
    interview_held_independently: Annotated[
        bool | None,
        Field(description="Whether who held it has no part in the child's care.", examples=[True]),
    ]
    interview_held_where: Annotated[
        str | None,
        Field(max_length=500, description="Where it was held.", examples=["At school"]),
    ]
    interview_words: Annotated[
        str | None,
        Field(max_length=8000, description="What came of it.", examples=[_WORDS]),
    ]
    steps: Annotated[
        list[MissingEpisodeStep],
        Field(max_length=100, description="Everything that happened, as recorded.", examples=[[]]),
    ]
    deadlines: Annotated[
        list[Deadline],
        Field(max_length=100, description="The clock of the interview.", examples=[[]]),
    ]

    @classmethod
    def of(cls, whole: WholeMissingEpisode) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(
            whole.episode,
            possible_actions=MISSING_EPISODE.allowed(whole.episode.state),
            steps=whole.steps,
            deadlines=whole.deadlines,
        )
