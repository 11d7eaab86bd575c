"""Challenges for tests: decisions and refusals that are challenged, by people of both sides."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.bootstrap import House
from service.domain.acceptances import Acceptance
from service.domain.access import Caller, Role
from service.domain.challenges import Challenge, ChallengeAnswer
from service.domain.decisions import Decision, Outcome, StatutoryBasis
from service.domain.transfers import Direction, FamilyAgreement, Party, PlanLine, Transfer
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.usecases import challenges, transfer_answers, transfers
from service.usecases.cases import allocate_referral
from service.usecases.challenges import WholeChallenge
from service.usecases.transfers import NewTransfer
from tests.support.cases import log
from tests.support.houses import caller
from tests.support.situations import drafted, new_decision, signed

WORDS = "I have read the whole file; the level fits what the school has seen this week."
REASONS = "The school saw new bruises on Monday, and nobody asked the child how they came about."
_ROLES = {
    "worker": Role.mash_worker,
    "manager": Role.mash_manager,
    "second_manager": Role.mash_manager,
    "head": Role.head_of_service,
    "second_head": Role.head_of_service,
    "spoc": Role.early_help_spoc_manager,
    "second_spoc": Role.early_help_spoc_manager,
    "early_help": Role.early_help_worker,
    "early_help_colleague": Role.early_help_worker,
    "assessor": Role.assessment_team_worker,
    "assessment": Role.assessment_team_manager,
}


@dataclass
class Sides:
    """A house and everybody who may disagree in it."""

    house: House
    people: dict[str, Caller]

    def __getitem__(self, name: str) -> Caller:
        return self.people[name]

    async def do(self, use_case: Any, who: str, *given: Any, **named: Any) -> Any:
        """One use-case, as somebody of a name."""
        return await self.house.perform(
            lambda work: use_case(work, self.people[who], *given, **named)
        )

    async def decided(self, outcome: Outcome = Outcome.early_help) -> Decision:
        """A signed decision for one child."""
        file = await log(self.house)
        return await self.decided_on(file.contact.id, file.children[0].id, outcome)

    async def drafted_on(
        self, contact_id: UUID, child_id: UUID, outcome: Outcome, **changes: Any
    ) -> Decision:
        """A decision for a child, drafted by the worker."""
        new = new_decision(self.house, child_id, outcome, **changes)
        return await drafted(self.house, contact_id, new, worker=self.people["worker"])

    async def decided_on(
        self, contact_id: UUID, child_id: UUID, outcome: Outcome, **changes: Any
    ) -> Decision:
        """A decision for a child, drafted by the worker and signed by the manager."""
        draft = await self.drafted_on(contact_id, child_id, outcome, **changes)
        return await self.signed(draft)

    async def signed(self, draft: Decision) -> Decision:
        """A draft, signed by the manager."""
        return await signed(self.house, draft, manager=self.people["manager"], words=WORDS)

    async def challenged(self, decision: Decision | None = None) -> Challenge:
        """An early help worker's challenge of a decision."""
        decision = decision or await self.decided()
        raised = await self.do(
            challenges.challenge_decision, "early_help", decision.id, words=REASONS
        )
        found: Challenge = raised.challenge
        return found

    async def answer(
        self, challenge: Challenge, answer: str, who: str = "manager", words: str = REASONS
    ) -> Challenge:
        """A challenge as it was read, answered."""
        found: Challenge = await self.do(
            challenges.answer_challenge,
            who,
            challenge.id,
            challenge.version,
            answer=ChallengeAnswer(answer),
            words=words,
        )
        return found

    async def pursue(
        self, use_case: Any, challenge: Challenge, who: str = "early_help", words: str = REASONS
    ) -> Challenge:
        """A challenge as it was read, escalated, accepted or withdrawn."""
        found: Challenge = await self.do(
            use_case, who, challenge.id, challenge.version, words=words
        )
        return found

    async def read(self, challenge_id: UUID) -> WholeChallenge:
        """A challenge with all that hangs on it."""
        who, policy = self.people["head"], self.house.policy
        return await self.house.ask(
            lambda ask: challenges.read_challenge(ask, who, policy, challenge_id)
        )

    async def case_of(self, decision: Decision) -> Any:
        """The referral or episode that a decision led to, as it is now."""
        cases: Any = REFERRALS if decision.outcome is Outcome.referral else EPISODES
        return await self.house.ask(lambda ask: cases.of_decision(ask, decision.id))

    async def transfer(self, transfer_id: UUID) -> Transfer:
        """A transfer as it is now."""
        found = await self.house.ask(
            lambda ask: transfers.read_transfer(ask, self.people["head"], transfer_id)
        )
        return found.transfer

    async def refused(
        self, direction: Direction, decision: Decision | None = None
    ) -> tuple[Transfer, str]:
        """A transfer that the receiver refused, and who asked for it."""
        step_up = direction is Direction.step_up
        outcome = Outcome.early_help if step_up else Outcome.referral
        decision = decision or await self.decided(outcome)
        case = await self.case_of(decision)
        asker, refuser = ("spoc", "manager") if step_up else ("assessment", "spoc")
        if not step_up:
            await self.allocate(case)
        new = NewTransfer(
            direction=direction,
            case_id=case.id,
            asked_by=Party.sender,
            reason_code=next(
                iter(
                    self.house.policy.transfers.step_up_reasons
                    if step_up
                    else self.house.policy.transfers.step_down_reasons
                )
            ),
            evidence=REASONS,
            **({} if step_up else self.plan()),
        )
        requested = await self.do(
            transfers.request_transfer, "early_help" if step_up else "assessor", new
        )
        opened = await self.do(transfers.open_transfer, refuser, requested.transfer.id, 1)
        refusals = self.house.policy.transfers
        code = next(iter(refusals.step_up_refusals if step_up else refusals.step_down_refusals))
        found: Transfer = await self.do(
            transfer_answers.refuse_transfer,
            refuser,
            opened.id,
            opened.version,
            reason_code=code,
            explanation=REASONS,
        )
        return found, asker

    def plan(self) -> dict[str, Any]:
        """What a step-down carries."""
        line = PlanLine(
            "School attendance", "Weekly visits", "The worker", self.house.clock().date()
        )
        return {
            "plan": [line],
            "family_agreement": FamilyAgreement.asked,
            "receiving_worker_id": self.people["early_help"].account_id,
        }

    async def allocate(self, case: Any) -> None:
        """Gives a referral to the assessment worker."""
        await self.do(
            allocate_referral,
            "assessment",
            case.id,
            case.version,
            self.people["assessor"].account_id,
            None,
        )

    async def challenged_refusal(self, direction: Direction = Direction.step_up) -> Challenge:
        """The challenge of a refused transfer, raised by the manager of who asked."""
        refused, asker = await self.refused(direction)
        await self.do(
            transfer_answers.answer_refusal,
            asker,
            refused.id,
            refused.version,
            agreed=False,
            words=REASONS,
        )
        found = await self.house.ask(
            lambda ask: transfers.read_transfer(ask, self.people["head"], refused.id)
        )
        [challenge] = found.challenges
        return challenge

    async def accept(self, transfer: Transfer, who: str) -> Transfer:
        """A transfer as it was read, accepted."""
        step_up = transfer.direction is Direction.step_up
        found: Transfer = await self.do(
            transfer_answers.accept_transfer,
            who,
            transfer.id,
            transfer.version,
            Acceptance(
                words=WORDS,
                receiving_team_id="assessment-north" if step_up else None,
                statutory_basis=StatutoryBasis.section_17 if step_up else None,
            ),
        )
        return found


async def sides_of(house: House) -> Sides:
    """Everybody, by a short name."""
    people = {name: await caller(house, role, name=name) for name, role in _ROLES.items()}
    return Sides(house, people)
