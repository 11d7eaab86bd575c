"""Challenges: what is possible in each state, who answers, the clocks, and what stays in place."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.bootstrap import House
from service.domain.access import Role, RoleMissing, ScopeMissing
from service.domain.authority import TeamWork
from service.domain.challenges import (
    CHALLENGE,
    Challenge,
    ChallengeAction,
    ChallengedThing,
    ChallengeFaulty,
    ChallengeFilters,
    ChallengeOfOwnDecision,
    ChallengeOpen,
    ChallengeOutcome,
    ChallengeState,
    LastStage,
    NothingToChallenge,
    NotYourChallenge,
    NotYoursToAnswer,
    UnderReview,
    allowed,
)
from service.domain.contacts import Channel
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision, DecisionState, Outcome
from service.domain.early_help_episodes import EpisodeClosure
from service.domain.errors import Conflict, FrontDoorError, NotFound, Stale
from service.domain.job_runs import JobName
from service.domain.new_contacts import NewChild, NewContact
from service.domain.states import WrongState
from service.domain.transfers import (
    Direction,
    FamilyAgreement,
    NotYoursToWithdraw,
    Transfer,
    TransferState,
)
from service.persistence.repositories.challenges import overdue
from service.persistence.repositories.decisions import of_child
from service.usecases import cases, step_downs, transfers
from service.usecases.challenges import (
    accept_challenge_answer,
    challenge_decision,
    escalate_challenge,
    list_challenges,
    move_challenges,
    withdraw_challenge,
)
from service.usecases.disagreements import disagree_with_outcome
from service.usecases.flags import sweep
from service.usecases.multi_agency_referrals import submit_multi_agency_referral
from tests.support.cases import log
from tests.support.challenges import REASONS, WORDS, Sides, sides_of
from tests.support.clocks import FixedClock
from tests.support.days import AUTUMN_FRIDAY
from tests.support.desks import POLICE
from tests.support.houses import caller, open_house
from workers.running import run_once
from workers.schedule import job_named

# A Friday at 16:00 in London; the clocks go back on the Sunday.
TUESDAY_END = datetime(2026, 10, 27, 23, 59, 59, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(AUTUMN_FRIDAY)


@pytest.fixture
async def house(database_url: str, clock: FixedClock, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
async def sides(house: House) -> Sides:
    return await sides_of(house)


async def rows(house: House, statement: str) -> list[tuple[Any, ...]]:
    async with house.database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def running(sides: Sides, challenge: Challenge) -> list[Deadline]:
    whole = await sides.read(challenge.id)
    return [one for one in whole.deadlines if one.stopped_at is None]


async def on_file(sides: Sides, challenge: Challenge) -> list[Decision]:
    return await sides.house.ask(lambda ask: of_child(ask, challenge.child_id))


async def escalated(sides: Sides, challenge: Challenge, to: int) -> Challenge:
    while challenge.stage < to:
        challenge = await sides.pursue(escalate_challenge, challenge)
    return challenge


# The state table, from the rules: each state is reached, and everything is tried in it.


async def _raised(sides: Sides) -> Challenge:
    return await sides.challenged()


async def _at_the_last_stage(sides: Sides) -> Challenge:
    return await escalated(sides, await sides.challenged(), 3)


async def _agreed_to(sides: Sides) -> Challenge:
    return await sides.answer(await sides.challenged(), "agreed")


async def _agreed_to_at_the_last_stage(sides: Sides) -> Challenge:
    return await sides.answer(await _at_the_last_stage(sides), "agreed", "head")


async def _upheld(sides: Sides) -> Challenge:
    return await sides.answer(await sides.challenged(), "upheld")


async def _awaiting_change(sides: Sides) -> Challenge:
    return await sides.answer(await sides.challenged(), "changed")


async def _ended(sides: Sides) -> Challenge:
    return await sides.pursue(accept_challenge_answer, await _agreed_to(sides))


PLACES: dict[str, Callable[[Sides], Awaitable[Challenge]]] = {
    "raised": _raised,
    "raised at the last stage": _at_the_last_stage,
    "agreed": _agreed_to,
    "agreed at the last stage": _agreed_to_at_the_last_stage,
    "upheld": _upheld,
    "awaiting change": _awaiting_change,
    "ended": _ended,
}
POSSIBLE = {
    "raised": ("agree", "uphold", "change", "escalate", "withdraw"),
    "raised at the last stage": ("agree", "uphold", "change", "withdraw"),
    "agreed": ("accept", "escalate", "withdraw"),
    "agreed at the last stage": ("accept", "withdraw"),
    "upheld": ("accept", "escalate", "withdraw"),
    "awaiting change": ("withdraw",),
    "ended": (),
}
ENDS = {
    ("raised", "agree"): ("agreed", None),
    ("raised", "uphold"): ("upheld", None),
    ("raised", "change"): ("awaiting_change", None),
    ("raised", "escalate"): ("raised", None),
    ("raised", "withdraw"): ("ended", "withdrawn"),
    ("raised at the last stage", "agree"): ("agreed", None),
    ("raised at the last stage", "uphold"): ("ended", "upheld"),
    ("raised at the last stage", "change"): ("awaiting_change", None),
    ("raised at the last stage", "withdraw"): ("ended", "withdrawn"),
    ("agreed", "accept"): ("ended", "agreed"),
    ("agreed", "escalate"): ("raised", None),
    ("agreed", "withdraw"): ("ended", "withdrawn"),
    ("agreed at the last stage", "accept"): ("ended", "agreed"),
    ("agreed at the last stage", "withdraw"): ("ended", "withdrawn"),
    ("upheld", "escalate"): ("raised", None),
    ("upheld", "accept"): ("ended", "upheld"),
    ("upheld", "withdraw"): ("ended", "withdrawn"),
    ("awaiting change", "withdraw"): ("ended", "withdrawn"),
}
PURSUITS = {
    "escalate": escalate_challenge,
    "accept": accept_challenge_answer,
    "withdraw": withdraw_challenge,
}
ANSWERS = {"agree": "agreed", "uphold": "upheld", "change": "changed"}


async def attempt(sides: Sides, challenge: Challenge, action: str) -> Challenge:
    if action in ANSWERS:
        who = "head" if challenge.stage > 1 else "manager"
        return await sides.answer(challenge, ANSWERS[action], who)
    return await sides.pursue(PURSUITS[action], challenge)


@pytest.mark.parametrize("action", [*ANSWERS, *PURSUITS])
@pytest.mark.parametrize("place", PLACES)
async def test_in_each_state_what_is_possible_works_and_the_rest_is_refused_with_what_is(
    sides: Sides, place: str, action: str
) -> None:
    challenge = await PLACES[place](sides)
    before = await sides.read(challenge.id)
    assert tuple(before.allowed) == POSSIBLE[place]
    if (place, action) not in ENDS:
        with pytest.raises(Conflict) as refused:
            await attempt(sides, challenge, action)
        assert isinstance(refused.value, (WrongState, LastStage))
        assert (refused.value.state, refused.value.allowed) == (challenge.state, POSSIBLE[place])
        assert await sides.read(challenge.id) == before, "a refusal changes nothing"
        return
    state, outcome = ENDS[place, action]
    moved = await attempt(sides, challenge, action)
    whole = await sides.read(challenge.id)
    assert whole.challenge == moved
    assert (moved.state, moved.outcome) == (state, outcome)
    assert (moved.ended_at is not None) == (state == "ended")
    assert [one.stopped_at is None for one in whole.deadlines].count(True) == (state != "ended")
    assert whole.steps[-1].state == moved.state
    assert moved.version == challenge.version + 1


def test_what_people_can_do_and_what_follows_by_itself_is_the_whole_table() -> None:
    by_people = {(place, action) for place, action in ENDS if "last stage" not in place}
    assert len(by_people) + len(
        [1 for _, action in CHALLENGE.moves if action in CHALLENGE.by_itself]
    ) == len(CHALLENGE.moves)


async def test_whoever_comes_second_is_told_that_it_changed(sides: Sides) -> None:
    challenge = await sides.challenged()
    await sides.pursue(escalate_challenge, challenge)
    with pytest.raises(Stale):
        await sides.answer(challenge, "upheld")


# Raising.


async def test_a_challenge_is_answered_first_by_the_manager_of_the_mash(sides: Sides) -> None:
    decision = await sides.decided()
    raised = await sides.do(challenge_decision, "early_help", decision.id, words=REASONS)
    assert not raised.before
    challenge = raised.challenge
    assert (challenge.thing, challenge.stage) == (ChallengedThing.decision, 1)
    assert challenge.answering_role == "mash_manager"
    assert challenge.challenger_role == "early_help_spoc_manager"
    whole = await sides.read(challenge.id)
    assert [(step.action, step.words, step.by) for step in whole.steps] == [
        (ChallengeAction.raise_, REASONS, sides["early_help"].account_id)
    ]
    assert challenge.reference.startswith("H-")
    [event] = await rows(sides.house, "SELECT type, data FROM event WHERE type LIKE 'challenge.%'")
    assert event[0] == "challenge.raised"
    assert REASONS not in str(event[1])


async def test_asked_again_while_one_is_open_the_open_one_comes_back(sides: Sides) -> None:
    decision = await sides.decided()
    challenge = await sides.challenged(decision)
    again = await sides.do(challenge_decision, "early_help", decision.id, words="")
    assert (again.before, again.challenge) == (True, challenge)
    with pytest.raises(UnderReview, match="was not kept"):
        await sides.do(challenge_decision, "spoc", decision.id, words=REASONS)
    await sides.pursue(withdraw_challenge, challenge)
    anew = await sides.do(challenge_decision, "spoc", decision.id, words=REASONS)
    assert not anew.before
    assert anew.challenge.id != challenge.id


async def test_a_challenge_that_is_sent_sixteen_times_at_once_is_one_challenge(
    sides: Sides,
) -> None:
    decision = await sides.decided()
    raised = await asyncio.gather(
        *(sides.do(challenge_decision, "early_help", decision.id, words=REASONS) for _ in range(16))
    )
    assert len({one.challenge.id for one in raised}) == 1
    assert [one.before for one in raised].count(False) == 1


async def test_the_answer_of_the_last_stage_is_final(sides: Sides) -> None:
    decision = await sides.decided()
    challenge = await escalated(sides, await sides.challenged(decision), 3)
    ended = await sides.answer(challenge, "upheld", "head")
    assert ended.outcome is ChallengeOutcome.upheld
    for who in ("early_help", "spoc"):
        with pytest.raises(NothingToChallenge, match="final"):
            await sides.do(challenge_decision, who, decision.id, words=REASONS)


async def test_only_a_signed_decision_that_stands_is_challenged(sides: Sides) -> None:
    file = await log(sides.house)
    contact_id, child_id = file.contact.id, file.children[0].id
    draft = await sides.drafted_on(contact_id, child_id, Outcome.early_help)
    with pytest.raises(NothingToChallenge) as refused:
        await sides.do(challenge_decision, "spoc", draft.id, words=REASONS)
    assert refused.value.state == DecisionState.awaiting_sign_off
    first = await sides.signed(draft)
    await sides.decided_on(
        contact_id,
        child_id,
        Outcome.early_help,
        supersedes_id=first.id,
        supersedes_because="New facts came by telephone.",
    )
    with pytest.raises(NothingToChallenge) as refused:
        await sides.do(challenge_decision, "spoc", first.id, words=REASONS)
    assert refused.value.state == DecisionState.superseded


async def test_a_decision_from_which_the_child_has_moved_on_is_not_challenged(
    sides: Sides,
) -> None:
    challenge = await sides.challenged_refusal()
    challenge = await sides.answer(challenge, "changed", "second_manager")
    assert challenge.transfer_id is not None
    await sides.accept(await sides.transfer(challenge.transfer_id), "manager")
    [decision] = await on_file(sides, challenge)
    with pytest.raises(NothingToChallenge, match="moved"):
        await sides.do(challenge_decision, "spoc", decision.id, words=REASONS)


@pytest.mark.parametrize("words", ["No.", "As above", "no no no no no no no no no no no no no no"])
async def test_a_challenge_says_why(sides: Sides, words: str) -> None:
    decision = await sides.decided()
    with pytest.raises(ChallengeFaulty) as refused:
        await sides.do(challenge_decision, "spoc", decision.id, words=words)
    assert [problem.pointer for problem in refused.value.problems] == ["/words"]


@pytest.mark.parametrize("action", [*ANSWERS, *PURSUITS])
async def test_every_step_says_why_in_words_of_its_own(sides: Sides, action: str) -> None:
    place = "upheld" if action == "accept" else "raised"
    challenge = await PLACES[place](sides)
    with pytest.raises(ChallengeFaulty):
        if action in ANSWERS:
            await sides.answer(challenge, ANSWERS[action], words="As above")
        else:
            await sides.pursue(PURSUITS[action], challenge, words="As above")


def with_both_hats(sides: Sides, one: str, other: str) -> None:
    """Somebody who has a colleague's roles too."""
    roles = sides[one].roles | sides[other].roles
    sides.people[one] = replace(
        sides[one], roles=roles, scopes=sides[one].scopes | sides[other].scopes
    )


@pytest.mark.parametrize("who", ["worker", "manager"])
async def test_nobody_challenges_a_decision_that_they_drafted_or_signed(
    sides: Sides, who: str
) -> None:
    with_both_hats(sides, who, "spoc")
    decision = await sides.decided()
    with pytest.raises(ChallengeOfOwnDecision):
        await sides.do(challenge_decision, who, decision.id, words=REASONS)


async def test_who_may_not_see_the_decision_does_not_learn_that_it_is_there(sides: Sides) -> None:
    decision = await sides.decided(Outcome.referral)
    with pytest.raises(FrontDoorError) as refused:
        await sides.do(challenge_decision, "early_help", decision.id, words=REASONS)
    assert refused.value.code == "decision_not_found"


async def test_who_decides_does_not_challenge(sides: Sides) -> None:
    decision = await sides.decided()
    with pytest.raises(RoleMissing):
        await sides.do(challenge_decision, "manager", decision.id, words=REASONS)
    without = await caller(sides.house, Role.early_help_spoc_manager, scopes=[])
    with pytest.raises(ScopeMissing):
        await sides.house.perform(
            lambda work: challenge_decision(work, without, decision.id, words=REASONS)
        )


# Answering.


@pytest.mark.parametrize("who", ["spoc", "assessment", "head"])
async def test_a_stage_is_answered_by_the_role_that_it_is_put_to(sides: Sides, who: str) -> None:
    challenge = await sides.challenged()
    # An assessment team does not know of a child whom early help holds.
    with pytest.raises((NotYoursToAnswer, NotFound), match=r"mash manager|may see"):
        await sides.answer(challenge, "upheld", who)


@pytest.mark.parametrize("who", ["worker", "manager"])
async def test_who_decided_may_answer_the_first_stage_and_no_later_one(
    sides: Sides, who: str
) -> None:
    with_both_hats(sides, who, "manager")
    with_both_hats(sides, who, "head")
    challenge = await sides.challenged()
    higher = await escalated(sides, await sides.challenged(), 2)
    with pytest.raises(NotYoursToAnswer, match="earlier stage"):
        await sides.answer(higher, "upheld", who)
    assert (await sides.answer(higher, "upheld", "second_head")).state == "upheld"
    assert (await sides.answer(challenge, "upheld", who)).state == "upheld"


async def answered_at_two_stages(sides: Sides, first: str, second: str) -> Challenge:
    """A challenge that has come to its third stage after two answers."""
    challenge = await sides.answer(await sides.challenged(), "upheld", first)
    challenge = await sides.pursue(escalate_challenge, challenge)
    challenge = await sides.answer(challenge, "upheld", second)
    challenge = await sides.pursue(escalate_challenge, challenge)
    assert challenge.stage == 3
    return challenge


async def test_the_only_head_of_service_answers_both_later_stages(sides: Sides) -> None:
    challenge = await answered_at_two_stages(sides, "manager", "head")
    ended = await sides.answer(challenge, "upheld", "head")
    assert (ended.state, ended.outcome) == (ChallengeState.ended, ChallengeOutcome.upheld)


async def test_who_answered_the_first_stage_answers_no_later_one(sides: Sides) -> None:
    with_both_hats(sides, "second_manager", "head")
    challenge = await answered_at_two_stages(sides, "second_manager", "head")
    with pytest.raises(NotYoursToAnswer, match="earlier stage"):
        await sides.answer(challenge, "upheld", "second_manager")


async def test_where_the_last_stage_is_put_to_another_role_it_is_answered_by_somebody_new(
    sides: Sides,
) -> None:
    policy = sides.house.policy
    sides.house.policy = replace(
        policy, challenges=replace(policy.challenges, stage_2_answered_by="assessment_team_manager")
    )
    with_both_hats(sides, "assessment", "head")
    challenge = await answered_at_two_stages(sides, "manager", "assessment")
    with pytest.raises(NotYoursToAnswer, match="earlier stage"):
        await sides.answer(challenge, "upheld", "assessment")
    ended = await sides.answer(challenge, "upheld", "head")
    assert ended.state is ChallengeState.ended


async def test_nobody_answers_what_they_raised(sides: Sides) -> None:
    with_both_hats(sides, "early_help", "manager")
    challenge = await sides.challenged()
    with pytest.raises(NotYoursToAnswer, match="raised"):
        await sides.answer(challenge, "upheld", "early_help")


async def test_two_managers_who_answer_at_once_are_one_winner_and_one_who_is_told(
    sides: Sides,
) -> None:
    challenge = await sides.challenged()
    done = await asyncio.gather(
        sides.answer(challenge, "upheld", "manager"),
        sides.answer(challenge, "changed", "second_manager"),
        return_exceptions=True,
    )
    [winner] = [one for one in done if isinstance(one, Challenge)]
    [loser] = [one for one in done if isinstance(one, BaseException)]
    assert isinstance(loser, WrongState)
    assert loser.state == winner.state
    assert loser.allowed == allowed(winner, 3)


# The challenger's side.


@pytest.mark.parametrize("who", ["spoc", "second_spoc"])
async def test_a_manager_of_the_same_side_may_pursue_a_workers_challenge(
    sides: Sides, who: str
) -> None:
    challenge = await sides.challenged()
    assert (await sides.pursue(escalate_challenge, challenge, who)).stage == 2


@pytest.mark.parametrize("who", ["early_help_colleague", "assessor", "assessment", "manager"])
@pytest.mark.parametrize("action", ["escalate", "withdraw"])
async def test_nobody_else_does(sides: Sides, who: str, action: str) -> None:
    challenge = await sides.challenged()
    unseen = who in ("assessor", "assessment")
    with pytest.raises(NotFound if unseen else NotYourChallenge):
        await sides.pursue(PURSUITS[action], challenge, who)


@pytest.mark.parametrize(
    "use_case", [escalate_challenge, withdraw_challenge, accept_challenge_answer]
)
async def test_a_partner_alone_pursues_its_own_challenge_whatever_roles_somebody_here_has(
    sides: Sides, use_case: Any
) -> None:
    """Not even who raised it, come in as one of us: it is pursued by the partner's own door."""
    partner = await caller(sides.house, Role.partner_system, organisation=POLICE)
    sent = NewContact(
        concern="The officer saw the child alone at night.",
        source_code="6",
        channel=Channel.partner_system,
        children=[NewChild(given_name="Ada")],
        referrer_role="Officer",
    )
    file = await sides.house.perform(lambda work: submit_multi_agency_referral(work, partner, sent))
    await sides.decided_on(file.contact.id, file.children[0].id, Outcome.early_help)
    await sides.house.perform(
        lambda work: disagree_with_outcome(work, partner, file.contact.id, words=REASONS)
    )
    head = sides["head"]
    [found] = await sides.house.ask(
        lambda ask: list_challenges(ask, head, ChallengeFilters(), limit=10)
    )
    challenge = await sides.answer(found.challenge, "agreed")
    sides.people["of both"] = replace(
        sides["spoc"],
        account_id=partner.account_id,
        roles=sides["spoc"].roles | partner.roles,
        scopes=sides["spoc"].scopes | partner.scopes,
    )
    for who in ("of both", "spoc"):
        with pytest.raises(NotYourChallenge, match="It alone takes it further"):
            await sides.pursue(use_case, challenge, who)


async def test_beyond_the_last_stage_there_is_nobody(sides: Sides) -> None:
    challenge = await escalated(sides, await sides.challenged(), 3)
    with pytest.raises(LastStage, match="agree, uphold, change, withdraw") as refused:
        await sides.pursue(escalate_challenge, challenge)
    assert "escalate" not in (refused.value.allowed or ())


# The clocks, in working days to the second.


async def test_the_stages_have_their_clocks(sides: Sides, clock: FixedClock) -> None:
    challenge = await sides.challenged()
    [first] = await running(sides, challenge)
    assert (first.kind, first.owner_role) == ("challenge_stage_1", "mash_manager")
    assert (first.started_at, first.due_at) == (AUTUMN_FRIDAY, TUESDAY_END)
    clock.set(datetime(2026, 10, 26, 9, 0, tzinfo=UTC))
    challenge = await sides.pursue(escalate_challenge, challenge)
    [second] = await running(sides, challenge)
    assert (second.kind, second.owner_role) == ("challenge_stage_2", "head_of_service")
    assert second.due_at == datetime(2026, 10, 28, 23, 59, 59, tzinfo=UTC)
    challenge = await sides.pursue(escalate_challenge, challenge)
    [third] = await running(sides, challenge)
    assert (third.kind, third.owner_role) == ("challenge_stage_3", "head_of_service")
    assert third.due_at == datetime(2026, 11, 2, 23, 59, 59, tzinfo=UTC)
    challenge = await sides.answer(challenge, "changed", "head")
    [change] = await running(sides, challenge)
    assert (change.kind, change.owner_role) == ("challenge_change", "mash_manager")
    assert change.due_at == TUESDAY_END


@pytest.mark.parametrize("place", ["agreed", "agreed at the last stage", "upheld"])
async def test_an_answer_that_it_stands_waits_for_the_side_that_challenged(
    sides: Sides, place: str
) -> None:
    challenge = await PLACES[place](sides)
    [response] = await running(sides, challenge)
    assert (response.kind, response.owner_role) == (
        "challenge_response",
        "early_help_spoc_manager",
    )
    assert response.due_at == TUESDAY_END


# While it is open the case stays where it is, and afterwards it moves.


async def _close(sides: Sides, case: Any) -> Any:
    return await sides.do(
        cases.close_early_help_episode,
        "spoc",
        case.id,
        case.version,
        EpisodeClosure.outcomes_met,
        WORDS,
    )


async def _give(sides: Sides, case: Any, team: str | None) -> Any:
    return await sides.do(
        cases.allocate_early_help_episode,
        "spoc",
        case.id,
        case.version,
        sides["early_help"].account_id,
        team,
    )


@pytest.mark.parametrize("place", ["raised", "agreed", "upheld", "awaiting change"])
async def test_while_a_challenge_is_open_the_case_is_neither_closed_nor_moved(
    sides: Sides, place: str
) -> None:
    challenge = await PLACES[place](sides)
    assert challenge.decision_id is not None
    [decision] = await on_file(sides, challenge)
    case = await _give(sides, await sides.case_of(decision), None)
    with pytest.raises(ChallengeOpen, match=challenge.reference) as refused:
        await _close(sides, case)
    assert refused.value.state == challenge.state
    teams = sides.house.policy.teams_for(TeamWork.early_help_episode)
    other = next(team.id for team in teams if team.id != case.team_id)
    with pytest.raises(ChallengeOpen):
        await _give(sides, case, other)
    await sides.pursue(withdraw_challenge, challenge)
    moved = await _give(sides, case, other)
    assert moved.team_id == other
    assert (await _close(sides, moved)).closed_at is not None


@pytest.mark.parametrize("place", ["raised", "agreed", "upheld"])
async def test_while_it_is_open_the_decision_is_not_superseded(sides: Sides, place: str) -> None:
    challenge = await PLACES[place](sides)
    [decision] = await on_file(sides, challenge)
    with pytest.raises(ChallengeOpen, match=challenge.reference):
        await _superseding(sides, decision)
    assert (await sides.read(challenge.id)).challenge == challenge


async def test_nor_by_a_draft_that_was_there_before(sides: Sides) -> None:
    decision = await sides.decided()
    draft = await _superseding(sides, decision)
    challenge = await sides.challenged(decision)
    with pytest.raises(ChallengeOpen, match=challenge.reference):
        await sides.signed(draft)
    await sides.pursue(withdraw_challenge, challenge)
    assert (await sides.signed(draft)).state is DecisionState.signed


async def _superseding(sides: Sides, decision: Decision) -> Decision:
    return await sides.drafted_on(
        decision.contact_id,
        decision.child_id,
        Outcome.referral,
        supersedes_id=decision.id,
        supersedes_because="New facts came by telephone.",
    )


async def test_while_it_is_open_a_step_down_is_not_accepted(sides: Sides) -> None:
    decision = await sides.decided(Outcome.referral)
    case = await sides.case_of(decision)
    await sides.allocate(case)
    raised = await sides.do(challenge_decision, "assessor", decision.id, words=REASONS)
    assert raised.challenge.challenger_role == "assessment_team_manager"
    transfer = await _asked_down(sides, case)
    opened = await sides.do(transfers.open_transfer, "spoc", transfer.id, 1)
    with pytest.raises(ChallengeOpen):
        await sides.accept(opened, "spoc")
    await sides.pursue(withdraw_challenge, raised.challenge, "assessor")
    accepted = await sides.accept(opened, "spoc")
    assert accepted.state is TransferState.accepted


async def _asked_down(sides: Sides, case: Any) -> Transfer:
    new = transfers.NewTransfer(
        direction=Direction.step_down,
        case_id=case.id,
        reason_code=next(iter(sides.house.policy.transfers.step_down_reasons)),
        evidence=REASONS,
        **sides.plan(),
    )
    asked = await sides.do(transfers.request_transfer, "assessor", new)
    transfer: Transfer = asked.transfer
    return transfer


async def test_while_it_is_open_a_step_down_is_not_completed(
    sides: Sides, clock: FixedClock
) -> None:
    decision = await sides.decided(Outcome.referral)
    case = await sides.case_of(decision)
    await sides.allocate(case)
    transfer = await _asked_down(sides, case)
    transfer = await sides.do(transfers.open_transfer, "spoc", transfer.id, 1)
    transfer = await sides.accept(transfer, "spoc")
    transfer = await sides.do(
        step_downs.record_family_agreement,
        "spoc",
        transfer.id,
        transfer.version,
        agreement=FamilyAgreement.given,
        words=WORDS,
    )
    clock.forward(days=3)
    transfer = await sides.do(
        step_downs.record_first_visit,
        "spoc",
        transfer.id,
        transfer.version,
        visited_at=clock(),
        words=WORDS,
    )
    # Another decision about the same child, on a contact of its own.
    other = await log(sides.house)
    await same_child(sides)
    joined = await sides.decided_on(
        other.contact.id,
        other.children[0].id,
        Outcome.information_and_advice,
        level_of_need=2,
        history_considered="A referral is open with a step-down.",
        last_closed_because="It is open.",
    )
    raised = await sides.do(challenge_decision, "spoc", joined.id, words=REASONS)
    finish = {"closure_code": "RC9", "words": WORDS}
    with pytest.raises(ChallengeOpen):
        await sides.do(
            step_downs.complete_transfer, "assessment", transfer.id, transfer.version, **finish
        )
    await sides.pursue(withdraw_challenge, raised.challenge, "spoc")
    done = await sides.do(
        step_downs.complete_transfer, "assessment", transfer.id, transfer.version, **finish
    )
    assert done.state is TransferState.completed


async def same_child(sides: Sides) -> None:
    async with sides.house.database.writing() as connection:
        await connection.execute(
            text("UPDATE contact_child SET person_id = (SELECT person_id FROM decision LIMIT 1)")
        )
        await connection.commit()


async def test_social_care_may_take_the_child_on_which_overtakes_the_challenge(
    sides: Sides,
) -> None:
    decision = await sides.decided()
    challenge = await sides.challenged(decision)
    other = await log(sides.house)
    await same_child(sides)
    await sides.decided_on(
        other.contact.id,
        other.children[0].id,
        Outcome.referral,
        history_considered="Early help is open.",
        last_closed_because="It is open.",
    )
    whole = await sides.read(challenge.id)
    assert whole.challenge.outcome is ChallengeOutcome.overtaken
    assert [one.stopped_because for one in whole.deadlines] == ["overtake"]


async def test_the_change_that_a_challenge_led_to_takes_the_child_on_from_early_help(
    sides: Sides,
) -> None:
    decision = await sides.decided(Outcome.no_further_action)
    raised = await sides.do(challenge_decision, "spoc", decision.id, words=REASONS)
    challenge = await sides.answer(raised.challenge, "changed")
    other = await log(sides.house)
    await same_child(sides)
    history: dict[str, Any] = {
        "history_considered": "Nothing was done the first time.",
        "last_closed_because": "It is being looked at again.",
    }
    await sides.decided_on(other.contact.id, other.children[0].id, Outcome.early_help, **history)
    new = await sides.decided_on(
        decision.contact_id,
        decision.child_id,
        Outcome.referral,
        supersedes_id=decision.id,
        supersedes_because="The school's chronology has come.",
        **history,
    )
    whole = await sides.read(challenge.id)
    assert whole.challenge.outcome is ChallengeOutcome.changed
    assert whole.challenge.changed_to_decision_id == new.id


# What it changes is a new, superseding decision.


async def test_a_change_is_a_superseding_decision_which_ends_the_challenge(sides: Sides) -> None:
    decision = await sides.decided()
    challenge = await sides.answer(await sides.challenged(decision), "changed")
    new = await sides.signed(await _superseding(sides, decision))
    whole = await sides.read(challenge.id)
    assert whole.challenge.outcome is ChallengeOutcome.changed
    assert whole.challenge.changed_to_decision_id == new.id
    assert whole.steps[-1].action is ChallengeAction.carry_out
    assert [one.stopped_at is None for one in whole.deadlines] == [False, False]
    old, _ = await on_file(sides, challenge)
    assert old.state is DecisionState.superseded


async def two_to_change(sides: Sides) -> tuple[list[Decision], list[Challenge]]:
    """A child on two contacts: one opened the referral, one joined it; both are to be changed."""
    opened = await sides.decided(Outcome.referral)
    other = await log(sides.house)
    await same_child(sides)
    joined = await sides.decided_on(
        other.contact.id, other.children[0].id, Outcome.referral, **IT_IS_OPEN
    )
    found = []
    for decision in (opened, joined):
        raised = await sides.do(challenge_decision, "assessor", decision.id, words=REASONS)
        found.append(await sides.answer(raised.challenge, "changed"))
    return [opened, joined], found


IT_IS_OPEN: dict[str, Any] = {
    "history_considered": "A referral is open.",
    "last_closed_because": "It is open.",
}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["the opener first", "the joiner first"])
async def test_two_challenges_about_a_child_that_both_led_to_a_change_are_both_carried_out(
    sides: Sides, order: tuple[int, int]
) -> None:
    decisions, found = await two_to_change(sides)
    assert decisions[1].joined_case_id is not None
    drafts = {
        place: await sides.drafted_on(
            decisions[place].contact_id,
            decisions[place].child_id,
            Outcome.information_and_advice,
            level_of_need=2,
            supersedes_id=decisions[place].id,
            supersedes_because="The challenge was right.",
            **IT_IS_OPEN,
        )
        for place in order
    }
    for place in order:
        new = await sides.signed(drafts[place])
        whole = await sides.read(found[place].id)
        assert whole.challenge.outcome is ChallengeOutcome.changed
        assert whole.challenge.changed_to_decision_id == new.id


async def test_a_challenge_that_is_not_answered_yet_still_refuses_the_change_of_another(
    sides: Sides,
) -> None:
    decisions, found = await two_to_change(sides)
    await sides.pursue(withdraw_challenge, found[1], "assessor")
    raised = await sides.do(challenge_decision, "assessor", decisions[1].id, words=REASONS)
    with pytest.raises(ChallengeOpen, match=raised.challenge.reference):
        await _superseding(sides, decisions[0])


async def test_an_overturned_refusal_waits_for_a_decision_to_be_changed_and_not_the_other_way(
    sides: Sides,
) -> None:
    refusal = await sides.challenged_refusal(Direction.step_down)
    [decision] = await on_file(sides, refusal)
    raised = await sides.do(challenge_decision, "assessor", decision.id, words=REASONS)
    disputed = await sides.answer(raised.challenge, "changed")
    refusal = await sides.answer(refusal, "changed", "spoc")
    assert refusal.transfer_id is not None
    transfer = await sides.transfer(refusal.transfer_id)
    with pytest.raises(ChallengeOpen, match=disputed.reference):
        await sides.accept(transfer, "spoc")
    await sides.signed(await _superseding(sides, decision))
    for challenge, outcome in ((disputed, "changed"), (refusal, "overtaken")):
        assert (await sides.read(challenge.id)).challenge.outcome == outcome


# Refusals.


@pytest.mark.parametrize("direction", Direction)
async def test_a_challenged_refusal_is_answered_first_by_the_side_that_refused(
    sides: Sides, direction: Direction
) -> None:
    challenge = await sides.challenged_refusal(direction)
    sides_of_it = {
        Direction.step_up: ("mash_manager", "early_help_spoc_manager"),
        Direction.step_down: ("early_help_spoc_manager", "assessment_team_manager"),
    }
    assert (challenge.answering_role, challenge.challenger_role) == sides_of_it[direction]
    assert challenge.thing is ChallengedThing.refusal


@pytest.mark.parametrize("direction", Direction)
async def test_an_overturned_refusal_waits_to_be_accepted_which_ends_the_challenge(
    sides: Sides, direction: Direction
) -> None:
    challenge = await sides.challenged_refusal(direction)
    who = "manager" if direction is Direction.step_up else "spoc"
    challenge = await sides.answer(challenge, "changed", who)
    assert challenge.transfer_id is not None
    [change] = await running(sides, challenge)
    assert (change.kind, change.owner_role) == ("challenge_change", challenge.answering_role)
    transfer = await sides.transfer(challenge.transfer_id)
    assert transfer.state is TransferState.refusal_overturned
    accepted = await sides.accept(transfer, who)
    assert accepted.accepted_at is not None
    whole = await sides.read(challenge.id)
    assert whole.challenge.outcome is ChallengeOutcome.changed
    assert whole.challenge.changed_to_decision_id is None
    assert not await running(sides, challenge)


STANDS: dict[str, Callable[[Sides, Challenge], Awaitable[Challenge]]] = {}


def stands(
    way: Callable[[Sides, Challenge], Awaitable[Challenge]],
) -> Callable[[Sides, Challenge], Awaitable[Challenge]]:
    STANDS[way.__name__.strip("_")] = way
    return way


@stands
async def _agreed(sides: Sides, challenge: Challenge) -> Challenge:
    agreed = await sides.answer(challenge, "agreed")
    return await sides.pursue(accept_challenge_answer, agreed, "spoc")


@stands
async def _upheld_finally(sides: Sides, challenge: Challenge) -> Challenge:
    for stage in (2, 3):
        challenge = await sides.pursue(escalate_challenge, challenge, "spoc")
        assert challenge.stage == stage
    return await sides.answer(challenge, "upheld", "head")


@stands
async def _accepted(sides: Sides, challenge: Challenge) -> Challenge:
    upheld = await sides.answer(challenge, "upheld")
    return await sides.pursue(accept_challenge_answer, upheld, "second_spoc")


@stands
async def _withdrawn(sides: Sides, challenge: Challenge) -> Challenge:
    return await sides.pursue(withdraw_challenge, challenge, "spoc")


@pytest.mark.parametrize("way", STANDS)
async def test_a_refusal_whose_challenge_changes_nothing_is_final(sides: Sides, way: str) -> None:
    challenge = await sides.challenged_refusal()
    ended = await STANDS[way](sides, challenge)
    assert ended.state is ChallengeState.ended
    assert ended.transfer_id is not None
    transfer = await sides.transfer(ended.transfer_id)
    assert transfer.state is TransferState.refused
    assert transfer.refusal_agreed_at == transfer.ended_at == AUTUMN_FRIDAY
    assert (
        await rows(
            sides.house, "SELECT kind FROM deadline WHERE stopped_at IS NULL AND kind LIKE 'step_%'"
        )
        == []
    )


async def test_who_refused_does_not_make_it_final_by_saying_that_both_agree(sides: Sides) -> None:
    """Final only when the manager of who asked agrees (rule 10), not when the answerer says so."""
    challenge = await sides.answer(await sides.challenged_refusal(), "agreed")
    assert (challenge.state, challenge.outcome) == (ChallengeState.agreed, None)
    assert challenge.transfer_id is not None
    transfer = await sides.transfer(challenge.transfer_id)
    assert transfer.state is TransferState.refusal_challenged
    with pytest.raises(NotYourChallenge):
        await sides.pursue(accept_challenge_answer, challenge, "manager")
    higher = await sides.pursue(escalate_challenge, challenge, "spoc")
    assert (higher.state, higher.stage) == (ChallengeState.raised, 2)


async def test_who_refused_answers_no_later_stage(sides: Sides) -> None:
    with_both_hats(sides, "manager", "head")
    challenge = await sides.challenged_refusal()
    challenge = await sides.pursue(escalate_challenge, challenge, "spoc")
    with pytest.raises(NotYoursToAnswer, match="earlier stage"):
        await sides.answer(challenge, "agreed", "manager")
    assert (await sides.answer(challenge, "agreed", "head")).state is ChallengeState.agreed


async def test_a_challenge_that_overturned_a_refusal_ends_with_the_transfer(sides: Sides) -> None:
    challenge = await sides.answer(await sides.challenged_refusal(), "changed")
    with pytest.raises(WrongState, match="withdrawal of the transfer") as refused:
        await sides.pursue(withdraw_challenge, challenge, "spoc")
    assert refused.value.allowed == ()
    assert challenge.transfer_id is not None
    transfer = await sides.transfer(challenge.transfer_id)
    await sides.do(transfers.withdraw_transfer, "spoc", transfer.id, transfer.version, words=WORDS)
    whole = await sides.read(challenge.id)
    assert whole.challenge.outcome is ChallengeOutcome.withdrawn


@pytest.mark.parametrize(
    ("direction", "asker", "manager", "answerer"),
    [
        (Direction.step_up, "early_help", "spoc", "manager"),
        (Direction.step_down, "assessor", "assessment", "spoc"),
    ],
)
async def test_after_a_won_challenge_the_manager_alone_withdraws_not_even_who_asked(
    sides: Sides, direction: Direction, asker: str, manager: str, answerer: str
) -> None:
    challenge = await sides.answer(await sides.challenged_refusal(direction), "changed", answerer)
    assert challenge.transfer_id is not None
    transfer = await sides.transfer(challenge.transfer_id)
    assert transfer.requested_by == sides[asker].account_id
    with pytest.raises(NotYoursToWithdraw, match="a challenge was won for it"):
        await sides.do(
            transfers.withdraw_transfer, asker, transfer.id, transfer.version, words=WORDS
        )
    assert (await sides.transfer(transfer.id)).state is TransferState.refusal_overturned
    taken_back = await sides.do(
        transfers.withdraw_transfer, manager, transfer.id, transfer.version, words=WORDS
    )
    assert taken_back.state is TransferState.withdrawn


async def test_a_step_down_that_goes_back_takes_the_challenge_of_its_refusal_with_it(
    sides: Sides,
) -> None:
    """Else it would be open for ever: nobody accepts what has gone back to the sender."""
    challenge = await sides.challenged_refusal(Direction.step_down)
    challenge = await sides.answer(challenge, "changed", "spoc")
    assert challenge.transfer_id is not None
    transfer = await sides.transfer(challenge.transfer_id)
    returned = await sides.do(
        step_downs.record_family_agreement,
        "assessor",
        transfer.id,
        transfer.version,
        agreement=FamilyAgreement.refused,
        words=WORDS,
    )
    assert returned.state is TransferState.returned
    whole = await sides.read(challenge.id)
    assert whole.challenge.outcome is ChallengeOutcome.overtaken
    assert not await running(sides, challenge)


# By its own clock.


async def run_job(house: House) -> int:
    job = job_named(JobName.move_challenges)
    assert job is not None
    return await run_once(house, job)


async def test_a_stage_that_nobody_answers_goes_to_the_next_at_its_limit(
    sides: Sides, clock: FixedClock
) -> None:
    challenge = await sides.challenged()
    clock.set(TUESDAY_END.replace(second=58))
    assert await run_job(sides.house) == 0
    clock.set(TUESDAY_END)
    assert await run_job(sides.house) == 1
    assert await run_job(sides.house) == 0
    whole = await sides.read(challenge.id)
    assert (whole.challenge.stage, whole.challenge.answering_role) == (2, "head_of_service")
    assert whole.challenge.stage_began_at == clock()
    assert [(step.action, step.by, step.words) for step in whole.steps[1:]] == [
        (ChallengeAction.escalate, None, None)
    ]
    [(account_id,)] = await rows(
        sides.house, "SELECT account_id FROM event WHERE type = 'challenge.escalated'"
    )
    assert account_id is None


async def test_after_days_of_downtime_a_challenge_takes_one_step_alone(
    sides: Sides, clock: FixedClock
) -> None:
    challenge = await sides.challenged()
    clock.forward(days=30)
    assert await run_job(sides.house) == 1
    [second] = await running(sides, challenge)
    assert (second.kind, second.started_at) == ("challenge_stage_2", clock())
    assert await run_job(sides.house) == 0
    clock.forward(days=30)
    assert await run_job(sides.house) == 1
    clock.forward(days=30)
    assert await run_job(sides.house) == 0, "the last stage waits for its answer"
    whole = await sides.read(challenge.id)
    assert (whole.challenge.stage, whole.challenge.state) == (3, ChallengeState.raised)
    await sweep(sides.house)
    flags = await rows(
        sides.house, "SELECT kind, severity FROM flag WHERE cleared_at IS NULL AND kind LIKE 'ch%'"
    )
    assert flags == [("challenge_stage_3", "breach")]


@pytest.mark.parametrize("place", ["agreed", "agreed at the last stage", "upheld"])
async def test_an_answer_that_nobody_takes_up_ends_as_upheld(
    sides: Sides, clock: FixedClock, place: str
) -> None:
    challenge = await PLACES[place](sides)
    clock.set(TUESDAY_END)
    await sweep(sides.house)
    assert await run_job(sides.house) == 1
    whole = await sides.read(challenge.id)
    assert (whole.challenge.state, whole.challenge.outcome) == ("ended", "upheld")
    assert whole.steps[-1].action is ChallengeAction.lapse
    assert not await running(sides, challenge)
    open_flags = "SELECT kind FROM flag WHERE cleared_at IS NULL AND kind LIKE 'challenge%'"
    assert await rows(sides.house, open_flags) == []
    assert await run_job(sides.house) == 0


@pytest.mark.parametrize("answer", ["agreed", "upheld"])
async def test_a_refusal_is_final_when_its_challenger_lets_the_answer_lapse(
    sides: Sides, clock: FixedClock, answer: str
) -> None:
    challenge = await sides.answer(await sides.challenged_refusal(), answer)
    clock.forward(days=6)
    assert await run_job(sides.house) == 1
    assert challenge.transfer_id is not None
    transfer = await sides.transfer(challenge.transfer_id)
    assert transfer.state is TransferState.refused
    assert transfer.refusal_agreed_at == clock()


async def test_two_jobs_at_once_move_each_challenge_once(
    database_url: str, sides: Sides, clock: FixedClock, tmp_path: Path
) -> None:
    raised = [await sides.challenged() for _ in range(4)]
    lapsing = [await sides.answer(await sides.challenged(), "upheld") for _ in range(2)]
    clock.forward(days=10)
    async with open_house(database_url, clock, tmp_path / "other") as other:
        moved = await asyncio.gather(
            *(move_challenges(house) for house in (sides.house, other) * 3)
        )
    assert sum(moved) == len(raised) + len(lapsing)
    for challenge in raised:
        whole = await sides.read(challenge.id)
        assert (whole.challenge.stage, len(whole.steps)) == (2, 2)
    for challenge in lapsing:
        whole = await sides.read(challenge.id)
        assert [step.action for step in whole.steps].count(ChallengeAction.lapse) == 1


async def test_the_job_and_a_person_at_once_are_one_move(sides: Sides, clock: FixedClock) -> None:
    challenge = await sides.challenged()
    clock.forward(days=10)
    done = await asyncio.gather(
        move_challenges(sides.house),
        sides.answer(challenge, "upheld"),
        return_exceptions=True,
    )
    whole = await sides.read(challenge.id)
    by_job, by_person = done
    assert (by_job == 1) == isinstance(by_person, Stale), done
    assert len(whole.steps) == 2
    assert len(await running(sides, challenge)) == 1


async def test_more_than_a_batch_is_moved_in_one_run(
    sides: Sides, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        await sides.challenged()
    monkeypatch.setattr("service.usecases.challenges.BATCH", 2)
    clock.forward(days=10)
    assert await move_challenges(sides.house) == 5


async def test_what_is_due_is_found_in_the_index_of_running_clocks(sides: Sides) -> None:
    await sides.challenged()
    asked: list[str] = []

    class Explaining:
        async def all(self, statement: Any) -> Any:
            async with sides.house.database.reading() as connection:
                dialect = sides.house.database.dialect
                sql = str(
                    statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
                )
                how = "EXPLAIN QUERY PLAN " if sides.house.database.is_sqlite else "EXPLAIN "
                if not sides.house.database.is_sqlite:
                    await connection.execute(text("SET LOCAL enable_seqscan = off"))
                found = await connection.execute(text(how + sql.replace(":", r"\:")))
                asked.extend(str(row) for row in found)
            return []

    await overdue(
        Explaining(),
        AUTUMN_FRIDAY,
        ["challenge_stage_1"],
        limit=100,
    )
    # Either index holds the running clocks alone, and begins with what the clocks are of.
    told = " ".join(asked)
    assert "ix_deadline_of_challenge" in told or "ix_deadline_soonest" in told


async def test_a_list_is_narrowed_by_each_filter(sides: Sides) -> None:
    raised = await sides.challenged()
    second = await escalated(sides, await sides.challenged(), 2)
    ended = await _ended(sides)
    refusal = await sides.challenged_refusal()

    async def found(**filters: Any) -> set[Any]:
        listed = await sides.house.ask(
            lambda ask: list_challenges(ask, sides["head"], ChallengeFilters(**filters), limit=50)
        )
        return {one.challenge.id for one in listed}

    every = {raised.id, second.id, ended.id, refusal.id}
    assert await found() == every
    assert await found(is_open=True) == every - {ended.id}
    assert await found(is_open=False) == {ended.id}
    assert await found(states=["ended"]) == {ended.id}
    assert await found(outcomes=["agreed", "upheld"]) == {ended.id}
    assert await found(stage=2) == {second.id}
    assert await found(thing=ChallengedThing.refusal) == {refusal.id}
    assert await found(answering_role="head_of_service") == {second.id}
    assert await found(person_id=raised.person_id) == {raised.id}
    assert await found(contact_id=second.contact_id) == {second.id}
