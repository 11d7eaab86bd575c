"""Daily meetings and the children on their agendas."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, SmallInteger
from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, Sensitivity, kept, partial_index


class DailyMeetingRow(SQLModel, table=True):
    """The daily multi-agency meeting of one London day."""

    __tablename__ = "daily_meeting"
    __table_args__ = (Index("ux_daily_meeting_day", "meeting_on", unique=True),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    meeting_on: date = kept("The London day.")
    state: str = kept("open, concluded.")
    concluded_at: datetime | None = kept("When it was concluded.", type_=INSTANT)
    concluded_by: UUID | None = kept("Who concluded it.", foreign_key="account.id")
    version: int = kept("Grows with each change; the ETag.")


class MeetingItemRow(SQLModel, table=True):
    """One child on the agenda of one day."""

    __tablename__ = "daily_meeting_item"
    __table_args__ = (
        Index("ix_daily_meeting_item_day", "meeting_on", "contact_id", "id"),
        Index("ix_daily_meeting_item_child", "child_id"),
        Index("ix_daily_meeting_item_contact", "contact_id"),
        partial_index(
            "ux_daily_meeting_item_waiting",
            "child_id",
            unique=True,
            where="state = 'waiting'",
        ),
        partial_index(
            "ix_daily_meeting_item_waiting",
            "meeting_on",
            "contact_id",
            "id",
            where="state = 'waiting'",
        ),
        partial_index(
            "ux_daily_meeting_item_carried",
            "carried_from_id",
            unique=True,
            where="carried_from_id IS NOT NULL",
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    notification_id: UUID = kept("The notification.", foreign_key="police_notification.id")
    contact_id: UUID = kept("The contact that it is.", foreign_key="contact.id")
    child_id: UUID = kept("The child on that contact.", foreign_key="contact_child.id")
    meeting_on: date = kept("London day of the meeting.")
    state: str = kept("waiting, decided, carried_over.")
    decision_id: UUID | None = kept("The decision that settled it.", foreign_key="decision.id")
    settled_at: datetime | None = kept("When it was decided or carried over.", type_=INSTANT)
    settled_by: UUID | None = kept("Who did.", foreign_key="account.id")
    carried_over_because: str | None = kept("Why it was carried over.", Sensitivity.sensitive)
    carried_from_id: UUID | None = kept(
        "The item that it was carried over from.", foreign_key="daily_meeting_item.id"
    )
    times_carried: int = kept("How often the child was carried over.", type_=SmallInteger)
    version: int = kept("Grows with each change; the ETag.")
