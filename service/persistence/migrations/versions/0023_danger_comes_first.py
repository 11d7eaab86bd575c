"""The danger that was told of a contact, which makes it red by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
oldest_reader = "0023"

_DANGER = "The danger that made it red by itself: immediate_danger, police_high_risk."

# What was rated red, or decided, by a release that heeded nothing of it. What is open and was not
# rated red is made so by the worker, with its clock and its flag.
_OF_IMMEDIATE_DANGER = """
    UPDATE contact SET danger = 'immediate_danger'
    WHERE immediate_danger AND (rating = 'red' OR decided_at IS NOT NULL)
"""
_OF_HIGH_RISK = """
    UPDATE contact SET danger = 'police_high_risk'
    WHERE danger IS NULL AND (rating = 'red' OR decided_at IS NOT NULL) AND id IN (
        SELECT contact_id FROM police_notification WHERE risk = 'high'
        UNION SELECT contact_id FROM police_notification_update WHERE risk = 'high'
    )
"""


def _say_of_severity(words: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("flag", "severity", comment=words)


def upgrade() -> None:
    """Goes to this step."""
    _say_of_severity("warning, danger or breach.")
    op.add_column("contact", sa.Column("danger", sa.String(), nullable=True, comment=_DANGER))
    op.execute(_OF_IMMEDIATE_DANGER)
    op.execute(_OF_HIGH_RISK)


def downgrade() -> None:
    """Comes back from this step."""
    _say_of_severity("warning or breach.")
    op.drop_column("contact", "danger")
