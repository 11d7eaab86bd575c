"""What a referral says of the cases of the same child before it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from service.domain.cases import facts_before
from service.domain.decisions import LevelOfNeed, StatutoryBasis
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.referrals import CaseState, Referral

CHILD = uuid4()
MARCH = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MONTHS = 12


def referral(accepted_at: datetime, *, contact_id: UUID | None = None) -> Referral:
    return Referral(
        id=uuid4(),
        reference="R-ABCD-EFGH",
        contact_id=contact_id or uuid4(),
        child_id=uuid4(),
        person_id=CHILD,
        decision_id=uuid4(),
        transfer_id=None,
        statutory_basis=StatutoryBasis.section_17,
        source_code="3A",
        state=CaseState.closed,
        accepted_at=accepted_at,
        team_id="assessment",
        worker_id=None,
        allocated_at=None,
        previous_referral_id=None,
        re_referral=False,
        last_known_team_id=None,
        closed_at=None,
        closed_by=None,
        closure_code=None,
        closure_reason=None,
        version=1,
    )


def episode(accepted_at: datetime) -> EarlyHelpEpisode:
    return EarlyHelpEpisode(
        id=uuid4(),
        reference="E-ABCD-EFGH",
        contact_id=uuid4(),
        child_id=uuid4(),
        person_id=CHILD,
        decision_id=uuid4(),
        transfer_id=None,
        level_of_need=LevelOfNeed.targeted,
        source_code="3A",
        state=CaseState.closed,
        accepted_at=accepted_at,
        team_id="early_help",
        worker_id=None,
        allocated_at=None,
        closed_at=None,
        closed_by=None,
        closure_code=None,
        closure_reason=None,
        version=1,
    )


def test_a_first_referral_follows_none() -> None:
    only = referral(MARCH)
    assert facts_before(only, MARCH, [only], [], MONTHS) == {
        "previous_referral_id": None,
        "re_referral": False,
        "last_known_team_id": None,
    }


def test_a_referral_within_the_year_is_a_re_referral_and_a_later_one_is_none() -> None:
    first = replace(referral(MARCH), team_id="disabled_children")
    for later, again in ((timedelta(days=200), True), (timedelta(days=400), False)):
        second = referral(MARCH + later)
        facts = facts_before(second, second.accepted_at, [first, second], [], MONTHS)
        assert facts["previous_referral_id"] == first.id
        assert facts["re_referral"] is again
        assert facts["last_known_team_id"] == "disabled_children"


def test_the_last_team_is_that_of_early_help_when_that_came_last() -> None:
    first, second = referral(MARCH), referral(MARCH + timedelta(days=90))
    helped = [episode(MARCH - timedelta(days=30)), episode(MARCH + timedelta(days=30))]
    facts = facts_before(second, second.accepted_at, [first, second], helped, MONTHS)
    assert facts["previous_referral_id"] == first.id
    assert facts["last_known_team_id"] == "early_help"
    # What came afterwards is nothing of the first one's.
    facts = facts_before(first, MARCH, [first, second], helped[1:], MONTHS)
    assert facts["last_known_team_id"] is None


def test_a_second_decision_on_the_same_contact_is_no_re_referral() -> None:
    first = referral(MARCH)
    second = referral(MARCH + timedelta(days=2), contact_id=first.contact_id)
    facts = facts_before(second, second.accepted_at, [first, second], [], MONTHS)
    assert facts == {"previous_referral_id": None, "re_referral": False, "last_known_team_id": None}
    # Brought back by a transfer it does follow the one before.
    brought = replace(second, transfer_id=uuid4())
    facts = facts_before(brought, brought.accepted_at, [first, brought], [], MONTHS)
    assert (facts["previous_referral_id"], facts["re_referral"]) == (first.id, True)
