"""Emergency acts: what was done alone out of hours, for a manager to sign off."""

from sqlalchemy import Index

from service.domain.emergency_acts import EmergencyAct
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

EmergencyActRow = table_for(
    EmergencyAct,
    "emergency_act",
    Index("ux_emergency_act_decision", "decision_id", unique=True),
    Index("ix_emergency_act_meeting", "strategy_meeting_id"),
    Index("ix_emergency_act_contact", "contact_id"),
    Index("ix_emergency_act_child", "child_id"),
    Index("ix_emergency_act_person", "person_id"),
    Index("ix_emergency_act_acted", "acted_at", "id"),
    partial_index(
        "ix_emergency_act_unsigned",
        "acted_at",
        "id",
        where="signed_off_at IS NULL AND settled_at IS NULL",
    ),
    points_to={
        "contact_id": "contact.id",
        "child_id": "contact_child.id",
        "person_id": "person.id",
        "decision_id": "decision.id",
        "strategy_meeting_id": "strategy_meeting.id",
        "acted_by": "account.id",
        "sent_back_by": "account.id",
        "signed_off_by": "account.id",
    },
)
