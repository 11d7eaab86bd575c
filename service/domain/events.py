"""Events: what happened; one row is audit line, chronology entry and message at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum, auto
from typing import Annotated, Any, Final, Protocol, TypeAlias
from uuid import UUID

from service.domain.fields import Id, plain


class EventType(StrEnum):
    """Everything that can happen at this front door; `noun.happened` everywhere."""

    contact_received = "contact.received"
    contact_amended = "contact.amended"
    contact_child_moved = "contact.child_moved"
    contact_child_removed = "contact.child_removed"
    contact_withdrawn = "contact.withdrawn"
    contact_restored = "contact.restored"
    contact_attached = "contact.attached"
    contact_detached = "contact.detached"
    contact_match_answered = "contact.match_answered"
    contact_triaged = "contact.triaged"
    contact_assigned = "contact.assigned"
    contact_handed_back = "contact.handed_back"
    contact_acknowledged = "contact.acknowledged"
    contact_step_recorded = "contact.step_recorded"
    contact_ended = "contact.ended"
    contact_reclassified = "contact.reclassified"
    contact_outcome_told = "contact.outcome_told"
    contact_schools_told = "contact.schools_told"
    contact_taken_over = "contact.taken_over"
    information_requested = "information.requested"
    information_answered = "information.answered"
    decision_drafted = "decision.drafted"
    decision_returned = "decision.returned"
    decision_signed = "decision.signed"
    decision_withdrawn = "decision.withdrawn"
    emergency_act_done = "emergency_act.done"
    emergency_act_signed_off = "emergency_act.signed_off"
    emergency_act_sent_back = "emergency_act.sent_back"
    decision_whole_read = "decision.whole_read"
    referral_allocated = "referral.allocated"
    referral_closed = "referral.closed"
    referral_taken_over = "referral.taken_over"
    early_help_episode_allocated = "early_help_episode.allocated"
    early_help_episode_closed = "early_help_episode.closed"
    early_help_episode_taken_over = "early_help_episode.taken_over"
    early_help_agreement_recorded = "early_help_episode.family_agreement_recorded"
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
    transfer_strategy_discussion_recorded = "transfer.strategy_discussion_recorded"
    transfer_completed = "transfer.completed"
    transfer_withdrawn = "transfer.withdrawn"
    transfer_redirected = "transfer.redirected"
    transfers_exported = "transfers.exported"
    challenge_raised = "challenge.raised"
    challenge_answered = "challenge.answered"
    challenge_escalated = "challenge.escalated"
    challenge_accepted = "challenge.accepted"
    challenge_withdrawn = "challenge.withdrawn"
    challenge_lapsed = "challenge.lapsed"
    information_request_chased = "information_request.chased"
    information_request_withdrawn = "information_request.withdrawn"
    information_request_read = "information_request.read"
    strategy_meeting_called = "strategy_meeting.called"
    strategy_meeting_invited = "strategy_meeting.invited"
    strategy_meeting_rearranged = "strategy_meeting.rearranged"
    strategy_meeting_held = "strategy_meeting.held"
    strategy_meeting_attendance_corrected = "strategy_meeting.attendance_corrected"
    strategy_meeting_concluded = "strategy_meeting.concluded"
    strategy_meeting_minutes_circulated = "strategy_meeting.minutes_circulated"
    strategy_meeting_cancelled = "strategy_meeting.cancelled"
    section_47_enquiry_child_seen = "section_47_enquiry.child_seen"
    section_47_enquiry_child_not_seen = "section_47_enquiry.child_not_seen"
    section_47_enquiry_outcome_recorded = "section_47_enquiry.outcome_recorded"
    section_47_enquiry_conference_held = "section_47_enquiry.conference_held"
    section_47_enquiry_no_conference_proposed = "section_47_enquiry.no_conference_proposed"
    section_47_enquiry_no_conference_agreed = "section_47_enquiry.no_conference_agreed"
    section_47_enquiry_no_conference_returned = "section_47_enquiry.no_conference_returned"
    section_47_enquiry_start_put_right = "section_47_enquiry.start_put_right"
    assessment_begun = "assessment.begun"
    assessment_completed = "assessment.completed"
    assessment_authorised = "assessment.authorised"
    assessment_returned = "assessment.returned"
    multi_agency_referral_checked = "multi_agency_referral.checked"
    police_notification_updated = "police_notification.updated"
    police_notification_withdrawn = "police_notification.withdrawn"
    police_notification_update_read = "police_notification.update_read"
    police_notifications_imported = "police_notifications.imported"
    police_notifications_refused = "police_notifications.refused"
    daily_meeting_item_carried_over = "daily_meeting.item_carried_over"
    daily_meeting_concluded = "daily_meeting.concluded"
    missing_episode_recorded = "missing_episode.recorded"
    missing_episode_returned = "missing_episode.returned"
    missing_episode_interview_recorded = "missing_episode.interview_recorded"
    passed_concern_answered = "passed_concern.answered"
    person_expected_delivery_changed = "person.expected_delivery_changed"
    person_born = "person.born"
    person_pregnancy_ended = "person.pregnancy_ended"
    flag_raised = "flag.raised"
    flag_escalated = "flag.escalated"
    flag_acknowledged = "flag.acknowledged"
    flag_cleared = "flag.cleared"
    access_suspended = "access.suspended"
    access_restored = "access.restored"

    @property
    def noun(self) -> str:
        """What it happened to."""
        return self.value.partition(".")[0]


class Whom(Enum):
    """Whom an event concerns, where its persons are not named one by one."""

    every_child_on_the_contact = auto()
    nobody = auto()


About: TypeAlias = Iterable[UUID] | Whom
"""Whom an event concerns: these children on file, or one of the answers of `Whom`."""


CONCERNS_NOBODY: Final = frozenset(
    {
        # An account, a client system or an organisation, and no child.
        EventType.access_suspended,
        EventType.access_restored,
        # A list that is taken out, and a referral that is only checked: nothing happens to a child.
        EventType.transfers_exported,
        EventType.multi_agency_referral_checked,
        # The file itself: each notification in it is an event of its own, about its children.
        EventType.police_notifications_imported,
        EventType.police_notifications_refused,
    }
)
"""The kinds that are about nobody. Every other kind says whom it concerns, each time."""


class ConcernsUnclear(ValueError):
    """An event says that it concerns nobody though its kind does, or the other way round."""


def people_named(
    type_: EventType, about: About, contact_id: UUID | None
) -> tuple[UUID, ...] | None:
    """The children whom an event concerns, each once; None: every child on its contact.

    Raises ConcernsUnclear: a kind that concerns somebody cannot happen without saying whom.
    """
    if isinstance(about, Whom):
        nobody = about is Whom.nobody
        if nobody != (type_ in CONCERNS_NOBODY):
            raise ConcernsUnclear(f"{type_} has to say whom it concerns, or stand among the kinds")
        if not nobody and contact_id is None:
            raise ConcernsUnclear(f"{type_} concerns the children on a contact, and names none")
        return () if nobody else None
    if type_ in CONCERNS_NOBODY:
        raise ConcernsUnclear(f"{type_} stands among the kinds that concern nobody")
    return tuple(dict.fromkeys(about))


def of_each(noun: str, lines: Sequence[Mapping[str, object]]) -> Mapping[str, Any]:
    """What an event says of several things done in one act: a list; of one alone, as it is."""
    return lines[0] if len(lines) == 1 else {noun: list(lines)}


class Doer(Protocol):
    """Who did something: an account, and the organisation for which it acts."""

    @property
    def account_id(self) -> UUID:
        """The account."""
        ...

    @property
    def organisation_id(self) -> str | None:
        """The organisation, where it is known."""
        ...


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `data` holds ids, codes and times: never a name or a narrative.

    `people` are the children whom it concerns. None says to the database, as it is written: every
    child who is on the contact at that moment. Read, None is what a release before this one wrote.
    `person_id` is the one child, where it is about one alone.
    """

    id: Id
    type: Annotated[EventType, plain("noun.happened.")]
    at: Annotated[datetime, plain("When.")]
    account_id: Annotated[UUID | None, plain("Who; empty for a job.")]
    organisation_id: Annotated[str | None, plain("On whose behalf.")]
    request_id: Annotated[str | None, plain("The request it came with.")]
    subject_id: Annotated[UUID, plain("What it happened to.")]
    contact_id: Annotated[UUID | None, plain("The contact behind it.")]
    person_id: Annotated[UUID | None, plain("The child, where it is about one alone.")]
    data: Annotated[dict[str, object], plain("Ids, codes and times; never a name or a narrative.")]
    people: Annotated[
        Sequence[UUID] | None,
        plain("The children whom it concerns; empty when written by a release before 0.4.0."),
    ]


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where a reader of events stands: at a position, and which event it found there.

    The event tells a record that was restored from a backup from the one that was read before.
    """

    position: int
    event_id: UUID


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event with whom it concerns and its position; None while it has none yet."""

    event: Event
    position: int | None
    people: Sequence[UUID]

    @property
    def bookmark(self) -> Bookmark | None:
        """Where a reader stands who has read this one and all before it."""
        return None if self.position is None else Bookmark(self.position, self.event.id)
