"""A contact with all that hangs on it, as it is read and shown; and what a list is narrowed by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from service.domain.concerns import ConcernAtReceipt
from service.domain.contact_kinds import TELLS_NO_WORRY, ContactKind, KindAct
from service.domain.contacts import (
    Adult,
    Child,
    Contact,
    ContactState,
    WithdrawalReason,
)
from service.domain.deadlines import Deadline, Rating
from service.domain.decisions import Decision
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.identities import Fact
from service.domain.information_requests import THE_ANSWER, Chaser, InformationRequest
from service.domain.measure_cases import CountedFilters
from service.domain.measures import Counted
from service.domain.outcome_tellings import OutcomeTelling
from service.domain.police_notifications import PoliceNotification
from service.domain.police_updates import PoliceUpdate
from service.domain.possible_matches import MatchOnFile
from service.domain.referrals import Referral
from service.domain.school_notices import SchoolNotice
from service.domain.withdrawals import Withdrawal

Case = TypeVar("Case", Referral, EarlyHelpEpisode)


@dataclass(frozen=True, slots=True)
class AttachedContact:
    """A contact that is attached to another one; when, by whom, and why it was attached."""

    contact: Contact
    at: datetime
    by: UUID
    words: str


@dataclass(frozen=True, slots=True)
class AttachedTo:
    """The contact to which one is attached, and since when everybody on it is decided."""

    contact_id: UUID
    reference: str
    state: ContactState
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class WholeContact:
    """A contact with all that hangs on it; as it is logged, also how often it was told before.

    And who on file may be its children, and which of them a worker linked to somebody of whom
    something else is told, by place. `not_shown` names what is left out, wholly or in part, because
    the reader may not see it.
    """

    contact: Contact
    children: Sequence[Child]
    adults: Sequence[Adult]
    requests: Sequence[InformationRequest]
    decisions: Sequence[Decision]
    deadlines: Sequence[Deadline]
    repeat_concern: ConcernAtReceipt | None = None
    notification: PoliceNotification | None = None
    police_updates: Sequence[PoliceUpdate] = ()
    school_notices: Sequence[SchoolNotice] = ()
    tellings: Sequence[OutcomeTelling] = ()
    withdrawals: Sequence[Withdrawal] = ()
    kind_acts: Sequence[KindAct] = ()
    not_shown: Sequence[str] = ()
    possible_matches: Sequence[MatchOnFile] = ()
    linked_otherwise: Sequence[tuple[int, Sequence[Fact]]] = ()
    attached_to: AttachedTo | None = None
    attached: Sequence[AttachedContact] = ()


def outcome_known_at(contact: Contact, attached_to: AttachedTo | None = None) -> datetime | None:
    """Since when the referrer knows the outcome, as far as is on record.

    A partner's system reads it from the moment when every child is decided: on the contact that it
    sent, or on the one to which that is attached.
    """
    if contact.outcome_told_at is None and contact.sender_organisation_id is not None:
        if attached_to is not None:
            return attached_to.decided_at
        return contact.outcome_at
    return contact.outcome_told_at


@dataclass(frozen=True, slots=True)
class WholeDecision:
    """A decision with the clock of its sign-off, and the referral or episode it led to."""

    decision: Decision
    deadlines: Sequence[Deadline]
    referral_id: UUID | None
    early_help_episode_id: UUID | None


@dataclass(frozen=True, slots=True)
class DecidedTogether:
    """What was drafted or answered in one act for children of a contact, and the contact then."""

    contact: Contact
    decisions: Sequence[WholeDecision]


@dataclass(frozen=True, slots=True)
class WholeRequest:
    """An information request with the children it is about, its clocks and its chasers."""

    request: InformationRequest
    children: Sequence[Child]
    deadlines: Sequence[Deadline]
    chasers: Sequence[Chaser] = ()


@dataclass(frozen=True, slots=True)
class AskedTogether:
    """The questions that were asked in one act on a contact, and the contact then."""

    contact: Contact
    requests: Sequence[WholeRequest]


def limit_of(clocks: Sequence[Deadline]) -> datetime | None:
    """By when the agency has to answer, from the clocks of a request."""
    return next((clock.due_at for clock in clocks if clock.kind == THE_ANSWER), None)


@dataclass(frozen=True, slots=True)
class DatedRequest:
    """An information request in a list, with its limit and how often the agency was chased."""

    request: InformationRequest
    due_at: datetime | None
    chasers: int = 0


@dataclass(frozen=True, slots=True)
class WholeCase(Generic[Case]):
    """A referral or an early help episode with the clocks that run or ran on it."""

    case: Case
    deadlines: Sequence[Deadline]


@dataclass(frozen=True, slots=True)
class DatedCase(Generic[Case]):
    """A referral or an early help episode in a list, with the limit that runs; None when none."""

    case: Case
    due_at: datetime | None


class RequestOrder(StrEnum):
    """The order of a list of information requests."""

    asked_at = "asked_at"
    due_at = "due_at"


@dataclass(frozen=True, slots=True)
class RequestFilters:
    """What a list of information requests can be narrowed by, and its order."""

    states: Sequence[str] = ()
    organisation_ids: Sequence[str] = ()
    sort: RequestOrder = RequestOrder.asked_at


@dataclass(frozen=True, slots=True)
class ContactFilters(CountedFilters):
    """What a list of contacts can be narrowed by; times are half-open: from, up to, not with."""

    counted: ClassVar[Counted] = Counted.contacts

    states: Sequence[str] = ()
    source_codes: Sequence[str] = ()
    ratings: Sequence[Rating] = ()
    reference: str | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    sender_organisation_id: str | None = None
    sender_reference: str | None = None
    kinds: Sequence[ContactKind] = ()


@dataclass(frozen=True, slots=True)
class CaseFilters(CountedFilters):
    """What a list of referrals or early help episodes can be narrowed by.

    What a measure counts are referrals: no figure is of episodes.
    """

    counted: ClassVar[Counted] = Counted.referrals

    states: Sequence[str] = ()
    team_ids: Sequence[str] = ()
    worker_id: UUID | None = None
    contact_id: UUID | None = None
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class EarlierContact:
    """One earlier contact of a child, and what was decided for that child; or that it is hidden."""

    contact_id: UUID
    reference: str
    received_at: datetime
    source_code: str
    outcome: str | None
    decided_at: datetime | None
    hidden: bool = False
    withdrawn_as: WithdrawalReason | None = None
    kind: ContactKind = ContactKind.concern

    @property
    def tells_of_the_child(self) -> bool:
        """Whether it adds to what is known of the child: no repetition, error or check does."""
        kept = self.withdrawn_as in (None, WithdrawalReason.not_ours)
        return kept and self.kind not in TELLS_NO_WORRY

    @property
    def not_shown(self) -> tuple[str, ...]:
        """What is kept from the reader of it."""
        return ("outcome", "decided_at") if self.hidden else ()


@dataclass(frozen=True, slots=True)
class EarlierCase:
    """A referral or an early help episode of a child, as far as its reader may know of it.

    `not_shown` names what is kept from them: what a side may know of the other's work without
    reading it is that there was a case, since when, with which team, and how it ended.
    """

    id: UUID
    person_id: UUID
    reference: str
    accepted_at: datetime
    team_id: str
    closed_at: datetime | None
    closure_code: str | None
    closure_reason: str | None
    not_shown: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class History:
    """What is on file for a child, other than on one contact; newest first."""

    contacts: Sequence[EarlierContact]
    referrals: Sequence[EarlierCase]
    episodes: Sequence[EarlierCase]

    def __bool__(self) -> bool:
        told = any(one.tells_of_the_child for one in self.contacts)
        return bool(told or self.referrals or self.episodes)


@dataclass(frozen=True, slots=True)
class ChildHistory:
    """A child on a contact with what is on file, and others on file who may be the same child.

    `not_shown` names what is left out, wholly or in part, because the reader may not see it.
    """

    child: Child
    history: History
    possible_matches: Sequence[MatchOnFile]
    not_shown: Sequence[str] = ()

    def less_than(self, record: "ChildHistory") -> list[str]:
        """The parts of which the record holds more than this."""
        mine, all_of_it = self._parts(), record._parts()
        return [name for name, ids in all_of_it.items() if not ids <= mine[name]]

    def _parts(self) -> dict[str, set[UUID]]:
        return {
            "contacts": {one.contact_id for one in self.history.contacts},
            "referrals": {one.id for one in self.history.referrals},
            "early_help_episodes": {one.id for one in self.history.episodes},
            "possible_matches": {one.person.id for one in self.possible_matches},
        }
