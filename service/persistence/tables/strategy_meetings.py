"""Strategy meetings, the children they are about, and who was invited and came."""

from sqlalchemy import Index, SmallInteger

from service.domain.strategy_meetings import Invitation, MeetingChild, MeetingStep, StrategyMeeting
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

StrategyMeetingRow = table_for(
    StrategyMeeting,
    "strategy_meeting",
    Index("ux_strategy_meeting_reference", "reference", unique=True),
    Index("ix_strategy_meeting_contact", "contact_id"),
    Index("ix_strategy_meeting_called", "called_at", "id"),
    Index("ix_strategy_meeting_held", "held_at", "id"),
    partial_index(
        "ix_strategy_meeting_unfinished",
        "id",
        where="minutes_circulated_at IS NULL AND cancelled_at IS NULL",
    ),
    points_to={
        "contact_id": "contact.id",
        "called_by": "account.id",
        "concluded_by": "account.id",
        "minutes_circulated_by": "account.id",
        "cancelled_by": "account.id",
    },
)


MeetingChildRow = table_for(
    MeetingChild,
    "strategy_meeting_child",
    Index("ux_strategy_meeting_child", "meeting_id", "person_id", unique=True),
    Index("ix_strategy_meeting_child_person", "person_id"),
    Index("ix_strategy_meeting_child_referral", "referral_id"),
    points_to={
        "meeting_id": "strategy_meeting.id",
        "referral_id": "referral.id",
        "contact_id": "contact.id",
        "child_id": "contact_child.id",
        "person_id": "person.id",
        "enquiry_id": "section_47_enquiry.id",
    },
    types={"position": SmallInteger},
)


InvitationRow = table_for(
    Invitation,
    "strategy_meeting_invitation",
    Index("ix_strategy_meeting_invitation_meeting", "meeting_id"),
    points_to={
        "meeting_id": "strategy_meeting.id",
    },
    types={"position": SmallInteger},
)


MeetingStepRow = table_for(
    MeetingStep,
    "strategy_meeting_step",
    Index("ix_strategy_meeting_step_meeting", "meeting_id", "id"),
    points_to={
        "meeting_id": "strategy_meeting.id",
        "by": "account.id",
    },
)
