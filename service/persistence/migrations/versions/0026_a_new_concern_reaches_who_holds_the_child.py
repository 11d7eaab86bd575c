"""A new concern about an open child is passed to who holds the case, and waits to be read there."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None
oldest_reader = "0026"

_PASSED = "passed_concern"


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        _PASSED,
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        _id("decision_id", "The signed decision that passed it."),
        _id("contact_id", "The contact that told of it."),
        _id("child_id", "The child on that contact."),
        _id("person_id", "The child, across contacts."),
        _word("service", "The side that holds the case."),
        _id("referral_id", "The referral whose holder reads it.", nullable=True),
        _id("early_help_episode_id", "The episode whose holder reads it.", nullable=True),
        _word("rating", "How urgent the contact was rated; amber when it was not."),
        _word("state", "waiting, answered or settled."),
        sa.Column(
            "passed_at",
            INSTANT,
            nullable=False,
            comment="When it was passed on: the clock starts here.",
        ),
        _id("passed_by", "The manager who signed the decision."),
        sa.Column(
            "answered_at",
            INSTANT,
            nullable=True,
            comment="When it was read, with what will be done.",
        ),
        _id("answered_by", "Who read it.", nullable=True),
        sa.Column("words", sa.String(), nullable=True, comment="What they will do."),
        sa.Column("settled_at", INSTANT, nullable=True, comment="Since when it waits for nobody."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["child_id"], ["contact_child.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.ForeignKeyConstraint(["early_help_episode_id"], ["early_help_episode.id"]),
        sa.ForeignKeyConstraint(["passed_by"], ["account.id"]),
        sa.ForeignKeyConstraint(["answered_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column(
        "decision",
        sa.Column(
            "passed_concern_id",
            sa.Uuid(),
            nullable=True,
            comment="The concern as it was passed to who holds the child's case.",
        ),
    )
    _make_indexes()


def _make_indexes() -> None:
    op.create_index("ux_passed_concern_decision", _PASSED, ["decision_id"], unique=True)
    op.create_index("ix_passed_concern_contact", _PASSED, ["contact_id"])
    op.create_index("ix_passed_concern_child", _PASSED, ["child_id"])
    op.create_index("ix_passed_concern_person", _PASSED, ["person_id"])
    op.create_index("ix_passed_concern_passed", _PASSED, ["passed_at", "id"])
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_passed_concern_waiting",
        _PASSED,
        ["person_id"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )


def _id(name: str, comment: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.Uuid(), nullable=nullable, comment=comment)


def _word(name: str, comment: str) -> "sa.Column[object]":
    return sa.Column(name, sa.String(), nullable=False, comment=comment)


def downgrade() -> None:
    """Goes back from this step; what was passed to case holders is gone with it."""
    for table in ("flag", "deadline"):
        op.execute(f"DELETE FROM {table} WHERE subject_kind = 'passed_concern'")  # noqa: S608 - names of our own
    op.drop_column("decision", "passed_concern_id")
    op.drop_table(_PASSED)
