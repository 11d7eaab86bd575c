"""Missing episodes with their interviews, and the history of pregnancies."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT
from service.persistence.migrations.append_only import make_append_only

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STEPS = ("missing_episode_step", "pregnancy_step")


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        "pregnancy_step",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="The child."),
        sa.Column(
            "contact_id",
            sa.Uuid(),
            nullable=True,
            comment="The contact that told of it, or that is open.",
        ),
        sa.Column(
            "action",
            sa.String(),
            nullable=False,
            comment="change_expected_delivery, record_birth, end_pregnancy, correct.",
        ),
        sa.Column("at", INSTANT, nullable=False, comment="When it was recorded."),
        sa.Column("by", sa.Uuid(), nullable=False, comment="Who."),
        sa.Column(
            "happened_on",
            sa.Date(),
            nullable=True,
            comment="Day of the birth or of the end, London.",
        ),
        sa.Column("expected_before_on", sa.Date(), nullable=True, comment="Expected date before."),
        sa.Column("expected_after_on", sa.Date(), nullable=True, comment="Expected date after."),
        sa.Column("words", sa.String(), nullable=True, comment="Why, in words."),
        sa.ForeignKeyConstraint(
            ["by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_pregnancy_step_person", "pregnancy_step", ["person_id", "id"], unique=False)
    op.create_table(
        "missing_episode",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column(
            "reference",
            sa.String(),
            nullable=False,
            comment="Human reference with a check character.",
        ),
        sa.Column(
            "contact_id", sa.Uuid(), nullable=False, comment="The contact that told of the child."
        ),
        sa.Column("child_id", sa.Uuid(), nullable=False, comment="The child on that contact."),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="The child, across contacts."),
        sa.Column(
            "state",
            sa.String(),
            nullable=False,
            comment="missing, returned, or how far the interview has come.",
        ),
        sa.Column(
            "missing_from", INSTANT, nullable=False, comment="Since when the child was missing."
        ),
        sa.Column(
            "reported_at", INSTANT, nullable=False, comment="When the child was reported missing."
        ),
        sa.Column(
            "circumstances", sa.String(), nullable=False, comment="How it came about, in words."
        ),
        sa.Column(
            "police_reference", sa.String(), nullable=True, comment="The police's own reference."
        ),
        sa.Column("recorded_at", INSTANT, nullable=False, comment="When the row was written."),
        sa.Column("recorded_by", sa.Uuid(), nullable=False, comment="Account that recorded it."),
        sa.Column(
            "returned_at",
            INSTANT,
            nullable=True,
            comment="When the child was back: the clock of the interview starts here.",
        ),
        sa.Column("found_where", sa.String(), nullable=True, comment="Where the child was found."),
        sa.Column(
            "return_circumstances",
            sa.String(),
            nullable=True,
            comment="How the return came about, in words.",
        ),
        sa.Column(
            "interview_offered_at", INSTANT, nullable=True, comment="When an interview was offered."
        ),
        sa.Column("interview_answer", sa.String(), nullable=True, comment="accepted or declined."),
        sa.Column(
            "interview_answered_at", INSTANT, nullable=True, comment="When the child answered."
        ),
        sa.Column(
            "declined_because", sa.String(), nullable=True, comment="Why the child declined."
        ),
        sa.Column(
            "interview_held_at", INSTANT, nullable=True, comment="When the interview was held."
        ),
        sa.Column("interview_held_where", sa.String(), nullable=True, comment="Where it was held."),
        sa.Column("interviewer", sa.String(), nullable=True, comment="Who held it."),
        sa.Column(
            "interview_held_independently",
            sa.Boolean(),
            nullable=True,
            comment="Whether who held it has no part in the child's care.",
        ),
        sa.Column(
            "interview_words", sa.String(), nullable=True, comment="What came of it, in words."
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(
            ["child_id"],
            ["contact_child.id"],
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_missing_episode_child", "missing_episode", ["child_id"], unique=False)
    op.create_index("ix_missing_episode_contact", "missing_episode", ["contact_id"], unique=False)
    op.create_index(
        "ix_missing_episode_missing_from", "missing_episode", ["missing_from", "id"], unique=False
    )
    op.create_index(
        "ix_missing_episode_owed",
        "missing_episode",
        ["id"],
        unique=False,
        postgresql_where=sa.text(
            "state IN ('returned', 'interview_offered', 'interview_accepted')"
        ),
        sqlite_where=sa.text("state IN ('returned', 'interview_offered', 'interview_accepted')"),
    )
    op.create_index("ix_missing_episode_person", "missing_episode", ["person_id"], unique=False)
    op.create_index(
        "ix_missing_episode_returned", "missing_episode", ["returned_at", "id"], unique=False
    )
    op.create_index(
        "ux_missing_episode_missing",
        "missing_episode",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("returned_at IS NULL"),
        sqlite_where=sa.text("returned_at IS NULL"),
    )
    op.create_index("ux_missing_episode_reference", "missing_episode", ["reference"], unique=True)
    op.create_table(
        "missing_episode_step",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("episode_id", sa.Uuid(), nullable=False, comment="The missing episode."),
        sa.Column("action", sa.String(), nullable=False, comment="What was done."),
        sa.Column("state", sa.String(), nullable=False, comment="The state that it led to."),
        sa.Column("at", INSTANT, nullable=False, comment="When it was recorded."),
        sa.Column("by", sa.Uuid(), nullable=False, comment="Who."),
        sa.Column("happened_at", INSTANT, nullable=False, comment="When it happened."),
        sa.Column("words", sa.String(), nullable=True, comment="In their own words."),
        sa.ForeignKeyConstraint(
            ["by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["missing_episode.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_missing_episode_step_episode",
        "missing_episode_step",
        ["episode_id", "id"],
        unique=False,
    )
    op.add_column(
        "person",
        sa.Column(
            "pregnancy_ended_on",
            sa.Date(),
            nullable=True,
            comment="When the pregnancy ended without a birth, London.",
        ),
    )
    op.create_index(
        "ix_person_unborn",
        "person",
        ["expected_delivery_on", "id"],
        unique=False,
        postgresql_where=sa.text("birth_knowledge = 'unborn' AND pregnancy_ended_on IS NULL"),
        sqlite_where=sa.text("birth_knowledge = 'unborn' AND pregnancy_ended_on IS NULL"),
    )
    for table in _STEPS:
        make_append_only(table)


def downgrade() -> None:
    """Goes back from this step; missing episodes go, with their clocks."""
    for table in ("flag", "deadline"):
        op.execute(f"DELETE FROM {table} WHERE subject_kind = 'missing_episode'")  # noqa: S608 - names of our own
    op.drop_index(
        "ix_person_unborn",
        table_name="person",
        postgresql_where=sa.text("birth_knowledge = 'unborn' AND pregnancy_ended_on IS NULL"),
        sqlite_where=sa.text("birth_knowledge = 'unborn' AND pregnancy_ended_on IS NULL"),
    )
    op.drop_column("person", "pregnancy_ended_on")
    op.drop_index("ix_missing_episode_step_episode", table_name="missing_episode_step")
    op.drop_table("missing_episode_step")
    op.drop_index("ux_missing_episode_reference", table_name="missing_episode")
    op.drop_index(
        "ux_missing_episode_missing",
        table_name="missing_episode",
        postgresql_where=sa.text("returned_at IS NULL"),
        sqlite_where=sa.text("returned_at IS NULL"),
    )
    op.drop_index("ix_missing_episode_returned", table_name="missing_episode")
    op.drop_index("ix_missing_episode_person", table_name="missing_episode")
    op.drop_index(
        "ix_missing_episode_owed",
        table_name="missing_episode",
        postgresql_where=sa.text(
            "state IN ('returned', 'interview_offered', 'interview_accepted')"
        ),
        sqlite_where=sa.text("state IN ('returned', 'interview_offered', 'interview_accepted')"),
    )
    op.drop_index("ix_missing_episode_missing_from", table_name="missing_episode")
    op.drop_index("ix_missing_episode_contact", table_name="missing_episode")
    op.drop_index("ix_missing_episode_child", table_name="missing_episode")
    op.drop_table("missing_episode")
    op.drop_index("ix_pregnancy_step_person", table_name="pregnancy_step")
    op.drop_table("pregnancy_step")
