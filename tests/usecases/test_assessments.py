"""Single assessments: complete with nothing left out, authorised by another, and always a clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select

from service.bootstrap import House, Work
from service.domain.access import Caller, Role, RoleMissing
from service.domain.assessments import (
    ASSESSMENT,
    Assessment,
    AssessmentFilters,
    AssessmentIncomplete,
    AssessmentOutcome,
    AssessmentState,
    Completion,
    OwnAssessment,
    ReferralNotOpen,
    ToolUsed,
    WholeAssessment,
)
from service.domain.calendar import london_date
from service.domain.deadlines import Deadline
from service.domain.decisions import StatutoryBasis
from service.domain.errors import Invalid, NotFound, Stale
from service.domain.events import Event
from service.domain.job_runs import JobName
from service.domain.referrals import Referral
from service.domain.states import WrongState
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.cases import REFERRALS
from service.usecases.assessments import (
    authorise_assessment,
    begin_assessment,
    complete_assessment,
    list_assessments,
    read_assessment,
    start_missing_clocks,
)
from service.usecases.cases import allocate_referral, close_referral
from service.usecases.flags import sweep
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY
from tests.support.houses import caller, open_house
from tests.support.protection import WORDS, clock_of, completion, enquiry_begun, referred
from workers.schedule import job_named

TODAY = date(2026, 3, 6)
DEADLINE = table_of(Deadline)
NFA = AssessmentOutcome.no_further_action
EARLY_HELP = AssessmentOutcome.early_help


@dataclass
class Office:
    """A house, its clock, and the two who work on assessments."""

    house: House
    clock: FixedClock
    manager: Caller
    worker: Caller

    async def referral(self, **changes: Any) -> Referral:
        return await referred(self.house, **({"basis": StatutoryBasis.section_17} | changes))

    async def begun(self, referral: Referral | None = None, **changes: Any) -> Assessment:
        case = referral or await self.referral(**changes)
        found = await self.house.perform(lambda work: begin_assessment(work, self.worker, case.id))
        return found.assessment

    async def complete(self, assessment: Assessment, **changes: Any) -> Assessment:
        told = completion(self.clock.now, **changes)
        return await self.house.perform(
            lambda work: complete_assessment(
                work, self.worker, assessment.id, assessment.version, told
            )
        )

    async def answer(
        self,
        assessment: Assessment,
        *,
        agreed: bool = True,
        words: str = WORDS,
        who: Caller | None = None,
    ) -> Assessment:
        return await self.house.perform(
            lambda work: authorise_assessment(
                work,
                who or self.manager,
                assessment.id,
                assessment.version,
                agreed=agreed,
                words=words,
            )
        )

    async def whole(self, assessment: Assessment) -> WholeAssessment:
        return await self.house.ask(lambda ask: read_assessment(ask, self.manager, assessment.id))

    async def clock_on(self, referral: Referral | Assessment, kind: str) -> Any:
        id_ = referral.id if isinstance(referral, Referral) else referral.referral_id
        return await clock_of(self.house, referral.contact_id, id_, kind)

    async def close(self, referral_id: UUID) -> Referral:
        referral = await self.house.ask(
            lambda ask: REFERRALS.get(ask, self.manager.sight, referral_id)
        )
        if referral.worker_id is None:
            worker_id = self.worker.account_id
            referral = await self.house.perform(
                lambda work: allocate_referral(
                    work, self.manager, referral_id, referral.version, worker_id, None
                )
            )
        return await self.house.perform(
            lambda work: close_referral(
                work, self.manager, referral_id, referral.version, "RC8", "The family has moved."
            )
        )

    async def forget_clocks(self, *kinds: str) -> None:
        """As before the release that brought these clocks."""

        async def forget(work: Work) -> None:
            await work.execute(delete(DEADLINE).where(DEADLINE.c.kind.in_(kinds)))

        await self.house.perform(forget)

    async def events(self, subject_id: UUID) -> list[Event]:
        table = table_of(Event)
        rows = await self.house.ask(
            lambda ask: ask.all(
                select(*columns_of(Event))
                .where(table.c.subject_id == subject_id)
                .order_by(table.c.id)
            )
        )
        return [read(Event, row) for row in rows]


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    clock = FixedClock(FRIDAY)
    async with open_house(database_url, clock, tmp_path) as house:
        yield Office(
            house,
            clock,
            await caller(house, Role.assessment_team_manager, name="assessment manager"),
            await caller(house, Role.assessment_team_worker, name="social worker"),
        )


def faults(refused: pytest.ExceptionInfo[Any]) -> list[tuple[str, str]]:
    found = refused.value
    assert isinstance(found, Invalid)
    return [(one.pointer, one.code) for one in found.problems]


# ---- Begun --------------------------------------------------------------------------------------


async def test_from_the_beginning_to_the_authorisation_and_every_clock_stops(
    office: Office,
) -> None:
    referral = await office.referral()
    office.clock.forward(days=2)
    assessment = await office.begun(referral)
    clock = await office.clock_on(assessment, "single_assessment")
    assert (clock.started_at, clock.stopped_at) == (FRIDAY, None)
    office.clock.forward(days=20)
    assessment = await office.complete(assessment)
    assert assessment.state is AssessmentState.awaiting_authorisation
    assert (assessment.completed_at, assessment.completed_by) == (
        office.clock.now,
        office.worker.account_id,
    )
    assert (await office.clock_on(assessment, "single_assessment")).stopped_at is None
    office.clock.forward(days=1)
    assessment = await office.answer(assessment)
    assert (assessment.state, assessment.ended_at) == (
        AssessmentState.authorised,
        office.clock.now,
    )
    assert (await office.clock_on(assessment, "single_assessment")).stopped_because == "authorised"
    whole = await office.whole(assessment)
    assert whole.assessment == assessment
    assert [(step.action, step.state, step.words) for step in whole.steps] == [
        ("complete", "awaiting_authorisation", None),
        ("authorise", "authorised", WORDS),
    ]
    found = await office.events(assessment.id)
    assert [one.type for one in found] == [
        "assessment.begun",
        "assessment.completed",
        "assessment.authorised",
    ]
    assert "father" not in str([one.data for one in found])


async def test_begun_again_the_one_under_way_comes_back_until_it_is_authorised(
    office: Office,
) -> None:
    referral = await office.referral()
    first = await office.begun(referral)
    again = await office.house.perform(
        lambda work: begin_assessment(work, office.worker, referral.id)
    )
    assert (again.assessment, again.before) == (first, True)
    completed = await office.complete(first)
    again = await office.house.perform(
        lambda work: begin_assessment(work, office.worker, referral.id)
    )
    assert (again.assessment, again.before) == (completed, True)
    await office.answer(completed)
    office.clock.forward(days=100)
    second = await office.begun(referral)
    assert second.id != first.id
    # A second assessment in the same referral has a clock of its own, from when it began.
    clock = await office.clock_on(referral, "single_assessment")
    assert (clock.started_at, clock.stopped_at) == (office.clock.now, None)


async def test_an_enquiry_shares_the_assessment_that_is_under_way(office: Office) -> None:
    referral = await office.referral(basis=StatutoryBasis.section_47)
    assessment = await office.begun(referral)
    enquiry = await enquiry_begun(office.house, referral)
    assert enquiry.assessment_id == assessment.id


async def test_a_closed_referral_is_not_assessed_and_closing_ends_what_is_unfinished(
    office: Office,
) -> None:
    assessment = await office.complete(await office.begun())
    await office.close(assessment.referral_id)
    whole = await office.whole(assessment)
    assert (whole.assessment.state, whole.assessment.ended_at) == (
        AssessmentState.ended_unfinished,
        FRIDAY,
    )
    assert [step.action for step in whole.steps] == ["complete", "end_with_referral"]
    assert [one.stopped_because for one in whole.deadlines] == ["closed"]
    with pytest.raises(WrongState, match="nothing more"):
        await office.answer(whole.assessment)
    with pytest.raises(ReferralNotOpen) as refused:
        await office.house.perform(
            lambda work: begin_assessment(work, office.worker, assessment.referral_id)
        )
    assert (refused.value.state, refused.value.allowed) == ("closed", ())


async def test_an_authorised_assessment_stays_so_when_the_referral_closes(office: Office) -> None:
    assessment = await office.answer(await office.complete(await office.begun()))
    await office.close(assessment.referral_id)
    assert (await office.whole(assessment)).assessment == assessment


@pytest.mark.parametrize(
    ("accepted_at", "due_on"),
    [
        (datetime(2025, 12, 19, 11, 0, tzinfo=UTC), date(2026, 2, 25)),
        (datetime(2026, 4, 2, 11, 0, tzinfo=UTC), date(2026, 6, 10)),
        # After midnight in London it is the next day, though not yet in UTC.
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), date(2026, 12, 29)),
        (datetime(2024, 2, 28, 11, 0, tzinfo=UTC), date(2024, 5, 3)),
    ],
    ids=["over Christmas", "over Easter", "the clocks change", "leap day"],
)
async def test_an_assessment_is_due_forty_five_working_days_after_the_referral(
    office: Office, accepted_at: datetime, due_on: date
) -> None:
    office.clock.set(accepted_at)
    referral = await office.referral()
    office.clock.forward(days=9)
    assessment = await office.begun(referral)
    clock = await office.clock_on(assessment, "single_assessment")
    assert (clock.started_at, london_date(clock.due_at)) == (accepted_at, due_on)


async def test_begun_in_a_referral_without_a_clock_it_is_reckoned_from_the_acceptance(
    office: Office,
) -> None:
    referral = await office.referral()
    await office.forget_clocks("single_assessment")
    office.clock.forward(days=9)
    await office.begun(referral)
    assert (await office.clock_on(referral, "single_assessment")).started_at == FRIDAY


# ---- Completed ----------------------------------------------------------------------------------

GCP = ToolUsed("graded_care_profile_2", "4", TODAY)
DASH = ToolUsed("dash", "11 of 24", TODAY)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"factors": []}, [("/factors", "missing")]),
        (
            {"factors": ["16A", "99Z", "16A"], "tools": [GCP]},
            [
                ("/factors/1", "code_unknown"),
                ("/factors/2", "listed_twice"),
            ],
        ),
        (
            {"factors": ["4B", "21"], "outcome": NFA, "closure_code": "RC8"},
            [("/factors/1", "not_alone")],
        ),
        ({"factors": ["21"]}, [("/factors/0", "does_not_fit_outcome")]),
        ({"tools": []}, [("/tools", "tool_missing"), ("/tools", "tool_missing")]),
        ({"tools": [GCP]}, [("/tools", "tool_missing")]),
        ({"tools": [DASH]}, [("/tools", "tool_missing")]),
        (
            {"tools": [ToolUsed("graded_care_profile_2", None, TODAY), DASH]},
            [("/tools/0/score", "missing")],
        ),
        (
            {"tools": [GCP, ToolUsed("dash", "n/a", TODAY)]},
            [("/tools/1/score", "boiler_plate")],
        ),
        (
            {"tools": [GCP, DASH, ToolUsed("crystal_ball", "7", TODAY)]},
            [("/tools/2/tool", "code_unknown")],
        ),
        (
            {"tools": [GCP, DASH, ToolUsed("dash", "12 of 24", TODAY + timedelta(days=1))]},
            [("/tools/2/used_on", "not_yet")],
        ),
        ({"tools": [GCP, DASH, DASH]}, [("/tools/2", "listed_twice")]),
        ({"childs_view": None}, [("/childs_view", "missing")]),
        ({"childs_view": "See above."}, [("/childs_view", "boiler_plate")]),
        ({"analysis": "Threshold met."}, [("/analysis", "boiler_plate")]),
        ({"analysis": "All is well."}, [("/analysis", "too_short")]),
        ({"outcome": NFA}, [("/closure_code", "missing")]),
        (
            {"outcome": NFA, "closure_code": "RC9"},
            [("/closure_code", "closure_code_not_possible")],
        ),
        (
            {"outcome": NFA, "closure_code": "RC0"},
            [("/closure_code", "closure_code_not_possible")],
        ),
        ({"outcome": EARLY_HELP}, [("/closure_code", "missing")]),
        (
            {"outcome": EARLY_HELP, "closure_code": "RC8"},
            [("/closure_code", "closure_code_not_possible")],
        ),
        ({"closure_code": "RC8"}, [("/closure_code", "surplus")]),
        (
            {
                "factors": [],
                "tools": [ToolUsed("crystal_ball", None, TODAY + timedelta(days=1))],
                "childs_view": None,
                "analysis": "As above.",
                "outcome": NFA,
            },
            [
                ("/factors", "missing"),
                ("/tools/0/tool", "code_unknown"),
                ("/tools/0/used_on", "not_yet"),
                ("/childs_view", "missing"),
                ("/analysis", "boiler_plate"),
                ("/closure_code", "missing"),
            ],
        ),
    ],
    ids=[
        "no factor",
        "an unknown factor, and one twice",
        "no factors beside a factor",
        "no factors, and a plan",
        "no tool at all",
        "no domestic abuse tool",
        "no neglect tool",
        "a tool without its score",
        "a stock phrase for a score",
        "a tool that the policy does not know",
        "a tool used tomorrow",
        "a tool twice on one day",
        "without the child's view",
        "a stock phrase for the child's view",
        "a stock phrase for the analysis",
        "an analysis that is too short",
        "no further action without a closure code",
        "no further action that goes to early help",
        "a closure code of no list",
        "early help without a closure code",
        "early help with another closure code",
        "a plan with a closure code",
        "everything at once",
    ],
)
async def test_every_gap_of_an_assessment_is_named_and_nothing_is_kept(
    office: Office, changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assessment = await office.begun()
    with pytest.raises(AssessmentIncomplete) as refused:
        await office.complete(assessment, **changes)
    assert faults(refused) == expected
    whole = await office.whole(assessment)
    assert (whole.assessment, whole.steps) == (assessment, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"tools": [GCP, DASH]},
        {"factors": ["4B"], "tools": []},
        {"tools": [GCP, DASH, ToolUsed("dash", "9 of 24", TODAY - timedelta(days=30))]},
        {"outcome": NFA, "closure_code": "RC8"},
        {"outcome": NFA, "closure_code": "RC7"},
        {"outcome": EARLY_HELP, "closure_code": "RC9"},
        {"factors": ["21"], "tools": [], "outcome": NFA, "closure_code": "RC8"},
        {"outcome": AssessmentOutcome.child_protection},
    ],
    ids=[
        "with scores",
        "without neglect or domestic abuse",
        "a tool used twice",
        "no further action",
        "no further action, no longer in need",
        "early help",
        "no factors",
        "child protection",
    ],
)
async def test_what_leaves_nothing_out_waits_for_a_manager(
    office: Office, changes: dict[str, Any]
) -> None:
    completed = await office.complete(await office.begun(), **changes)
    assert (await office.whole(completed)).assessment == completed
    assert completed.state is AssessmentState.awaiting_authorisation
    told: Completion = completion(FRIDAY, **changes)
    assert list(completed.factors) == list(told.factors)
    assert completed.tools == list(told.tools)
    assert (completed.outcome, completed.closure_code) == (told.outcome, told.closure_code)


async def test_an_unborn_child_has_no_view_to_tell(office: Office) -> None:
    assessment = await office.begun(unborn=True, expected_delivery_on=date(2026, 8, 20))
    assert (await office.complete(assessment, childs_view=None)).childs_view is None


# ---- Authorised or sent back --------------------------------------------------------------------


async def test_who_completed_an_assessment_does_not_authorise_it(office: Office) -> None:
    both = Office(office.house, office.clock, office.manager, office.manager)
    completed = await both.complete(await both.begun())
    for agreed in (True, False):
        with pytest.raises(OwnAssessment, match="somebody else"):
            await both.answer(completed, agreed=agreed)
    other = await caller(office.house, Role.assessment_team_manager, name="another manager")
    assert (await office.answer(completed, who=other)).state is AssessmentState.authorised


async def test_sent_back_it_is_under_way_again_and_both_versions_are_kept(office: Office) -> None:
    first = await office.complete(await office.begun(), childs_view="Ada did not want to speak.")
    back = await office.answer(first, agreed=False, words="See Ada again, and at school this time.")
    assert (back.state, back.ended_at) == (AssessmentState.under_way, None)
    assert (back.answered_by, back.childs_view) == (
        office.manager.account_id,
        "Ada did not want to speak.",
    )
    assert (await office.clock_on(back, "single_assessment")).stopped_at is None
    with pytest.raises(WrongState, match="authorise is not possible") as refused:
        await office.answer(back)
    assert refused.value.allowed == ("complete",)
    second = await office.complete(back, childs_view="Ada says that she is frightened at night.")
    assert (second.answered_at, second.answered_by, second.answer_words) == (None, None, None)
    done = await office.answer(second)
    steps = (await office.whole(done)).steps
    assert [(step.action, step.content and step.content.childs_view) for step in steps] == [
        ("complete", "Ada did not want to speak."),
        ("send_back", None),
        ("complete", "Ada says that she is frightened at night."),
        ("authorise", None),
    ]
    assert steps[1].words == "See Ada again, and at school this time."
    assert [one.type for one in await office.events(done.id)] == [
        "assessment.begun",
        "assessment.completed",
        "assessment.returned",
        "assessment.completed",
        "assessment.authorised",
    ]


@pytest.mark.parametrize("agreed", [True, False])
async def test_a_manager_answers_in_words_of_their_own(office: Office, agreed: bool) -> None:
    completed = await office.complete(await office.begun())
    with pytest.raises(AssessmentIncomplete) as refused:
        await office.answer(completed, agreed=agreed, words="Agreed.")
    assert faults(refused) == [("/words", "boiler_plate")]
    assert (await office.whole(completed)).assessment == completed


async def test_what_is_not_complete_is_not_authorised(office: Office) -> None:
    with pytest.raises(WrongState) as refused:
        await office.answer(await office.begun())
    assert refused.value.allowed == ASSESSMENT.allowed(AssessmentState.under_way)


async def test_of_two_managers_who_answer_at_once_one_wins_and_one_is_told(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(FRIDAY)
    async with AsyncExitStack() as stack:
        houses = [
            await stack.enter_async_context(open_house(database_url, clock, tmp_path / name))
            for name in ("one", "other")
        ]
        manager = await caller(houses[0], Role.assessment_team_manager)
        worker = await caller(houses[0], Role.assessment_team_worker)
        desks = [Office(house, clock, manager, worker) for house in houses]
        completed = await desks[0].complete(await desks[0].begun())
        results = await asyncio.gather(
            desks[0].answer(completed),
            desks[1].answer(completed, agreed=False),
            return_exceptions=True,
        )
        [won] = [one for one in results if isinstance(one, Assessment)]
        [lost] = [one for one in results if isinstance(one, BaseException)]
        assert isinstance(lost, WrongState)
        assert lost.state == won.state
        whole = await desks[0].whole(completed)
        assert (whole.assessment, len(whole.steps)) == (won, 2)


async def test_of_two_who_begin_at_once_both_get_the_same(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(FRIDAY)
    async with AsyncExitStack() as stack:
        houses = [
            await stack.enter_async_context(open_house(database_url, clock, tmp_path / name))
            for name in ("one", "other")
        ]
        worker = await caller(houses[0], Role.assessment_team_worker)
        desks = [Office(house, clock, worker, worker) for house in houses]
        referral = await desks[0].referral()
        first, second = await asyncio.gather(*(office.begun(referral) for office in desks))
        assert first == second


async def test_who_read_an_older_version_is_told_so(office: Office) -> None:
    first = await office.begun()
    completed = await office.complete(first)
    back = await office.answer(completed, agreed=False)
    with pytest.raises(Stale) as refused:
        await office.complete(first)
    assert refused.value.version == back.version


@pytest.mark.parametrize(
    "role", [Role.mash_worker, Role.mash_manager, Role.early_help_spoc_manager, Role.qa_auditor]
)
async def test_those_who_read_assessments_do_not_act_on_them(office: Office, role: Role) -> None:
    completed = await office.complete(await office.begun())
    reader = await caller(office.house, role)
    whole = await office.house.ask(lambda ask: read_assessment(ask, reader, completed.id))
    assert whole.assessment == completed
    acting = Office(office.house, office.clock, reader, reader)
    referral = await office.referral()
    for doing in (acting.begun(referral), acting.complete(completed), acting.answer(completed)):
        with pytest.raises(RoleMissing):
            await doing


async def test_a_worker_does_not_authorise_and_early_help_does_not_see(office: Office) -> None:
    completed = await office.complete(await office.begun())
    with pytest.raises(RoleMissing):
        await office.answer(completed, who=office.worker)
    early_help = await caller(office.house, Role.early_help_worker)
    with pytest.raises(RoleMissing):
        await office.house.ask(lambda ask: read_assessment(ask, early_help, completed.id))


async def test_an_assessment_of_nothing_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        await office.house.ask(lambda ask: read_assessment(ask, office.manager, uuid4()))
    with pytest.raises(NotFound):
        await office.house.perform(lambda work: begin_assessment(work, office.worker, uuid4()))


async def test_the_list_is_newest_first_with_the_next_limit_and_narrowed(office: Office) -> None:
    first = await office.answer(await office.complete(await office.begun()))
    office.clock.forward(hours=1)
    second = await office.begun()

    async def listed(**filters: Any) -> list[UUID]:
        found = await office.house.ask(
            lambda ask: list_assessments(ask, office.worker, AssessmentFilters(**filters), limit=9)
        )
        return [one.assessment.id for one in found]

    assert await listed() == [second.id, first.id]
    assert await listed(states=[AssessmentState.authorised]) == [first.id]
    assert await listed(person_id=second.person_id) == [second.id]
    assert await listed(referral_id=first.referral_id) == [first.id]
    assert await listed(referral_id=uuid4()) == []
    found = await office.house.ask(
        lambda ask: list_assessments(ask, office.worker, AssessmentFilters(), limit=9)
    )
    running = await office.clock_on(second, "single_assessment")
    assert [one.due_at for one in found] == [running.due_at, None]
    rest = await office.house.ask(
        lambda ask: list_assessments(
            ask,
            office.worker,
            AssessmentFilters(),
            limit=9,
            after=(second.begun_at, second.id),
        )
    )
    assert [one.assessment.id for one in rest] == [first.id]


# ---- Unborn children ----------------------------------------------------------------------------


async def test_the_clocks_before_birth_stop_when_it_is_begun_and_when_it_is_authorised(
    office: Office,
) -> None:
    referral = await office.referral(unborn=True, expected_delivery_on=date(2026, 8, 20))
    for kind in ("pre_birth_assessment_begun", "pre_birth_assessment_done"):
        assert (await office.clock_on(referral, kind)).stopped_at is None
    assessment = await office.begun(referral)
    begun = await office.clock_on(referral, "pre_birth_assessment_begun")
    assert begun.stopped_because == "begun"
    assert (await office.clock_on(referral, "pre_birth_assessment_done")).stopped_at is None
    await office.answer(await office.complete(assessment))
    done = await office.clock_on(referral, "pre_birth_assessment_done")
    assert done.stopped_because == "authorised"


# ---- Referrals that were open before assessments had clocks -------------------------------------

BEFORE_BIRTH = (
    "pre_birth_assessment_begun",
    "pre_birth_assessment_done",
    "expected_delivery_known",
)


async def test_what_was_open_before_gets_its_clock_from_the_acceptance_once(office: Office) -> None:
    referral = await office.referral()
    closed = await office.referral()
    await office.close(closed.id)
    other = await office.referral()
    await office.forget_clocks("single_assessment")
    office.clock.forward(days=100)
    assert await start_missing_clocks(office.house) == 2
    for one in (referral, other):
        clock = await office.clock_on(one, "single_assessment")
        assert (clock.started_at, clock.stopped_at) == (FRIDAY, None)
    assert await office.clock_on(closed, "single_assessment") is None
    assert await start_missing_clocks(office.house) == 0
    # What is late by then shows as late.
    await sweep(office.house)
    assert (await office.clock_on(referral, "single_assessment")).breached_at is not None


async def test_it_goes_on_from_batch_to_batch(office: Office) -> None:
    for _ in range(3):
        await office.referral()
    await office.forget_clocks("single_assessment")
    assert await start_missing_clocks(office.house, batch=1) == 3
    assert await start_missing_clocks(office.house, batch=1) == 0


async def test_what_has_its_clock_or_its_authorised_assessment_waits_for_none(
    office: Office,
) -> None:
    running = await office.begun()
    authorised = await office.answer(await office.complete(await office.begun()))
    assert await start_missing_clocks(office.house) == 0

    async def forget(work: Work) -> None:
        await work.execute(delete(DEADLINE).where(DEADLINE.c.subject_id == authorised.referral_id))

    await office.house.perform(forget)
    assert await start_missing_clocks(office.house) == 0
    assert await office.clock_on(authorised, "single_assessment") is None
    assert (await office.clock_on(running, "single_assessment")).stopped_at is None


async def test_an_unborn_child_gets_the_clocks_before_birth_too(office: Office) -> None:
    known = await office.referral(unborn=True, expected_delivery_on=date(2026, 8, 20))
    not_known = await office.referral(unborn=True)
    begun = await office.begun(unborn=True, expected_delivery_on=date(2026, 8, 20))
    before = await office.clock_on(known, "pre_birth_assessment_done")
    await office.forget_clocks("single_assessment", *BEFORE_BIRTH)
    office.clock.forward(days=3)
    assert await start_missing_clocks(office.house) == 3
    assert (await office.clock_on(known, "pre_birth_assessment_begun")).stopped_at is None
    after = await office.clock_on(known, "pre_birth_assessment_done")
    assert (after.started_at, after.due_at) == (before.started_at, before.due_at)
    assert (await office.clock_on(not_known, "expected_delivery_known")).started_at == FRIDAY
    assert await office.clock_on(not_known, "pre_birth_assessment_done") is None
    stopped = await office.clock_on(begun, "pre_birth_assessment_begun")
    assert (stopped.stopped_because, stopped.happened_at) == ("begun", FRIDAY)
    assert (await office.clock_on(begun, "pre_birth_assessment_done")).stopped_at is None
    assert await start_missing_clocks(office.house) == 0


async def test_two_jobs_at_once_start_each_clock_once(database_url: str, tmp_path: Path) -> None:
    clock = FixedClock(FRIDAY)
    async with AsyncExitStack() as stack:
        houses = [
            await stack.enter_async_context(open_house(database_url, clock, tmp_path / name))
            for name in ("one", "other")
        ]
        manager = await caller(houses[0], Role.assessment_team_manager)
        office = Office(houses[0], clock, manager, manager)
        for _ in range(4):
            await office.referral()
        await office.forget_clocks("single_assessment")
        started = await asyncio.gather(*(start_missing_clocks(house) for house in houses))
        assert sum(started) == 4
        [count] = await office.house.ask(
            lambda ask: ask.all(select(func.count()).where(DEADLINE.c.kind == "single_assessment"))
        )
        assert count[0] == 4


async def test_the_job_is_on_the_schedule_hourly(office: Office) -> None:
    job = job_named(JobName.start_missing_clocks)
    assert job is not None
    assert job.every(office.house.policy) == timedelta(hours=1)
    await office.referral()
    await office.forget_clocks("single_assessment")
    assert await job.run(office.house) == 1
