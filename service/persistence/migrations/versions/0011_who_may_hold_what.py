"""The roles that each account was last seen with, so that work is given to who may hold it."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
oldest_reader = "0007"

_NEW = (
    ("role_names", sa.String(), "Roles that the newest token named, a space between."),
    ("roles_since", INSTANT, "Since when seen with these roles."),
    ("team_since", INSTANT, "When first seen in another team."),
    ("signed_in_at", INSTANT, "When the newest token was made."),
)


def upgrade() -> None:
    """Goes to this step. What stood with somebody who could not take it on goes on from there."""
    for name, type_, comment in _NEW:
        op.add_column("account", sa.Column(name, type_, nullable=True, comment=comment))
    op.execute(
        "UPDATE flag SET escalate_at = raised_at "
        "WHERE cleared_at IS NULL AND acknowledged_at IS NULL "
        "AND escalated_to IN ('assessment_team_manager', 'qa_auditor', "
        "'information_governance_officer')"
    )


def downgrade() -> None:
    """Goes back from this step."""
    for name, _, _ in reversed(_NEW):
        op.drop_column("account", name)
