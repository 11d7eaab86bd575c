"""Flags: a passed or coming limit that somebody must see, acknowledge and clear."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.domain.errors import Conflict, NotAllowed


class Severity(StrEnum):
    """A warning comes before the limit, a breach when it has passed."""

    warning = "warning"
    breach = "breach"


class SubjectKind(StrEnum):
    """What a deadline runs on."""

    contact = "contact"
    decision = "decision"
    information_request = "information_request"
    referral = "referral"
    early_help_episode = "early_help_episode"
    transfer = "transfer"
    challenge = "challenge"
    strategy_meeting = "strategy_meeting"
    section_47_enquiry = "section_47_enquiry"
    missing_episode = "missing_episode"


OF_SOCIAL_CARE = frozenset(
    {SubjectKind.referral, SubjectKind.strategy_meeting, SubjectKind.section_47_enquiry}
)
"""What only they may know of who may know of a referral, and so of the clocks that run on it."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A breach, or a coming one: a fact with a life. It never changes the case."""

    id: UUID
    deadline_id: UUID
    kind: str
    severity: Severity
    subject_kind: SubjectKind
    subject_id: UUID
    contact_id: UUID
    owner_role: str
    due_at: datetime
    raised_at: datetime
    policy_version: str
    acknowledged_at: datetime | None
    acknowledged_by: UUID | None
    acknowledgement: str | None
    escalation_level: int
    escalated_to: str | None
    escalated_at: datetime | None
    escalate_at: datetime | None
    cleared_at: datetime | None
    cleared_because: str | None
    version: int


class FlagNotYours(NotAllowed):
    """A flag is taken on by its owner, by whom it escalated to, or by those above them."""

    code = "flag_not_yours"
    title = "This flag is somebody else's"


class FlagState(StrEnum):
    """Where a flag stands, as a refusal names it."""

    acknowledged = "acknowledged"
    cleared = "cleared"


class FlagCleared(Conflict):
    """The fact behind the flag has gone."""

    code = "flag_cleared"
    title = "The flag has cleared"


@dataclass(frozen=True, slots=True)
class FlagFilters:
    """What the list of flags can be narrowed by."""

    severities: Sequence[Severity] = ()
    kinds: Sequence[str] = ()
    owner_roles: Sequence[str] = ()
    acknowledged: bool | None = None
    escalated: bool | None = None
    contact_id: UUID | None = None


class FlagAcknowledged(Conflict):
    """Somebody has already taken this flag on."""

    code = "flag_already_acknowledged"
    title = "Already acknowledged"
