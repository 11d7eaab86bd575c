"""Daily meetings and the children on their agendas."""

from sqlalchemy import Index, SmallInteger

from service.domain.daily_meetings import DailyMeeting, MeetingItem
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

DailyMeetingRow = table_for(
    DailyMeeting,
    "daily_meeting",
    Index("ux_daily_meeting_day", "meeting_on", unique=True),
    points_to={
        "concluded_by": "account.id",
    },
)


MeetingItemRow = table_for(
    MeetingItem,
    "daily_meeting_item",
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
    points_to={
        "notification_id": "police_notification.id",
        "contact_id": "contact.id",
        "child_id": "contact_child.id",
        "decision_id": "decision.id",
        "settled_by": "account.id",
        "carried_from_id": "daily_meeting_item.id",
    },
    types={"times_carried": SmallInteger},
)
