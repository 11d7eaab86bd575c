"""Whom each event concerns, and its position among those that could be seen.

No event is touched here: the positions of those that are there, and whom they concern, are given
after this step, in short transactions (`service.persistence.sealing`).
"""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import DOCUMENT, IDS
from service.persistence.migrations.append_only import make_append_only

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
oldest_reader = "0019"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Goes to this step."""
    op.add_column(
        "event",
        sa.Column(
            "people",
            IDS,
            nullable=True,
            comment="The children whom it concerns; empty when written by a release before 0.4.0.",
        ),
    )
    _say("The order in which events were begun; others may have been seen before.", "sequence")
    _say("The child, where it is about one alone.", "person_id")
    op.create_table(
        "event_place",
        sa.Column(
            "position",
            _NUMBER,
            nullable=False,
            comment="Its position: whoever has read up to one misses nothing before it.",
        ),
        sa.Column("sequence", _NUMBER, nullable=False, comment="The event, which stands for ever."),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="What it happened to."),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("ix_event_place_sequence", "event_place", ["sequence"], unique=True)
    op.create_index("ix_event_place_subject", "event_place", ["subject_id", "position"])
    _make_subjects_and_sealing()
    for table in ("event_place", "event_subject"):
        make_append_only(table)


def _make_subjects_and_sealing() -> None:
    op.create_table(
        "event_subject",
        sa.Column("position", _NUMBER, nullable=False, comment="The event, by its position."),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="The child."),
        sa.Column(
            "since",
            _NUMBER,
            nullable=False,
            comment="The position from which this is known: its own, or that of the event by which "
            "a child of the contact turned out to be this one.",
        ),
        sa.ForeignKeyConstraint(["position"], ["event_place.position"]),
        sa.PrimaryKeyConstraint("position", "person_id"),
    )
    op.create_index("ix_event_subject_person", "event_subject", ["person_id", "position"])
    sealing = op.create_table(
        "event_sealing",
        sa.Column("place", sa.Integer(), nullable=False, comment="Always 1: there is one row."),
        sa.Column(
            "settled",
            _NUMBER,
            nullable=False,
            comment="Up to this sequence every event has its position, and none can appear any "
            "more.",
        ),
        sa.Column(
            "noticed",
            _NUMBER,
            nullable=True,
            comment="The sequence that is settled next, when those who were writing have ended.",
        ),
        sa.Column("writers", DOCUMENT, nullable=True, comment="Who was writing events then."),
        sa.PrimaryKeyConstraint("place"),
    )
    op.bulk_insert(sealing, [{"place": 1, "settled": 0}])


def _say(comment: str, column: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("event", column, comment=comment)


def downgrade() -> None:
    """Comes back from this step: whom events concern is found again from their own rows, if need be."""
    for table in ("event_subject", "event_place", "event_sealing"):
        op.drop_table(table)
    op.drop_column("event", "people")
    _say("The order of events: time may step back, this does not.", "sequence")
    _say("The child, where it is about one.", "person_id")
