"""What happened: audit line, chronology entry and message in one; where it stands, and of whom."""

from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer
from sqlmodel import SQLModel

from service.domain.events import Event
from service.persistence.columns import DOCUMENT, IDS, kept, partial_index
from service.persistence.record_tables import table_for

_NUMBER = BigInteger().with_variant(Integer, "sqlite")

EventRow = table_for(
    Event,
    "event",
    Index("ix_event_contact", "contact_id", "sequence"),
    partial_index("ix_event_person", "person_id", "sequence", where="person_id IS NOT NULL"),
    primary_key=(),
    types={"people": IDS},
    of_its_own={
        "sequence": (
            int | None,
            kept(
                "The order in which events were begun; others may have been seen before.",
                primary_key=True,
                type_=_NUMBER,
                default=None,
            ),
        )
    },
)


class EventPlaceRow(SQLModel, table=True):
    """The position of an event among those that could be seen. Append-only, and without gaps."""

    __tablename__ = "event_place"
    __table_args__ = (
        Index("ix_event_place_sequence", "sequence", unique=True),
        Index("ix_event_place_subject", "subject_id", "position"),
    )

    position: int = kept(
        "Its position: whoever has read up to one misses nothing before it.",
        primary_key=True,
        type_=_NUMBER,
    )
    sequence: int = kept("The event, which stands for ever.", type_=_NUMBER)
    subject_id: UUID = kept("What it happened to.")


class EventSubjectRow(SQLModel, table=True):
    """A child whom an event concerns. Append-only."""

    __tablename__ = "event_subject"
    __table_args__ = (Index("ix_event_subject_person", "person_id", "position"),)

    position: int = kept(
        "The event, by its position.",
        primary_key=True,
        points_to="event_place.position",
        type_=_NUMBER,
    )
    person_id: UUID = kept("The child.", primary_key=True)
    since: int = kept(
        "The position from which this is known: its own, or that of the event by which a child of "
        "the contact turned out to be this one.",
        type_=_NUMBER,
    )


class EventSealingRow(SQLModel, table=True):
    """One row: how far positions have been given, and what is waited for to go on from there."""

    __tablename__ = "event_sealing"

    place: int = kept("Always 1: there is one row.", primary_key=True)
    settled: int = kept(
        "Up to this sequence every event has its position, and none can appear any more.",
        type_=_NUMBER,
    )
    noticed: int | None = kept(
        "The sequence that is settled next, when those who were writing have ended.",
        type_=_NUMBER,
        default=None,
    )
    writers: list[str] | None = kept("Who was writing events then.", type_=DOCUMENT, default=None)
