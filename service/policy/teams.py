"""The organisations and teams that the policy file names, and the teams that went."""

from collections.abc import Iterable, Sequence

from service.domain.authority import AgencyKind, Organisation, Team, TeamService, TeamWork
from service.domain.removed_teams import RemovedTeam
from service.policy.code_lists import england
from service.policy.reading import Table


def organisations_of(tables: Sequence[Table], faults: list[str]) -> tuple[Organisation, ...]:
    """The organisations of the policy, each once."""
    sources = england().referral_source
    organisations: list[Organisation] = []
    for table in tables:
        _name_by_id(table)
        organisations.append(
            Organisation(
                id=table.identifier("id"),
                name=table.text("name", longest=120),
                kind=AgencyKind(table.choice("kind", [kind.value for kind in AgencyKind])),
                source_codes=frozenset(table.choices("source_codes", sources)),
                contact=table.text("contact"),
            )
        )
        table.done()
    _refuse_repeated("organisation", (organisation.id for organisation in organisations), faults)
    return tuple(organisations)


def teams_of(tables: Sequence[Table], faults: list[str]) -> tuple[Team, ...]:
    """The teams of the authority, each once, with what they take."""
    teams: list[Team] = []
    for table in tables:
        _name_by_id(table)
        teams.append(
            Team(
                id=table.identifier("id"),
                name=table.text("name", longest=120),
                service=TeamService(
                    table.choice("service", [service.value for service in TeamService])
                ),
                accepts=frozenset(
                    TeamWork(work)
                    for work in table.choices("accepts", [work.value for work in TeamWork])
                ),
            )
        )
        table.done()
    _refuse_repeated("team", (team.id for team in teams), faults)
    taken = {work for team in teams for work in team.accepts}
    faults.extend(
        f'[[team]]: no team accepts "{work.value}"; somebody has to be accountable for it.'
        for work in TeamWork
        if teams and work not in taken
    )
    return tuple(teams)


def removed_teams_of(
    tables: Sequence[Table], teams: Sequence[Team], faults: list[str]
) -> tuple[RemovedTeam, ...]:
    """The teams that were taken away, each with who takes over what it had."""
    known = [team.id for team in teams if team.id]
    removed: list[RemovedTeam] = []
    for table in tables:
        _name_by_id(table)
        one = RemovedTeam(
            id=table.identifier("id"),
            taken_over_by=table.choices("taken_over_by", known or ("none",)),
        )
        if one.id in known:
            table.fault("is a team of this policy still: remove one of the two.", "id")
        table.done()
        removed.append(one)
    _refuse_repeated("removed_team", (one.id for one in removed), faults)
    return tuple(removed)


def _name_by_id(table: Table) -> None:
    if named := table.peek("id"):
        table.named(f"{table.where} ({named})")


def _refuse_repeated(what: str, ids: Iterable[str], faults: list[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if one and one in seen:
            faults.append(f'[[{what}]]: the id "{one}" is given twice; ids name one {what} each.')
        seen.add(one)
