"""What should be impossible, counted: each line is a promise of the record, turned round."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, Select, exists, func, select

from service.domain.contacts import Child, ChildState, Contact
from service.domain.decisions import Decision, DecisionState
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.flags import Deadline
from service.domain.referrals import Referral
from service.persistence.asking import Asking
from service.persistence.records import table_of

CONTACT = table_of(Contact)
CHILD = table_of(Child)
DECISION = table_of(Decision)
DEADLINE = table_of(Deadline)
CASES = {"referral": table_of(Referral), "early_help_episode": table_of(EarlyHelpEpisode)}


async def count(
    ask: Asking, *, clocks_until_decided: Sequence[str], teams: Collection[str]
) -> dict[str, int]:
    """How many there are of each thing that should be impossible; kinds with none are left out.

    `clocks_until_decided` are the kinds that stop when a contact is decided, `teams` those that
    the policy knows.
    """
    found: dict[str, int] = {}
    for name, statement in _questions(clocks_until_decided, teams).items():
        row = await ask.first(statement)
        if row is not None and row[0]:
            found[name] = int(row[0])
    return found


def _questions(
    clocks_until_decided: Sequence[str], teams: Collection[str]
) -> Mapping[str, Select[int]]:
    questions: dict[str, Select[int]] = {}
    for name, case in CASES.items():
        signed: ColumnElement[bool] = exists().where(
            DECISION.c.id == case.c.decision_id,
            DECISION.c.state.in_([DecisionState.signed, DecisionState.superseded]),
        )
        questions[f"{name}_without_a_signed_decision"] = (
            select(func.count()).select_from(case).where(~signed)
        )
        questions[f"open_{name}_with_an_unknown_team"] = (
            select(func.count())
            .select_from(case)
            .where(case.c.closed_at.is_(None), case.c.team_id.not_in(teams))
        )
    decided: ColumnElement[bool] = exists().where(
        CONTACT.c.id == CHILD.c.contact_id, CONTACT.c.decided_at.is_not(None)
    )
    questions["undecided_child_on_a_decided_contact"] = (
        select(func.count()).select_from(CHILD).where(CHILD.c.state != ChildState.decided, decided)
    )
    questions["clock_running_on_a_decided_contact"] = (
        select(func.count())
        .select_from(DEADLINE)
        .join(CONTACT, CONTACT.c.id == DEADLINE.c.contact_id)
        .where(
            DEADLINE.c.stopped_at.is_(None),
            DEADLINE.c.subject_id == DEADLINE.c.contact_id,
            DEADLINE.c.kind.in_(clocks_until_decided),
            CONTACT.c.decided_at.is_not(None),
        )
    )
    questions["open_contact_with_an_unknown_team"] = (
        select(func.count())
        .select_from(CONTACT)
        .where(CONTACT.c.decided_at.is_(None), CONTACT.c.team_id.not_in(teams))
    )
    return questions
