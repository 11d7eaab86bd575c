"""Step-ups and step-downs: responsibility moves on acceptance; a child is always somebody's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from service.domain.acceptances import Acceptance
from service.domain.access import Caller, Role, RoleMissing
from service.domain.accountabilities import ChildMovedOn, OpenToSocialCare
from service.domain.contacts import Channel
from service.domain.decisions import Outcome, StatutoryBasis
from service.domain.early_help_episodes import EpisodeClosure
from service.domain.errors import NotAllowed, NotFound, Stale
from service.domain.new_contacts import NewChild, NewContact
from service.domain.referrals import CaseState
from service.domain.states import WrongState
from service.domain.strategy_discussions import NoMeetingBecause, StrategyDiscussion
from service.domain.strategy_meetings import Agency
from service.domain.transfers import (
    FamilyAgreement,
    NotAccountable,
    NotForThisDirection,
    OwnTransfer,
    Party,
    StepDownNotReady,
    StepDownUnfinished,
    Transfer,
    TransferAction,
    TransferIncomplete,
    TransferState,
    TransferUnderWay,
    allowed,
)
from service.persistence.repositories import contacts, deadlines
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.usecases import cases, step_downs, transfer_answers, transfers
from service.usecases.contacts import log_contact
from service.usecases.decisions import decide
from service.usecases.jobs import check_impossible
from service.usecases.sign_offs import sign_off
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY
from tests.support.houses import caller, open_house
from tests.support.situations import new_decision
from tests.support.steps import EVIDENCE, PLAN, WORDS, Steps, steps_in


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Steps]:
    async with open_house(url, FixedClock(FRIDAY), folder) as house:
        yield await steps_in(house)


@pytest.fixture()
async def steps(database_url: str, tmp_path: Path) -> AsyncIterator[Steps]:
    async with opened(database_url, tmp_path) as found:
        yield found


async def test_until_a_step_up_is_accepted_early_help_answers_and_then_social_care(
    steps: Steps,
) -> None:
    episode = await steps.child_in_early_help()
    asked = await steps.step_up(episode)
    assert await steps.running(asked) == {"step_up_opened", "step_up_answered"}
    seen = await steps.opened(asked)
    assert await steps.running(seen) == {"step_up_answered"}
    before = await steps.answers(episode.person_id)
    assert before is not None
    assert before.early_help_episode_id == episode.id
    done = await steps.accept(seen)
    assert done.state is TransferState.completed
    assert await steps.running(done) == set()
    after = await steps.answers(episode.person_id)
    assert after is not None
    assert (after.referral_id, after.early_help_episode_id) == (done.referral_id, None)
    referral = await steps.house.ask(
        lambda ask: REFERRALS.get(ask, steps.mash.sight, after.case_id)
    )
    assert (referral.team_id, referral.state) == ("assessment-north", CaseState.awaiting_allocation)
    assert (referral.source_code, referral.transfer_id) == ("5D", done.id)
    closed = await steps.house.ask(lambda ask: EPISODES.get(ask, steps.mash.sight, episode.id))
    assert closed.closure_code is EpisodeClosure.stepped_up


async def test_a_refused_step_up_stays_with_the_sender_until_its_manager_agrees(
    steps: Steps,
) -> None:
    episode = await steps.child_in_early_help()
    refused = await steps.refuse(await steps.opened(await steps.step_up(episode)))
    assert refused.state is TransferState.refusal_pending
    assert await steps.running(refused) == {"step_up_answered", "step_up_refusal_agreed"}
    agreed = await steps.answer_refusal(refused, agreed=True)
    assert agreed.state is TransferState.refused
    assert agreed.ended_at == FRIDAY
    assert await steps.running(agreed) == set()
    answers = await steps.answers(episode.person_id)
    assert answers is not None
    assert answers.early_help_episode_id == episode.id


async def test_disclosed_harm_owes_a_strategy_meeting_from_the_request_and_no_refusal_stops_it(
    steps: Steps,
) -> None:
    """Its challenge is to be answered the same day, at each stage."""
    episode = await steps.child_in_early_help()
    asked = await steps.step_up(episode, reason_code="harm_disclosed")
    assert "step_up_strategy_meeting" in await steps.running(asked)
    refused = await steps.refuse(await steps.opened(asked))
    assert "step_up_strategy_meeting" in await steps.running(refused)
    challenged = await steps.answer_refusal(refused, agreed=False)
    assert "step_up_strategy_meeting" in await steps.running(challenged)
    whole = await steps.house.ask(lambda ask: transfers.read_transfer(ask, steps.mash, refused.id))
    [meeting] = [one for one in whole.deadlines if one.kind == "step_up_strategy_meeting"]
    assert (meeting.started_at, meeting.stopped_at) == (FRIDAY, None)
    assert meeting.due_at == FRIDAY.replace(hour=23, minute=59, second=59)
    [challenge] = whole.challenges
    found = await steps.house.ask(
        lambda ask: deadlines.of_subject(ask, challenge.contact_id, challenge.id)
    )
    due = {one.kind: one.due_at for one in found if one.stopped_at is None}
    assert set(due) == {"challenge_stage_1", "challenge_of_harm"}
    assert due["challenge_of_harm"] == meeting.due_at < due["challenge_stage_1"]
    plain = await steps.answer_refusal(
        await steps.refuse(
            await steps.opened(await steps.step_up(await steps.child_in_early_help()))
        ),
        agreed=False,
    )
    assert "step_up_strategy_meeting" not in await steps.running(plain)


async def _refused_though_harm_was_disclosed(steps: Steps) -> Transfer:
    asked = await steps.step_up(await steps.child_in_early_help(), reason_code="harm_disclosed")
    return await steps.answer_refusal(await steps.refuse(await steps.opened(asked)), agreed=True)


def _discussion(**changes: Any) -> StrategyDiscussion:
    told = {
        "words": "The police and the health visitor know of no injury; the father is away.",
        "held_at": FRIDAY,
        "agencies": (Agency.social_care, Agency.police, Agency.health),
    }
    return StrategyDiscussion(**(told | changes))


async def test_no_agreed_refusal_and_no_closing_stops_the_clock_of_disclosed_harm_but_a_discussion(
    steps: Steps,
) -> None:
    refused = await _refused_though_harm_was_disclosed(steps)
    assert refused.state is TransferState.refused
    assert await steps.running(refused) == {"step_up_strategy_meeting"}
    assert allowed(refused) == (TransferAction.record_strategy_discussion,)
    episode = await steps.house.ask(
        lambda ask: cases.read_early_help_episode(ask, steps.spoc, refused.sender_case_id)
    )
    await steps.do(
        lambda work: cases.close_early_help_episode(
            work,
            steps.spoc,
            episode.case.id,
            episode.case.version,
            EpisodeClosure.moved_away,
            WORDS,
        )
    )
    assert await steps.running(refused) == {"step_up_strategy_meeting"}
    house = steps.house
    await house.ask_at_length(lambda ask: check_impossible(ask, house.policy))
    with pytest.raises(TransferIncomplete) as gaps:
        await _discussed(steps, steps.mash, refused, held_at=None, agencies=(Agency.police,))
    assert {one.pointer for one in gaps.value.problems} == {"/held_at", "/agencies"}
    noted = await _discussed(steps, steps.mash, refused)
    assert (noted.state, noted.meeting_held_at) == (TransferState.refused, FRIDAY)
    assert await steps.running(refused) == set()
    with pytest.raises(WrongState):
        await _discussed(steps, steps.mash, noted)


async def _discussed(steps: Steps, who: Caller, transfer: Transfer, **changes: Any) -> Transfer:
    return await steps.do(
        lambda work: transfer_answers.record_strategy_discussion(
            work, who, transfer.id, transfer.version, _discussion(**changes)
        )
    )


async def test_that_no_meeting_is_needed_is_said_by_a_manager_who_neither_asked_nor_refused(
    steps: Steps,
) -> None:
    refused = await _refused_though_harm_was_disclosed(steps)
    error = {"held_at": None, "agencies": (), "not_held_because": NoMeetingBecause.died}
    with pytest.raises(OwnTransfer):
        await _discussed(steps, steps.mash, refused, **error)
    other = await caller(steps.house, Role.mash_manager, name="another manager")
    noted = await _discussed(steps, other, refused, **error)
    assert (noted.owes_meeting, noted.meeting_held_at) == (False, None)
    assert await steps.running(refused) == set()


async def test_a_child_referred_after_an_agreed_refusal_is_owed_the_meeting_since_the_step_up(
    steps: Steps,
) -> None:
    """Whichever way the child comes to social care."""
    refused = await _refused_though_harm_was_disclosed(steps)
    episode = await steps.house.ask(
        lambda ask: cases.read_early_help_episode(ask, steps.spoc, refused.sender_case_id)
    )
    again = await steps.step_up(episode.case)
    accepted = await steps.accept(await steps.opened(again))
    assert await steps.running(refused) == set()
    referral_id = accepted.referral_id
    assert referral_id is not None
    found = await steps.house.ask(
        lambda ask: deadlines.of_subject(ask, accepted.contact_id, referral_id)
    )
    [meeting] = [one for one in found if one.kind == "strategy_meeting"]
    assert (meeting.started_at, meeting.stopped_at) == (refused.requested_at, None)


@pytest.mark.parametrize("basis", list(StatutoryBasis))
async def test_accepted_the_referral_owes_the_meeting_since_the_step_up_was_requested(
    database_url: str, tmp_path: Path, basis: StatutoryBasis
) -> None:
    clock = FixedClock(FRIDAY)
    async with open_house(database_url, clock, tmp_path) as house:
        steps = await steps_in(house)
        episode = await steps.child_in_early_help()
        asked = await steps.step_up(episode, reason_code="harm_disclosed")
        clock.forward(hours=2)
        accepted = await steps.accept(await steps.opened(asked), statutory_basis=basis)
        assert await steps.running(accepted) == set()
        referral_id = accepted.referral_id
        assert referral_id is not None
        found = await house.ask(
            lambda ask: deadlines.of_subject(ask, accepted.contact_id, referral_id)
        )
        [meeting] = [one for one in found if one.kind == "strategy_meeting"]
        assert (meeting.started_at, meeting.stopped_at) == (FRIDAY, None)


async def test_a_refusal_that_is_not_agreed_becomes_a_challenge(steps: Steps) -> None:
    episode = await steps.child_in_early_help()
    refused = await steps.refuse(await steps.opened(await steps.step_up(episode)))
    challenged = await steps.answer_refusal(refused, agreed=False)
    assert challenged.state is TransferState.refusal_challenged
    whole = await steps.house.ask(lambda ask: transfers.read_transfer(ask, steps.mash, refused.id))
    [challenge] = whole.challenges
    assert challenge.answering_role == "mash_manager"
    assert [step.action for step in whole.steps] == [
        "request",
        "open",
        "refuse",
        "challenge_refusal",
    ]


async def test_a_step_down_closes_social_care_only_when_it_is_complete(steps: Steps) -> None:
    referral = await steps.child_in_social_care()
    asked = await steps.step_down(referral)
    assert await steps.running(asked) == {
        "step_down_opened",
        "step_down_answered",
        "step_down_family_agreement",
    }
    accepted = await steps.accept(await steps.opened(asked))
    answers = await steps.answers(referral.person_id)
    assert answers is not None
    assert answers.early_help_episode_id == accepted.early_help_episode_id
    open_still = await steps.house.ask(
        lambda ask: REFERRALS.get(ask, steps.mash.sight, referral.id)
    )
    assert (open_still.state, open_still.closed_at) == (CaseState.handing_over, None)
    with pytest.raises(StepDownNotReady, match="agreement and the first visit"):
        await steps.complete(accepted)
    agreed = await steps.family(accepted, FamilyAgreement.given)
    visited = await steps.visit(agreed)
    assert await steps.running(visited) == {"step_down_completed"}
    done = await steps.complete(visited)
    assert done.state is TransferState.completed
    closed = await steps.house.ask(lambda ask: REFERRALS.get(ask, steps.mash.sight, referral.id))
    assert (closed.state, closed.closure_code) == (CaseState.closed, "RC9")
    assert await steps.answers(referral.person_id) == answers


@pytest.mark.parametrize("accepted", [False, True], ids=["before", "after"])
async def test_a_family_that_does_not_agree_sends_a_step_down_back(
    steps: Steps, accepted: bool
) -> None:
    referral = await steps.child_in_social_care()
    transfer = await steps.opened(await steps.step_down(referral))
    if accepted:
        transfer = await steps.accept(transfer)
    back = await steps.family(transfer, FamilyAgreement.refused)
    assert back.state is TransferState.returned
    assert await steps.running(back) == {"step_down_returned"}
    answers = await steps.answers(referral.person_id)
    assert answers is not None
    assert answers.referral_id == referral.id
    again = await steps.do(
        lambda work: step_downs.decide_returned_transfer(
            work, steps.assessment, back.id, back.version, ask_again=True, words=WORDS
        )
    )
    assert again.state is TransferState.requested
    assert await steps.running(again) == {
        "step_down_opened",
        "step_down_answered",
        "step_down_family_agreement",
    }
    done = await steps.accept(await steps.opened(again))
    assert done.state is TransferState.accepted
    refused = await steps.family(done, FamilyAgreement.refused)
    kept = await steps.do(
        lambda work: step_downs.decide_returned_transfer(
            work, steps.assessment, refused.id, refused.version, ask_again=False, words=WORDS
        )
    )
    assert kept.state is TransferState.withdrawn
    assert await steps.running(kept) == set()


async def test_a_step_up_while_a_step_down_is_unfinished_gives_the_child_back(
    steps: Steps,
) -> None:
    referral = await steps.child_in_social_care()
    down = await steps.accept(await steps.opened(await steps.step_down(referral)))
    episode = await steps.house.ask(
        lambda ask: EPISODES.get(ask, steps.spoc.sight, down.early_help_episode_id)
    )
    up = await steps.step_up(episode)
    with pytest.raises(StepDownNotReady, match="step-up that is open"):
        ready = await steps.family(down, FamilyAgreement.given)
        await steps.complete(await steps.visit(ready))
    done = await steps.accept(await steps.opened(up), receiving_team_id="assessment-south")
    assert done.referral_id == referral.id
    assert (done.receiver_team_id, done.receiver_worker_id) == (
        referral.team_id,
        steps.social_worker.account_id,
    )
    answers = await steps.answers(referral.person_id)
    assert answers is not None
    assert answers.referral_id == referral.id
    whole = await steps.house.ask(lambda ask: transfers.read_transfer(ask, steps.mash, down.id))
    assert whole.transfer.state is TransferState.superseded
    assert all(one.stopped_at is not None for one in whole.deadlines)


async def test_asking_twice_returns_the_open_one(steps: Steps) -> None:
    episode = await steps.child_in_early_help()
    first = await steps.step_up(episode)
    assert (await steps.step_up(episode)).id == first.id
    withdrawn = await steps.do(
        lambda work: transfers.withdraw_transfer(
            work, steps.early_help, first.id, first.version, words=WORDS
        )
    )
    assert withdrawn.state is TransferState.withdrawn
    assert (await steps.step_up(episode)).id != first.id


async def test_a_closure_settles_what_is_open(steps: Steps) -> None:
    episode = await steps.child_in_early_help()
    asked = await steps.step_up(episode)
    await steps.do(
        lambda work: cases.close_early_help_episode(
            work, steps.spoc, episode.id, episode.version, EpisodeClosure.moved_away, WORDS
        )
    )
    whole = await steps.house.ask(lambda ask: transfers.read_transfer(ask, steps.mash, asked.id))
    assert whole.transfer.state is TransferState.superseded
    assert await steps.running(asked) == set()
    assert await steps.answers(episode.person_id) is None


async def test_an_unfinished_step_down_is_not_closed_from_either_side(steps: Steps) -> None:
    referral = await steps.child_in_social_care()
    down = await steps.accept(await steps.opened(await steps.step_down(referral)))
    handing_over = await steps.house.ask(
        lambda ask: REFERRALS.get(ask, steps.mash.sight, referral.id)
    )
    with pytest.raises(StepDownUnfinished):
        await steps.do(
            lambda work: cases.close_referral(
                work, steps.assessment, referral.id, handing_over.version, "RC8", WORDS
            )
        )
    with pytest.raises(StepDownUnfinished):
        await steps.do(
            lambda work: cases.close_early_help_episode(
                work,
                steps.spoc,
                down.early_help_episode_id,
                1,
                EpisodeClosure.outcomes_met,
                WORDS,
            )
        )


async def _new_contact(
    steps: Steps, person_id: object, outcome: Outcome, **changes: object
) -> None:
    worker = await caller(steps.house, Role.mash_worker)
    new = NewContact(
        concern="The school rang again.",
        source_code="2A",
        channel=Channel.telephone,
        referrer_role="Teacher",
        children=[NewChild(given_name="Ada", family_name="Example", person_id=person_id)],
    )
    file = await steps.do(lambda work: log_contact(work, worker, new))
    draft = await steps.do(
        lambda work: decide(
            work,
            worker,
            file.contact.id,
            new_decision(
                steps.house,
                file.children[0].id,
                outcome,
                history_considered="Early help and social care have known the child.",
                last_closed_because="It is open still.",
                **changes,
            ),
        )
    )
    await steps.do(
        lambda work: sign_off(work, steps.mash, draft.id, draft.version, agreed=True, words=WORDS)
    )


async def test_a_decision_to_refer_takes_over_from_early_help_and_settles_the_step_up(
    steps: Steps,
) -> None:
    episode = await steps.child_in_early_help()
    asked = await steps.step_up(episode)
    await _new_contact(steps, episode.person_id, Outcome.referral)
    answers = await steps.answers(episode.person_id)
    assert answers is not None
    assert answers.referral_id is not None
    whole = await steps.house.ask(lambda ask: transfers.read_transfer(ask, steps.mash, asked.id))
    assert whole.transfer.state is TransferState.superseded
    with pytest.raises(WrongState) as refused:
        await steps.opened(asked)
    assert refused.value.allowed == ()


async def test_a_decision_for_an_open_child_joins_the_case_that_is_open(steps: Steps) -> None:
    referral = await steps.child_in_social_care()
    await _new_contact(
        steps, referral.person_id, Outcome.referral, statutory_basis=StatutoryBasis.section_47
    )
    answers = await steps.answers(referral.person_id)
    assert answers is not None
    assert answers.referral_id == referral.id
    joined = await steps.house.ask(lambda ask: REFERRALS.get(ask, steps.mash.sight, referral.id))
    assert joined.statutory_basis is StatutoryBasis.section_47


async def test_no_decision_takes_a_child_from_social_care_to_early_help(steps: Steps) -> None:
    referral = await steps.child_in_social_care()
    with pytest.raises(OpenToSocialCare):
        await _new_contact(steps, referral.person_id, Outcome.early_help)


async def test_a_decision_is_not_superseded_once_the_child_has_moved_on(steps: Steps) -> None:
    episode = await steps.child_in_early_help()
    await steps.accept(await steps.opened(await steps.step_up(episode)))
    worker = await caller(steps.house, Role.mash_worker)
    changed = new_decision(
        steps.house,
        episode.child_id,
        Outcome.no_further_action,
        supersedes_id=episode.decision_id,
        supersedes_because="The school rang and took it back.",
    )
    with pytest.raises(ChildMovedOn):
        await steps.do(lambda work: decide(work, worker, episode.contact_id, changed))


async def test_who_asks_does_not_answer(steps: Steps) -> None:
    both = replace(
        steps.spoc,
        roles=steps.spoc.roles | steps.mash.roles,
        scopes=steps.spoc.scopes | steps.mash.scopes,
    )
    episode = await steps.child_in_early_help()
    new = transfers.NewTransfer(
        direction=transfers.Direction.step_up,
        case_id=episode.id,
        reason_code="risk_increased",
        evidence=EVIDENCE,
    )
    asked = await steps.do(lambda work: transfers.request_transfer(work, both, new))
    seen = await steps.opened(asked.transfer)
    with pytest.raises(OwnTransfer):
        await steps.do(
            lambda work: transfer_answers.accept_transfer(
                work, both, seen.id, seen.version, Acceptance(WORDS)
            )
        )


async def test_the_receiver_may_ask_for_a_case_and_the_holder_answers(steps: Steps) -> None:
    referral = await steps.child_in_social_care()
    new = transfers.NewTransfer(
        direction=transfers.Direction.step_down,
        case_id=referral.id,
        asked_by=Party.receiver,
        reason_code="need_reduced",
        evidence=EVIDENCE,
        receiving_team_id="family-centres",
        receiving_worker_id=steps.early_help.account_id,
    )
    asked = await steps.do(lambda work: transfers.request_transfer(work, steps.spoc, new))
    with pytest.raises(TransferUnderWay):
        await steps.step_down(referral)
    seen = await steps.do(
        lambda work: transfers.open_transfer(
            work, steps.assessment, asked.transfer.id, asked.transfer.version
        )
    )
    with pytest.raises(TransferIncomplete) as missing:
        await steps.do(
            lambda work: transfer_answers.accept_transfer(
                work, steps.assessment, seen.id, seen.version, Acceptance(WORDS)
            )
        )
    assert [one.pointer for one in missing.value.problems] == ["/plan"]
    done = await steps.do(
        lambda work: transfer_answers.accept_transfer(
            work, steps.assessment, seen.id, seen.version, Acceptance(WORDS, plan=PLAN)
        )
    )
    assert (done.state, done.receiver_team_id) == (TransferState.accepted, "family-centres")


async def test_a_loser_is_told_the_state_and_what_is_possible(steps: Steps) -> None:
    seen = await steps.opened(await steps.step_up(await steps.child_in_early_help()))
    await steps.refuse(seen)
    with pytest.raises(WrongState) as late:
        await steps.accept(seen)
    assert late.value.state == TransferState.refusal_pending
    assert late.value.allowed == ("agree_to_refusal", "challenge_refusal")


async def test_a_loser_at_a_step_up_is_told_only_what_a_step_up_knows(steps: Steps) -> None:
    asked = await steps.step_up(await steps.child_in_early_help())
    with pytest.raises(WrongState) as early:
        await steps.accept(asked)
    assert early.value.allowed == ("open", "withdraw")
    assert "family" not in early.value.detail


async def test_an_old_version_is_refused(steps: Steps) -> None:
    asked = await steps.step_up(await steps.child_in_early_help())
    with pytest.raises(Stale):
        await steps.do(
            lambda work: transfers.open_transfer(work, steps.mash, asked.id, asked.version + 1)
        )


async def test_only_the_case_that_answers_is_handed_over(steps: Steps) -> None:
    episode = await steps.child_in_early_help()
    await steps.accept(await steps.opened(await steps.step_up(episode)))
    with pytest.raises(NotAccountable):
        await steps.step_up(episode)


async def test_what_belongs_to_a_step_down_is_refused_in_a_step_up(steps: Steps) -> None:
    asked = await steps.step_up(await steps.child_in_early_help())
    steps.social_worker = steps.early_help
    with pytest.raises(NotForThisDirection):
        await steps.family(asked, FamilyAgreement.given)


async def test_a_partner_cannot_tell_that_a_transfer_is_there(steps: Steps) -> None:
    asked = await steps.step_up(await steps.child_in_early_help())
    partner = await caller(steps.house, Role.partner_system, organisation="riverbourne-police")
    answers = []
    for id_ in (asked.id, uuid4()):
        with pytest.raises(RoleMissing) as refused:
            await steps.do(lambda work, of=id_: transfers.open_transfer(work, partner, of, 1))
        answers.append(refused.value.detail)
        with pytest.raises(RoleMissing):
            await steps.house.ask(lambda ask, of=id_: transfers.read_transfer(ask, partner, of))
    assert answers[0] == answers[1]


async def test_who_neither_asked_nor_manages_does_not_take_a_request_back(steps: Steps) -> None:
    asked = await steps.step_up(await steps.child_in_early_help())
    colleague = await caller(steps.house, Role.early_help_worker, name="colleague")
    for who in (colleague, steps.mash):
        with pytest.raises(NotAllowed):
            await steps.do(
                partial(
                    transfers.withdraw_transfer,
                    who=who,
                    transfer_id=asked.id,
                    version=1,
                    words=WORDS,
                )
            )
    taken_back = await steps.do(
        lambda work: transfers.withdraw_transfer(work, steps.spoc, asked.id, 1, words=WORDS)
    )
    assert taken_back.state is TransferState.withdrawn


async def test_a_step_up_under_section_47_raises_the_basis_of_the_referral_that_takes_back(
    steps: Steps,
) -> None:
    referral = await steps.child_in_social_care()
    down = await steps.accept(await steps.opened(await steps.step_down(referral)))
    episode = await steps.house.ask(
        lambda ask: EPISODES.get(ask, steps.spoc.sight, down.early_help_episode_id)
    )
    up = await steps.opened(await steps.step_up(episode))
    await steps.accept(up, receiving_team_id=None, statutory_basis=StatutoryBasis.section_47)
    back = await steps.house.ask(lambda ask: REFERRALS.get(ask, steps.mash.sight, referral.id))
    assert (back.statutory_basis, back.state) == (StatutoryBasis.section_47, CaseState.allocated)


async def test_a_visit_from_before_the_acceptance_is_not_the_first_visit(steps: Steps) -> None:
    referral = await steps.child_in_social_care()
    accepted = await steps.accept(await steps.opened(await steps.step_down(referral)))
    with pytest.raises(TransferIncomplete) as early:
        await steps.do(
            lambda work: step_downs.record_first_visit(
                work,
                steps.early_help,
                accepted.id,
                accepted.version,
                visited_at=FRIDAY - timedelta(minutes=1),
                words=WORDS,
            )
        )
    assert [one.pointer for one in early.value.problems] == ["/visited_at"]


async def test_a_child_who_came_back_is_again_under_the_decision_of_the_beginning(
    steps: Steps,
) -> None:
    referral = await steps.child_in_social_care()
    down = await steps.accept(await steps.opened(await steps.step_down(referral)))
    worker = await caller(steps.house, Role.mash_worker)
    changed = new_decision(
        steps.house,
        referral.child_id,
        Outcome.no_further_action,
        supersedes_id=referral.decision_id,
        supersedes_because="The school rang and took it back.",
    )
    with pytest.raises(ChildMovedOn):
        await steps.do(lambda work: decide(work, worker, referral.contact_id, changed))
    await steps.family(down, FamilyAgreement.refused)
    draft = await steps.do(lambda work: decide(work, worker, referral.contact_id, changed))
    await steps.do(
        lambda work: sign_off(work, steps.mash, draft.id, draft.version, agreed=True, words=WORDS)
    )
    assert await steps.answers(referral.person_id) is None
    whole = await steps.house.ask(lambda ask: transfers.read_transfer(ask, steps.mash, down.id))
    assert whole.transfer.state is TransferState.superseded


async def test_what_moves_a_child_renews_every_contact_that_shows_its_clocks(steps: Steps) -> None:
    episode = await steps.child_in_early_help()
    await steps.step_up(episode)
    before = await steps.house.ask(
        lambda ask: contacts.get(ask, steps.mash.sight, episode.contact_id)
    )
    await _new_contact(steps, episode.person_id, Outcome.referral)
    after = await steps.house.ask(
        lambda ask: contacts.get(ask, steps.mash.sight, episode.contact_id)
    )
    assert after.version > before.version


async def test_the_holder_gives_a_case_to_the_team_that_asked_and_to_no_other(
    steps: Steps,
) -> None:
    referral = await steps.child_in_social_care()
    new = transfers.NewTransfer(
        direction=transfers.Direction.step_down,
        case_id=referral.id,
        asked_by=Party.receiver,
        reason_code="need_reduced",
        evidence=EVIDENCE,
        receiving_team_id="early-help-spoc",
        receiving_worker_id=steps.early_help.account_id,
    )
    asked = await steps.do(lambda work: transfers.request_transfer(work, steps.spoc, new))
    seen = await steps.do(
        lambda work: transfers.open_transfer(work, steps.assessment, asked.transfer.id, 1)
    )
    with pytest.raises(TransferIncomplete) as refused:
        await steps.do(
            lambda work: transfer_answers.accept_transfer(
                work,
                steps.assessment,
                seen.id,
                seen.version,
                Acceptance(
                    WORDS,
                    plan=PLAN,
                    receiving_team_id="family-centres",
                    receiving_worker_id=steps.social_worker.account_id,
                ),
            )
        )
    assert [one.pointer for one in refused.value.problems] == [
        "/receiving_team_id",
        "/receiving_worker_id",
    ]


async def test_who_may_not_see_the_child_may_not_see_the_step(steps: Steps) -> None:
    asked = await steps.step_down(
        await steps.child_in_social_care(), receiving_worker_id=steps.spoc.account_id
    )
    other = await steps.step_up(await steps.child_in_early_help())
    for who, transfer in ((steps.early_help, asked), (steps.social_worker, other)):
        with pytest.raises(NotFound):
            await steps.house.ask(
                partial(transfers.read_transfer, who=who, transfer_id=transfer.id)
            )
    named = await steps.step_down(await steps.child_in_social_care())
    found = await steps.house.ask(
        lambda ask: transfers.read_transfer(ask, steps.early_help, named.id)
    )
    assert found.transfer.receiver_worker_id == steps.early_help.account_id
