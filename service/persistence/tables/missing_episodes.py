"""Missing episodes with their return home interviews, and every step of each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, Sensitivity, kept, partial_index


class MissingEpisodeRow(SQLModel, table=True):
    """One time that a child went missing."""

    __tablename__ = "missing_episode"
    __table_args__ = (
        Index("ux_missing_episode_reference", "reference", unique=True),
        partial_index(
            "ux_missing_episode_missing", "person_id", where="returned_at IS NULL", unique=True
        ),
        Index("ix_missing_episode_contact", "contact_id"),
        Index("ix_missing_episode_child", "child_id"),
        Index("ix_missing_episode_person", "person_id"),
        Index("ix_missing_episode_missing_from", "missing_from", "id"),
        Index("ix_missing_episode_returned", "returned_at", "id"),
        partial_index(
            "ix_missing_episode_owed",
            "id",
            where="state IN ('returned', 'interview_offered', 'interview_accepted')",
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    reference: str = kept("Human reference with a check character.")
    contact_id: UUID = kept("The contact that told of the child.", foreign_key="contact.id")
    child_id: UUID = kept("The child on that contact.", foreign_key="contact_child.id")
    person_id: UUID = kept("The child, across contacts.", foreign_key="person.id")
    state: str = kept("missing, returned, or how far the interview has come.")
    missing_from: datetime = kept("Since when the child was missing.", type_=INSTANT)
    reported_at: datetime = kept("When the child was reported missing.", type_=INSTANT)
    circumstances: str = kept("How it came about, in words.", Sensitivity.sensitive)
    police_reference: str | None = kept("The police's own reference.")
    recorded_at: datetime = kept("When the row was written.", type_=INSTANT)
    recorded_by: UUID = kept("Account that recorded it.", foreign_key="account.id")
    returned_at: datetime | None = kept(
        "When the child was back: the clock of the interview starts here.", type_=INSTANT
    )
    found_where: str | None = kept("Where the child was found.", Sensitivity.sensitive)
    return_circumstances: str | None = kept(
        "How the return came about, in words.", Sensitivity.sensitive
    )
    interview_offered_at: datetime | None = kept("When an interview was offered.", type_=INSTANT)
    interview_answer: str | None = kept("accepted or declined.")
    interview_answered_at: datetime | None = kept("When the child answered.", type_=INSTANT)
    declined_because: str | None = kept("Why the child declined.", Sensitivity.sensitive)
    interview_held_at: datetime | None = kept("When the interview was held.", type_=INSTANT)
    interview_held_where: str | None = kept("Where it was held.", Sensitivity.sensitive)
    interviewer: str | None = kept("Who held it.", Sensitivity.personal)
    interview_held_independently: bool | None = kept(
        "Whether who held it has no part in the child's care."
    )
    interview_words: str | None = kept("What came of it, in words.", Sensitivity.sensitive)
    version: int = kept("Grows with each change; the ETag.")


class MissingEpisodeStepRow(SQLModel, table=True):
    """One thing that happened in a missing episode. Append-only."""

    __tablename__ = "missing_episode_step"
    __table_args__ = (Index("ix_missing_episode_step_episode", "episode_id", "id"),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    episode_id: UUID = kept("The missing episode.", foreign_key="missing_episode.id")
    action: str = kept("What was done.")
    state: str = kept("The state that it led to.")
    at: datetime = kept("When it was recorded.", type_=INSTANT)
    by: UUID = kept("Who.", foreign_key="account.id")
    happened_at: datetime = kept("When it happened.", type_=INSTANT)
    words: str | None = kept("In their own words.", Sensitivity.sensitive)
