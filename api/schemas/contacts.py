"""Contacts on the wire: what is told, and what is seen of it."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.deadlines import Deadline
from api.schemas.fields import KeptAsTold, NotShown, WireOut
from api.schemas.people import (
    Adult,
    AdultChange,
    AdultIn,
    Child,
    ChildChange,
    LinkedChildIn,
    TellsOfChildren,
)
from api.schemas.police_updates import PolicePart
from api.schemas.withdrawals import ContactWithdrawal
from service.domain import contacts
from service.domain.contacts import (
    AgreementState,
    Channel,
    ContactState,
    LawfulBasis,
    TellingWay,
    outcome_known_at,
    warnings_about,
    warnings_from_file,
)
from service.domain.deadlines import Rating
from service.domain.decisions import DecisionState, Outcome
from service.domain.errors import Invalid, Problem
from service.domain.information_requests import AnswerKind, InformationRequestState
from service.domain.kept_as_told import with_unread_aside
from service.domain.new_contacts import NewAdult, NewChild, NewContact
from service.domain.whole_contacts import WholeContact
from service.strict.fields import (
    LARGEST,
    Email,
    Flag,
    Id,
    Instant,
    Line,
    Text,
    Wire,
    what_cannot_be_read_is_kept,
    what_is_sent_is_changed,
)
from service.strict.numbers import Postcode
from service.usecases.amendments import ContactChanges

ContactId = Annotated[
    UUID, Path(description="The contact.", examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"])
]


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


class ContactCreate(ContactTold, TellsOfChildren):
    """A contact to be logged.

    The minimum is a concern, something that identifies a child, and a referrer.
    """

    children: Annotated[
        Annotated[list[LinkedChildIn], Field(min_length=1, max_length=20)],
        Field(
            description=(
                "The children: one or more. A worry about an adult alone is for adult social care."
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
    ]
    referrer: Annotated[
        ReferrerIn,
        Field(
            description="Who told. Needed, unless the source code is 9 (anonymous).",
            examples=[{"name": "Priya Shah", "role": "Designated safeguarding lead"}],
        ),
    ] = Field(default_factory=lambda: ReferrerIn())
    channel: Annotated[Channel, Field(description="How it arrived.", examples=["telephone"])]

    def told(self) -> NewContact:
        """As the use-case takes it."""
        return new_contact(self, self.referrer, channel=self.channel, source_code=self.source_code)


@what_is_sent_is_changed
class ContactAmend(ContactWords):
    """An amendment, before any decision. Only what is sent is changed."""

    reason: Annotated[
        Annotated[str, Text(2000, least=5)],
        Field(
            description="Why it is amended. Both the old and the new words are kept.",
            examples=["The school rang back with the date of birth."],
        ),
    ]
    channel: Annotated[
        Channel | None, Field(description="How it arrived.", examples=["telephone"])
    ] = None
    children: Annotated[
        Annotated[list[ChildChange], Field(max_length=20)] | None,
        Field(
            description="The children: one or more.",
            examples=[[{"id": "01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11", "sex": "F"}]],
        ),
    ] = None
    adults: Annotated[
        Annotated[list[AdultChange], Field(max_length=20)] | None,
        Field(
            description="The adults: parents above all, known by name or not.",
            examples=[[{"relationship": "father", "name_known": False}]],
        ),
    ] = None
    referrer: Annotated[
        Referrer | None,
        Field(
            description="Who told. Needed, unless the source code is 9 (anonymous).",
            examples=[{"name": "Priya Shah", "role": "Designated safeguarding lead"}],
        ),
    ] = None

    def told(self) -> ContactChanges:
        """As the use-case takes it."""
        return contact_changes(self)


class TriageIn(Wire):
    """A rating."""

    rating: Annotated[
        Rating, Field(description="How soon this must be decided.", examples=["amber"])
    ]
    rationale: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(
            description="Why. Needed for a change of rating.",
            examples=["School reports a second bruise."],
        ),
    ] = None


class AssignmentIn(Wire):
    """Who works the contact."""

    worker_id: Annotated[
        Id | None,
        Field(
            description=(
                "A worker from `GET /v1/workers`; null hands the contact "
                "back. To take it, send your own id."
            ),
            examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"],
        ),
    ]


class PoliceUpdateReading(Wire):
    """That what the police sent later was read."""

    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="What follows from it, in your own words.",
            examples=["He came back with a knife: rated red, and the youngest is added."],
        ),
    ]


class AcknowledgementIn(Wire):
    """That the referrer was told."""

    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="How they were told, and what.",
            examples=["Rang the school: received, will decide by tomorrow 16:00."],
        ),
    ]


class RemovalIn(Wire):
    """That a child does not belong to the contact."""

    because: Annotated[
        Annotated[str, Text(2000, least=5)],
        Field(
            description="Why the child is taken off. What was told of the child is kept.",
            examples=["The school meant another class: this boy is not of the family."],
        ),
    ]


class OutcomeToldIn(Wire):
    """That the referrer was told what came of the contact."""

    told_at: Annotated[Instant, Field(description="When they were told.")]
    how: Annotated[TellingWay, Field(description="How.", examples=["telephone"])]
    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="What they were told.",
            examples=["Rang the school: early help will call, and how to disagree."],
        ),
    ]


class OutcomeTold(WireOut):
    """One time that the referrer was told the outcome."""

    told_at: Annotated[Instant, Field(description="When they were told.")]
    how: Annotated[TellingWay, Field(description="How.", examples=["telephone"])]
    words: Annotated[
        str, Field(max_length=4000, description="What.", examples=["Early help will call."])
    ]
    recorded_at: Annotated[Instant, Field(description="When that was recorded.")]
    recorded_by: Annotated[
        UUID,
        Field(description="By whom.", examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"]),
    ]


class Warning(WireOut):
    """Something that is missing and would help."""

    pointer: Annotated[
        Annotated[str, Field(max_length=200)],
        Field(description="Where, as a JSON pointer.", examples=["/children/0/date_of_birth"]),
    ]
    message: Annotated[
        Annotated[str, Field(max_length=500)],
        Field(
            description="What to do.",
            examples=["Ask for the date of birth, or estimate it and say so."],
        ),
    ]
    code: Annotated[
        Annotated[str, Field(max_length=64)],
        Field(description="The kind, for programs.", examples=["date_of_birth_missing"]),
    ]


class RequestSummary(WireOut):
    """An agency that was asked."""

    id: Annotated[
        UUID,
        Field(
            description="The information request.",
            examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"],
        ),
    ]
    organisation_id: Annotated[
        Annotated[str, Field(max_length=64)],
        Field(description="The agency.", examples=["mill-lane-primary"]),
    ]
    state: Annotated[
        InformationRequestState,
        Field(description="asked, withdrawn or answered.", examples=["answered"]),
    ]
    answer: Annotated[
        AnswerKind | None,
        Field(
            description="The kind of answer; null while there is none.", examples=["information"]
        ),
    ]
    late: Annotated[
        bool | None, Field(description="Whether the answer came after its limit.", examples=[False])
    ]


class DecisionSummary(WireOut):
    """A decision for one child, in short."""

    id: Annotated[
        UUID, Field(description="The decision.", examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"])
    ]
    child_id: Annotated[
        UUID,
        Field(
            description="The child on this contact.",
            examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a12"],
        ),
    ]
    state: Annotated[
        DecisionState, Field(description="Where it stands.", examples=["awaiting_sign_off"])
    ]
    outcome: Annotated[Outcome, Field(description="What happens next.", examples=["early_help"])]
    level_of_need: Annotated[
        Annotated[int, Field(ge=1, le=4)],
        Field(description="1 universal, 2 additional, 3 targeted, 4 statutory.", examples=[3]),
    ]


class Contact(WireOut):
    """A contact with all that hangs on it."""

    id: Annotated[
        UUID, Field(description="The contact.", examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"])
    ]
    reference: Annotated[
        Annotated[str, Field(max_length=16)],
        Field(description="Human reference with a check character.", examples=["C-7K3MA-9TQ4R"]),
    ]
    state: Annotated[ContactState, Field(description="Where it stands.", examples=["received"])]
    version: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST)],
        Field(description="The version, as in the ETag.", examples=[1]),
    ]
    channel: Annotated[Channel, Field(description="How it arrived.", examples=["telephone"])]
    source_code: Annotated[
        Annotated[str, Field(max_length=4)],
        Field(description="Referral source code.", examples=["2A"]),
    ]
    concern: Annotated[
        Annotated[str, Field(max_length=20_000)],
        Field(
            description="What the worry is.",
            examples=["Amara came to school with a bruise on her cheek."],
        ),
    ]
    immediate_danger: Annotated[
        bool,
        Field(description="Whether a child was said to be in immediate danger.", examples=[False]),
    ]
    received_at: Annotated[
        Instant,
        Field(
            description="When it was received: every clock starts here.",
            examples=["2026-10-23T15:00:00Z"],
        ),
    ]
    logged_at: Annotated[
        Instant, Field(description="When it was written down.", examples=["2026-10-23T15:00:00Z"])
    ]
    logged_by: Annotated[
        UUID,
        Field(description="Who wrote it down.", examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"]),
    ]
    referrer: Annotated[
        Referrer,
        Field(
            description="Who told.",
            examples=[{"name": "Priya Shah", "role": "Designated safeguarding lead"}],
        ),
    ]
    agreement: Annotated[
        Agreement,
        Field(description="Agreement of the family to a service.", examples=[{"state": "given"}]),
    ]
    lawful_basis: Annotated[
        Basis, Field(description="Lawful basis for sharing.", examples=[{"basis": "public_task"}])
    ]
    address: Annotated[
        Annotated[str, Field(max_length=500)] | None,
        Field(description="Where the children live.", examples=["12 Weir Street"]),
    ]
    town: Annotated[
        Annotated[str, Field(max_length=100)] | None,
        Field(description="Town.", examples=["Riverbourne"]),
    ]
    postcode: Annotated[
        Annotated[str, Field(max_length=8)] | None,
        Field(description="Postcode.", examples=["ZZ99 3CZ"]),
    ]
    rating: Annotated[
        Rating | None,
        Field(description="How soon it must be decided; null until rated.", examples=["amber"]),
    ]
    rated_at: Annotated[
        Instant | None, Field(description="When rated last.", examples=["2026-10-23T15:00:00Z"])
    ]
    rated_by: Annotated[
        UUID | None,
        Field(description="Who rated it last.", examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"]),
    ]
    rating_rationale: Annotated[
        Annotated[str, Field(max_length=4000)] | None,
        Field(description="Why rated so.", examples=["School reports a second bruise."]),
    ]
    assignee_id: Annotated[
        UUID | None,
        Field(description="Who works it.", examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"]),
    ]
    assigned_at: Annotated[
        Instant | None, Field(description="Since when.", examples=["2026-10-23T15:00:00Z"])
    ]
    team_id: Annotated[
        Annotated[str, Field(max_length=64)],
        Field(description="The one accountable team.", examples=["mash"]),
    ]
    acknowledged_at: Annotated[
        Instant | None,
        Field(
            description="When the referrer was told that it arrived.",
            examples=["2026-10-23T15:00:00Z"],
        ),
    ]
    acknowledged_by: Annotated[
        UUID | None,
        Field(description="Who told them.", examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"]),
    ]
    acknowledgement: Annotated[
        Annotated[str, Field(max_length=4000)] | None,
        Field(description="How, and what they were told.", examples=["Rang the school."]),
    ]
    sender_organisation_id: Annotated[
        Annotated[str, Field(max_length=64)] | None,
        Field(
            description="The partner organisation whose system sent it.",
            examples=["riverbourne-police"],
        ),
    ]
    sender_reference: Annotated[
        Annotated[str, Field(max_length=100)] | None,
        Field(description="The sender's own reference.", examples=["POL-2026-00017"]),
    ]
    possible_duplicate_of: Annotated[
        UUID | None,
        Field(
            description="An open contact with the same content from the same sender.",
            examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a12"],
        ),
    ]
    decided_at: Annotated[
        Instant | None,
        Field(
            description="When every child on it was decided and signed off.",
            examples=["2026-10-23T15:00:00Z"],
        ),
    ]
    outcome_known_at: Annotated[
        Instant | None,
        Field(
            description=(
                "Since when the referrer knows the outcome: told last, or decided where a "
                "partner's system reads it; null until then."
            ),
            examples=["2026-10-23T15:00:00Z"],
        ),
    ]
    outcome_tellings: Annotated[
        Annotated[list[OutcomeTold], Field(max_length=1000)],
        Field(description="How the referrer was told the outcome, each time.", examples=[[]]),
    ]
    withdrawals: Annotated[
        Annotated[list[ContactWithdrawal], Field(max_length=1000)],
        Field(
            description="Each time that it was withdrawn without a decision, or restored.",
            examples=[[]],
        ),
    ]
    police_notification: Annotated[
        PolicePart | None,
        Field(description="What the police told, when it is a notification of theirs; else null."),
    ]
    children: Annotated[
        Annotated[list[Child], Field(max_length=100)],
        Field(description="The children.", examples=[[]]),
    ]
    adults: Annotated[
        Annotated[list[Adult], Field(max_length=100)],
        Field(description="The adults.", examples=[[]]),
    ]
    information_requests: Annotated[
        Annotated[list[RequestSummary], Field(max_length=1000)],
        Field(
            description="The agencies that were asked; for who may read information requests.",
            examples=[[]],
        ),
    ]
    decisions: Annotated[
        Annotated[list[DecisionSummary], Field(max_length=1000)],
        Field(
            description=(
                "The decisions, in the order in which they were drafted; all versions, of the "
                "children of whom you may know what was decided."
            ),
            examples=[[]],
        ),
    ]
    deadlines: Annotated[
        Annotated[list[Deadline], Field(max_length=1000)],
        Field(
            description="Every clock that runs or ran on what you may see, soonest due first.",
            examples=[[]],
        ),
    ]
    kept_as_told: KeptAsTold
    warnings: Annotated[
        Annotated[list[Warning], Field(max_length=200)],
        Field(description="What is missing or unclear; never a reason to wait.", examples=[[]]),
    ]
    not_shown: NotShown

    @classmethod
    def of(cls, whole: WholeContact) -> Self:
        """As it is seen by staff."""
        contact = whole.contact
        values = dict(zip(_OWN, _take_own(contact), strict=True))
        values |= {
            "referrer": Referrer.model_construct(
                name=contact.referrer_name,
                role=contact.referrer_role,
                agency=contact.referrer_agency,
                telephone=contact.referrer_telephone,
                email=contact.referrer_email,
            ),
            "agreement": Agreement.model_construct(
                state=contact.agreement, note=contact.agreement_note
            ),
            "lawful_basis": Basis.model_construct(
                basis=contact.lawful_basis, sharing_reason=contact.sharing_reason
            ),
            "decided_at": contact.every_child_decided_at,
            "outcome_known_at": outcome_known_at(contact),
            "outcome_tellings": [OutcomeTold.seen(one) for one in whole.tellings],
            "withdrawals": [ContactWithdrawal.of(one) for one in whole.withdrawals],
            "police_notification": PolicePart.of(whole),
            "children": [Child.seen(child) for child in whole.children],
            "adults": [Adult.seen(adult) for adult in whole.adults],
            "information_requests": [RequestSummary.seen(one) for one in whole.requests],
            "decisions": [DecisionSummary.seen(one) for one in whole.decisions],
            "deadlines": [Deadline.of(deadline) for deadline in whole.deadlines],
            "warnings": [
                Warning.seen(warning)
                for warning in (
                    *warnings_about(contact, whole.children, whole.adults),
                    *warnings_from_file(whole.children, whole.linked_otherwise),
                )
            ],
            "not_shown": list(whole.not_shown),
        }
        return cls.made_of({name: values[name] for name in cls.model_fields})


class ContactSummary(WireOut):
    """A contact in a list."""

    id: Annotated[
        UUID, Field(description="The contact.", examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"])
    ]
    reference: Annotated[
        Annotated[str, Field(max_length=16)],
        Field(description="Human reference.", examples=["C-7K3MA-9TQ4R"]),
    ]
    state: Annotated[ContactState, Field(description="Where it stands.", examples=["received"])]
    received_at: Annotated[
        Instant, Field(description="When it was received.", examples=["2026-10-23T15:00:00Z"])
    ]
    source_code: Annotated[
        Annotated[str, Field(max_length=4)],
        Field(description="Referral source code.", examples=["2A"]),
    ]
    channel: Annotated[Channel, Field(description="How it arrived.", examples=["telephone"])]
    rating: Annotated[
        Rating | None, Field(description="Rating; null until rated.", examples=["amber"])
    ]
    town: Annotated[
        Annotated[str, Field(max_length=100)] | None,
        Field(description="Town.", examples=["Riverbourne"]),
    ]
    assignee_id: Annotated[
        UUID | None,
        Field(description="Who works it.", examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"]),
    ]
    team_id: Annotated[
        Annotated[str, Field(max_length=64)],
        Field(description="The one accountable team.", examples=["mash"]),
    ]
    decided_at: Annotated[
        Instant | None,
        Field(description="When every child on it was decided.", examples=["2026-10-23T15:00:00Z"]),
    ]
    version: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST)], Field(description="The version.", examples=[1])
    ]

    @classmethod
    def of(cls, contact: contacts.Contact) -> Self:
        """As it is listed: a contact that was withdrawn was not decided."""
        values = {name: getattr(contact, name) for name in cls.model_fields}
        return cls.made_of({**values, "decided_at": contact.every_child_decided_at})


_OWN = tuple(
    name
    for name in Contact.model_fields
    if name
    not in (
        "referrer",
        "agreement",
        "lawful_basis",
        "decided_at",
        "outcome_known_at",
        "outcome_tellings",
        "withdrawals",
        "police_notification",
        "children",
        "adults",
        "information_requests",
        "decisions",
        "deadlines",
        "warnings",
        "not_shown",
    )
)


_take_own = attrgetter(*_OWN)


def new_contact(sent: Any, told_by: SenderPerson, **more: Any) -> NewContact:
    """A contact as told, for the use-case; `more` is what each way in says by itself."""
    facts = {name: getattr(sent, name) for name in _TOLD_AS_IT_IS}
    facts |= {f"referrer_{name}": value for name, value in dict(told_by).items()}
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


_NOT_EMPTIED = frozenset(
    {
        "concern",
        "source_code",
        "received_at",
        "immediate_danger",
        "channel",
        "birth_knowledge",
        "sex",
        "disability_codes",
        "relationship",
        "name_known",
        "parental_responsibility",
        "in_household",
    }
)


def _sent(part: Wire, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """What was sent of a part, leaving out a null for what cannot be empty."""
    return {
        name: getattr(part, name)
        for name in part.model_fields_set
        if name not in but and not (name in _NOT_EMPTIED and getattr(part, name) is None)
    }


def contact_changes(sent: ContactAmend) -> ContactChanges:
    """An amendment for the use-case: only what was sent."""
    groups = ("reason", "children", "adults", "referrer", "agreement", "lawful_basis")
    fields = _sent(sent, groups)
    renamed: Mapping[str, tuple[Wire | None, Mapping[str, str]]] = {
        "referrer": (
            sent.referrer,
            {name: f"referrer_{name}" for name in Referrer.model_fields},
        ),
        "agreement": (sent.agreement, {"state": "agreement", "note": "agreement_note"}),
        "lawful_basis": (
            sent.lawful_basis,
            {"basis": "lawful_basis", "sharing_reason": "sharing_reason"},
        ),
    }
    for part, names in renamed.values():
        if part is not None:
            fields |= {names[name]: getattr(part, name) for name in part.model_fields_set}
    children = [(f"/children/{n}", one) for n, one in enumerate(sent.children or [])]
    adults = [(f"/adults/{n}", one) for n, one in enumerate(sent.adults or [])]
    named = [(at, one.id) for at, one in children] + [(at, one.id) for at, one in adults]
    _refuse_named_twice(named)
    return ContactChanges(
        reason=sent.reason,
        fields=fields,
        children={one.id: _sent(one, ("id",)) for _, one in children if one.id is not None},
        new_children=[NewChild(**_sent(one, ("id",))) for _, one in children if one.id is None],
        adults={one.id: _sent(one, ("id",)) for _, one in adults if one.id is not None},
        new_adults=[NewAdult(**_sent(one, ("id",))) for _, one in adults if one.id is None],
        pointers={id_: at for at, id_ in named if id_ is not None},
        new_child_pointers=[at for at, one in children if one.id is None],
        new_adult_pointers=[at for at, one in adults if one.id is None],
    )


def _refuse_named_twice(named: Sequence[tuple[str, UUID | None]]) -> None:
    """Two changes to one child would leave it to chance which of them holds."""
    seen: set[UUID] = set()
    problems: list[Problem] = []
    for at, id_ in named:
        if id_ is not None and id_ in seen:
            problems.append(
                Problem(f"{at}/id", "Name each child and each adult once.", "named_twice")
            )
        elif id_ is not None:
            seen.add(id_)
    if problems:
        raise Invalid("A child or an adult is named twice.", problems=problems)
