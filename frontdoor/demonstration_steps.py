"""Step-ups, step-downs and challenges of the demonstration data: scripts, and who follows them."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from frontdoor.demonstration_desk import Desk, between
from frontdoor.demonstration_narratives import (
    AGREED_TO_REFUSAL,
    CEASED,
    CHALLENGED,
    CHALLENGED_DECISION,
    EPISODE_ENDED,
    EVIDENCE_DOWN,
    EVIDENCE_UP,
    FAMILY_SAID,
    KEPT,
    PLANS,
    REFUSED_STEPS,
    STAGE_ANSWERED,
    STEP_ACCEPTED,
    STEP_WITHDRAWN,
    TAKEN_FURTHER,
    VISITED,
)
from service.bootstrap import Work
from service.domain.acceptances import Acceptance
from service.domain.access import Caller
from service.domain.calendar import london_date
from service.domain.challenges import Challenge, ChallengeAnswer
from service.domain.decisions import StatutoryBasis
from service.domain.early_help_episodes import EarlyHelpEpisode, EpisodeClosure
from service.domain.errors import Conflict
from service.domain.referrals import CaseState, Referral
from service.domain.transfers import Direction, FamilyAgreement, Party, PlanLine, Transfer
from service.persistence.repositories import accountabilities, challenges, transfers
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.policy import TeamWork
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
from service.usecases.transfer_answers import accept_transfer, answer_refusal, refuse_transfer
from service.usecases.transfers import (
    NewTransfer,
    open_transfer,
    request_transfer,
    withdraw_transfer,
)

_TRIES: Final = 12
_SOON: Final = (0.3, 3.0)
_SAME_DAY: Final = (1.0, 7.0)
_LATE: Final = (20.0, 60.0)
_DAYS: Final = (24.0, 70.0)
_WEEKS: Final = (150.0, 330.0)


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happens: so many hours after the one before, or so many hours ago."""

    act: str
    after: tuple[float, float] = _SAME_DAY
    hours_ago: float | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What becomes of one child, move by move; `direction` is of the transfer that it begins.

    Without a direction it is the decision behind the child's case that somebody disagrees with.
    """

    direction: Direction | None
    moves: Sequence[Move]
    asked_by: Party = Party.sender


def _script(direction: Direction | None, *moves: str | Move, pull: bool = False) -> Script:
    asked_by = Party.receiver if pull else Party.sender
    return Script(
        direction,
        [Move(one, _DAYS) if isinstance(one, str) else one for one in moves],
        asked_by,
    )


_UP, _DOWN = Direction.step_up, Direction.step_down
_BEGUN = Move("request", (200.0, 1200.0))
_OPENED, _OPENED_LATE = Move("open", _SOON), Move("open", _LATE)
_ANSWERED, _REFUSED = Move("accept", _SAME_DAY), Move("refuse", _SAME_DAY)
_AGREED, _CHALLENGED = Move("agree", _SAME_DAY), Move("challenge", _SAME_DAY)
_ASKED_UP = (_BEGUN, _OPENED, _REFUSED)
_ASKED_DOWN = (_BEGUN, Move("open", _SAME_DAY))
_DISPUTED_UP = (*_ASKED_UP, _CHALLENGED)
_DISPUTED_DOWN = (*_ASKED_DOWN, Move("refuse", _DAYS), _CHALLENGED)
_HIGHER = ("upheld", "escalate")
_TAKEN = Move("take", _SAME_DAY)
_TAKEN_ON = ("given", Move("visit", _WEEKS), "complete")
_ENDED = Move("close", (500.0, 1500.0))

UPS: Final[Sequence[tuple[int, Script]]] = (
    (12, _script(_UP, _BEGUN, _OPENED, _ANSWERED, _ENDED)),
    (4, _script(_UP, _BEGUN, _OPENED_LATE, _ANSWERED)),
    (3, _script(_UP, _BEGUN, _OPENED, Move("accept", _LATE), _ENDED)),
    (6, _script(_UP, *_ASKED_UP, _AGREED, _ENDED)),
    (2, _script(_UP, *_ASKED_UP, Move("agree", _LATE))),
    (2, _script(_UP, *_DISPUTED_UP, "agreed", _TAKEN)),
    (2, _script(_UP, *_DISPUTED_UP, "changed", "accept")),
    (2, _script(_UP, *_DISPUTED_UP, "upheld", "take")),
    (1, _script(_UP, *_DISPUTED_UP, "give_up")),
    (1, _script(_UP, *_DISPUTED_UP, *_HIGHER, "agreed", _TAKEN)),
    (2, _script(_UP, *_DISPUTED_UP, *_HIGHER, "changed", "accept")),
    (2, _script(_UP, *_DISPUTED_UP, *_HIGHER, "upheld", "take")),
    (1, _script(_UP, *_DISPUTED_UP, *_HIGHER, *_HIGHER, "agreed", _TAKEN)),
    (1, _script(_UP, *_DISPUTED_UP, *_HIGHER, *_HIGHER, "changed", "accept")),
    (2, _script(_UP, *_DISPUTED_UP, *_HIGHER, *_HIGHER, "upheld")),
    (2, _script(_UP, _BEGUN, _OPENED, "withdraw")),
    (3, _script(_UP, _BEGUN, Move("close", _DAYS))),
    (3, _script(_UP, _BEGUN, _OPENED, _ANSWERED, pull=True)),
    (2, _script(_UP, *_ASKED_UP, _AGREED, pull=True)),
    (1, _script(_UP, *_DISPUTED_UP, "upheld", "take", pull=True)),
)
"""Step-ups of a year, and how many of each."""

DOWNS: Final[Sequence[tuple[int, Script]]] = (
    (14, _script(_DOWN, *_ASKED_DOWN, "accept", *_TAKEN_ON, _ENDED)),
    (5, _script(_DOWN, *_ASKED_DOWN, "given", "accept", Move("visit", _DAYS), "complete")),
    (4, _script(_DOWN, _BEGUN, Move("open", _WEEKS), "given", "accept", "visit", "complete")),
    (3, _script(_DOWN, *_ASKED_DOWN, "accept", "given", Move("visit", (400, 700)), "complete")),
    (4, _script(_DOWN, *_ASKED_DOWN, "family_refused", "keep", _ENDED)),
    (2, _script(_DOWN, *_ASKED_DOWN, "accept", "family_refused", "keep")),
    (
        3,
        _script(
            _DOWN,
            *_ASKED_DOWN,
            "given",
            "accept",
            "family_withdrawn",
            "ask_again",
            "open",
            "accept",
            *_TAKEN_ON,
        ),
    ),
    (2, _script(_DOWN, *_ASKED_DOWN, "given", "accept", "family_withdrawn", "keep")),
    (5, _script(_DOWN, *_ASKED_DOWN, "refuse", "agree", _ENDED)),
    (2, _script(_DOWN, *_DISPUTED_DOWN, "agreed", _TAKEN)),
    (2, _script(_DOWN, *_DISPUTED_DOWN, "changed", "accept", *_TAKEN_ON)),
    (1, _script(_DOWN, *_DISPUTED_DOWN, "upheld", "take")),
    (1, _script(_DOWN, *_DISPUTED_DOWN, *_HIGHER, "upheld", "take")),
    (1, _script(_DOWN, *_DISPUTED_DOWN, *_HIGHER, "changed", "accept", *_TAKEN_ON)),
    (1, _script(_DOWN, *_DISPUTED_DOWN, *_HIGHER, *_HIGHER, "upheld")),
    (2, _script(_DOWN, *_ASKED_DOWN, "withdraw")),
    (4, _script(_DOWN, *_ASKED_DOWN, "accept", "up_again")),
    (3, _script(_DOWN, *_ASKED_DOWN, "accept", *_TAKEN_ON, pull=True)),
    (1, _script(_DOWN, *_ASKED_DOWN, "refuse", "agree", pull=True)),
)
"""Step-downs of a year, and how many of each."""

_DISPUTED = Move("dispute", (2.0, 60.0))
DISPUTES: Final[Sequence[tuple[int, Script]]] = (
    (3, _script(None, _DISPUTED, "agreed", _TAKEN)),
    (3, _script(None, _DISPUTED, "upheld", "take")),
    (1, _script(None, _DISPUTED, "give_up")),
    (1, _script(None, _DISPUTED, *_HIGHER, "upheld", "take")),
    (1, _script(None, _DISPUTED, *_HIGHER, "agreed", _TAKEN)),
    (1, _script(None, _DISPUTED, *_HIGHER, *_HIGHER, "upheld")),
)
"""Disagreements with decisions of a year, and how many of each."""

CHANGED_DECISIONS: Final[Sequence[tuple[int, Script]]] = (
    (3, _script(None, _DISPUTED, "changed", "decide_anew")),
    (1, _script(None, _DISPUTED, *_HIGHER, "changed", "decide_anew")),
    (1, _script(None, _DISPUTED, *_HIGHER, *_HIGHER, "changed", "decide_anew")),
)
"""Disagreements that change a decision for early help."""


def _ago(direction: Direction | None, *moves: tuple[str, float], pull: bool = False) -> Script:
    return _script(direction, *(Move(act, hours_ago=hours) for act, hours in moves), pull=pull)


def _days_ago(direction: Direction | None, *moves: tuple[str, float]) -> Script:
    return _ago(direction, *((act, days * 24) for act, days in moves))


_UP_REFUSED = (("request", 29.2), ("open", 29.1), ("refuse", 28.8), ("challenge", 28.2))
_ANSWERED_TWICE = (("upheld", 27.2), ("escalate", 26.2))
NOW_UP: Final[Sequence[Script]] = (
    _ago(_UP, ("request", 1.2)),
    _ago(_UP, ("request", 3.6)),
    _ago(_UP, ("request", 30)),
    _ago(_UP, ("request", 5), ("open", 4.4)),
    _days_ago(_UP, ("request", 7), ("open", 6.9)),
    _ago(_UP, ("request", 12), ("open", 10.5), ("refuse", 2.4)),
    _days_ago(_UP, ("request", 9), ("open", 8.9), ("refuse", 8)),
    _days_ago(_UP, ("request", 10), ("open", 9.9), ("refuse", 9.5), ("challenge", 9)),
    _days_ago(_UP, *_UP_REFUSED, ("upheld", 12), ("escalate", 11)),
    _days_ago(_UP, *_UP_REFUSED, *_ANSWERED_TWICE, ("upheld", 22), ("escalate", 21)),
    _days_ago(_UP, *_UP_REFUSED, ("upheld", 8)),
    _days_ago(_UP, *_UP_REFUSED, ("changed", 7)),
    _ago(_UP, ("request", 20), ("open", 19), pull=True),
)
"""Step-ups of today, one at each step, in time and late."""

NOW_DOWN: Final[Sequence[Script]] = (
    _ago(_DOWN, ("request", 5.5)),
    _days_ago(_DOWN, ("request", 6.5)),
    _days_ago(_DOWN, ("request", 2), ("open", 1.4)),
    _days_ago(_DOWN, ("request", 15), ("open", 14.5)),
    _days_ago(_DOWN, ("request", 12), ("open", 11.6), ("refuse", 8)),
    _days_ago(_DOWN, ("request", 13), ("open", 12.5), ("refuse", 10), ("challenge", 9)),
    _days_ago(_DOWN, ("request", 16), ("open", 15), ("accept", 13)),
    _days_ago(_DOWN, ("request", 28), ("open", 27), ("given", 26), ("accept", 25)),
    _days_ago(_DOWN, ("request", 28), ("open", 27), ("given", 26), ("accept", 25), ("visit", 16)),
    _days_ago(_DOWN, ("request", 14), ("open", 13), ("family_refused", 8)),
    _days_ago(_DOWN, ("request", 3), ("open", 2.5), ("family_refused", 0.9)),
)
"""Step-downs of today, one at each step, in time and late."""

NOW_DISPUTED: Final[Sequence[Script]] = (
    _ago(None, ("dispute", 6)),
    _days_ago(None, ("dispute", 8), ("changed", 7)),
)
"""Disagreements of today with a decision for early help."""


def deck(chance: random.Random, of: Sequence[tuple[int, Script]]) -> list[Script]:
    """So many of each script, shuffled."""
    found = [script for count, script in of for _ in range(count)]
    chance.shuffle(found)
    return found


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
        lines = self.chance.sample(PLANS, count)
        return tuple(PlanLine(outcome, action, who, by_on) for outcome, action, who in lines)

    # ---- What is done ----------------------------------------------------------------------------

    async def _transfer(self, work: Work) -> Transfer:
        if self.transfer_id is None:
            raise ValueError("a script that moves a transfer before it is requested")
        return await transfers.get(work, self._mash_manager, self.transfer_id)

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
                evidence=self._words(EVIDENCE_UP if self._up else EVIDENCE_DOWN),
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

    async def _move(self, work: Work, act: str) -> None:
        transfer = await self._transfer(work)
        found, version = transfer.id, transfer.version
        manager = self.desk.people.assessment_manager
        match act:
            case "open":
                await open_transfer(work, self._answerer, found, version)
            case "accept":
                await accept_transfer(work, self._answerer, found, version, self._acceptance())
                if isinstance(self.case, EarlyHelpEpisode):
                    await self.taken_on(work, self.case)
            case "refuse":
                await self._refuse(work, transfer)
            case "agree" | "challenge":
                agreed = act == "agree"
                words = self._words(AGREED_TO_REFUSAL if agreed else CHALLENGED)
                await answer_refusal(
                    work, self._asking_manager, found, version, agreed=agreed, words=words
                )
            case "withdraw":
                words = self._words(STEP_WITHDRAWN)
                # Who asked is one of several; the manager of that side takes it back.
                await withdraw_transfer(work, self._asking_manager, found, version, words=words)
            case "visit":
                await record_first_visit(
                    work,
                    self.chance.choice(self.desk.people.early_help_workers),
                    found,
                    version,
                    visited_at=max(transfer.accepted_at or work.now, work.now - timedelta(hours=1)),
                    words=self._words(VISITED),
                )
            case "complete":
                words = self._words(CEASED)
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
                    words=self._words(KEPT[act]),
                )
            case "up_again":
                await self._up_again(work, transfer)
            case _:
                raise ValueError(f"no move is called {act}")

    def _acceptance(self) -> Acceptance:
        # Who asked for the case has said who takes the child on.
        names = self._up and not self._pulled
        return Acceptance(
            words=self._words(STEP_ACCEPTED),
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
            explanation=self._words(REFUSED_STEPS[self.script.direction or _UP]),
        )

    async def _family(self, work: Work, agreement: FamilyAgreement) -> None:
        transfer = await self._transfer(work)
        await record_family_agreement(
            work,
            self.chance.choice(self.desk.people.assessment_workers),
            transfer.id,
            transfer.version,
            agreement=agreement,
            words=FAMILY_SAID[agreement],
        )

    async def _up_again(self, work: Work, transfer: Transfer) -> None:
        """Early help asks for a step-up before the step-down is complete: the child goes back."""
        if transfer.early_help_episode_id is None:
            return
        episode = await EPISODES.get(work, self._mash_manager, transfer.early_help_episode_id)
        back = _script(_UP, Move("request", _DAYS), _OPENED, _ANSWERED)
        Course(self.desk, self.chance, back, episode, self.decide_anew, self.taken_on).begin(work)

    async def _dispute(self, work: Work) -> None:
        raised = await challenge_decision(
            work,
            self._asking_manager,
            self.case.decision_id,
            words=self._words(CHALLENGED_DECISION[isinstance(self.case, Referral)]),
        )
        self.challenge_id = raised.challenge.id

    async def _challenge(self, work: Work) -> Challenge:
        if self.transfer_id is not None:
            return (await challenges.of_transfer(work, self.transfer_id))[-1]
        if self.challenge_id is None:
            raise ValueError("a script that answers a challenge before it is raised")
        return await challenges.get(work, self._mash_manager, self.challenge_id)

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
            words=self._words(STAGE_ANSWERED[answer]),
        )

    async def _pursue(self, work: Work, act: str) -> None:
        challenge = await self._challenge(work)
        pursue = {
            "escalate": escalate_challenge,
            "take": accept_challenge_answer,
            "give_up": withdraw_challenge,
        }[act]
        words = self._words(TAKEN_FURTHER[act])
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
            referral = await REFERRALS.get(work, people.assessment_manager, answers.referral_id)
            of_this = referral.contact_id == self.case.contact_id
            if of_this and referral.state is CaseState.allocated:
                words = self._words(CEASED)
                manager = people.assessment_manager
                await close_referral(work, manager, referral.id, referral.version, "RC7", words)
            return
        episode = await EPISODES.get(work, people.early_help_manager, answers.case_id)
        if episode.state is CaseState.allocated:
            code = self.chance.choice(sorted(EPISODE_ENDED))
            await close_early_help_episode(
                work,
                people.early_help_manager,
                episode.id,
                episode.version,
                EpisodeClosure(code),
                EPISODE_ENDED[code],
            )
