"""Removed teams: refuse a policy that leaves children to nobody, and give them to who takes over.

While processes with the policy of before still run, they may give more to the team that goes: so it
is looked for again and again, and what is found passes on, a child in each transaction.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from service.domain.authority import TeamWork
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.events import EventType, Whom
from service.domain.removed_teams import RemovedTeam, TeamsStillNeeded
from service.domain.transfers import Direction, Party, Transfer, TransferAction, TransferState
from service.domain_services.transfers import move_transfer, record_transfer_event
from service.persistence.asking import Asking
from service.persistence.repositories import accountabilities, contacts, removed_teams, transfers
from service.persistence.units_of_work import Performing, Work
from service.policy import Policy


async def refuse_policy_without_needed_teams(ask: Asking, policy: Policy) -> None:
    """Raises TeamsStillNeeded when a team that the policy lacks has children whom nobody takes."""
    teams = [team.id for team in policy.teams]
    found = [
        one
        for one in await removed_teams.still_with_others(ask, teams)
        if policy.taker_of(one.team_id, TeamWork(one.work)) is None
    ]
    if found:
        raise TeamsStillNeeded(found)


async def take_over_teams(house: Performing) -> int:
    """Gives what is with removed teams to who takes over. Returns how many it passed on."""
    done = 0
    for removed in house.policy.removed_teams:
        done += await _take_over(house, removed)
    return done


async def _take_over(house: Performing, removed: RemovedTeam) -> int:
    passing: list[Callable[[Work], Awaitable[int]]] = [
        partial(_pass_on_contact, removed=removed, contact_id=contact_id)
        for contact_id in await house.ask(partial(removed_teams.contacts_with, team_id=removed.id))
    ]
    passing += [
        partial(_pass_on_child, removed=removed, person_id=person_id, contact_id=contact_id)
        for person_id, contact_id in await house.ask(
            partial(removed_teams.children_with, team_id=removed.id)
        )
    ]
    return sum([await house.perform(one) for one in passing])


async def _pass_on_contact(work: Work, removed: RemovedTeam, contact_id: UUID) -> int:
    to = work.policy.taker_of(removed.id, TeamWork.contact)
    contact = await removed_teams.open_contact_held(work, contact_id, removed.id)
    if to is None or contact is None:
        return 0
    await work.change(type(contact), contact.id, contact.version, team_id=to)
    work.record(
        EventType.contact_taken_over,
        None,
        contact.id,
        contact_id=contact.id,
        about=Whom.every_child_on_the_contact,
        team_id=to,
        was_team_id=removed.id,
    )
    return 1


async def _pass_on_child(
    work: Work, removed: RemovedTeam, person_id: UUID, contact_id: UUID
) -> int:
    """Passes a child's open cases and steps on together, so that one team answers all the while."""
    await contacts.renew_with_others(work, contact_id, person_id)
    await accountabilities.held(work, person_id)
    done = 0
    for case in await removed_teams.open_cases_held(work, person_id, removed.id):
        help_ = isinstance(case, EarlyHelpEpisode)
        to = work.policy.taker_of(
            removed.id, TeamWork.early_help_episode if help_ else TeamWork.referral
        )
        if to is None:
            continue
        await work.change(type(case), case.id, case.version, team_id=to)
        work.record(
            EventType.early_help_episode_taken_over if help_ else EventType.referral_taken_over,
            None,
            case.id,
            contact_id=case.contact_id,
            about=[case.person_id],
            team_id=to,
            was_team_id=removed.id,
            worker_id=case.worker_id,
        )
        done = 1
    for transfer in await transfers.open_of_person(work, person_id):
        done = max(done, await _redirect(work, removed, transfer))
    return done


async def _redirect(work: Work, removed: RemovedTeam, transfer: Transfer) -> int:
    """Puts a step to who takes over, on the clocks that run already."""
    sends, receives = _work_of(transfer)
    changed: dict[str, Any] = {}
    for name, what in (("sender_team_id", sends), ("receiver_team_id", receives)):
        to = work.policy.taker_of(removed.id, what)
        if getattr(transfer, name) == removed.id and to is not None:
            changed[name] = to
    if not changed:
        return 0
    moved = await move_transfer(
        work, None, transfer, TransferAction.redirect, code=removed.id, **changed
    )
    record_transfer_event(
        work, None, EventType.transfer_redirected, moved, was_team_id=removed.id, **changed
    )
    return 1


def _work_of(transfer: Transfer) -> tuple[TeamWork, TeamWork]:
    """What sender and receiver have; a step-up is put to the front door first."""
    if transfer.direction is Direction.step_down:
        return TeamWork.referral, TeamWork.early_help_episode
    put_to_the_front_door = (
        transfer.asked_by is Party.sender and transfer.state is not TransferState.accepted
    )
    return (
        TeamWork.early_help_episode,
        TeamWork.contact if put_to_the_front_door else TeamWork.referral,
    )
