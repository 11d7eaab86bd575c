"""Who on file may be a child told of, and what was answered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import SQLModel

from service.persistence.columns import DOCUMENT, INSTANT, Sensitivity, kept, partial_index


class PossibleMatchRow(SQLModel, table=True):
    """Somebody on file who may be a child of a contact. Another answer is another row."""

    __tablename__ = "possible_match"
    __table_args__ = (
        partial_index(
            "ux_possible_match",
            "child_id",
            "person_id",
            where="superseded_at IS NULL",
            unique=True,
        ),
        Index("ix_possible_match_contact", "contact_id"),
        Index("ix_possible_match_own_person", "own_person_id", "person_id"),
        Index("ix_possible_match_person", "person_id"),
        partial_index(
            "ix_possible_match_open",
            "found_at",
            "id",
            where="answered_at IS NULL AND superseded_at IS NULL",
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    contact_id: UUID = kept("The contact.", foreign_key="contact.id")
    child_id: UUID = kept("The child on that contact, as long as the child stands on it.")
    own_person_id: UUID = kept(
        "Whom the child was taken for when it was found.", foreign_key="person.id"
    )
    person_id: UUID = kept("Who on file may be the same child.", foreign_key="person.id")
    found_at: datetime = kept("When it was found.", type_=INSTANT)
    reasons: list[str] = kept("What speaks for it, coded.", type_=DOCUMENT)
    contradicts: list[str] = kept("What speaks against it, coded.", type_=DOCUMENT)
    answer: str | None = kept("same_child, another_child.", Sensitivity.personal)
    because: str | None = kept("Why, in words.", Sensitivity.sensitive)
    answered_at: datetime | None = kept("When it was answered.", type_=INSTANT)
    answered_by: UUID | None = kept("Who answered.", foreign_key="account.id")
    superseded_at: datetime | None = kept(
        "When another answer took its place, or it was no match any more.", type_=INSTANT
    )
