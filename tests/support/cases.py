"""Cases for tests: a contact with valid defaults, decided in one go, and clocks by the hundred."""

from datetime import datetime, timedelta
from uuid import uuid4

from service.bootstrap import House, Work
from service.domain.access import Role
from service.domain.dangers import RATED_CLOCK
from service.domain.deadlines import Deadline
from service.domain.decisions import LevelOfNeed, Outcome
from service.domain.flags import SubjectKind
from service.domain.whole_contacts import WholeContact
from service.persistence.clocks import stop_clocks
from tests.support.situations import contact_about, decided, new_decision

ANONYMOUS = "9"
RATIONALE = "The health visitor sees the family weekly and nothing suggests that needs are unmet."


async def log(
    house: House, received_at: datetime | None = None, *, source_code: str = "1A"
) -> WholeContact:
    """A contact about one child, as a MASH worker logs it."""
    return await contact_about(house, received_at=received_at, source_code=source_code)


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
    level, leads_to = {
        "no_further_action": (LevelOfNeed.universal, Outcome.no_further_action),
        "referral": (LevelOfNeed.statutory, Outcome.referral),
        "early_help_episode": (LevelOfNeed.targeted, Outcome.early_help),
    }[outcome]
    new = new_decision(
        house, file.children[0].id, leads_to, level_of_need=level, rationale=RATIONALE
    )
    await decided(house, file.contact.id, new)


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
