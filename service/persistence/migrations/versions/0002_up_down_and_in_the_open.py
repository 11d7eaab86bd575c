"""Step-ups, step-downs, challenges, and the one team that answers for each open child."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

from service.persistence.columns import DOCUMENT, INSTANT
from service.persistence.schema_steps import CannotGoBack

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CASES: Final = ("referral", "early_help_episode")
_STEPS: Final = ("transfer_step", "challenge_step")
_COMPUTED: Final = "CASE WHEN closed_at IS NULL THEN person_id END"
_REFERRAL_STATES: Final = "awaiting_allocation, allocated, handing_over, closed."
_EXTRA_CASE: Final = (
    "Closed when the service began to hold each child in one case only: this child was open twice, "
    "and the other case answers for the child."
)


def _partial(
    name: str, table: str, columns: list[str], *, where: str, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique, postgresql_where=condition, sqlite_where=condition
    )


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _make_append_only(table: str) -> None:
    for what in ("UPDATE", "DELETE", "TRUNCATE"):
        name = f"refuse_{what.lower()}_of_{table}"
        if _sqlite():
            if what != "TRUNCATE":
                op.execute(
                    f"CREATE TRIGGER {name} BEFORE {what} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {what} ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )


def _add_computed(table: str) -> None:
    """The child of a case while it is open; in place, since much points at a case."""
    if _sqlite():
        op.execute(f"ALTER TABLE {table} ADD COLUMN transfer_id CHAR(32) REFERENCES transfer (id)")
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN open_person_id CHAR(32) "
            "REFERENCES accountability (person_id) DEFERRABLE INITIALLY DEFERRED "
            f"GENERATED ALWAYS AS ({_COMPUTED})"
        )
    else:
        op.add_column(
            table,
            sa.Column(
                "transfer_id",
                sa.Uuid(),
                sa.ForeignKey("transfer.id", name=f"fk_{table}_transfer"),
                comment="The accepted transfer that brought the child, if one did.",
            ),
        )
        op.add_column(
            table,
            sa.Column(
                "open_person_id",
                sa.Uuid(),
                sa.Computed(_COMPUTED, persisted=True),
                comment="The child while this is open; computed.",
            ),
        )
    op.create_index(f"ux_{table}_open", table, ["id", "open_person_id"], unique=True)
    op.drop_index(f"ux_{table}_decision", table)
    _partial(
        f"ux_{table}_decision", table, ["decision_id"], where="transfer_id IS NULL", unique=True
    )


_OPEN: Final = """
SELECT person_id, id, kind, contact_id FROM (
    SELECT person_id, id, accepted_at, contact_id, 'referral' AS kind, 0 AS place
    FROM referral WHERE closed_at IS NULL
    UNION ALL
    SELECT person_id, id, accepted_at, contact_id, 'early_help_episode' AS kind, 1 AS place
    FROM early_help_episode WHERE closed_at IS NULL
) AS open_case ORDER BY person_id, place, accepted_at DESC, id DESC
"""


def _hold_each_open_child_once() -> None:
    """Writes who answers for each child that is open.

    Until now a child could be open twice. Social care's case answers before early help's, and of
    two alike the later; the other is closed, with its clocks and flags, and an event tells of it.
    """
    connection = op.get_bind()
    now = datetime.now(UTC)  # noqa: TID251 - a migration is given no clock
    held: set[object] = set()
    for person_id, case_id, kind, contact_id in connection.execute(sa.text(_OPEN)).all():
        if person_id not in held:
            held.add(person_id)
            connection.execute(
                sa.text(
                    f"INSERT INTO accountability (person_id, {kind}_id, since) "  # noqa: S608 - one of two names of our own
                    f"SELECT person_id, id, accepted_at FROM {kind} WHERE id = :id"
                ),
                {"id": case_id},
            )
            continue
        table = sa.table(
            kind,
            *(
                sa.column(name)
                for name in ("id", "state", "closure_code", "closure_reason", "version")
            ),
            sa.column("closed_at", INSTANT),
        )
        connection.execute(
            table.update()
            .where(table.c.id == case_id)
            .values(
                state="closed",
                closed_at=now,
                closure_code="RC7" if kind == "referral" else "decision_superseded",
                closure_reason=_EXTRA_CASE,
                version=table.c.version + 1,
            )
        )
        clock = sa.table(
            "deadline",
            *(sa.column(name) for name in ("subject_id", "stopped_because", "id")),
            sa.column("stopped_at", INSTANT),
        )
        connection.execute(
            clock.update()
            .where(clock.c.subject_id == case_id, clock.c.stopped_at.is_(None))
            .values(stopped_at=now, stopped_because="open_twice")
        )
        flag = sa.table(
            "flag",
            *(sa.column(name) for name in ("subject_id", "cleared_because", "version")),
            sa.column("cleared_at", INSTANT),
        )
        connection.execute(
            flag.update()
            .where(flag.c.subject_id == case_id, flag.c.cleared_at.is_(None))
            .values(cleared_at=now, cleared_because="open_twice", version=flag.c.version + 1)
        )
        event = sa.table(
            "event",
            *(
                sa.column(name, sa.Uuid())
                for name in ("id", "subject_id", "contact_id", "person_id")
            ),
            sa.column("type", sa.String()),
            sa.column("at", INSTANT),
            sa.column("data", DOCUMENT),
        )
        connection.execute(
            event.insert().values(
                id=uuid7(),
                type=f"{kind}.closed",
                at=now,
                subject_id=_uuid(case_id),
                contact_id=_uuid(contact_id),
                person_id=_uuid(person_id),
                data={"closure_code": "open_twice"},
            )
        )


def _uuid(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column(
            "reference",
            sa.String(),
            nullable=False,
            comment="Human reference with a check character.",
        ),
        sa.Column("direction", sa.String(), nullable=False, comment="step_up or step_down."),
        sa.Column(
            "asked_by",
            sa.String(),
            nullable=False,
            comment="sender (who hands over) or receiver (who asks for the case).",
        ),
        sa.Column(
            "contact_id", sa.Uuid(), nullable=False, comment="The contact it all began with."
        ),
        sa.Column("child_id", sa.Uuid(), nullable=False, comment="The child on that contact."),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="The child, across contacts."),
        sa.Column(
            "referral_id",
            sa.Uuid(),
            nullable=True,
            comment="Social care's case: the sender's, or the receiver's once accepted.",
        ),
        sa.Column(
            "early_help_episode_id",
            sa.Uuid(),
            nullable=True,
            comment="Early help's case: the sender's, or the receiver's once accepted.",
        ),
        sa.Column("state", sa.String(), nullable=False, comment="Where it stands."),
        sa.Column(
            "reason_code",
            sa.String(),
            nullable=False,
            comment="Why it was asked for, coded by the policy.",
        ),
        sa.Column(
            "evidence",
            sa.String(),
            nullable=False,
            comment="The evidence against the threshold, in words.",
        ),
        sa.Column(
            "sender_team_id",
            sa.String(),
            nullable=False,
            comment="The team that held the child when it was asked.",
        ),
        sa.Column(
            "receiver_team_id",
            sa.String(),
            nullable=False,
            comment="The team that is to hold the child.",
        ),
        sa.Column(
            "receiver_worker_id",
            sa.Uuid(),
            nullable=True,
            comment="The named receiving practitioner.",
        ),
        sa.Column(
            "statutory_basis",
            sa.String(),
            nullable=True,
            comment="section_17 or section_47, for a step-up.",
        ),
        sa.Column(
            "plan",
            DOCUMENT,
            nullable=False,
            comment="The step-down plan: outcomes, actions, who, by when.",
        ),
        sa.Column(
            "family_agreement",
            sa.String(),
            nullable=False,
            comment="Whether the family agrees to early help.",
        ),
        sa.Column("requested_at", INSTANT, nullable=False, comment="When it was asked for."),
        sa.Column("requested_by", sa.Uuid(), nullable=False, comment="Who asked."),
        sa.Column("opened_at", INSTANT, nullable=True, comment="When the other side first saw it."),
        sa.Column(
            "answered_at", INSTANT, nullable=True, comment="When it was last accepted or refused."
        ),
        sa.Column("answered_by", sa.Uuid(), nullable=True, comment="Who accepted or refused it."),
        sa.Column(
            "refusal_code",
            sa.String(),
            nullable=True,
            comment="Why it was refused, coded by the policy.",
        ),
        sa.Column(
            "refusal_agreed_at",
            INSTANT,
            nullable=True,
            comment="When who asked agreed to the refusal.",
        ),
        sa.Column(
            "accepted_at",
            INSTANT,
            nullable=True,
            comment="When it was accepted: responsibility moves at this instant.",
        ),
        sa.Column("family_agreed_at", INSTANT, nullable=True, comment="When the family agreed."),
        sa.Column(
            "first_visit_at", INSTANT, nullable=True, comment="When early help first visited."
        ),
        sa.Column(
            "returned_at", INSTANT, nullable=True, comment="When it last went back to the sender."
        ),
        sa.Column("completed_at", INSTANT, nullable=True, comment="When it was complete."),
        sa.Column("ended_at", INSTANT, nullable=True, comment="When it ended, in whichever way."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.CheckConstraint(
            "(direction = 'step_up' AND early_help_episode_id IS NOT NULL) OR (direction = 'step_down' AND referral_id IS NOT NULL)",
            name="ck_transfer_sender",
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["account.id"],
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
            ["early_help_episode_id"],
            ["early_help_episode.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["receiver_worker_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_transfer_answered", "transfer", ["answered_at"], unique=False)
    op.create_index("ix_transfer_contact", "transfer", ["contact_id"], unique=False)
    _partial(
        "ix_transfer_open_early_help_episode",
        "transfer",
        ["early_help_episode_id"],
        where="ended_at IS NULL",
        unique=False,
    )
    _partial(
        "ix_transfer_open_referral",
        "transfer",
        ["referral_id"],
        where="ended_at IS NULL",
        unique=False,
    )
    op.create_index("ix_transfer_requested", "transfer", ["requested_at", "id"], unique=False)
    _partial(
        "ux_transfer_open",
        "transfer",
        ["person_id", "direction"],
        where="ended_at IS NULL",
        unique=True,
    )
    op.create_index("ux_transfer_reference", "transfer", ["reference"], unique=True)
    op.create_table(
        "transfer_step",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("transfer_id", sa.Uuid(), nullable=False, comment="The transfer."),
        sa.Column("action", sa.String(), nullable=False, comment="What was done."),
        sa.Column("state", sa.String(), nullable=False, comment="The state that it led to."),
        sa.Column("at", INSTANT, nullable=False, comment="When."),
        sa.Column("by", sa.Uuid(), nullable=True, comment="Who; empty when the service itself."),
        sa.Column(
            "code", sa.String(), nullable=True, comment="A coded reason, or the family's agreement."
        ),
        sa.Column("words", sa.String(), nullable=True, comment="In their own words."),
        sa.ForeignKeyConstraint(
            ["by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["transfer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_transfer_step_transfer", "transfer_step", ["transfer_id", "id"], unique=False
    )
    op.create_table(
        "challenge",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column(
            "reference",
            sa.String(),
            nullable=False,
            comment="Human reference with a check character.",
        ),
        sa.Column("thing", sa.String(), nullable=False, comment="decision or refusal."),
        sa.Column("decision_id", sa.Uuid(), nullable=True, comment="The decision challenged."),
        sa.Column(
            "transfer_id",
            sa.Uuid(),
            nullable=True,
            comment="The transfer whose refusal is challenged.",
        ),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact behind it."),
        sa.Column("child_id", sa.Uuid(), nullable=False, comment="The child on that contact."),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="The child, across contacts."),
        sa.Column(
            "state",
            sa.String(),
            nullable=False,
            comment="raised, agreed, upheld, awaiting_change, ended.",
        ),
        sa.Column("stage", sa.Integer(), nullable=False, comment="The stage it is at, from 1."),
        sa.Column(
            "answering_role",
            sa.String(),
            nullable=False,
            comment="The role that answers at this stage.",
        ),
        sa.Column("raised_at", INSTANT, nullable=False, comment="When it was raised."),
        sa.Column("raised_by", sa.Uuid(), nullable=False, comment="Who raised it."),
        sa.Column(
            "raised_by_organisation_id",
            sa.String(),
            nullable=True,
            comment="The partner agency that raised it, if one did.",
        ),
        sa.Column(
            "challenger_role",
            sa.String(),
            nullable=False,
            comment="The manager of the side that raised it, or partner_system.",
        ),
        sa.Column("stage_began_at", INSTANT, nullable=False, comment="When this stage began."),
        sa.Column(
            "outcome",
            sa.String(),
            nullable=True,
            comment="agreed, upheld, changed, withdrawn, overtaken.",
        ),
        sa.Column(
            "changed_to_decision_id",
            sa.Uuid(),
            nullable=True,
            comment="The new decision that it led to.",
        ),
        sa.Column("ended_at", INSTANT, nullable=True, comment="When it ended."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.CheckConstraint(
            "(thing = 'decision' AND decision_id IS NOT NULL AND transfer_id IS NULL) OR (thing = 'refusal' AND transfer_id IS NOT NULL AND decision_id IS NULL)",
            name="ck_challenge_thing",
        ),
        sa.ForeignKeyConstraint(
            ["changed_to_decision_id"],
            ["decision.id"],
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
            ["decision_id"],
            ["decision.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["raised_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["transfer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_challenge_contact", "challenge", ["contact_id"], unique=False)
    op.create_index("ix_challenge_decision", "challenge", ["decision_id"], unique=False)
    _partial(
        "ix_challenge_open_person",
        "challenge",
        ["person_id"],
        where="ended_at IS NULL",
        unique=False,
    )
    op.create_index("ix_challenge_raised", "challenge", ["raised_at", "id"], unique=False)
    op.create_index("ix_challenge_transfer", "challenge", ["transfer_id"], unique=False)
    _partial(
        "ux_challenge_open_decision",
        "challenge",
        ["decision_id"],
        where="ended_at IS NULL AND decision_id IS NOT NULL",
        unique=True,
    )
    _partial(
        "ux_challenge_open_transfer",
        "challenge",
        ["transfer_id"],
        where="ended_at IS NULL AND transfer_id IS NOT NULL",
        unique=True,
    )
    op.create_index("ux_challenge_reference", "challenge", ["reference"], unique=True)
    op.create_table(
        "challenge_step",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("challenge_id", sa.Uuid(), nullable=False, comment="The challenge."),
        sa.Column("action", sa.String(), nullable=False, comment="What was done."),
        sa.Column("state", sa.String(), nullable=False, comment="The state that it led to."),
        sa.Column("stage", sa.Integer(), nullable=False, comment="The stage it was done at."),
        sa.Column("at", INSTANT, nullable=False, comment="When."),
        sa.Column("by", sa.Uuid(), nullable=True, comment="Who; empty when the service itself."),
        sa.Column(
            "organisation_id",
            sa.String(),
            nullable=True,
            comment="The partner agency, if one did it.",
        ),
        sa.Column("words", sa.String(), nullable=True, comment="In their own words."),
        sa.ForeignKeyConstraint(
            ["by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["challenge_id"],
            ["challenge.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_challenge_step_challenge", "challenge_step", ["challenge_id", "id"], unique=False
    )
    _partial(
        "ix_deadline_of_challenge",
        "deadline",
        ["due_at", "id"],
        where="stopped_at IS NULL AND subject_kind = 'challenge'",
    )
    op.add_column(
        "decision",
        sa.Column(
            "joined_case_id",
            sa.Uuid(),
            nullable=True,
            comment="The open referral or early help episode that it joined, when the child was "
            "open already.",
        ),
    )
    _partial(
        "ix_decision_joined",
        "decision",
        ["joined_case_id"],
        where="joined_case_id IS NOT NULL",
    )
    for table in _CASES:
        _add_computed(table)
    if not _sqlite():
        op.alter_column("referral", "state", comment=_REFERRAL_STATES)
    op.create_table(
        "accountability",
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="The child."),
        sa.Column(
            "referral_id",
            sa.Uuid(),
            nullable=True,
            comment="The referral that answers, when one does.",
        ),
        sa.Column(
            "early_help_episode_id",
            sa.Uuid(),
            nullable=True,
            comment="The episode that answers, when one does.",
        ),
        sa.Column("since", INSTANT, nullable=False, comment="Since when this case answers."),
        sa.CheckConstraint(
            "(referral_id IS NULL) <> (early_help_episode_id IS NULL)",
            name="ck_accountability_one_case",
        ),
        sa.ForeignKeyConstraint(
            ["early_help_episode_id", "person_id"],
            ["early_help_episode.id", "early_help_episode.open_person_id"],
            name="fk_accountability_early_help_episode",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id", "person_id"],
            ["referral.id", "referral.open_person_id"],
            name="fk_accountability_referral",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_index(
        "ux_accountability_early_help_episode",
        "accountability",
        ["early_help_episode_id"],
        unique=True,
    )
    op.create_index("ux_accountability_referral", "accountability", ["referral_id"], unique=True)
    _hold_each_open_child_once()
    if not _sqlite():
        # What is put off to the end of the transaction has to be looked at before an index is made.
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in _CASES:
        op.create_index(f"ux_{table}_open_person", table, ["open_person_id"], unique=True)
        if not _sqlite():
            op.create_foreign_key(
                f"fk_{table}_open_person",
                table,
                "accountability",
                ["open_person_id"],
                ["person_id"],
                initially="DEFERRED",
                deferrable=True,
            )
    for table in _STEPS:
        _make_append_only(table)


def _refuse_to_lose_what_was_stepped() -> None:
    """Raises CannotGoBack while a case or a state is kept that the step before cannot hold."""
    if not _sqlite():
        # Nobody steps a child between this look and the end of this step.
        op.execute("LOCK TABLE transfer, referral, early_help_episode IN ACCESS EXCLUSIVE MODE")
    kept = sa.text(
        "SELECT 1 FROM referral WHERE transfer_id IS NOT NULL OR state = 'handing_over' "
        "UNION ALL SELECT 1 FROM early_help_episode WHERE transfer_id IS NOT NULL"
    )
    if op.get_bind().execute(kept).first() is not None:
        raise CannotGoBack(
            "The database holds cases that a step-up or a step-down brought, or that are being "
            "handed over, and schema step 0001 cannot hold them: children would be lost from "
            "view. Nothing was changed. To go back, restore the backup made before the upgrade. "
            "Steps under way can be finished on this release."
        )


def downgrade() -> None:
    """Goes back from this step, unless cases would go with it: transfers and challenges go.

    Raises CannotGoBack.
    """
    _refuse_to_lose_what_was_stepped()
    if not _sqlite():
        op.alter_column("referral", "state", comment="awaiting_allocation, allocated, closed.")
    op.drop_index("ix_deadline_of_challenge", "deadline")
    op.execute("DELETE FROM flag WHERE subject_kind IN ('transfer', 'challenge')")
    op.execute("DELETE FROM deadline WHERE subject_kind IN ('transfer', 'challenge')")
    for table in _CASES:
        if not _sqlite():
            op.drop_constraint(f"fk_{table}_open_person", table)
            op.drop_constraint(f"fk_{table}_transfer", table)
        op.drop_index(f"ux_{table}_open_person", table)
        if _sqlite():
            # Before the table that it points at: its rows would be missed at the commit.
            op.drop_index(f"ux_{table}_open", table)
            op.execute(f"ALTER TABLE {table} DROP COLUMN open_person_id")
    op.drop_table("accountability")
    op.drop_table("challenge_step")
    op.drop_table("challenge")
    op.drop_table("transfer_step")
    for table in _CASES:
        if not _sqlite():
            op.drop_index(f"ux_{table}_open", table)
            op.execute(f"ALTER TABLE {table} DROP COLUMN open_person_id")
        op.drop_index(f"ux_{table}_decision", table)
        op.execute(f"ALTER TABLE {table} DROP COLUMN transfer_id")
        op.create_index(f"ux_{table}_decision", table, ["decision_id"], unique=True)
    op.drop_table("transfer")
    op.execute(
        "UPDATE early_help_episode SET closure_code = 'decision_superseded' "
        "WHERE closure_code IN ('stepped_up', 'returned_to_social_care')"
    )
    op.drop_index("ix_decision_joined", "decision")
    op.execute("ALTER TABLE decision DROP COLUMN joined_case_id")
