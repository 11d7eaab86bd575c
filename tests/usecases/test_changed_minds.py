"""A changed mind is a new decision: the old one stands until the new one is signed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from service.domain.access import Role
from service.domain.accountabilities import ChildMovedOn, OpenToSocialCare
from service.domain.authority import TeamWork
from service.domain.contacts import Channel
from service.domain.decisions import (
    Decision,
    DecisionIncomplete,
    DecisionState,
    Outcome,
    StatutoryBasis,
)
from service.domain.new_contacts import NewChild, NewContact
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.usecases.contacts import log_contact, read_contact
from service.usecases.decisions import decide
from service.usecases.sign_offs import sign_off
from tests.support.cases import log
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY
from tests.support.houses import caller, open_house
from tests.support.situations import new_decision
from tests.support.steps import Steps, steps_in

WORDS = "I have read the whole file; the level fits what the school has seen this week."


async def test_a_draft_that_replaced_a_draft_that_was_to_replace_a_signed_one_can_be_signed(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(FRIDAY)
    async with open_house(database_url, clock, tmp_path) as house:
        worker = await caller(house, Role.mash_worker)
        manager = await caller(house, Role.mash_manager)
        file = await log(house)
        [child] = file.children
        latest = None
        for outcome, signed in (
            (Outcome.referral, True),
            (Outcome.early_help, False),
            (Outcome.early_help, True),
        ):
            new = new_decision(
                house,
                child.id,
                outcome,
                supersedes_id=latest,
                supersedes_because=None if latest is None else "New facts came by telephone.",
            )
            draft = await house.perform(
                partial(decide, who=worker, contact_id=file.contact.id, new=new)
            )
            latest = draft.id
            if signed:
                await house.perform(
                    partial(
                        sign_off,
                        who=manager,
                        decision_id=latest,
                        version=1,
                        agreed=True,
                        words=WORDS,
                    )
                )
        found = await house.ask(lambda ask: read_contact(ask, manager, file.contact.id))
        assert [one.state for one in found.decisions] == [
            DecisionState.superseded,
            DecisionState.superseded,
            DecisionState.signed,
        ]
        [referral] = await house.ask(lambda ask: REFERRALS.of_contact(ask, file.contact.id))
        [episode] = await house.ask(lambda ask: EPISODES.of_contact(ask, file.contact.id))
        assert referral.closed_at is not None
        assert episode.closed_at is None


async def test_nobody_gains_time_for_a_strategy_meeting_by_deciding_for_it_once_more(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(FRIDAY)
    async with open_house(database_url, clock, tmp_path) as house:
        worker = await caller(house, Role.mash_worker)
        manager = await caller(house, Role.mash_manager)
        file = await log(house)
        [child] = file.children
        latest = None
        for _ in range(2):
            new = new_decision(
                house,
                child.id,
                Outcome.referral,
                statutory_basis=StatutoryBasis.section_47,
                supersedes_id=latest,
                supersedes_because=None if latest is None else "New facts came by telephone.",
            )
            draft = await house.perform(
                partial(decide, who=worker, contact_id=file.contact.id, new=new)
            )
            latest = draft.id
            await house.perform(
                partial(
                    sign_off, who=manager, decision_id=latest, version=1, agreed=True, words=WORDS
                )
            )
            clock.forward(hours=20)
        found = await house.ask(lambda ask: read_contact(ask, manager, file.contact.id))
        meetings = [one for one in found.deadlines if one.kind == "strategy_meeting"]
        assert [one.stopped_because for one in meetings] == ["decision_superseded", None]
        assert {one.due_at for one in meetings} == {datetime(2026, 3, 6, 23, 59, 59, tzinfo=UTC)}


# ---- When more hangs on a case than the decision that opened it ---------------------------------


@pytest.fixture
async def steps(database_url: str, tmp_path: Path) -> AsyncIterator[Steps]:
    async with open_house(database_url, FixedClock(FRIDAY), tmp_path) as house:
        yield await steps_in(house)


async def drafted(
    steps: Steps, contact_id: UUID, child_id: UUID, outcome: Outcome, **changes: Any
) -> Decision:
    worker = await caller(steps.house, Role.mash_worker)
    new = new_decision(
        steps.house,
        child_id,
        outcome,
        history_considered="Social care has known the child since the school rang.",
        last_closed_because="It is open still.",
        **changes,
    )
    return await steps.do(lambda work: decide(work, worker, contact_id, new))


async def signed(steps: Steps, draft: Decision) -> Decision:
    return await steps.do(
        lambda work: sign_off(work, steps.mash, draft.id, draft.version, agreed=True, words=WORDS)
    )


async def joined_case(steps: Steps) -> Any:
    """A referral that one signed decision opened and that another, of a later contact, joined."""
    referral = await steps.child_in_social_care()
    again = NewContact(
        concern="The school rang again.",
        source_code="2A",
        channel=Channel.telephone,
        referrer_role="Teacher",
        children=[NewChild(given_name="Ada", person_id=referral.person_id)],
    )
    worker = await caller(steps.house, Role.mash_worker)
    file = await steps.do(lambda work: log_contact(work, worker, again))
    later = await drafted(steps, file.contact.id, file.children[0].id, Outcome.referral)
    assert (await signed(steps, later)).joined_case_id == referral.id
    return referral


def instead_of(decision_id: UUID) -> dict[str, Any]:
    return {"supersedes_id": decision_id, "supersedes_because": "New facts came by telephone."}


async def test_superseding_does_not_close_a_case_that_another_standing_decision_joined(
    steps: Steps,
) -> None:
    referral = await joined_case(steps)
    draft = await drafted(
        steps,
        referral.contact_id,
        referral.child_id,
        Outcome.no_further_action,
        **instead_of(referral.decision_id),
    )
    await signed(steps, draft)
    kept = await steps.house.ask(lambda ask: REFERRALS.get(ask, steps.mash.sight, referral.id))
    assert (kept.closed_at, kept.state) == (None, referral.state)
    answers = await steps.answers(referral.person_id)
    assert answers is not None
    assert answers.referral_id == referral.id


async def test_a_case_that_another_standing_decision_joined_is_not_replaced_by_superseding(
    steps: Steps,
) -> None:
    """It will not close with the decision, so the child stays where it is, and is told so at once.

    Neither early help nor another team of social care can be named for the child.
    """
    referral = await joined_case(steps)
    with pytest.raises(OpenToSocialCare):
        await drafted(
            steps,
            referral.contact_id,
            referral.child_id,
            Outcome.early_help,
            **instead_of(referral.decision_id),
        )
    teams = {team.id for team in steps.house.policy.teams_for(TeamWork.referral)}
    with pytest.raises(DecisionIncomplete) as refused:
        await drafted(
            steps,
            referral.contact_id,
            referral.child_id,
            Outcome.referral,
            receiving_team_id=min(teams - {referral.team_id}),
            **instead_of(referral.decision_id),
        )
    assert [(one.pointer, one.code) for one in refused.value.problems] == [
        ("/receiving_team_id", "child_has_a_team")
    ]


async def test_at_sign_off_too_a_decision_is_not_superseded_once_the_child_has_moved_on(
    steps: Steps,
) -> None:
    """The draft was right when it was written; the child went to social care since (rule 12)."""
    episode = await steps.child_in_early_help()
    draft = await drafted(
        steps,
        episode.contact_id,
        episode.child_id,
        Outcome.no_further_action,
        **instead_of(episode.decision_id),
    )
    await steps.accept(await steps.opened(await steps.step_up(episode)))
    with pytest.raises(ChildMovedOn):
        await signed(steps, draft)
    found = await steps.house.ask(lambda ask: read_contact(ask, steps.mash, episode.contact_id))
    assert [one.state for one in found.decisions] == [
        DecisionState.signed,
        DecisionState.awaiting_sign_off,
    ]
    answers = await steps.answers(episode.person_id)
    assert answers is not None
    assert answers.referral_id is not None


async def test_a_changed_mind_about_one_child_leaves_the_decided_contact_as_it_was(
    steps: Steps,
) -> None:
    referral = await steps.child_in_social_care()
    before = await steps.house.ask(lambda ask: read_contact(ask, steps.mash, referral.contact_id))
    draft = await drafted(
        steps,
        referral.contact_id,
        referral.child_id,
        Outcome.no_further_action,
        **instead_of(referral.decision_id),
    )
    await signed(steps, draft)
    after = await steps.house.ask(lambda ask: read_contact(ask, steps.mash, referral.contact_id))
    assert (after.contact.state, after.contact.decided_at) == (
        before.contact.state,
        before.contact.decided_at,
    )
