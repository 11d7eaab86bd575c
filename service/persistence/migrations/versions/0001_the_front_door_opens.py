"""The front door opens: every table, its indexes, and what is append-only."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import DOCUMENT, INSTANT

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY: Final = ("event", "contact_amendment", "policy_version")
_WORDS_OF_A_DECISION: Final = (
    "id",
    "contact_id",
    "child_id",
    "person_id",
    "level_of_need",
    "outcome",
    "statutory_basis",
    "primary_need_code",
    "rationale",
    "history_considered",
    "last_closed_because",
    "agencies",
    "prompts",
    "assessment_tool",
    "assessment_score",
    "receiving_team_id",
    "advice_given",
    "supersedes_id",
    "supersedes_because",
    "drafted_at",
    "drafted_by",
)


def _partial(
    name: str, table: str, columns: list[str], *, where: str, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique, postgresql_where=condition, sqlite_where=condition
    )


def _refuse(table: str, what: str, columns: tuple[str, ...] = ()) -> None:
    """Refuses an UPDATE (of some columns), DELETE or TRUNCATE of a table, in the database."""
    of = f" OF {', '.join(columns)}" if columns else ""
    verb = what.lower()
    name = f"refuse_{verb}_of_{table}"
    if op.get_bind().dialect.name == "sqlite":
        if what == "TRUNCATE":
            return
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {what}{of} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {what}{of} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _append_only() -> None:
    """What has happened stays: events and amendments, and the words of a decision."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
    for table in _APPEND_ONLY:
        for what in ("UPDATE", "DELETE", "TRUNCATE"):
            _refuse(table, what)
    _refuse("decision", "UPDATE", _WORDS_OF_A_DECISION)
    _refuse("decision", "DELETE")
    _refuse("decision", "TRUNCATE")
    _refuse_second_answer()


def _refuse_second_answer() -> None:
    """A manager's answer to a decision is given once, and its words stay too."""
    raising = (
        "BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END"
        if op.get_bind().dialect.name == "sqlite"
        else "EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER refuse_second_answer_to_decision BEFORE UPDATE OF "
        "answered_at, answered_by, answer_words ON decision "
        f"FOR EACH ROW WHEN (OLD.answered_at IS NOT NULL) {raising}"
    )


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("issuer", sa.String(), nullable=False, comment="Issuer of the token."),
        sa.Column("subject", sa.String(), nullable=False, comment="Subject at that issuer."),
        sa.Column("name", sa.String(), nullable=False, comment="Name as the issuer last gave it."),
        sa.Column("client_id", sa.String(), nullable=True, comment="Client system."),
        sa.Column(
            "organisation_id", sa.String(), nullable=True, comment="Organisation of a partner."
        ),
        sa.Column("team_id", sa.String(), nullable=True, comment="Team of a member of staff."),
        sa.Column("first_seen_at", INSTANT, nullable=False, comment="When first seen."),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ux_account_identity", "account", ["issuer", "subject"], unique=True)

    op.create_table(
        "answer",
        sa.Column(
            "client",
            sa.String(),
            nullable=False,
            comment="Who sent it: the caller the key belongs to.",
        ),
        sa.Column("key", sa.Uuid(), nullable=False, comment="The sender's Idempotency-Key."),
        sa.Column(
            "fingerprint", sa.String(), nullable=False, comment="Digest of method, path and body."
        ),
        sa.Column("status", sa.SmallInteger(), nullable=False, comment="HTTP status."),
        sa.Column("headers", DOCUMENT, nullable=False, comment="Headers that go with it."),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="The answer, byte for byte."),
        sa.Column("kept_until", INSTANT, nullable=False, comment="When it is forgotten."),
        sa.PrimaryKeyConstraint("client", "key"),
    )
    op.create_index("ix_answer_kept_until", "answer", ["kept_until"])

    op.create_table(
        "event",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="The order of events: time may step back, this does not.",
        ),
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("type", sa.String(), nullable=False, comment="noun.happened."),
        sa.Column("at", INSTANT, nullable=False, comment="When."),
        sa.Column("account_id", sa.Uuid(), nullable=True, comment="Who; empty for a job."),
        sa.Column("organisation_id", sa.String(), nullable=True, comment="On whose behalf."),
        sa.Column("request_id", sa.String(), nullable=True, comment="The request it came with."),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="What it happened to."),
        sa.Column("contact_id", sa.Uuid(), nullable=True, comment="The contact behind it."),
        sa.Column(
            "person_id", sa.Uuid(), nullable=True, comment="The child, where it is about one."
        ),
        sa.Column(
            "data",
            DOCUMENT,
            nullable=False,
            comment="Ids, codes and times; never a name or a narrative.",
        ),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("ix_event_contact", "event", ["contact_id", "sequence"])
    _partial("ix_event_person", "event", ["person_id", "sequence"], where="person_id IS NOT NULL")

    op.create_table(
        "job_run",
        sa.Column("name", sa.String(), nullable=False, comment="The job."),
        sa.Column("started_at", INSTANT, nullable=False, comment="When it last started."),
        sa.Column("succeeded_at", INSTANT, nullable=True, comment="When it last succeeded."),
        sa.Column("failed_at", INSTANT, nullable=True, comment="When it last failed."),
        sa.Column(
            "failure",
            sa.String(),
            nullable=True,
            comment="The kind of the last failure; never its words.",
        ),
        sa.Column("holder", sa.String(), nullable=False, comment="Which worker process ran it."),
        sa.Column("runs", sa.BigInteger(), nullable=False, comment="How often it has run."),
        sa.Column(
            "done",
            sa.BigInteger(),
            nullable=False,
            comment="How many items the last success dealt with.",
        ),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("given_name", sa.String(), nullable=True, comment="Given names, as last told."),
        sa.Column("family_name", sa.String(), nullable=True, comment="Family name, as last told."),
        sa.Column("date_of_birth", sa.Date(), nullable=True, comment="Date of birth, London."),
        sa.Column(
            "birth_knowledge",
            sa.String(),
            nullable=False,
            comment="How the date of birth is known: known, estimated, not_known, unborn.",
        ),
        sa.Column(
            "expected_delivery_on",
            sa.Date(),
            nullable=True,
            comment="Expected date of delivery of an unborn child.",
        ),
        sa.Column(
            "sex",
            sa.String(),
            nullable=False,
            comment="Sex code of the census; U for an unborn child.",
        ),
        sa.Column("nhs_number", sa.String(), nullable=True, comment="NHS number, ten digits."),
        sa.Column(
            "unique_pupil_number", sa.String(), nullable=True, comment="Unique pupil number."
        ),
        sa.Column(
            "created_at",
            INSTANT,
            nullable=False,
            comment="When the front door first heard of this child.",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    _partial(
        "ix_person_name_and_birth",
        "person",
        ["family_name", "date_of_birth"],
        where="family_name IS NOT NULL AND date_of_birth IS NOT NULL",
    )
    _partial(
        "ux_person_nhs_number",
        "person",
        ["nhs_number"],
        unique=True,
        where="nhs_number IS NOT NULL",
    )
    _partial(
        "ux_person_unique_pupil_number",
        "person",
        ["unique_pupil_number"],
        unique=True,
        where="unique_pupil_number IS NOT NULL",
    )

    op.create_table(
        "policy_version",
        sa.Column("version", sa.String(), nullable=False, comment="Version, as the file names it."),
        sa.Column("digest", sa.String(), nullable=False, comment="SHA-256 of the file."),
        sa.Column("text", sa.String(), nullable=False, comment="The file."),
        sa.Column(
            "first_used_at", INSTANT, nullable=False, comment="When it first came into force here."
        ),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column(
            "reference",
            sa.String(),
            nullable=False,
            comment="Human reference with a check character.",
        ),
        sa.Column("state", sa.String(), nullable=False, comment="State of the contact."),
        sa.Column("channel", sa.String(), nullable=False, comment="How it arrived."),
        sa.Column(
            "source_code",
            sa.String(),
            nullable=False,
            comment="Referral source code of the children in need census.",
        ),
        sa.Column(
            "concern",
            sa.String(),
            nullable=False,
            comment="What the worry is, in the words of who told.",
        ),
        sa.Column(
            "immediate_danger",
            sa.Boolean(),
            nullable=False,
            comment="Whether a child was said to be in immediate danger.",
        ),
        sa.Column(
            "received_at",
            INSTANT,
            nullable=False,
            comment="When the sender says it happened: every clock starts here.",
        ),
        sa.Column("logged_at", INSTANT, nullable=False, comment="When the row was written."),
        sa.Column("logged_by", sa.Uuid(), nullable=False, comment="Account that logged it."),
        sa.Column("referrer_name", sa.String(), nullable=True, comment="Name of who told."),
        sa.Column("referrer_role", sa.String(), nullable=True, comment="Role of who told."),
        sa.Column("referrer_agency", sa.String(), nullable=True, comment="Agency of who told."),
        sa.Column(
            "referrer_telephone", sa.String(), nullable=True, comment="Telephone of who told."
        ),
        sa.Column("referrer_email", sa.String(), nullable=True, comment="E-mail of who told."),
        sa.Column(
            "agreement",
            sa.String(),
            nullable=False,
            comment="Whether the family agreed to a service.",
        ),
        sa.Column(
            "agreement_note", sa.String(), nullable=True, comment="What was said about agreement."
        ),
        sa.Column(
            "lawful_basis",
            sa.String(),
            nullable=True,
            comment="Lawful basis for sharing, UK GDPR article 6.",
        ),
        sa.Column(
            "sharing_reason", sa.String(), nullable=True, comment="Why shared without agreement."
        ),
        sa.Column("address", sa.String(), nullable=True, comment="Where the children live."),
        sa.Column("town", sa.String(), nullable=True, comment="Town."),
        sa.Column("postcode", sa.String(), nullable=True, comment="Postcode."),
        sa.Column(
            "rating", sa.String(), nullable=True, comment="Triage rating: red, amber, green."
        ),
        sa.Column("first_rated_at", INSTANT, nullable=True, comment="When first rated."),
        sa.Column("rated_at", INSTANT, nullable=True, comment="When last rated."),
        sa.Column("rated_by", sa.Uuid(), nullable=True, comment="Account that rated last."),
        sa.Column("rating_rationale", sa.String(), nullable=True, comment="Why rated so."),
        sa.Column("assignee_id", sa.Uuid(), nullable=True, comment="Account that works it now."),
        sa.Column("assigned_at", INSTANT, nullable=True, comment="Since when."),
        sa.Column("team_id", sa.String(), nullable=False, comment="The one accountable team."),
        sa.Column(
            "acknowledged_at",
            INSTANT,
            nullable=True,
            comment="When the referrer was told it arrived.",
        ),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True, comment="Who told them."),
        sa.Column(
            "acknowledgement", sa.String(), nullable=True, comment="How, and what they were told."
        ),
        sa.Column(
            "sender_organisation_id",
            sa.String(),
            nullable=True,
            comment="Organisation whose system sent it.",
        ),
        sa.Column(
            "sender_reference", sa.String(), nullable=True, comment="The sender's own reference."
        ),
        sa.Column(
            "possible_duplicate_of",
            sa.Uuid(),
            nullable=True,
            comment="An open contact with the same content.",
        ),
        sa.Column(
            "content_digest",
            sa.String(),
            nullable=True,
            comment="Digest of what a partner sent, to recognise the same referral sent twice.",
        ),
        sa.Column(
            "decided_at",
            INSTANT,
            nullable=True,
            comment="When every child on it was decided and signed off.",
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["assignee_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["logged_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["possible_duplicate_of"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["rated_by"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    _partial("ix_contact_open", "contact", ["id"], where="decided_at IS NULL")
    _partial(
        "ix_contact_open_assignee",
        "contact",
        ["assignee_id"],
        where="decided_at IS NULL AND assignee_id IS NOT NULL",
    )
    _partial(
        "ix_contact_open_digest",
        "contact",
        ["content_digest"],
        where="decided_at IS NULL AND content_digest IS NOT NULL",
    )
    op.create_index("ix_contact_received", "contact", ["received_at", "id"])
    _partial(
        "ix_contact_sender",
        "contact",
        ["sender_organisation_id", "received_at", "id"],
        where="sender_organisation_id IS NOT NULL",
    )
    _partial(
        "ix_contact_sender_reference",
        "contact",
        ["sender_organisation_id", "sender_reference"],
        where="sender_reference IS NOT NULL",
    )
    op.create_index("ux_contact_reference", "contact", ["reference"], unique=True)

    op.create_table(
        "suspension",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("kind", sa.String(), nullable=False, comment="account, client or organisation."),
        sa.Column("target", sa.String(), nullable=False, comment="Which one."),
        sa.Column("reason", sa.String(), nullable=False, comment="Why."),
        sa.Column("suspended_at", INSTANT, nullable=False, comment="Since when."),
        sa.Column("suspended_by", sa.Uuid(), nullable=False, comment="By whom."),
        sa.Column("lifted_at", INSTANT, nullable=True, comment="Until when."),
        sa.Column("lifted_by", sa.Uuid(), nullable=True, comment="Lifted by whom."),
        sa.Column("lifted_because", sa.String(), nullable=True, comment="Lifted why."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["suspended_by"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    _partial(
        "ux_suspension_in_force",
        "suspension",
        ["kind", "target"],
        unique=True,
        where="lifted_at IS NULL",
    )

    op.create_table(
        "contact_adult",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact."),
        sa.Column(
            "position", sa.SmallInteger(), nullable=False, comment="Order on the contact, from 0."
        ),
        sa.Column(
            "relationship", sa.String(), nullable=False, comment="Who they are to the children."
        ),
        sa.Column(
            "name_known",
            sa.Boolean(),
            nullable=False,
            comment="False for a father whose name nobody knows.",
        ),
        sa.Column("given_name", sa.String(), nullable=True, comment="Given names."),
        sa.Column("family_name", sa.String(), nullable=True, comment="Family name."),
        sa.Column("date_of_birth", sa.Date(), nullable=True, comment="Date of birth."),
        sa.Column(
            "parental_responsibility", sa.String(), nullable=False, comment="yes, no, not_known."
        ),
        sa.Column("in_household", sa.String(), nullable=False, comment="yes, no, not_known."),
        sa.Column("telephone", sa.String(), nullable=True, comment="Telephone."),
        sa.Column("note", sa.String(), nullable=True, comment="Anything else."),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_contact_adult_contact", "contact_adult", ["contact_id"])

    op.create_table(
        "contact_amendment",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact."),
        sa.Column("amended_at", INSTANT, nullable=False, comment="When."),
        sa.Column("amended_by", sa.Uuid(), nullable=False, comment="Who."),
        sa.Column("reason", sa.String(), nullable=False, comment="Why."),
        sa.Column("before", DOCUMENT, nullable=False, comment="What it said."),
        sa.Column("after", DOCUMENT, nullable=False, comment="What it says now."),
        sa.ForeignKeyConstraint(
            ["amended_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_contact_amendment_contact", "contact_amendment", ["contact_id"])

    op.create_table(
        "contact_child",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact."),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="The child, across contacts."),
        sa.Column(
            "position", sa.SmallInteger(), nullable=False, comment="Order on the contact, from 0."
        ),
        sa.Column(
            "state", sa.String(), nullable=False, comment="undecided, awaiting_sign_off, decided."
        ),
        sa.Column("given_name", sa.String(), nullable=True, comment="Given names as told."),
        sa.Column("family_name", sa.String(), nullable=True, comment="Family name as told."),
        sa.Column(
            "description",
            sa.String(),
            nullable=True,
            comment="What identifies a child whose name is not known.",
        ),
        sa.Column("date_of_birth", sa.Date(), nullable=True, comment="Date of birth as told."),
        sa.Column(
            "birth_knowledge",
            sa.String(),
            nullable=False,
            comment="How the date of birth is known.",
        ),
        sa.Column(
            "expected_delivery_on", sa.Date(), nullable=True, comment="Expected date of delivery."
        ),
        sa.Column("sex", sa.String(), nullable=False, comment="Sex code."),
        sa.Column("nhs_number", sa.String(), nullable=True, comment="NHS number as told."),
        sa.Column(
            "unique_pupil_number",
            sa.String(),
            nullable=True,
            comment="Unique pupil number as told.",
        ),
        sa.Column("ethnicity_code", sa.String(), nullable=True, comment="Ethnicity code."),
        sa.Column("disability_codes", DOCUMENT, nullable=False, comment="Disability codes."),
        sa.Column("first_language", sa.String(), nullable=True, comment="First language."),
        sa.Column("school", sa.String(), nullable=True, comment="School or setting."),
        sa.Column("decided_at", INSTANT, nullable=True, comment="When decided and signed off."),
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
    op.create_index("ix_contact_child_contact", "contact_child", ["contact_id"])
    op.create_index("ix_contact_child_person", "contact_child", ["person_id"])

    op.create_table(
        "deadline",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column(
            "kind", sa.String(), nullable=False, comment="The timescale, by its name in the policy."
        ),
        sa.Column(
            "variant",
            sa.String(),
            nullable=True,
            comment="The rating it was started with, where the limit depends on it.",
        ),
        sa.Column("subject_kind", sa.String(), nullable=False, comment="What it runs on."),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="Which one."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact behind it."),
        sa.Column("owner_role", sa.String(), nullable=False, comment="The role that must act."),
        sa.Column("started_at", INSTANT, nullable=False, comment="When the clock started."),
        sa.Column("due_at", INSTANT, nullable=False, comment="The limit."),
        sa.Column("warn_at", INSTANT, nullable=True, comment="When a warning is raised."),
        sa.Column("warned_at", INSTANT, nullable=True, comment="When the warning was raised."),
        sa.Column("breached_at", INSTANT, nullable=True, comment="When the breach was raised."),
        sa.Column("stopped_at", INSTANT, nullable=True, comment="When the clock stopped."),
        sa.Column("stopped_because", sa.String(), nullable=True, comment="What stopped it."),
        sa.Column(
            "policy_version",
            sa.String(),
            nullable=False,
            comment="Version of the policy it was computed by.",
        ),
        sa.Column(
            "explanation", DOCUMENT, nullable=False, comment="The sum: rule, days skipped, due."
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_deadline_contact", "deadline", ["contact_id"])
    _partial(
        "ix_deadline_to_breach",
        "deadline",
        ["due_at", "id"],
        where="stopped_at IS NULL AND breached_at IS NULL",
    )
    _partial(
        "ix_deadline_to_warn",
        "deadline",
        ["warn_at", "id"],
        where="stopped_at IS NULL AND warned_at IS NULL AND warn_at IS NOT NULL",
    )
    _partial(
        "ux_deadline_running",
        "deadline",
        ["contact_id", "subject_id", "kind"],
        unique=True,
        where="stopped_at IS NULL",
    )

    op.create_table(
        "information_request",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact."),
        sa.Column("organisation_id", sa.String(), nullable=False, comment="The agency asked."),
        sa.Column("scope", sa.String(), nullable=False, comment="existence_only or content."),
        sa.Column("child_ids", DOCUMENT, nullable=False, comment="The children asked about."),
        sa.Column("purpose", sa.String(), nullable=False, comment="Why asked."),
        sa.Column("lawful_basis", sa.String(), nullable=False, comment="Lawful basis for sharing."),
        sa.Column("questions", sa.String(), nullable=True, comment="What was asked."),
        sa.Column("state", sa.String(), nullable=False, comment="asked or answered."),
        sa.Column(
            "asked_at", INSTANT, nullable=False, comment="When asked: the clock starts here."
        ),
        sa.Column("asked_by", sa.Uuid(), nullable=False, comment="Who asked."),
        sa.Column(
            "answer",
            sa.String(),
            nullable=True,
            comment="nothing_known, known_not_relevant, information, declined.",
        ),
        sa.Column("information", sa.String(), nullable=True, comment="What the agency said."),
        sa.Column("answered_at", INSTANT, nullable=True, comment="When answered."),
        sa.Column(
            "answered_by", sa.Uuid(), nullable=True, comment="Account that recorded the answer."
        ),
        sa.Column(
            "answered_by_name", sa.String(), nullable=True, comment="Who answered at the agency."
        ),
        sa.Column(
            "late", sa.Boolean(), nullable=True, comment="Whether the answer came after its limit."
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_information_request_contact", "information_request", ["contact_id"])
    _partial(
        "ix_information_request_open",
        "information_request",
        ["organisation_id", "asked_at", "id"],
        where="answered_at IS NULL",
    )

    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact."),
        sa.Column("child_id", sa.Uuid(), nullable=False, comment="The child on the contact."),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="The child, across contacts."),
        sa.Column(
            "state",
            sa.String(),
            nullable=False,
            comment="awaiting_sign_off, returned, signed, superseded.",
        ),
        sa.Column(
            "level_of_need",
            sa.SmallInteger(),
            nullable=False,
            comment="1 universal, 2 additional, 3 targeted, 4 statutory.",
        ),
        sa.Column("outcome", sa.String(), nullable=False, comment="What happens next."),
        sa.Column(
            "statutory_basis", sa.String(), nullable=True, comment="section_17 or section_47."
        ),
        sa.Column(
            "primary_need_code",
            sa.String(),
            nullable=True,
            comment="Primary need code of the census.",
        ),
        sa.Column("rationale", sa.String(), nullable=False, comment="Why."),
        sa.Column(
            "history_considered",
            sa.String(),
            nullable=True,
            comment="Earlier contacts and referrals, as considered.",
        ),
        sa.Column(
            "last_closed_because", sa.String(), nullable=True, comment="Why the last one closed."
        ),
        sa.Column(
            "agencies",
            DOCUMENT,
            nullable=False,
            comment="Who was asked, who answered, who was not asked and why.",
        ),
        sa.Column(
            "prompts", DOCUMENT, nullable=False, comment="What decisions keep missing, answered."
        ),
        sa.Column("assessment_tool", sa.String(), nullable=True, comment="Assessment tool used."),
        sa.Column("assessment_score", sa.String(), nullable=True, comment="Its score."),
        sa.Column(
            "receiving_team_id",
            sa.String(),
            nullable=True,
            comment="Team that is to receive the case.",
        ),
        sa.Column(
            "advice_given", sa.String(), nullable=True, comment="Information and advice given."
        ),
        sa.Column(
            "supersedes_id",
            sa.Uuid(),
            nullable=True,
            comment="The earlier decision that this one replaces.",
        ),
        sa.Column(
            "supersedes_because", sa.String(), nullable=True, comment="Why the mind was changed."
        ),
        sa.Column("drafted_at", INSTANT, nullable=False, comment="When drafted."),
        sa.Column("drafted_by", sa.Uuid(), nullable=False, comment="Who decided."),
        sa.Column("answered_at", INSTANT, nullable=True, comment="When signed or returned."),
        sa.Column("answered_by", sa.Uuid(), nullable=True, comment="Manager who answered."),
        sa.Column("answer_words", sa.String(), nullable=True, comment="The manager's own words."),
        sa.Column("superseded_at", INSTANT, nullable=True, comment="When replaced."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
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
            ["drafted_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"],
            ["decision.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_decision_child", "decision", ["child_id"])
    op.create_index("ix_decision_contact", "decision", ["contact_id"])
    _partial(
        "ix_decision_waiting",
        "decision",
        ["id"],
        where="answered_at IS NULL AND superseded_at IS NULL",
    )
    _partial(
        "ux_decision_standing_child",
        "decision",
        ["child_id"],
        unique=True,
        where="superseded_at IS NULL AND state = 'signed'",
    )
    _partial(
        "ux_decision_waiting_child",
        "decision",
        ["child_id"],
        unique=True,
        where="answered_at IS NULL AND superseded_at IS NULL",
    )

    op.create_table(
        "flag",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("deadline_id", sa.Uuid(), nullable=False, comment="The deadline behind it."),
        sa.Column(
            "kind", sa.String(), nullable=False, comment="The timescale, by its name in the policy."
        ),
        sa.Column("severity", sa.String(), nullable=False, comment="warning or breach."),
        sa.Column("subject_kind", sa.String(), nullable=False, comment="What it is about."),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="Which one."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact behind it."),
        sa.Column("owner_role", sa.String(), nullable=False, comment="The role that must act."),
        sa.Column("due_at", INSTANT, nullable=False, comment="The limit."),
        sa.Column("raised_at", INSTANT, nullable=False, comment="When raised."),
        sa.Column("policy_version", sa.String(), nullable=False, comment="Version of the policy."),
        sa.Column("acknowledged_at", INSTANT, nullable=True, comment="When somebody took it on."),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True, comment="Who."),
        sa.Column("acknowledgement", sa.String(), nullable=True, comment="What they will do."),
        sa.Column(
            "escalation_level",
            sa.SmallInteger(),
            nullable=False,
            comment="How often it was escalated.",
        ),
        sa.Column(
            "escalated_to", sa.String(), nullable=True, comment="The role it was escalated to."
        ),
        sa.Column("escalated_at", INSTANT, nullable=True, comment="When."),
        sa.Column(
            "escalate_at",
            INSTANT,
            nullable=True,
            comment="When it will be escalated next, unless acknowledged.",
        ),
        sa.Column("cleared_at", INSTANT, nullable=True, comment="When the fact cleared."),
        sa.Column("cleared_because", sa.String(), nullable=True, comment="What cleared it."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["deadline_id"],
            ["deadline.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_flag_contact", "flag", ["contact_id"])
    _partial("ix_flag_open", "flag", ["due_at", "id"], where="cleared_at IS NULL")
    _partial(
        "ix_flag_to_escalate",
        "flag",
        ["escalate_at", "id"],
        where="cleared_at IS NULL AND acknowledged_at IS NULL AND escalate_at IS NOT NULL",
    )
    op.create_index("ux_flag_once", "flag", ["deadline_id", "severity", "due_at"], unique=True)

    op.create_table(
        "early_help_episode",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column(
            "reference",
            sa.String(),
            nullable=False,
            comment="Human reference with a check character.",
        ),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact it came from."),
        sa.Column("child_id", sa.Uuid(), nullable=False, comment="The child on that contact."),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="The child, across contacts."),
        sa.Column(
            "decision_id", sa.Uuid(), nullable=False, comment="The signed decision it rests on."
        ),
        sa.Column(
            "level_of_need",
            sa.SmallInteger(),
            nullable=False,
            comment="2 additional or 3 targeted.",
        ),
        sa.Column("source_code", sa.String(), nullable=False, comment="Referral source code."),
        sa.Column(
            "state", sa.String(), nullable=False, comment="awaiting_allocation, allocated, closed."
        ),
        sa.Column(
            "accepted_at",
            INSTANT,
            nullable=False,
            comment="When the decision was signed: the clock starts here.",
        ),
        sa.Column("team_id", sa.String(), nullable=False, comment="The one accountable team."),
        sa.Column("worker_id", sa.Uuid(), nullable=True, comment="Account of the worker."),
        sa.Column(
            "allocated_at", INSTANT, nullable=True, comment="When first allocated to a worker."
        ),
        sa.Column("closed_at", INSTANT, nullable=True, comment="When closed."),
        sa.Column("closed_by", sa.Uuid(), nullable=True, comment="Who closed it."),
        sa.Column("closure_code", sa.String(), nullable=True, comment="Why it closed, coded."),
        sa.Column("closure_reason", sa.String(), nullable=True, comment="Why it closed, in words."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(
            ["child_id"],
            ["contact_child.id"],
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"],
            ["account.id"],
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
            ["worker_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_early_help_episode_accepted", "early_help_episode", ["accepted_at", "id"])
    op.create_index("ix_early_help_episode_contact", "early_help_episode", ["contact_id"])
    _partial(
        "ix_early_help_episode_open_worker",
        "early_help_episode",
        ["worker_id"],
        where="worker_id IS NOT NULL AND closed_at IS NULL",
    )
    op.create_index("ix_early_help_episode_person", "early_help_episode", ["person_id"])
    _partial(
        "ix_early_help_episode_unallocated",
        "early_help_episode",
        ["id"],
        where="allocated_at IS NULL AND closed_at IS NULL",
    )
    op.create_index(
        "ux_early_help_episode_decision", "early_help_episode", ["decision_id"], unique=True
    )
    op.create_index(
        "ux_early_help_episode_reference", "early_help_episode", ["reference"], unique=True
    )

    op.create_table(
        "referral",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column(
            "reference",
            sa.String(),
            nullable=False,
            comment="Human reference with a check character.",
        ),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact it came from."),
        sa.Column("child_id", sa.Uuid(), nullable=False, comment="The child on that contact."),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="The child, across contacts."),
        sa.Column(
            "decision_id", sa.Uuid(), nullable=False, comment="The signed decision it rests on."
        ),
        sa.Column(
            "statutory_basis", sa.String(), nullable=False, comment="section_17 or section_47."
        ),
        sa.Column("source_code", sa.String(), nullable=False, comment="Referral source code."),
        sa.Column(
            "state", sa.String(), nullable=False, comment="awaiting_allocation, allocated, closed."
        ),
        sa.Column(
            "accepted_at",
            INSTANT,
            nullable=False,
            comment="When the decision was signed: the clock starts here.",
        ),
        sa.Column("team_id", sa.String(), nullable=False, comment="The one accountable team."),
        sa.Column("worker_id", sa.Uuid(), nullable=True, comment="Account of the worker."),
        sa.Column(
            "allocated_at", INSTANT, nullable=True, comment="When first allocated to a worker."
        ),
        sa.Column(
            "previous_referral_id",
            sa.Uuid(),
            nullable=True,
            comment="The referral before this one.",
        ),
        sa.Column(
            "re_referral",
            sa.Boolean(),
            nullable=False,
            comment="Whether it came within the policy's months of the one before.",
        ),
        sa.Column(
            "last_known_team_id",
            sa.String(),
            nullable=True,
            comment="Team that last held the child, for reporting.",
        ),
        sa.Column("closed_at", INSTANT, nullable=True, comment="When closed."),
        sa.Column("closed_by", sa.Uuid(), nullable=True, comment="Who closed it."),
        sa.Column("closure_code", sa.String(), nullable=True, comment="Why it closed, coded."),
        sa.Column("closure_reason", sa.String(), nullable=True, comment="Why it closed, in words."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(
            ["child_id"],
            ["contact_child.id"],
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"],
            ["account.id"],
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
            ["previous_referral_id"],
            ["referral.id"],
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_referral_accepted", "referral", ["accepted_at", "id"])
    op.create_index("ix_referral_contact", "referral", ["contact_id"])
    _partial(
        "ix_referral_open_worker",
        "referral",
        ["worker_id"],
        where="worker_id IS NOT NULL AND closed_at IS NULL",
    )
    op.create_index("ix_referral_person", "referral", ["person_id"])
    _partial(
        "ix_referral_unallocated",
        "referral",
        ["id"],
        where="allocated_at IS NULL AND closed_at IS NULL",
    )
    op.create_index("ux_referral_decision", "referral", ["decision_id"], unique=True)
    op.create_index("ux_referral_reference", "referral", ["reference"], unique=True)
    _append_only()


def downgrade() -> None:
    """Goes back from this step."""
    op.drop_table("referral")
    op.drop_table("early_help_episode")
    op.drop_table("flag")
    op.drop_table("decision")
    op.drop_table("information_request")
    op.drop_table("deadline")
    op.drop_table("contact_child")
    op.drop_table("contact_amendment")
    op.drop_table("contact_adult")
    op.drop_table("suspension")
    op.drop_table("contact")
    op.drop_table("policy_version")
    op.drop_table("person")
    op.drop_table("job_run")
    op.drop_table("event")
    op.drop_table("answer")
    op.drop_table("account")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
