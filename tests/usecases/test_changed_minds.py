"""A changed mind is a new decision: the old one stands until the new one is signed."""

from datetime import UTC, datetime
from pathlib import Path

from service.domain.access import Role
from service.domain.decisions import DecisionState, Outcome, StatutoryBasis
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.usecases.contacts import read_contact
from service.usecases.decisions import decide, sign_off
from tests.support.cases import log
from tests.support.clocks import FixedClock
from tests.support.files import new_decision
from tests.support.houses import caller, open_house

WORDS = "I have read the whole file; the level fits what the school has seen this week."


async def test_a_draft_that_replaced_a_draft_that_was_to_replace_a_signed_one_can_be_signed(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(datetime(2026, 3, 6, 16, 0, tzinfo=UTC))
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
            draft = await house.perform(lambda work: decide(work, worker, file.contact.id, new))  # noqa: B023 - run at once
            latest = draft.id
            if signed:
                await house.perform(
                    lambda work: sign_off(work, manager, latest, 1, agreed=True, words=WORDS)  # noqa: B023 - run at once
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
    clock = FixedClock(datetime(2026, 3, 6, 16, 0, tzinfo=UTC))
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
            draft = await house.perform(lambda work: decide(work, worker, file.contact.id, new))  # noqa: B023 - run at once
            latest = draft.id
            await house.perform(
                lambda work: sign_off(work, manager, latest, 1, agreed=True, words=WORDS)  # noqa: B023 - run at once
            )
            clock.forward(hours=20)
        found = await house.ask(lambda ask: read_contact(ask, manager, file.contact.id))
        meetings = [one for one in found.deadlines if one.kind == "strategy_meeting"]
        assert [one.stopped_because for one in meetings] == ["decision_superseded", None]
        assert {one.due_at for one in meetings} == {datetime(2026, 3, 6, 23, 59, 59, tzinfo=UTC)}
