"""What should be impossible about steps, challenges and accountability is found within the hour."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from service.bootstrap import House
from service.domain.challenges import Challenge
from service.domain.job_runs import ImpossibleFound
from service.domain.transfers import FamilyAgreement
from service.usecases.jobs import check_impossible
from service.usecases.transfers import read_transfer, withdraw_transfer
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY
from tests.support.houses import open_house
from tests.support.steps import WORDS, Steps, steps_in
from tests.support.tampering import tamper


@dataclass
class Busy:
    """A house with a bit of everything: the ids of what is there, by what each is."""

    house: House
    ids: dict[str, UUID]

    async def tamper(self, statement: str) -> None:
        """Writes past the promises; `{name}` in the statement is the id of what has that name."""
        written = statement.format(**{name: f"'{id_.hex}'" for name, id_ in self.ids.items()})
        await tamper(
            self.house.database,
            *written.split("; "),
            lifting=("accountability.ck_accountability_one_case", "transfer.ck_transfer_sender"),
        )

    async def counts(self) -> dict[str, int]:
        """What the hourly check finds."""
        try:
            await self.house.ask_at_length(lambda ask: check_impossible(ask, self.house.policy))
        except ImpossibleFound as found:
            return dict(found.counts)
        return {}


async def challenge_of(steps: Steps, transfer_id: UUID) -> Challenge:
    whole = await steps.house.ask(lambda ask: read_transfer(ask, steps.mash, transfer_id))
    [found] = whole.challenges
    return found


@pytest.fixture
async def busy(database_url: str, tmp_path: Path) -> AsyncIterator[Busy]:
    async with open_house(database_url, FixedClock(FRIDAY), tmp_path) as house:
        steps = await steps_in(house)
        held = await steps.child_in_social_care()
        helped = await steps.child_in_early_help()
        moving = await steps.child_in_early_help()
        step_up = await steps.step_up(moving)
        refused = await steps.refuse(
            await steps.opened(await steps.step_up(await steps.child_in_early_help()))
        )
        challenged = await steps.answer_refusal(refused, agreed=False)
        step_down = await steps.accept(
            await steps.opened(await steps.step_down(await steps.child_in_social_care()))
        )
        step_down = await steps.family(step_down, FamilyAgreement.given)
        asked = await steps.step_up(await steps.child_in_early_help())
        ended = await steps.do(
            lambda work: withdraw_transfer(
                work, steps.early_help, asked.id, asked.version, words=WORDS
            )
        )
        assert step_down.referral_id is not None
        yield Busy(
            house,
            {
                "referral": held.id,
                "episode": helped.id,
                "moving": moving.id,
                "step_up": step_up.id,
                "challenged": challenged.id,
                "challenge": (await challenge_of(steps, challenged.id)).id,
                "step_down": step_down.id,
                "handed_over": step_down.referral_id,
                "ended": ended.id,
            },
        )


async def test_a_busy_front_door_holds_nothing_impossible(busy: Busy) -> None:
    assert await busy.counts() == {}


NOT_THE_CHILDS = "accountability_without_an_open_case_of_the_child"
NOT_ITS_CASE = "open_transfer_of_a_case_that_does_not_answer"
CLOCK_ON_ENDED = "clock_running_on_an_ended_transfer"
IMPOSSIBLE = {
    "an open referral that nobody answers for": (
        "DELETE FROM accountability WHERE referral_id = {referral}",
        {"open_referral_without_accountability"},
    ),
    "an open episode that nobody answers for": (
        "DELETE FROM accountability WHERE early_help_episode_id = {episode}",
        {"open_early_help_episode_without_accountability"},
    ),
    "two cases that answer for one child": (
        "UPDATE accountability SET early_help_episode_id = {referral} "
        "WHERE referral_id = {referral}",
        {"child_with_two_accountable_cases"},
    ),
    "a closed case that answers": (
        "UPDATE referral SET closed_at = accepted_at WHERE id = {referral}",
        {NOT_THE_CHILDS},
    ),
    "another child's case that answers": (
        "DELETE FROM accountability WHERE referral_id = {referral}; "
        "UPDATE accountability SET early_help_episode_id = NULL, referral_id = {referral} "
        "WHERE early_help_episode_id = {episode}",
        {NOT_THE_CHILDS, "open_referral_without_accountability"},
    ),
    "two records of one name and birth that are both open": (
        "UPDATE person SET given_key = 'ada', family_key = 'okafor', date_of_birth = '2018-04-09' "
        "WHERE id IN (SELECT person_id FROM accountability WHERE referral_id = {referral} "
        "OR early_help_episode_id = {episode})",
        {"two_open_cases_of_who_may_be_one_child"},
    ),
    "an open transfer of a closed case": (
        "UPDATE referral SET closed_at = accepted_at WHERE id = {handed_over}",
        {"closed_case_with_an_open_transfer"},
    ),
    "an open transfer of a closed case that answers": (
        "UPDATE early_help_episode SET closed_at = accepted_at WHERE id = {moving}",
        {"closed_case_with_an_open_transfer", NOT_THE_CHILDS},
    ),
    "a transfer without a sender": (
        "UPDATE transfer SET early_help_episode_id = NULL WHERE id = {step_up}",
        {"open_transfer_without_a_sender", NOT_ITS_CASE},
    ),
    "a transfer to no team": (
        "UPDATE transfer SET receiver_team_id = '' WHERE id = {step_up}",
        {"open_transfer_without_a_receiver"},
    ),
    "an accepted transfer without the receiver's case": (
        "UPDATE transfer SET early_help_episode_id = NULL WHERE id = {step_down}",
        {"open_transfer_without_a_receiver", NOT_ITS_CASE},
    ),
    "a transfer of a case that does not answer": (
        "UPDATE transfer SET early_help_episode_id = {episode} WHERE id = {step_up}",
        {NOT_ITS_CASE},
    ),
    "a clock on an ended transfer": (
        "UPDATE deadline SET stopped_at = NULL "
        "WHERE subject_id = {ended} AND kind = 'step_up_answered'",
        {CLOCK_ON_ENDED},
    ),
    "an open transfer without a clock": (
        "UPDATE deadline SET stopped_at = started_at WHERE subject_id = {step_up}",
        {"open_transfer_with_no_running_clock"},
    ),
    "a strategy meeting owed without its clock": (
        "UPDATE transfer SET meeting_owed_since = requested_at WHERE id = {step_up}",
        {"meeting_owed_without_its_clock"},
    ),
    "a clock on an ended challenge": (
        "UPDATE challenge SET ended_at = raised_at WHERE id = {challenge}",
        {"clock_running_on_an_ended_challenge"},
    ),
    "an open challenge without a clock": (
        "UPDATE deadline SET stopped_at = started_at WHERE subject_id = {challenge}",
        {"open_challenge_with_no_running_clock"},
    ),
    "an ended transfer whose challenge is open": (
        "UPDATE transfer SET ended_at = requested_at WHERE id = {challenged}",
        {"ended_transfer_with_an_open_challenge", CLOCK_ON_ENDED},
    ),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
async def test_what_should_be_impossible_about_steps_raises_the_alarm(
    busy: Busy, name: str
) -> None:
    statement, expected = IMPOSSIBLE[name]
    await busy.tamper(statement)
    assert await busy.counts() == dict.fromkeys(expected, 1)


async def test_each_alarm_about_steps_is_tried_here() -> None:
    from service.persistence.repositories import impossibilities

    asked = {
        *impossibilities._of_accountability(),
        *impossibilities._of_transfers(["mash"]),
        *impossibilities._of_clocks(),
    }
    assert asked == {name for _, expected in IMPOSSIBLE.values() for name in expected}
