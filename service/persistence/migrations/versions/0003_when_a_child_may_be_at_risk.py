"""Strategy meetings, section 47 enquiries and single assessments."""

import sqlalchemy as sa
from alembic import op

from service.persistence.columns import DOCUMENT, INSTANT
from service.persistence.migrations.append_only import make_append_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STEPS = ("section_47_enquiry_step", "assessment_step")
# The clocks that the step before does not know, by what they run on or by their kind.
_NEW_CLOCKS = (
    "subject_kind IN ('strategy_meeting', 'section_47_enquiry') OR kind IN ('strategy_meeting', "
    "'single_assessment', 'pre_birth_assessment_begun', 'pre_birth_assessment_done', "
    "'expected_delivery_known')"
)


def upgrade() -> None:
    """Goes to this step."""
    op.create_table(
        "strategy_meeting",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column(
            "reference",
            sa.String(),
            nullable=False,
            comment="Human reference with a check character.",
        ),
        sa.Column(
            "contact_id",
            sa.Uuid(),
            nullable=False,
            comment="The contact behind the first child's referral.",
        ),
        sa.Column(
            "state",
            sa.String(),
            nullable=False,
            comment="called, held, concluded, minuted, cancelled.",
        ),
        sa.Column("called_at", INSTANT, nullable=False, comment="When it was called."),
        sa.Column("called_by", sa.Uuid(), nullable=False, comment="Who called it."),
        sa.Column("planned_for", INSTANT, nullable=False, comment="When it is to be held."),
        sa.Column("held_at", INSTANT, nullable=True, comment="When it was held."),
        sa.Column(
            "quorate",
            sa.Boolean(),
            nullable=True,
            comment="Whether all came whom the policy asks for.",
        ),
        sa.Column(
            "not_quorate_because",
            sa.String(),
            nullable=True,
            comment="Why it went ahead without a quorum.",
        ),
        sa.Column(
            "actions",
            DOCUMENT,
            nullable=False,
            comment="What happens next: what, by whom, by when.",
        ),
        sa.Column("concluded_at", INSTANT, nullable=True, comment="When it was concluded."),
        sa.Column("concluded_by", sa.Uuid(), nullable=True, comment="Who concluded it."),
        sa.Column("minutes", sa.String(), nullable=True, comment="The minutes."),
        sa.Column(
            "minutes_circulated_at",
            INSTANT,
            nullable=True,
            comment="When the minutes were circulated.",
        ),
        sa.Column(
            "minutes_circulated_by", sa.Uuid(), nullable=True, comment="Who circulated them."
        ),
        sa.Column("cancelled_at", INSTANT, nullable=True, comment="When it was cancelled."),
        sa.Column("cancelled_by", sa.Uuid(), nullable=True, comment="Who cancelled it."),
        sa.Column("cancelled_because", sa.String(), nullable=True, comment="Why it was cancelled."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(
            ["called_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["cancelled_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["concluded_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["minutes_circulated_by"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_strategy_meeting_called", "strategy_meeting", ["called_at", "id"], unique=False
    )
    op.create_index("ix_strategy_meeting_contact", "strategy_meeting", ["contact_id"], unique=False)
    op.create_index("ix_strategy_meeting_held", "strategy_meeting", ["held_at", "id"], unique=False)
    op.create_index(
        "ix_strategy_meeting_unfinished",
        "strategy_meeting",
        ["id"],
        unique=False,
        postgresql_where=sa.text("minutes_circulated_at IS NULL AND cancelled_at IS NULL"),
        sqlite_where=sa.text("minutes_circulated_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_index("ux_strategy_meeting_reference", "strategy_meeting", ["reference"], unique=True)
    op.create_table(
        "strategy_meeting_invitation",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("meeting_id", sa.Uuid(), nullable=False, comment="The meeting."),
        sa.Column(
            "position", sa.SmallInteger(), nullable=False, comment="Order in the list, from 0."
        ),
        sa.Column("agency", sa.String(), nullable=False, comment="Which agency."),
        sa.Column("because", sa.String(), nullable=False, comment="Why proposed."),
        sa.Column(
            "organisation_id",
            sa.String(),
            nullable=True,
            comment="The organisation of the policy, when it is one.",
        ),
        sa.Column("name", sa.String(), nullable=True, comment="Name of who is to come."),
        sa.Column("role", sa.String(), nullable=True, comment="Their role."),
        sa.Column("invited_at", INSTANT, nullable=True, comment="When invited."),
        sa.Column("not_invited_because", sa.String(), nullable=True, comment="Why not invited."),
        sa.Column(
            "attendance",
            sa.String(),
            nullable=True,
            comment="attended, sent_information, sent_apologies, absent.",
        ),
        sa.Column("information", sa.String(), nullable=True, comment="What they told or sent."),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["strategy_meeting.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_strategy_meeting_invitation_meeting",
        "strategy_meeting_invitation",
        ["meeting_id"],
        unique=False,
    )
    op.create_table(
        "assessment",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column(
            "reference",
            sa.String(),
            nullable=False,
            comment="Human reference with a check character.",
        ),
        sa.Column("referral_id", sa.Uuid(), nullable=False, comment="Social care's case."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact behind that case."),
        sa.Column("child_id", sa.Uuid(), nullable=False, comment="The child on that contact."),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="The child, across contacts."),
        sa.Column(
            "state",
            sa.String(),
            nullable=False,
            comment="under_way, awaiting_authorisation, authorised, ended_unfinished.",
        ),
        sa.Column("begun_at", INSTANT, nullable=False, comment="When it was begun."),
        sa.Column("begun_by", sa.Uuid(), nullable=False, comment="Who began it."),
        sa.Column(
            "factors",
            DOCUMENT,
            nullable=False,
            comment="Factors at assessment, codes of the census.",
        ),
        sa.Column("tools", DOCUMENT, nullable=False, comment="Tools used, with their scores."),
        sa.Column("childs_view", sa.String(), nullable=True, comment="What the child says."),
        sa.Column("analysis", sa.String(), nullable=True, comment="The assessment in words."),
        sa.Column("outcome", sa.String(), nullable=True, comment="What follows."),
        sa.Column(
            "closure_code", sa.String(), nullable=True, comment="How the referral is to close."
        ),
        sa.Column("completed_at", INSTANT, nullable=True, comment="When last completed."),
        sa.Column("completed_by", sa.Uuid(), nullable=True, comment="Who completed it."),
        sa.Column(
            "answered_at", INSTANT, nullable=True, comment="When last authorised or sent back."
        ),
        sa.Column("answered_by", sa.Uuid(), nullable=True, comment="The manager who did."),
        sa.Column("answer_words", sa.String(), nullable=True, comment="The manager's own words."),
        sa.Column(
            "ended_at", INSTANT, nullable=True, comment="When authorised, or ended unfinished."
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["begun_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["child_id"],
            ["contact_child.id"],
        ),
        sa.ForeignKeyConstraint(
            ["completed_by"],
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
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_assessment_begun", "assessment", ["begun_at", "id"], unique=False)
    op.create_index("ix_assessment_contact", "assessment", ["contact_id"], unique=False)
    op.create_index("ix_assessment_referral", "assessment", ["referral_id"], unique=False)
    op.create_index(
        "ux_assessment_open",
        "assessment",
        ["referral_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ux_assessment_reference", "assessment", ["reference"], unique=True)
    op.create_table(
        "assessment_step",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("assessment_id", sa.Uuid(), nullable=False, comment="The assessment."),
        sa.Column("action", sa.String(), nullable=False, comment="What was done."),
        sa.Column("state", sa.String(), nullable=False, comment="The state that it led to."),
        sa.Column("at", INSTANT, nullable=False, comment="When."),
        sa.Column("by", sa.Uuid(), nullable=False, comment="Who."),
        sa.Column("words", sa.String(), nullable=True, comment="In their own words."),
        sa.Column(
            "content", DOCUMENT, nullable=False, comment="The assessment as it was completed then."
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["assessment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["by"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_assessment_step_assessment", "assessment_step", ["assessment_id", "id"], unique=False
    )
    op.create_table(
        "section_47_enquiry",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column(
            "reference",
            sa.String(),
            nullable=False,
            comment="Human reference with a check character.",
        ),
        sa.Column(
            "meeting_id",
            sa.Uuid(),
            nullable=False,
            comment="The strategy meeting that began it last.",
        ),
        sa.Column("referral_id", sa.Uuid(), nullable=False, comment="Social care's case."),
        sa.Column("assessment_id", sa.Uuid(), nullable=False, comment="Its single assessment."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact behind that case."),
        sa.Column("child_id", sa.Uuid(), nullable=False, comment="The child on that contact."),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="The child, across contacts."),
        sa.Column("kind", sa.String(), nullable=False, comment="single_agency or joint."),
        sa.Column(
            "state", sa.String(), nullable=False, comment="under_way, awaiting_conference, ended."
        ),
        sa.Column("opened_at", INSTANT, nullable=False, comment="When it was first opened."),
        sa.Column(
            "began_at",
            INSTANT,
            nullable=False,
            comment="When the meeting that began it was held: its clocks start here.",
        ),
        sa.Column("seen_at", INSTANT, nullable=True, comment="When the child was first seen."),
        sa.Column("seen_by", sa.String(), nullable=True, comment="Who saw the child."),
        sa.Column(
            "seen_alone",
            sa.Boolean(),
            nullable=True,
            comment="Whether the child was spoken to alone.",
        ),
        sa.Column("not_alone_because", sa.String(), nullable=True, comment="Why not alone."),
        sa.Column(
            "not_seen_because", sa.String(), nullable=True, comment="Why not seen, last recorded."
        ),
        sa.Column("outcome", sa.String(), nullable=True, comment="What it found."),
        sa.Column("outcome_words", sa.String(), nullable=True, comment="The same in words."),
        sa.Column("outcome_at", INSTANT, nullable=True, comment="When it was found."),
        sa.Column("outcome_by", sa.Uuid(), nullable=True, comment="Who recorded it."),
        sa.Column(
            "conference_held_at",
            INSTANT,
            nullable=True,
            comment="When the initial child protection conference was held.",
        ),
        sa.Column("conference_outcome", sa.String(), nullable=True, comment="What it decided."),
        sa.Column(
            "category_of_abuse_code",
            sa.String(),
            nullable=True,
            comment="Category of abuse of the plan.",
        ),
        sa.Column("conference_words", sa.String(), nullable=True, comment="Why, in words."),
        sa.Column("ended_at", INSTANT, nullable=True, comment="When it ended."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Grows with each change; the ETag."
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["assessment.id"],
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
            ["meeting_id"],
            ["strategy_meeting.id"],
        ),
        sa.ForeignKeyConstraint(
            ["outcome_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_section_47_enquiry_conference",
        "section_47_enquiry",
        ["conference_held_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_section_47_enquiry_contact", "section_47_enquiry", ["contact_id"], unique=False
    )
    op.create_index(
        "ix_section_47_enquiry_opened", "section_47_enquiry", ["opened_at", "id"], unique=False
    )
    op.create_index(
        "ix_section_47_enquiry_referral", "section_47_enquiry", ["referral_id"], unique=False
    )
    op.create_index(
        "ux_section_47_enquiry_open",
        "section_47_enquiry",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ux_section_47_enquiry_reference", "section_47_enquiry", ["reference"], unique=True
    )
    op.create_table(
        "section_47_enquiry_step",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("enquiry_id", sa.Uuid(), nullable=False, comment="The enquiry."),
        sa.Column("action", sa.String(), nullable=False, comment="What was done."),
        sa.Column("state", sa.String(), nullable=False, comment="The state that it led to."),
        sa.Column("at", INSTANT, nullable=False, comment="When it was recorded."),
        sa.Column("by", sa.Uuid(), nullable=False, comment="Who."),
        sa.Column("happened_at", INSTANT, nullable=False, comment="When it happened."),
        sa.Column("seen_by", sa.String(), nullable=True, comment="Who saw the child."),
        sa.Column(
            "meeting_id", sa.Uuid(), nullable=True, comment="The strategy meeting behind it."
        ),
        sa.Column("code", sa.String(), nullable=True, comment="What came of it, coded."),
        sa.Column("words", sa.String(), nullable=True, comment="In their own words."),
        sa.ForeignKeyConstraint(
            ["by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["enquiry_id"],
            ["section_47_enquiry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["strategy_meeting.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_section_47_enquiry_step_enquiry",
        "section_47_enquiry_step",
        ["enquiry_id", "id"],
        unique=False,
    )
    op.create_table(
        "strategy_meeting_child",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Identifier (UUIDv7)."),
        sa.Column("meeting_id", sa.Uuid(), nullable=False, comment="The meeting."),
        sa.Column(
            "position", sa.SmallInteger(), nullable=False, comment="Order at the meeting, from 0."
        ),
        sa.Column("referral_id", sa.Uuid(), nullable=False, comment="Social care's open case."),
        sa.Column("contact_id", sa.Uuid(), nullable=False, comment="The contact behind that case."),
        sa.Column("child_id", sa.Uuid(), nullable=False, comment="The child on that contact."),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="The child, across contacts."),
        sa.Column(
            "in_hospital", sa.Boolean(), nullable=False, comment="Whether the child is in hospital."
        ),
        sa.Column(
            "alleged", DOCUMENT, nullable=False, comment="What is alleged or suspected, coded."
        ),
        sa.Column(
            "enquiry",
            sa.String(),
            nullable=True,
            comment="single_agency, joint, continues or none.",
        ),
        sa.Column("enquiry_reason", sa.String(), nullable=True, comment="Why."),
        sa.Column(
            "medical",
            sa.String(),
            nullable=True,
            comment="Whether a medical examination takes place.",
        ),
        sa.Column("medical_reason", sa.String(), nullable=True, comment="Why, or why not."),
        sa.Column("told", sa.String(), nullable=True, comment="What the child will be told."),
        sa.Column(
            "enquiry_id",
            sa.Uuid(),
            nullable=True,
            comment="The enquiry that it began or let go on.",
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
            ["enquiry_id"],
            ["section_47_enquiry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["strategy_meeting.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_strategy_meeting_child_person", "strategy_meeting_child", ["person_id"], unique=False
    )
    op.create_index(
        "ix_strategy_meeting_child_referral",
        "strategy_meeting_child",
        ["referral_id"],
        unique=False,
    )
    op.create_index(
        "ux_strategy_meeting_child",
        "strategy_meeting_child",
        ["meeting_id", "person_id"],
        unique=True,
    )
    op.add_column(
        "deadline",
        sa.Column(
            "happened_at",
            INSTANT,
            nullable=True,
            comment="When that happened, where it was recorded later than it happened.",
        ),
    )
    for table in _STEPS:
        make_append_only(table)


def downgrade() -> None:
    """Goes back from this step; meetings, enquiries and assessments go, with their clocks."""
    for table in ("flag", "deadline"):
        op.execute(f"DELETE FROM {table} WHERE {_NEW_CLOCKS}")  # noqa: S608 - names of our own
    op.drop_column("deadline", "happened_at")
    op.drop_index("ux_strategy_meeting_child", table_name="strategy_meeting_child")
    op.drop_index("ix_strategy_meeting_child_referral", table_name="strategy_meeting_child")
    op.drop_index("ix_strategy_meeting_child_person", table_name="strategy_meeting_child")
    op.drop_table("strategy_meeting_child")
    op.drop_index("ix_section_47_enquiry_step_enquiry", table_name="section_47_enquiry_step")
    op.drop_table("section_47_enquiry_step")
    op.drop_index("ux_section_47_enquiry_reference", table_name="section_47_enquiry")
    op.drop_index(
        "ux_section_47_enquiry_open",
        table_name="section_47_enquiry",
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index("ix_section_47_enquiry_referral", table_name="section_47_enquiry")
    op.drop_index("ix_section_47_enquiry_opened", table_name="section_47_enquiry")
    op.drop_index("ix_section_47_enquiry_contact", table_name="section_47_enquiry")
    op.drop_index("ix_section_47_enquiry_conference", table_name="section_47_enquiry")
    op.drop_table("section_47_enquiry")
    op.drop_index("ix_assessment_step_assessment", table_name="assessment_step")
    op.drop_table("assessment_step")
    op.drop_index("ux_assessment_reference", table_name="assessment")
    op.drop_index(
        "ux_assessment_open",
        table_name="assessment",
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index("ix_assessment_referral", table_name="assessment")
    op.drop_index("ix_assessment_contact", table_name="assessment")
    op.drop_index("ix_assessment_begun", table_name="assessment")
    op.drop_table("assessment")
    op.drop_index(
        "ix_strategy_meeting_invitation_meeting", table_name="strategy_meeting_invitation"
    )
    op.drop_table("strategy_meeting_invitation")
    op.drop_index("ux_strategy_meeting_reference", table_name="strategy_meeting")
    op.drop_index(
        "ix_strategy_meeting_unfinished",
        table_name="strategy_meeting",
        postgresql_where=sa.text("minutes_circulated_at IS NULL AND cancelled_at IS NULL"),
        sqlite_where=sa.text("minutes_circulated_at IS NULL AND cancelled_at IS NULL"),
    )
    op.drop_index("ix_strategy_meeting_held", table_name="strategy_meeting")
    op.drop_index("ix_strategy_meeting_contact", table_name="strategy_meeting")
    op.drop_index("ix_strategy_meeting_called", table_name="strategy_meeting")
    op.drop_table("strategy_meeting")
