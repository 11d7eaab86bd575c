"""Contacts, the children and adults on them, and their amendments."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, SmallInteger
from sqlmodel import SQLModel

from service.persistence.columns import DOCUMENT, INSTANT, Sensitivity, kept, partial_index


class ContactRow(SQLModel, table=True):
    """A contact: a concern told to the front door."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("ux_contact_reference", "reference", unique=True),
        Index("ix_contact_received", "received_at", "id"),
        partial_index(
            "ix_contact_unacknowledged",
            "assignee_id",
            "id",
            where="decided_at IS NOT NULL AND acknowledged_at IS NULL AND source_code <> '9'",
        ),
        partial_index("ix_contact_open", "id", where="decided_at IS NULL"),
        # What a queue is narrowed by.
        partial_index(
            "ix_contact_open_narrowed",
            "rating",
            "source_code",
            "town",
            "assignee_id",
            "id",
            where="decided_at IS NULL",
        ),
        partial_index(
            "ix_contact_sender",
            "sender_organisation_id",
            "received_at",
            "id",
            where="sender_organisation_id IS NOT NULL",
        ),
        partial_index(
            "ix_contact_sender_reference",
            "sender_organisation_id",
            "sender_reference",
            where="sender_reference IS NOT NULL",
        ),
        partial_index(
            "ix_contact_open_assignee",
            "assignee_id",
            where="decided_at IS NULL AND assignee_id IS NOT NULL",
        ),
        partial_index(
            "ix_contact_open_digest",
            "content_digest",
            where="decided_at IS NULL AND content_digest IS NOT NULL",
        ),
        partial_index(
            "ix_contact_address_key",
            "address_key",
            "received_at",
            where="address_key IS NOT NULL",
        ),
        partial_index("ix_contact_repeats", "repeats_id", where="repeats_id IS NOT NULL"),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    reference: str = kept("Human reference with a check character.")
    state: str = kept("State of the contact.")
    channel: str = kept("How it arrived.")
    source_code: str = kept("Referral source code of the children in need census.")
    concern: str = kept("What the worry is, in the words of who told.", Sensitivity.sensitive)
    immediate_danger: bool = kept(
        "Whether a child was said to be in immediate danger.", Sensitivity.sensitive
    )
    received_at: datetime = kept(
        "When the sender says it happened: every clock starts here.", type_=INSTANT
    )
    logged_at: datetime = kept("When the row was written.", type_=INSTANT)
    logged_by: UUID = kept("Account that logged it.", foreign_key="account.id")
    referrer_name: str | None = kept("Name of who told.", Sensitivity.personal)
    referrer_role: str | None = kept("Role of who told.", Sensitivity.personal)
    referrer_agency: str | None = kept("Agency of who told.")
    referrer_telephone: str | None = kept("Telephone of who told.", Sensitivity.personal)
    referrer_email: str | None = kept("E-mail of who told.", Sensitivity.personal)
    agreement: str = kept("Whether the family agreed to a service.", Sensitivity.sensitive)
    agreement_note: str | None = kept("What was said about agreement.", Sensitivity.sensitive)
    lawful_basis: str | None = kept("Lawful basis for sharing, UK GDPR article 6.")
    sharing_reason: str | None = kept("Why shared without agreement.", Sensitivity.sensitive)
    address: str | None = kept("Where the children live.", Sensitivity.personal)
    town: str | None = kept("Town.", Sensitivity.personal)
    postcode: str | None = kept("Postcode.", Sensitivity.personal)
    rating: str | None = kept("Triage rating: red, amber, green.")
    first_rated_at: datetime | None = kept("When first rated.", type_=INSTANT)
    rated_at: datetime | None = kept("When last rated.", type_=INSTANT)
    rated_by: UUID | None = kept("Account that rated last.", foreign_key="account.id")
    rating_rationale: str | None = kept("Why rated so.", Sensitivity.sensitive)
    assignee_id: UUID | None = kept("Account that works it now.", foreign_key="account.id")
    assigned_at: datetime | None = kept("Since when.", type_=INSTANT)
    team_id: str = kept("The one accountable team.")
    acknowledged_at: datetime | None = kept("When the referrer was told it arrived.", type_=INSTANT)
    acknowledged_by: UUID | None = kept("Who told them.", foreign_key="account.id")
    acknowledgement: str | None = kept("How, and what they were told.", Sensitivity.sensitive)
    sender_organisation_id: str | None = kept("Organisation whose system sent it.")
    sender_reference: str | None = kept("The sender's own reference.")
    possible_duplicate_of: UUID | None = kept(
        "An open contact with the same content.", foreign_key="contact.id"
    )
    content_digest: str | None = kept(
        "Digest of what a partner sent, to recognise the same referral sent twice."
    )
    address_key: str | None = kept(
        "Postcode and address, normalised: the same for contacts from the same home.",
        Sensitivity.personal,
    )
    decided_at: datetime | None = kept(
        "When every child on it was decided and signed off, or it was withdrawn.", type_=INSTANT
    )
    version: int = kept("Grows with each change; the ETag.")
    outcome_told_at: datetime | None = kept(
        "When the referrer was last told the outcome.", type_=INSTANT
    )
    withdrawn_at: datetime | None = kept("When it was withdrawn without a decision.", type_=INSTANT)
    withdrawn_as: str | None = kept("Why it is withdrawn: duplicate, in_error, not_ours.")
    repeats_id: UUID | None = kept(
        "The contact that it repeats, while it is withdrawn for that.", foreign_key="contact.id"
    )
    restored_at: datetime | None = kept(
        "When it was last restored to the desk after a withdrawal.", type_=INSTANT
    )
    kept_as_told: dict[str, str] | None = kept(
        "What could not be read, by the name of the fact.", Sensitivity.sensitive, type_=DOCUMENT
    )


class ChildRow(SQLModel, table=True):
    """A child as one contact tells of them."""

    __tablename__ = "contact_child"
    __table_args__ = (
        Index("ix_contact_child_contact", "contact_id"),
        Index("ix_contact_child_person", "person_id"),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    contact_id: UUID = kept("The contact.", foreign_key="contact.id")
    person_id: UUID = kept("The child, across contacts.", foreign_key="person.id")
    position: int = kept("Order on the contact, from 0.", type_=SmallInteger)
    state: str = kept("undecided, awaiting_sign_off, decided.")
    given_name: str | None = kept("Given names as told.", Sensitivity.personal)
    family_name: str | None = kept("Family name as told.", Sensitivity.personal)
    description: str | None = kept(
        "What identifies a child whose name is not known.", Sensitivity.personal
    )
    date_of_birth: date | None = kept("Date of birth as told.", Sensitivity.personal)
    birth_knowledge: str = kept("How the date of birth is known.")
    expected_delivery_on: date | None = kept("Expected date of delivery.", Sensitivity.personal)
    sex: str = kept("Sex code.", Sensitivity.personal)
    nhs_number: str | None = kept("NHS number as told.", Sensitivity.personal)
    unique_pupil_number: str | None = kept("Unique pupil number as told.", Sensitivity.personal)
    ethnicity_code: str | None = kept("Ethnicity code.", Sensitivity.sensitive)
    disability_codes: list[str] = kept("Disability codes.", Sensitivity.sensitive, type_=DOCUMENT)
    first_language: str | None = kept("First language.", Sensitivity.personal)
    school: str | None = kept("School or setting.", Sensitivity.personal)
    decided_at: datetime | None = kept("When decided and signed off.", type_=INSTANT)
    set_aside: list[str] = kept(
        "Numbers, by their names, that somebody else on file bears.",
        type_=DOCUMENT,
        server_default="[]",
    )
    unanswered_matches: int = kept(
        "How many on file may be this child, unanswered.",
        type_=SmallInteger,
        server_default="0",
    )
    kept_as_told: dict[str, str] | None = kept(
        "What could not be read, by the name of the fact.", Sensitivity.sensitive, type_=DOCUMENT
    )


class AdultRow(SQLModel, table=True):
    """An adult as one contact tells of them."""

    __tablename__ = "contact_adult"
    __table_args__ = (
        Index("ix_contact_adult_contact", "contact_id"),
        partial_index(
            "ix_contact_adult_identity_key", "identity_key", where="identity_key IS NOT NULL"
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    contact_id: UUID = kept("The contact.", foreign_key="contact.id")
    position: int = kept("Order on the contact, from 0.", type_=SmallInteger)
    relationship: str = kept("Who they are to the children.", Sensitivity.personal)
    name_known: bool = kept("False for a father whose name nobody knows.")
    given_name: str | None = kept("Given names.", Sensitivity.personal)
    family_name: str | None = kept("Family name.", Sensitivity.personal)
    date_of_birth: date | None = kept("Date of birth.", Sensitivity.personal)
    parental_responsibility: str = kept("yes, no, not_known.", Sensitivity.personal)
    in_household: str = kept("yes, no, not_known.", Sensitivity.personal)
    telephone: str | None = kept("Telephone.", Sensitivity.personal)
    note: str | None = kept("Anything else.", Sensitivity.sensitive)
    identity_key: str | None = kept(
        "Name and date of birth, normalised: the same wherever this adult stands.",
        Sensitivity.personal,
    )
    kept_as_told: dict[str, str] | None = kept(
        "What could not be read, by the name of the fact.", Sensitivity.sensitive, type_=DOCUMENT
    )


class AmendmentRow(SQLModel, table=True):
    """A change before decision: old and new words, and why. Append-only."""

    __tablename__ = "contact_amendment"
    __table_args__ = (Index("ix_contact_amendment_contact", "contact_id"),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    contact_id: UUID = kept("The contact.", foreign_key="contact.id")
    amended_at: datetime = kept("When.", type_=INSTANT)
    amended_by: UUID = kept("Who.", foreign_key="account.id")
    reason: str = kept("Why.", Sensitivity.sensitive)
    before: dict[str, object] = kept("What it said.", Sensitivity.sensitive, type_=DOCUMENT)
    after: dict[str, object] = kept("What it says now.", Sensitivity.sensitive, type_=DOCUMENT)


class OutcomeTellingRow(SQLModel, table=True):
    """That the referrer was told the outcome. Append-only."""

    __tablename__ = "outcome_telling"
    __table_args__ = (Index("ix_outcome_telling_contact", "contact_id"),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    contact_id: UUID = kept("The contact.", foreign_key="contact.id")
    told_at: datetime = kept("When the referrer was told.", type_=INSTANT)
    how: str = kept("telephone, email, letter, in_person.")
    words: str = kept("What they were told.", Sensitivity.sensitive)
    recorded_at: datetime = kept("When it was recorded.", type_=INSTANT)
    recorded_by: UUID = kept("By whom.", foreign_key="account.id")


class WithdrawalRow(SQLModel, table=True):
    """That a contact was withdrawn without a decision, or restored. Append-only."""

    __tablename__ = "contact_withdrawal"
    __table_args__ = (Index("ix_contact_withdrawal_contact", "contact_id"),)

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    contact_id: UUID = kept("The contact.", foreign_key="contact.id")
    action: str = kept("withdrawn or restored.")
    at: datetime = kept("When.", type_=INSTANT)
    by: UUID = kept("By whom.", foreign_key="account.id")
    reason: str | None = kept("duplicate, in_error, not_ours; none when restored.")
    words: str = kept("Why, in words.", Sensitivity.sensitive)
    repeats_id: UUID | None = kept("The contact that it repeats.", foreign_key="contact.id")
    passed_to: str | None = kept("To whom it was passed on, and how.", Sensitivity.sensitive)
    told: str | None = kept("Who was told there by word of mouth.", Sensitivity.sensitive)
