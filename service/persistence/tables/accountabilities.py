"""Who answers for each open child."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index

from service.domain.accountabilities import Accountability
from service.persistence.record_tables import table_for

AccountabilityRow = table_for(
    Accountability,
    "accountability",
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
    primary_key=("person_id",),
    points_to={
        "person_id": "person.id",
    },
)
