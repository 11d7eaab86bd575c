"""People the front door has heard of."""

from service.domain.people import Person
from service.persistence.columns import partial_index
from service.persistence.record_tables import table_for

PersonRow = table_for(
    Person,
    "person",
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
    partial_index("ix_person_other_name_key", "other_name_key", where="other_name_key IS NOT NULL"),
)
