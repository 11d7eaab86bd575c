"""Flags: a passed or coming limit that somebody must see, acknowledge and clear."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from service.domain.errors import Conflict, NotAllowed
from service.domain.fields import Id, Version, plain, sensitive


class Severity(StrEnum):
    """A warning comes before the limit, a breach when it has passed.

    Danger waits for no limit: it is flagged as it is told, and goes up until somebody hears it.
    """

    warning = "warning"
    danger = "danger"
    breach = "breach"


WORST_FIRST = (Severity.danger, Severity.breach, Severity.warning)
"""Of several about one contact, which is shown with the others inside it."""


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
    passed_concern = "passed_concern"
    emergency_act = "emergency_act"


OF_SOCIAL_CARE = frozenset(
    {SubjectKind.referral, SubjectKind.strategy_meeting, SubjectKind.section_47_enquiry}
)
"""What only they may know of who may know of a referral, and so of the clocks that run on it."""


BY_DANGER, BY_ITS_LIMIT = 1, 2
"""Where a flag stands in the list: danger before all else, whatever its limit."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A breach, or a coming one: a fact with a life. It never changes the case."""

    id: Id
    deadline_id: Annotated[UUID, plain("The deadline behind it.")]
    kind: Annotated[str, plain("The timescale, by its name in the policy.")]
    severity: Annotated[Severity, plain("warning, danger or breach.")]
    rank: Annotated[int, plain("Where it stands in the list: 1 by danger, 2 by its limit alone.")]
    subject_kind: Annotated[SubjectKind, plain("What it is about.")]
    subject_id: Annotated[UUID, plain("Which one.")]
    contact_id: Annotated[UUID, plain("The contact behind it.")]
    owner_role: Annotated[str, plain("The role that must act.")]
    due_at: Annotated[datetime, plain("The limit.")]
    raised_at: Annotated[datetime, plain("When raised.")]
    policy_version: Annotated[str, plain("Version of the policy.")]
    acknowledged_at: Annotated[datetime | None, plain("When somebody took it on.")]
    acknowledged_by: Annotated[UUID | None, plain("Who.")]
    acknowledgement: Annotated[str | None, sensitive("What they will do.")]
    escalation_level: Annotated[int, plain("How often it was escalated.")]
    escalated_to: Annotated[str | None, plain("The role it was escalated to.")]
    escalated_at: Annotated[datetime | None, plain("When.")]
    escalate_at: Annotated[
        datetime | None, plain("When it will be escalated next, unless acknowledged.")
    ]
    cleared_at: Annotated[datetime | None, plain("When the fact cleared.")]
    cleared_because: Annotated[str | None, plain("What cleared it.")]
    version: Version

    @property
    def danger(self) -> bool:
        """Whether danger was told on its clock: a limit that passes takes nothing back of it."""
        return self.rank == BY_DANGER


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
    each: bool = False


@dataclass(frozen=True, slots=True)
class ShownFlag:
    """What a contact shows of its flags: the worst that stands, and the others inside it.

    What nobody has taken on is worse than what somebody has; then danger, grown late or not, a
    limit that has passed and one that is near; then the sooner limit.
    """

    flag: Flag
    inside: Sequence[Flag] = ()

    @property
    def place(self) -> tuple[int, datetime, UUID]:
        """Where it stands in a list: danger first, then the soonest limit."""
        return self.flag.rank, self.flag.due_at, self.flag.id


class FlagAcknowledged(Conflict):
    """Somebody has already taken this flag on."""

    code = "flag_already_acknowledged"
    title = "Already acknowledged"


@dataclass(frozen=True, slots=True)
class FlagRead:
    """A flag as somebody read it, who takes it on with others."""

    flag_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class NotTakenOn:
    """A flag that somebody could not take on with others, at its place, and why."""

    place: int
    flag_id: UUID
    code: str
    message: str


class FlagsNotTakenOn(Conflict):
    """Of several flags some cannot be taken on, so none was."""

    code = "flags_not_acknowledged"
    title = "Not all of these flags can be acknowledged"
