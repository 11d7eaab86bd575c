"""Withdrawals of contacts on the wire: asked for, taken back, and read."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.words import DoneBy, an_id
from service.domain.contacts import WithdrawalReason
from service.domain.withdrawals import NewWithdrawal, Withdrawal, WithdrawalAction
from service.strict.fields import Id, Instant, Text, Wire

_PASSED_TO = "Aberdeen City Council, children's reception team, by telephone and secure e-mail."
_TOLD = "Ms Innes, duty senior, at 16:10: she sends somebody today."


class ContactWithdrawalIn(Wire):
    """That a contact is withdrawn before any decision on it is signed."""

    reason: Annotated[
        WithdrawalReason,
        Field(
            description=(
                "`duplicate`: it repeats another contact, which is kept. `not_ours`: it is another "
                "authority's, to whom it was passed on. `in_error`: a prank, a test, a wrong entry."
            ),
            examples=["duplicate"],
        ),
    ]
    words: Annotated[
        Annotated[str, Text(4000, least=10)],
        Field(
            description="Why, in your own words.",
            examples=["The head teacher's call was written down twice, by two of us."],
        ),
    ]
    repeats_contact_id: Annotated[
        Id | None, an_id("For `duplicate`: the contact that it repeats. Every child stands there.")
    ] = None
    passed_to: Annotated[
        Annotated[str, Text(2000, least=5)] | None,
        Field(
            description="For `not_ours`: to which authority it was passed on, and how.",
            examples=[_PASSED_TO],
        ),
    ] = None
    told: Annotated[
        Annotated[str, Text(2000, least=5)] | None,
        Field(
            description=(
                "For `not_ours`: who was told there by word of mouth, and when; for `in_error`: "
                "with whom it was made sure that nobody is in danger. Needed in immediate danger, "
                "for what is rated red, and for a high risk of the police."
            ),
            examples=[_TOLD],
        ),
    ] = None

    def told_as(self) -> NewWithdrawal:
        """As the use-case takes it."""
        return NewWithdrawal(
            reason=self.reason,
            words=self.words,
            repeats_id=self.repeats_contact_id,
            passed_to=self.passed_to,
            told=self.told,
        )


class RestorationIn(Wire):
    """That a withdrawn contact is put back on the desk."""

    because: Annotated[
        Annotated[str, Text(4000, least=5)],
        Field(
            description="Why, in your own words.",
            examples=["Aberdeen rang back: the family moved here in June."],
        ),
    ]


class ContactWithdrawal(WireOut):
    """One time that a contact was withdrawn, or restored."""

    action: Annotated[
        WithdrawalAction, Field(description="withdrawn or restored.", examples=["withdrawn"])
    ]
    at: Annotated[Instant, Field(description="When.", examples=["2026-10-23T15:20:00Z"])]
    by: DoneBy
    reason: Annotated[
        WithdrawalReason | None,
        Field(description="Why it was withdrawn; null when restored.", examples=["duplicate"]),
    ]
    words: Annotated[
        str,
        Field(
            max_length=4000,
            description="Why, in words.",
            examples=["The head teacher's call was written down twice, by two of us."],
        ),
    ]
    repeats_contact_id: Annotated[UUID | None, an_id("The contact that it repeats, which is kept.")]
    passed_to: Annotated[
        str | None,
        Field(
            max_length=2000,
            description="To which authority it was passed on, and how.",
            examples=[_PASSED_TO],
        ),
    ]
    told: Annotated[
        str | None,
        Field(max_length=2000, description="Who was told there, and when.", examples=[_TOLD]),
    ]

    @classmethod
    def of(cls, withdrawal: Withdrawal) -> Self:
        """As it is seen by staff."""
        return cls(
            action=withdrawal.action,
            at=withdrawal.at,
            by=withdrawal.by,
            reason=withdrawal.reason,
            words=withdrawal.words,
            repeats_contact_id=withdrawal.repeats_id,
            passed_to=withdrawal.passed_to,
            told=withdrawal.told,
        )
