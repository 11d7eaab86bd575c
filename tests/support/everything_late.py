"""A front door at which a clock of every kind runs: what each flag and each queue is tried with."""

from datetime import timedelta

from service.domain.access import Role
from service.domain.contact_kinds import KINDS_ON_A_PATH, ContactKind
from service.domain.section_47_enquiries import EnquiryOutcome
from service.domain.transfers import FamilyAgreement
from service.usecases.challenges import escalate_challenge
from service.usecases.section_47_enquiries import record_child_seen, record_enquiry_outcome
from tests.support.builders import answer_body, child_body, information_request_body
from tests.support.challenges import sides_of
from tests.support.desks import Desk, done
from tests.support.houses import caller
from tests.support.meetings import office_in
from tests.support.notifications import FORCE, notification_body
from tests.support.protection import FINDING, seen
from tests.support.steps import steps_in
from tests.support.unborn import referred, unborn

WORKER = Role.mash_worker
CONSIDERED = {
    "considered": "The school told of the same child an hour ago.",
    "last_closed_because": "It has not been decided yet.",
}
WITHOUT_AN_ANSWER = [
    {
        "organisation_id": "mill-lane-primary",
        "asked": True,
        "answered": False,
        "reason": "The bruises do not allow to wait.",
    }
]


async def let_every_clock_run(desk: Desk) -> None:
    """Begins one of everything on which a clock runs, and lets each wait where it waits."""
    await _contacts(desk)
    await _steps(desk)
    await _challenges(desk)
    await _protection(desk)
    await _out_of_hours(desk)


async def _contacts(desk: Desk) -> None:
    for rating in ("red", "amber", "green"):
        contact = await desk.contact(children=[child_body(f"Child {rating}")])
        path = f"/v1/contacts/{contact['id']}"
        triage = {"rating": rating}
        done(await desk.post(WORKER, f"{path}/triage", triage, version=contact["version"]))
        asked = await desk.post(WORKER, f"{path}/information-requests", information_request_body())
        done(asked, 201)
    # Another school tells of the same child, and the decision about that waits for a manager.
    again = await desk.contact(
        children=[child_body("Child green", person_id=contact["children"][0]["person_id"])],
        referrer={"name": "Sam Reed", "role": "Health visitor"},
        source_code="3B",
    )
    await desk.draft(again, 0, "no_further_action", history=CONSIDERED)
    await _answered_too_late(desk)
    await _heard_and_back(desk)
    await _no_concerns(desk)


async def _no_concerns(desk: Desk) -> None:
    """One of each kind that is no concern, and two children in private foster care visited."""
    for kind in KINDS_ON_A_PATH:
        without = kind in (ContactKind.consultation, ContactKind.adult_only)
        children = [] if without else [child_body(f"Child of {kind.replace('_', ' ')}")]
        await desk.contact(kind=kind, children=children)
    for months in (0, 13):
        told = child_body(f"Child fostered {months}")
        received = (desk.clock.now - timedelta(days=31 * months)).isoformat()
        contact = await desk.contact(
            kind="private_fostering", children=[told], received_at=received
        )
        visit = {
            "step": "private_fostering_visit",
            "happened_at": desk.clock.now.isoformat(),
            "words": "Saw him in his room, and spoke with him alone.",
        }
        path = f"/v1/contacts/{contact['id']}/steps"
        done(await desk.post(WORKER, path, visit, version=contact["version"]))


async def _out_of_hours(desk: Desk) -> None:
    """Decided alone, at night, and no manager has signed it off."""
    desk.clock.forward(hours=9)
    contact = await desk.contact(children=[child_body("Child night")])
    await desk.draft(contact, 0, "no_further_action")
    path = f"/v1/contacts/{contact['id']}"
    version = done(await desk.get(WORKER, path))["version"]
    because = {"because": "The family leaves tonight, and no manager is on duty before Monday."}
    done(
        await desk.post(
            Role.emergency_duty_worker, f"{path}/emergency-act", because, version=version
        )
    )


async def _answered_too_late(desk: Desk) -> None:
    contact = await desk.contact(children=[child_body("Child late")])
    asked = await desk.post(
        WORKER, f"/v1/contacts/{contact['id']}/information-requests", information_request_body()
    )
    await desk.sign(await desk.draft(contact, 0, "referral", agencies=WITHOUT_AN_ANSWER))
    path = f"/v1/information-requests/{done(asked, 201)['id']}"
    version = done(await desk.get(WORKER, path))["version"]
    done(await desk.post(WORKER, f"{path}/response", answer_body(), version=version))


async def _heard_and_back(desk: Desk) -> None:
    """A child whom the police told of, and again otherwise; one missing who is back."""
    night_before = (desk.clock.now - timedelta(hours=18)).isoformat()
    told = notification_body(children=[child_body("Child heard")], incident_at=night_before)
    path = "/v1/police-notifications"
    done(await desk.post(Role.partner_system, path, told, organisation=FORCE), 201)
    done(await desk.post(Role.partner_system, path, {**told, "risk": "medium"}, organisation=FORCE))
    contact = await desk.contact(children=[child_body("Child missing")])
    report = {
        "contact_id": contact["id"],
        "child_id": contact["children"][0]["id"],
        "missing_from": (desk.clock.now - timedelta(hours=2)).isoformat(),
        "reported_at": desk.clock.now.isoformat(),
        "circumstances": "She left school at noon and was not on the bus home.",
    }
    episode = done(await desk.post(WORKER, "/v1/missing-episodes", report), 201)
    returned = {
        "returned_at": desk.clock.now.isoformat(),
        "found_where": "At the bus station",
        "circumstances": "She came back by herself.",
    }
    path = f"/v1/missing-episodes/{episode['id']}/return"
    done(await desk.post(WORKER, path, returned, version=episode["version"]))


async def _steps(desk: Desk) -> None:
    steps = await steps_in(desk.house)
    await steps.step_up(await steps.child_in_early_help())
    up = await steps.opened(await steps.step_up(await steps.child_in_early_help()))
    await steps.refuse(up)
    # Of a child who disclosed harm, and the refusal is challenged.
    asked = await steps.step_up(await steps.child_in_early_help(), reason_code="harm_disclosed")
    await steps.answer_refusal(await steps.refuse(await steps.opened(asked)), agreed=False)
    await steps.step_down(await steps.child_in_social_care())
    down = await steps.opened(await steps.step_down(await steps.child_in_social_care()))
    await steps.refuse(down)
    accepted = [
        await steps.accept(
            await steps.opened(await steps.step_down(await steps.child_in_social_care()))
        )
        for _ in range(2)
    ]
    # One waits for the first visit, one was visited, one went back to social care.
    await steps.visit(await steps.family(accepted[1], FamilyAgreement.given))
    back = await steps.step_down(await steps.child_in_social_care())
    await steps.family(back, FamilyAgreement.refused)


async def _challenges(desk: Desk) -> None:
    sides = await sides_of(desk.house)
    for stages in range(3):
        challenge = await sides.challenged()
        for _ in range(stages):
            challenge = await sides.pursue(escalate_challenge, challenge)
    await sides.answer(await sides.challenged(), "upheld")
    await sides.answer(await sides.challenged(), "changed")


async def _protection(desk: Desk) -> None:
    office = await office_in(desk.house, desk.clock)
    await office.referred(allocated=False)
    [referral] = await office.referred()
    await office.met(referral)
    enquiry = await office.enquiry(referral)
    assert enquiry is not None
    who = await caller(desk.house, Role.assessment_team_manager, name="assessment manager")
    at = desk.clock.now
    await desk.house.perform(
        lambda work: record_child_seen(work, who, enquiry.id, enquiry.version, seen(at))
    )
    await desk.house.perform(
        lambda work: record_enquiry_outcome(
            work,
            who,
            enquiry.id,
            enquiry.version + 1,
            outcome=EnquiryOutcome.continuing_risk,
            words=FINDING,
        )
    )
    [unseen] = await office.referred()
    await office.met(unseen)
    await referred(desk.house, [unborn()])
    await referred(desk.house, [unborn(desk.clock.now.date() + timedelta(weeks=10))])
    for outcome in ("referral", "early_help"):
        await _concerns_about_open(desk, outcome)
    help_ = await desk.contact(children=[child_body("Child helped")])
    await desk.sign(await desk.draft(help_, 0, "early_help"))
    unwanted = await desk.contact(
        children=[child_body("Child unhelped")], agreement={"state": "given"}
    )
    helped = await desk.sign(await desk.draft(unwanted, 0, "early_help"))
    await desk.post(
        Role.early_help_spoc_manager,
        f"/v1/early-help-episodes/{helped['early_help_episode_id']}/family-agreement",
        {"agreement": "withdrawn", "words": "The mother rang and wants no more visits at all."},
        version=1,
    )


async def _concerns_about_open(desk: Desk, outcome: str) -> None:
    """A child open to a side, of whom is told again: red, amber and green, and nobody reads it."""
    told = child_body(f"Child open by {outcome.replace('_', ' ')}")
    contact = await desk.contact(children=[told])
    await desk.sign(await desk.draft(contact, 0, outcome))
    known = {**told, "person_id": contact["children"][0]["person_id"]}
    history = {
        "considered": "One contact, a bruise that nobody could explain.",
        "last_closed_because": "It is open still, and somebody holds it.",
    }
    for rating in ("red", "amber", "green"):
        again = await desk.contact(children=[known])
        await desk.post(
            Role.mash_worker,
            f"/v1/contacts/{again['id']}/triage",
            {"rating": rating},
            version=again["version"],
        )
        passed = "passed_to_case_holder"
        await desk.sign(await desk.draft(again, 0, passed, history=history))
