"""Whole readings: a manager reads all that is on file of a child who is told of again and again."""

from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.cumulative_concerns import NotToldSoOften, read_as_a_whole
from service.domain.decisions import DECISION, Decision, DecisionAction, OwnDecision
from service.domain.events import EventType
from service.domain_services.lives import changed_to, refuse_stale
from service.persistence.repositories import contacts, decisions
from service.persistence.units_of_work import Work


async def read_whole(
    work: Work, who: Caller, decision_id: UUID, version: int, words: str
) -> Decision:
    """Records that a manager has read the whole behind a draft, and what they saw in it (rule 26).

    Another manager may sign it then. Raises DecisionNotFound, Stale, WrongState, OwnDecision for
    whoever drafted it, NotToldSoOften where nothing is to be read so, and WholeNotRead.
    """
    who.require(Permission.read_whole)
    found = await decisions.get(work, who.sight, decision_id)
    contact = await contacts.held(work, who.sight, found.contact_id)
    decision = await decisions.get(work, who.sight, decision_id)
    refuse_stale(decision, version)
    DECISION.after(decision.state, DecisionAction.agree)
    if decision.drafted_by == who.account_id:
        raise OwnDecision(
            "You drafted this decision, so another manager reads the whole. It stays in the "
            "sign-off queue."
        )
    if decision.nth_contact is None:
        raise NotToldSoOften(
            "There are too few contacts about this child for a manager to have to read the whole. "
            "Sign the decision, or return it.",
            state=decision.state,
            allowed=(DecisionAction.agree, DecisionAction.return_to_decider),
        )
    rules = work.policy.rationale
    said = read_as_a_whole(decision, rules, words, who.account_id, work.now, "/words")
    read = await changed_to(work, decision, **said)
    await contacts.renew(work, contact.id)
    work.record(
        EventType.decision_whole_read,
        who,
        decision.id,
        contact_id=decision.contact_id,
        about=[decision.person_id],
        child_id=decision.child_id,
        nth_contact=decision.nth_contact,
    )
    return read
