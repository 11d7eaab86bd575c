"""Who answers for each open child."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, kept


class AccountabilityRow(SQLModel, table=True):
    """The one case that answers for an open child."""

    __tablename__ = "accountability"
    __table_args__ = (
        CheckConstraint(
            "(referral_id IS NULL) <> (early_help_episode_id IS NULL)",
            name="ck_accountability_one_case",
        ),
        # The case that answers must be open, and this child's.
        ForeignKeyConstraint(
            ["referral_id", "person_id"],
            ["referral.id", "referral.open_person_id"],
            name="fk_accountability_referral",
            deferrable=True,
            initially="DEFERRED",
        ),
        ForeignKeyConstraint(
            ["early_help_episode_id", "person_id"],
            ["early_help_episode.id", "early_help_episode.open_person_id"],
            name="fk_accountability_early_help_episode",
            deferrable=True,
            initially="DEFERRED",
        ),
        Index("ux_accountability_referral", "referral_id", unique=True),
        Index("ux_accountability_early_help_episode", "early_help_episode_id", unique=True),
    )

    person_id: UUID = kept("The child.", primary_key=True, foreign_key="person.id")
    referral_id: UUID | None = kept("The referral that answers, when one does.")
    early_help_episode_id: UUID | None = kept("The episode that answers, when one does.")
    since: datetime = kept("Since when this case answers.", type_=INSTANT)
