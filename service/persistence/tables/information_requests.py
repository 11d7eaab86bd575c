"""What agencies were asked, and what they answered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import SQLModel

from service.persistence.columns import DOCUMENT, INSTANT, Sensitivity, kept, partial_index


class InformationRequestRow(SQLModel, table=True):
    """One agency asked about one contact."""

    __tablename__ = "information_request"
    __table_args__ = (
        Index("ix_information_request_contact", "contact_id"),
        partial_index(
            "ix_information_request_open",
            "organisation_id",
            "asked_at",
            "id",
            where="answered_at IS NULL AND withdrawn_at IS NULL",
        ),
        partial_index(
            "ix_information_request_unread", "unread_since", where="unread_since IS NOT NULL"
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    contact_id: UUID = kept("The contact.", foreign_key="contact.id")
    organisation_id: str = kept("The agency asked.")
    scope: str = kept("existence_only or content.")
    child_ids: list[str] = kept("The children asked about.", type_=DOCUMENT)
    purpose: str = kept("Why asked.", Sensitivity.sensitive)
    lawful_basis: str = kept("Lawful basis for sharing.")
    questions: str | None = kept("What was asked.", Sensitivity.sensitive)
    state: str = kept("asked, withdrawn or answered.")
    asked_at: datetime = kept("When asked: the clock starts here.", type_=INSTANT)
    asked_by: UUID = kept("Who asked.", foreign_key="account.id")
    answer: str | None = kept(
        "nothing_known, known_not_relevant, information, declined.", Sensitivity.sensitive
    )
    information: str | None = kept("What the agency said.", Sensitivity.sensitive)
    answered_at: datetime | None = kept("When answered.", type_=INSTANT)
    answered_by: UUID | None = kept("Account that recorded the answer.", foreign_key="account.id")
    answered_by_name: str | None = kept("Who answered at the agency.", Sensitivity.personal)
    late: bool | None = kept("Whether the answer came after its limit.")
    after_withdrawal: bool | None = kept("Whether the answer came after it was withdrawn.")
    after_decision: bool | None = kept(
        "Whether the answer came when every child it is about was decided."
    )
    withdrawn_at: datetime | None = kept("When withdrawn.", type_=INSTANT)
    withdrawn_by: UUID | None = kept("Who withdrew it.", foreign_key="account.id")
    withdrawn_because: str | None = kept("Why it was withdrawn.", Sensitivity.sensitive)
    unread_since: datetime | None = kept(
        "Since when an answer after the decision waits to be read.", type_=INSTANT
    )
    read_at: datetime | None = kept("When that was read.", type_=INSTANT)
    read_by: UUID | None = kept("Who read it.", foreign_key="account.id")
    reading_words: str | None = kept("What follows from it.", Sensitivity.sensitive)
    version: int = kept("Grows with each change; the ETag.")


class ChaserRow(SQLModel, table=True):
    """An agency that has not answered was chased. Append-only."""

    __tablename__ = "information_request_chaser"
    __table_args__ = (Index("ix_information_request_chaser_request", "request_id"),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    request_id: UUID = kept("The information request.", foreign_key="information_request.id")
    chased_at: datetime = kept("When.", type_=INSTANT)
    chased_by: UUID = kept("Who chased.", foreign_key="account.id")
    how: str = kept("telephone, email, in_person, through_manager.")
    spoken_to: str | None = kept("Whom one spoke to at the agency.", Sensitivity.personal)
    note: str | None = kept("What was said.", Sensitivity.sensitive)
