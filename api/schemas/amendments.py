"""Amendments on the wire: which field, the old words and the new, by whom, when and why."""

from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import Field

from api.faults import json_pointer
from api.schemas.fields import NotShown, WireOut
from api.schemas.words import DoneBy
from service.domain.amendments import ChangeKind, FieldChange, SeenAmendment
from service.strict.fields import Instant

_WORDS = Annotated[
    bool
    | Annotated[str, Field(max_length=20_000)]
    | Annotated[list[Annotated[str, Field(max_length=8)]], Field(max_length=13)]
    | None,
    Field(
        description="As the contact has this field: a text, true or false, codes, or null.",
        examples=["Amara"],
    ),
]
# Fields of the record that the contract groups.
_GROUPED: Final = {
    "agreement": "/agreement/state",
    "agreement_note": "/agreement/note",
    "lawful_basis": "/lawful_basis/basis",
    "sharing_reason": "/lawful_basis/sharing_reason",
    **{
        f"referrer_{name}": f"/referrer/{name}"
        for name in ("name", "role", "agency", "telephone", "email")
    },
}


class AmendedField(WireOut):
    """One field that was amended."""

    kind: Annotated[
        ChangeKind,
        Field(
            description=(
                "Whether the contact, child or adult was there before and after (`changed`), was "
                "`added`, or was `removed`: taken off the contact."
            ),
            examples=["changed"],
        ),
    ]
    child_id: Annotated[
        UUID | None,
        Field(
            description="The child on the contact to whom the field belongs; null for none.",
            examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a12"],
        ),
    ]
    adult_id: Annotated[
        UUID | None,
        Field(
            description="The adult on the contact to whom the field belongs; null for none.",
            examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a13"],
        ),
    ]
    pointer: Annotated[
        Annotated[str, Field(max_length=100)],
        Field(
            description=(
                "The field as a JSON pointer: within the child or the adult that is named, else "
                "within the contact."
            ),
            examples=["/given_name"],
        ),
    ]
    before: _WORDS
    after: _WORDS

    @classmethod
    def of(cls, change: FieldChange) -> Self:
        """As it is read."""
        own = change.child_id is None and change.adult_id is None
        grouped = _GROUPED.get(change.name) if own else None
        field, _, below = change.name.partition("/")
        return cls(
            kind=change.kind,
            child_id=change.child_id,
            adult_id=change.adult_id,
            pointer=grouped or json_pointer(one for one in (field, below) if one),
            before=change.before,
            after=change.after,
        )


class Amendment(WireOut):
    """One amendment of a contact. It is never changed and never deleted."""

    id: Annotated[
        UUID, Field(description="The amendment.", examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a14"])
    ]
    amended_at: Annotated[Instant, Field(description="When.", examples=["2026-10-23T15:00:00Z"])]
    amended_by: DoneBy
    reason: Annotated[
        Annotated[str, Field(max_length=2000)] | None,
        Field(
            description="Why; null where it may tell of a child of whom you may not know.",
            examples=["The school rang back with the date of birth."],
        ),
    ]
    changes: Annotated[
        Annotated[list[AmendedField], Field(max_length=10_000)],
        Field(description="Each field with its old and its new words.", examples=[[]]),
    ]
    not_shown: NotShown

    @classmethod
    def of(cls, seen: SeenAmendment) -> Self:
        """As its reader may see it."""
        return cls(
            id=seen.amendment.id,
            amended_at=seen.amendment.amended_at,
            amended_by=seen.amendment.amended_by,
            reason=seen.reason,
            changes=[AmendedField.of(one) for one in seen.changes],
            not_shown=list(seen.not_shown),
        )
