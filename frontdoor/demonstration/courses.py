"""Step-ups, step-downs and challenges of the demonstration data, as their scripts have them."""

import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from frontdoor.demonstration.desk import Desk, between
from frontdoor.demonstration.narratives import WORDS
from frontdoor.demonstration.scripts import ANSWERED, DAYS, OPENED, Move, Script, script
from service.bootstrap import Work
from service.domain.acceptances import Acceptance
from service.domain.access import Caller
from service.domain.authority import TeamWork
from service.domain.calendar import london_date
from service.domain.challenges import Challenge, ChallengeAnswer
from service.domain.decisions import StatutoryBasis
from service.domain.early_help_episodes import EarlyHelpEpisode, EpisodeClosure
from service.domain.errors import Conflict
from service.domain.referrals import CaseState, Referral
from service.domain.strategy_discussions import StrategyDiscussion
from service.domain.transfers import Direction, FamilyAgreement, Party, PlanLine, Transfer
from service.persistence.repositories import accountabilities, challenges, transfers
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.usecases.cases import close_early_help_episode, close_referral
from service.usecases.challenges import (
    accept_challenge_answer,
    answer_challenge,
    challenge_decision,
    escalate_challenge,
    withdraw_challenge,
)
from service.usecases.step_downs import (
    complete_transfer,
    decide_returned_transfer,
    record_family_agreement,
    record_first_visit,
)
from service.usecases.transfer_answers import (
    accept_transfer,
    answer_refusal,
    record_strategy_discussion,
    refuse_transfer,
)
from service.usecases.transfers import (
    NewTransfer,
    open_transfer,
    request_transfer,
    withdraw_transfer,
)

_TRIES: Final = 12
_UP: Final = Direction.step_up


class Course:
    """A child's way between early help and social care, as a script has it."""

    def __init__(
        self,
        desk: Desk,
        chance: random.Random,
        script: Script,
        case: Referral | EarlyHelpEpisode,
        decide_anew: Callable[[Work, UUID], Awaitable[None]],
        taken_on: Callable[[Work, EarlyHelpEpisode], Awaitable[None]],
    ) -> None:
        self.desk = desk
        self.chance = chance
        self.script = script
        self.case = case
        self.decide_anew = decide_anew
        self.taken_on = taken_on
        self.transfer_id: UUID | None = None
        self.challenge_id: UUID | None = None
        self.tried = 0

    def begin(self, work: Work) -> None:
        """Puts the first move on the desk."""
        self._next(work, 0)

    def _next(self, work: Work, place: int) -> None:
        if place == len(self.script.moves):
            return
        move = self.script.moves[place]
        if move.hours_ago is not None:
            instant = self.desk.until - timedelta(hours=move.hours_ago)
        else:
            least, most = move.after
            instant = between(
                self.chance,
                work.now + timedelta(hours=least),
                work.now + timedelta(hours=most),
            )
        self.desk.at(instant, lambda work: self._do(work, place))

    async def _do(self, work: Work, place: int) -> None:
        """Does one move, unless something else has settled the transfer meanwhile.

        What is not possible now, because of something else that is open, is tried again later.
        """
        act = self.script.moves[place].act
        if self.transfer_id is not None and act not in ("close", "take"):
            transfer = await self._transfer(work)
            if transfer.ended_at is not None:
                return
        try:
            await self._act(work, act)
        except Conflict:
            self.tried += 1
            if self.tried < _TRIES:
                self.desk.at(work.now + timedelta(days=3), lambda work: self._do(work, place))
            return
        self._next(work, place + 1)

    async def _act(self, work: Work, act: str) -> None:
        match act:
            case "request":
                await self._request(work)
            case "dispute":
                await self._dispute(work)
            case "agreed" | "upheld" | "changed":
                await self._answer_challenge(work, ChallengeAnswer(act))
            case "escalate" | "take" | "give_up":
                await self._pursue(work, act)
            case "decide_anew":
                await self.decide_anew(work, self.case.decision_id)
            case "close":
                await self._close(work)
            case "given" | "family_refused" | "family_withdrawn":
                await self._family(work, FamilyAgreement(act.removeprefix("family_")))
            case _:
                await self._move(work, act)

    # ---- Who does it -----------------------------------------------------------------------------

    @property
    def _up(self) -> bool:
        return self.script.direction is _UP

    @property
    def _pulled(self) -> bool:
        return self.script.asked_by is Party.receiver

    @property
    def _mash_manager(self) -> Caller:
        return self.desk.people.managers[0]

    @property
    def _asker(self) -> Caller:
        people = self.desk.people
        if self._pulled:
            return self._mash_manager if self._up else people.early_help_manager
        workers = people.early_help_workers if self._up else people.assessment_workers
        return self.chance.choice(workers)

    @property
    def _asking_manager(self) -> Caller:
        """Who agrees to a refusal or challenges it, and takes the challenge further."""
        people = self.desk.people
        if self.script.direction is None:
            of_social_care = isinstance(self.case, Referral)
            return people.assessment_manager if of_social_care else people.early_help_manager
        if self._pulled:
            return self._mash_manager if self._up else people.early_help_manager
        return people.early_help_manager if self._up else people.assessment_manager

    @property
    def _answerer(self) -> Caller:
        people = self.desk.people
        if self._pulled:
            return people.early_help_manager if self._up else people.assessment_manager
        return self._mash_manager if self._up else people.early_help_manager

    def _words(self, texts: Sequence[str]) -> str:
        return self.chance.choice(texts)

    def _worker_of_receiver(self) -> UUID:
        people = self.desk.people
        workers = people.assessment_workers if self._up else people.early_help_workers
        return self.chance.choice(workers).account_id

    def _team_of_receiver(self) -> str:
        kind = TeamWork.referral if self._up else TeamWork.early_help_episode
        return self.chance.choice(self.desk.policy.teams_for(kind)).id

    def _plan(self, work: Work) -> tuple[PlanLine, ...]:
        count = self.chance.choice((1, 2, 2, 3))
        by_on = london_date(work.now + timedelta(days=self.chance.randint(30, 90)))
        lines = self.chance.sample(WORDS.plans, count)
        return tuple(PlanLine(outcome, action, who, by_on) for outcome, action, who in lines)

    # ---- What is done ----------------------------------------------------------------------------

    async def _transfer(self, work: Work) -> Transfer:
        if self.transfer_id is None:
            raise ValueError("a script that moves a transfer before it is requested")
        return await transfers.get(work, self._mash_manager.sight, self.transfer_id)

    async def _request(self, work: Work) -> None:
        if self.script.direction is None:
            raise ValueError("a disagreement with a decision requests no transfer")
        rules = self.desk.policy.transfers
        reasons = rules.step_up_reasons if self._up else rules.step_down_reasons
        pulled_up = self._up and self._pulled
        agreements = (FamilyAgreement.not_yet_asked, FamilyAgreement.asked)
        asked = await request_transfer(
            work,
            self._asker,
            NewTransfer(
                direction=self.script.direction,
                case_id=self.case.id,
                reason_code=self.chance.choice(list(reasons)),
                evidence=self._words(WORDS.evidence_up if self._up else WORDS.evidence_down),
                asked_by=self.script.asked_by,
                receiving_team_id=self._team_of_receiver()
                if self._pulled or not self._up
                else None,
                receiving_worker_id=self._worker_of_receiver()
                if self._pulled or not self._up
                else None,
                statutory_basis=StatutoryBasis.section_17 if pulled_up else None,
                plan=() if self._up else self._plan(work),
                family_agreement=agreements[0] if self._up else self.chance.choice(agreements),
            ),
        )
        self.transfer_id = asked.transfer.id
        if asked.transfer.owes_meeting:
            # Whoever opens it holds the discussion, and else the manager does on that day.
            self.desk.at(work.now + timedelta(hours=3), self._discuss_if_owed)

    async def _discuss_if_owed(self, work: Work) -> None:
        await self._discuss(work, await self._transfer(work))

    async def _move(self, work: Work, act: str) -> None:
        transfer = await self._transfer(work)
        found, version = transfer.id, transfer.version
        manager = self.desk.people.assessment_manager
        match act:
            case "open":
                await self._discuss(work, await open_transfer(work, self._answerer, found, version))
            case "accept":
                await accept_transfer(work, self._answerer, found, version, self._acceptance())
                if isinstance(self.case, EarlyHelpEpisode):
                    await self.taken_on(work, self.case)
            case "refuse":
                await self._refuse(work, transfer)
            case "agree" | "challenge":
                agreed = act == "agree"
                words = self._words(WORDS.agreed_to_refusal if agreed else WORDS.challenged)
                await answer_refusal(
                    work, self._asking_manager, found, version, agreed=agreed, words=words
                )
            case "withdraw":
                words = self._words(WORDS.step_withdrawn)
                # Who asked is one of several; the manager of that side takes it back.
                await withdraw_transfer(work, self._asking_manager, found, version, words=words)
            case "visit":
                await record_first_visit(
                    work,
                    self.chance.choice(self.desk.people.early_help_workers),
                    found,
                    version,
                    visited_at=max(transfer.accepted_at or work.now, work.now - timedelta(hours=1)),
                    words=self._words(WORDS.visited),
                )
            case "complete":
                words = self._words(WORDS.ceased)
                await complete_transfer(
                    work, manager, found, version, closure_code="RC9", words=words
                )
            case "ask_again" | "keep":
                await decide_returned_transfer(
                    work,
                    manager,
                    found,
                    version,
                    ask_again=act == "ask_again",
                    words=self._words(WORDS.kept[act]),
                )
            case "up_again":
                await self._up_again(work, transfer)
            case _:
                raise ValueError(f"no move is called {act}")

    async def _discuss(self, work: Work, transfer: Transfer) -> None:
        """Holds the strategy discussion that a step-up for disclosed harm owes, unless held."""
        if transfer.owes_meeting:
            quorum = self.desk.policy.strategy_meetings.quorum
            told = StrategyDiscussion(WORDS.discussed[0], work.now, quorum)
            await record_strategy_discussion(
                work, self._mash_manager, transfer.id, transfer.version, told
            )

    def _acceptance(self) -> Acceptance:
        # Who asked for the case has said who takes the child on.
        names = self._up and not self._pulled
        return Acceptance(
            words=self._words(WORDS.step_accepted),
            receiving_team_id=self._team_of_receiver() if names else None,
            receiving_worker_id=self._worker_of_receiver() if names else None,
            statutory_basis=self.chance.choice(list(StatutoryBasis)) if self._up else None,
        )

    async def _refuse(self, work: Work, transfer: Transfer) -> None:
        rules = self.desk.policy.transfers
        codes = rules.step_up_refusals if self._up else rules.step_down_refusals
        code = self.chance.choice(list(codes))
        await refuse_transfer(
            work,
            self._answerer,
            transfer.id,
            transfer.version,
            reason_code=code,
            explanation=self._words(WORDS.refused_steps[self.script.direction or _UP]),
        )

    async def _family(self, work: Work, agreement: FamilyAgreement) -> None:
        transfer = await self._transfer(work)
        await record_family_agreement(
            work,
            self.chance.choice(self.desk.people.assessment_workers),
            transfer.id,
            transfer.version,
            agreement=agreement,
            words=WORDS.family_said[agreement],
        )

    async def _up_again(self, work: Work, transfer: Transfer) -> None:
        """Early help asks for a step-up before the step-down is complete: the child goes back."""
        if transfer.early_help_episode_id is None:
            return
        episode = await EPISODES.get(work, self._mash_manager.sight, transfer.early_help_episode_id)
        back = script(_UP, Move("request", DAYS), OPENED, ANSWERED)
        Course(self.desk, self.chance, back, episode, self.decide_anew, self.taken_on).begin(work)

    async def _dispute(self, work: Work) -> None:
        raised = await challenge_decision(
            work,
            self._asking_manager,
            self.case.decision_id,
            words=self._words(WORDS.challenged_decision[isinstance(self.case, Referral)]),
        )
        self.challenge_id = raised.challenge.id

    async def _challenge(self, work: Work) -> Challenge:
        if self.transfer_id is not None:
            return (await challenges.of_transfer(work, self.transfer_id))[-1]
        if self.challenge_id is None:
            raise ValueError("a script that answers a challenge before it is raised")
        return await challenges.get(work, self._mash_manager.sight, self.challenge_id)

    async def _answer_challenge(self, work: Work, answer: ChallengeAnswer) -> None:
        challenge = await self._challenge(work)
        first = self._mash_manager if self.script.direction is None else self._answerer
        who = first if challenge.stage == 1 else self.desk.people.heads[challenge.stage - 2]
        await answer_challenge(
            work,
            who,
            challenge.id,
            challenge.version,
            answer=answer,
            words=self._words(WORDS.stage_answered[answer]),
        )

    async def _pursue(self, work: Work, act: str) -> None:
        challenge = await self._challenge(work)
        pursue = {
            "escalate": escalate_challenge,
            "take": accept_challenge_answer,
            "give_up": withdraw_challenge,
        }[act]
        words = self._words(WORDS.taken_further[act])
        await pursue(work, self._asking_manager, challenge.id, challenge.version, words=words)

    async def _close(self, work: Work) -> None:
        """Closes the case that answers for the child, on whichever side it is now.

        Not one that another contact has opened meanwhile: that goes a way of its own.
        """
        answers = await accountabilities.of_person(work, self.case.person_id)
        people = self.desk.people
        if answers is None:
            return
        if answers.referral_id is not None:
            referral = await REFERRALS.get(
                work, people.assessment_manager.sight, answers.referral_id
            )
            of_this = referral.contact_id == self.case.contact_id
            assessed = referral.id in self.desk.assessed
            if of_this and assessed and referral.state is CaseState.allocated:
                words = self._words(WORDS.ceased)
                manager = people.assessment_manager
                await close_referral(work, manager, referral.id, referral.version, "RC7", words)
            return
        episode = await EPISODES.get(work, people.early_help_manager.sight, answers.case_id)
        if episode.state is CaseState.allocated:
            code = self.chance.choice(sorted(WORDS.episode_ended))
            await close_early_help_episode(
                work,
                people.early_help_manager,
                episode.id,
                episode.version,
                EpisodeClosure(code),
                WORDS.episode_ended[code],
            )
