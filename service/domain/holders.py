"""Holders: who may be given which work, so that none is with somebody who cannot open it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from service.domain.access import DUTIES, Permission, Role
from service.domain.accounts import Account, Worker
from service.domain.errors import Invalid, Problem


class HeldWork(StrEnum):
    """What is given to one worker."""

    contact = "contact"
    referral = "referral"
    early_help_episode = "early_help_episode"


HOLDERS: Mapping[HeldWork, frozenset[Role]] = MappingProxyType(
    {
        HeldWork.contact: frozenset({Role.mash_worker, Role.mash_manager}),
        HeldWork.referral: frozenset({Role.assessment_team_worker, Role.assessment_team_manager}),
        HeldWork.early_help_episode: frozenset(
            {Role.early_help_worker, Role.early_help_spoc_manager}
        ),
    }
)
"""Which roles may hold which work: one of them is enough."""

READS: Mapping[HeldWork, Permission] = MappingProxyType(
    {
        HeldWork.contact: Permission.read_contacts,
        HeldWork.referral: Permission.read_referrals,
        HeldWork.early_help_episode: Permission.read_early_help_episodes,
    }
)
"""What whoever holds it must be able to read."""


@dataclass(frozen=True, slots=True)
class WorkerFilters:
    """What the list of workers can be narrowed by; `may_hold`: to whom it can be given now."""

    team_id: str | None = None
    may_hold: HeldWork | None = None
    suspended: bool | None = None


class WorkerUnknown(Invalid):
    """Nobody of this id has ever signed in, or they are no member of staff."""

    code: ClassVar[str] = "worker_unknown"
    title: ClassVar[str] = "No such worker"


class WorkerSuspended(Invalid):
    """The worker's access is suspended, so nothing can be given to them."""

    code: ClassVar[str] = "worker_suspended"
    title: ClassVar[str] = "This worker has no access"


class WorkerMayNotHold(Invalid):
    """The worker's role does not hold this kind of work: they could not even open it."""

    code: ClassVar[str] = "worker_may_not_hold"
    title: ClassVar[str] = "This worker does not hold such work"


class WorkerRolesUnknown(Invalid):
    """The worker has not signed in since roles are kept, so nobody knows what they may hold."""

    code: ClassVar[str] = "worker_roles_unknown"
    title: ClassVar[str] = "This worker has to sign in first"


REFUSALS = (WorkerMayNotHold, WorkerRolesUnknown, WorkerSuspended, WorkerUnknown)
"""Everything that keeps a worker from being given work."""


def holder(worker: Worker | None, work: HeldWork, pointer: str) -> Account:
    """The account of a worker who may hold such work.

    Raises WorkerUnknown, WorkerSuspended, WorkerRolesUnknown or WorkerMayNotHold, pointing at what
    named them.
    """
    refusal = why_not(worker, work, pointer)
    if worker is None or refusal is not None:
        raise refusal or _unknown(pointer)
    return worker.account


def _unknown(pointer: str) -> WorkerUnknown:
    return WorkerUnknown(
        "No worker has this id. GET /v1/workers lists everybody who has signed in.",
        problems=[_problem(pointer, "Use the id of a worker from GET /v1/workers.", "unknown")],
    )


def why_not(worker: Worker | None, work: HeldWork, pointer: str) -> Invalid | None:
    """The refusal that keeps a worker from holding such work; None when they may."""
    if worker is None:
        return _unknown(pointer)
    if worker.suspended:
        return WorkerSuspended(
            "This worker's access is suspended. Choose another, or have the suspension lifted.",
            problems=[_problem(pointer, "Choose a worker who has access.", "suspended")],
        )
    who_may = f"GET /v1/workers?may_hold={work} lists who may."
    roles = worker.account.roles
    if roles is None:
        return WorkerRolesUnknown(
            "This worker has not signed in of late, so it is not known what they may hold. Have "
            f"them sign in once, or choose another. {who_may}",
            problems=[_problem(pointer, "Choose a worker whose roles are known.", "roles_unknown")],
        )
    if roles.isdisjoint(HOLDERS[work]):
        titles = " or ".join(DUTIES[one].title for one in Role if one in HOLDERS[work])
        return WorkerMayNotHold(
            f"This worker's role does not hold such work, and could not open it. {who_may}",
            problems=[_problem(pointer, f"Choose a worker who is {titles}.", "may_not_hold")],
        )
    return None


def _problem(pointer: str, message: str, what: str) -> Problem:
    return Problem(pointer, message, f"worker_{what}")
