"""What early help holds."""

from uuid import UUID

from sqlalchemy import Index, SmallInteger

from service.domain.early_help_episodes import EarlyHelpEpisode
from service.persistence.columns import (
    brought_by,
    open_person,
    partial_index,
)
from service.persistence.record_tables import table_for

EarlyHelpEpisodeRow = table_for(
    EarlyHelpEpisode,
    "early_help_episode",
    Index("ux_early_help_episode_reference", "reference", unique=True),
    partial_index(
        "ux_early_help_episode_decision",
        "decision_id",
        where="transfer_id IS NULL",
        unique=True,
    ),
    Index("ux_early_help_episode_open", "id", "open_person_id", unique=True),
    Index("ux_early_help_episode_open_person", "open_person_id", unique=True),
    Index("ix_early_help_episode_contact", "contact_id"),
    Index("ix_early_help_episode_person", "person_id"),
    Index("ix_early_help_episode_accepted", "accepted_at", "id"),
    partial_index(
        "ix_early_help_episode_unallocated",
        "id",
        where="allocated_at IS NULL AND closed_at IS NULL",
    ),
    partial_index(
        "ix_early_help_episode_open_worker",
        "worker_id",
        where="worker_id IS NOT NULL AND closed_at IS NULL",
    ),
    points_to={
        "contact_id": "contact.id",
        "child_id": "contact_child.id",
        "person_id": "person.id",
        "decision_id": "decision.id",
        "transfer_id": brought_by("early_help_episode"),
        "worker_id": "account.id",
        "closed_by": "account.id",
    },
    types={"level_of_need": SmallInteger},
    of_its_own={"open_person_id": (UUID | None, open_person("early_help_episode"))},
)
