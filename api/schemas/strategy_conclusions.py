"""What a strategy meeting concludes, on the wire."""

from typing import Annotated

from pydantic import Field

from api.schemas.words import EXAMPLE_ID, an_id
from service.domain.strategy_conclusions import ChildConclusion, Conclusion
from service.domain.strategy_meetings import (
    EnquiryDecision,
    Harm,
    MedicalDecision,
    MeetingTask,
)
from service.strict.fields import Id, Instant, Line, Text, Wire

_WHY = (
    "The bruises are of different ages, nobody has explained them, and the school has seen them "
    "twice: significant harm is likely."
)
_MEDICAL = "The paediatrician sees the bruises today, while they can still be told apart."
_TOLD = "That people are worried about the bruises, and that a doctor will look at them today."
_MINUTES = "Present: social care, police, health. The school's account was read out first."
_ACTION = {
    "what": "Take Amara to the paediatrician, with her mother.",
    "owner": "Jo Mensah",
    "due_at": "2026-10-23T18:00:00Z",
}
_HARMS = len(Harm)
_MOST_CHILDREN = 12
_Words = Annotated[str, Text(8000)]
_Name = Annotated[str, Line(200)]


class ChildConclusionIn(Wire):
    """What was decided for one child. The refusal names everything that is missing, at once."""

    person_id: Annotated[Id | None, an_id("The child; or name the referral.")] = None
    referral_id: Annotated[
        Id | None, Field(description="The child's referral; or name the child.", examples=[None])
    ] = None
    alleged: Annotated[
        list[Harm] | None,
        Field(
            max_length=_HARMS,
            description=(
                "All that is alleged by now. What was alleged before stays; left out, nothing was "
                "added."
            ),
            examples=[["injury"]],
        ),
    ] = None
    enquiry: Annotated[
        EnquiryDecision | None,
        Field(
            description=(
                "Needed. `single_agency` or `joint` begins a section 47 enquiry, or begins the "
                "open one anew: the conference is then reckoned from this meeting. `continues`: "
                "one is under way. `none`: there is none and none begins."
            ),
            examples=["joint"],
        ),
    ] = None
    enquiry_reason: Annotated[_Words | None, Field(description="Needed: why.", examples=[_WHY])] = (
        None
    )
    medical: Annotated[
        MedicalDecision | None,
        Field(
            description=(
                "Whether a medical examination takes place. Needed when injury or sexual abuse is "
                "alleged, at this meeting or an earlier one of this child."
            ),
            examples=["will_take_place"],
        ),
    ] = None
    medical_reason: Annotated[
        _Words | None, Field(description="Why, or why not.", examples=[_MEDICAL])
    ] = None
    told: Annotated[
        _Words | None, Field(description="Needed: what the child will be told.", examples=[_TOLD])
    ] = None


class MeetingTaskIn(Wire):
    """What happens next."""

    what: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(description="Needed: what is to be done.", examples=[_ACTION["what"]]),
    ] = None
    owner: Annotated[
        _Name | None, Field(description="Needed: who does it.", examples=[_ACTION["owner"]])
    ] = None
    due_at: Annotated[
        Instant | None,
        Field(description="Needed: by when; not before the meeting was held."),
    ] = None


class ConclusionIn(Wire):
    """What a meeting decided, for every child that it is about, and what happens next."""

    children: Annotated[
        list[ChildConclusionIn],
        Field(
            max_length=_MOST_CHILDREN,
            description="Every child of the meeting, once.",
            examples=[
                [
                    {
                        "person_id": EXAMPLE_ID,
                        "enquiry": "joint",
                        "enquiry_reason": _WHY,
                        "medical": "will_take_place",
                        "medical_reason": _MEDICAL,
                        "told": _TOLD,
                    }
                ]
            ],
        ),
    ] = Field(default_factory=list)
    actions: Annotated[
        list[MeetingTaskIn],
        Field(
            max_length=50, description="At least one, with owner and time.", examples=[[_ACTION]]
        ),
    ] = Field(default_factory=list)

    def told(self) -> Conclusion:
        """As the use-case takes it."""
        return Conclusion(
            children=[ChildConclusion(**dict(one)) for one in self.children],
            actions=[MeetingTask(**dict(one)) for one in self.actions],
        )


class MinutesIn(Wire):
    """The minutes of a concluded meeting, as they were circulated."""

    minutes: Annotated[
        Annotated[str, Text(60_000)], Field(description="The minutes.", examples=[_MINUTES])
    ]
    circulated_at: Annotated[
        Instant, Field(description="When they were sent to everybody; not before the meeting.")
    ]
