"""Steps for tests: a child open to one side, and moves of a transfer as each role makes them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from service.bootstrap import House, Work
from service.domain.acceptances import Acceptance
from service.domain.access import Caller, Role
from service.domain.accountabilities import Accountability
from service.domain.decisions import StatutoryBasis
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.referrals import Referral
from service.domain.transfers import Direction, FamilyAgreement, PlanLine, Transfer
from service.persistence.repositories import accountabilities
from service.usecases import cases, step_downs, transfer_answers, transfers
from tests.support.houses import caller
from tests.support.situations import contact_about, helped, referred

EVIDENCE = "The child has come to school with new bruises twice, and the mother cannot say how."
WORDS = "I have read the whole file and spoken with the worker: this is what the child needs."
PLAN = (PlanLine("The child is fed", "Weekly visits", "Family worker", date(2030, 12, 1)),)
Found = TypeVar("Found")


@dataclass
class Steps:
    """A house, and everybody who has a hand in a step, each an account of its own."""

    house: House
    early_help: Caller
    spoc: Caller
    mash: Caller
    social_worker: Caller
    assessment: Caller
    head: Caller

    async def do(self, use_case: Callable[[Work], Awaitable[Found]]) -> Found:
        """Carries out one use-case."""
        return await self.house.perform(use_case)

    async def child_in_early_help(self) -> EarlyHelpEpisode:
        """A child whom a signed decision opened to early help, allocated."""
        [episode] = await helped(self.house, await contact_about(self.house))
        return await self.do(
            lambda work: cases.allocate_early_help_episode(
                work, self.spoc, episode.id, episode.version, self.early_help.account_id, None
            )
        )

    async def child_in_social_care(self) -> Referral:
        """A child whom a signed decision referred to social care, allocated."""
        [referral] = await referred(self.house, await contact_about(self.house))
        return await self.do(
            lambda work: cases.allocate_referral(
                work,
                self.assessment,
                referral.id,
                referral.version,
                self.social_worker.account_id,
                None,
            )
        )

    async def step_up(self, episode: EarlyHelpEpisode, **changes: Any) -> Transfer:
        """A step-up as an early help worker asks for it."""
        new = transfers.NewTransfer(
            **{
                "direction": Direction.step_up,
                "case_id": episode.id,
                "reason_code": "risk_increased",
                "evidence": EVIDENCE,
                **changes,
            }
        )
        asked = await self.do(lambda work: transfers.request_transfer(work, self.early_help, new))
        return asked.transfer

    async def step_down(self, referral: Referral, **changes: Any) -> Transfer:
        """A step-down as a social worker asks for it."""
        new = transfers.NewTransfer(
            **{
                "direction": Direction.step_down,
                "case_id": referral.id,
                "reason_code": "need_reduced",
                "evidence": EVIDENCE,
                "receiving_worker_id": self.early_help.account_id,
                "plan": PLAN,
                **changes,
            }
        )
        asked = await self.do(
            lambda work: transfers.request_transfer(work, self.social_worker, new)
        )
        return asked.transfer

    def answerer(self, transfer: Transfer) -> Caller:
        """Who answers a transfer that the sender asked for."""
        return self.mash if transfer.direction is Direction.step_up else self.spoc

    def asking_manager(self, transfer: Transfer) -> Caller:
        """The manager of who asked, when that is the sender."""
        return self.spoc if transfer.direction is Direction.step_up else self.assessment

    async def opened(self, transfer: Transfer) -> Transfer:
        """The transfer, opened by who answers."""
        who = self.answerer(transfer)
        return await self.do(
            lambda work: transfers.open_transfer(work, who, transfer.id, transfer.version)
        )

    async def accept(self, transfer: Transfer, **changes: Any) -> Transfer:
        """The transfer, accepted by who answers."""
        up = transfer.direction is Direction.step_up
        given: dict[str, Any] = {
            "words": WORDS,
            "receiving_team_id": "assessment-north" if up else None,
            "statutory_basis": StatutoryBasis.section_17 if up else None,
        }
        acceptance = Acceptance(**(given | changes))
        who = self.answerer(transfer)
        return await self.do(
            lambda work: transfer_answers.accept_transfer(
                work, who, transfer.id, transfer.version, acceptance
            )
        )

    async def refuse(self, transfer: Transfer) -> Transfer:
        """The transfer, refused by who answers."""
        up = transfer.direction is Direction.step_up
        who = self.answerer(transfer)
        return await self.do(
            lambda work: transfer_answers.refuse_transfer(
                work,
                who,
                transfer.id,
                transfer.version,
                reason_code="below_threshold" if up else "above_threshold",
                explanation=EVIDENCE,
            )
        )

    async def answer_refusal(self, transfer: Transfer, *, agreed: bool) -> Transfer:
        """The refusal, agreed to or challenged by the manager of who asked."""
        who = self.asking_manager(transfer)
        return await self.do(
            lambda work: transfer_answers.answer_refusal(
                work, who, transfer.id, transfer.version, agreed=agreed, words=EVIDENCE
            )
        )

    async def family(self, transfer: Transfer, agreement: FamilyAgreement) -> Transfer:
        """The family's agreement, recorded."""
        return await self.do(
            lambda work: step_downs.record_family_agreement(
                work,
                self.social_worker,
                transfer.id,
                transfer.version,
                agreement=agreement,
                words=WORDS,
            )
        )

    async def visit(self, transfer: Transfer) -> Transfer:
        """The first visit, made now."""
        return await self.do(
            lambda work: step_downs.record_first_visit(
                work,
                self.early_help,
                transfer.id,
                transfer.version,
                visited_at=work.now,
                words=WORDS,
            )
        )

    async def complete(self, transfer: Transfer, code: str = "RC9") -> Transfer:
        """The step-down, complete."""
        return await self.do(
            lambda work: step_downs.complete_transfer(
                work,
                self.assessment,
                transfer.id,
                transfer.version,
                closure_code=code,
                words=WORDS,
            )
        )

    async def answers(self, person_id: UUID) -> Accountability | None:
        """Which case answers for a child now."""
        return await self.house.ask(lambda ask: accountabilities.of_person(ask, person_id))

    async def running(self, transfer: Transfer) -> set[str]:
        """The clocks that run on a transfer."""
        whole = await self.house.ask(
            lambda ask: transfers.read_transfer(ask, self.mash, transfer.id)
        )
        return {one.kind for one in whole.deadlines if one.stopped_at is None}


async def steps_in(house: House) -> Steps:
    """Everybody who has a hand in a step, in this house."""
    return Steps(
        house,
        await caller(house, Role.early_help_worker, name="early help worker"),
        await caller(house, Role.early_help_spoc_manager, name="spoc manager"),
        await caller(house, Role.mash_manager, name="mash manager"),
        await caller(house, Role.assessment_team_worker, name="social worker"),
        await caller(house, Role.assessment_team_manager, name="assessment manager"),
        await caller(house, Role.head_of_service, name="head of service"),
    )
