"""Repeat and cumulative concern on the wire: counts, what was told before, what came of it."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from api.schemas.contacts import Contact
from api.schemas.fields import NotShown, WireOut
from api.schemas.histories import EarlierCase
from api.schemas.possible_matches import OpenCase, PossibleMatch
from api.schemas.words import (
    ChildOnThisContactId,
    ContactReference,
    ItsContactId,
    PersonId,
    ReceivedAt,
    an_id,
)
from service.domain import concern_strips, concerns
from service.domain.concern_strips import ChildConcern, ConcernStrip, EarlierConcern
from service.domain.concerns import (
    MOST_BEHIND_A_FLAG,
    MOST_COUNTED,
    MOST_LISTED,
    ConcernAtReceipt,
    ConcernCounts,
    Related,
    Relation,
)
from service.domain.cumulative_concerns import series_in_words
from service.domain.decisions import Outcome
from service.domain.whole_contacts import WholeContact
from service.strict.fields import LARGEST, Instant

_COUNTED = {"in_short_days": 1, "in_long_days": 2, "in_months": 4}


def _number(of: str) -> Any:
    return Field(
        ge=0,
        le=MOST_COUNTED,
        description=f"Contacts in the last {of}; {MOST_COUNTED} means so many or more.",
        examples=[1],
    )


class CountedConcerns(WireOut):
    """How many contacts in each window; half-open: one at its very beginning is outside."""

    in_short_days: Annotated[int, _number("`short_days`")]
    in_long_days: Annotated[int, _number("`long_days`")]
    in_months: Annotated[int, _number("`months`")]


_BY_RELATION = (*(relation.value for relation in Relation), "all")


def _counted(whom: str) -> Any:
    return Field(description=f"Other contacts {whom}.", examples=[_COUNTED])


def _span(words: str, example: int) -> Any:
    return Field(ge=1, le=LARGEST, description=words, examples=[example])


class RepeatConcernCounts(WireOut):
    """How often a child was spoken of on other contacts, by how they have to do with the child.

    A contact counts under each relation that it has; under `all` once.
    """

    reckoned_from: Annotated[Instant, Field(description="The instant at which the windows end.")]
    short_days: Annotated[int, _span("The shorter window, in days of the policy.", 7)]
    long_days: Annotated[int, _span("The longer window, in days of the policy.", 30)]
    months: Annotated[int, _span("The longest window, in months of the policy.", 12)]
    child: Annotated[CountedConcerns, _counted("about this child")]
    possibly_same_child: Annotated[
        CountedConcerns, _counted("about others on file with this name and date of birth")
    ]
    sibling: Annotated[
        CountedConcerns, _counted("about those who ever stood on one contact with this child")
    ]
    household: Annotated[
        CountedConcerns, _counted("that name an adult of the household, by name and date of birth")
    ]
    address: Annotated[CountedConcerns, _counted("from this address and postcode")]
    all: Annotated[CountedConcerns, _counted("of any of these kinds, each once")]

    @classmethod
    def of(cls, counts: ConcernCounts) -> Self:
        """Counts as they were just taken."""
        values: dict[str, Any] = {
            "reckoned_from": counts.reckoned_from,
            "short_days": counts.short_days,
            "long_days": counts.long_days,
            "months": counts.months,
        }
        for name in _BY_RELATION:
            values[name] = CountedConcerns.of(getattr(counts, name))
        return cls.made_of(values)


class OtherConcern(WireOut):
    """Another contact, and how it has to do with the children."""

    contact_id: ItsContactId
    reference: ContactReference
    received_at: ReceivedAt
    relations: Annotated[
        list[Relation],
        Field(max_length=5, description="How it has to do with them.", examples=[["child"]]),
    ]

    @classmethod
    def of(cls, related: Related) -> Self:
        """As it is seen by staff."""
        return cls.made_of(
            {
                "contact_id": related.contact_id,
                "reference": related.reference,
                "received_at": related.received_at,
                "relations": list(related.relations),
            }
        )


_WITHIN_DAYS = Annotated[
    int,
    Field(
        ge=1,
        le=31,
        description="Within how many days two concerns of different people raise a flag.",
        examples=[7],
    ),
]
_RAISED_BY = Annotated[
    list[OtherConcern],
    Field(
        max_length=MOST_BEHIND_A_FLAG,
        description=(
            "Concerns of somebody else about the same children or their siblings within "
            "`within_days` of this one, newest first: a flag is up because of them."
        ),
        examples=[[]],
    ),
]


def _raised_by(found: ConcernAtReceipt | ConcernStrip) -> list[OtherConcern]:
    return [OtherConcern.of(one) for one in found.raised_by[:MOST_BEHIND_A_FLAG]]


class CumulativeConcern(WireOut):
    """The how many-th contact about a child this is within the policy's months, from whomever."""

    contacts: Annotated[
        int, _span("Contacts about the child within these months, with this one.", 3)
    ]
    months: Annotated[int, _span("Within how many months, by the policy.", 6)]
    whole_to_be_read: Annotated[
        bool,
        Field(
            description=(
                "Whether there are so many that a manager reads the whole of what is on file "
                "before a decision is signed, and nothing more following takes a reason of its own."
            ),
            examples=[True],
        ),
    ]
    in_words: Annotated[
        str,
        Field(
            max_length=64,
            description="The same, in words.",
            examples=["third contact in six months"],
        ),
    ]

    @classmethod
    def of(cls, found: concerns.CumulativeConcern) -> Self:
        """As it is seen by staff."""
        return cls.made_of(
            {
                "contacts": found.contacts,
                "months": found.months,
                "whole_to_be_read": found.whole_to_be_read,
                "in_words": series_in_words(found.contacts, found.months),
            }
        )


class ChildConcernCounts(WireOut):
    """One child of the contact, and how often the child was spoken of."""

    child_id: ChildOnThisContactId
    person_id: PersonId
    counts: Annotated[RepeatConcernCounts, Field(description="How often.")]
    cumulative_concern: Annotated[
        CumulativeConcern,
        Field(description="The how many-th contact about the child this is, from whomever."),
    ]


class RepeatConcernAtReceipt(WireOut):
    """What was on file of the children as the contact arrived."""

    within_days: _WITHIN_DAYS
    raised_by: _RAISED_BY
    children: Annotated[
        list[ChildConcernCounts], Field(max_length=100, description="The children, in order.")
    ]

    @classmethod
    def of(cls, found: ConcernAtReceipt) -> Self:
        """As the worker who logs it sees it."""
        return cls.made_of(
            {
                "within_days": found.within_days,
                "raised_by": _raised_by(found),
                "children": [
                    ChildConcernCounts.made_of(
                        {
                            "child_id": one.child_id,
                            "person_id": one.person_id,
                            "counts": RepeatConcernCounts.of(one.counts),
                            "cumulative_concern": CumulativeConcern.of(one.cumulative),
                        }
                    )
                    for one in found.children
                ],
            }
        )


class LoggedContact(Contact):
    """A contact as it was just logged, with how often its children were spoken of before."""

    repeat_concern: Annotated[
        RepeatConcernAtReceipt | None,
        Field(
            description=(
                "How often the children were spoken of before, reckoned from when this contact "
                "was received. `GET /v1/contacts/{contact_id}/repeat-concern` gives the whole."
            )
        ),
    ]
    possible_matches: Annotated[
        list[PossibleMatch],
        Field(
            max_length=2000,
            description=(
                "Who on file may be these children, whether they are open, and with which team: to "
                "be answered before a decision."
            ),
            examples=[[]],
        ),
    ]

    @classmethod
    def of(cls, whole: WholeContact) -> Self:
        """As the worker who logs it sees it."""
        found = whole.repeat_concern
        shown = None if found is None else RepeatConcernAtReceipt.of(found)
        return cls.made_of(
            {
                **dict(Contact.of(whole)),
                "repeat_concern": shown,
                "possible_matches": [PossibleMatch.of(one) for one in whole.possible_matches],
            }
        )


class OutcomeThen(WireOut):
    """What was decided for one child on an earlier contact, and how that ended."""

    child_id: Annotated[UUID, an_id("The child on the earlier contact.")]
    same_child: Annotated[
        bool, Field(description="Whether that is the child of this strip.", examples=[True])
    ]
    outcome: Annotated[
        Outcome, Field(description="What was decided.", examples=["no_further_action"])
    ]
    decided_at: Annotated[Instant, Field(description="When that was signed.")]
    rationale: Annotated[
        str,
        Field(
            max_length=20_000,
            description="Why it was decided so: where nothing followed, why it closed.",
            examples=["The school has seen bruises twice in a week."],
        ),
    ]
    last_closed_because: Annotated[
        str | None,
        Field(
            max_length=20_000,
            description="Why the one before that had closed, as it was said then.",
            examples=["The family had found help by then."],
        ),
    ]
    closed_at: Annotated[
        Instant | None,
        Field(description="When the referral or episode that it led to closed; null while open."),
    ]
    closure_code: Annotated[
        str | None, Field(max_length=32, description="Why that closed, coded.", examples=["RC8"])
    ]
    closure_reason: Annotated[
        str | None,
        Field(
            max_length=8000,
            description="Why that closed, in words.",
            examples=["Assessment found no unmet need."],
        ),
    ]
    not_shown: NotShown

    @classmethod
    def of(cls, then: concern_strips.OutcomeThen) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(then)


class EarlierConcernOfChild(OtherConcern):
    """An earlier contact on the strip of a child."""

    source_code: Annotated[
        str, Field(max_length=4, description="Its referral source code.", examples=["2A"])
    ]
    age: Annotated[
        int | None,
        Field(
            ge=0,
            le=150,
            description="How old the child was then, in completed years; null when not known.",
            examples=[6],
        ),
    ]
    outcomes: Annotated[
        list[OutcomeThen],
        Field(
            max_length=100,
            description="What stands signed for the children on it, this child's first.",
        ),
    ]
    not_shown: NotShown

    @classmethod
    def of_earlier(cls, earlier: EarlierConcern) -> Self:
        """As it is seen by staff."""
        return cls.made_of(
            {
                **dict(OtherConcern.of(earlier.related)),
                "source_code": earlier.related.teller.source_code,
                "age": earlier.age,
                "outcomes": [OutcomeThen.of(one) for one in earlier.outcomes],
                "not_shown": list(earlier.not_shown),
            }
        )


class RepeatConcernOfChild(WireOut):
    """The strip of one child: how often, what was told, what came of it, and what is open."""

    child_id: ChildOnThisContactId
    person_id: PersonId
    counts: Annotated[
        RepeatConcernCounts | None,
        Field(description="How often; null where you are not shown all that would be counted."),
    ]
    cumulative_concern: Annotated[
        CumulativeConcern | None,
        Field(
            description=(
                "The how many-th contact about the child this is, from whomever; null where you "
                "are not shown all that would be counted."
            )
        ),
    ]
    earlier: Annotated[
        list[EarlierConcernOfChild],
        Field(
            max_length=MOST_LISTED,
            description="The contacts that are counted, newest first; the newest of very many.",
        ),
    ]
    referrals: Annotated[
        list[EarlierCase],
        Field(max_length=MOST_LISTED, description="Previous referrals, newest first."),
    ]
    early_help_episodes: Annotated[
        list[EarlierCase],
        Field(max_length=MOST_LISTED, description="Previous early help, newest first."),
    ]
    re_referral: Annotated[
        bool | None,
        Field(
            description=(
                "Whether a referral would come within the policy's months of a previous one: it "
                "is screened for threshold afresh. Null where that is not shown to you."
            ),
            examples=[False],
        ),
    ]
    last_known_team_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The team that held the child last, for reporting.",
            examples=["assessment-north"],
        ),
    ]
    open_case: Annotated[
        OpenCase | None, Field(description="What the child is open to now; null when to nothing.")
    ]
    not_shown: NotShown

    @classmethod
    def of(cls, strip: ChildConcern) -> Self:
        """As it is seen by staff."""
        return cls.made_of(
            {
                "child_id": strip.child_id,
                "person_id": strip.person_id,
                "counts": None if strip.counts is None else RepeatConcernCounts.of(strip.counts),
                "cumulative_concern": None
                if strip.cumulative_concern is None
                else CumulativeConcern.of(strip.cumulative_concern),
                "earlier": [EarlierConcernOfChild.of_earlier(one) for one in strip.earlier],
                "referrals": [EarlierCase.of(one) for one in strip.referrals],
                "early_help_episodes": [EarlierCase.of(one) for one in strip.episodes],
                "re_referral": strip.re_referral,
                "last_known_team_id": strip.last_known_team_id,
                "open_case": None if strip.open_case is None else OpenCase.of(strip.open_case),
                "not_shown": list(strip.not_shown),
            }
        )


class RepeatConcern(WireOut):
    """Repeat and cumulative concern about the children of a contact, as of now."""

    contact_id: ItsContactId
    within_days: _WITHIN_DAYS
    raised_by: _RAISED_BY
    children: Annotated[
        list[RepeatConcernOfChild], Field(max_length=100, description="The children, in order.")
    ]
    not_shown: NotShown

    @classmethod
    def of(cls, strip: ConcernStrip) -> Self:
        """As it is seen by staff."""
        return cls.made_of(
            {
                "contact_id": strip.contact_id,
                "within_days": strip.within_days,
                "raised_by": _raised_by(strip),
                "children": [RepeatConcernOfChild.of(one) for one in strip.children],
                "not_shown": list(strip.not_shown),
            }
        )
