"""Contacts, the children and adults on them, and their amendments."""

from sqlalchemy import Index, SmallInteger

from service.domain.contact_kinds import KindAct
from service.domain.contacts import (
    Adult,
    Amendment,
    Child,
    Contact,
)
from service.domain.outcome_tellings import OutcomeTelling
from service.domain.withdrawals import Withdrawal
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

ContactRow = table_for(
    Contact,
    "contact",
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
    points_to={
        "logged_by": "account.id",
        "rated_by": "account.id",
        "assignee_id": "account.id",
        "acknowledged_by": "account.id",
        "possible_duplicate_of": "contact.id",
        "repeats_id": "contact.id",
    },
    server_defaults={"kind": "concern"},
)


ChildRow = table_for(
    Child,
    "contact_child",
    Index("ix_contact_child_contact", "contact_id"),
    Index("ix_contact_child_person", "person_id"),
    points_to={
        "contact_id": "contact.id",
        "person_id": "person.id",
    },
    types={
        "position": SmallInteger,
        "unanswered_matches": SmallInteger,
        "nth_contact": SmallInteger,
    },
    server_defaults={"set_aside": "[]", "unanswered_matches": "0", "nth_contact": "1"},
)


AdultRow = table_for(
    Adult,
    "contact_adult",
    Index("ix_contact_adult_contact", "contact_id"),
    partial_index(
        "ix_contact_adult_identity_key", "identity_key", where="identity_key IS NOT NULL"
    ),
    points_to={
        "contact_id": "contact.id",
    },
    types={"position": SmallInteger},
)


AmendmentRow = table_for(
    Amendment,
    "contact_amendment",
    Index("ix_contact_amendment_contact", "contact_id"),
    points_to={
        "contact_id": "contact.id",
        "amended_by": "account.id",
    },
)


OutcomeTellingRow = table_for(
    OutcomeTelling,
    "outcome_telling",
    Index("ix_outcome_telling_contact", "contact_id"),
    points_to={
        "contact_id": "contact.id",
        "recorded_by": "account.id",
    },
)


WithdrawalRow = table_for(
    Withdrawal,
    "contact_withdrawal",
    Index("ix_contact_withdrawal_contact", "contact_id"),
    points_to={
        "contact_id": "contact.id",
        "by": "account.id",
        "repeats_id": "contact.id",
    },
)


KindActRow = table_for(
    KindAct,
    "contact_kind_act",
    Index("ix_contact_kind_act_contact", "contact_id"),
    points_to={
        "contact_id": "contact.id",
        "by": "account.id",
    },
)
