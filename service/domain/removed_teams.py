"""Removed teams: a policy takes a team away only when nobody needs it, or another takes over."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.texts import counted


@dataclass(frozen=True, slots=True)
class RemovedTeam:
    """A team that the policy names no more, and who takes over, each what it takes."""

    id: str
    taken_over_by: Sequence[str]


@dataclass(frozen=True, slots=True)
class StillWithTeam:
    """What is still with a team that the policy does not have: how many children, and of which.

    `work` is contact, referral or early_help_episode; `open_children` have it open there, and
    `awaited_children` are on their way there by a step.
    """

    team_id: str
    work: str
    open_children: int
    awaited_children: int


class TeamsStillNeeded(Exception):
    """The policy takes away a team that still answers for children. Its words name no child."""

    def __init__(self, found: Sequence[StillWithTeam]) -> None:
        self.found = tuple(found)
        lines = []
        for team_id in dict.fromkeys(one.team_id for one in found):
            held = [one for one in found if one.team_id == team_id and one.open_children]
            awaited = sum(one.awaited_children for one in found if one.team_id == team_id)
            parts = [f"{_children(one.open_children)} ({_WORDS[one.work]})" for one in held]
            if awaited:
                parts.append(f"{_children(awaited)} on the way to it by a step")
            lines.append(f"  - {team_id}: {', '.join(parts)}")
        super().__init__(
            "\n".join(
                [
                    "This policy takes away teams that still answer for open children:",
                    *lines,
                    "Put each team back into the policy, or say in it who takes over what the "
                    'team has: [[removed_team]] id = "…" and taken_over_by = ["…"], naming teams '
                    "that take such work. Nothing was started.",
                ]
            )
        )


_WORDS = {
    "contact": "contacts",
    "referral": "referrals",
    "early_help_episode": "early help episodes",
}


def _children(count: int) -> str:
    return counted(count, "open child", "open children")
