"""What is changed of a contact and done with it, on the wire."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from api.schemas.new_contacts import ContactWords, Referrer
from api.schemas.people import (
    AdultChange,
    ChildChange,
)
from api.schemas.words import EXAMPLE_ID, an_id
from service.domain.contacts import Channel
from service.domain.deadlines import Rating
from service.domain.errors import Invalid, Problem
from service.domain.new_contacts import NewAdult, NewChild
from service.domain.outcome_tellings import TellingWay
from service.strict.fields import (
    Id,
    Instant,
    Text,
    Wire,
    what_is_sent_is_changed,
)
from service.usecases.amendments import ContactChanges


@what_is_sent_is_changed
class ContactAmend(ContactWords):
    """An amendment, before any decision. Only what is sent is changed."""

    reason: Annotated[
        Annotated[str, Text(2000, least=5)],
        Field(
            description="Why it is amended. Both the old and the new words are kept.",
            examples=["The school rang back with the date of birth."],
        ),
    ]
    channel: Annotated[
        Channel | None, Field(description="How it arrived.", examples=["telephone"])
    ] = None
    children: Annotated[
        Annotated[list[ChildChange], Field(max_length=20)] | None,
        Field(
            description="The children: one or more.",
            examples=[[{"id": EXAMPLE_ID, "sex": "F"}]],
        ),
    ] = None
    adults: Annotated[
        Annotated[list[AdultChange], Field(max_length=20)] | None,
        Field(
            description="The adults: parents above all, known by name or not.",
            examples=[[{"relationship": "father", "name_known": False}]],
        ),
    ] = None
    referrer: Annotated[
        Referrer | None,
        Field(
            description="Who told. Needed, unless the source code is 9 (anonymous).",
            examples=[{"name": "Priya Shah", "role": "Designated safeguarding lead"}],
        ),
    ] = None

    def told(self) -> ContactChanges:
        """As the use-case takes it."""
        return contact_changes(self)


class TriageIn(Wire):
    """A rating."""

    rating: Annotated[
        Rating, Field(description="How soon this must be decided.", examples=["amber"])
    ]
    rationale: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(
            description="Why. Needed for a change of rating.",
            examples=["School reports a second bruise."],
        ),
    ] = None


class AssignmentIn(Wire):
    """Who works the contact."""

    worker_id: Annotated[
        Id | None,
        an_id(
            "A worker from `GET /v1/workers`; null hands the contact "
            "back. To take it, send your own id."
        ),
    ]


class PoliceUpdateReading(Wire):
    """That what the police sent later was read."""

    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="What follows from it, in your own words.",
            examples=["He came back with a knife: rated red, and the youngest is added."],
        ),
    ]


class AcknowledgementIn(Wire):
    """That the referrer was told."""

    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="How they were told, and what.",
            examples=["Rang the school: received, will decide by tomorrow 16:00."],
        ),
    ]


class RemovalIn(Wire):
    """That a child does not belong to the contact."""

    because: Annotated[
        Annotated[str, Text(2000, least=5)],
        Field(
            description="Why the child is taken off. What was told of the child is kept.",
            examples=["The school meant another class: this boy is not of the family."],
        ),
    ]


class OutcomeToldIn(Wire):
    """That the referrer was told what came of the contact."""

    told_at: Annotated[Instant, Field(description="When they were told.")]
    how: Annotated[TellingWay, Field(description="How.", examples=["telephone"])]
    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="What they were told.",
            examples=["Rang the school: early help will call, and how to disagree."],
        ),
    ]


_NOT_EMPTIED = frozenset(
    {
        "concern",
        "source_code",
        "received_at",
        "immediate_danger",
        "channel",
        "birth_knowledge",
        "sex",
        "disability_codes",
        "relationship",
        "name_known",
        "parental_responsibility",
        "in_household",
    }
)


def _sent(part: Wire, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """What was sent of a part, leaving out a null for what cannot be empty."""
    return {
        name: getattr(part, name)
        for name in part.model_fields_set
        if name not in but and not (name in _NOT_EMPTIED and getattr(part, name) is None)
    }


def contact_changes(sent: ContactAmend) -> ContactChanges:
    """An amendment for the use-case: only what was sent."""
    groups = ("reason", "children", "adults", "referrer", "agreement", "lawful_basis")
    fields = _sent(sent, groups)
    renamed: Mapping[str, tuple[Wire | None, Mapping[str, str]]] = {
        "referrer": (
            sent.referrer,
            {name: f"referrer_{name}" for name in Referrer.model_fields},
        ),
        "agreement": (sent.agreement, {"state": "agreement", "note": "agreement_note"}),
        "lawful_basis": (
            sent.lawful_basis,
            {"basis": "lawful_basis", "sharing_reason": "sharing_reason"},
        ),
    }
    for part, names in renamed.values():
        if part is not None:
            fields |= {names[name]: getattr(part, name) for name in part.model_fields_set}
    children = [(f"/children/{n}", one) for n, one in enumerate(sent.children or [])]
    adults = [(f"/adults/{n}", one) for n, one in enumerate(sent.adults or [])]
    named = [(at, one.id) for at, one in children] + [(at, one.id) for at, one in adults]
    _refuse_named_twice(named)
    return ContactChanges(
        reason=sent.reason,
        fields=fields,
        children={one.id: _sent(one, ("id",)) for _, one in children if one.id is not None},
        new_children=[NewChild(**_sent(one, ("id",))) for _, one in children if one.id is None],
        adults={one.id: _sent(one, ("id",)) for _, one in adults if one.id is not None},
        new_adults=[NewAdult(**_sent(one, ("id",))) for _, one in adults if one.id is None],
        pointers={id_: at for at, id_ in named if id_ is not None},
        new_child_pointers=[at for at, one in children if one.id is None],
        new_adult_pointers=[at for at, one in adults if one.id is None],
    )


def _refuse_named_twice(named: Sequence[tuple[str, UUID | None]]) -> None:
    """Two changes to one child would leave it to chance which of them holds."""
    seen: set[UUID] = set()
    problems: list[Problem] = []
    for at, id_ in named:
        if id_ is not None and id_ in seen:
            problems.append(
                Problem(f"{at}/id", "Name each child and each adult once.", "named_twice")
            )
        elif id_ is not None:
            seen.add(id_)
    if problems:
        raise Invalid("A child or an adult is named twice.", problems=problems)
