"""Contacts: somebody tells the front door of a concern about one or more children."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID

from service.domain.contact_kinds import DECIDED_KINDS, ContactKind
from service.domain.dangers import DangerTold
from service.domain.deadlines import Rating
from service.domain.errors import Conflict, NotFound
from service.domain.fields import Id, PersonId, Reference, Version, personal, plain, sensitive
from service.domain.people import (
    AdultRelationship,
    BirthKnowledge,
    Sex,
    YesNo,
)
from service.domain.states import StateTable, WrongState


class Channel(StrEnum):
    """How the concern reached the front door. All of them end in the one queue."""

    telephone = "telephone"
    email = "email"
    portal = "portal"
    letter = "letter"
    in_person = "in_person"
    partner_system = "partner_system"


class AgreementState(StrEnum):
    """Whether the family agreed to a service. Never the lawful basis for sharing (rule 15)."""

    given = "given"
    refused = "refused"
    withdrawn = "withdrawn"
    not_sought = "not_sought"
    not_known = "not_known"


class LawfulBasis(StrEnum):
    """The lawful basis for sharing: UK GDPR article 6 (information sharing advice, DfE 2024)."""

    legal_obligation = "legal_obligation"
    public_task = "public_task"
    vital_interests = "vital_interests"
    legitimate_interests = "legitimate_interests"
    consent = "consent"


class ContactState(StrEnum):
    """Where a contact stands."""

    received = "received"
    in_triage = "in_triage"
    awaiting_information = "awaiting_information"
    awaiting_sign_off = "awaiting_sign_off"
    withdrawn = "withdrawn"
    attached = "attached"
    ended = "ended"
    decided = "decided"


class WithdrawalReason(StrEnum):
    """Why a contact is withdrawn before any decision on it is signed."""

    duplicate = "duplicate"
    in_error = "in_error"
    not_ours = "not_ours"
    attached = "attached"


class ContactAction(StrEnum):
    """What can be done to a contact."""

    amend = "amend"
    assign = "assign"
    triage = "triage"
    ask_agency = "ask_agency"
    last_answer_arrives = "last_answer_arrives"
    decide_a_child = "decide_a_child"
    decide_last_child = "decide_last_child"
    return_a_decision = "return_a_decision"
    withdraw_a_decision = "withdraw_a_decision"
    sign_a_decision = "sign_a_decision"
    sign_last_decision = "sign_last_decision"
    withdraw = "withdraw"
    restore = "restore"
    attach = "attach"
    detach = "detach"
    record_step = "record_step"
    end = "end"
    reclassify = "reclassify"


class ReferrerAction(StrEnum):
    """What the referrer of a contact can be told; it changes nothing for the children."""

    acknowledge_referrer = "acknowledge_referrer"
    tell_outcome = "tell_outcome"


def _contact_moves() -> dict[tuple[ContactState, ContactAction], ContactState]:
    state, action = ContactState, ContactAction
    moves: dict[tuple[ContactState, ContactAction], ContactState] = {}
    for here in (state.received, state.in_triage, state.awaiting_information):
        waiting = here is state.awaiting_information
        moves |= {
            (here, action.amend): here,
            (here, action.assign): here,
            (here, action.triage): here if waiting else state.in_triage,
            (here, action.ask_agency): state.awaiting_information,
            (here, action.decide_a_child): here,
            (here, action.decide_last_child): state.awaiting_sign_off,
            (here, action.return_a_decision): here,
            (here, action.withdraw_a_decision): here,
            (here, action.sign_a_decision): here,
            (here, action.withdraw): state.withdrawn,
            (here, action.attach): state.attached,
            (here, action.record_step): here,
            (here, action.end): state.ended,
            (here, action.reclassify): here,
        }
    moves[(state.awaiting_information, action.last_answer_arrives)] = state.in_triage
    moves |= {
        (state.awaiting_sign_off, action.assign): state.awaiting_sign_off,
        (state.awaiting_sign_off, action.triage): state.awaiting_sign_off,
        (state.awaiting_sign_off, action.decide_last_child): state.awaiting_sign_off,
        (state.awaiting_sign_off, action.return_a_decision): state.in_triage,
        (state.awaiting_sign_off, action.withdraw_a_decision): state.in_triage,
        (state.awaiting_sign_off, action.sign_a_decision): state.awaiting_sign_off,
        (state.awaiting_sign_off, action.sign_last_decision): state.decided,
        (state.awaiting_sign_off, action.record_step): state.awaiting_sign_off,
        (state.decided, action.record_step): state.decided,
        (state.withdrawn, action.restore): state.in_triage,
        (state.attached, action.detach): state.in_triage,
        (state.ended, action.reclassify): state.in_triage,
    }
    return moves


CONTACT = StateTable(
    noun="contact",
    start=ContactState.received,
    moves=_contact_moves(),
    final=frozenset(
        {
            ContactState.decided,
            ContactState.withdrawn,
            ContactState.attached,
            ContactState.ended,
        }
    ),
    # By an agency's answer, and by what is decided and signed for its children.
    by_itself=frozenset(
        {
            ContactAction.last_answer_arrives,
            ContactAction.decide_a_child,
            ContactAction.decide_last_child,
            ContactAction.return_a_decision,
            ContactAction.withdraw_a_decision,
            ContactAction.sign_a_decision,
            ContactAction.sign_last_decision,
        }
    ),
)


class ChildState(StrEnum):
    """Where one child on one contact stands: siblings may part ways."""

    undecided = "undecided"
    awaiting_sign_off = "awaiting_sign_off"
    decided = "decided"


class ChildAction(StrEnum):
    """What can be done to one child on one contact."""

    decide = "decide"
    return_decision = "return_decision"
    withdraw_decision = "withdraw_decision"
    sign_off = "sign_off"


CHILD = StateTable(
    noun="child on this contact",
    start=ChildState.undecided,
    moves={
        (ChildState.undecided, ChildAction.decide): ChildState.awaiting_sign_off,
        (ChildState.awaiting_sign_off, ChildAction.return_decision): ChildState.undecided,
        (ChildState.awaiting_sign_off, ChildAction.withdraw_decision): ChildState.undecided,
        (ChildState.awaiting_sign_off, ChildAction.sign_off): ChildState.decided,
    },
    final=frozenset({ChildState.decided}),
)


KeptAsTold: TypeAlias = Annotated[
    Mapping[str, str] | None, sensitive("What could not be read, by the name of the fact.")
]


@dataclass(frozen=True, slots=True)
class Child:
    """One child as this contact tells of them.

    `set_aside` names the numbers that somebody else on file bears: kept as told, and no part of
    whom the child is taken for.
    """

    id: Id
    contact_id: Annotated[UUID, plain("The contact.")]
    person_id: PersonId
    position: Annotated[int, plain("Order on the contact, from 0.")]
    state: Annotated[ChildState, plain("undecided, awaiting_sign_off, decided.")]
    given_name: Annotated[str | None, personal("Given names as told.")]
    family_name: Annotated[str | None, personal("Family name as told.")]
    description: Annotated[str | None, personal("What identifies a child whose name is not known.")]
    date_of_birth: Annotated[date | None, personal("Date of birth as told.")]
    birth_knowledge: Annotated[BirthKnowledge, plain("How the date of birth is known.")]
    expected_delivery_on: Annotated[date | None, personal("Expected date of delivery.")]
    sex: Annotated[Sex, personal("Sex code.")]
    nhs_number: Annotated[str | None, personal("NHS number as told.")]
    unique_pupil_number: Annotated[str | None, personal("Unique pupil number as told.")]
    ethnicity_code: Annotated[str | None, sensitive("Ethnicity code.")]
    disability_codes: Annotated[Sequence[str], sensitive("Disability codes.")]
    first_language: Annotated[str | None, personal("First language.")]
    school: Annotated[str | None, personal("School or setting.")]
    decided_at: Annotated[datetime | None, plain("When decided and signed off.")]
    set_aside: Annotated[
        Sequence[str], plain("Numbers, by their names, that somebody else on file bears.")
    ] = ()
    unanswered_matches: Annotated[int, plain("How many on file may be this child, unanswered.")] = 0
    kept_as_told: KeptAsTold = None
    nth_contact: Annotated[
        int,
        plain(
            "The how many-th contact about the child within the policy's months, as last looked."
        ),
    ] = 1


@dataclass(frozen=True, slots=True)
class Adult:
    """One adult as this contact tells of them. A father whose name is not known is still there."""

    id: Id
    contact_id: Annotated[UUID, plain("The contact.")]
    position: Annotated[int, plain("Order on the contact, from 0.")]
    relationship: Annotated[AdultRelationship, personal("Who they are to the children.")]
    name_known: Annotated[bool, plain("False for a father whose name nobody knows.")]
    given_name: Annotated[str | None, personal("Given names.")]
    family_name: Annotated[str | None, personal("Family name.")]
    date_of_birth: Annotated[date | None, personal("Date of birth.")]
    parental_responsibility: Annotated[YesNo, personal("yes, no, not_known.")]
    in_household: Annotated[YesNo, personal("yes, no, not_known.")]
    telephone: Annotated[str | None, personal("Telephone.")]
    note: Annotated[str | None, sensitive("Anything else.")]
    identity_key: Annotated[
        str | None,
        personal("Name and date of birth, normalised: the same wherever this adult stands."),
    ]
    kept_as_told: KeptAsTold = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact: what was said, by whom, when it was said, and who answers for it now.

    What could not be read of those on it is kept with each of them.
    """

    id: Id
    reference: Reference
    state: Annotated[ContactState, plain("State of the contact.")]
    channel: Annotated[Channel, plain("How it arrived.")]
    source_code: Annotated[str, plain("Referral source code of the children in need census.")]
    concern: Annotated[str, sensitive("What the worry is, in the words of who told.")]
    immediate_danger: Annotated[
        bool, sensitive("Whether a child was said to be in immediate danger.")
    ]
    received_at: Annotated[
        datetime, plain("When the sender says it happened: every clock starts here.")
    ]
    logged_at: Annotated[datetime, plain("When the row was written.")]
    logged_by: Annotated[UUID, plain("Account that logged it.")]
    referrer_name: Annotated[str | None, personal("Name of who told.")]
    referrer_role: Annotated[str | None, personal("Role of who told.")]
    referrer_agency: Annotated[str | None, plain("Agency of who told.")]
    referrer_telephone: Annotated[str | None, personal("Telephone of who told.")]
    referrer_email: Annotated[str | None, personal("E-mail of who told.")]
    agreement: Annotated[AgreementState, sensitive("Whether the family agreed to a service.")]
    agreement_note: Annotated[str | None, sensitive("What was said about agreement.")]
    lawful_basis: Annotated[
        LawfulBasis | None, plain("Lawful basis for sharing, UK GDPR article 6.")
    ]
    sharing_reason: Annotated[str | None, sensitive("Why shared without agreement.")]
    address: Annotated[str | None, personal("Where the children live.")]
    town: Annotated[str | None, personal("Town.")]
    postcode: Annotated[str | None, personal("Postcode.")]
    rating: Annotated[Rating | None, plain("Triage rating: red, amber, green.")]
    first_rated_at: Annotated[datetime | None, plain("When first rated.")]
    rated_at: Annotated[datetime | None, plain("When last rated.")]
    rated_by: Annotated[UUID | None, plain("Account that rated last.")]
    rating_rationale: Annotated[str | None, sensitive("Why rated so.")]
    assignee_id: Annotated[UUID | None, plain("Account that works it now.")]
    assigned_at: Annotated[datetime | None, plain("Since when.")]
    team_id: Annotated[str, plain("The one accountable team.")]
    acknowledged_at: Annotated[datetime | None, plain("When the referrer was told it arrived.")]
    acknowledged_by: Annotated[UUID | None, plain("Who told them.")]
    acknowledgement: Annotated[str | None, sensitive("How, and what they were told.")]
    sender_organisation_id: Annotated[str | None, plain("Organisation whose system sent it.")]
    sender_reference: Annotated[str | None, plain("The sender's own reference.")]
    possible_duplicate_of: Annotated[UUID | None, plain("An open contact with the same content.")]
    content_digest: Annotated[
        str | None,
        plain("Digest of what a partner sent, to recognise the same referral sent twice."),
    ]
    address_key: Annotated[
        str | None,
        personal("Postcode and address, normalised: the same for contacts from the same home."),
    ]
    decided_at: Annotated[
        datetime | None,
        plain("When every child on it was decided and signed off, or it was withdrawn or ended."),
    ]
    version: Version
    outcome_told_at: Annotated[
        datetime | None, plain("When the referrer was last told the outcome.")
    ] = None
    withdrawn_at: Annotated[datetime | None, plain("When it was withdrawn without a decision.")] = (
        None
    )
    withdrawn_as: Annotated[
        WithdrawalReason | None,
        plain("Why it is off the desk: duplicate, in_error, not_ours, attached."),
    ] = None
    repeats_id: Annotated[
        UUID | None, plain("The contact that it repeats or is attached to, while it is.")
    ] = None
    restored_at: Annotated[
        datetime | None, plain("When it was last restored to the desk after a withdrawal.")
    ] = None
    kept_as_told: KeptAsTold = None
    danger: Annotated[
        DangerTold | None,
        sensitive("The danger that made it red by itself: immediate_danger, police_high_risk."),
    ] = None
    kind: Annotated[ContactKind, plain("What it is: a concern, a check, a consultation ...")] = (
        ContactKind.concern
    )
    ended_as: Annotated[
        str | None, plain("How it ended, where its kind is not decided: a code of the policy.")
    ] = None
    reclassified_at: Annotated[
        datetime | None, plain("When it was last said to be of another kind.")
    ] = None

    attached_since: Annotated[
        datetime | None, plain("Since when other contacts are attached to it.")
    ] = None

    @property
    def every_child_decided_at(self) -> datetime | None:
        """When every child on it was decided and signed off; None where that is not so."""
        return None if self.ended_as is not None else self.outcome_at

    @property
    def ended_at(self) -> datetime | None:
        """When it came to the end of its own path; None where its children are decided instead."""
        return None if self.ended_as is None else self.decided_at

    @property
    def outcome_at(self) -> datetime | None:
        """When it was known what comes of it: decided for every child, or ended on its path."""
        return None if self.withdrawn_at is not None else self.decided_at

    @property
    def has_kind_acts(self) -> bool:
        """Whether something may be on record that was done to it as one of its kind."""
        return self.kind is not ContactKind.concern or self.reclassified_at is not None


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change of what was recorded, before any decision: old and new words, who, when, why."""

    id: Id
    contact_id: Annotated[UUID, plain("The contact.")]
    amended_at: Annotated[datetime, plain("When.")]
    amended_by: Annotated[UUID, plain("Who.")]
    reason: Annotated[str, sensitive("Why.")]
    before: Annotated[dict[str, object], sensitive("What it said.")]
    after: Annotated[dict[str, object], sensitive("What it says now.")]


# What moves a contact is done to a child on it, and asked for by that name.
_BY_A_CHILD = (
    ({ContactAction.decide_a_child, ContactAction.decide_last_child}, ChildAction.decide),
    ({ContactAction.sign_a_decision, ContactAction.sign_last_decision}, ChildAction.sign_off),
    ({ContactAction.return_a_decision}, ChildAction.return_decision),
    ({ContactAction.withdraw_a_decision}, ChildAction.withdraw_decision),
)


def allowed_on(contact: Contact) -> tuple[ContactAction | ChildAction | ReferrerAction, ...]:
    """What somebody can do with a contact now, or with a child on it.

    The referrer is told once that it arrived, and whoever did not say who they are cannot be told.
    """
    told: list[ReferrerAction] = []
    if contact.source_code != ANONYMOUS:
        if contact.acknowledged_at is None:
            told.append(ReferrerAction.acknowledge_referrer)
        if contact.state in (ContactState.decided, ContactState.attached, ContactState.ended):
            told.append(ReferrerAction.tell_outcome)
    children = [
        child
        for moves, child in _BY_A_CHILD
        if any((contact.state, move) in CONTACT.moves for move in moves)
    ]
    if contact.kind not in DECIDED_KINDS:
        children = []
    not_of_this_kind = _NOT_OF_A_CONCERN if contact.kind is ContactKind.concern else ()
    if contact.kind in DECIDED_KINDS:
        not_of_this_kind = (*not_of_this_kind, ContactAction.end)
    own = [one for one in CONTACT.allowed(contact.state) if one not in not_of_this_kind]
    return (*own, *children, *told)


_NOT_OF_A_CONCERN = (ContactAction.record_step,)


def state_after(contact: Contact, action: ContactAction) -> ContactState:
    """The state that an action takes a contact to. Raises WrongState with what is possible."""
    try:
        return CONTACT.after(contact.state, action)
    except WrongState as refusal:
        raise possible_now(contact, refusal.detail.partition(" Possible now: ")[0]) from None


def possible_now(contact: Contact, why_not: str) -> WrongState:
    """The refusal of what is not possible on a contact now, with what is."""
    allowed = allowed_on(contact)
    words = ", ".join(allowed) if allowed else "nothing more"
    return WrongState(f"{why_not} Possible now: {words}.", state=contact.state, allowed=allowed)


class ContactDecided(Conflict):
    """What a decision rests on is not changed afterwards."""

    code = "contact_already_decided"
    title = "A decision rests on this contact"


class ChildNotOnContact(NotFound):
    """The child is not on this contact."""

    code = "child_not_on_contact"
    title = "No such child on this contact"


def require_undecided(children: Sequence[Child]) -> None:
    """Raises ContactDecided once a decision about any of them waits or is signed."""
    states = {child.state for child in children}
    if ChildState.decided in states:
        state, why, *instead = (
            ChildState.decided,
            "is signed, and it rests on what is recorded here. Log what is new as a new contact.",
            "log_contact",
        )
    elif ChildState.awaiting_sign_off in states:
        state, why, *instead = (
            ChildState.awaiting_sign_off,
            "waits for sign-off, and it rests on what is recorded here. Withdraw the decision or "
            "have it returned first.",
            "return_to_decider",
            "withdraw",
        )
    else:
        return
    raise ContactDecided(
        f"A decision on this contact {why} Whom a child is on file is put right at any time: POST "
        "/v1/contacts/{contact_id}/children/{child_id}/match.",
        state=state,
        allowed=(*instead, "answer_possible_match"),
    )


ANONYMOUS = "9"
# The clock of telling the referrer that the contact arrived.
ACKNOWLEDGE_CLOCK = "acknowledge_referrer"
REPEAT_CONCERN = "repeat_concern"
"""The clock of a second concern about the same child from somebody else."""
SELF_REFERRALS = frozenset({"1A", "1B", "1C", "1D"})
