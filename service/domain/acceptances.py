"""Acceptances: on which terms a child passes over, with what the request named looked at again.

Between asking and accepting days go by: a worker may have lost their access, changed roles or moved
to another team, and a team may have gone from the policy. Nobody is given a child by a name that
was good last week.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from service.domain.accounts import Worker
from service.domain.decisions import StatutoryBasis
from service.domain.errors import Invalid, Problem
from service.domain.holders import HeldWork, holder, why_not
from service.domain.own_words import RationaleRules, own_words_faults
from service.domain.referrals import Referral
from service.domain.transfers import Direction, Party, PlanLine, Transfer, incomplete

TEAM, WORKER = "/receiving_team_id", "/receiving_worker_id"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What who accepts says: their words, and who takes the child on."""

    words: str
    receiving_team_id: str | None = None
    receiving_worker_id: UUID | None = None
    statutory_basis: StatutoryBasis | None = None
    plan: Sequence[PlanLine] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a child passes over: to whom, on what basis, with which plan."""

    team_id: str
    worker_id: UUID | None
    statutory_basis: StatutoryBasis | None
    plan: Sequence[PlanLine]
    words: str


@dataclass(frozen=True, slots=True)
class _Named:
    """A team or a worker who takes the child on unless the acceptance names another.

    `fault` is why they cannot any more.
    """

    id: Any
    fault: Problem | None = None


def held_by_receiver(direction: Direction) -> HeldWork:
    """What the receiving worker will hold."""
    return HeldWork.referral if direction is Direction.step_up else HeldWork.early_help_episode


@dataclass(frozen=True, slots=True)
class Now:
    """What is so at the acceptance: the teams, the workers who may be meant, and the rules.

    `takes` are the teams that take what the receiver will hold, `teams` all that there are;
    `constant`: in one family help service the team and the lead practitioner stay.
    """

    today: date
    takes: Sequence[str]
    teams: Collection[str]
    workers: Mapping[UUID, Worker]
    constant: bool
    rationale: RationaleRules


def workers_meant(
    transfer: Transfer, sender: Any, acceptance: Acceptance, back: Referral | None
) -> frozenset[UUID]:
    """Everybody who may come to hold the child by an acceptance."""
    ids = (
        acceptance.receiving_worker_id,
        transfer.receiver_worker_id,
        sender.worker_id,
        None if back is None else back.worker_id,
    )
    return frozenset(one for one in ids if one is not None)


def terms_of(
    transfer: Transfer, sender: Any, acceptance: Acceptance, back: Referral | None, now: Now
) -> Terms:
    """The terms of an acceptance, of which everything was looked at as it is now.

    `back` is the referral that an accepted step-down left open: it goes back to the team and the
    worker that it never left, when they can still take it. Raises TransferIncomplete naming every
    gap, and what keeps a worker whom the acceptance names from holding the child.
    """
    step_up = transfer.direction is Direction.step_up
    team = _team_named(transfer, sender, back, now)
    worker = _worker_named(transfer, sender, back, now)
    problems = _faults_in_acceptance(transfer, acceptance, team, worker)
    problems += faults_in_plan(acceptance.plan, now.today, now.rationale)
    # Who had the referral keeps it, when they can: another is named for one who cannot.
    named = acceptance.receiving_team_id if back is None or team.fault else None
    worker_id = acceptance.receiving_worker_id if back is None or worker.fault else None
    if named is not None:
        problems += team_fault(named, now.takes)
    elif team.fault is not None:
        problems.append(team.fault)
    basis = acceptance.statutory_basis or transfer.statutory_basis
    if step_up and basis is None:
        problems.append(basis_missing())
    plan = acceptance.plan or transfer.plan
    if not step_up and not plan:
        problems.append(plan_missing())
    if worker_id is None and worker.fault is not None:
        problems.append(worker.fault)
    if problems:
        raise incomplete(problems)
    if worker_id is not None:
        holder(now.workers.get(worker_id), held_by_receiver(transfer.direction), WORKER)
    return Terms(
        named or team.id,
        worker_id or worker.id,
        basis if step_up else None,
        plan,
        acceptance.words,
    )


def _team_named(transfer: Transfer, sender: Any, back: Referral | None, now: Now) -> _Named:
    """The team that takes the child on unless another is named."""
    names = ", ".join(now.takes)
    name = f"Name a team that takes this: {names}."
    if back is not None:
        gone = back.team_id not in now.teams
        whose = "The team that had the referral is in the policy no more."
        fault = Problem(TEAM, f"{whose} {name}", "team_removed") if gone else None
        return _Named(back.team_id, fault)
    if transfer.asked_by is Party.receiver or transfer.direction is Direction.step_down:
        gone = transfer.receiver_team_id not in now.takes
        whose = "The team named in the request takes this no more."
        fault = Problem(TEAM, f"{whose} {name}", "team_removed") if gone else None
        return _Named(transfer.receiver_team_id, fault)
    if now.constant and sender.team_id in now.takes:
        return _Named(sender.team_id)
    return _Named(None, Problem(TEAM, f"Name the receiving team: {names}.", "missing"))


def _worker_named(transfer: Transfer, sender: Any, back: Referral | None, now: Now) -> _Named:
    """The worker who takes the child on unless another is named."""
    held = held_by_receiver(transfer.direction)

    def cannot(worker_id: UUID) -> Invalid | None:
        return why_not(now.workers.get(worker_id), held, WORKER)

    if back is not None:
        refusal = None if back.worker_id is None else cannot(back.worker_id)
        if refusal is not None:
            return _Named(None, _name_another("who had the referral", refusal.code))
        return _Named(back.worker_id)
    named = transfer.receiver_worker_id
    if named is not None:
        refusal = cannot(named)
        if refusal is not None:
            return _Named(None, _name_another("named in the request", refusal.code))
        since = now.workers[named].account.team_since
        if since is not None and since > transfer.requested_at:
            return _Named(None, _name_another("named in the request", "worker_moved_team"))
        return _Named(named)
    # The lead practitioner stays, when they may hold it on the other side as well.
    stays = now.constant and sender.worker_id is not None and cannot(sender.worker_id) is None
    return _Named(sender.worker_id if stays else None)


_WHY_ANOTHER = {
    "worker_suspended": "has no access any more: name another.",
    "worker_may_not_hold": "does not hold such work any more: name another.",
    "worker_roles_unknown": (
        "has not signed in of late, so it is not known what they may hold: have them sign in, or "
        "name another."
    ),
    "worker_moved_team": (
        "is in another team since: name who takes the child on, the same worker again if that is "
        "still right."
    ),
}


def _name_another(whom: str, code: str) -> Problem:
    why = _WHY_ANOTHER.get(code, "is no worker here any more: name another.")
    return Problem(WORKER, f"The worker {whom} {why}", code)


def _faults_in_acceptance(
    transfer: Transfer, acceptance: Acceptance, team: _Named, worker: _Named
) -> list[Problem]:
    problems: list[Problem] = []
    if transfer.direction is Direction.step_up and acceptance.plan:
        problems.append(Problem("/plan", "Only a step-down carries this: leave it out.", "surplus"))
    if transfer.asked_by is Party.receiver:
        # The team that asked takes the child on, and whom it named: nobody else has accepted.
        # Another is named only for one who cannot any more.
        asked = (
            (TEAM, acceptance.receiving_team_id, transfer.receiver_team_id, team),
            (WORKER, acceptance.receiving_worker_id, transfer.receiver_worker_id, worker),
        )
        problems += [
            Problem(
                pointer,
                "The team that asked has said who takes the child on: leave it out.",
                "surplus",
            )
            for pointer, given, named, found in asked
            if given not in (None, named) and found.fault is None
        ]
    return problems


def faults_in_plan(
    plan: Sequence[PlanLine], today: date, rationale: RationaleRules
) -> list[Problem]:
    """What is wrong with the lines of a plan."""
    problems: list[Problem] = []
    for place, line in enumerate(plan):
        told = (
            (f"/plan/{place}/{name}", getattr(line, name)) for name in ("outcome", "action", "who")
        )
        problems += own_words_faults(rationale, *told)
        if line.by_on < today:
            problems.append(
                Problem(
                    f"/plan/{place}/by_on",
                    "A plan is about what is to come: name a day from today on.",
                    "day_has_passed",
                )
            )
    return problems


def plan_missing() -> Problem:
    """That a step-down has no plan."""
    return Problem(
        "/plan",
        "A step-down carries a plan: the outcomes expected, the actions, who and by when.",
        "missing",
    )


def basis_missing() -> Problem:
    """That a step-up has no statutory basis."""
    return Problem("/statutory_basis", "Say section_17 or section_47.", "missing")


def team_fault(team_id: str, takes: Sequence[str]) -> list[Problem]:
    """What is wrong with a receiving team that somebody names, of those that take this."""
    if team_id in takes:
        return []
    return [
        Problem(TEAM, f"Use a team that takes this: {', '.join(takes)}.", "team_cannot_receive")
    ]
