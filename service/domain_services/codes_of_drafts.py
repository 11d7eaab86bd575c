"""Codes of drafts: whether what a draft names is in the authority's policy and code lists."""

from collections.abc import Sequence

from service.domain.authority import Team, TeamWork
from service.domain.decisions import Decision, Outcome
from service.domain.errors import Problem
from service.persistence.units_of_work import Work

_WORK_OF = {
    Outcome.referral: TeamWork.referral,
    Outcome.early_help: TeamWork.early_help_episode,
}


def unknown_codes(work: Work, draft: Decision) -> list[Problem]:
    """The faults of a draft that names a need, an agency or a team that is not in the policy."""
    problems: list[Problem] = []
    needs = work.policy.codes.primary_need
    if draft.primary_need_code is not None and draft.primary_need_code not in needs:
        problems.append(
            Problem(
                "/primary_need_code",
                f"Use a primary need code: {', '.join(needs)}.",
                "code_unknown",
            )
        )
    problems += [
        Problem(
            f"/agencies/{position}/organisation_id",
            "Use an organisation of the policy: GET /v1/organisations lists them.",
            "organisation_unknown",
        )
        for position, line in enumerate(draft.agencies)
        if work.policy.find_organisation(line.organisation_id) is None
    ]
    if draft.receiving_team_id is not None:
        teams = [team.id for team in _teams_for(work, draft.outcome)]
        if draft.receiving_team_id not in teams:
            problems.append(
                Problem(
                    "/receiving_team_id",
                    f"Use a team that takes this outcome: {', '.join(teams)}."
                    if teams
                    else "This outcome goes to no team: leave this out.",
                    "team_cannot_receive",
                )
            )
    return problems


def _teams_for(work: Work, outcome: Outcome) -> Sequence[Team]:
    kind = _WORK_OF.get(outcome)
    return () if kind is None else work.policy.teams_for(kind)
