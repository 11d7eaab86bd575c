"""Kinds of contact on the wire: a step, an end, another kind; and what was done."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.words import an_id
from service.domain import contact_kinds
from service.domain.contact_kinds import ContactKind, KindAction, NewEnding, NewStep
from service.strict.fields import Instant, Line, Text, Wire

_WORDS = "Rang the designated officer, Mr Hale: he holds a meeting on Thursday."
_PASSED_TO = "Riverbourne Adult Services, duty desk, by telephone at 10:40, and in writing."
ItsKind = Annotated[
    ContactKind,
    Field(
        description=(
            "What it is. The children of a `concern`, of a `plan_transferred_in` and of an "
            "`unaccompanied_child` are decided; any other kind ends on its own path."
        ),
        examples=["concern"],
    ),
]


class ContactStepIn(Wire):
    """A step that was taken on the path of a contact that is no concern."""

    step: Annotated[
        Annotated[str, Line(64)],
        Field(
            description="Which, by the policy: list `<kind>_step` of `GET /v1/codes`.",
            examples=["designated_officer_told"],
        ),
    ]
    happened_at: Annotated[
        Instant,
        Field(
            description="When it was taken: between the receipt of the contact and now.",
            examples=["2026-10-23T15:20:00Z"],
        ),
    ]
    words: Annotated[
        Annotated[str, Text(4000)],
        Field(description="Who did what, and what follows.", examples=[_WORDS]),
    ]

    def told(self) -> NewStep:
        """As the use-case takes it."""
        return NewStep(self.step, self.happened_at, self.words)


class PathAnswer(Wire):
    """An answer to what the path of a contact asks at its end."""

    prompt: Annotated[
        Annotated[str, Line(64)],
        Field(
            description="Which question, by the policy: list `<kind>_prompt` of `GET /v1/codes`.",
            examples=["who_asks_and_why"],
        ),
    ]
    answer: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="The answer.",
            examples=["Cafcass, for a report to the family court; rang back by their switchboard."],
        ),
    ]


class ContactEndingIn(Wire):
    """That a contact that is no concern ends."""

    ending: Annotated[
        Annotated[str, Line(64)],
        Field(
            description="How, by the policy: list `<kind>_ending` of `GET /v1/codes`.",
            examples=["not_known"],
        ),
    ]
    words: Annotated[
        Annotated[str, Text(4000, least=10)],
        Field(
            description="What was answered or advised, in your own words.",
            examples=["Told Ms Crane of Cafcass that the boy is not known here."],
        ),
    ]
    passed_to: Annotated[
        Annotated[str, Text(2000, least=5)] | None,
        Field(
            description="To whom it was passed on, and how; where the ending says that it was.",
            examples=[_PASSED_TO],
        ),
    ] = None
    answers: Annotated[
        Annotated[list[PathAnswer], Field(max_length=20)],
        Field(
            description="The answers to what its path asks: each question once.",
            examples=[
                [
                    {
                        "prompt": "who_asks_and_why",
                        "answer": "Cafcass, for a report to the family court.",
                    }
                ]
            ],
        ),
    ] = Field(default_factory=list)

    def told(self) -> NewEnding:
        """As the use-case takes it."""
        return NewEnding(
            ending=self.ending,
            words=self.words,
            passed_to=self.passed_to,
            answers=[(one.prompt, one.answer) for one in self.answers],
        )


class ContactKindIn(Wire):
    """That a contact is of another kind than it was said to be."""

    kind: Annotated[ContactKind, Field(description="Of which kind it is.", examples=["concern"])]
    because: Annotated[
        Annotated[str, Text(4000, least=5)],
        Field(
            description="Why, in your own words.",
            examples=["Asked whether he is known, Cafcass told of bruises on his arms."],
        ),
    ]


class KindAct(WireOut):
    """One thing that was done to a contact as one of its kind."""

    action: Annotated[
        KindAction,
        Field(description="step_recorded, ended, reclassified.", examples=["step_recorded"]),
    ]
    at: Annotated[Instant, Field(description="When it was recorded.")]
    by: Annotated[UUID, an_id("Who did it.")]
    happened_at: Annotated[Instant, Field(description="When it happened.")]
    kind: ItsKind
    was: Annotated[
        ContactKind | None,
        Field(description="The kind before; null unless it was reclassified.", examples=["check"]),
    ]
    code: Annotated[
        Annotated[str, Field(max_length=64)] | None,
        Field(
            description="The step or the ending, by the policy; null when it was reclassified.",
            examples=["designated_officer_told"],
        ),
    ]
    words: Annotated[
        str, Field(max_length=4000, description="What was done, or why.", examples=[_WORDS])
    ]
    passed_to: Annotated[
        str | None,
        Field(max_length=2000, description="To whom it was passed on.", examples=[_PASSED_TO]),
    ]
    answers: Annotated[
        Annotated[list[PathAnswer], Field(max_length=20)],
        Field(description="The answers at its end.", examples=[[]]),
    ]

    @classmethod
    def of(cls, act: contact_kinds.KindAct) -> Self:
        """As it is seen by staff."""
        return cls(
            action=act.action,
            at=act.at,
            by=act.by,
            happened_at=act.happened_at,
            kind=act.kind,
            was=act.was,
            code=act.code,
            words=act.words,
            passed_to=act.passed_to,
            answers=[
                PathAnswer(prompt=prompt, answer=answer)
                for prompt, answer in (act.answers or {}).items()
            ],
        )
