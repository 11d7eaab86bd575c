"""What agencies were asked, and what they answered."""

from sqlalchemy import Index

from service.domain.information_requests import Chaser, InformationRequest
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

InformationRequestRow = table_for(
    InformationRequest,
    "information_request",
    Index("ix_information_request_contact", "contact_id"),
    partial_index(
        "ix_information_request_open",
        "organisation_id",
        "asked_at",
        "id",
        where="answered_at IS NULL AND withdrawn_at IS NULL",
    ),
    partial_index(
        "ix_information_request_unread", "unread_since", where="unread_since IS NOT NULL"
    ),
    points_to={
        "contact_id": "contact.id",
        "asked_by": "account.id",
        "answered_by": "account.id",
        "withdrawn_by": "account.id",
        "read_by": "account.id",
    },
)


ChaserRow = table_for(
    Chaser,
    "information_request_chaser",
    Index("ix_information_request_chaser_request", "request_id"),
    points_to={
        "request_id": "information_request.id",
        "chased_by": "account.id",
    },
)
