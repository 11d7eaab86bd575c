"""Cases for tests: a contact with valid defaults, decided in one go, and clocks by the hundred."""

from datetime import datetime, timedelta
from uuid import uuid4

from service.bootstrap import House, Work
from service.domain.access import Role
from service.domain.contacts import Channel
from service.domain.dangers import RATED_CLOCK
from service.domain.deadlines import Deadline
from service.domain.decisions import LevelOfNeed, Outcome, PromptAnswer, StatutoryBasis
from service.domain.drafts import NewDecision
from service.domain.flags import SubjectKind
from service.domain.new_contacts import NewChild, NewContact
from service.domain.whole_contacts import WholeContact
from service.persistence.clocks import stop_clocks
from service.usecases.contacts import log_contact
from service.usecases.sign_offs import sign_off
from tests.support.accounts import NOBODY_ASKED, WORDS
from tests.support.houses import caller
from tests.support.matches import decide_apart

ANONYMOUS = "9"
RATIONALE = "The health visitor sees the family weekly and nothing suggests that needs are unmet."


async def log(
    house: House, received_at: datetime | None = None, *, source_code: str = "1A"
) -> WholeContact:
    """A contact about one child, as a MASH worker logs it."""
    worker = await caller(house, Role.mash_worker)
    new = NewContact(
        concern="The child came to nursery hungry three days running.",
        source_code=source_code,
        channel=Channel.telephone,
        received_at=received_at,
        children=[NewChild(given_name="Ada", family_name="Example")],
        referrer_role="Nursery worker",
    )
    return await house.perform(lambda work: log_contact(work, worker, new))


async def log_rated(
    house: House, received_at: datetime | None = None, *, source_code: str = "1A"
) -> WholeContact:
    """The same, where no clock waits for a rating: for what is told of the others alone."""
    file = await log(house, received_at, source_code=source_code)
    contact_id = file.contact.id
    await house.perform(
        lambda work: stop_clocks(work, contact_id, contact_id, [RATED_CLOCK], "rated")
    )
    return file


async def decide_and_sign(house: House, file: WholeContact) -> None:
    """Decides no further action for the one child, and has a manager sign it."""
    await decide_for(house, file, "no_further_action")


async def decide_for(house: House, file: WholeContact, outcome: str) -> None:
    """Decides for the one child, and has a manager sign it.

    `outcome` is no_further_action, referral or early_help_episode.
    """
    worker = await caller(house, Role.mash_worker)
    manager = await caller(house, Role.mash_manager)
    level, leads_to = {
        "no_further_action": (LevelOfNeed.universal, Outcome.no_further_action),
        "referral": (LevelOfNeed.statutory, Outcome.referral),
        "early_help_episode": (LevelOfNeed.targeted, Outcome.early_help),
    }[outcome]
    referred = leads_to is Outcome.referral
    new = NewDecision(
        child_id=file.children[0].id,
        level_of_need=level,
        outcome=leads_to,
        rationale=RATIONALE,
        statutory_basis=StatutoryBasis.section_17 if referred else None,
        primary_need_code="N1" if referred else None,
        agencies=NOBODY_ASKED,
        prompts=[
            PromptAnswer(prompt.key, "Asked and answered.", None)
            for prompt in house.policy.decision_prompts
        ],
    )
    draft = await house.perform(lambda work: decide_apart(work, worker, file.contact.id, new))
    await house.perform(
        lambda work: sign_off(
            work,
            manager,
            draft.id,
            draft.version,
            agreed=True,
            words=WORDS,
        )
    )


async def start_clocks(
    house: House, file: WholeContact, count: int, due_at: datetime, *, warned: bool = False
) -> None:
    """Many running clocks on one contact, all with the same limit."""

    async def start(work: Work) -> None:
        for _ in range(count):
            work.add(
                Deadline(
                    id=uuid4(),
                    kind="agency_information",
                    variant="amber",
                    subject_kind=SubjectKind.information_request,
                    subject_id=uuid4(),
                    contact_id=file.contact.id,
                    owner_role=Role.mash_worker,
                    started_at=due_at - timedelta(hours=6),
                    due_at=due_at,
                    warn_at=due_at - timedelta(hours=1),
                    warned_at=due_at - timedelta(hours=1) if warned else None,
                    breached_at=None,
                    stopped_at=None,
                    stopped_because=None,
                    happened_at=None,
                    policy_version=work.policy.stamp,
                    explanation={},
                )
            )

    await house.perform(start)
