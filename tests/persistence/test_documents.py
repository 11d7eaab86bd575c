"""Documents with types: values in a record, and in the database what every release reads."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from service.domain.assessments import AssessmentOutcome, Completion, ToolUsed
from service.domain.concerns import ConcernCounts, WindowCounts
from service.domain.decisions import AgencyAsked, PromptAnswer
from service.domain.strategy_meetings import Harm, MeetingTask
from service.domain.transfers import PlanLine
from service.persistence.documents import Typed, ways_of
from service.persistence.records import TABLE_OF, columns_of
from tests.persistence.conftest import Bench
from tests.support.records import one_of_each

NONE = WindowCounts(0, 0, 0)
PERSON = UUID("01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11")
# What 0.3.0 put into a document, in its order, beside the values that it was made of.
AS_WRITTEN: list[tuple[Any, Any, str]] = [
    (
        Sequence[PlanLine],
        [PlanLine("Bedtimes hold.", "Go.", "Jo", date(2027, 3, 1))],
        '[{"outcome": "Bedtimes hold.", "action": "Go.", "who": "Jo", "by_on": "2027-03-01"}]',
    ),
    (
        Sequence[AgencyAsked],
        [AgencyAsked("riverbourne-police", False, False, "No crime.")],
        '[{"organisation_id": "riverbourne-police", "asked": false, "answered": false, '
        '"reason": "No crime."}]',
    ),
    (
        Sequence[PromptAnswer],
        [PromptAnswer("fathers", None, "Nobody knows.")],
        '[{"prompt": "fathers", "answer": null, "not_known_because": "Nobody knows."}]',
    ),
    (
        Sequence[MeetingTask],
        [MeetingTask("Examine.", "Jo", datetime(2026, 10, 23, 16, tzinfo=UTC))],
        '[{"what": "Examine.", "owner": "Jo", "due_at": "2026-10-23T16:00:00+00:00"}]',
    ),
    (Sequence[Harm], [Harm.injury, Harm.neglect], '["injury", "neglect"]'),
    (Sequence[UUID], [PERSON], f'["{PERSON}"]'),
    (
        Sequence[ToolUsed],
        [ToolUsed("dash", None, date(2026, 10, 21))],
        '[{"tool": "dash", "score": null, "used_on": "2026-10-21"}]',
    ),
    (
        Completion,
        Completion(
            ["16A"],
            [ToolUsed("dash", "11", date(2026, 10, 21))],
            None,
            "Why.",
            AssessmentOutcome.child_in_need_plan,
            None,
        ),
        '{"factors": ["16A"], "tools": [{"tool": "dash", "score": "11", "used_on": "2026-10-21"}], '
        '"childs_view": null, "analysis": "Why.", "outcome": "child_in_need_plan", '
        '"closure_code": null}',
    ),
    (
        ConcernCounts,
        ConcernCounts(
            datetime(2026, 10, 23, 16, 0, 0, 5, tzinfo=UTC),
            7,
            30,
            12,
            WindowCounts(1, 2, 3),
            NONE,
            NONE,
            NONE,
            NONE,
            WindowCounts(1, 2, 3),
        ),
        '{"reckoned_from": "2026-10-23T16:00:00.000005+00:00", "short_days": 7, "long_days": 30, '
        '"months": 12, '
        + ", ".join(
            f'"{name}": {{"in_short_days": {a}, "in_long_days": {b}, "in_months": {c}}}'
            for name, (a, b, c) in {
                "child": (1, 2, 3),
                "possibly_same_child": (0, 0, 0),
                "sibling": (0, 0, 0),
                "household": (0, 0, 0),
                "address": (0, 0, 0),
                "all": (1, 2, 3),
            }.items()
        )
        + "}",
    ),
]


@pytest.mark.parametrize(("kind", "value", "written"), AS_WRITTEN, ids=lambda one: str(one)[:40])
def test_a_document_is_written_as_it_always_was_and_read_as_it_was_written(
    kind: Any, value: Any, written: str
) -> None:
    ways = ways_of(kind)
    assert ways is not None
    write, read = ways
    assert json.dumps(write(value)) == written
    assert read(json.loads(written)) == value


def test_every_typed_document_of_a_table_is_among_those_whose_form_is_held_here() -> None:
    held = {kind for kind, _, _ in AS_WRITTEN}
    kinds = {
        column.type.kind
        for table in TABLE_OF.values()
        for column in table.columns
        if isinstance(column.type, Typed)
    }
    assert kinds == held


def test_an_unknown_name_is_passed_over_and_a_missing_one_is_as_without_it() -> None:
    @dataclass(frozen=True, slots=True)
    class Line:
        words: str
        because: str | None
        times: int = 1

    ways = ways_of(Line)
    assert ways is not None
    assert ways[1]({"words": "Seen.", "colour": "red"}) == Line("Seen.", None, 1)


def test_an_instant_is_written_in_utc_whatever_its_zone() -> None:
    ways = ways_of(MeetingTask)
    assert ways is not None
    at = datetime(2026, 10, 23, 17, tzinfo=timezone(timedelta(hours=1)))
    assert ways[0](MeetingTask("A", "B", at))["due_at"] == "2026-10-23T16:00:00+00:00"


def test_what_is_plain_as_it_is_goes_through_no_hands() -> None:
    for kind in (Sequence[str], Mapping[str, object], dict[str, str]):
        assert ways_of(kind) is None
    with pytest.raises(TypeError, match="plain as it is"):
        Typed(Sequence[str])
    with pytest.raises(TypeError, match="No document holds"):
        ways_of(Sequence[bytes])


async def test_a_document_that_was_never_written_stands_as_one_of_nothing(bench: Bench) -> None:
    """As older releases read it: the column is never empty itself."""
    async with bench.work() as work:
        work.add(*one_of_each(full=False))
        await work.commit()
    async with bench.database.reading() as connection:
        for table, column in (
            ("decision", "repeat_concern"),
            ("assessment_step", "content"),
        ):
            found = await connection.execute(
                text(f"SELECT CAST({column} AS VARCHAR) FROM {table}")  # noqa: S608 - two names from above
            )
            assert found.scalars().all() == ["{}"]
        for record, table in TABLE_OF.items():
            if table.name in ("decision", "assessment_step"):
                [row] = (await connection.execute(select(*columns_of(record)))).all()
                found = row._mapping.get("repeat_concern", row._mapping.get("content"))
                assert found is None
