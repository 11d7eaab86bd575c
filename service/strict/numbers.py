"""Numbers with a check of their own, and postcodes: the strict types of what the domain checks."""

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator

from service.domain.identifiers import nhs_number, postcode, unique_pupil_number
from service.strict.fields import Line
from service.strict.findings import finding


def _checked(check: Callable[[str], str]) -> AfterValidator:
    """The domain's check of a number, whose sentence says what to do and never what was sent."""

    def checked(text: str) -> str:
        try:
            return check(text)
        except ValueError as refusal:
            raise finding("wrong_form", str(refusal)) from None

    return AfterValidator(checked)


NhsNumber = Annotated[str, Line(20), _checked(nhs_number)]
PupilNumber = Annotated[str, Line(20), _checked(unique_pupil_number)]
Postcode = Annotated[str, Line(10), _checked(postcode)]
