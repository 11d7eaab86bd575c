"""Contacts on the wire: what is told, and what is seen of it."""

from operator import attrgetter
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.attachments import AttachedContact, AttachedTo
from api.schemas.contact_kinds import ItsKind, KindAct
from api.schemas.deadlines import Deadline
from api.schemas.fields import KeptAsTold, NotShown, WireOut, made_of
from api.schemas.new_contacts import Agreement, Basis, Referrer
from api.schemas.people import (
    Adult,
    Child,
)
from api.schemas.police_updates import PolicePart
from api.schemas.withdrawals import ContactWithdrawal
from api.schemas.words import (
    EXAMPLE_ID,
    ArrivedBy,
    DoneBy,
    ETagVersion,
    ItsContactId,
    Version,
    an_id,
)
from service.domain import contacts
from service.domain.contact_warnings import warnings_about, warnings_from_file
from service.domain.contacts import ContactState
from service.domain.dangers import DangerTold
from service.domain.deadlines import Rating
from service.domain.decisions import DecisionState, Outcome
from service.domain.information_requests import AnswerKind, InformationRequestState
from service.domain.outcome_tellings import TellingWay
from service.domain.whole_contacts import WholeContact, outcome_known_at
from service.strict.fields import (
    Instant,
)

ContactId = Annotated[UUID, Path(description="The contact.", examples=[EXAMPLE_ID])]


class OutcomeTold(WireOut):
    """One time that the referrer was told the outcome."""

    told_at: Annotated[Instant, Field(description="When they were told.")]
    how: Annotated[TellingWay, Field(description="How.", examples=["telephone"])]
    words: Annotated[
        str, Field(max_length=4000, description="What.", examples=["Early help will call."])
    ]
    recorded_at: Annotated[Instant, Field(description="When that was recorded.")]
    recorded_by: DoneBy


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

    id: Annotated[UUID, an_id("The information request.")]
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

    id: Annotated[UUID, an_id("The decision.")]
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

    id: ItsContactId
    reference: Annotated[
        Annotated[str, Field(max_length=16)],
        Field(description="Human reference with a check character.", examples=["C-7K3MA-9TQ4R"]),
    ]
    kind: ItsKind
    state: Annotated[ContactState, Field(description="Where it stands.", examples=["received"])]
    version: ETagVersion
    channel: ArrivedBy
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
    logged_by: Annotated[UUID, an_id("Who wrote it down.")]
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
        Field(
            description="How soon it must be decided, from receipt; null until rated.",
            examples=["amber"],
        ),
    ]
    danger: Annotated[
        DangerTold | None,
        Field(
            description=(
                "The danger that was told, and made it red by itself; null where none was."
            ),
            examples=["immediate_danger"],
        ),
    ]
    rated_at: Annotated[
        Instant | None, Field(description="When rated last.", examples=["2026-10-23T15:00:00Z"])
    ]
    rated_by: Annotated[UUID | None, an_id("Who rated it last; null where danger made it red.")]
    rating_rationale: Annotated[
        Annotated[str, Field(max_length=4000)] | None,
        Field(description="Why rated so.", examples=["School reports a second bruise."]),
    ]
    assignee_id: Annotated[UUID | None, an_id("Who works it.")]
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
    acknowledged_by: Annotated[UUID | None, an_id("Who told them.")]
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
    ended_at: Annotated[
        Instant | None,
        Field(
            description="When it ended on the path of its kind; null where children are decided.",
            examples=[None],
        ),
    ]
    ended_as: Annotated[
        Annotated[str, Field(max_length=64)] | None,
        Field(description="How it ended, by the policy.", examples=[None]),
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
    attached_to: Annotated[
        AttachedTo | None,
        Field(
            description=(
                "The open contact of the same incident to which this one is attached: it is "
                "decided there. Null for any other."
            )
        ),
    ]
    attached: Annotated[
        Annotated[list[AttachedContact], Field(max_length=1000)],
        Field(
            description="What others told of the same incident: contacts attached to this one.",
            examples=[[]],
        ),
    ]
    kind_acts: Annotated[
        Annotated[list[KindAct], Field(max_length=1000)],
        Field(
            description=(
                "What was done to it as one of its kind, in order: steps, its end, and each time "
                "that it was said to be of another."
            ),
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
            "referrer": made_of(
                Referrer,
                {
                    "name": contact.referrer_name,
                    "role": contact.referrer_role,
                    "telephone": contact.referrer_telephone,
                    "email": contact.referrer_email,
                    "agency": contact.referrer_agency,
                },
            ),
            "agreement": made_of(
                Agreement, {"state": contact.agreement, "note": contact.agreement_note}
            ),
            "lawful_basis": made_of(
                Basis, {"basis": contact.lawful_basis, "sharing_reason": contact.sharing_reason}
            ),
            "decided_at": contact.every_child_decided_at,
            "outcome_known_at": outcome_known_at(contact, whole.attached_to),
            "outcome_tellings": [OutcomeTold.of(one) for one in whole.tellings],
            "kind_acts": [KindAct.of(one) for one in whole.kind_acts],
            "withdrawals": [ContactWithdrawal.of(one) for one in whole.withdrawals],
            "attached_to": None if whole.attached_to is None else AttachedTo.of(whole.attached_to),
            "attached": [AttachedContact.of(one) for one in whole.attached],
            "police_notification": None
            if whole.notification is None
            else PolicePart.of(whole.notification, whole),
            "children": [Child.of(child) for child in whole.children],
            "adults": [Adult.of(adult) for adult in whole.adults],
            "information_requests": [RequestSummary.of(one) for one in whole.requests],
            "decisions": [DecisionSummary.of(one) for one in whole.decisions],
            "deadlines": [Deadline.of(deadline) for deadline in whole.deadlines],
            "warnings": [
                Warning.of(warning)
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

    id: ItsContactId
    reference: Annotated[
        Annotated[str, Field(max_length=16)],
        Field(description="Human reference.", examples=["C-7K3MA-9TQ4R"]),
    ]
    kind: ItsKind
    state: Annotated[ContactState, Field(description="Where it stands.", examples=["received"])]
    received_at: Annotated[
        Instant, Field(description="When it was received.", examples=["2026-10-23T15:00:00Z"])
    ]
    source_code: Annotated[
        Annotated[str, Field(max_length=4)],
        Field(description="Referral source code.", examples=["2A"]),
    ]
    channel: ArrivedBy
    rating: Annotated[
        Rating | None, Field(description="Rating; null until rated.", examples=["amber"])
    ]
    town: Annotated[
        Annotated[str, Field(max_length=100)] | None,
        Field(description="Town.", examples=["Riverbourne"]),
    ]
    assignee_id: Annotated[UUID | None, an_id("Who works it.")]
    team_id: Annotated[
        Annotated[str, Field(max_length=64)],
        Field(description="The one accountable team.", examples=["mash"]),
    ]
    decided_at: Annotated[
        Instant | None,
        Field(description="When every child on it was decided.", examples=["2026-10-23T15:00:00Z"]),
    ]
    ended_as: Annotated[
        Annotated[str, Field(max_length=64)] | None,
        Field(description="How it ended, where its children are not decided.", examples=[None]),
    ]
    version: Version

    @classmethod
    def of(cls, contact: contacts.Contact) -> Self:
        """As it is listed: a contact that was withdrawn or ended was not decided."""
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
        "attached_to",
        "attached",
        "kind_acts",
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
