"""Family agreements: what a family can answer about early help, after what it answered before."""

from collections.abc import Mapping
from types import MappingProxyType

from service.domain.errors import Problem
from service.domain.transfers import FamilyAgreement

NEXT: Mapping[FamilyAgreement, tuple[FamilyAgreement, ...]] = MappingProxyType(
    {
        FamilyAgreement.not_yet_asked: (
            FamilyAgreement.asked,
            FamilyAgreement.given,
            FamilyAgreement.refused,
        ),
        FamilyAgreement.asked: (FamilyAgreement.given, FamilyAgreement.refused),
        FamilyAgreement.given: (FamilyAgreement.withdrawn,),
    }
)
"""What a family can answer next. A step-down goes back with a refusal, so none follows there."""


def faults_in_answer(
    before: FamilyAgreement,
    agreement: FamilyAgreement,
    following: Mapping[FamilyAgreement, tuple[FamilyAgreement, ...]] = NEXT,
) -> list[Problem]:
    """The fault of an answer that does not follow from the one before, with those that do."""
    possible = following.get(before, ())
    if agreement in possible:
        return []
    return [
        Problem(
            "/agreement",
            f"The agreement is {before.replace('_', ' ')}; next it can be: {', '.join(possible)}.",
            "agreement_not_possible",
        )
    ]
