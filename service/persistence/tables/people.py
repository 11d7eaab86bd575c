"""People the front door has heard of."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import SQLModel

from service.persistence.columns import INSTANT, Sensitivity, kept, partial_index


class PersonRow(SQLModel, table=True):
    """A child, across every contact."""

    __tablename__ = "person"
    __table_args__ = (
        partial_index(
            "ux_person_nhs_number", "nhs_number", unique=True, where="nhs_number IS NOT NULL"
        ),
        partial_index(
            "ux_person_unique_pupil_number",
            "unique_pupil_number",
            unique=True,
            where="unique_pupil_number IS NOT NULL",
        ),
        partial_index(
            "ix_person_birth",
            "date_of_birth",
            "given_key",
            "family_key",
            where="date_of_birth IS NOT NULL",
        ),
        partial_index(
            "ix_person_unborn",
            "expected_delivery_on",
            "id",
            where="birth_knowledge = 'unborn' AND pregnancy_ended_on IS NULL",
        ),
        partial_index("ix_person_identity_key", "identity_key", where="identity_key IS NOT NULL"),
        partial_index("ix_person_name_key", "name_key", where="name_key IS NOT NULL"),
        partial_index(
            "ix_person_other_name_key", "other_name_key", where="other_name_key IS NOT NULL"
        ),
    )

    id: UUID = kept("Identifier (UUIDv7).", primary_key=True)
    given_name: str | None = kept("Given names, as last told.", Sensitivity.personal)
    family_name: str | None = kept("Family name, as last told.", Sensitivity.personal)
    date_of_birth: date | None = kept("Date of birth, London.", Sensitivity.personal)
    birth_knowledge: str = kept(
        "How the date of birth is known: known, estimated, not_known, unborn."
    )
    expected_delivery_on: date | None = kept(
        "Expected date of delivery of an unborn child.", Sensitivity.personal
    )
    sex: str = kept("Sex code of the census; U for an unborn child.", Sensitivity.personal)
    nhs_number: str | None = kept("NHS number, ten digits.", Sensitivity.personal)
    unique_pupil_number: str | None = kept("Unique pupil number.", Sensitivity.personal)
    identity_key: str | None = kept(
        "Name and date of birth, normalised: the same for who may be the same child.",
        Sensitivity.personal,
    )
    created_at: datetime = kept("When the front door first heard of this child.", type_=INSTANT)
    pregnancy_ended_on: date | None = kept(
        "When the pregnancy ended without a birth, London.", Sensitivity.sensitive
    )
    name_key: str | None = kept(
        "A given and a family name, folded, with the year of birth.", Sensitivity.personal
    )
    other_name_key: str | None = kept(
        "The same of another pair of names, where there are several.", Sensitivity.personal
    )
    given_key: str | None = kept("The first given name, folded.", Sensitivity.personal)
    family_key: str | None = kept("The last family name, folded.", Sensitivity.personal)
