"""A whole file, made by the real use-cases: everything that can hang on a contact hangs on it."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from service.bootstrap import House, Work
from service.domain.access import Caller, Role
from service.domain.contacts import Channel, LawfulBasis
from service.domain.decisions import (
    AgencySaid,
    Outcome,
)
from service.domain.emergency_acts import EmergencyActKind
from service.domain.flags import BY_ITS_LIMIT, Flag, Severity, SubjectKind
from service.domain.new_contacts import NewAdult, NewChild, NewContact
from service.domain.questions import NewInformationRequest
from service.domain.strategy_meetings import Harm
from service.domain.transfers import Direction
from service.domain.whole_contacts import WholeContact
from service.domain_services.emergency_acts import act_alone
from service.persistence.ids import new_id
from service.persistence.repositories import decisions
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.usecases.challenges import challenge_decision
from service.usecases.information_requests import ask_agency
from service.usecases.missing_episodes import NewMissingEpisode, record_missing_episode
from service.usecases.multi_agency_referrals import submit_multi_agency_referral
from service.usecases.strategy_meetings import NewMeetingChild, call_strategy_meeting
from service.usecases.transfers import NewTransfer, request_transfer
from tests.support.houses import caller
from tests.support.situations import RATIONALE, contact_about, decided, drafted, new_decision
from tests.support.unborn import told_of, unborn


@dataclass(frozen=True)
class WholeFile:
    """The ids of all that hangs on one partner's contact, by what each is."""

    organisation: str
    ids: dict[str, UUID]


async def partners_file(house: House, organisation: str, source_code: str) -> WholeFile:
    """A partner's referral of three children: one referred on, one to early help, one waiting.

    Its own agency was asked about it, a flag is up, early help asks for a step-up, and challenges
    what was decided.
    """
    partner = await caller(house, Role.partner_system, organisation=organisation)
    worker = await caller(house, Role.mash_worker)
    manager = await caller(house, Role.mash_manager)
    new = NewContact(
        concern=f"A concern of {organisation}.",
        source_code=source_code,
        channel=Channel.partner_system,
        referrer_role="Officer",
        children=[NewChild(given_name=name) for name in ("Ada", "Ben", "Cem")],
        adults=[NewAdult(given_name="Dee")],
    )
    file = await house.perform(lambda work: submit_multi_agency_referral(work, partner, new))
    contact_id = file.contact.id
    request = await house.perform(
        lambda work: ask_agency(
            work,
            worker,
            contact_id,
            NewInformationRequest(organisation, "To decide.", LawfulBasis.public_task),
        )
    )
    ids = {
        "contact": contact_id,
        "child": file.children[2].id,
        "person": file.children[0].person_id,
        "adult": file.adults[0].id,
        "deadline": file.deadlines[0].id,
        "information_request": request.id,
        "account": partner.account_id,
        "worker": worker.account_id,
    }
    asked = [AgencySaid(organisation, True, False, "Waiting would be unsafe.")]
    for child, outcome in zip(file.children, (Outcome.referral, Outcome.early_help), strict=False):
        decision = await _decided(house, worker, manager, contact_id, child.id, outcome, asked)
        ids[f"decision_{outcome}"] = decision
        for name, cases in (("referral", REFERRALS), ("early_help_episode", EPISODES)):
            case = await house.ask(lambda ask, of=cases, by=decision: of.of_decision(ask, by))
            if case is not None:
                ids[name] = case.id
    waiting = new_decision(house, file.children[2].id, Outcome.early_help, agencies=asked)
    draft = await drafted(house, contact_id, waiting, worker=worker)
    ids["decision_waiting"] = draft.id
    ids["challenge"] = await _challenge(house, ids["decision_early_help"])
    ids["transfer"] = await _step_up(house, ids["early_help_episode"])
    ids["missing_episode"] = await _missing_episode(house, contact_id, file.children[0].id)
    ids["passed_concern"] = await _passed_concern(house, worker, manager, file)
    ids["emergency_act"] = await _emergency_act(house, ids["decision_referral"])
    unborn_child = (await told_of(house, [unborn(date(2027, 2, 28))])).children[0]
    ids["unborn"] = unborn_child.person_id
    ids["strategy_meeting"] = await _strategy_meeting(house, manager, ids["referral"])
    ids["flag"] = await _flag(house, file.deadlines[0].id, contact_id)
    return WholeFile(organisation, ids)


async def _decided(
    house: House,
    worker: Caller,
    manager: Caller,
    contact_id: UUID,
    child_id: UUID,
    outcome: Outcome,
    agencies: list[AgencySaid],
) -> UUID:
    new = new_decision(house, child_id, outcome, agencies=agencies)
    found = await decided(house, contact_id, new, worker=worker, manager=manager)
    return found.id


async def _passed_concern(
    house: House, worker: Caller, manager: Caller, file: WholeContact
) -> UUID:
    """The child in early help is spoken of once more, and who holds the case is to read it."""
    child = NewChild(given_name="Ada", person_id=file.children[1].person_id)
    told = await contact_about(house, child, worker=worker, source_code="2A")
    said = new_decision(
        house,
        told.children[0].id,
        Outcome.passed_to_case_holder,
        history_considered="The episode that is open, and what was said then.",
        last_closed_because="It is still open.",
    )
    done = await decided(house, told.contact.id, said, worker=worker, manager=manager)
    if done.passed_concern_id is None:
        raise LookupError("nothing was passed to who holds the case")
    return done.passed_concern_id


async def _emergency_act(house: House, decision_id: UUID) -> UUID:
    """A decision as if it had been made at night; by day nobody acts alone."""
    who = await caller(house, Role.emergency_duty_worker)

    async def kept(work: Work) -> UUID:
        decision = await decisions.get(work, who.sight, decision_id)
        act = act_alone(
            work,
            who,
            EmergencyActKind.decision,
            (decision.contact_id, decision.child_id, decision.person_id),
            "Nobody was there whom one could have asked before.",
            work.now,
            decision_id=decision.id,
        )
        return act.id

    return await house.perform(kept)


async def _challenge(house: House, decision_id: UUID) -> UUID:
    early_help = await caller(house, Role.early_help_worker)
    raised = await house.perform(
        lambda work: challenge_decision(work, early_help, decision_id, words=RATIONALE)
    )
    return raised.challenge.id


async def _step_up(house: House, episode_id: UUID) -> UUID:
    early_help = await caller(house, Role.early_help_worker)
    new = NewTransfer(Direction.step_up, episode_id, "risk_increased", RATIONALE)
    asked = await house.perform(lambda work: request_transfer(work, early_help, new))
    return asked.transfer.id


async def _missing_episode(house: House, contact_id: UUID, child_id: UUID) -> UUID:
    worker = await caller(house, Role.mash_worker)
    left_at = house.clock() - timedelta(days=200)
    new = NewMissingEpisode(contact_id, child_id, left_at, None, RATIONALE)
    found = await house.perform(lambda work: record_missing_episode(work, worker, new))
    return found.id


async def _strategy_meeting(house: House, manager: Caller, referral_id: UUID) -> UUID:
    children = [NewMeetingChild(referral_id, [Harm.injury])]
    called = await house.perform(
        lambda work: call_strategy_meeting(work, manager, work.now + timedelta(hours=1), children)
    )
    return called.id


async def _flag(house: House, deadline_id: UUID, contact_id: UUID) -> UUID:
    flag_id = new_id()

    async def raise_flag(work: Work) -> None:
        work.add(
            Flag(
                id=flag_id,
                deadline_id=deadline_id,
                kind="contact_to_referral",
                severity=Severity.warning,
                rank=BY_ITS_LIMIT,
                subject_kind=SubjectKind.contact,
                subject_id=contact_id,
                contact_id=contact_id,
                owner_role=Role.mash_worker,
                due_at=work.now + timedelta(hours=1),
                raised_at=work.now,
                policy_version=work.policy.stamp,
                acknowledged_at=None,
                acknowledged_by=None,
                acknowledgement=None,
                escalation_level=0,
                escalated_to=None,
                escalated_at=None,
                escalate_at=None,
                cleared_at=None,
                cleared_because=None,
                version=1,
            )
        )

    await house.perform(raise_flag)
    return flag_id
