"""Threshold decisions, as drafted and as answered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, SmallInteger
from sqlmodel import SQLModel

from service.persistence.columns import DOCUMENT, INSTANT, Sensitivity, kept, partial_index


class DecisionRow(SQLModel, table=True):
    """A threshold decision for one child; its words are never changed."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("ix_decision_contact", "contact_id"),
        Index("ix_decision_child", "child_id"),
        partial_index("ix_decision_joined", "joined_case_id", where="joined_case_id IS NOT NULL"),
        partial_index(
            "ix_decision_waiting", "id", where="answered_at IS NULL AND superseded_at IS NULL"
        ),
        partial_index("ix_decision_returned", "drafted_by", where="state = 'returned'"),
        partial_index(
            "ux_decision_waiting_child",
            "child_id",
            unique=True,
            where="answered_at IS NULL AND superseded_at IS NULL",
        ),
        partial_index(
            "ux_decision_standing_child",
            "child_id",
            unique=True,
            where="superseded_at IS NULL AND state = 'signed'",
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    contact_id: UUID = kept("The contact.", foreign_key="contact.id")
    child_id: UUID = kept("The child on the contact.", foreign_key="contact_child.id")
    person_id: UUID = kept("The child, across contacts.", foreign_key="person.id")
    state: str = kept("awaiting_sign_off, returned, signed, superseded, withdrawn.")
    level_of_need: int = kept(
        "1 universal, 2 additional, 3 targeted, 4 statutory.",
        Sensitivity.sensitive,
        type_=SmallInteger,
    )
    outcome: str = kept("What happens next.", Sensitivity.sensitive)
    statutory_basis: str | None = kept("section_17 or section_47.", Sensitivity.sensitive)
    primary_need_code: str | None = kept("Primary need code of the census.", Sensitivity.sensitive)
    rationale: str = kept("Why.", Sensitivity.sensitive)
    history_considered: str | None = kept(
        "Earlier contacts and referrals, as considered.", Sensitivity.sensitive
    )
    last_closed_because: str | None = kept("Why the last one closed.", Sensitivity.sensitive)
    agencies: list[dict[str, object]] = kept(
        "Who was asked, who answered, who was not asked and why.",
        Sensitivity.sensitive,
        type_=DOCUMENT,
    )
    prompts: list[dict[str, object]] = kept(
        "What decisions keep missing, answered.", Sensitivity.sensitive, type_=DOCUMENT
    )
    assessment_tool: str | None = kept("Assessment tool used.", Sensitivity.sensitive)
    assessment_score: str | None = kept("Its score.", Sensitivity.sensitive)
    receiving_team_id: str | None = kept("Team that is to receive the case.")
    advice_given: str | None = kept("Information and advice given.", Sensitivity.sensitive)
    supersedes_id: UUID | None = kept(
        "The earlier decision that this one replaces.", foreign_key="decision.id"
    )
    supersedes_because: str | None = kept("Why the mind was changed.", Sensitivity.sensitive)
    drafted_at: datetime = kept("When drafted.", type_=INSTANT)
    drafted_by: UUID = kept("Who decided.", foreign_key="account.id")
    answered_at: datetime | None = kept("When signed or returned.", type_=INSTANT)
    answered_by: UUID | None = kept("Manager who answered.", foreign_key="account.id")
    answer_words: str | None = kept("The manager's own words.", Sensitivity.sensitive)
    superseded_at: datetime | None = kept(
        "When replaced, or withdrawn as a draft: it waits and stands no more.", type_=INSTANT
    )
    joined_case_id: UUID | None = kept(
        "The open referral or early help episode that it joined, when the child was open already."
    )
    repeat_concern: dict[str, object] = kept(
        "How often the child was spoken of before, as it stood when this was drafted: counts.",
        Sensitivity.sensitive,
        type_=DOCUMENT,
        server_default="{}",
    )
    version: int = kept("Grows with each change; the ETag.")
    withdrawn_by: UUID | None = kept("Who withdrew the draft.", foreign_key="account.id")
    withdrawn_because: str | None = kept("Why it was withdrawn.", Sensitivity.sensitive)
