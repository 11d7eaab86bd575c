"""The strict types of the wire."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from api.schemas.fields import WireOut
from service.strict.fields import DateOn, Flag, Id, Instant, Line, Text, Whole, Wire


def accepts(kind: Any, value: object) -> object:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("sent", "instant"),
    [
        ("2026-10-25T01:30:00+01:00", "2026-10-25T00:30:00Z"),
        ("2026-10-25t01:30:00z", "2026-10-25T01:30:00Z"),
        ("2026-10-25T01:30:00.5Z", "2026-10-25T01:30:00.500000Z"),
        ("2026-10-25T01:30:00.123456-05:30", "2026-10-25T07:00:00.123456Z"),
        ("2026-10-25T01:30:00-00:00", "2026-10-25T01:30:00Z"),
        ("2026-11-29T10:00:00.1234567Z", "2026-11-29T10:00:00.123456Z"),
        ("2026-11-29T10:00:00.123456789+00:00", "2026-11-29T10:00:00.123456Z"),
        ("2026-11-29t10:00:00.9z", "2026-11-29T10:00:00.900000Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
        ("2017-01-01T00:59:60.5+01:00", "2016-12-31T23:59:59.999999Z"),
    ],
)
def test_an_instant_comes_with_any_offset_and_goes_out_in_utc(sent: str, instant: str) -> None:
    class Told(WireOut):
        at: Instant

    assert Told(at=sent).model_dump_json() == f'{{"at":"{instant}"}}'


def test_an_instant_of_the_database_in_another_zone_goes_out_in_utc() -> None:
    class Told(WireOut):
        at: Instant

    summer = timezone(timedelta(hours=1))
    told = Told(at=datetime(2026, 7, 1, 12, tzinfo=summer))
    assert told.at == datetime(2026, 7, 1, 11, tzinfo=UTC)
    assert told.model_dump_json() == '{"at":"2026-07-01T11:00:00Z"}'


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Instant, datetime(2026, 1, 1)),  # noqa: DTZ001  # naive on purpose
        (Instant, date(2026, 1, 1)),
        (Instant, True),
        (Instant, f"2026-10-25T01:30:00.{'1' * 33}Z"),
        (Instant, "2026-10-25T01:30:00.Z"),
        (Instant, "2026-10-25T01:30:61Z"),
        (DateOn, datetime(2026, 1, 1, tzinfo=UTC)),
        (DateOn, True),
        (DateOn, "2026-1-1"),
        (DateOn, "20260101"),
        (DateOn, "2026-W01-1"),
        (DateOn, "1899-12-31"),
        (Flag, "true"),
        (Flag, 0),
        (Id, "01936f0e7c1a7b6e8f602b1f6d1f9a11"),
        (Id, "{01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11}"),
        (Id, "urn:uuid:01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"),
        (Id, 5),
        (Annotated[str, Line(5)], "a\x84b"),
        (Annotated[str, Line(5)], "a\x1bb"),
        (Annotated[str, Line(5)], "abcdef"),
        (Annotated[str, Line(5)], "\u2003"),
        (Annotated[str, Text(5)], "a\x0eb"),
        (Annotated[str, Text(5)], "\x0b\x0c"),
        (Annotated[int, Whole(1, 5)], False),
        (Annotated[int, Whole(1, 5)], 6),
        (Annotated[int, Whole(1, 5)], 2.5),
        (Annotated[int, Whole(1, 5)], "2"),
        (Annotated[int, Whole(1, 5)], float("nan")),
        (Annotated[int, Whole(1)], 1e300),
    ],
)
def test_what_might_be_taken_for_something_else_is_refused(kind: Any, value: object) -> None:
    with pytest.raises(ValidationError):
        accepts(kind, value)


def test_a_whole_number_may_be_written_with_a_point() -> None:
    assert accepts(Annotated[int, Whole(1, 5)], 2.0) == 2
    schema = TypeAdapter(Annotated[int, Whole(1, 5)]).json_schema()
    assert schema == {"type": "integer", "minimum": 1, "maximum": 5}


def test_a_field_that_may_be_left_empty_takes_null_and_one_that_may_not_does_not() -> None:
    assert accepts(Annotated[int | None, Whole(1, 5)], None) is None
    assert accepts(Annotated[str | None, Text(5)], None) is None
    for kind in (Annotated[int, Whole(1, 5)], Annotated[str, Text(5)], Instant, DateOn, Flag, Id):
        with pytest.raises(ValidationError):
            accepts(kind, None)


def test_texts_are_trimmed_and_may_have_lines() -> None:
    assert accepts(Annotated[str, Text(10)], "  a\n\tb ") == "a\n\tb"
    assert accepts(Annotated[str, Line(5)], " Zoë 👶 ") == "Zoë 👶"
    assert accepts(Id, "01936F0E-7c1a-7b6e-8f60-2b1f6d1f9a11") == UUID(
        "01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_whatever_ends_a_line_in_a_word_processor_ends_one_here(end: str) -> None:
    kept = end if end in ("\n", "\r\n", "\r") else "\n"
    assert accepts(Annotated[str, Text(20)], f"one{end}two") == f"one{kept}two"
    assert accepts(Annotated[str, Line(20)], f" Amara{end}\tOkafor{end}") == "Amara Okafor"


@pytest.mark.parametrize("kind", [Text(20), Line(20)], ids=["text", "line"])
@pytest.mark.parametrize("sign", ["\u200b", "\u3164", "\u202e", "\u0301", "\ufeff", "\u2800"])
def test_a_text_of_signs_that_cannot_be_seen_is_refused_as_empty(kind: Any, sign: str) -> None:
    for sent in (sign, f" {sign}{sign} "):
        with pytest.raises(ValidationError, match="at least 1 character"):
            accepts(Annotated[str, kind], sent)
    assert accepts(Annotated[str, kind], f"{sign}\u200b Zo\xeb ".lstrip("\u0301\u2800")) == "Zo\xeb"


def test_what_turns_a_name_round_is_left_out_of_it() -> None:
    assert accepts(Annotated[str, Line(20)], "Amara\u202e rofakO\u202c") == "Amara rofakO"
    assert accepts(Annotated[str, Line(5)], "\u2066Amara\u2069") == "Amara"


def test_the_contract_keeps_the_bounds_of_a_text() -> None:
    schema = TypeAdapter(Annotated[str, Line(20)]).json_schema()
    assert (schema["minLength"], schema["maxLength"]) == (1, 20)
    assert schema["pattern"] == Line.pattern


@pytest.mark.parametrize(
    "kind",
    [
        int,
        bool,
        str,
        datetime,
        date,
        float,
        int | None,
        list[str],
        dict[str, int],
        Annotated[int, Field(ge=1)],
        Annotated[list[datetime], Field(max_length=3)],
        Annotated[str, Field(description="bare")],
    ],
)
def test_a_loosely_typed_field_is_refused_when_its_class_is_made(kind: Any) -> None:
    with pytest.raises(TypeError, match="loosely typed"):
        type("Loose", (Wire,), {"__annotations__": {"field": kind}, "__module__": __name__})
