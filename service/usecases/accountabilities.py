"""Accountability: for every open child exactly one team, and the list of those without, empty."""

from service.domain.access import Caller, Permission
from service.domain.accountabilities import (
    AccountabilityFilters,
    AccountableTeam,
    ChildWithoutTeam,
)
from service.persistence.asking import Asking
from service.persistence.keysets import Place
from service.persistence.repositories import accountabilities
from service.policy import Policy


async def list_accountability(
    ask: Asking,
    who: Caller,
    filters: AccountabilityFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[AccountableTeam]:
    """For every open child that the caller may see the one team that answers, and the worker.

    By the child's id, from after a child on: an order that stays whatever happens meanwhile.
    """
    who.require(Permission.read_accountability)
    return await accountabilities.teams_by_child(ask, who.sight, filters, limit=limit, after=after)


async def list_children_without_an_accountable_team(
    ask: Asking,
    who: Caller,
    policy: Policy,
    *,
    limit: int,
    after: Place | None = None,
) -> list[ChildWithoutTeam]:
    """The open children for whom no team answers: looked for afresh, and always none (rule 9)."""
    who.require(Permission.read_accountability)
    teams = [team.id for team in policy.teams]
    return await accountabilities.children_without_a_team(
        ask, who.sight, teams, limit=limit, after=after
    )
