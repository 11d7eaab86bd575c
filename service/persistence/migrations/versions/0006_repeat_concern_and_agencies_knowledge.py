"""Repeat concern: what is the same is kept beside it; chasers, withdrawals and late answers."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from service.domain.addresses import address_key
from service.domain.identities import identity_key
from service.persistence.columns import DOCUMENT, INSTANT
from service.persistence.migrations.append_only import make_append_only
from service.persistence.schema_steps import CannotGoBack

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STEPS = ("information_request_chaser",)


_AT_ONCE = 1000


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _fill(table: str, key: str, of: Callable[..., str | None], *facts: str) -> None:
    """Works out for every row on file what the service keeps beside each new one."""
    types: dict[str, Any] = {"id": sa.Uuid(), "date_of_birth": sa.Date()}
    rows = sa.table(
        table, *(sa.column(name, types.get(name, sa.String())) for name in ("id", key, *facts))
    )
    change = (
        sa.update(rows).where(rows.c.id == sa.bindparam("row")).values({key: sa.bindparam("made")})
    )
    look = (
        sa.select(rows.c.id, *(rows.c[name] for name in facts)).order_by(rows.c.id).limit(_AT_ONCE)
    )
    connection = op.get_bind()
    found = connection.execute(look).all()
    while found:
        made = [{"row": id_, "made": of(*told)} for id_, *told in found]
        kept = [one for one in made if one["made"] is not None]
        if kept:
            connection.execute(change, kept)
        found = connection.execute(look.where(rows.c.id > found[-1][0])).all()


def _add_account(column: str, comment: str) -> None:
    """Adds who did something; SQLite takes a reference in the column alone."""
    if _sqlite():
        op.execute(
            f"ALTER TABLE information_request ADD COLUMN {column} CHAR(32) REFERENCES account (id)"
        )
        return
    op.add_column(
        "information_request", sa.Column(column, sa.Uuid(), nullable=True, comment=comment)
    )
    op.create_foreign_key(None, "information_request", "account", [column], ["id"])


def _index_open(where: str) -> None:
    """Which requests still wait for an answer: those that were withdrawn do not."""
    op.drop_index("ix_information_request_open", "information_request")
    op.create_index(
        "ix_information_request_open",
        "information_request",
        ["organisation_id", "asked_at", "id"],
        postgresql_where=sa.text(where),
        sqlite_where=sa.text(where),
    )


def _refuse_other_counts() -> None:
    """What was counted when a decision was drafted stays, as its words do."""
    raising = (
        "BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END"
        if _sqlite()
        else "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER refuse_other_counts_of_decision "
        f"BEFORE UPDATE OF repeat_concern ON decision {raising}"
    )


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        "information_request_chaser",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("request_id", sa.Uuid(), nullable=False, comment="The information request."),
        sa.Column("chased_at", INSTANT, nullable=False, comment="When."),
        sa.Column("chased_by", sa.Uuid(), nullable=False, comment="Who chased."),
        sa.Column(
            "how",
            sa.String(),
            nullable=False,
            comment="telephone, email, in_person, through_manager.",
        ),
        sa.Column(
            "spoken_to", sa.String(), nullable=True, comment="Whom one spoke to at the agency."
        ),
        sa.Column("note", sa.String(), nullable=True, comment="What was said."),
        sa.ForeignKeyConstraint(
            ["chased_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["information_request.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_information_request_chaser_request",
        "information_request_chaser",
        ["request_id"],
        unique=False,
    )
    op.add_column(
        "contact",
        sa.Column(
            "address_key",
            sa.String(),
            nullable=True,
            comment="Postcode and address, normalised: the same for contacts from the same home.",
        ),
    )
    op.create_index(
        "ix_contact_address_key",
        "contact",
        ["address_key", "received_at"],
        unique=False,
        postgresql_where=sa.text("address_key IS NOT NULL"),
        sqlite_where=sa.text("address_key IS NOT NULL"),
    )
    op.add_column(
        "contact_adult",
        sa.Column(
            "identity_key",
            sa.String(),
            nullable=True,
            comment="Name and date of birth, normalised: the same wherever this adult stands.",
        ),
    )
    op.create_index(
        "ix_contact_adult_identity_key",
        "contact_adult",
        ["identity_key"],
        unique=False,
        postgresql_where=sa.text("identity_key IS NOT NULL"),
        sqlite_where=sa.text("identity_key IS NOT NULL"),
    )
    op.add_column(
        "decision",
        sa.Column(
            "repeat_concern",
            DOCUMENT,
            server_default="{}",
            nullable=False,
            comment="How often the child was spoken of before, as it stood when this was drafted: "
            "counts.",
        ),
    )
    op.add_column(
        "information_request",
        sa.Column(
            "after_withdrawal",
            sa.Boolean(),
            nullable=True,
            comment="Whether the answer came after it was withdrawn.",
        ),
    )
    op.add_column(
        "information_request",
        sa.Column(
            "after_decision",
            sa.Boolean(),
            nullable=True,
            comment="Whether the answer came when every child it is about was decided.",
        ),
    )
    op.add_column(
        "information_request",
        sa.Column("withdrawn_at", INSTANT, nullable=True, comment="When withdrawn."),
    )
    _add_account("withdrawn_by", "Who withdrew it.")
    op.add_column(
        "information_request",
        sa.Column("withdrawn_because", sa.String(), nullable=True, comment="Why it was withdrawn."),
    )
    op.add_column(
        "information_request",
        sa.Column(
            "unread_since",
            INSTANT,
            nullable=True,
            comment="Since when an answer after the decision waits to be read.",
        ),
    )
    op.add_column(
        "information_request",
        sa.Column("read_at", INSTANT, nullable=True, comment="When that was read."),
    )
    _add_account("read_by", "Who read it.")
    op.add_column(
        "information_request",
        sa.Column("reading_words", sa.String(), nullable=True, comment="What follows from it."),
    )
    op.create_index(
        "ix_information_request_unread",
        "information_request",
        ["unread_since"],
        unique=False,
        postgresql_where=sa.text("unread_since IS NOT NULL"),
        sqlite_where=sa.text("unread_since IS NOT NULL"),
    )
    op.add_column(
        "person",
        sa.Column(
            "identity_key",
            sa.String(),
            nullable=True,
            comment="Name and date of birth, normalised: the same for who may be the same child.",
        ),
    )
    op.create_index(
        "ix_person_identity_key",
        "person",
        ["identity_key"],
        unique=False,
        postgresql_where=sa.text("identity_key IS NOT NULL"),
        sqlite_where=sa.text("identity_key IS NOT NULL"),
    )
    _index_open("answered_at IS NULL AND withdrawn_at IS NULL")
    if not _sqlite():
        op.alter_column("information_request", "state", comment="asked, withdrawn or answered.")
    _fill("contact", "address_key", address_key, "address", "postcode")
    for table in ("contact_adult", "person"):
        _fill(table, "identity_key", identity_key, "given_name", "family_name", "date_of_birth")
    _refuse_other_counts()
    for table in _STEPS:
        make_append_only(table)


def _refuse_to_ask_again() -> None:
    """Raises CannotGoBack while a request is withdrawn: the step before knows no such state."""
    if not _sqlite():
        # Nobody withdraws one between this look and the end of this step.
        op.execute("LOCK TABLE information_request IN ACCESS EXCLUSIVE MODE")
    kept = sa.text("SELECT 1 FROM information_request WHERE state = 'withdrawn' LIMIT 1")
    if op.get_bind().execute(kept).first() is not None:
        raise CannotGoBack(
            "The database holds information requests that were withdrawn, and schema step 0003 "
            "cannot hold them: agencies would be asked again. Nothing was changed. To go back, "
            "restore the backup made before the upgrade."
        )


def downgrade() -> None:
    """Goes back from this step, unless withdrawn requests would be asked again by it.

    Raises CannotGoBack.
    """
    _refuse_to_ask_again()
    on = "" if _sqlite() else " ON decision"
    op.execute(f"DROP TRIGGER refuse_other_counts_of_decision{on}")
    for table in ("flag", "deadline"):
        op.execute(f"DELETE FROM {table} WHERE kind IN ('late_answer_read', 'repeat_concern')")  # noqa: S608 - names of our own
    _index_open("answered_at IS NULL")
    if not _sqlite():
        op.alter_column("information_request", "state", comment="asked or answered.")
    op.drop_index(
        "ix_person_identity_key",
        table_name="person",
        postgresql_where=sa.text("identity_key IS NOT NULL"),
        sqlite_where=sa.text("identity_key IS NOT NULL"),
    )
    op.execute("ALTER TABLE person DROP COLUMN identity_key")
    op.drop_index(
        "ix_information_request_unread",
        table_name="information_request",
        postgresql_where=sa.text("unread_since IS NOT NULL"),
        sqlite_where=sa.text("unread_since IS NOT NULL"),
    )
    op.execute("ALTER TABLE information_request DROP COLUMN reading_words")
    op.execute("ALTER TABLE information_request DROP COLUMN read_by")
    op.execute("ALTER TABLE information_request DROP COLUMN read_at")
    op.execute("ALTER TABLE information_request DROP COLUMN unread_since")
    op.execute("ALTER TABLE information_request DROP COLUMN withdrawn_because")
    op.execute("ALTER TABLE information_request DROP COLUMN withdrawn_by")
    op.execute("ALTER TABLE information_request DROP COLUMN withdrawn_at")
    op.execute("ALTER TABLE information_request DROP COLUMN after_decision")
    op.execute("ALTER TABLE information_request DROP COLUMN after_withdrawal")
    op.execute("ALTER TABLE decision DROP COLUMN repeat_concern")
    op.drop_index(
        "ix_contact_adult_identity_key",
        table_name="contact_adult",
        postgresql_where=sa.text("identity_key IS NOT NULL"),
        sqlite_where=sa.text("identity_key IS NOT NULL"),
    )
    op.execute("ALTER TABLE contact_adult DROP COLUMN identity_key")
    op.drop_index(
        "ix_contact_address_key",
        table_name="contact",
        postgresql_where=sa.text("address_key IS NOT NULL"),
        sqlite_where=sa.text("address_key IS NOT NULL"),
    )
    op.execute("ALTER TABLE contact DROP COLUMN address_key")
    op.drop_index("ix_information_request_chaser_request", table_name="information_request_chaser")
    op.drop_table("information_request_chaser")
