"""Multi-agency referrals on the wire: what a partner sends, its receipt, and what it may follow."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.contacts import Warning
from api.schemas.disagreements import Disagreement
from api.schemas.fields import WireOut
from api.schemas.new_contacts import ContactTold, SenderPersonIn, new_contact
from api.schemas.people import ChildIn, TellsOfChildren
from api.schemas.words import EXAMPLE_ID, a_reference, an_id
from service.domain.authority import ReceiptWords
from service.domain.contact_warnings import warnings_about
from service.domain.contacts import Channel
from service.domain.multi_agency_referrals import (
    Progress,
    PublicOutcome,
    SentReferral,
)
from service.domain.new_contacts import NewContact
from service.domain.whole_contacts import WholeContact
from service.strict.fields import Instant, Line
from service.usecases.disagreements import Disagreements

MultiAgencyReferralId = Annotated[
    UUID,
    Path(
        description="The multi-agency referral.",
        examples=[EXAMPLE_ID],
    ),
]
SenderReference = Annotated[str, Line(100)]


class MultiAgencyReferralCreate(ContactTold, TellsOfChildren):
    """A multi-agency referral as a partner's system sends it.

    The minimum is a concern, a source code of your own and something that identifies a child. The
    organisation is yours, from your token; the contact that it becomes is the front door's to keep.
    """

    sender_reference: Annotated[
        SenderReference | None,
        Field(
            description="Your own reference; the list can be searched by it. Not a person's name.",
            examples=["POL-2026-00017"],
        ),
    ] = None
    children: Annotated[
        Annotated[list[ChildIn], Field(min_length=1, max_length=20)],
        Field(
            description=(
                "The children: one or more. A worry about an adult alone is for adult social care. "
                "Of immediate danger `[{}]` is enough: nothing is known of the child yet."
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
        SenderPersonIn,
        Field(
            description="Who told, so that they can be told the outcome.",
            examples=[{"name": "Priya Shah", "role": "Designated safeguarding lead"}],
        ),
    ] = Field(default_factory=lambda: SenderPersonIn())

    def told(self) -> NewContact:
        """As the use-case takes it."""
        return new_contact(
            self,
            self.referrer,
            channel=Channel.partner_system,
            source_code=self.source_code,
            sender_reference=self.sender_reference,
        )


_DANGER = Annotated[
    str,
    Field(
        max_length=1000,
        description="What to do when a child is in immediate danger.",
        examples=["If a child is in immediate danger, do not wait for an answer: call 999 now."],
    ),
]
_QUESTIONS = Annotated[
    str,
    Field(
        max_length=1000,
        description="Whom to call to add to it or to ask about it.",
        examples=["Call the front door on 01632 960100 and give the reference."],
    ),
]
_DISAGREEMENT = Annotated[
    str,
    Field(
        max_length=1000,
        description="How to disagree with the outcome.",
        examples=["If you disagree with the outcome, tell the manager of the front door."],
    ),
]
_ID = Annotated[UUID, an_id("The multi-agency referral.")]
_REFERENCE = Annotated[
    str, a_reference("Human reference, to be read out over the telephone.", "C-7K3MA-9TQ4R")
]
_SENDER_REFERENCE = Annotated[
    Annotated[str, Field(max_length=100)] | None,
    Field(description="Your own reference.", examples=["POL-2026-00017"]),
]
_RECEIVED_AT = Annotated[
    Instant,
    Field(
        description="When it was received: every time limit counts from here.",
        examples=["2026-10-23T15:00:00Z"],
    ),
]
_PROGRESS = Annotated[
    Progress,
    Field(
        description=(
            "How far it has come. `decided`: every child is decided and work goes on; `closed`: "
            "every child is decided and nothing follows; `withdrawn`: the front door does not take "
            "this one further, because it repeats another, is another authority's or was sent in "
            "error. Ask if you think otherwise."
        ),
        examples=["in_triage"],
    ),
]
_DECISION_DUE_AT = Annotated[
    Instant | None,
    Field(
        description="By when a decision is expected.",
        examples=["2026-10-26T23:59:59Z"],
    ),
]
_DUPLICATE = Annotated[
    UUID | None,
    Field(
        description=(
            "An open multi-agency referral of your own organisation that says the same. Both are "
            "kept, and both are worked as one."
        ),
        examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a12"],
    ),
]
_WARNINGS = Annotated[
    Annotated[list[Warning], Field(max_length=200)],
    Field(description="What is missing and would help. It was taken all the same.", examples=[[]]),
]


class NextStep(WireOut):
    """Something that happens next, and by when."""

    what: Annotated[
        str,
        Field(
            max_length=300,
            description="What happens.",
            examples=["A decision is made for each child, and agreed by a manager."],
        ),
    ]
    due_at: Annotated[Instant, Field(description="By when.", examples=["2026-10-26T23:59:59Z"])]


_STEPS = {
    "acknowledge_referrer": "Somebody of the front door tells you that they have read it.",
    "statutory_decision": "A decision is made for each child, and agreed by a manager.",
}
_NEXT_STEPS = Annotated[
    Annotated[list[NextStep], Field(max_length=10)],
    Field(
        description="What happens next and by when, soonest first.",
        examples=[
            [
                {
                    "what": "A decision is made for each child, and agreed by a manager.",
                    "due_at": "2026-10-26T23:59:59Z",
                }
            ]
        ],
    ),
]


class MultiAgencyReferralReceipt(WireOut):
    """The receipt for a multi-agency referral: it is a contact at the front door from now on."""

    id: _ID
    reference: _REFERENCE
    sender_reference: _SENDER_REFERENCE
    progress: _PROGRESS
    received_at: _RECEIVED_AT
    logged_at: Annotated[
        Instant,
        Field(description="When it reached the front door.", examples=["2026-10-23T15:00:07Z"]),
    ]
    next_steps: _NEXT_STEPS
    decision_due_at: _DECISION_DUE_AT
    acknowledgement_due_at: Annotated[
        Instant | None,
        Field(
            description="By when somebody tells you that they have read it.",
            examples=["2026-10-26T23:59:59Z"],
        ),
    ]
    immediate_danger: _DANGER
    questions: _QUESTIONS
    possible_duplicate_of: _DUPLICATE
    warnings: _WARNINGS

    @classmethod
    def of(cls, whole: WholeContact, words: ReceiptWords) -> Self:
        """The receipt for a contact that was just taken from a partner."""
        contact = whole.contact
        due = {clock.kind: clock.due_at for clock in whole.deadlines}
        return cls(
            id=contact.id,
            reference=contact.reference,
            sender_reference=contact.sender_reference,
            progress=Progress.received,
            received_at=contact.received_at,
            logged_at=contact.logged_at,
            next_steps=_next_steps(whole),
            decision_due_at=due.get("statutory_decision"),
            acknowledgement_due_at=due.get("acknowledge_referrer"),
            immediate_danger=words.immediate_danger,
            questions=words.questions,
            possible_duplicate_of=contact.possible_duplicate_of,
            warnings=_warnings(whole),
        )


class MultiAgencyReferralCheck(WireOut):
    """What would come of a multi-agency referral, which was checked and not taken."""

    next_steps: _NEXT_STEPS
    decision_due_at: _DECISION_DUE_AT
    immediate_danger: _DANGER
    possible_duplicate_of: _DUPLICATE
    warnings: _WARNINGS

    @classmethod
    def of(cls, whole: WholeContact, words: ReceiptWords) -> Self:
        """What came of a rehearsal."""
        due = {clock.kind: clock.due_at for clock in whole.deadlines}
        return cls(
            next_steps=_next_steps(whole),
            decision_due_at=due.get("statutory_decision"),
            immediate_danger=words.immediate_danger,
            possible_duplicate_of=whole.contact.possible_duplicate_of,
            warnings=_warnings(whole),
        )


def _next_steps(whole: WholeContact) -> list[NextStep]:
    return [
        NextStep(what=_STEPS[clock.kind], due_at=clock.due_at)
        for clock in whole.deadlines
        if clock.kind in _STEPS
    ]


def _warnings(whole: WholeContact) -> list[Warning]:
    found = warnings_about(whole.contact, whole.children, whole.adults)
    return [Warning.of(one) for one in found]


class SentChild(WireOut):
    """A child of a multi-agency referral, and what was decided."""

    position: Annotated[
        int,
        Field(
            ge=0,
            le=100,
            description="The child's place in `children` as you sent it, from 0.",
            examples=[0],
        ),
    ]
    outcome: Annotated[
        PublicOutcome | None,
        Field(
            description="What was decided; null until a manager has agreed.",
            examples=["early_help"],
        ),
    ]
    outcome_in_words: Annotated[
        Annotated[str, Field(max_length=200)] | None,
        Field(
            description="The outcome as a sentence.",
            examples=["Early help will be offered to the family."],
        ),
    ]
    decided_at: Annotated[
        Instant | None,
        Field(description="When it was decided.", examples=["2026-10-26T11:20:00Z"]),
    ]


class MultiAgencyReferralSummary(WireOut):
    """A multi-agency referral in its sender's list."""

    id: _ID
    reference: _REFERENCE
    sender_reference: _SENDER_REFERENCE
    progress: _PROGRESS
    received_at: _RECEIVED_AT
    decided_at: Annotated[
        Instant | None,
        Field(description="When every child on it was decided.", examples=["2026-10-26T11:20:00Z"]),
    ]

    @classmethod
    def of(cls, sent: SentReferral) -> Self:
        """As its sender sees it."""
        contact = sent.contact
        return cls(
            id=contact.id,
            reference=contact.reference,
            sender_reference=contact.sender_reference,
            progress=sent.progress,
            received_at=contact.received_at,
            decided_at=sent.decided_at,
        )


_DISAGREEMENTS = Annotated[
    Annotated[list[Disagreement], Field(max_length=100)],
    Field(description="What you disagreed with, and what became of it.", examples=[[]]),
]


class DisagreementReceipt(WireOut):
    """What you disagree with on one multi-agency referral, child by child."""

    id: _ID
    disagreements: _DISAGREEMENTS

    @classmethod
    def of(cls, found: Disagreements) -> Self:
        """As its sender sees it."""
        return cls(
            id=found.referral_id,
            disagreements=[Disagreement.of(one) for one in found.disagreements],
        )


class MultiAgencyReferral(WireOut):
    """A multi-agency referral as its sender may follow it."""

    id: _ID
    reference: _REFERENCE
    sender_reference: _SENDER_REFERENCE
    progress: _PROGRESS
    received_at: _RECEIVED_AT
    logged_at: Annotated[
        Instant,
        Field(description="When it reached the front door.", examples=["2026-10-23T15:00:07Z"]),
    ]
    decision_due_at: _DECISION_DUE_AT
    acknowledgement_due_at: Annotated[
        Instant | None,
        Field(
            description="By when somebody tells you that they have read it.",
            examples=["2026-10-26T23:59:59Z"],
        ),
    ]
    acknowledged_at: Annotated[
        Instant | None,
        Field(
            description="When somebody told you that they had read it; null until then.",
            examples=["2026-10-23T16:10:00Z"],
        ),
    ]
    decided_at: Annotated[
        Instant | None,
        Field(
            description="When every child on it was decided; null until then.",
            examples=["2026-10-26T11:20:00Z"],
        ),
    ]
    children: Annotated[
        Annotated[list[SentChild], Field(max_length=20)],
        Field(
            description="The children whom you told of, and what was decided for each.",
            examples=[
                [
                    {
                        "position": 0,
                        "outcome": "early_help",
                        "outcome_in_words": "Early help will be offered to the family.",
                        "decided_at": "2026-10-26T11:20:00Z",
                    }
                ]
            ],
        ),
    ]
    immediate_danger: _DANGER
    disagreements: _DISAGREEMENTS
    questions: _QUESTIONS
    disagreement: _DISAGREEMENT

    @classmethod
    def of(cls, sent: SentReferral, words: ReceiptWords) -> Self:
        """As its sender sees it."""
        contact = sent.contact
        return cls(
            id=contact.id,
            reference=contact.reference,
            sender_reference=contact.sender_reference,
            progress=sent.progress,
            received_at=contact.received_at,
            logged_at=contact.logged_at,
            decision_due_at=sent.decision_due_at,
            acknowledgement_due_at=sent.acknowledgement_due_at,
            acknowledged_at=contact.acknowledged_at,
            decided_at=sent.decided_at,
            children=[SentChild.of(child) for child in sent.children],
            disagreements=[Disagreement.of(one) for one in sent.disagreements],
            immediate_danger=words.immediate_danger,
            questions=words.questions,
            disagreement=words.disagreement,
        )
