"""School notices: that the school of a child was told of an incident, or why it was not."""

from sqlalchemy import Index

from service.domain.school_notices import SchoolNotice
from service.persistence.record_tables import table_for

# The child is named without a reference: what was told stays when the child is taken off.
SchoolNoticeRow = table_for(
    SchoolNotice,
    "school_notice",
    Index("ix_school_notice_contact", "contact_id", "id"),
    Index("ix_school_notice_recorded", "recorded_at", "id"),
    points_to={
        "contact_id": "contact.id",
        "recorded_by": "account.id",
    },
)
