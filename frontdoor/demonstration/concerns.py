"""New concerns about open children in the demonstration data: read by who holds the case."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from frontdoor.demonstration.narratives import WORDS
from frontdoor.demonstration.stories import Story
from service.bootstrap import Work
from service.domain.access import Caller
from service.domain.accountabilities import CareService
from service.domain.deadlines import Rating
from service.domain.decisions import Decision
from service.domain.passed_concerns import PassedConcern, PassedConcernState
from service.persistence.repositories import passed_concerns
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.usecases.passed_concerns import answer_passed_concern


async def have_it_read(story: Story, work: Work, decision: Decision) -> None:
    """Has what a signed decision passed on read within hours; now and then too late."""
    if decision.passed_concern_id is None:
        return
    concern = await passed_concerns.of_decision(work, decision.id)
    red = concern is not None and concern.rating is Rating.red
    hours = story.chance.uniform(0.5, 2.5) if red else story.chance.uniform(1, 6)
    if story.chance.random() < 0.06:
        hours += 40
    story.desk.at(work.now + timedelta(hours=hours), _Reading(story, decision.passed_concern_id))


class _Reading:
    """Somebody reads a concern, when its time has come."""

    def __init__(self, story: Story, concern_id: UUID) -> None:
        self.story = story
        self.concern_id = concern_id

    async def __call__(self, work: Work) -> None:
        people = self.story.desk.people
        sight = people.managers[0].sight
        concern = await passed_concerns.PASSED_CONCERNS.get(work, sight, self.concern_id)
        if concern.state is not PassedConcernState.waiting:
            return
        holder = await self._holder(work, concern)
        words = self.story.words(WORDS.concern_read)
        await answer_passed_concern(work, holder, concern.id, concern.version, words)

    async def _holder(self, work: Work, concern: PassedConcern) -> Caller:
        """Who holds the case: a worker, or the manager where nobody has it yet."""
        people = self.story.desk.people
        cases: Any = REFERRALS
        manager, workers = people.assessment_manager, people.assessment_workers
        if concern.service is CareService.early_help:
            cases, manager, workers = EPISODES, people.early_help_manager, people.early_help_workers
        case = await cases.found_before(work, concern.referral_id or concern.early_help_episode_id)
        return next((one for one in workers if one.account_id == case.worker_id), manager)
