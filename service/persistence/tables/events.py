"""What happened: audit line, chronology entry and message in one."""

from sqlalchemy import BigInteger, Index, Integer

from service.domain.events import Event
from service.persistence.columns import kept, partial_index
from service.persistence.record_tables import table_for

EventRow = table_for(
    Event,
    "event",
    Index("ix_event_contact", "contact_id", "sequence"),
    partial_index("ix_event_person", "person_id", "sequence", where="person_id IS NOT NULL"),
    primary_key=(),
    of_its_own={
        "sequence": (
            int | None,
            kept(
                "The order of events: time may step back, this does not.",
                primary_key=True,
                type_=BigInteger().with_variant(Integer, "sqlite"),
                default=None,
            ),
        )
    },
)
