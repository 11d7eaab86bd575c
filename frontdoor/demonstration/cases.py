"""What comes of a signed decision in the demonstration data: cases, and a way of their own."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from frontdoor.demonstration.caseload import AfterAssessment, Case, Closing
from frontdoor.demonstration.courses import Course
from frontdoor.demonstration.desk import between
from frontdoor.demonstration.drafts import (
    answer_draft,
    answers_to_prompts,
    may_be_superseded,
    new_decision,
    say_who_they_are,
    sign_at,
)
from frontdoor.demonstration.narratives import RISK, WORDS
from frontdoor.demonstration.questions import account_of_agencies
from frontdoor.demonstration.stories import Story
from service.bootstrap import Work
from service.domain.access import Caller
from service.domain.calendar import london_date, london_midnight
from service.domain.decisions import LevelOfNeed, Outcome, StatutoryBasis
from service.domain.drafts import NewDecision
from service.domain.early_help_episodes import EarlyHelpEpisode, EpisodeClosure
from service.domain.referrals import CaseState, Referral
from service.domain.transfers import FamilyAgreement
from service.domain_services.section_47_enquiries import refuse_while_protection_is_under_way
from service.persistence.repositories import accountabilities, decisions
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.usecases.assessments import begin_assessment
from service.usecases.cases import (
    allocate_early_help_episode,
    allocate_referral,
    close_early_help_episode,
)
from service.usecases.decisions import decide
from service.usecases.early_help_agreements import record_early_help_agreement

_AFTER = WORDS.closed_after_assessment


async def look_for_cases(story: Story, work: Work) -> None:
    """Once all is signed: what was opened is allocated, in its time, and closed one day."""
    if story.plan.second_thoughts:
        story.desk.at(
            work.now + timedelta(hours=story.chance.randint(4, 30)), partial(_think_again, story)
        )
    elif story.plan.allocated:
        await _give_out(story, work)
    else:
        await _protect(story, work)


async def _protect(story: Story, work: Work) -> None:
    """Has those looked into who may be at risk of significant harm."""
    found = await story.protection.look_at(
        work,
        [child.person_id for child in story.children],
        RISK.dangers[story.theme.name],
        story.plan.course,
    )
    for referral in found:
        if story.year is not None and referral.contact_id != story.contact_id:
            # It was open before, and may have been assessed: nothing else would end it now.
            story.year.caseload.close_some_day(referral, work.now)


async def _taken_on(story: Story, work: Work, case: EarlyHelpEpisode) -> None:
    """Social care has taken a child on by a step-up: it may be at risk, and closes one day."""
    await story.protection.look_at(work, [case.person_id], RISK.dangers[story.theme.name])
    answers = await accountabilities.of_person(work, case.person_id)
    if story.year is not None and answers is not None and answers.referral_id is not None:
        people, danger = story.desk.people, RISK.dangers[story.theme.name]
        referral = await REFERRALS.get(work, people.assessment_manager.sight, answers.referral_id)
        worker = story.chance.choice(people.assessment_workers)
        grave = AfterAssessment(first=_grave(referral))
        story.year.caseload.take_on(work, referral, danger, worker, grave)
        story.year.caseload.close_some_day(referral, work.now)


async def _think_again(story: Story, work: Work) -> None:
    """A changed mind is a new decision, signed like the first: it is now section 47."""
    opened = await REFERRALS.of_contact(work, story.contact_id)
    if not opened:
        # The child was open already, and the decision joined that referral.
        await _give_out(story, work)
        return
    first = opened[0]
    if not await may_be_superseded(story, work, first.person_id):
        await _give_out(story, work)
        return
    await say_who_they_are(story, work)
    child = next(one for one in story.children if one.id == first.child_id)
    new = NewDecision(
        child_id=child.id,
        level_of_need=LevelOfNeed.statutory,
        outcome=Outcome.referral,
        statutory_basis=StatutoryBasis.section_47,
        primary_need_code=story.theme.need,
        rationale=story.words(WORDS.second_thoughts),
        history_considered=f"{max(1, story.known)} on file, read again." if story.known else None,
        last_closed_because=story.words(WORDS.last_closed) if story.known else None,
        agencies=account_of_agencies(story),
        prompts=answers_to_prompts(story, child),
        supersedes_id=first.decision_id,
        supersedes_because="What has become known since changes the basis.",
    )
    draft = await decide(work, story.worker, story.contact_id, new)
    sign_at(story, work.now + timedelta(minutes=40), draft)
    story.desk.at(work.now + timedelta(minutes=40), partial(_give_out, story))


async def _give_out(story: Story, work: Work) -> None:
    await _protect(story, work)
    for referral in await REFERRALS.of_contact(work, story.contact_id):
        if referral.closed_at is None:
            _allocate_referral(story, referral)
    for episode in await EPISODES.of_contact(work, story.contact_id):
        if episode.closed_at is None:
            _ask_family(story, episode)
            _allocate_episode(story, episode)


def _allocated_at(story: Story, case: Referral | EarlyHelpEpisode) -> datetime:
    """Four in five within the five working days; the others up to a fortnight over."""
    accepted_at = case.accepted_at
    if story.plan.script is not None:
        return accepted_at + timedelta(hours=3)
    if _grave(case):
        return accepted_at + timedelta(hours=story.chance.uniform(0.5, 4))
    limit = story.desk.policy.calendar.add_working_days(london_date(accepted_at), 5)
    due_at = london_midnight(limit)
    if story.chance.random() < 0.83:
        return between(story.chance, accepted_at + timedelta(hours=2), due_at)
    late = due_at + timedelta(days=1)
    return between(story.chance, late, late + timedelta(days=14))


def _course(story: Story, case: Referral | EarlyHelpEpisode) -> Course | None:
    """A way of its own that the child takes between early help and social care, if any."""
    script = story.plan.script if case.child_id == story.children[0].id else None
    if script is None and story.year is not None and not story.plan.before_the_year:
        script = story.year.scripts.deal(story.chance, case)
    if script is None:
        return None
    return Course(
        story.desk,
        story.chance,
        script,
        case,
        partial(_decide_anew, story),
        partial(_taken_on, story),
    )


async def _decide_anew(story: Story, work: Work, decision_id: UUID) -> None:
    """Carries out what a challenge led to: advice in place of early help."""
    old = await decisions.get(work, story.manager.sight, decision_id)
    await say_who_they_are(story, work)
    child = next(one for one in story.children if one.id == old.child_id)
    await refuse_while_protection_is_under_way(work, child.person_id)
    new = replace(
        new_decision(story, child, Outcome.information_and_advice),
        supersedes_id=old.id,
        supersedes_because="The challenge of the decision led to this change.",
        history_considered=WORDS.history[0].format(count="What is on file"),
        last_closed_because=story.words(WORDS.last_closed),
    )
    draft = await decide(work, story.worker, story.contact_id, new)
    await answer_draft(story, work, draft, agreed=True, words=WORDS.agreed)


def _allocate_referral(story: Story, referral: Referral) -> None:
    people, chance = story.desk.people, story.chance
    teams = [team.id for team in story.desk.policy.teams if "referral" in team.accepts]

    async def allocate(work: Work) -> None:
        found = await REFERRALS.get(work, people.assessment_manager.sight, referral.id)
        if found.state is not CaseState.awaiting_allocation:
            return
        worker = chance.choice(people.assessment_workers)
        found = await allocate_referral(
            work,
            people.assessment_manager,
            found.id,
            found.version,
            worker.account_id,
            chance.choice(teams),
        )
        _go_on(story, work, found, worker)

    planned_at = _allocated_at(story, referral)
    if story.year is None or _grave(referral):
        story.desk.at(planned_at, allocate)
    else:
        story.year.caseload.wait(referral, planned_at, allocate)


def _go_on(story: Story, work: Work, referral: Referral, worker: Caller) -> None:
    """What becomes of a case once somebody has it: it is assessed, and nothing closes before."""
    danger = RISK.dangers[story.theme.name]
    course = _course(story, referral)
    if story.year is None:
        if course is not None:
            course.begin(work)
        elif story.plan.closes:

            def close(work: Work) -> None:
                closing = Closing(story.desk, story.chance, referral.id, "RC8", _AFTER)
                closing.at(work.now + timedelta(days=1))

            case = Case(story.desk, story.chance, referral, danger, worker, close)
            case.plan(work.now, work.now + timedelta(days=story.chance.uniform(10, 30)))
        elif story.plan.unborn is not None and story.plan.unborn.begun:

            async def begin(work: Work) -> None:
                await begin_assessment(work, worker, referral.id)

            story.desk.at(work.now + timedelta(hours=30), begin)
        return
    caseload = story.year.caseload
    then = None
    if course is not None:
        caseload.close_some_day(referral, referral.accepted_at)
        if course.script.direction is None:
            # Whoever disagrees with the decision does so before anything else.
            course.begin(work)
        else:
            then = course.begin
    caseload.take_on(work, referral, danger, worker, AfterAssessment(_grave(referral), then))


def _ask_family(story: Story, episode: EarlyHelpEpisode) -> None:
    """Has the family asked whether it agrees to early help, mostly within the five working days."""
    if episode.family_agreement is not FamilyAgreement.not_yet_asked:
        return
    people = story.desk.people
    # By a chance of its own, so that nothing else of the year goes otherwise.
    chance = random.Random(f"asked {story.plan.received_at.isoformat()}")  # noqa: S311 - invented data, the same each time
    days = chance.uniform(0.5, 4.5) if chance.random() < 0.9 else chance.uniform(8, 14)

    async def ask(work: Work) -> None:
        found = await EPISODES.get(work, people.early_help_manager.sight, episode.id)
        if found.closed_at is None:
            await record_early_help_agreement(
                work,
                people.early_help_manager,
                found.id,
                found.version,
                FamilyAgreement.given,
                WORDS.family_said[FamilyAgreement.given],
            )

    story.desk.at(episode.accepted_at + timedelta(days=days), ask)


def _allocate_episode(story: Story, episode: EarlyHelpEpisode) -> None:
    people, chance = story.desk.people, story.chance

    async def allocate(work: Work) -> None:
        found = await EPISODES.get(work, people.early_help_manager.sight, episode.id)
        if found.state is not CaseState.awaiting_allocation:
            return
        await allocate_early_help_episode(
            work,
            people.early_help_manager,
            found.id,
            found.version,
            chance.choice(people.early_help_workers).account_id,
            None,
        )
        course = _course(story, found)
        if course is not None:
            course.begin(work)
        elif chance.random() < 0.6:
            story.desk.at(
                between(chance, work.now + timedelta(days=30), work.now + timedelta(days=120)),
                close,
            )

    async def close(work: Work) -> None:
        manager = people.early_help_manager
        found = await EPISODES.get(work, manager.sight, episode.id)
        if found.state is CaseState.allocated:
            code = chance.choice(sorted(WORDS.episode_ended))
            await close_early_help_episode(
                work,
                manager,
                found.id,
                found.version,
                EpisodeClosure(code),
                WORDS.episode_ended[code],
            )

    story.desk.at(_allocated_at(story, episode), allocate)


def _grave(case: Referral | EarlyHelpEpisode) -> bool:
    """Whether a child may be at risk of significant harm."""
    return isinstance(case, Referral) and case.statutory_basis is StatutoryBasis.section_47
