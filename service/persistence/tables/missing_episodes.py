"""Missing episodes with their return home interviews, and every step of each."""

from sqlalchemy import Index

from service.domain.missing_episodes import MissingEpisode, MissingEpisodeStep
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

MissingEpisodeRow = table_for(
    MissingEpisode,
    "missing_episode",
    Index("ux_missing_episode_reference", "reference", unique=True),
    partial_index(
        "ux_missing_episode_missing", "person_id", where="returned_at IS NULL", unique=True
    ),
    Index("ix_missing_episode_contact", "contact_id"),
    Index("ix_missing_episode_child", "child_id"),
    Index("ix_missing_episode_person", "person_id"),
    Index("ix_missing_episode_missing_from", "missing_from", "id"),
    Index("ix_missing_episode_returned", "returned_at", "id"),
    partial_index(
        "ix_missing_episode_owed",
        "id",
        where="state IN ('returned', 'interview_offered', 'interview_accepted')",
    ),
    points_to={
        "contact_id": "contact.id",
        "child_id": "contact_child.id",
        "person_id": "person.id",
        "recorded_by": "account.id",
    },
)


MissingEpisodeStepRow = table_for(
    MissingEpisodeStep,
    "missing_episode_step",
    Index("ix_missing_episode_step_episode", "episode_id", "id"),
    points_to={
        "episode_id": "missing_episode.id",
        "by": "account.id",
    },
)
