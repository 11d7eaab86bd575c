"""What happened: audit line, chronology entry and message in one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer
from sqlmodel import SQLModel

from service.persistence.columns import DOCUMENT, INSTANT, kept, partial_index


class EventRow(SQLModel, table=True):
    """One thing that happened. Append-only."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_contact", "contact_id", "sequence"),
        partial_index("ix_event_person", "person_id", "sequence", where="person_id IS NOT NULL"),
    )

    sequence: int | None = kept(
        "The order of events: time may step back, this does not.",
        primary_key=True,
        type_=BigInteger().with_variant(Integer, "sqlite"),
        default=None,
    )
    id: UUID = kept("Identifier (UUIDv7).")
    type: str = kept("noun.happened.")
    at: datetime = kept("When.", type_=INSTANT)
    account_id: UUID | None = kept("Who; empty for a job.")
    organisation_id: str | None = kept("On whose behalf.")
    request_id: str | None = kept("The request it came with.")
    subject_id: UUID = kept("What it happened to.")
    contact_id: UUID | None = kept("The contact behind it.")
    person_id: UUID | None = kept("The child, where it is about one.")
    data: dict[str, object] = kept(
        "Ids, codes and times; never a name or a narrative.", type_=DOCUMENT
    )
