"""What is done alone out of hours has effect at once, and waits for a manager's sign-off."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import INSTANT

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None
oldest_reader = "0030"

_ACT = "emergency_act"


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        _ACT,
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        _word("kind", "decision or strategy_meeting."),
        _id("contact_id", "The contact behind it."),
        _id("child_id", "The child on that contact."),
        _id("person_id", "The child, across contacts."),
        _id("decision_id", "The decision that had effect at once.", nullable=True),
        _id("strategy_meeting_id", "The strategy meeting that was concluded.", nullable=True),
        _word("state", "awaiting_sign_off, sent_back, signed_off or settled."),
        _word("because", "Why it could not wait."),
        _at("acted_at", "When it was done: the clock starts here.", nullable=False),
        _id("acted_by", "Who did it, alone."),
        _at("sent_back_at", "When a manager sent it back."),
        _id("sent_back_by", "Which manager.", nullable=True),
        _word("sent_back_because", "What is to be put right.", nullable=True),
        _at("signed_off_at", "When a manager agreed to it."),
        _id("signed_off_by", "Which manager.", nullable=True),
        _word("signed_off_words", "The manager's own words.", nullable=True),
        _at("settled_at", "Since when a new signed decision stands in its place."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["child_id"], ["contact_child.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"]),
        sa.ForeignKeyConstraint(["strategy_meeting_id"], ["strategy_meeting.id"]),
        sa.ForeignKeyConstraint(["acted_by"], ["account.id"]),
        sa.ForeignKeyConstraint(["sent_back_by"], ["account.id"]),
        sa.ForeignKeyConstraint(["signed_off_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column(
        "decision",
        sa.Column(
            "emergency_act_id",
            sa.Uuid(),
            nullable=True,
            comment="What was done alone, when it had effect out of hours before sign-off.",
        ),
    )
    _make_indexes()


def _make_indexes() -> None:
    op.create_index("ux_emergency_act_decision", _ACT, ["decision_id"], unique=True)
    op.create_index("ix_emergency_act_meeting", _ACT, ["strategy_meeting_id"])
    op.create_index("ix_emergency_act_contact", _ACT, ["contact_id"])
    op.create_index("ix_emergency_act_child", _ACT, ["child_id"])
    op.create_index("ix_emergency_act_person", _ACT, ["person_id"])
    op.create_index("ix_emergency_act_acted", _ACT, ["acted_at", "id"])
    unsigned = sa.text("signed_off_at IS NULL AND settled_at IS NULL")
    op.create_index(
        "ix_emergency_act_unsigned",
        _ACT,
        ["acted_at", "id"],
        postgresql_where=unsigned,
        sqlite_where=unsigned,
    )


def _id(name: str, comment: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.Uuid(), nullable=nullable, comment=comment)


def _word(name: str, comment: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.String(), nullable=nullable, comment=comment)


def _at(name: str, comment: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, INSTANT, nullable=nullable, comment=comment)


def downgrade() -> None:
    """Goes back from this step; what waits of what was done out of hours is gone with it."""
    for table in ("flag", "deadline"):
        op.execute(f"DELETE FROM {table} WHERE subject_kind = 'emergency_act'")  # noqa: S608 - names of our own
    op.drop_column("decision", "emergency_act_id")
    op.drop_table(_ACT)
