"""What agencies are asked in the demonstration data: chased, answered, and accounted for."""

from datetime import datetime, timedelta

from frontdoor.demonstration.desk import between
from frontdoor.demonstration.narratives import RISK, WORDS
from frontdoor.demonstration.stories import Asked, Story
from service.bootstrap import Work
from service.domain.authority import Organisation
from service.domain.contacts import LawfulBasis
from service.domain.decisions import AgencySaid
from service.domain.information_requests import AnswerKind, ChaserMeans, InformationScope
from service.domain.questions import NewAnswer, NewInformationRequest
from service.usecases.information_requests import (
    NewChaser,
    answer_information_request,
    ask_agency,
    chase_agency,
    read_late_answer,
)


def ask_at(story: Story, instant: datetime, agency: Organisation) -> None:
    """Puts a question to an agency on the desk, with what becomes of it."""

    async def ask(work: Work) -> None:
        request = await ask_agency(
            work,
            story.worker,
            story.contact_id,
            NewInformationRequest(
                organisation_id=agency.id,
                purpose=story.words(WORDS.purposes),
                lawful_basis=LawfulBasis.public_task,
                scope=story.chance.choice(list(InformationScope)),
                questions=story.chance.choice((*WORDS.questions, None)),
            ),
        )
        asked = Asked(agency.id, request)
        story.asked.append(asked)
        if story.plan.late_answer is not None:
            answered_at = story.desk.until - timedelta(hours=story.plan.late_answer)
            _answer_at(story, answered_at, asked)
        elif story.plan.answered:
            _answer(story, asked, instant)
        left = story.desk.until - instant
        for number in range(story.plan.chasers):
            _chase_at(story, instant + left * (0.3 + 0.3 * number), asked)

    story.desk.at(instant, ask)


def _answer(story: Story, asked: Asked, asked_at: datetime) -> None:
    """In time for the most part, sometimes late, and now and then after the decision."""
    rest = story.plan.ends_at - asked_at
    answered_at = asked_at + rest * story.chance.uniform(0.05, 0.6)
    if story.chance.random() < 0.18:
        answered_at = between(
            story.chance, asked_at + timedelta(hours=25), asked_at + timedelta(days=6)
        )
        if story.chance.random() < 0.6:
            _chase_at(story, asked_at + timedelta(hours=story.chance.uniform(7, 22)), asked)
    _answer_at(story, answered_at, asked)


def _chase_at(story: Story, instant: datetime, asked: Asked) -> None:
    async def chase(work: Work) -> None:
        if asked.answered:
            return
        how = story.chance.choice(list(ChaserMeans))
        spoken_to = None if how is ChaserMeans.email else "The duty desk"
        asked.request = await chase_agency(
            work,
            story.worker,
            asked.request.id,
            NewChaser(how, spoken_to, story.words(RISK.chased)),
        )

    story.desk.at(instant, chase)


def _answer_at(story: Story, answered_at: datetime, asked: Asked) -> None:
    async def answer(work: Work) -> None:
        kind = story.chance.choices(list(AnswerKind), (30, 15, 52, 3))[0]
        information = None
        if kind is AnswerKind.information:
            information = story.words(WORDS.answers)
        elif kind is AnswerKind.declined:
            information = WORDS.declined
        who = story.worker
        if story.chance.random() < 0.4:
            who = story.desk.people.partners[asked.organisation_id]
        answered = await answer_information_request(
            work, who, asked.request.id, asked.request.version, NewAnswer(kind, information)
        )
        asked.answered = True
        if answered.unread_since is not None and story.plan.late_answer is None:
            asked.request = answered
            story.desk.at(work.now + timedelta(hours=story.chance.uniform(0.5, 20)), read)

    async def read(work: Work) -> None:
        await read_late_answer(
            work,
            story.worker,
            asked.request.id,
            asked.request.version,
            story.words(RISK.late_answer_read),
        )

    story.desk.at(answered_at, answer)


def account_of_agencies(story: Story) -> list[AgencySaid]:
    """Who was asked and has answered, and somebody who was not asked, and why."""
    lines = [
        AgencySaid(
            one.organisation_id,
            asked=True,
            answered=one.answered,
            reason=None if one.answered else story.words(WORDS.not_answered),
        )
        for one in story.asked
    ]
    asked = {one.organisation_id for one in story.asked}
    left = [one for one in story.desk.policy.organisations if one.id not in asked]
    if left:
        reason = story.words(WORDS.not_asked)
        lines.append(AgencySaid(story.chance.choice(left).id, False, False, reason))
    named = {line.organisation_id for line in lines}
    for kind in story.desk.policy.decisions.accounted_for:
        of_kind = [one.id for one in story.desk.policy.organisations if one.kind is kind]
        if of_kind and not named & set(of_kind):
            lines.append(AgencySaid(of_kind[0], False, False, WORDS.not_asked[0]))
    return lines
