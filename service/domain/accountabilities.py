"""Accountability: for every open child exactly one case, and by it exactly one team (rule 9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from service.domain.errors import Conflict, NotAllowed
from service.domain.fields import plain


class CareService(StrEnum):
    """Who answers for a child: the front door until it has decided, then one of the two sides."""

    front_door = "front_door"
    early_help = "early_help"
    social_care = "social_care"


@dataclass(frozen=True, slots=True)
class Accountability:
    """The one case that answers for an open child; its team is the one accountable team.

    There is a row for each child with an open referral or early help episode, and for no other:
    the database refuses an open case without it, and it without an open case.
    """

    person_id: Annotated[UUID, plain("The child.")]
    referral_id: Annotated[UUID | None, plain("The referral that answers, when one does.")]
    early_help_episode_id: Annotated[UUID | None, plain("The episode that answers, when one does.")]
    since: Annotated[datetime, plain("Since when this case answers.")]

    @property
    def case_id(self) -> UUID:
        """The referral or early help episode that answers for the child."""
        found = self.referral_id or self.early_help_episode_id
        if found is None:
            raise ValueError("an accountability without a case")
        return found

    @property
    def service(self) -> CareService:
        """Which side answers for the child."""
        return CareService.social_care if self.referral_id else CareService.early_help


@dataclass(frozen=True, slots=True)
class OpenCase:
    """The referral or early help episode that answers for a child now."""

    service: CareService
    case_id: UUID
    reference: str
    team_id: str
    worker_id: UUID | None


@dataclass(frozen=True, slots=True)
class AccountableTeam:
    """One open child, with the one team and, when allocated, the one worker who answer for it.

    `worker_suspended`: the worker's access is suspended, so that they can do nothing for the child.
    """

    person_id: UUID
    service: CareService
    contact_id: UUID
    child_id: UUID
    case_id: UUID | None
    reference: str
    team_id: str
    worker_id: UUID | None
    worker_name: str | None
    since: datetime
    worker_suspended: bool


@dataclass(frozen=True, slots=True)
class AccountabilityFilters:
    """What the list of accountability can be narrowed by."""

    service: CareService | None = None
    team_ids: Sequence[str] = ()
    worker_id: UUID | None = None
    unallocated: bool = False
    worker_suspended: bool = False
    person_id: UUID | None = None


class WhyNobody(StrEnum):
    """Why no team answers for an open child: none of these should ever be."""

    nobody_answers = "nobody_answers"
    case_not_open = "case_not_open"
    case_of_another_child = "case_of_another_child"
    team_unknown = "team_unknown"


@dataclass(frozen=True, slots=True)
class ChildWithoutTeam:
    """An open child for whom no team answers, and why: by the contact or the case that shows it.

    `subject_id` is the case, or for the front door the contact.
    """

    person_id: UUID
    subject_id: UUID
    service: CareService
    why: WhyNobody
    contact_id: UUID | None
    reference: str | None
    team_id: str | None


@dataclass(frozen=True, slots=True)
class Whose:
    """On whose side a child is: who holds a case of the child, else who waits, else who held one.

    While a step-down is under way both sides may hold one.
    """

    open_to: frozenset[CareService]
    undecided: bool
    was_with: frozenset[CareService]

    @property
    def sides(self) -> frozenset[CareService]:
        """Those who may act on the child beside the front door."""
        if self.open_to:
            return self.open_to
        return frozenset({CareService.front_door}) if self.undecided else self.was_with


class AnotherSidesChild(NotAllowed):
    """Who acts on a child is on that child's side: seeing the child is not enough."""

    code = "child_of_another_side"
    title = "Somebody else answers for this child"


def require_side(acts_for: frozenset[CareService], whose: Whose) -> None:
    """Raises AnotherSidesChild unless somebody who acts for these sides may act on the child.

    The front door may: news of any child reaches it.
    """
    if CareService.front_door in acts_for or acts_for & whose.sides:
        return
    raise AnotherSidesChild(
        "Your side does not answer for this child, so nothing was recorded. Tell who does, or the "
        "front door, what you know: they record it."
    )


class OpenToSocialCare(Conflict):
    """The child is open to social care: early help takes over by a step-down, not by a decision."""

    code = "child_open_to_social_care"
    title = "Open to children's social care"


class ChildMovedOn(Conflict):
    """The child has moved between early help and social care since this decision was signed."""

    code = "child_moved_on"
    title = "The child has moved on since"
