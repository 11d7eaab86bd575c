"""What tests begin from: children told of, decided on, referred, in early help. One way to each.

Everything is done by the real use-cases, by the people who would do it. Who they are, when it was
and in which words can be said where a test is about that.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from service.bootstrap import House
from service.domain.access import Caller, Role
from service.domain.contacts import Channel
from service.domain.cumulative_concerns import must_be_read
from service.domain.decisions import (
    AgencySaid,
    Decision,
    LevelOfNeed,
    Outcome,
    PromptAnswer,
    StatutoryBasis,
)
from service.domain.drafts import NewDecision
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.new_contacts import NewChild, NewContact
from service.domain.referrals import Referral
from service.domain.whole_contacts import WholeContact
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.usecases.contacts import log_contact
from service.usecases.sign_offs import sign_off
from tests.support.builders import READ_AS_A_WHOLE
from tests.support.houses import caller
from tests.support.matches import decide_apart

RATIONALE = "The school has seen bruises twice in a week, and the accounts given of them differ."
NOBODY_ASKED = (
    AgencySaid("riverbourne-police", False, False, "No crime is suspected."),
    AgencySaid("riverbourne-hospital", False, False, "Nobody said that the child was seen there."),
)
WORDS = "I have read the file; the level fits what was seen."
ADA = NewChild(given_name="Ada", family_name="Example")


async def contact_about(
    house: House, *children: NewChild, worker: Caller | None = None, **told: Any
) -> WholeContact:
    """A contact by telephone about these children, Ada if nobody is named, as a worker logs it."""
    who = worker or await caller(house, Role.mash_worker)
    new = NewContact(
        **{
            "concern": "The child came to nursery hungry three days running.",
            "source_code": "1A",
            "channel": Channel.telephone,
            "children": children or (ADA,),
            "referrer_role": "Nursery worker",
            **told,
        }
    )
    return await house.perform(lambda work: log_contact(work, who, new))


def new_decision(house: House, child_id: UUID, outcome: Outcome, **changes: object) -> NewDecision:
    """A complete decision for a child on whom nothing is on file and about whom none was asked."""
    referral = outcome is Outcome.referral
    values: dict[str, object] = {
        "child_id": child_id,
        "level_of_need": LevelOfNeed.statutory if referral else LevelOfNeed.targeted,
        "outcome": outcome,
        "rationale": RATIONALE,
        "statutory_basis": StatutoryBasis.section_17 if referral else None,
        "primary_need_code": "N1" if referral else None,
        "advice_given": "Call again." if outcome is Outcome.information_and_advice else None,
        "agencies": NOBODY_ASKED,
        "prompts": [
            PromptAnswer(prompt.key, "Asked, and written down.", None)
            for prompt in house.policy.decision_prompts
        ],
    }
    return NewDecision(**(values | changes))


async def drafted(
    house: House, contact_id: UUID, new: NewDecision, *, worker: Caller | None = None
) -> Decision:
    """A decision, drafted by a worker; children on file who may be the child are others."""
    who = worker or await caller(house, Role.mash_worker)
    return await house.perform(lambda work: decide_apart(work, who, contact_id, new))


async def signed(
    house: House, draft: Decision, *, manager: Caller | None = None, words: str = WORDS
) -> Decision:
    """A draft, signed by a manager."""
    who = manager or await caller(house, Role.mash_manager)
    return await house.perform(
        lambda work: sign_off(
            work,
            who,
            draft.id,
            draft.version,
            agreed=True,
            words=words,
            whole_read=whole_read(draft),
        )
    )


def whole_read(draft: Decision) -> str | None:
    """What a manager says who has read the whole behind a draft; nothing where none is asked to."""
    return READ_AS_A_WHOLE if must_be_read(draft) else None


async def decided(
    house: House,
    contact_id: UUID,
    new: NewDecision,
    *,
    worker: Caller | None = None,
    manager: Caller | None = None,
    words: str = WORDS,
) -> Decision:
    """A decision, drafted and signed."""
    draft = await drafted(house, contact_id, new, worker=worker)
    return await signed(house, draft, manager=manager, words=words)


async def referred(
    house: House,
    file: WholeContact,
    basis: StatutoryBasis = StatutoryBasis.section_17,
    **who: Any,
) -> Sequence[Referral]:
    """The children on a contact in their order, each referred to social care, and not allocated."""
    for child in file.children:
        new = new_decision(house, child.id, Outcome.referral, statutory_basis=basis)
        await decided(house, file.contact.id, new, **who)
    found = await house.ask(lambda ask: REFERRALS.of_contact(ask, file.contact.id))
    of_child = {one.child_id: one for one in found}
    return [of_child[child.id] for child in file.children]


async def helped(house: House, file: WholeContact, **who: Any) -> Sequence[EarlyHelpEpisode]:
    """The children on a contact in their order, each opened to early help, and not allocated."""
    for child in file.children:
        new = new_decision(house, child.id, Outcome.early_help)
        await decided(house, file.contact.id, new, **who)
    found = await house.ask(lambda ask: EPISODES.of_contact(ask, file.contact.id))
    of_child = {one.child_id: one for one in found}
    return [of_child[child.id] for child in file.children]
