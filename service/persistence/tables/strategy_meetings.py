"""Strategy meetings, the children they are about, and who was invited and came."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, SmallInteger
from sqlmodel import SQLModel

from service.persistence.columns import DOCUMENT, INSTANT, Sensitivity, kept, partial_index


class StrategyMeetingRow(SQLModel, table=True):
    """A multi-agency meeting about children who may be at risk of significant harm."""

    __tablename__ = "strategy_meeting"
    __table_args__ = (
        Index("ux_strategy_meeting_reference", "reference", unique=True),
        Index("ix_strategy_meeting_contact", "contact_id"),
        Index("ix_strategy_meeting_called", "called_at", "id"),
        Index("ix_strategy_meeting_held", "held_at", "id"),
        partial_index(
            "ix_strategy_meeting_unfinished",
            "id",
            where="minutes_circulated_at IS NULL AND cancelled_at IS NULL",
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    reference: str = kept("Human reference with a check character.")
    contact_id: UUID = kept(
        "The contact behind the first child's referral.", foreign_key="contact.id"
    )
    state: str = kept("called, held, concluded, minuted, cancelled.")
    called_at: datetime = kept("When it was called.", type_=INSTANT)
    called_by: UUID = kept("Who called it.", foreign_key="account.id")
    planned_for: datetime = kept("When it is to be held.", type_=INSTANT)
    held_at: datetime | None = kept("When it was held.", type_=INSTANT)
    quorate: bool | None = kept("Whether all came whom the policy asks for.")
    not_quorate_because: str | None = kept(
        "Why it went ahead without a quorum.", Sensitivity.sensitive
    )
    actions: list[Any] = kept(
        "What happens next: what, by whom, by when.", Sensitivity.sensitive, type_=DOCUMENT
    )
    concluded_at: datetime | None = kept("When it was concluded.", type_=INSTANT)
    concluded_by: UUID | None = kept("Who concluded it.", foreign_key="account.id")
    minutes: str | None = kept("The minutes.", Sensitivity.sensitive)
    minutes_circulated_at: datetime | None = kept(
        "When the minutes were circulated.", type_=INSTANT
    )
    minutes_circulated_by: UUID | None = kept("Who circulated them.", foreign_key="account.id")
    cancelled_at: datetime | None = kept("When it was cancelled.", type_=INSTANT)
    cancelled_by: UUID | None = kept("Who cancelled it.", foreign_key="account.id")
    cancelled_because: str | None = kept("Why it was cancelled.", Sensitivity.sensitive)
    version: int = kept("Grows with each change; the ETag.")


class MeetingChildRow(SQLModel, table=True):
    """A child whom a strategy meeting is about, and what it decided for the child."""

    __tablename__ = "strategy_meeting_child"
    __table_args__ = (
        Index("ux_strategy_meeting_child", "meeting_id", "person_id", unique=True),
        Index("ix_strategy_meeting_child_person", "person_id"),
        Index("ix_strategy_meeting_child_referral", "referral_id"),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    meeting_id: UUID = kept("The meeting.", foreign_key="strategy_meeting.id")
    position: int = kept("Order at the meeting, from 0.", type_=SmallInteger)
    referral_id: UUID = kept("Social care's open case.", foreign_key="referral.id")
    contact_id: UUID = kept("The contact behind that case.", foreign_key="contact.id")
    child_id: UUID = kept("The child on that contact.", foreign_key="contact_child.id")
    person_id: UUID = kept("The child, across contacts.", foreign_key="person.id")
    in_hospital: bool = kept("Whether the child is in hospital.", Sensitivity.sensitive)
    alleged: list[str] = kept(
        "What is alleged or suspected, coded.", Sensitivity.sensitive, type_=DOCUMENT
    )
    enquiry: str | None = kept("single_agency, joint, continues or none.", Sensitivity.sensitive)
    enquiry_reason: str | None = kept("Why.", Sensitivity.sensitive)
    medical: str | None = kept("Whether a medical examination takes place.", Sensitivity.sensitive)
    medical_reason: str | None = kept("Why, or why not.", Sensitivity.sensitive)
    told: str | None = kept("What the child will be told.", Sensitivity.sensitive)
    enquiry_id: UUID | None = kept(
        "The enquiry that it began or let go on.", foreign_key="section_47_enquiry.id"
    )


class InvitationRow(SQLModel, table=True):
    """An agency or person at a strategy meeting."""

    __tablename__ = "strategy_meeting_invitation"
    __table_args__ = (Index("ix_strategy_meeting_invitation_meeting", "meeting_id"),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    meeting_id: UUID = kept("The meeting.", foreign_key="strategy_meeting.id")
    position: int = kept("Order in the list, from 0.", type_=SmallInteger)
    agency: str = kept("Which agency.")
    because: str = kept("Why proposed.", Sensitivity.sensitive)
    organisation_id: str | None = kept("The organisation of the policy, when it is one.")
    name: str | None = kept("Name of who is to come.", Sensitivity.personal)
    role: str | None = kept("Their role.", Sensitivity.personal)
    invited_at: datetime | None = kept("When invited.", type_=INSTANT)
    not_invited_because: str | None = kept("Why not invited.", Sensitivity.sensitive)
    attendance: str | None = kept("attended, sent_information, sent_apologies, absent.")
    information: str | None = kept("What they told or sent.", Sensitivity.sensitive)


class MeetingStepRow(SQLModel, table=True):
    """One thing that was done to a strategy meeting. Append-only."""

    __tablename__ = "strategy_meeting_step"
    __table_args__ = (Index("ix_strategy_meeting_step_meeting", "meeting_id", "id"),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    meeting_id: UUID = kept("The meeting.", foreign_key="strategy_meeting.id")
    action: str = kept("What was done.")
    state: str = kept("The state that it led to.")
    at: datetime = kept("When it was recorded.", type_=INSTANT)
    by: UUID = kept("Who.", foreign_key="account.id")
    happened_at: datetime = kept("When it happened.", type_=INSTANT)
    planned_for: datetime | None = kept("The time that it was called for.", type_=INSTANT)
    words: str | None = kept("Why, in their own words.", Sensitivity.sensitive)
