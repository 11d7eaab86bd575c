"""Referrals and early help episodes: given to a worker, and closed with a reason."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.early_help_episodes import EarlyHelpEpisode, EpisodeClosure
from service.domain.errors import Invalid, Problem
from service.domain.events import EventType
from service.domain.referrals import CASE, CaseAction, Referral
from service.persistence.repositories import accounts, deadlines
from service.persistence.repositories.cases import EPISODES, REFERRALS, Case, Cases
from service.persistence.units_of_work import Work
from service.policy import TeamWork


@dataclass(frozen=True, slots=True)
class _Kind:
    """What differs between a referral and an early help episode."""

    clock: str
    work: TeamWork
    allocated: EventType
    closed: EventType


_REFERRAL = _Kind(
    "allocation", TeamWork.referral, EventType.referral_allocated, EventType.referral_closed
)
_EPISODE = _Kind(
    "early_help_allocation",
    TeamWork.early_help_episode,
    EventType.early_help_episode_allocated,
    EventType.early_help_episode_closed,
)


class ClosureFaulty(Invalid):
    """The code does not close this kind of case."""

    code = "closure_code_not_possible"
    title = "This code does not close this case"


async def allocate_referral(
    work: Work, who: Caller, referral_id: UUID, version: int, worker_id: UUID, team_id: str | None
) -> Referral:
    """Gives a referral to a worker, and to a team when one is named; the first time stops PI5's
    clock."""
    who.require(Permission.allocate_referral)
    return await _allocate(
        work, who, REFERRALS, _REFERRAL, referral_id, version, worker_id, team_id
    )


async def allocate_early_help_episode(
    work: Work, who: Caller, episode_id: UUID, version: int, worker_id: UUID, team_id: str | None
) -> EarlyHelpEpisode:
    """Gives an early help episode to a worker, and to a team when one is named."""
    who.require(Permission.allocate_early_help_episode)
    return await _allocate(work, who, EPISODES, _EPISODE, episode_id, version, worker_id, team_id)


async def _allocate(
    work: Work,
    who: Caller,
    cases: Cases[Case],
    kind: _Kind,
    case_id: UUID,
    version: int,
    worker_id: UUID,
    team_id: str | None,
) -> Case:
    case = await cases.held(work, who, case_id, version)
    state = CASE.after(case.state, CaseAction.allocate)
    await accounts.require_staff(work, worker_id, "/worker_id")
    teams = [team.id for team in work.policy.teams_for(kind.work)]
    if team_id is not None and team_id not in teams:
        raise Invalid(
            "Put right the team and send it again.",
            problems=[
                Problem(
                    "/team_id", f"Use a team that takes this: {', '.join(teams)}.", "team_unknown"
                )
            ],
        )
    changed: dict[str, Any] = {
        "state": state,
        "worker_id": worker_id,
        "team_id": team_id or case.team_id,
        "allocated_at": case.allocated_at or work.now,
    }
    await deadlines.stop(work, case.contact_id, case.id, [kind.clock], "allocated")
    await work.change(cases.record, case.id, case.version, **changed)
    work.record(
        kind.allocated,
        who,
        case.id,
        contact_id=case.contact_id,
        person_id=case.person_id,
        worker_id=worker_id,
        team_id=changed["team_id"],
        was_worker_id=case.worker_id,
        was_team_id=case.team_id,
    )
    return replace(case, version=case.version + 1, **changed)


async def close_referral(
    work: Work, who: Caller, referral_id: UUID, version: int, code: str, reason: str
) -> Referral:
    """Closes an allocated referral with a closure code of the children in need census and words.

    RC9 (closed after assessment, referred to early help) is refused: a child goes to early help by
    a step-down, which is complete before social care closes (rule 11).
    """
    who.require(Permission.close_referral)
    codes = [code for code in work.policy.codes.closure_reason if code != "RC9"]
    if code not in codes:
        raise ClosureFaulty(
            "Put right the closure code and send it again.",
            problems=[
                Problem(
                    "/closure_code",
                    f"Use a closure code: {', '.join(codes)}. A child goes to early help by a "
                    "step-down, not by a closure.",
                    "closure_code_not_possible",
                )
            ],
        )
    return await _close(work, who, REFERRALS, _REFERRAL, referral_id, version, code, reason)


async def close_early_help_episode(
    work: Work, who: Caller, episode_id: UUID, version: int, code: EpisodeClosure, reason: str
) -> EarlyHelpEpisode:
    """Closes an allocated early help episode with a coded reason and words."""
    who.require(Permission.close_early_help_episode)
    if code is EpisodeClosure.decision_superseded:
        raise ClosureFaulty(
            "Put right the closure code and send it again.",
            problems=[
                Problem(
                    "/closure_code",
                    "Only a new signed decision closes a case as superseded.",
                    "closure_code_not_possible",
                )
            ],
        )
    return await _close(work, who, EPISODES, _EPISODE, episode_id, version, code, reason)


async def _close(
    work: Work,
    who: Caller,
    cases: Cases[Case],
    kind: _Kind,
    case_id: UUID,
    version: int,
    code: Any,
    reason: str,
) -> Case:
    case = await cases.held(work, who, case_id, version)
    changed: dict[str, Any] = {
        "state": CASE.after(case.state, CaseAction.close),
        "closed_at": work.now,
        "closed_by": who.account_id,
        "closure_code": code,
        "closure_reason": reason,
    }
    await work.change(cases.record, case.id, case.version, **changed)
    work.record(
        kind.closed,
        who,
        case.id,
        contact_id=case.contact_id,
        person_id=case.person_id,
        closure_code=code,
    )
    return replace(case, version=case.version + 1, **changed)
