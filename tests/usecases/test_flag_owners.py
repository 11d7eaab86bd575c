"""Who may take a flag on: found from what it is about, among siblings who parted ways."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.bootstrap import House
from service.domain.access import Caller, Role
from service.domain.flags import Flag, FlagNotYours
from service.persistence.repositories import contacts, flags
from service.usecases.contacts import assign_contact
from service.usecases.flags import acknowledge_flag
from tests.support.clocks import FixedClock
from tests.support.houses import caller, open_house
from tests.support.siblings import Siblings, Thing, siblings

NOW = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
WORDS = "I ring the family today and write down what they say."


async def flag_of(house: House, thing: Thing) -> Flag:
    everybody = await caller(house, Role.qa_auditor)
    return await house.ask(lambda ask: flags.get(ask, everybody.sight, thing.id))


async def take_on(house: House, who: Caller, flag: Flag) -> None:
    await house.perform(lambda work: acknowledge_flag(work, who, flag.id, flag.version, WORDS))


def one(file: Siblings, subject_kind: str, child: str | None) -> Thing:
    return next(
        flag
        for flag in file.of_kind("flag")
        if (flag.subject_kind, flag.subject_child) == (subject_kind, child)
    )


async def test_who_answers_for_what_a_flag_is_about_is_who_holds_the_case_or_the_contact(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(NOW)
    async with open_house(database_url, clock, tmp_path) as house:
        file = await siblings(house, clock)
        family_worker = await caller(house, Role.early_help_worker, name="early help worker")
        social_worker = await caller(house, Role.assessment_team_worker, name="social worker")
        expected = {
            ("missing_episode", "helped"): (family_worker.account_id, "early-help-spoc"),
            ("missing_episode", "in_need"): (social_worker.account_id, "assessment-north"),
            ("missing_episode", "closed"): None,
            ("missing_episode", "stepped_up"): (None, "assessment-north"),
            ("referral", "unborn_at_risk"): (None, "assessment-north"),
            ("early_help_episode", "unborn_helped"): (None, "early-help-spoc"),
            ("contact", None): (None, "mash"),
            # Whoever waits for an answer does not silence who owes it.
            ("transfer", "offered"): None,
            ("challenge", "in_need"): None,
            ("decision", "waiting"): None,
            ("strategy_meeting", "at_risk"): None,
        }
        for (kind, child), holder in expected.items():
            flag = await flag_of(house, one(file, kind, child))
            found = await house.ask(lambda ask, of=flag: flags.accountable_for(ask, of))
            got = None if found is None else (found.worker_id, found.team_id)
            assert got == holder, (kind, child)


async def test_the_holder_of_an_enquiry_is_the_worker_of_its_referral(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(NOW)
    async with open_house(database_url, clock, tmp_path) as house:
        file = await siblings(house, clock)
        [enquiry] = file.of_kind("section_47_enquiry")
        flag = replace(
            await flag_of(house, one(file, "contact", None)),
            subject_kind="section_47_enquiry",
            subject_id=enquiry.id,
        )
        found = await house.ask(lambda ask: flags.accountable_for(ask, flag))
        worker = await caller(house, Role.assessment_team_worker, name="social worker")
        assert found is not None
        assert found.worker_id == worker.account_id


async def test_seeing_a_flag_is_not_enough_to_silence_it_and_holding_the_case_is(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(NOW)
    async with open_house(database_url, clock, tmp_path) as house:
        file = await siblings(house, clock)
        flag = await flag_of(house, one(file, "missing_episode", "helped"))
        assert flag.owner_role == "mash_manager"
        for somebody in (
            await caller(house, Role.early_help_worker),
            await caller(house, Role.early_help_spoc_manager),
            await caller(house, Role.mash_worker),
        ):
            with pytest.raises(FlagNotYours):
                await take_on(house, somebody, flag)
        holder = await caller(house, Role.early_help_worker, name="early help worker")
        await take_on(house, holder, flag)
        assert (await flag_of(house, one(file, "missing_episode", "helped"))).acknowledged_by == (
            holder.account_id
        )


async def test_who_works_a_contact_takes_its_flags_on_and_a_colleague_only_their_own(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(NOW)
    async with open_house(database_url, clock, tmp_path) as house:
        file = await siblings(house, clock)
        worker = await caller(house, Role.mash_worker, name="who works it")
        colleague = await caller(house, Role.mash_worker)
        owed = [
            await flag_of(house, one_)
            for one_ in file.of_kind("flag")
            if one_.subject_kind == "contact" and one_.subject_child is None
        ]
        managers_own = next(flag for flag in owed if flag.owner_role == "mash_manager")
        with pytest.raises(FlagNotYours):
            await take_on(house, worker, managers_own)

        contact = await house.ask(lambda ask: contacts.get(ask, colleague.sight, file.contact_id))
        await house.perform(
            lambda work: assign_contact(
                work, colleague, contact.id, contact.version, worker.account_id
            )
        )
        with pytest.raises(FlagNotYours):
            await take_on(house, colleague, managers_own)
        await take_on(house, worker, managers_own)
