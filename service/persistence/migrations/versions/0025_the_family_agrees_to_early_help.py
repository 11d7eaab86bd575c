"""An early help episode says whether the family agrees to it.

Episodes that are open already say nothing: no clock is started for them in hindsight.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None
oldest_reader = "0024"

_EPISODE = "early_help_episode"
_COLUMNS: dict[str, tuple[Any, str]] = {
    "family_agreement": (
        sa.String(),
        "Whether the family agrees to early help; empty where a step-down brought the child, and "
        "where the episode is older than this.",
    ),
    "family_agreement_at": (INSTANT, "When that was recorded last."),
    "family_agreement_words": (sa.String(), "What the family said, in words."),
}


def upgrade() -> None:
    """Goes to this step."""
    for name, (type_, comment) in _COLUMNS.items():
        op.add_column(_EPISODE, sa.Column(name, type_, nullable=True, comment=comment))


def downgrade() -> None:
    """Goes back from this step: what families said is lost."""
    for name in reversed(_COLUMNS):
        op.execute(f"ALTER TABLE {_EPISODE} DROP COLUMN {name}")
