"""Who may be the same child: what a child is found by, what may be a match, what was said of it."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import DOCUMENT, INSTANT

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
oldest_reader = "0007"

# What a decision says stays; whom it is about follows when a child was taken for somebody else.
_WORDS_OF_A_DECISION = (
    "id",
    "contact_id",
    "child_id",
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


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _refuse_other_words(*words: str) -> None:
    """Has the database refuse changes of these columns of a decision, and of no others."""
    op.execute(f"DROP TRIGGER refuse_update_of_decision{'' if _sqlite() else ' ON decision'}")
    raising = (
        "BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END"
        if _sqlite()
        else "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER refuse_update_of_decision BEFORE UPDATE OF {', '.join(words)} "
        f"ON decision {raising}"
    )


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique, postgresql_where=condition, sqlite_where=condition
    )


def _make_matches() -> None:
    op.create_table(
        "possible_match",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact."),
        sa.Column(
            "child_id",
            sa.Uuid(),
            nullable=False,
            comment="The child on that contact, as long as the child stands on it.",
        ),
        sa.Column(
            "own_person_id",
            sa.Uuid(),
            nullable=False,
            comment="Whom the child was taken for when it was found.",
        ),
        sa.Column(
            "person_id", sa.Uuid(), nullable=False, comment="Who on file may be the same child."
        ),
        sa.Column("found_at", INSTANT, nullable=False, comment="When it was found."),
        sa.Column("reasons", DOCUMENT, nullable=False, comment="What speaks for it, coded."),
        sa.Column(
            "contradicts", DOCUMENT, nullable=False, comment="What speaks against it, coded."
        ),
        sa.Column("answer", sa.String(), nullable=True, comment="same_child, another_child."),
        sa.Column("because", sa.String(), nullable=True, comment="Why, in words."),
        sa.Column("answered_at", INSTANT, nullable=True, comment="When it was answered."),
        sa.Column("answered_by", sa.Uuid(), nullable=True, comment="Who answered."),
        sa.Column(
            "superseded_at",
            INSTANT,
            nullable=True,
            comment="When another answer took its place, or it was no match any more.",
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["own_person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["answered_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    _index(
        "ux_possible_match",
        "possible_match",
        ["child_id", "person_id"],
        "superseded_at IS NULL",
        unique=True,
    )
    op.create_index("ix_possible_match_contact", "possible_match", ["contact_id"])
    op.create_index(
        "ix_possible_match_own_person", "possible_match", ["own_person_id", "person_id"]
    )
    op.create_index("ix_possible_match_person", "possible_match", ["person_id"])
    _index(
        "ix_possible_match_open",
        "possible_match",
        ["found_at", "id"],
        "answered_at IS NULL AND superseded_at IS NULL",
    )


def upgrade() -> None:
    """Goes to this step. The keys of what is on file are made afterwards, in short transactions."""
    for name, comment in (
        ("name_key", "A given and a family name, folded, with the year of birth."),
        ("other_name_key", "The same of another pair of names, where there are several."),
        ("given_key", "The first given name, folded."),
        ("family_key", "The last family name, folded."),
    ):
        op.add_column("person", sa.Column(name, sa.String(), nullable=True, comment=comment))
    op.drop_index("ix_person_name_and_birth", "person")
    _index(
        "ix_person_birth",
        "person",
        ["date_of_birth", "given_key", "family_key"],
        "date_of_birth IS NOT NULL",
    )
    for key in ("name_key", "other_name_key"):
        _index(f"ix_person_{key}", "person", [key], f"{key} IS NOT NULL")
    op.add_column(
        "contact_child",
        sa.Column(
            "set_aside",
            DOCUMENT,
            server_default="[]",
            nullable=False,
            comment="Numbers, by their names, that somebody else on file bears.",
        ),
    )
    op.add_column(
        "contact_child",
        sa.Column(
            "unanswered_matches",
            sa.SmallInteger(),
            server_default="0",
            nullable=False,
            comment="How many on file may be this child, unanswered.",
        ),
    )
    _make_matches()
    _refuse_other_words(*_WORDS_OF_A_DECISION)


def downgrade() -> None:
    """Goes back from this step; who may be the same child is asked again when it is taken anew."""
    _refuse_other_words(*_WORDS_OF_A_DECISION, "person_id")
    op.drop_table("possible_match")
    for column in ("unanswered_matches", "set_aside"):
        op.execute(f"ALTER TABLE contact_child DROP COLUMN {column}")
    for index in ("ix_person_other_name_key", "ix_person_name_key", "ix_person_birth"):
        op.drop_index(index, "person")
    for column in ("family_key", "given_key", "other_name_key", "name_key"):
        op.execute(f"ALTER TABLE person DROP COLUMN {column}")
    _index(
        "ix_person_name_and_birth",
        "person",
        ["family_name", "date_of_birth"],
        "family_name IS NOT NULL AND date_of_birth IS NOT NULL",
    )
