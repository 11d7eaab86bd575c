"""Decisions in the demonstration data: drafted, sent back, signed off."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
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
from service.domain.drafts import NewDecision
from service.domain.early_help_episodes import REFUSING
from service.domain.people import BirthKnowledge
from service.domain.strategy_meetings import ProtectionUnderWay
from service.domain.texts import counted
from service.domain_services.section_47_enquiries import refuse_while_protection_is_under_way
from service.persistence.repositories import accountabilities
from service.usecases.decisions import decide
from service.usecases.sign_offs import sign_off

_SLIGHT = (Outcome.no_further_action, Outcome.information_and_advice)
_OF_ANOTHER_POLICY = PromptWords(known=(WORDS.prompt_of_another_policy,), not_known=())


async def draft_and_have_returned(story: Story, work: Work) -> None:
    """Drafts a decision that the manager sends back."""
    child = story.children[0]
    draft = await make_draft(story, work, child, story.outcomes[0])
    span = story.plan.ends_at - story.plan.received_at

    async def send_back(work: Work) -> None:
        await answer_draft(story, work, draft, agreed=False, words=WORDS.returned)

    story.desk.at(story.plan.received_at + span * 0.7, send_back)


async def draft_all(story: Story, then: Act, work: Work) -> None:
    """Drafts a decision for each child, and has them signed; then something follows."""
    drafts = [
        await make_draft(story, work, child, outcome)
        for child, outcome in zip(story.children, story.outcomes, strict=True)
    ]
    if not story.plan.signed:
        return
    drafted_at = work.now
    for position, draft in enumerate(drafts[1:] if story.plan.partly_signed else drafts):
        before_the_end = timedelta(minutes=2 * position)
        sign_at(story, max(drafted_at, story.plan.ends_at - before_the_end), draft)
    story.desk.at(story.plan.ends_at, then)


def sign_at(story: Story, instant: datetime, draft: Decision) -> None:
    """Has a draft signed at an instant, unless something has come between."""

    async def sign(work: Work) -> None:
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
            child = next(one for one in story.children if one.id == draft.child_id)
            waiting = await make_draft(story, work, child, outcome)
        await answer_draft(story, work, waiting, agreed=True, words=WORDS.agreed)

    story.desk.at(instant, sign)


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
    """Drafts a decision for a child."""
    child = await say_who_it_is(story, work, child)
    outcome = await outcome_for(work, child.person_id, outcome)
    if outcome is Outcome.early_help and story.told_as and story.told_as.agreement in REFUSING:
        # The family will not have it.
        outcome = Outcome.information_and_advice
    new = new_decision(story, child, outcome)
    return await decide(work, story.worker, story.contact_id, new)


async def outcome_for(work: Work, person_id: UUID, outcome: Outcome) -> Outcome:
    """What is decided instead, where social care holds the child, or nobody does any more.

    Early help takes over from social care by a step-down alone, and a new concern about a child
    who is open there is never no further action.
    """
    held = await open_to_social_care(work, person_id)
    if held and outcome in (Outcome.early_help, Outcome.no_further_action):
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
        if prompt.key == "child_voice":
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


async def say_who_it_is(story: Story, work: Work, child: Child) -> Child:
    """Answers whether those on file who may be the child are the same, as the family knows."""
    place = next(place for place, one in enumerate(story.children) if one.id == child.id)
    member = story.family.children[place]
    after = await say_whose(work, story.worker, member, child)
    member.person_id = after.person_id
    story.children[place] = after
    return after


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
    if outcome is Outcome.early_help:
        return chance.choice((LevelOfNeed.additional, LevelOfNeed.targeted))
    return chance.choice((LevelOfNeed.universal, LevelOfNeed.additional))


def _basis(chance: random.Random, theme: Theme) -> StatutoryBasis:
    grave = chance.random() < theme.grave
    return StatutoryBasis.section_47 if grave else StatutoryBasis.section_17
