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
            where="answered_at IS NULL",
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
    state: str = kept("asked or answered.")
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
    version: int = kept("Grows with each change; the ETag.")
