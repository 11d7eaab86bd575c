"""Decisions: what may be decided anew about a child, and how what stood is superseded."""

from service.domain.accountabilities import (
    Accountability,
    CareService,
    ChildMovedOn,
    OpenToSocialCare,
)
from service.domain.challenges import Challenge, ChallengeState
from service.domain.decisions import DECISION, Decision, DecisionAction, Outcome
from service.domain_services.cases import moved_on
from service.domain_services.challenges import refuse_while_challenged
from service.domain_services.emergency_acts import settle_act
from service.domain_services.lives import Moves
from service.persistence.repositories import challenges
from service.persistence.units_of_work import Work


async def challenge_that_allows(work: Work, standing: Decision) -> Challenge | None:
    """The challenge that led to this change of a standing decision, when one did.

    Raises ChallengeOpen while another challenge about the child is open (rule 8).
    """
    found = await challenges.open_of_person(work, standing.person_id)
    changing = next(
        (
            one
            for one in found
            if one.state is ChallengeState.awaiting_change and one.decision_id == standing.id
        ),
        None,
    )
    await refuse_while_challenged(
        work, standing.person_id, but=None if changing is None else changing.id
    )
    return changing


DECISIONS: Moves[Decision] = Moves(DECISION)


async def supersede_decision(work: Work, decision: Decision) -> None:
    """Ends a decision that another one takes the place of, and what waits of how it was made."""
    if decision.emergency_act_id is not None:
        await settle_act(work, decision.emergency_act_id)
    await DECISIONS.move(work, None, decision, DecisionAction.supersede, superseded_at=work.now)


async def refuse_if_moved_on(
    work: Work, standing: Decision, answers: Accountability | None
) -> None:
    """A decision is not superseded once the child has moved on from it (rule 12)."""
    if await moved_on(work, standing, answers):
        raise ChildMovedOn(
            "Since this decision was signed the child has moved between early help and social "
            "care, so it decides nothing any more. Log what is new as a contact, or ask for a "
            "step-up or a step-down.",
            state=standing.state,
            allowed=(),
        )


def open_to_social_care() -> OpenToSocialCare:
    """The refusal of deciding on early help for a child who is open to social care."""
    return OpenToSocialCare(
        "The child is open to children's social care. Early help takes a child over by a "
        "step-down, with a plan and the family's agreement: decide for the open referral here, "
        "or pass the concern to who holds it, and let the assessment team ask for the step-down.",
        state=CareService.social_care,
        allowed=(Outcome.passed_to_case_holder, Outcome.referral, Outcome.information_and_advice),
    )
