"""Events: what happened; one row is audit line, chronology entry and message at once."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class EventType(StrEnum):
    """Everything that can happen at this front door; `noun.happened` everywhere."""

    contact_received = "contact.received"
    contact_amended = "contact.amended"
    contact_triaged = "contact.triaged"
    contact_assigned = "contact.assigned"
    contact_handed_back = "contact.handed_back"
    contact_acknowledged = "contact.acknowledged"
    information_requested = "information.requested"
    information_answered = "information.answered"
    decision_drafted = "decision.drafted"
    decision_returned = "decision.returned"
    decision_signed = "decision.signed"
    referral_allocated = "referral.allocated"
    referral_closed = "referral.closed"
    early_help_episode_allocated = "early_help_episode.allocated"
    early_help_episode_closed = "early_help_episode.closed"
    transfer_requested = "transfer.requested"
    transfer_opened = "transfer.opened"
    transfer_accepted = "transfer.accepted"
    transfer_refused = "transfer.refused"
    transfer_refusal_agreed = "transfer.refusal_agreed"
    transfer_refusal_challenged = "transfer.refusal_challenged"
    transfer_family_agreement_recorded = "transfer.family_agreement_recorded"
    transfer_returned = "transfer.returned"
    transfer_return_decided = "transfer.return_decided"
    transfer_first_visit_recorded = "transfer.first_visit_recorded"
    transfer_completed = "transfer.completed"
    transfer_withdrawn = "transfer.withdrawn"
    transfers_exported = "transfers.exported"
    challenge_raised = "challenge.raised"
    challenge_answered = "challenge.answered"
    challenge_escalated = "challenge.escalated"
    challenge_accepted = "challenge.accepted"
    challenge_withdrawn = "challenge.withdrawn"
    challenge_lapsed = "challenge.lapsed"
    flag_raised = "flag.raised"
    flag_escalated = "flag.escalated"
    flag_acknowledged = "flag.acknowledged"
    flag_cleared = "flag.cleared"
    access_suspended = "access.suspended"
    access_restored = "access.restored"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `data` holds ids, codes and times: never a name or a narrative."""

    id: UUID
    type: EventType
    at: datetime
    account_id: UUID | None
    organisation_id: str | None
    request_id: str | None
    subject_id: UUID
    contact_id: UUID | None
    person_id: UUID | None
    data: dict[str, object]
