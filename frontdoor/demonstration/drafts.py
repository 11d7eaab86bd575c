"""Decisions in the demonstration data: drafted, sent back, signed off."""

import random
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from frontdoor.demonstration.concerns import have_it_read
from frontdoor.demonstration.desk import Act
from frontdoor.demonstration.matches import say_whose
from frontdoor.demonstration.narratives import RISK, WORDS, PromptWords, Theme
from frontdoor.demonstration.questions import account_of_agencies
from frontdoor.demonstration.stories import Story
from service.bootstrap import Work
from service.domain.accountabilities import CareService
from service.domain.contacts import Child
from service.domain.cumulative_concerns import must_be_read
from service.domain.decisions import Decision, LevelOfNeed, Outcome, PromptAnswer, StatutoryBasis
from service.domain.drafts import NewDecision, SaidOfChild, SaidOfDecision
from service.domain.early_help_episodes import REFUSING
from service.domain.errors import Invalid
from service.domain.people import BirthKnowledge
from service.domain.sign_offs import SaidOfAll
from service.domain.strategy_meetings import ProtectionUnderWay
from service.domain.texts import counted
from service.domain_services.section_47_enquiries import refuse_while_protection_is_under_way
from service.persistence.repositories import accountabilities, contacts
from service.usecases.decisions import decide, decide_together
from service.usecases.sign_offs import sign_off, sign_off_together

_VOICE: Final = "child_voice"
_SLIGHT = (Outcome.no_further_action, Outcome.information_and_advice)
_OF_ANOTHER_POLICY = PromptWords(known=(WORDS.prompt_of_another_policy,), not_known=())


async def draft_and_have_returned(story: Story, work: Work) -> None:
    """Drafts a decision that the manager sends back."""
    await say_who_they_are(story, work)
    draft = await make_draft(story, work, story.children[0], story.outcomes[0])
    span = story.plan.ends_at - story.plan.received_at

    async def send_back(work: Work) -> None:
        await answer_draft(story, work, draft, agreed=False, words=WORDS.returned)

    story.desk.at(story.plan.received_at + span * 0.7, send_back)


async def draft_all(story: Story, then: Act, work: Work) -> None:
    """Drafts the decisions for a family in one act, and has them signed; then something follows."""
    if any(one.unanswered_matches for one in await contacts.children(work, story.contact_id)):
        await say_who_they_are(story, work)
    try:
        drafts = await _draft_together(story, work)
    except Invalid:
        # Another contact has told of somebody since who may be one of them.
        await say_who_they_are(story, work)
        drafts = await _draft_together(story, work)
    if not story.plan.signed:
        return
    drafted_at = work.now
    if story.plan.partly_signed:
        for draft in drafts[1:]:
            sign_at(story, max(drafted_at, story.plan.ends_at), draft)
    else:
        story.desk.at(max(drafted_at, story.plan.ends_at), partial(_sign_all, story, drafts))
    story.desk.at(story.plan.ends_at, then)


async def _draft_together(story: Story, work: Work) -> list[Decision]:
    """Siblings are thought of together: what is said of the family is said once."""
    first = story.children[0]
    if len(story.children) == 1:
        return [await make_draft(story, work, first, story.outcomes[0])]
    outcomes = [
        await _possible(story, work, child, outcome)
        for child, outcome in zip(story.children, story.outcomes, strict=True)
    ]
    of_family = new_decision(story, first, outcomes[0])
    return await decide_together(
        work,
        story.worker,
        story.contact_id,
        _said(of_family, voice=False),
        [
            SaidOfChild(child.id, _of_child(story, child, outcome, of_family))
            for child, outcome in zip(story.children, outcomes, strict=True)
        ],
    )


def _of_child(
    story: Story, child: Child, outcome: Outcome, of_family: NewDecision
) -> SaidOfDecision:
    """What differs with a child: what it says itself, and all of it where another way is right."""
    if child.id == of_family.child_id:
        return SaidOfDecision(prompts=[one for one in of_family.prompts if one.prompt == _VOICE])
    if outcome is of_family.outcome:
        voice = [one for one in answers_to_prompts(story, child) if one.prompt == _VOICE]
        return SaidOfDecision(prompts=voice)
    own = replace(new_decision(story, child, outcome), agencies=(), history_considered=None)
    return _said(replace(own, prompts=[one for one in own.prompts if one.prompt == _VOICE]))


def _said(new: NewDecision, *, voice: bool = True) -> SaidOfDecision:
    """A decision as it is said of a family, without what a child says, or of one child."""
    said = {
        one.name: getattr(new, one.name)
        for one in fields(SaidOfDecision)
        if one.name != "answered_at"
    }
    if not voice:
        said["prompts"] = [one for one in new.prompts if one.prompt != _VOICE]
    return SaidOfDecision(**said)


async def _sign_all(story: Story, drafts: Sequence[Decision], work: Work) -> None:
    """Has the decisions for a family signed in one act, unless something has come between."""
    still = [await outcome_for(work, one.person_id, one.outcome) is one.outcome for one in drafts]
    if not all(still) or len(drafts) == 1:
        for draft in drafts:
            await _sign(story, draft, work)
        return
    signed = await sign_off_together(
        work,
        story.manager,
        story.contact_id,
        await story.version(work),
        of_all=SaidOfAll(
            agreed=True,
            words=story.words(WORDS.agreed),
            whole_read=one_of(story, WORDS.whole_read)
            if any(must_be_read(one) for one in drafts)
            else None,
        ),
    )
    for one in signed:
        await have_it_read(story, work, one)


def sign_at(story: Story, instant: datetime, draft: Decision) -> None:
    """Has a draft signed at an instant, unless something has come between."""
    story.desk.at(instant, partial(_sign, story, draft))


async def _sign(story: Story, draft: Decision, work: Work) -> None:
    waiting = draft
    if draft.supersedes_id is not None and not await may_be_superseded(
        story, work, draft.person_id
    ):
        # Meanwhile another contact has led to a meeting about the child.
        await answer_draft(story, work, draft, agreed=False, words=RISK.overtaken)
        return
    outcome = await outcome_for(work, draft.person_id, draft.outcome)
    if outcome is not draft.outcome:
        # Meanwhile social care has taken the child on, by another contact, or let it go.
        await answer_draft(story, work, draft, agreed=False, words=WORDS.taken_on)
        await say_who_they_are(story, work)
        child = next(one for one in story.children if one.id == draft.child_id)
        waiting = await make_draft(story, work, child, outcome)
    await answer_draft(story, work, waiting, agreed=True, words=WORDS.agreed)


async def answer_draft(
    story: Story, work: Work, draft: Decision, *, agreed: bool, words: Sequence[str]
) -> None:
    """The manager agrees with a draft, or sends it back."""
    signed = await sign_off(
        work,
        story.manager,
        draft.id,
        draft.version,
        agreed=agreed,
        words=story.words(words),
        whole_read=one_of(story, WORDS.whole_read) if agreed and must_be_read(draft) else None,
    )
    await have_it_read(story, work, signed)


def one_of(story: Story, texts: Sequence[str]) -> str:
    """One of these texts, by the minute at which the contact came: no chance is taken for it."""
    return story.said(texts[story.plan.received_at.minute % len(texts)])


async def make_draft(story: Story, work: Work, child: Child, outcome: Outcome) -> Decision:
    """Drafts a decision for a child, of whom it is known who it is."""
    outcome = await _possible(story, work, child, outcome)
    return await decide(work, story.worker, story.contact_id, new_decision(story, child, outcome))


async def _possible(story: Story, work: Work, child: Child, outcome: Outcome) -> Outcome:
    outcome = await outcome_for(work, child.person_id, outcome)
    if outcome is Outcome.early_help and story.told_as and story.told_as.agreement in REFUSING:
        # The family will not have it.
        return Outcome.information_and_advice
    return outcome


async def outcome_for(work: Work, person_id: UUID, outcome: Outcome) -> Outcome:
    """What is decided instead, where social care holds the child, or nobody does any more.

    A new concern about a child who is open there goes to who holds the case.
    """
    held = await open_to_social_care(work, person_id)
    if held and outcome is not Outcome.referral:
        return Outcome.passed_to_case_holder
    if not held and outcome is Outcome.passed_to_case_holder:
        return Outcome.information_and_advice
    return outcome


def new_decision(story: Story, child: Child, outcome: Outcome) -> NewDecision:
    """A decision as somebody writes it."""
    chance, theme = story.chance, story.theme
    referral = outcome is Outcome.referral
    scored = theme.tool is not None and chance.random() < 0.6
    earlier = counted(story.known, "earlier contact")
    told_often = story.known + 1 >= story.desk.policy.repeat_concern.read_whole_from
    return NewDecision(
        child_id=child.id,
        level_of_need=_level(chance, outcome),
        outcome=outcome,
        rationale=_rationale(story, outcome),
        statutory_basis=(story.plan.basis or _basis(chance, theme)) if referral else None,
        primary_need_code=theme.need if referral or chance.random() < 0.5 else None,
        history_considered=chance.choice(WORDS.history).format(count=earlier)
        if story.known
        else None,
        last_closed_because=story.words(WORDS.last_closed) if story.known else None,
        agencies=account_of_agencies(story),
        prompts=answers_to_prompts(story, child),
        assessment_tool=theme.tool if scored else None,
        assessment_score=f"{chance.randint(2, 5)} for physical care" if scored else None,
        advice_given=story.words(WORDS.advice)
        if outcome is Outcome.information_and_advice
        else None,
        nothing_more_because=one_of(story, WORDS.nothing_more)
        if told_often and outcome in _SLIGHT
        else None,
    )


def _rationale(story: Story, outcome: Outcome) -> str:
    """The facts, why they meet the threshold or do not, and what follows."""
    referral = outcome is Outcome.referral
    return " ".join(
        (
            story.words((*story.theme.seen, *story.theme.more)),
            story.words(story.theme.meets if referral else story.theme.falls_short),
            story.words(WORDS.next[outcome]),
        )
    )


def answers_to_prompts(story: Story, child: Child) -> list[PromptAnswer]:
    """What is said to each question that a decision must answer."""
    lines: list[PromptAnswer] = []
    for prompt in story.desk.policy.decision_prompts:
        if prompt.key == _VOICE:
            answers: Sequence[str] = story.theme.voice
            unknown: Sequence[str] = WORDS.voice_not_known
            if child.birth_knowledge is BirthKnowledge.unborn:
                answers, unknown = WORDS.voice_of_the_unborn, ()
        else:
            said = WORDS.prompts.get(prompt.key, _OF_ANOTHER_POLICY)
            answers, unknown = said.known, said.not_known
        if unknown and story.chance.random() < 0.2:
            lines.append(PromptAnswer(prompt.key, None, story.words(unknown)))
        else:
            lines.append(PromptAnswer(prompt.key, story.words(answers), None))
    return lines


async def say_who_they_are(story: Story, work: Work) -> None:
    """Answers whether those on file who may be the children are the same, as the family knows."""
    story.children = await say_whose(
        work, story.worker, story.contact_id, story.family.children, story.children
    )


async def may_be_superseded(story: Story, work: Work, person_id: UUID) -> bool:
    """Whether nothing is under way for a child that keeps a decision as it is."""
    try:
        await refuse_while_protection_is_under_way(work, person_id)
    except ProtectionUnderWay:
        return False
    return True


async def open_to_social_care(work: Work, person_id: UUID) -> bool:
    """Whether social care answers for a child now."""
    answers = await accountabilities.of_person(work, person_id)
    return answers is not None and answers.service is CareService.social_care


def _level(chance: random.Random, outcome: Outcome) -> LevelOfNeed:
    if outcome is Outcome.referral:
        return LevelOfNeed.statutory
    if outcome is Outcome.passed_to_case_holder:
        return LevelOfNeed.targeted
    if outcome is Outcome.early_help:
        return chance.choice((LevelOfNeed.additional, LevelOfNeed.targeted))
    return chance.choice((LevelOfNeed.universal, LevelOfNeed.additional))


def _basis(chance: random.Random, theme: Theme) -> StatutoryBasis:
    grave = chance.random() < theme.grave
    return StatutoryBasis.section_47 if grave else StatutoryBasis.section_17
