"""Ratings, and danger: what makes a contact red by itself, and who may say that it is less."""

from enum import StrEnum
from typing import Final

from service.domain.deadlines import Rating
from service.domain.errors import Conflict, Invalid, NotAllowed

RATED_CLOCK: Final = "rated"
"""The clock of a contact that waits for its rating."""

RATING_CLOCK: Final = "triage"
"""The clock of a contact that is rated: it counts from receipt, whenever the rating was given."""

RATING_IN_DANGER: Final = Rating.red

# The more urgent, the smaller: which way a change of rating goes.
URGENCY: Final = {Rating.red: 0, Rating.amber: 1, Rating.green: 2}


class DangerTold(StrEnum):
    """What was told that lets nobody wait: a child in danger now, or the police's high risk."""

    immediate_danger = "immediate_danger"
    police_high_risk = "police_high_risk"


def danger_in(*, immediate: bool, high_risk: bool) -> DangerTold | None:
    """The danger that is told; of two the nearer one."""
    if immediate:
        return DangerTold.immediate_danger
    return DangerTold.police_high_risk if high_risk else None


class RatingUnchanged(Conflict):
    """The contact already has this rating."""

    code = "rating_unchanged"
    title = "Already rated so"


class RationaleNeeded(Invalid):
    """A change of mind says why."""

    code = "rationale_needed"
    title = "Say why"


class DangerRatedDown(NotAllowed):
    """A worker would let a contact wait of which danger was told."""

    code = "danger_needs_a_manager"
    title = "A manager rates this down"


class ChildInDanger(NotAllowed):
    """A worker would take a child off a contact of which danger was told."""

    code = "child_in_danger_needs_a_manager"
    title = "A manager takes this child off"


class DangerReasonNeeded(Invalid):
    """Danger is rated down in words that say why it is none."""

    code = "danger_reason_needed"
    title = "Say why it is not dangerous"
