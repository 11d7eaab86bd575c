"""Several flags on the wire that are taken on in one act, and what came of it."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.flags import FlagAcknowledgementIn, FlagSummary
from api.schemas.words import EXAMPLE_ID, an_id
from service.domain.flags import FlagRead
from service.strict.fields import LARGEST, Flag, Id, Whole, Wire
from service.usecases.flags import TakenOn


class FlagReadIn(Wire):
    """A flag as it was read, to be taken on with others."""

    id: Annotated[Id, an_id("The flag.")]
    version: Annotated[
        Annotated[int, Whole(1, LARGEST)],
        Field(description="The version that was read.", examples=[1]),
    ]


class FlagsAcknowledgementIn(FlagAcknowledgementIn):
    """That somebody takes several flags on, with the same words for all of them."""

    flags: Annotated[
        Annotated[list[FlagReadIn], Field(min_length=1, max_length=100)],
        Field(
            description="The flags, each once, each in the version that was read.",
            examples=[[{"id": EXAMPLE_ID, "version": 1}]],
        ),
    ]
    those_that_can: Annotated[
        Flag,
        Field(
            description=(
                "Whether those that can be taken on are, when others cannot; else none is."
            ),
            examples=[False],
        ),
    ] = False

    def told(self) -> list[FlagRead]:
        """The flags, as the use-case takes them."""
        return [FlagRead(one.id, one.version) for one in self.flags]


class FlagNotTakenOn(WireOut):
    """A flag that could not be taken on with the others."""

    place: Annotated[
        int, Field(ge=0, le=LARGEST, description="Its place in what was sent.", examples=[3])
    ]
    flag_id: Annotated[UUID, an_id("The flag.")]
    code: Annotated[
        str, Field(max_length=64, description="Why, for programs.", examples=["flag_not_yours"])
    ]
    message: Annotated[
        str,
        Field(
            max_length=500,
            description="Why, and what to do.",
            examples=["This flag is for the MASH manager to take on. Tell them what you know."],
        ),
    ]


class FlagsAcknowledged(WireOut):
    """What came of taking several flags on."""

    flags: Annotated[
        list[FlagSummary],
        Field(max_length=100, description="Those that were taken on, in the order sent."),
    ]
    refused: Annotated[
        list[FlagNotTakenOn],
        Field(max_length=100, description="Those that were not, where that was asked for."),
    ]

    @classmethod
    def of(cls, taken: TakenOn) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(taken)
