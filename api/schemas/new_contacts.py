"""A contact as it is told, on the wire."""

from typing import Annotated, Any

from pydantic import Field

from api.schemas.contact_kinds import ItsKind
from api.schemas.people import (
    AdultIn,
    LinkedChildIn,
    TellsOfChildren,
)
from api.schemas.words import ArrivedBy
from service.domain.contact_acts import AtOnce
from service.domain.contact_kinds import ContactKind
from service.domain.contacts import (
    AgreementState,
    LawfulBasis,
)
from service.domain.deadlines import Rating
from service.domain.kept_as_told import with_unread_aside
from service.domain.new_contacts import NewContact
from service.strict.fields import (
    Email,
    Flag,
    Instant,
    Line,
    Text,
    Wire,
    what_cannot_be_read_is_kept,
)
from service.strict.numbers import Postcode


class SenderPerson(Wire):
    """Who of the sending organisation told, and how they are reached."""

    name: Annotated[
        Annotated[str, Line(100)] | None,
        Field(description="Name of who told.", examples=["Priya Shah"]),
    ] = None
    role: Annotated[
        Annotated[str, Line(100)] | None,
        Field(description="Role of who told.", examples=["Designated safeguarding lead"]),
    ] = None
    telephone: Annotated[
        Annotated[str, Line(40)] | None,
        Field(description="Telephone to reach them on.", examples=["01632 960111"]),
    ] = None
    email: Annotated[
        Annotated[str, Email(254)] | None,
        Field(description="E-mail address to reach them on.", examples=["dsl@mill-lane.example"]),
    ] = None


class Referrer(SenderPerson):
    """Who told the front door."""

    agency: Annotated[
        Annotated[str, Line(200)] | None,
        Field(
            description="Agency of who told; filled in by the service for a partner system.",
            examples=["Mill Lane Primary"],
        ),
    ] = None


@what_cannot_be_read_is_kept("name", "role", "telephone", "email")
class SenderPersonIn(SenderPerson):
    """Who of the sending organisation told. What cannot be read is kept as it was told."""


@what_cannot_be_read_is_kept("name", "role", "agency", "telephone", "email")
class ReferrerIn(Referrer):
    """Who told the front door. What cannot be read is kept as it was told, with a warning."""


class Agreement(Wire):
    """Agreement to a service: asked for separately from the basis for sharing."""

    state: Annotated[
        AgreementState,
        Field(
            description=(
                "Whether the family agreed to a service. This is not the lawful basis for sharing."
            ),
            examples=["given"],
        ),
    ] = AgreementState.not_known
    note: Annotated[
        Annotated[str, Text(2000)] | None,
        Field(description="What was said, and by whom.", examples=["Mother agrees to early help."]),
    ] = None


class Basis(Wire):
    """The lawful basis for sharing information."""

    basis: Annotated[
        LawfulBasis | None,
        Field(description="Lawful basis for sharing, UK GDPR article 6.", examples=["public_task"]),
    ] = None
    sharing_reason: Annotated[
        Annotated[str, Text(2000)] | None,
        Field(
            description="Why shared without agreement, when it was.",
            examples=["Asking would have put the child at risk."],
        ),
    ] = None


class ContactWords(Wire):
    """What is told of a contact itself, whoever tells it."""

    concern: Annotated[
        Annotated[str, Text(20_000)],
        Field(
            description="What the worry is, in the words of who told.",
            examples=[
                "Amara came to school with a bruise on her cheek and would not say how it happened."
            ],
        ),
    ]
    source_code: Annotated[
        Annotated[str, Line(4)],
        Field(description="Referral source code of the children in need census.", examples=["2A"]),
    ]
    received_at: Annotated[
        Instant | None,
        Field(
            description=(
                "When it was received, with its zone: every clock starts here. Now, when left out."
            ),
            examples=["2026-10-23T15:00:00Z"],
        ),
    ] = None
    immediate_danger: Annotated[
        Flag,
        Field(
            description="Whether a child is said to be in immediate danger. Call 999 as well.",
            examples=[False],
        ),
    ] = False
    agreement: Annotated[
        Agreement,
        Field(
            description="Agreement of the family to a service.",
            examples=[{"state": "given", "note": "Mother agrees."}],
        ),
    ] = Field(default_factory=lambda: Agreement())
    lawful_basis: Annotated[
        Basis,
        Field(
            description="Lawful basis for sharing; not the same as agreement.",
            examples=[{"basis": "public_task"}],
        ),
    ] = Field(default_factory=lambda: Basis())
    address: Annotated[
        Annotated[str, Text(500)] | None,
        Field(description="Where the children live.", examples=["12 Weir Street"]),
    ] = None
    town: Annotated[
        Annotated[str, Line(100)] | None, Field(description="Town.", examples=["Riverbourne"])
    ] = None
    postcode: Annotated[
        Postcode | None,
        Field(
            description="Postcode. A contact is never refused for a missing one.",
            examples=["ZZ99 3CZ"],
        ),
    ] = None


@what_cannot_be_read_is_kept("address", "town", "postcode")
class ContactTold(ContactWords):
    """What is told of a contact and the adults on it, whoever tells it.

    An optional fact that cannot be read never refuses it: it is kept as told, with a warning.
    """

    adults: Annotated[
        Annotated[list[AdultIn], Field(max_length=20)],
        Field(
            description="The adults: parents above all, known by name or not.",
            examples=[[{"relationship": "father", "name_known": False}]],
        ),
    ] = Field(default_factory=list)


class AtOnceIn(Wire):
    """What is done with a contact as it is logged: rated, taken, and its teller told."""

    rating: Annotated[
        Rating | None,
        Field(
            description=(
                "How soon this must be decided. Where danger is told it is red, whatever is sent."
            ),
            examples=["amber"],
        ),
    ] = None
    rationale: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(description="Why it is rated so.", examples=["School reports a second bruise."]),
    ] = None
    take: Annotated[
        Flag,
        Field(
            description="Whether you work it yourself from now on; yes, unless you say otherwise.",
            examples=[True],
        ),
    ] = True
    acknowledgement: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(
            description="How whoever told was told that it arrived, and what.",
            examples=["Told on the telephone: received, will decide by tomorrow 16:00."],
        ),
    ] = None

    def told(self) -> AtOnce:
        """As the use-case takes it."""
        return AtOnce(self.rating, self.rationale, self.take, self.acknowledgement)


class ContactCreate(ContactTold, TellsOfChildren):
    """A contact to be logged.

    The minimum is a concern, something that identifies a child, and a referrer. What is no concern
    (`kind`) needs what the policy asks of its kind.
    """

    children: Annotated[
        Annotated[list[LinkedChildIn], Field(max_length=20)],
        Field(
            description=(
                "The children: one or more, where the kind of contact is about children. Of "
                "immediate danger `[{}]` is enough: nothing is known of the child yet."
            ),
            examples=[
                [
                    {
                        "given_name": "Amara",
                        "family_name": "Okafor",
                        "birth_knowledge": "known",
                        "date_of_birth": "2018-04-09",
                        "sex": "F",
                    }
                ]
            ],
        ),
    ] = Field(default_factory=list)
    kind: ItsKind = ContactKind.concern
    referrer: Annotated[
        ReferrerIn,
        Field(
            description="Who told. Needed, unless the source code is 9 (anonymous).",
            examples=[{"name": "Priya Shah", "role": "Designated safeguarding lead"}],
        ),
    ] = Field(default_factory=lambda: ReferrerIn())
    channel: ArrivedBy
    at_once: Annotated[
        AtOnceIn | None,
        Field(
            description=(
                "What is done with it in the same act: rated, taken and acknowledged, as by "
                "`/triage`, `/assignment` and `/acknowledgement` after it."
            ),
            examples=[None],
        ),
    ] = None

    def told(self) -> NewContact:
        """As the use-case takes it."""
        return new_contact(
            self,
            self.referrer,
            channel=self.channel,
            source_code=self.source_code,
            kind=self.kind,
        )


def new_contact(sent: Any, told_by: SenderPerson, **more: Any) -> NewContact:
    """A contact as told, for the use-case; `more` is what each way in says by itself."""
    facts = {name: getattr(sent, name) for name in _TOLD_AS_IT_IS}
    facts |= {f"referrer_{name}": value for name, value in told_by}
    return NewContact(
        **with_unread_aside(facts),
        children=[child.told() for child in sent.children],
        adults=[adult.told() for adult in sent.adults],
        agreement=sent.agreement.state,
        agreement_note=sent.agreement.note,
        lawful_basis=sent.lawful_basis.basis,
        sharing_reason=sent.lawful_basis.sharing_reason,
        **more,
    )


_TOLD_AS_IT_IS = ("concern", "received_at", "immediate_danger", "address", "town", "postcode")
