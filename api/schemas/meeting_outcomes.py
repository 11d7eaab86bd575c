"""Many children of a daily meeting dealt with in one act, on the wire; and what came of it."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.schemas.decisions_together import ToldOfDecision
from api.schemas.fields import WireOut
from api.schemas.new_decisions import PROMPTS_EXAMPLE, PromptLine
from api.schemas.possible_matches import MatchLine
from api.schemas.problems import Fault
from api.schemas.words import EXAMPLE_ID, ETagVersion, ItsContactId, an_id
from service.domain.contacts import ContactState
from service.domain.decisions import DecisionState, LevelOfNeed, Outcome
from service.domain.meeting_outcomes import (
    IncidentRefused,
    IncidentSaid,
    IncidentSettled,
    ItemSaid,
    MeetingSettled,
)
from service.domain.recorded_notifications import ItemNotRecorded, ItemSeen, Recorded
from service.strict.fields import LARGEST, Flag, Id, Text, Whole, Wire

ContactVersionSeen = Annotated[
    Annotated[int, Whole(1, LARGEST)],
    Field(description="The `contact_version` of the item as the agenda showed it.", examples=[1]),
]
ThoseThatCan = Annotated[
    Flag,
    Field(
        description="Whether the rest is done when something is refused; else nothing is.",
        examples=[False],
    ),
]


class ItemOutcomeIn(ToldOfDecision):
    """One child of the incident: which item of the agenda, and what differs from the rest."""

    prompts: Annotated[
        Annotated[list[PromptLine], Field(max_length=10)],
        Field(
            description="The prompts, answered or not known and why, of this child alone.",
            examples=[PROMPTS_EXAMPLE],
        ),
    ] = Field(default_factory=list)
    item_id: Annotated[Id, an_id("The item of the agenda, which waits.")]
    matches: Annotated[
        Annotated[list[MatchLine], Field(max_length=20)],
        Field(
            description="Whether those on file who may be this child are the same child.",
            examples=[[]],
        ),
    ] = Field(default_factory=list)

    def told(self) -> ItemSaid:
        """As the use-case takes it."""
        return ItemSaid(self.item_id, self.said(), [line.told() for line in self.matches])


class IncidentOutcomeIn(ToldOfDecision):
    """One incident as the meeting decides it: what is said of all its children, what differs."""

    contact_id: Annotated[Id, an_id("The contact that the notification is.")]
    contact_version: ContactVersionSeen
    items: Annotated[
        Annotated[list[ItemOutcomeIn], Field(min_length=1, max_length=10)],
        Field(
            description="Its children who are decided, each with what differs from the rest.",
            examples=[[{"item_id": EXAMPLE_ID}]],
        ),
    ]

    def told(self) -> IncidentSaid:
        """As the use-case takes it."""
        return IncidentSaid(
            self.contact_id,
            self.contact_version,
            self.said(),
            [one.told() for one in self.items],
        )


class MeetingOutcomesCreate(Wire):
    """The decisions of a daily meeting for many children, incident by incident."""

    incidents: Annotated[
        Annotated[list[IncidentOutcomeIn], Field(min_length=1, max_length=50)],
        Field(description="The incidents, each with its own facts and its own rationale."),
    ]
    those_that_can: ThoseThatCan = False


class SettledDecision(WireOut):
    """A decision that was made in the act."""

    decision_id: Annotated[UUID, an_id("The decision that was made.")]
    child_id: Annotated[UUID, an_id("The child on the contact.")]
    state: Annotated[
        DecisionState, Field(description="State of the decision.", examples=["awaiting_sign_off"])
    ]
    level_of_need: Annotated[
        LevelOfNeed,
        Field(description="1 universal, 2 additional, 3 targeted, 4 statutory.", examples=[2]),
    ]
    outcome: Annotated[
        Outcome, Field(description="What happens next.", examples=["no_further_action"])
    ]


class IncidentOutcome(WireOut):
    """An incident whose children were dealt with, and its contact from then on."""

    contact_id: ItsContactId
    contact_version: ETagVersion
    contact_state: Annotated[
        ContactState,
        Field(description="State of the contact from then on.", examples=["awaiting_sign_off"]),
    ]
    decisions: Annotated[
        list[SettledDecision],
        Field(max_length=20, description="The decisions, in the order in which they were named."),
    ]

    @classmethod
    def of(cls, one: IncidentSettled) -> Self:
        """As it is seen by staff."""
        contact = one.contact
        return cls.made_of(
            {
                "contact_id": contact.id,
                "contact_version": contact.version,
                "contact_state": contact.state,
                "decisions": [
                    SettledDecision.taken_from(made, decision_id=made.id) for made in one.decisions
                ],
            }
        )


class IncidentNotDone(WireOut):
    """An incident with which nothing was done, where the rest was asked for."""

    place: Annotated[
        int, Field(ge=0, le=LARGEST, description="Its place in what was sent.", examples=[3])
    ]
    contact_id: ItsContactId
    errors: Annotated[
        list[Fault],
        Field(max_length=1000, description="Everything that is wrong with it, at its place."),
    ]

    @classmethod
    def of(cls, one: IncidentRefused) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(one, errors=one.problems)


class MeetingOutcomes(WireOut):
    """What came of many incidents in one act."""

    incidents: Annotated[
        list[IncidentOutcome],
        Field(max_length=50, description="Those that were dealt with, in the order sent."),
    ]
    refused: Annotated[
        list[IncidentNotDone],
        Field(max_length=50, description="Those that were not, where that was asked for."),
    ]

    @classmethod
    def of(cls, settled: MeetingSettled) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(settled, incidents=settled.done)


class ItemSeenIn(Wire):
    """An item of the list as it was read."""

    item_id: Annotated[Id, an_id("The item of the agenda, which waits.")]
    contact_version: ContactVersionSeen

    def told(self) -> ItemSeen:
        """As the use-case takes it."""
        return ItemSeen(self.item_id, self.contact_version)


class RecordingCreate(Wire):
    """That a manager read a list of notifications, and has them recorded without a discussion."""

    items: Annotated[
        Annotated[list[ItemSeenIn], Field(min_length=1, max_length=100)],
        Field(
            description="The items that were read, each once, in the version that was read.",
            examples=[[{"item_id": EXAMPLE_ID, "contact_version": 1}]],
        ),
    ]
    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="The manager's own words: what was read, and why none is discussed.",
            examples=[
                "Read all twelve: verbal arguments, the first of each family, no child near it."
            ],
        ),
    ]
    those_that_can: ThoseThatCan = False


class ItemLeft(WireOut):
    """An item that is left for the meeting, where the rest was asked for."""

    place: Annotated[
        int, Field(ge=0, le=LARGEST, description="Its place in what was sent.", examples=[3])
    ]
    item_id: Annotated[UUID, an_id("The item of the agenda.")]
    errors: Annotated[
        list[Fault],
        Field(max_length=100, description="Everything that forbids to record it."),
    ]

    @classmethod
    def of(cls, one: ItemNotRecorded) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(one, errors=one.problems)


class Recording(WireOut):
    """What came of a list that was read: recorded, and left for the meeting."""

    incidents: Annotated[
        list[IncidentOutcome],
        Field(max_length=100, description="The contacts of which children were recorded."),
    ]
    refused: Annotated[
        list[ItemLeft],
        Field(max_length=100, description="What was not recorded, where the rest was asked for."),
    ]

    @classmethod
    def of(cls, recorded: Recorded) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(recorded, incidents=recorded.done)
